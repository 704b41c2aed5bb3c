"""`verify-page` sends what Chromium sends: the same headers, in the same order, with the same values."""

import re
from pathlib import Path

import pytest

from clients.cli import as_a_browser
from tests.chromium_here import dom
from tests.clients.cli.page_hosts import Headers, Host, hosting
from tests.pages_made import FILES

SCRIPT = b"""
const policy = trustedTypes.createPolicy("klankbord", { createScriptURL: (url) => url });
new Worker(policy.createScriptURL("/assets/worker-x_Y-z012.js"), { type: "module" });
fetch("parties.json");
"""

PATHS = (
    "/",
    "/icon.svg",
    "/assets/index-BcDeFgH1.css",
    "/assets/index-DiwrgTda.js",
    "/assets/worker-x_Y-z012.js",
    "/parties.json",
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Host, dict[str, Headers]]:
    """What a real browser asked for, loading a page like ours."""
    folder = tmp_path_factory.mktemp("chromium")
    with hosting(folder) as host:
        host.changes["/assets/index-DiwrgTda.js"] = lambda answer, _: answer.saying(SCRIPT)
        dom(host.origin, folder / "profile")
    return host, dict(host.asked)


@pytest.mark.parametrize("path", PATHS)
def test_a_request_is_that_of_a_browser_header_by_header(asked: tuple[Host, dict[str, Headers]], path: str) -> None:
    host, by_path = asked
    ours = as_a_browser.headers(host.origin, path, "en")
    assert _without_version(ours) == _without_version(by_path[path])


def test_what_this_command_sends_is_what_it_says_it_sends(tmp_path: Path) -> None:
    """The library adds and changes nothing on the way."""
    with hosting(tmp_path) as host:
        assert host.verify(language="nl").code == 0
    for path, headers in host.asked:
        assert headers == as_a_browser.headers(host.origin, path, "nl")
    assert {path for path, _ in host.asked} >= {*PATHS} and len(FILES) == 5


def test_over_the_open_network_a_browser_does_not_say_what_it_is_in_hints() -> None:
    for path in PATHS:
        names = {name for name, _ in as_a_browser.headers("http://page.example", path, "en")}
        assert not {name for name in names if name.startswith("sec-ch-")}


def _without_version(headers: Headers) -> Headers:
    """Another version is another number and other made-up brands; that it is tested without a window shows, too."""
    return [
        (name, "" if name == "sec-ch-ua" else re.sub(r"(?:Headless)?Chrome/[0-9.]+", "Chrome", value))
        for name, value in headers
    ]
