"""A report service for tests: real records in a log, a library over it, and a browser without a network."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from flask.testing import FlaskClient

from services.report.library import Library
from services.report.readers import ReadKey
from services.report.results import Results
from services.report.web import create
from shared import dates, topics
from shared.log.memory import MemoryLog
from shared.reading import RoundsReader
from tests.releases_made import Counted, hand_out, published
from tests.rounds_made import CLOSES, MadeRound, make_round

LATER = CLOSES + 86_400
WORDS_UNTIL = CLOSES + 30 * 86_400

TEAMS: Mapping[tuple[str, ...], int] = {
    ("Finance", "Payments"): 9,
    ("Finance", "Risk"): 8,
    ("Finance", "Control"): 14,
    ("Service", "North"): 12,
    ("Service", "South"): 12,
    (): 6,
}


@cache
def template() -> MadeRound:
    # Without cover, for its lots are drawn with a key that differs in each run.
    return make_round(people=TEAMS, changes={"words_until": dates.text(WORDS_UNTIL), "cover": 0})


def agreed() -> MadeRound:
    """An agreed round in a log of its own."""
    made = template()
    log = MemoryLog()
    for topic in (topics.ROUNDS, topics.nodes(made.id)):
        log.create(topic)
        for entry in made.log.read(topic):
            log.append(topic, entry.value)
    reader = RoundsReader(log, made.book)
    reader.refresh()
    return replace(made, log=log, reader=reader)


def node(made: MadeRound, label: str) -> int:
    return next(node.id for node in made.trees[0].nodes.values() if node.label == label)


def team(made: MadeRound, person: str) -> str:
    return next(one.path[-1] if one.path else "" for one in made.roster.people if one.id == person)


def answers(made: MadeRound, shift: int = 0, silent: tuple[str, ...] = ()) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Closed answers and comments of everybody outside the silent teams; `shift` moves all by so many options."""
    people = [person.id for person in made.roster.people if team(made, person.id) not in silent]
    closed = {
        person: made.closed(min(4, i % 3 + shift), min(4, (i + 1) % 3 + shift), i % 5)
        for i, person in enumerate(people)
    }
    comments = {person: made.words(f"Words {i}" if i % 3 else "") for i, person in enumerate(people)}
    return closed, comments


@cache
def counted(silent: tuple[str, ...] = ()) -> Counted:
    return published(template(), *answers(template(), silent=silent))


def released(silent: tuple[str, ...] = (), **changes: Any) -> MadeRound:
    """A round whose release is in the log; `changes` as hand_out takes them."""
    made = agreed()
    hand_out(made, counted(silent), **changes)
    return made


def library(made: MadeRound, now: float = LATER) -> Library:
    """A library that has looked once."""
    opened = Library(made.log, made.book, lambda: now)
    opened.refresh()
    return opened


def results(made: MadeRound) -> Results:
    found = library(made).shelf.by_id[made.id].results
    assert found is not None
    return found


def browser(made: MadeRound, key: str | None = None, now: float = LATER) -> FlaskClient:
    return create(library(made, now), made.parties, ReadKey(key) if key else None).test_client()


@cache
def usual() -> FlaskClient:
    """Of a round that everybody answered, for tests that only read."""
    return browser(released())
