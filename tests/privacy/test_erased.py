"""What is promised to be gone is in no file any more, not in free pages and not in write-ahead files either."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from itertools import chain

import pytest

from deploy.trial import holdings
from deploy.trial.kept import Embedded
from shared.canonical import unb64
from tests.privacy.house import ROUND, STAGES, Followed
from tests.privacy.needles import Needles

Found = Mapping[str, tuple[str, ...]]
"""By what it is the stages at which it lies anywhere."""

LIFETIMES: Mapping[str, tuple[str, ...]] = {
    "round key": ("answered",),
    "signing key, wrapped": ("answered",),
    "admission nonce": ("answered", "released"),
    "admission token": ("answered", "released"),
    "outer layer": ("answered", "released"),
    "envelope key": ("released",),
    "request of somebody served": ("answered", "released"),
    "comment": ("released", "erase_at"),
    "counted entry": ("released", "erase_at", "words_until"),
    "group's key": ("answered", "released", "erase_at", "words_until"),
}
"""What is there at which stage; `released` begins with the batch and the release, the others with their dates."""


@pytest.fixture(scope="session")
def found(whole: Followed) -> Found:
    needles = _needles(whole)
    seen: dict[bytes, set[str]] = {}
    there: dict[str, tuple[str, ...]] = dict.fromkeys(needles.names, ())
    for stage in STAGES:
        root = whole.copies[stage]
        at_stage: set[str] = set()
        # Raw first: to read a database is to change its files.
        for piece in chain(list(holdings.raw(root, whole.services)), holdings.pieces(root, whole.services)):
            digest = sha256(piece.value).digest()
            if digest not in seen:
                seen[digest] = needles.within(piece.value)
            at_stage |= seen[digest]
        there |= {what: (*there[what], stage) for what in at_stage}
    return there


def _needles(whole: Followed) -> Needles:
    needles = Needles()
    for key in whole.round_keys:
        needles.add("round key", key[:32])
    for issuer in ("hr", "council"):
        with closing(sqlite3.connect(whole.copies["answered"] / issuer / "issuer.db")) as database:
            wrapped = [row[0] for row in database.execute("SELECT wrapped FROM signing_keys")]
        needles.add("signing key, wrapped", *wrapped)
    for member in whole.members:
        needles.add("request of somebody served", *member.requests)
        if not member.sealed:
            continue
        needles.add("comment", member.words.encode())
        for ticket, sealed in zip(member.tickets, member.sealed, strict=True):
            needles.add("admission nonce", ticket.nonce)
            needles.add("admission token", *ticket.admission)
            needles.add("outer layer", unb64(sealed.body["outer"]))
            needles.add("envelope key", ticket.sk.public_key().public_bytes_raw())
            needles.add("counted entry", sealed.counted)
    nodes = b"".join(holdings.records(whole.copies["answered"], f"nodes.{ROUND}"))
    needles.add("group's key", *(unb64(key.decode()) for key in re.findall(rb'"keys":\["([\w-]+)"', nodes)))
    return needles


@pytest.mark.parametrize("what", LIFETIMES)
def test_it_is_there_as_long_as_was_said_and_then_in_no_byte_of_any_file(found: Found, what: str) -> None:
    assert found[what] == LIFETIMES[what]


def test_everything_was_looked_for(found: Found) -> None:
    assert set(found) == set(LIFETIMES)


def test_at_the_last_date_only_the_roster_and_signed_records_are_left(whole: Followed) -> None:
    root = whole.copies["results_until"]
    assert Embedded(root).topics() == ["rounds"]
    kept = {(piece.owner, piece.place) for piece in holdings.pieces(root, whole.services)}
    journals = {place for _, place in kept if place.startswith("journal/")} - {"journal/lock", "journal/storing"}
    assert all(place.endswith((".jws", ".acknowledged")) for place in journals)
    tables = {place for _, place in kept if place.startswith("issuer.db: ")}
    assert tables == {f"issuer.db: {table}" for table in ("company", "people", "codes", "alembic_version")}
    assert {place for _, place in kept} - journals - tables == {"journal/lock", "journal/storing", "rounds"}


def test_before_it_is_counted_nobody_but_the_log_holds_anything_that_was_posted(whole: Followed) -> None:
    needles = Needles()
    for member in whole.members:
        needles.add("nonce", *(ticket.nonce for ticket in member.tickets))
    owners = {
        piece.owner for piece in holdings.raw(whole.copies["answered"], whole.services) if needles.within(piece.value)
    }
    assert owners == {holdings.LOG}
