"""Records in the log that are not ours: in every topic, at every moment of a round's life. They change nothing."""

from pathlib import Path
from random import Random

from clients.cli.counting import Fate
from shared import bundle, records, topics
from shared.log.port import MAX_RECORD
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import CLOSES, OPENS, PEOPLE
from tests.system import tallies
from tests.system.forging import STRANGER
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import ANSWERING, COUNTING, PAYMENTS

OF_ROUND = (topics.nodes, topics.envelopes, topics.batches, topics.releases, topics.words)


def litter(house: House, random: Random) -> set[str]:
    """Noise of all kinds into every topic that there is; these topics."""
    copy = house.log.copy()
    for topic, partitions in copy.items():
        there = [record for partition in partitions for record in partition if len(record) < MAX_RECORD]
        some, other = (random.choice(there or [b"x"]) for _ in range(2))
        house.log.append(
            topic,
            b"",
            b"\0",
            b"{}",
            b"null",
            b"[" * 5_000,
            random.randbytes(100),
            random.randbytes(MAX_RECORD),
            some,
            some[:-1],
            some + b"\0",
            other[: len(other) // 2] + random.randbytes(10),
            *bundle.pack([b"an item of nobody", random.randbytes(500)]).records,
            *(records.sign(kind, "spring", "gate", {"reason": "x"}, STRANGER).encode() for kind in Kind),
            *(records.sign(kind, "spring", "stranger", {}, STRANGER).encode() for kind in Kind),
        )
    return set(copy)


def settle(house: House, random: Random) -> set[str]:
    """Let everybody work, with litter before each of the first looks."""
    littered = set()
    for _ in range(6):
        littered |= litter(house, random)
        house.everybody_looks()
    house.settle()
    return littered


def test_a_round_among_foreign_records_is_the_round_that_it_would_have_been(tmp_path: Path) -> None:
    random = Random(5)
    with House(tmp_path) as house:
        house.staff(PEOPLE)
        house.log.create(topics.ROUNDS)
        litter(house, random)
        house.everybody_looks()
        house.draft("spring", cover=0)
        settle(house, random)
        assert house.phase("spring") is State.SCHEDULED

        crowd = Crowd(house, "spring")
        house.clock.now = OPENS
        house.everybody_looks()
        crowd.collect(*ANSWERING)
        for number, person in enumerate(ANSWERING):
            crowd.answer(person, [number % 5, (number + 2) % 5, number % 3 or None], f"Words of {person}")
            if number % 5 == 0:
                litter(house, random)
                house.everybody_looks()
        house.clock.now = CLOSES
        settle(house, random)

        house.clock.now = COUNTING
        littered = settle(house, random)
        assert littered >= {topics.ROUNDS, *(of("spring") for of in OF_ROUND)}
        assert house.phase("spring") is State.RELEASED
        honest = [envelope for envelope in house.envelopes("spring") if envelope in crowd.sealed]
        tallies.check(house, "spring", crowd.winners(honest))
        assert crowd.fates(PAYMENTS[0]) == (Fate.COUNTED, Fate.COUNTED)
        assert house.alarms == set()
        assert all(len(texts) == 1 for texts in house.signed().values())
        shown = house.web.get("report", "https://report.example", "/rounds/spring")
        assert shown["round"] == "spring"
