"""The built page of employees: which files it has, and as what each is served.

`hashes.json`, written after the build, names every file of the page but itself, with its SHA-256 as sha256sum says it:

    {"assets/index-DiwrgTda.js": "9f86d081884c7d65...", "index.html": "60303ae22b998861..."}

There is one HTML file, for every screen has the same address; what stands behind the # is nobody's but the browser's.
"""

import json
import re
from collections.abc import Mapping

LIST = "hashes.json"
INDEX = "index.html"
PARTIES = "parties.json"
"""Of the installation, so not of the build; the page fetches it from the host that it came from."""

MOST_FILES = 100
"""The page has a dozen."""

LARGEST_LIST = 64 * 1024
"""Bytes."""

TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
}
"""By the end of the name; nothing else is served. Python's own table differs from machine to machine."""

CACHING = "no-cache"
"""Cache-Control of every file: to be asked for anew each time, also if its name has a hash in it, and without a
validator (ETag, Last-Modified). A browser that keeps a file would go on with what a dishonest host gave it once, long
after that host serves the right one to everybody who looks; a validator is one more thing to know it again by. The
whole page is 50 KB.
"""

_PATH = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/){0,4}[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BadList(ValueError):
    """hashes.json is not what a build writes; the message says in one line why."""


def parse(data: bytes) -> Mapping[str, str]:
    """SHA-256, 64 lower-case hexadecimal digits, by path; BadList."""
    try:
        found = json.loads(data.decode("ascii"), object_pairs_hook=_unique) if len(data) <= LARGEST_LIST else None
    except (ValueError, RecursionError):
        raise BadList("no JSON in ASCII, or a name occurs twice") from None
    if not isinstance(found, dict) or not 0 < len(found) <= MOST_FILES:
        raise BadList(f"not an object of 1 to {MOST_FILES} files")
    for path, digest in found.items():
        if not _PATH.fullmatch(path) or path in (LIST, PARTIES):
            raise BadList("a path that no file of the page can have")
        if path.rpartition(".")[2] not in TYPES or (path.endswith(".html") and path != INDEX):
            raise BadList(f"{path}: no kind of file that the page has")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise BadList(f"{path}: no SHA-256 in hexadecimal digits")
    if INDEX not in found:
        raise BadList(f"{INDEX} is missing")
    return found


def content_type(path: str) -> str:
    """KeyError for what `parse` refuses."""
    return TYPES[path.rpartition(".")[2]]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found
