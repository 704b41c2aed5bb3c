"""The cast of the round that is searched for traces: everything about each is known, and occurs nowhere by chance."""

from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

COMPANY = "Velda"

TEAMS = {"Rood": 12, "Groen": 10, "Blauw": 10, "": 2}
"""People by team; the last two belong to the company itself."""

ANSWERING = {"Rood": 11, "Groen": 2, "Blauw": 4, "": 1}
"""How many of each answer. Of the scores Rood is a cell of its own and the others are one together; for comments all
are one; the last open question has too few answers for anything to be opened."""

COLLECTING = {"Rood": 11, "Groen": 3, "Blauw": 5, "": 2}
"""How many of each collect: some do and never answer."""

CLOSED = 12
"""Closed questions asked."""

EMPTY, LONG, CHANGING, ROBBED = 3, 5, 7, 9
"""Members of Rood: who writes nothing, as much as fits, something else later; for whom somebody else collects too."""


@dataclass(frozen=True)
class Person:
    """Whoever this is made up of; `keep` and `change` are what she writes."""

    number: int
    place: int
    """Within the team, from 0."""
    id: str
    name: str
    mail: str
    language: str
    team: str
    keep: str
    change: str
    choices: tuple[int, ...] = field(repr=False)
    """Options, counted from 0."""

    @property
    def collects(self) -> bool:
        return self.place < COLLECTING[self.team]

    @property
    def answers(self) -> bool:
        return self.place < ANSWERING[self.team]


def word(*of: object) -> str:
    """Sixteen letters and digits that nobody else has."""
    return b32encode(sha256(" ".join(map(str, of)).encode()).digest()).decode().lower()[:16]


def everybody() -> list[Person]:
    places = [(team, place) for team, size in TEAMS.items() for place in range(size)]
    return [_person(number, team, place) for number, (team, place) in enumerate(places)]


def _person(number: int, team: str, place: int) -> Person:
    draw = Random(number)
    keep, change = (f"{word(number, what)} is wat ik ervan vind, {number}. 💬 ë" for what in ("keep", "change"))
    return Person(
        number=number,
        place=place,
        id=word(number, "id"),
        name=f"{word(number, 'first').capitalize()} van {word(number, 'last')}",
        mail=f"{word(number, 'mail')}@velda.example",
        language=("nl", "en")[number % 2],
        team=team,
        keep="" if number == EMPTY else keep * 40 if number == LONG else keep,
        change=change,
        # From 1: a zero more or less would look like the padding.
        choices=tuple(draw.randrange(1, 7) for _ in range(CLOSED)),
    )


def roster_csv(people: list[Person]) -> bytes:
    lines = ["person,name,mail,language,company,team"]
    lines += [f"{one.id},{one.name},{one.mail},{one.language},{COMPANY},{one.team}" for one in people]
    return "\n".join(lines).encode()
