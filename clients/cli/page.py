"""`klankbord verify-page`: is it the published page? `klankbord page-file`: the page in one file, to be handed out."""

import os
from contextlib import closing, suppress
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from clients.cli import page_checking, page_single
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


def write_file(session: Session) -> None:
    """`klankbord page-file FILE`: a new file with the person's own parties.json in it, for anybody to read."""
    console, name = session.console, session.options.file
    page = _filled(session, _single())
    if page_single.FROM_A_FILE not in session.book.current.pages:
        raise BadInput("page-file-not-allowed", file=name)
    try:
        _write_new(Path(name), page)
    except OSError:
        raise BadInput("file-exists", file=name) from None
    console.say("page-file-written", file=name, sha256=sha256(page).hexdigest())
    console.say("page-file-hand-out", file=Path(name).name)


def verify(session: Session) -> None:
    """`klankbord verify-page URL|FILE`: nothing but a comparison; an Alarm if there is any difference."""
    named = session.options.url
    if "://" not in named and Path(named).exists():
        _verify_file(session, named)
    else:
        _verify_host(session, named)


def _verify_host(session: Session, url: str) -> None:
    console, origin = session.console, _origin(url)
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


def _verify_file(session: Session, name: str) -> None:
    console = session.console
    if session.options.hashes:
        raise BadInput("page-file-hashes")
    built, page = _single(), session.read_file(name)
    if page != _filled(session, built):
        if page == built:
            console.say("page-file-empty", file=name)
        elif page_single.is_filled(page, built):
            newer = page_checking.newer(page_single.parties_in(page), session.book)
            kind = Differs.NEWER_PARTIES if newer else Differs.OTHER_PARTIES
            console.say(f"page-{kind}", where=f"{name}: parties.json", detail=newer)
        else:
            console.say(f"page-{Differs.CHANGED_FILE}", where=name, detail="")
            console.say("page-file-version")
        raise Alarm(AlarmReason.CHANGED_PAGE, name)
    console.say("page-file-same", file=name, sha256=sha256(page).hexdigest())
    if page_single.FROM_A_FILE not in session.book.current.pages:
        console.say("page-file-not-allowed", file=name)


def _single() -> bytes:
    """The one-file page of this version, without parties."""
    built = _built("single", "klankbord.html")
    if built is None:
        raise BadInput("no-page-file")
    return built


def _filled(session: Session, built: bytes) -> bytes:
    """For the parties of this person."""
    try:
        return page_single.filled(built, session.parties, session.book)
    except page_single.NotBuilt:
        raise BadInput("no-page-file") from None
    except ValueError as error:
        raise BadInput("bad-parties", file="parties.json", reason=error) from None


def _write_new(path: Path, data: bytes) -> None:
    """For everybody to read, whatever the umask; there is none, or a whole one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        try:
            file.write(data)
            file.flush()
            path.chmod(0o644)
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise


def _listing(session: Session, named: str | None) -> bytes:
    """The hashes that came with this command, or those of a file."""
    if named:
        return session.read_file(named)
    listing = _built("built", page_files.LIST)
    if listing is None:
        raise BadInput("no-page-hashes")
    return listing


def _built(*path: str) -> bytes | None:
    """A file of the built page, in the sources as in an installed package."""
    try:
        return files("clients").joinpath("web", *path).read_bytes()
    except OSError:
        return None
