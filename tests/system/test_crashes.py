"""A process may end between any two things that last: the next one goes on, and what comes out is the same.

For each step of a round's life, for each service, for every n: the service dies before its n-th durable operation and
is started again. Nobody else notices, nothing is signed twice, and no alarm is raised.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from clients.cli.outcomes import Refusal, Unavailable
from shared import topics
from shared.records import Kind
from shared.rounds import DEAD, State
from tests.rounds_made import CLOSES, ERASE_AT, OPENS, PEOPLE, RESULTS_UNTIL
from tests.system import tallies
from tests.system.house import House
from tests.system.members import Crowd

ANSWERING = [f"p{number}" for number in (0, 1, 2, 3, 4, 12, 13, 14, 15, 16)]
"""Five in Payments and five in Risk: two lots for the scores, one for the words."""

GRACE = 300

Lived = tuple[House, Crowd]
Result = Mapping[str, object]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lived]:
    """One round, at moments of its life at which nobody is at home."""
    house = House(tmp_path_factory.mktemp("house"))
    crowd = Crowd(house, "spring")
    found: dict[str, Lived] = {}

    def save(name: str) -> None:
        copy = house.copy(tmp_path_factory.mktemp(name))
        found[name] = copy, crowd.moved_to(copy)

    with house:
        house.staff(PEOPLE)
        house.everybody_looks()
    save("staffed")
    with house:
        agree(house, crowd)
        house.clock.now = OPENS
    save("open")
    with house:
        house.everybody_looks()
        for number, person in enumerate(ANSWERING):
            crowd.collect(person)
            crowd.answer(person, [number % 5, (number + 2) % 5, number % 3 or None], f"Words of {person}")
        house.clock.now = CLOSES + GRACE
    save("closed")
    with house:
        house.settle()
    save("released")
    return found


# What happens in each step, and what must be the same afterwards whoever died meanwhile.


def agree(house: House, _crowd: Crowd) -> None:
    until_done(house, lambda: house.draft("spring"), "round-exists")
    house.settle()


def agreed(house: House, _crowd: Crowd) -> Result:
    """Offers hold keys that may have been made anew, so not the same bytes; but one of each record."""
    return {"phase": house.phase("spring"), "records": len(house.log.records()), "keys": keys(house)}


def take_part(house: House, crowd: Crowd) -> None:
    for person in ("p0", "p1"):
        until_done(house, partial(crowd.collect, person))
        crowd.seal(person, [1, 2, 3], f"Words of {person}")
        until_done(house, partial(crowd.send, person))
    house.settle()


def took_part(house: House, crowd: Crowd) -> Result:
    """The same request got the same tokens, and nobody's answer is missing or there in another form."""
    wallets = {person: entry.tickets for person in ("p0", "p1") if (entry := crowd.wallet(person).get("spring"))}
    winners = {(vote.person, vote.part, vote.plaintext) for vote in crowd.winners(house.envelopes("spring"))}
    return {"tickets": wallets, "winners": winners, "received": len(crowd.received)}


def count(house: House, _crowd: Crowd) -> None:
    house.settle()


def counted(house: House, crowd: Crowd) -> Result:
    """Cut, batch, opening and release byte for byte."""
    tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))
    of = house.of("spring")
    chain = [of.record(kind) for kind in (Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE)]
    chunks = [house.log.copy()[name("spring")] for name in (topics.batches, topics.releases, topics.words)]
    return {"chain": chain, "chunks": [set(*each) for each in chunks], "phase": of.phase, "keys": keys(house)}


def cancel(house: House, _crowd: Crowd) -> None:
    until_done(house, lambda: house.cancel("spring"), "too-late")
    house.settle()


def lose_the_key(house: House, _crowd: Crowd) -> None:
    (house.folder / "gate" / "rounds" / "spring.key").unlink()
    house.settle()


def ended(house: House, _crowd: Crowd) -> Result:
    of = house.of("spring")
    return {"phase": of.phase, "dead": of.phase in DEAD, "keys": keys(house), "records": len(house.log.records())}


def grow_old(house: House, _crowd: Crowd) -> None:
    for house.clock.now in (ERASE_AT, RESULTS_UNTIL):
        house.settle()


def gone(house: House, _crowd: Crowd) -> Result:
    """Nothing of anybody is left but what was signed."""
    chunks = [path.name for path in house.folder.glob("*/journal/*/*") if not path.suffix[1:].isalpha()]
    return {"topics": set(house.log.copy()), "chunks": chunks, "keys": keys(house)}


@dataclass(frozen=True)
class Step:
    """What is done to a house as it was `saved`, and what is to be compared afterwards."""

    begins: str
    happens: Callable[[House, Crowd], None]
    result: Callable[[House, Crowd], Result]
    expected: Result
    at_home: tuple[str, ...] = ("hr", "gate", "aggregate")
    alarms: frozenset[tuple[str, str]] = frozenset()


STEPS = {
    "agreeing": Step("staffed", agree, agreed, {"phase": State.SCHEDULED, "records": 8}),
    "taking part": Step("open", take_part, took_part, {"received": 4}, ("hr", "ingest")),
    "counting": Step("closed", count, counted, {"phase": State.RELEASED, "keys": 0}),
    "cancelling": Step("open", cancel, ended, {"phase": State.CANCELLED, "keys": 0}),
    "stopping": Step(
        "closed",
        lose_the_key,
        ended,
        {"phase": State.STOPPED, "keys": 0},
        alarms=frozenset({("gate", "key-missing")}),
    ),
    "growing old": Step("released", grow_old, gone, {"topics": {topics.ROUNDS}, "chunks": [], "keys": 0}),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_death_before_any_durable_operation_changes_nothing(
    saved: dict[str, Lived], tmp_path: Path, name: str
) -> None:
    step, (house, crowd) = STEPS[name], saved[STEPS[name].begins]
    undisturbed, operations = live(step, house, crowd, tmp_path / "undisturbed")
    assert undisturbed.items() >= step.expected.items()
    assert sum(operations.values()) >= 5
    for service, times in operations.items():
        for n in range(times):
            result, _ = live(step, house, crowd, tmp_path / f"{service}-{n}", service, n)
            assert result == undisturbed, f"{service} died before its operation {n}"


def live(
    step: Step, house: House, crowd: Crowd, folder: Path, service: str | None = None, n: int = 0
) -> tuple[Result, Mapping[str, int]]:
    """The result of a step, and how many durable operations each service did in it."""
    with house.copy(folder, *step.at_home) as again:
        people = crowd.moved_to(again)
        before = {name: len(process.operations) for name, process in again.processes.items()}
        if service is not None:
            again.processes[service].dies_after(n)
        step.happens(again, people)
        assert service is None or again.processes[service].crashes == 1
        assert all(len(texts) == 1 for texts in again.signed().values())
        assert again.alarms == step.alarms
        operations = {name: len(process.operations) - before[name] for name, process in again.processes.items()}
        return step.result(again, people), operations


def until_done(house: House, attempt: Callable[[], object], *known: str) -> None:
    """Try again after each answer that was lost; `known`: how a service says that it was done the time before."""
    for _ in range(3):
        house.everybody_looks()
        with suppress(Unavailable):
            try:
                attempt()
            except Refusal as refusal:
                assert refusal.word in known
            return
    raise AssertionError("it never worked")


def keys(house: House) -> int:
    return sum(house.has_key(author, "spring") for author in house.installed.parties.authors)
