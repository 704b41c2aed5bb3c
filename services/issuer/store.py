"""What an issuer keeps of its rounds. Every method may raise DatabaseUnavailable: nothing happened.

A round is planned once, and no roster that is imported later changes it: who is a member, where, and under which
name. What is left of it at `erase_at` is nothing.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from services.issuer.database import Database
from services.issuer.people import forget_codes
from services.issuer.plan import Plan
from services.issuer.planned import Address, Member, Planned
from services.issuer.roster import Roster
from services.issuer.tables import CODES, MEMBERS, NOTES, ROUNDS, SERVED, SIGNING_KEYS
from shared.rounds import RoundId
from shared.tree import Node, NodeId, NodeKind

_T = TypeVar("_T")

_MANY = 500
"""Values in one statement: every database takes as many."""


class Standing(NamedTuple):
    """What is known about a member's collecting, at one moment."""

    request: bytes | None
    """The SHA-256 of the request that was answered, if one was."""
    served: int
    """How many members of the round were served."""

    def __repr__(self) -> str:
        """Leave the request out: it tells who it was to whoever saw it."""
        return f"Standing(served={self.served})"


@dataclass(frozen=True)
class Visitor:
    """Whoever has an access code, as a round knows her."""

    member: Member | None
    """None if the round does not count her."""
    standing: Standing | None
    """None if this database does not know the round."""


@dataclass(frozen=True)
class Shares:
    """The share who had collected on a day (days since 1970), in percent by node, rounded down."""

    day: int
    percent: Mapping[NodeId, int]


_VISITOR = (
    select(CODES.c.person, MEMBERS.c.node, MEMBERS.c.language, SERVED.c.request, ROUNDS.c.served)
    .select_from(CODES)
    .outerjoin(ROUNDS, ROUNDS.c.round == bindparam("round_id"))
    .outerjoin(MEMBERS, (MEMBERS.c.round == ROUNDS.c.round) & (MEMBERS.c.person == CODES.c.person))
    .outerjoin(SERVED, (SERVED.c.round == ROUNDS.c.round) & (SERVED.c.person == CODES.c.person))
    .where(CODES.c.digest == bindparam("code"))
)


class Store:
    """Plans, keys and served members of this issuer's rounds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, planned: Planned, plan: Plan, roster: Roster) -> None:
        """Fix who is a member of a round, and where."""
        members = [
            {
                "round": planned.round_id,
                "person": person.id,
                "node": plan.place[person.id],
                "name": person.name,
                "language": person.language,
            }
            for person in roster.people
        ]
        nodes = [[node.parent, str(node.kind), node.label, node.size] for node in planned.nodes]
        with self._database.writing() as db:
            db.execute(
                insert(ROUNDS),
                {
                    "round": planned.round_id,
                    "draft": planned.draft,
                    "nodes": json.dumps(nodes).encode(),
                    "ks": json.dumps(planned.ks),
                    "keys": planned.keys,
                    "keys_until": planned.keys_until,
                    "erase_at": planned.erase_at,
                    "served": 0,
                },
            )
            db.execute(insert(MEMBERS), members)

    def planned(self, round_id: RoundId) -> Planned | None:
        with self._database.reading() as db:
            row = db.execute(select(ROUNDS).where(ROUNDS.c.round == round_id)).first()
        return None if row is None else _planned(row)

    def dates(self) -> dict[RoundId, tuple[int, int]]:
        """Of every planned round when its keys go and when it is erased, in POSIX seconds."""
        with self._database.reading() as db:
            rows = db.execute(select(ROUNDS.c.round, ROUNDS.c.keys_until, ROUNDS.c.erase_at)).all()
        return {row.round: (row.keys_until, row.erase_at) for row in rows}

    def erase(self, round_id: RoundId) -> None:
        """Remove the round, its members, and who was served."""
        with self._database.deleting() as db:
            for table in (SIGNING_KEYS, SERVED, MEMBERS, NOTES, ROUNDS):
                db.execute(delete(table).where(table.c.round == round_id))
            forget_codes(db)
        self.tidy()

    def tidy(self) -> None:
        """See that what was removed is gone from the disk too, if an earlier try was not possible."""
        self._database.tidy()

    def visitor(self, round_id: RoundId, code: bytes) -> Visitor | None:
        """Who has the access code with this SHA-256; None if nobody has."""
        with self._database.reading() as db:
            row = db.execute(_VISITOR, {"round_id": round_id, "code": code}).first()
        if row is None:
            return None
        return Visitor(
            None if row.node is None else Member(row.person, row.node, row.language),
            None if row.served is None else Standing(row.request, row.served),
        )

    def names(self, round_id: RoundId, nodes: Collection[NodeId]) -> list[str]:
        """The sorted names of the people attached to any of these nodes."""
        found: list[str] = []
        with self._database.reading() as db:
            for some in _lots(nodes):
                found += db.scalars(select(MEMBERS.c.name).where(MEMBERS.c.round == round_id, MEMBERS.c.node.in_(some)))
        return sorted(found)

    def names_by_node(self, round_id: RoundId) -> dict[NodeId, list[str]]:
        """The names of everybody, by the node that they are attached to."""
        found: dict[NodeId, list[str]] = {}
        with self._database.reading() as db:
            for row in db.execute(select(MEMBERS.c.node, MEMBERS.c.name).where(MEMBERS.c.round == round_id)):
                found.setdefault(row.node, []).append(row.name)
        return found

    def add_keys(self, round_id: RoundId, wrapped: Mapping[Address, bytes]) -> None:
        rows = [{"round": round_id, "node": at.node, "part": at.part, "wrapped": key} for at, key in wrapped.items()]
        with self._database.writing() as db:
            db.execute(insert(SIGNING_KEYS), rows)

    def made(self, round_id: RoundId) -> set[Address]:
        """Which keys there are."""
        with self._database.reading() as db:
            rows = db.execute(select(SIGNING_KEYS.c.node, SIGNING_KEYS.c.part).where(SIGNING_KEYS.c.round == round_id))
            return {Address(row.node, row.part) for row in rows}

    def count_keys(self, round_id: RoundId) -> int:
        with self._database.reading() as db:
            return db.scalar(select(func.count()).where(SIGNING_KEYS.c.round == round_id)) or 0

    def keys(self, round_id: RoundId, nodes: Collection[NodeId] | None = None) -> dict[Address, bytes]:
        """Wrapped keys, of all nodes or only of these (the admission key stands at ADMISSION.node)."""
        found: dict[Address, bytes] = {}
        of_round = SIGNING_KEYS.c.round == round_id
        with self._database.reading() as db:
            for some in [None] if nodes is None else _lots(nodes):
                where = (of_round,) if some is None else (of_round, SIGNING_KEYS.c.node.in_(some))
                for row in db.execute(select(SIGNING_KEYS).where(*where)):
                    found[Address(row.node, row.part)] = row.wrapped
        return found

    def drop_keys(self, round_id: RoundId) -> None:
        """Remove the signing keys, and with them the order in which members collected."""
        with self._database.deleting() as db:
            db.execute(delete(SIGNING_KEYS).where(SIGNING_KEYS.c.round == round_id))
        self.tidy()

    def mark(
        self, round_id: RoundId, person: str, request: bytes, counted: Callable[[], int] = lambda: 0
    ) -> Standing | None:
        """Mark a member as served unless she is, durably; the result says which request counts.

        None, and nothing happened, if the database does not know the round, or fewer members than `counted` says were
        surely served. Of all threads and processes one marks at a time, and sees what those before it did; `counted`
        is asked meanwhile. Asked before, it would say nothing of a database that was put back in between, and those
        who are marked then would make up for those whom it has forgotten.
        """
        with self._database.writing() as db:
            where = (SERVED.c.round == round_id, SERVED.c.person == person)
            known = db.scalar(select(SERVED.c.request).where(*where))
            count = db.scalar(select(ROUNDS.c.served).where(ROUNDS.c.round == round_id))
            if count is None or count < counted():
                return None
            before = Standing(known, count)
            if known is not None:
                return before
            db.execute(insert(SERVED), {"round": round_id, "person": person, "request": request})
            # Counted here too: going through 100,000 rows each time would cost a third of the signatures.
            db.execute(update(ROUNDS).where(ROUNDS.c.round == round_id).values(served=before.served + 1))
        return Standing(request, before.served + 1)

    def served(self, round_id: RoundId) -> int:
        """How many members were served, by count."""
        with self._database.reading() as db:
            return db.scalar(select(ROUNDS.c.served).where(ROUNDS.c.round == round_id)) or 0

    def collected(self, round_id: RoundId) -> dict[NodeId, int]:
        """How many of those attached to a node were served; nodes without any are left out."""
        joined = SERVED.join(MEMBERS, (SERVED.c.round == MEMBERS.c.round) & (SERVED.c.person == MEMBERS.c.person))
        query = select(MEMBERS.c.node, func.count()).select_from(joined).where(SERVED.c.round == round_id)
        with self._database.reading() as db:
            return {row[0]: row[1] for row in db.execute(query.group_by(MEMBERS.c.node))}

    def shares(self, round_id: RoundId) -> Shares | None:
        """What was last noted."""
        with self._database.reading() as db:
            row = db.execute(select(ROUNDS.c.shares_day, ROUNDS.c.shares).where(ROUNDS.c.round == round_id)).first()
        if row is None or row.shares_day is None:
            return None
        return Shares(row.shares_day, {int(node): percent for node, percent in json.loads(row.shares).items()})

    def set_shares(self, round_id: RoundId, shares: Shares) -> None:
        values = {"shares_day": shares.day, "shares": json.dumps(dict(shares.percent))}
        with self._database.writing() as db:
            db.execute(update(ROUNDS).where(ROUNDS.c.round == round_id).values(values))

    def note(self, round_id: RoundId) -> str | None:
        with self._database.reading() as db:
            return db.scalar(select(NOTES.c.text).where(NOTES.c.round == round_id))

    def set_note(self, round_id: RoundId, text: str) -> None:
        """One sentence on a round, for HR; replaces the one before."""
        with self._database.writing() as db:
            db.execute(delete(NOTES).where(NOTES.c.round == round_id))
            db.execute(insert(NOTES), {"round": round_id, "text": text})


def _planned(row: Row[tuple[object, ...]]) -> Planned:
    nodes = (
        Node(number, parent, NodeKind(kind), label, size)
        for number, (parent, kind, label, size) in enumerate(json.loads(row.nodes))
    )
    ks = tuple(json.loads(row.ks))
    return Planned(row.round, row.draft, tuple(nodes), ks, row.keys, row.keys_until, row.erase_at)


def _lots(values: Iterable[_T]) -> Iterator[Sequence[_T]]:
    rest = iter(values)
    while lot := list(islice(rest, _MANY)):
        yield lot
