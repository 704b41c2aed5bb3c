"""`klankbord verify-page`: is the page that is served the one that was published?"""

from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from urllib.parse import urlsplit

from clients.cli import page_checking
from clients.cli.connection import refuse_plain
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Unavailable
from clients.cli.page_checking import Difference, Differs, Published
from clients.cli.page_fetching import Browser
from clients.cli.session import Session
from shared import page_files
from shared.page_policy import BadAddress, headers

MOST = 60
"""Differences that are said: the page has a dozen files."""

_SHOWN = 300
"""Characters of what a host says: a whole policy fits."""


def verify(session: Session) -> None:
    """`klankbord verify-page URL`: nothing but a comparison; an Alarm if there is any difference."""
    console, origin = session.console, _origin(session.options.url)
    published = _published(session)
    refuse_plain(urlsplit(origin).netloc, origin, plain=session.book.current.trial)
    found: dict[Difference, None] = {}
    with closing(session.edge.connect(origin)) as transport:
        browser = Browser(origin, console.language, transport)
        try:
            for difference in islice(page_checking.differences(browser, published), MOST):
                found[difference] = None
        except Unavailable:
            if not found:  # What was seen before it went away is more than that it went away.
                raise
    for one in found:
        console.line(_one_line(console.text(f"page-{one.kind}", where=one.where[:_SHOWN], detail=one.detail[:_SHOWN])))
    if found:
        if any(one.kind in (Differs.OTHER_LIST, Differs.CHANGED_FILE) for one in found):
            console.say("page-version")
        raise Alarm(AlarmReason.CHANGED_PAGE, origin)
    console.say("page-same", origin=origin, count=len(published.hashes), code=check_code(published.listing))
    console.say("page-limits")


def check_code(listing: bytes) -> str:
    """Of a published page, for people to compare: ten groups of four digits, as a round's rules have."""
    digits = sha256(listing).hexdigest()[:40]
    return " ".join(digits[start : start + 4] for start in range(0, 40, 4))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _origin(url: str) -> str:
    """Of the link that everybody has; what stands behind # in it never leaves this machine."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) and "@" not in parts.netloc
    except ValueError:
        fine = False
    if not fine or parts.path not in ("", "/") or parts.query or not url.isascii():
        raise BadInput("bad-page-address")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _published(session: Session) -> Published:
    listing = _listing(session, session.options.hashes)
    try:
        hashes = page_files.parse(listing)
        headers(session.book)
    except page_files.BadList as error:
        raise BadInput("bad-page-hashes", reason=error) from None
    except BadAddress as error:
        raise BadInput("bad-parties", file="parties.json", reason=error) from None
    return Published(listing, hashes, session.parties, session.book)


def _listing(session: Session, named: str | None) -> bytes:
    """The hashes that came with this command, or those of a file."""
    if named:
        return session.read_file(named)
    try:
        return files("clients").joinpath(*_BUILT, page_files.LIST).read_bytes()
    except OSError:
        raise BadInput("no-page-hashes") from None


_BUILT: Sequence[str] = ("web", "built")
"""Where the built page is, in the sources as in an installed package."""
