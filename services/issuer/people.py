"""The roster and the access codes, as they are kept. Every method may raise DatabaseUnavailable: nothing happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from services.issuer.database import Database
from services.issuer.roster import Person, Roster
from services.issuer.tables import CODES, COMPANY, MEMBERS, PEOPLE


@dataclass(frozen=True)
class Summary:
    """What is told about a roster."""

    company: str
    levels: tuple[str, ...]
    people: int
    groups: int
    """Groups with people in them or below, the company included."""
    with_code: int


class People:
    """Who works here now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, roster: Roster) -> None:
        """Put this roster in the place of the one before, as a whole or not at all.

        Codes stay with the persons' ids. They go with those who have left, unless a planned round still counts them.
        """
        rows = [
            {
                "person": person.id,
                "place": place,
                "name": person.name,
                "mail": person.mail,
                "language": person.language,
                "path": json.dumps(person.path),
            }
            for place, person in enumerate(roster.people)
        ]
        with self._database.deleting() as db:
            db.execute(delete(COMPANY))
            db.execute(delete(PEOPLE))
            db.execute(insert(COMPANY), {"id": 1, "name": roster.company, "levels": json.dumps(roster.levels)})
            db.execute(insert(PEOPLE), rows)
            forget_codes(db)

    def imported(self) -> bool:
        """Whether there is a roster."""
        with self._database.reading() as db:
            return db.scalar(select(COMPANY.c.id)) is not None

    def roster(self) -> Roster | None:
        """The roster as it was imported, in the order of its file; None before the first import."""
        with self._database.reading() as db:
            company = db.execute(select(COMPANY)).first()
            people = db.execute(select(PEOPLE).order_by(PEOPLE.c.place)).all()
        if company is None:
            return None
        return Roster(
            company.name,
            tuple(json.loads(company.levels)),
            tuple(Person(row.person, row.name, row.mail, row.language, tuple(json.loads(row.path))) for row in people),
        )

    def summary(self) -> Summary | None:
        """None before the first import."""
        roster = self.roster()
        if roster is None:
            return None
        with self._database.reading() as db:
            with_code = db.scalar(
                select(func.count()).select_from(PEOPLE.join(CODES, PEOPLE.c.person == CODES.c.person))
            )
        groups = {person.path[:depth] for person in roster.people for depth in range(len(person.path) + 1)}
        return Summary(roster.company, roster.levels, len(roster.people), len(groups), with_code or 0)

    def set_codes(self, digests: Mapping[str, bytes], *, renew: bool = True) -> set[str]:
        """By person the SHA-256 (32 bytes) of the code that is hers from now on; one that she had is void.

        `renew` False: whoever has a code keeps it. The result names those who have a new one.
        """
        with self._database.deleting() as db:
            has_one = set(db.scalars(select(CODES.c.person)))
            fresh = {person: digest for person, digest in digests.items() if renew or person not in has_one}
            void = [{"whose": person} for person in fresh.keys() & has_one]
            if void:
                db.execute(delete(CODES).where(CODES.c.person == bindparam("whose")), void)
            if fresh:
                db.execute(insert(CODES), [{"person": person, "digest": digest} for person, digest in fresh.items()])
        return set(fresh)


def forget_codes(db: Connection) -> None:
    """Remove the codes of those who are neither in the roster nor in a round."""
    # EXCEPT, because PostgreSQL might go through a whole long list once more for each code with NOT IN.
    unknown = select(CODES.c.person).except_(select(PEOPLE.c.person), select(MEMBERS.c.person))
    db.execute(delete(CODES).where(CODES.c.person.in_(unknown)))
