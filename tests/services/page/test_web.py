"""What the page's host answers: its files under their names, and nothing that depends on who asks."""

import gzip
from functools import cache

import pytest
from flask.testing import FlaskClient

from services.page import web
from shared import page_policy
from tests.pages_made import FILES, listing
from tests.rounds_made import installation

PATHS = [f"/{path}" for path in FILES]


@cache
def browser(*, tls: bool = False) -> FlaskClient:
    installed = installation(2)
    files = {**FILES, "hashes.json": listing(FILES), "parties.json": installed.file}
    return web.create(files, installed.book, tls=tls).test_client()


def test_every_file_is_served_under_its_name_and_the_page_under_none() -> None:
    for path, content in FILES.items():
        assert browser().get(f"/{path}").data == content
    assert browser().get("/").data == FILES["index.html"]
    assert browser().get("/parties.json").data == installation(2).file
    assert browser().get("/hashes.json").data == listing(FILES)


@pytest.mark.parametrize("path", ["/", *PATHS, "/parties.json", "/hashes.json", "/nothing", "/assets/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_answer_has_every_header(path: str, method: str) -> None:
    answer = browser().open(path, method=method)
    for name, value in page_policy.headers(installation(2).book).items():
        assert answer.headers.getlist(name) == [value]
    assert "Strict-Transport-Security" not in answer.headers
    kept = {"set-cookie", "etag", "last-modified", "expires", "location", "link", "access-control-allow-origin"}
    assert not kept & {name.lower() for name in answer.headers.keys()}  # noqa: SIM118 - these are not a dict's


def test_under_tls_a_browser_is_told_to_come_no_other_way() -> None:
    for path in ("/", "/nothing"):
        assert browser(tls=True).get(path).headers["Strict-Transport-Security"] == "max-age=63072000"


@pytest.mark.parametrize("path", ["/", *PATHS, "/parties.json", "/hashes.json"])
def test_a_browser_asks_for_each_file_anew(path: str) -> None:
    answer = browser().get(path, headers={"If-None-Match": "*", "If-Modified-Since": "Sun, 22 Nov 2099 00:00:00 GMT"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/assets/index-DiwrgTda.js", "text/javascript; charset=utf-8"),
        ("/assets/index-BcDeFgH1.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
        ("/parties.json", "application/json"),
    ],
)
def test_each_file_says_what_it_is(path: str, kind: str) -> None:
    assert browser().get(path).headers["Content-Type"] == kind


@pytest.mark.parametrize(
    "path",
    [
        "*",
        "/collect",
        "/index",
        "/INDEX.HTML",
        "//elsewhere.example/",
        "http://elsewhere.example/",
        "/assets",
        "/assets/",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/..%2fpyproject.toml",
        "/index.html/",
        "/index.html\0",
        "/\u00e9",
        "/favicon.ico",
        "/.well-known/security.txt",
    ],
)
def test_what_is_no_file_of_the_page_is_not_found(path: str) -> None:
    # As the server hands it on: a test client would make an address of it.
    answer = browser().get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json is not None and answer.json["type"] == "urn:klankbord:problem:not-found"


@pytest.mark.parametrize("path", ["//", "//index.html", "///assets//index-DiwrgTda.js", "/icon.svg/", "//x.example"])
def test_nobody_is_sent_elsewhere(path: str) -> None:
    answer = browser().get("/", environ_overrides={"PATH_INFO": path, "HTTP_HOST": "elsewhere.example"})
    assert answer.status_code in (200, 404)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_looking_is_possible(method: str) -> None:
    answer = browser().open("/", method=method)
    assert (answer.status_code, {*answer.headers["Allow"].split(", ")}) == (405, {"GET", "HEAD"})


def test_whoever_only_asks_what_there_is_gets_no_content() -> None:
    asked, got = browser().head("/"), browser().get("/")
    assert (asked.status_code, asked.data, asked.headers) == (200, b"", got.headers)


def test_what_can_be_packed_is_for_whoever_can_unpack_it() -> None:
    path = "/assets/index-DiwrgTda.js"
    packed, plain = browser().get(path, headers={"Accept-Encoding": "gzip, br"}), browser().get(path)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    refused = browser().get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.data == plain.data
    # What is not smaller packed is not packed.
    worker = browser().get("/assets/worker-x_Y-z012.js", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in worker.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "curl/8"},
        {"Cookie": "who=p0", "Referer": "https://intranet.example/", "X-Forwarded-For": "192.0.2.7"},
        {"Accept-Language": "nl", "Origin": "https://elsewhere.example"},
        {"Range": "bytes=0-3"},
    ],
)
def test_everybody_gets_the_same(headers: dict[str, str]) -> None:
    usual, answer = browser().get("/"), browser().get("/?utm_source=mail", headers=headers)
    assert (answer.status_code, answer.data, answer.headers) == (200, usual.data, usual.headers)
