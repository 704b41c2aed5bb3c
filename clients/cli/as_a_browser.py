"""The requests that a browser makes for the page, header by header and in its order.

A host that serves a changed page to some must not know `verify-page` by what it sends. These are the headers of
Chromium 156 on Linux, taken down with a page built like ours. What is not imitated: how a browser shakes hands in TLS.
"""

from urllib.parse import urlsplit

from clients.cli.connection import LOOPBACK

Headers = list[tuple[str, str]]

_VERSION = "156"
_NAMES = ("sec-ch-ua", f'"Not:A-Brand";v="8", "Chromium";v="{_VERSION}"')
_MOBILE = ("sec-ch-ua-mobile", "?0")
_PLATFORM = ("sec-ch-ua-platform", '"Linux"')
_AGENT = (
    "User-Agent",
    f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{_VERSION}.0.0.0 Safari/537.36",
)
_ENCODINGS = "gzip, deflate, br, zstd"
_LANGUAGES = {"nl": "nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7", "en": "en-US,en;q=0.9"}

_DOCUMENT = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
_IMAGE = "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

_KINDS = {
    "js": ("script", "cors", "*/*"),
    "css": ("style", "cors", "text/css,*/*;q=0.1"),
    "woff2": ("font", "cors", "*/*"),
    "svg": ("image", "no-cors", _IMAGE),
    "png": ("image", "no-cors", _IMAGE),
    "ico": ("image", "no-cors", _IMAGE),
}
"""By the end of a name: Sec-Fetch-Dest, Sec-Fetch-Mode (the Fetch Metadata standard) and Accept."""


def headers(origin: str, path: str, language: str) -> Headers:
    """Of a request for `path`, "/" being the page itself; `origin` as "https://host:port"."""
    parts = urlsplit(origin)
    first = [("Host", parts.netloc), ("Connection", "keep-alive")]
    last = [("Accept-Encoding", _ENCODINGS), ("Accept-Language", _LANGUAGES[language])]
    # Browsers say what they are only where nobody on the way can read it.
    hints = parts.scheme == "https" or parts.hostname in LOOPBACK
    if path == "/":
        said = [_NAMES, _MOBILE, _PLATFORM] if hints else []
        return [
            *first,
            *said,
            ("Upgrade-Insecure-Requests", "1"),
            _AGENT,
            ("Accept", _DOCUMENT),
            *_fetch("none", "navigate", "document", user=True),
            *last,
        ]
    if path.endswith(".js") and "worker" in path:
        return [*first, ("Accept", "*/*"), *_fetch("same-origin", "same-origin", "worker"), _AGENT, *last]
    destination, mode, accept = _KINDS.get(path.rpartition(".")[2], ("empty", "cors", "*/*"))
    # Scripts and styles are named with `crossorigin` in the page; what the page itself fetches has no origin.
    asked_by = [("Origin", origin)] if mode == "cors" and destination != "empty" else []
    before, after = ([_PLATFORM], [_NAMES, _MOBILE]) if hints else ([], [])
    fetch = _fetch("same-origin", mode, destination)
    return [*first, *asked_by, *before, _AGENT, *after, ("Accept", accept), *fetch, *last]


def _fetch(site: str, mode: str, destination: str, *, user: bool = False) -> Headers:
    return [
        ("Sec-Fetch-Site", site),
        ("Sec-Fetch-Mode", mode),
        *([("Sec-Fetch-User", "?1")] if user else []),
        ("Sec-Fetch-Dest", destination),
    ]
