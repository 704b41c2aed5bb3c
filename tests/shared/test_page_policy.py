"""What a browser lets the page do follows from parties.json, and names nobody else."""

import json
from typing import Any

import pytest

from shared import page_policy
from shared.page_policy import BadAddress
from shared.parties import Book, describe, endorse, write
from tests.rounds_made import installation


def policy(book: Book) -> dict[str, list[str]]:
    directives = page_policy.policy(book).split("; ")
    assert len({directive.split()[0] for directive in directives}) == len(directives)
    return {name: sources for name, *sources in map(str.split, directives)}


def test_the_page_may_reach_itself_issuers_ingest_and_report_and_nobody_else() -> None:
    assert policy(installation(2).book)["connect-src"] == [
        "'self'",
        "https://hr.example",
        "https://council.example",
        "https://ingest.example",
        "https://report.example",
    ]


def test_the_page_may_do_nothing_that_it_does_not_need() -> None:
    of = policy(installation().book)
    assert of["default-src"] == ["'none'"]
    assert of.pop("img-src") == ["'self'", "data:", "blob:"]
    assert {name for name, sources in of.items() if sources == ["'self'"]} == {"script-src", "style-src", "worker-src"}
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert of[name] == ["'none'"]
    assert of["require-trusted-types-for"] == ["'script'"]
    said = page_policy.policy(installation().book)
    assert "unsafe" not in said and "*" not in said and "http:" not in said


def test_the_camera_and_everything_else_that_a_browser_has_is_off() -> None:
    features = page_policy.headers(installation().book)["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} < set(features)
    assert all(feature.endswith("=()") for feature in features)


def _generation(number: int, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(installation().file)["generations"][0]["parties"]
    return body | {"generation": number} | changes


def _book(*bodies: dict[str, Any]) -> Book:
    keys = installation().identities
    later = {"hr", "ingest", "gate", "aggregate"}
    entries = [
        (body, {name: endorse(body, keys[name]) for name in later} if body["generation"] > 1 else {}) for body in bodies
    ]
    return Book.load(write(entries))


def test_the_generation_before_counts_for_rounds_that_it_began_and_no_earlier_one() -> None:
    first = _generation(1, report_url="https://first.example")
    second = _generation(2, report_url="https://second.example:8443/results")
    third = _generation(3)
    of_three = policy(_book(first, second, third))["connect-src"]
    assert of_three[-2:] == ["https://report.example", "https://second.example:8443"]
    assert "https://first.example" not in of_three
    assert "https://first.example" in policy(_book(first, second))["connect-src"]


@pytest.mark.parametrize(
    "host", ["*", "*.example", "a;script-src", "a,b", "'self'", "a'b", "example.org:*", "-", "[::1", ""]
)
def test_an_address_that_would_allow_more_than_itself_is_refused(host: str) -> None:
    parties = installation().parties
    try:
        book = Book.load(
            write([(describe(parties.issuers, parties.ingest, parties.gate, parties.aggregate, f"https://{host}"), {})])
        )
    except ValueError:
        return  # parties.json itself is refused, which is as good.
    with pytest.raises(BadAddress, match="report"):
        page_policy.headers(book)


def test_addresses_with_ports_and_numbers_are_plain_ones() -> None:
    for url in ("http://127.0.0.1:8443", "https://[::1]:8443", "https://x.example", "https://X-1.example:1"):
        assert policy(_book(_generation(1, report_url=url)))["connect-src"][-1] == url
