"""Who knows what (docs/architecture.md), held against everything that a round leaves behind or lets anybody see.

A round of real processes is searched: every file of every home and of the log (as values, and as raw bytes with free
pages and write-ahead files; while the services run and after they have ended), everything that they printed, every
HTTP request and response of everybody, every page of metrics, and arguments and environment of every process.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import chain
from pathlib import Path

import pytest

from deploy.trial import holdings
from tests.privacy.known import Known
from tests.privacy.round_played import BEFORE_ANY_ROUND, ROUND, Left

Places = Mapping[str, frozenset[str]]
"""By what it is where it was found: "owner/place"."""


@dataclass(frozen=True)
class Where:
    """Patterns of places. It has to be at each in `must`, or the search would not see; it may be at those in `may`."""

    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    def allows(self, place: str) -> bool:
        return any(fnmatchcase(place, pattern) for pattern in self.must + self.may)


_DATABASE = ("issuer/issuer.db", "issuer/issuer.db-wal")
_MEMBERSHIP = "http/issuer/GET /rounds/*/membership/response"
_COLLECT = "http/issuer/POST /rounds/*/tokens"
_POST = "http/ingest/POST /envelopes"
_POSTED = Where((_POST + "/request", "log/envelopes.*"))
_HANDED_ON = Where(("log/batches.*", "gate/journal/*/batch.*"))
_LISTED = Where(
    ("log/releases.*", "aggregate/journal/*/release.releases.*", "http/report/GET /rounds/*/counted/response")
)
_AS_HR = ("http/issuer/* /admin/*/request",)

TABLE: Mapping[str, Where] = {
    # Who she is: the issuers, and over HTTP whoever they tell it to: HR, and the members of her own group.
    "person id": Where(
        ("issuer/issuer.db: people", "issuer/issuer.db: members", "issuer/issuer.db: served"),
        ("issuer/issuer.db: codes", *_DATABASE, "http/issuer/* /admin/*"),
    ),
    "name": Where(
        ("issuer/issuer.db: people", _MEMBERSHIP), (*_DATABASE, "issuer/issuer.db: members", "http/issuer/* /admin/*")
    ),
    "mail": Where(("issuer/issuer.db: people",), (*_DATABASE, "http/issuer/* /admin/*")),
    # What lets her collect, once: she has it, from HR.
    "access code": Where(
        ("http/issuer/POST /admin/codes/response", _COLLECT + "/request"),
        ("http/issuer/GET /rounds/*/membership/request",),
    ),
    "hash of an access code": Where(("issuer/issuer.db: codes",), _DATABASE),
    "blinded message": Where((_COLLECT + "/request",)),
    # What ingest and the log's operator see, and nobody after the gate.
    "admission nonce": _POSTED,
    "admission token": _POSTED,
    "outer layer": _POSTED,
    "hash of an envelope": Where((_POST + "/response",)),
    # What gate and aggregate see: nothing of it may have been in sight before.
    "envelope key": _HANDED_ON,
    "token of the company or the cell": _HANDED_ON,
    "inner layer": _HANDED_ON,
    "signature": _HANDED_ON,
    # By this she finds that she was counted, in a list that everybody can read.
    "counted entry": _LISTED,
    "entry held back": Where((*_LISTED.must, *_HANDED_ON.must)),
    # Answers: as words only, of parts that enough people answered.
    "comment": Where(("log/words.*", "aggregate/journal/*/release.words.*"), ("http/report/GET /*/response",)),
    # The parties' own secrets.
    "identity key": Where(tuple(f"{name}/identity.key" for name in ("issuer", "ingest", "gate", "aggregate"))),
    "admin key": Where(("issuer/admin.key", *_AS_HR)),
}
"""Whatever has no row here may be nowhere: wallets and what follows from them, tickets that were not used, tokens of
finer groups than the cell, what was taken back or held back, choices, round keys, network addresses, hashes of all."""

OWNERS = ("issuer", "ingest", "gate", "aggregate", "report", "log", "http", "metrics", "process")


@pytest.fixture(scope="session")
def known(left: Left) -> Known:
    return Known(left)


@pytest.fixture(scope="session")
def found(left: Left, known: Known) -> Places:
    places: defaultdict[str, set[str]] = defaultdict(set)
    seen: dict[bytes, set[str]] = {}
    for owner, place, value in everything(left):
        digest = sha256(value).digest()
        if digest not in seen:
            seen[digest] = known.needles.within(value)
        for what in seen[digest]:
            places[what].add(f"{owner}/{place}")
    return {what: frozenset(of) for what, of in places.items()}


def everything(left: Left) -> Iterator[tuple[str, str, bytes]]:
    """Owner, place and value of all that there is to look through."""
    for root in (left.running, left.root):
        # Raw first: to read a database is to change its files.
        for piece in chain(list(holdings.raw(root, left.services)), holdings.pieces(root, left.services)):
            yield _kind(piece.owner), piece.place, piece.value
        yield from (("", path.name, str(path).encode()) for path in root.rglob("*"))
    for exchange in left.exchanges:
        place = f"{_kind(exchange.service)}/{exchange.method} {exchange.path}"
        yield "http", place + "/request", exchange.request
        yield "http", place + "/response", exchange.response
    for pages in left.metrics:
        yield from (("metrics", _kind(service), page.encode()) for service, page in pages.items())
    for service, processes in left.processes.items():
        yield from (("process", _kind(service), shown) for shown in processes)


def _kind(service: str) -> str:
    return "issuer" if service.startswith("issuer-") else service


@pytest.mark.parametrize("owner", OWNERS)
def test_nobody_holds_anything_that_the_table_does_not_allow(found: Places, owner: str) -> None:
    forbidden = [
        f"{what} in {place}"
        for what, places in sorted(found.items())
        for place in sorted(places)
        if place.startswith(f"{owner}/") and not TABLE.get(what, Where()).allows(place)
    ]
    assert forbidden == []


def test_every_place_has_an_owner_in_the_table(found: Places) -> None:
    assert {place.partition("/")[0] for places in found.values() for place in places} <= set(OWNERS)


@pytest.mark.parametrize("what", TABLE)
def test_the_search_finds_what_has_to_be_there(found: Places, what: str) -> None:
    missing = [
        pattern for pattern in TABLE[what].must if not any(fnmatchcase(place, pattern) for place in found.get(what, ()))
    ]
    assert missing == []


def test_every_row_of_the_table_and_every_secret_of_the_cast_was_looked_for(known: Known) -> None:
    assert set(TABLE) <= known.needles.names
    assert known.needles.names - set(TABLE) >= {
        "wallet",
        "unused ticket",
        "token of a finer group",
        "group token of a part held back",
        "envelope key of a part held back",
        "inner layer of no lot",
        "withdrawn entry",
        "unsaid",
        "choices",
        "round key",
        "wrapped signing key",
        "network address",
        "SHA-256 of admission nonce",
        "SHA-256 of admission token",
        "SHA-256 of envelope key",
    }


def test_the_round_was_such_that_all_of_this_could_have_leaked(left: Left, known: Known) -> None:
    """Lots of a team and of the company, comments of one lot, a part held back, and people who did not answer."""
    answered = [part for part in left.parts.values() if part.sealed]
    assert 0 < len(answered) < len(left.parts) < len(left.people)
    cells = [
        {known.cell(part, left.composed.part_trees[part].finest(node)) for node in left.composed.part_trees[part].nodes}
        for part in range(3)
    ]
    assert [len(of) for of in cells] == [2, 1, 1], cells
    assert cells[2] == {None}
    assert sorted(path.stem for path in (left.root / "log").glob("*.db")) == sorted(
        ["rounds", *(f"{kind}.{ROUND}" for kind in ("nodes", "envelopes", "batches", "releases", "words"))]
    )


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows processes like this")
def test_arguments_and_environment_of_every_service_were_looked_at(left: Left) -> None:
    assert set(left.processes) == set(left.services)
    for processes in left.processes.values():
        assert any(b"-m\0services." in shown and b"KLANKBORD_HOME=" in shown for shown in processes)


def test_secrets_of_a_round_are_gone_with_their_files(left: Left) -> None:
    for root in (left.running, left.root):
        for name in left.round_keys:
            assert list((root / name / "rounds").iterdir()) == []


def test_services_print_some_lines_per_round_and_nothing_when_somebody_acts(left: Left) -> None:
    """That nothing personal is among it is seen above; here, that there is too little of it to tell of anybody."""
    assert left.said("ingest") == left.said("report") == [BEFORE_ANY_ROUND]
    for service in left.services:
        lines = left.said(service)
        assert len(lines) <= len(left.parts) // 2 + 10, service
        assert not any("127." in line for line in lines), service
