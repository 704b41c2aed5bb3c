"""Only the pages of parties.json may speak to a service from a browser, and never with credentials."""

import pytest

from shared import cors

PAGES = ("https://page.example", "https://other.example:8443")


@pytest.mark.parametrize("origin", PAGES)
def test_a_page_of_ours_is_allowed_by_name(origin: str) -> None:
    allowed = cors.headers(origin, PAGES)
    assert allowed["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Credentials" not in allowed
    assert allowed["Access-Control-Expose-Headers"] == "Retry-After"


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "*", "https://page.example.evil.example", "http://page.example", "https://page.example:1"],
)
def test_nobody_else_is_allowed_and_caches_are_told(origin: str | None) -> None:
    assert cors.headers(origin, PAGES) == {"Vary": "Origin"}
