"""Is what a host serves the published page, for the installation that I know? Every difference, one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from clients.cli import page_html
from clients.cli.page_fetching import Browser, Got
from clients.cli.page_html import Odd
from shared import page_files, page_policy
from shared.page_files import INDEX, LIST, PARTIES
from shared.parties import BadParties, Book


class Differs(StrEnum):
    """In what; `Odd` says more of a changed index.html."""

    UNKNOWN_PAGE = "unknown-page"  # no page that parties.json allows has this address
    NOT_SERVED = "not-served"
    CHANGED_FILE = "changed-file"
    TOO_LARGE = "too-large"
    EXTRA_FILE = "extra-file"  # the host's own list has it
    OTHER_LIST = "other-list"
    OTHER_PARTIES = "other-parties"
    NEWER_PARTIES = "newer-parties"  # everybody has endorsed them, so it is not the host's doing
    MISSING_HEADER = "missing-header"
    OTHER_HEADER = "other-header"
    EXTRA_HEADER = "extra-header"


@dataclass(frozen=True)
class Difference:
    """`where`: a path or a header's name; `detail`: what is there instead."""

    kind: Differs | Odd
    where: str
    detail: str = ""


@dataclass(frozen=True)
class Published:
    """What must be served."""

    listing: bytes = field(repr=False)
    """hashes.json."""
    hashes: Mapping[str, str]
    parties: bytes = field(repr=False)
    """parties.json, as the person has it."""
    book: Book


_HARMLESS = frozenset(
    {"connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding", "vary"}
)
"""Headers that cannot change what the page is or does. Not among them: Link, Refresh, Location, Alt-Svc, Set-Cookie, an
ETag, and whatever comes to browsers next."""


def differences(browser: Browser, published: Published) -> Iterator[Difference]:
    """In the order in which they are found; Unavailable as soon as an answer does not come.

    The page is asked for as a browser does, and what only this client asks for comes last.
    """
    answers: dict[str, Got] = {}
    answers["/"] = got = browser.get("/")
    if browser.origin not in published.book.current.pages:
        yield Difference(Differs.UNKNOWN_PAGE, browser.origin)
    yield from _of_file("/", got, published.hashes[INDEX])
    html = got.body or b""
    if sha256(html).hexdigest() != published.hashes[INDEX]:
        for odd, detail in page_html.oddities(html, browser.origin, published.hashes):
            yield Difference(odd, INDEX, detail)
    for path in page_html.named(html, published.hashes.keys() - {INDEX}):
        answers[f"/{path}"] = got = browser.get(f"/{path}")
        yield from _of_file(f"/{path}", got, published.hashes[path])
    answers[f"/{PARTIES}"] = got = browser.get(f"/{PARTIES}")
    yield from _of_parties(got, published)
    answers[f"/{LIST}"] = got = browser.get(f"/{LIST}")
    yield from _of_list(got, published)
    yield from of_headers(answers, page_policy.headers(published.book), tls=browser.origin.startswith("https:"))


def _of_file(path: str, got: Got, digest: str) -> Iterator[Difference]:
    if got.status != 200:
        yield Difference(Differs.NOT_SERVED, path, str(got.status))
    elif got.body is None:
        yield Difference(Differs.TOO_LARGE, path)
    elif sha256(got.body).hexdigest() != digest:
        yield Difference(Differs.CHANGED_FILE, path)


def _of_parties(got: Got, published: Published) -> Iterator[Difference]:
    path = f"/{PARTIES}"
    if got.status != 200 or got.body is None:
        yield from _of_file(path, got, "")
    elif got.body.strip() != published.parties.strip():
        found = newer(got.body, published.book)
        yield Difference(Differs.NEWER_PARTIES if found else Differs.OTHER_PARTIES, path, found)


def newer(file: bytes, mine: Book) -> str:
    """The generation of a book that goes on where mine ends; else nothing."""
    try:
        theirs = Book.load(file)
    except BadParties:
        return ""
    same = theirs.get(mine.current.generation)
    goes_on = same is not None and same.digest == mine.current.digest and same is not theirs.current
    return str(theirs.current.generation) if goes_on else ""


def _of_list(got: Got, published: Published) -> Iterator[Difference]:
    """The host's own list is trusted for nothing; it may name what nobody would find otherwise."""
    if got.status != 200 or got.body is None:
        yield from _of_file(f"/{LIST}", got, "")
    elif got.body != published.listing:
        yield Difference(Differs.OTHER_LIST, f"/{LIST}")
        try:
            theirs = page_files.parse(got.body)
        except page_files.BadList:
            return
        for path in sorted(theirs.keys() - published.hashes.keys()):
            yield Difference(Differs.EXTRA_FILE, f"/{path}")


def of_headers(answers: Mapping[str, Got], always: Mapping[str, str], *, tls: bool) -> Iterator[Difference]:
    """Each difference once, however many answers have it; `detail` begins with the first path that does."""
    found: dict[tuple[Differs, str, str], list[str]] = {}
    for path, got in answers.items():
        if got.status != 200:
            continue
        kind = {"Content-Type": page_files.content_type(INDEX if path == "/" else path)}
        expected = {**always, **kind, "Cache-Control": page_files.CACHING, **(page_policy.TRANSPORT if tls else {})}
        for difference in _headers(got, expected):
            found.setdefault(difference, []).append(path)
    for (differs, name, value), paths in found.items():
        where = paths[0] if len(paths) == 1 else f"{paths[0]} +{len(paths) - 1}"
        yield Difference(differs, name, f"{where}: {value}" if value else where)


def _headers(got: Got, expected: Mapping[str, str]) -> Iterator[tuple[Differs, str, str]]:
    values: dict[str, list[str]] = {}
    for name, value in got.headers:
        values.setdefault(name, []).append(value)
    for name, value in expected.items():
        said = values.pop(name.lower(), [])
        if not said:
            yield Differs.MISSING_HEADER, name, ""
        elif said != [value]:
            yield Differs.OTHER_HEADER, name, ", ".join(said)
    for name in values.keys() - _HARMLESS:
        yield Differs.EXTRA_HEADER, name, ", ".join(values[name])
