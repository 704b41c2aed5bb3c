"""The list of the page's files: what a build writes is read, and whatever could be served by mistake is refused."""

import json

import pytest

from shared import page_files
from shared.page_files import BadList
from tests.pages_made import FILES, listing

DIGEST = "0f" * 32


def test_what_a_build_writes_is_read() -> None:
    hashes = page_files.parse(listing(FILES))
    assert hashes.keys() == FILES.keys()
    assert {page_files.content_type(path).partition(";")[0] for path in hashes} == {
        "text/html",
        "text/javascript",
        "text/css",
        "image/svg+xml",
    }


@pytest.mark.parametrize(
    "path",
    [
        "../etc/passwd.txt",
        "assets/../../x.js",
        "/index.js",
        "assets//x.js",
        ".env.txt",
        "assets/.hidden.js",
        "a b.js",
        "x.js\n",
        "a\\b.js",
        "%2e%2e/x.js",
        "é.js",
        "x.php",
        "x",
        "other.html",
        "assets/index.html",
        "hashes.json",
        "parties.json",
        "a/b/c/d/e/f.js",
        "x" * 200 + ".js",
    ],
)
def test_a_path_that_no_file_of_the_page_can_have_is_refused(path: str) -> None:
    with pytest.raises(BadList):
        page_files.parse(json.dumps({"index.html": DIGEST, path: DIGEST}).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"x.js": "' + DIGEST.encode() + b'"}',
        b'{"index.html": "' + DIGEST.upper().encode() + b'"}',
        b'{"index.html": "' + DIGEST[1:].encode() + b'"}',
        b'{"index.html": 1}',
        b'{"index.html": "%s", "index.html": "%s"}' % (DIGEST.encode(), DIGEST.encode()),
        b'{"index.html": "\xff"}',
        b"[" * 20_000,
        json.dumps({"index.html": DIGEST} | {f"{number}.js": DIGEST for number in range(100)}).encode(),
        json.dumps({"index.html": DIGEST}).encode() + b" " * page_files.LARGEST_LIST,
    ],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(BadList) as raised:
        page_files.parse(data)
    assert "\n" not in str(raised.value)
