"""The law of the log: whatever is done in whatever order, it reads as the lists of what was appended."""

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.log.port import End, Log, NoSuchTopic
from tests.contract.logs import KINDS

TOPICS = st.sampled_from(["rounds", "nodes.a", "nodes.b"])
USERS = st.integers(0, 1)


class Model(RuleBasedStateMachine):
    """Two users of one log against a dictionary of lists; every record is unique, so that order can be seen."""

    kind: str
    partitions: int

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.place = KINDS[self.kind](self.folder / "log")
        self.users: tuple[Log, Log] = (self.place.open(), self.place.open())
        self.expected: dict[str, list[bytes]] = {}
        self.remembered: dict[str, list[tuple[End, int]]] = defaultdict(list)
        self.written = 0

    def teardown(self) -> None:
        self.place.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.users[0].create("rounds", self.partitions)
        self.expected["rounds"] = []

    @rule(user=USERS, topic=TOPICS)
    def create(self, user: int, topic: str) -> None:
        self.users[user].create(topic, self.partitions)
        self.expected.setdefault(topic, [])

    @rule(user=USERS, topic=TOPICS)
    def delete(self, user: int, topic: str) -> None:
        self.users[user].delete(topic)
        self.expected.pop(topic, None)
        self.remembered.pop(topic, None)

    @rule(user=USERS, topic=TOPICS, sizes=st.lists(st.integers(0, 9000), min_size=1, max_size=4))
    def append(self, user: int, topic: str, sizes: list[int]) -> None:
        records = [(self.written + i).to_bytes(4) + bytes(size) for i, size in enumerate(sizes)]
        self.written += len(records)
        if topic in self.expected:
            self.users[user].append(topic, *records)
            self.expected[topic] += records
        else:
            with pytest.raises(NoSuchTopic):
                self.users[user].append(topic, *records)

    @rule(user=USERS, topic=TOPICS)
    def remember_the_end(self, user: int, topic: str) -> None:
        if topic in self.expected:
            self.remembered[topic].append((self.users[user].end(topic), len(self.expected[topic])))

    @rule(user=USERS, topic=TOPICS, choice=st.randoms(use_true_random=False))
    def read_between_remembered_ends(self, user: int, topic: str, choice: Random) -> None:
        if self.remembered[topic]:
            (start, first), (stop, last) = sorted(choice.choices(self.remembered[topic], k=2), key=lambda each: each[1])
            found = [entry.value for entry in self.users[user].read(topic, start, stop)]
            assert sorted(found) == sorted(self.expected[topic][first:last])

    @invariant()
    def everything_is_there_in_order(self) -> None:
        for topic, records in self.expected.items():
            for log in self.users:
                entries = list(log.read(topic))
                assert sorted(entry.value for entry in entries) == sorted(records)
                assert entries == sorted(entries, key=lambda entry: (entry.partition, entry.value[:4]))
                assert sum(log.end(topic)) == len(records)


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_log_reads_as_what_was_appended_after_any_sequence_of_calls(kind: str, partitions: int) -> None:
    model = type("Model", (Model,), {"kind": kind, "partitions": partitions})
    # A topic of Kafka takes tens of milliseconds to be made and to be deleted.
    examples = 8 if kind == "kafka" else 25
    run_state_machine_as_test(model, settings=settings(max_examples=examples, stateful_step_count=20, deadline=None))
