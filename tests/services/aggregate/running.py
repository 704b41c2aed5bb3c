"""An aggregate for tests that can be ended and started again, watched, and made to crash at any step."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from services.aggregate.loop import Aggregate, Means
from services.aggregate.metrics import Metrics
from shared import bundle, dates, records, release_items, topics
from shared.author import Author
from shared.batch_items import Batch
from shared.journal import Journal
from shared.log.memory import MemoryLog
from shared.log.port import End, Entry, Log, NoSuchTopic
from shared.reading import RoundsReader
from shared.records import Kind
from shared.release_items import Comment, Counted, Numbers
from shared.rounds import Fold, Round, State, fold
from shared.sealing_key import SealingKey
from shared.secret_files import RoundSecrets
from tests.batches_made import honest
from tests.rounds_made import CLOSES, MadeRound, make_round

LATER = CLOSES + 400
"""After closing and grace."""
WORDS_UNTIL = CLOSES + 60 * 86_400
RESULTS_UNTIL = CLOSES + 90 * 86_400


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Party:
    """An aggregate that can be ended and started again on the same folder and log."""

    made: MadeRound
    home: Path
    now: float = LATER
    guard: Callable[[str], None] = lambda _what: None
    processes: int = 1
    stop: threading.Event = field(default_factory=threading.Event)
    _journal: Journal | None = None

    def start(self) -> "Running":
        self.end()
        self._journal = Journal(self.home / "journal")
        log, secrets = GuardedLog(self), GuardedSecrets(self)
        author = GuardedAuthor(self, self._journal, log)
        metrics = Metrics()
        means = Means(log, self.made.book, author, secrets, metrics, lambda: self.now, self.processes, self.stop)
        return Running(self, Aggregate(means), metrics)

    def end(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def keep_key(self) -> None:
        """As if this aggregate had offered the round's key and accepted its manifest."""
        accept = self.of.record(Kind.ACCEPT, self.made.parties.aggregate.name)
        assert accept is not None
        self.end()
        journal = Journal(self.home / "journal")
        journal.store(self.made.id, Kind.ACCEPT, accept.jws, {})
        journal.acknowledge(self.made.id, Kind.ACCEPT)
        journal.close()
        key = SealingKey(self.made.aggregate_key.to_bytes(), self.made.manifest.draft.erase_at)
        RoundSecrets(self.home / "rounds").create(self.made.id, key.to_bytes())

    @property
    def has_key(self) -> bool:
        return (self.home / "rounds" / f"{self.made.id}.key").exists()

    @property
    def of(self) -> Round:
        return self.fold.rounds[self.made.id]

    def phase(self) -> State:
        return self.of.phase

    @property
    def fold(self) -> Fold:
        return fold((entry.value for entry in self.made.log.read(topics.ROUNDS)), self.made.book)

    def of_kind(self, kind: Kind) -> list[str]:
        """All records of a kind that stand in the log, each as often as it stands there."""
        raw = (records.peek(entry.value) for entry in self.made.log.read(topics.ROUNDS))
        return [record.jws for record in raw if record.kind is kind]


@dataclass
class Running:
    party: Party
    aggregate: Aggregate
    metrics: Metrics

    def ticks(self, number: int = 6) -> None:
        for _ in range(number):
            self.aggregate.tick()

    def value(self, name: str, **labels: str) -> float:
        found = self.metrics.registry.get_sample_value(f"klankbord_aggregate_{name}", labels)
        assert found is not None
        return found


class GuardedLog:
    """The log, asking the guard before and after everything that changes it."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.log = party.made.log

    def append(self, topic: str, *values: bytes) -> None:
        self.party.guard(f"before append {topic}")
        self.log.append(topic, *values)
        self.party.guard(f"after append {topic}")

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        return self.log.read(topic, start, stop)

    def end(self, topic: str) -> End:
        return self.log.end(topic)

    def create(self, topic: str, partitions: int = 1) -> None:
        self.log.create(topic, partitions)

    def delete(self, topic: str) -> None:
        self.party.guard(f"before delete {topic}")
        self.log.delete(topic)

    def close(self) -> None:
        pass


class GuardedSecrets(RoundSecrets):
    def __init__(self, party: Party) -> None:
        super().__init__(party.home / "rounds")
        self.party = party

    def create(self, round_id: str, secret: bytes) -> None:
        self.party.guard("before create")
        super().create(round_id, secret)
        self.party.guard("after create")

    def destroy(self, round_id: str) -> bool:
        self.party.guard("before destroy")
        there = super().destroy(round_id)
        self.party.guard("after destroy")
        return there


class GuardedAuthor(Author):
    def __init__(self, party: Party, journal: Journal, log: GuardedLog) -> None:
        super().__init__("aggregate", party.made.identities["aggregate"], journal, log)
        self.party = party

    def say(self, round_id: str, kind: Kind, body: Any, chunks: Any = None) -> None:
        self.party.guard(f"before say {kind}")
        super().say(round_id, kind, body, chunks)
        self.party.guard(f"after say {kind}")


@cache
def answers() -> tuple[MadeRound, Batch]:
    """A round as it was agreed, and a batch of 18 answers and comments; the log is copied for each test."""
    dated = {"words_until": dates.text(WORDS_UNTIL), "results_until": dates.text(RESULTS_UNTIL)}
    made = make_round(changes=dated)
    people = [f"p{number}" for number in range(18)]
    closed = {person: made.closed(i % 5, (i + 1) % 5, i % 3) for i, person in enumerate(people)}
    return made, honest(made, closed, {person: made.words(f"Words {i}") for i, person in enumerate(people)})


def copy(log: Log, kept: Callable[[records.Record], bool] = lambda _record: True) -> MemoryLog:
    copied = MemoryLog()
    for topic in (topics.ROUNDS, topics.nodes("spring"), topics.batches("spring")):
        copied.create(topic)
        for entry in log.read(topic):
            if topic != topics.ROUNDS or kept(records.peek(entry.value)):
                copied.append(topic, entry.value)
    return copied


def on(made: MadeRound, log: Log) -> MadeRound:
    """The same round as another log tells it: an older copy, or one that was changed."""
    reader = RoundsReader(log, made.book)
    reader.refresh()
    return replace(made, log=log, reader=reader)


def agreed() -> MadeRound:
    """A round of its own for one test."""
    made, _ = answers()
    return on(made, copy(made.log))


def batch() -> Batch:
    """What the gate hands over of `agreed`."""
    return answers()[1]


@dataclass(frozen=True)
class Released:
    """A release as it stands in the log."""

    jws: str
    numbers: Numbers
    words: tuple[Comment, ...]
    counted: Counted
    items: tuple[bytes, ...]


def released(party: Party) -> Released:
    """The one release in the log with all that it names."""
    (jws,) = party.of_kind(Kind.RELEASE)
    body = records.peek(jws.encode()).body

    def items(name: str, topic: str) -> list[bytes]:
        try:
            return bundle.unpack(body[name], [entry.value for entry in party.made.log.read(topic)])
        except NoSuchTopic:
            return bundle.unpack(body[name], [])

    numbers, counted = (items(name, topics.releases(party.made.id)) for name in ("cells", "counted"))
    words = items("words", topics.words(party.made.id))
    return Released(
        jws,
        release_items.decode_numbers(numbers),
        release_items.decode_words(words),
        release_items.decode_counted(counted),
        (*numbers, *words, *counted),
    )
