"""A process may end between any two things that last: the next one goes on, and what comes out is the same.

For each step of a round's life, for each service, for every n: the service dies before its n-th durable operation and
is started again; or that operation fails, as on a full disk, and the same process goes on when there is room. Nobody
else notices, nothing is signed twice, and no alarm is raised.
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
from tests.rounds_made import ERASE_AT, RESULTS_UNTIL
from tests.system import tallies
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import Moments
from tests.system.mortal import Mortal

Result = Mapping[str, object]


# What happens in each step, and what must be the same afterwards whoever died meanwhile.


def agree(house: House, _crowd: Crowd) -> None:
    until_done(house, lambda: house.draft("spring"), "round-exists")
    house.settle()


def agreed(house: House, _crowd: Crowd) -> Result:
    """Offers hold keys that may have been made anew, so not the same bytes; but one of each record."""
    return {"phase": house.phase("spring"), "records": len(house.log.records()), "keys": keys(house)}


def take_part(house: House, crowd: Crowd) -> None:
    for person in ("p7", "p8"):
        until_done(house, partial(crowd.collect, person))
        crowd.seal(person, [1, 2, 3], f"Words of {person}")
        until_done(house, partial(crowd.send, person))
    house.settle()


def took_part(house: House, crowd: Crowd) -> Result:
    """The same request got the same tokens, and nobody's answer is missing or there in another form."""
    wallets = {person: entry.tickets for person in ("p7", "p8") if (entry := crowd.wallet(person).get("spring"))}
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
def test_a_death_before_any_durable_operation_changes_nothing(moments: Moments, tmp_path: Path, name: str) -> None:
    step = STEPS[name]
    undisturbed, operations = live(step, moments, tmp_path / "undisturbed")
    assert undisturbed.items() >= step.expected.items()
    assert sum(operations.values()) >= 5
    for service, times in operations.items():
        for n in range(times):
            result, _ = live(
                step, moments, tmp_path / f"{service}-{n}", service, partial(Mortal.dies_after, operations=n)
            )
            assert result == undisturbed, f"{service} died before its operation {n}"


@pytest.mark.parametrize("name", STEPS)
def test_a_disk_that_is_full_at_any_durable_operation_changes_nothing(
    moments: Moments, tmp_path: Path, name: str
) -> None:
    step = STEPS[name]
    undisturbed, operations = live(step, moments, tmp_path / "undisturbed")
    for service, times in operations.items():
        for n in range(times):
            result, _ = live(
                step, moments, tmp_path / f"{service}-{n}", service, partial(Mortal.fails_after, operations=n)
            )
            assert result == undisturbed, f"operation {n} of {service} failed"


def live(
    step: Step,
    moments: Moments,
    folder: Path,
    service: str | None = None,
    strike: Callable[[Mortal], None] = lambda _process: None,
) -> tuple[Result, Mapping[str, int]]:
    """The result of a step, and how many durable operations each service did in it; `strike` is to hit `service`."""
    house, crowd = moments.again(step.begins, folder, *step.at_home)
    with house:
        before = {name: len(process.operations) for name, process in house.processes.items()}
        if service is not None:
            strike(house.processes[service])
        step.happens(house, crowd)
        assert service is None or house.processes[service].crashes + house.processes[service].failures == 1
        assert not list(house.folder.glob("*/rounds/.*")), "a secret lies about"
        assert all(len(texts) == 1 for texts in house.signed().values())
        assert house.alarms == step.alarms
        operations = {name: len(process.operations) - before[name] for name, process in house.processes.items()}
        return step.result(house, crowd), operations


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
