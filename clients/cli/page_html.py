"""What a page names or does that ours never does; said only to explain why its bytes are not the published ones."""

from collections.abc import Collection
from enum import StrEnum
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


class Odd(StrEnum):
    """What is in the HTML and must not be."""

    INLINE_SCRIPT = "inline-script"
    INLINE_STYLE = "inline-style"
    OTHER_ORIGIN = "other-origin"
    UNLISTED_FILE = "unlisted-file"
    STEERING = "steering"  # <base>, or a <meta> that stands for a header


LOOKED_AT = 8 * 1024
"""Bytes: ours has one thousand, and Python's parser takes half a minute for eight times as many of the wrong ones."""

_ADDRESSES = frozenset(
    {"src", "href", "srcset", "imagesrcset", "action", "formaction", "data", "poster", "ping", "manifest", "xlink:href"}
)


def oddities(html: bytes, origin: str, listed: Collection[str]) -> tuple[tuple[Odd, str], ...]:
    """Each once, with what it says; `listed` are the paths of the files that belong to the page."""
    parser = _Parser(origin, listed)
    parser.feed(html[:LOOKED_AT].decode("utf-8", "replace"))
    parser.close()
    return tuple(parser.found)


def named(html: bytes, listed: Collection[str]) -> tuple[str, ...]:
    """The listed files in the order in which the page names them, and then the others."""
    text = html[:LOOKED_AT].decode("utf-8", "replace")
    places = {path: text.find(path) for path in listed}
    return tuple(sorted(listed, key=lambda path: (places[path] < 0, places[path], path)))


class _Parser(HTMLParser):
    def __init__(self, origin: str, listed: Collection[str]) -> None:
        super().__init__()
        self._origin = origin
        self._listed = listed
        self.found: dict[tuple[Odd, str], None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "script" and "src" not in of:
            self._odd(Odd.INLINE_SCRIPT, "<script>")
        if tag == "style" or "style" in of:
            self._odd(Odd.INLINE_STYLE, f"<{tag}>")
        if tag == "base" or (tag == "meta" and "http-equiv" in of):
            self._odd(Odd.STEERING, f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self._odd(Odd.INLINE_SCRIPT, f"<{tag} {name}>")
            elif name in _ADDRESSES:
                self._look(value or "")

    def _look(self, address: str) -> None:
        if address.startswith("#"):
            return
        try:
            whole = urlsplit(urljoin(f"{self._origin}/", address.strip()))
            here = f"{whole.scheme}://{whole.netloc}" == self._origin
        except ValueError:
            here = False
        if not here:
            self._odd(Odd.OTHER_ORIGIN, address)
        elif whole.path not in ("", "/") and whole.path[1:] not in self._listed:
            self._odd(Odd.UNLISTED_FILE, whole.path)

    def _odd(self, what: Odd, detail: str) -> None:
        self.found[what, detail] = None
