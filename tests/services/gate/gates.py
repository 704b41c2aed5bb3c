"""A gate over a memory log, with real keys, that can crash at every step and start again."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.gate.loop import Gate, Means
from services.gate.metrics import Metrics
from shared import records, topics
from shared.author import Author
from shared.batch_items import Batch, decode
from shared.bundle import unpack
from shared.canonical import b64
from shared.journal import Journal
from shared.log.memory import MemoryLog
from shared.log.port import End, Entry, Log
from shared.reading import RoundsReader
from shared.records import Kind, Record
from shared.rounds import Round, RoundId
from shared.sealing_key import SealingKey
from shared.secret_files import RoundSecrets
from shared.stopping import StoppingLog
from tests.rounds_made import CLOSES, MadeRound

AFTER = CLOSES + 301
"""POSIX seconds: closing and grace are over."""


class Crash(BaseException):
    """The process is gone; nothing may catch it."""


class Fuse:
    """Burns down with every step; `left` of None never ends."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left
        self.steps = 0

    def burn(self) -> None:
        self.steps += 1
        if self.left is not None and self.steps > self.left:
            raise Crash


class Bell(Fuse):
    """Asks the process to end at a step, as a signal does."""

    def __init__(self, left: int, stop: threading.Event) -> None:
        super().__init__(left)
        self._stop = stop

    def burn(self) -> None:
        try:
            super().burn()
        except Crash:
            self._stop.set()


class FusedLog:
    """The house's log, which can crash before and after everything that changes it, and before every read."""

    def __init__(self, house: "House", fuse: Fuse) -> None:
        self._house = house
        self._fuse = fuse

    def append(self, topic: str, *values: bytes) -> None:
        self._fuse.burn()
        if topic == topics.batches(self._house.made.id):
            # Nothing of a batch is shown as long as there is a key with which another one could be made.
            assert self._house.key() is None
        self._house.log.append(topic, *values)
        self._fuse.burn()

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        self._fuse.burn()
        return self._house.log.read(topic, start, stop)

    def end(self, topic: str) -> End:
        return self._house.log.end(topic)

    def create(self, topic: str, partitions: int = 1) -> None:
        self._fuse.burn()
        self._house.log.create(topic, partitions)
        self._fuse.burn()

    def delete(self, topic: str) -> None:
        self._fuse.burn()
        self._house.log.delete(topic)
        self._fuse.burn()

    def close(self) -> None:
        """Left open: the next process uses it."""


class FusedJournal(Journal):
    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(folder)
        self._fuse = fuse

    def store(self, round_id: RoundId, kind: Kind, jws: str, chunks: Mapping[str, Sequence[bytes]]) -> None:
        self._fuse.burn()
        super().store(round_id, kind, jws, chunks)
        self._fuse.burn()

    def acknowledge(self, round_id: RoundId, kind: Kind) -> None:
        self._fuse.burn()
        super().acknowledge(round_id, kind)
        self._fuse.burn()


class FusedSecrets(RoundSecrets):
    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(folder)
        self._fuse = fuse

    def create(self, round_id: RoundId, secret: bytes) -> None:
        self._fuse.burn()
        super().create(round_id, secret)
        self._fuse.burn()

    def destroy(self, round_id: RoundId) -> bool:
        self._fuse.burn()
        there = super().destroy(round_id)
        self._fuse.burn()
        return there


@dataclass
class House:
    """The gate's folder and the log; `started` gives a gate of a new process, as it were."""

    made: MadeRound
    home: Path
    log: Log
    now: float = AFTER
    partitions: int = 1
    processes: int = 1
    stop: threading.Event = field(default_factory=threading.Event)
    metrics: Metrics = field(default_factory=Metrics)
    _journal: Journal | None = None

    def started(self, fuse: Fuse | None = None) -> Gate:
        self.close()
        fuse = fuse or Fuse()
        self._journal = FusedJournal(self.home / "journal", fuse)
        log = StoppingLog(FusedLog(self, fuse), self.stop)
        self.metrics = Metrics()
        return Gate(
            Means(
                log=log,
                book=self.made.book,
                author=Author("gate", self.made.identities["gate"], self._journal, log),
                secrets=FusedSecrets(self.home / "rounds", fuse),
                metrics=self.metrics,
                clock=lambda: self.now,
                partitions=self.partitions,
                processes=self.processes,
                stop=self.stop,
            )
        )

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def settle(self, gate: Gate, ticks: int = 8) -> None:
        """More ticks than anything takes that is due at one time."""
        for _ in range(ticks):
            gate.tick()

    def key(self) -> bytes | None:
        return RoundSecrets(self.home / "rounds").load(self.made.id)

    def said(self, kind: Kind) -> list[Record]:
        """The gate's records of a kind in the log, in their order, repeated ones included."""
        found = (records.peek(entry.value) for entry in self.log.read(topics.ROUNDS))
        return [record for record in found if record.kind is kind and record.author == "gate"]

    def round(self) -> Round:
        return RoundsReader(self.log, self.made.book).refresh().rounds[self.made.id]

    def batch(self) -> tuple[Record, Batch]:
        """The one batch."""
        (record,) = {said.jws: said for said in self.said(Kind.BATCH)}.values()
        entries = [entry.value for entry in self.log.read(topics.batches(self.made.id))]
        return record, decode(unpack(record.body["bundle"], entries), self.made.composed)

    def alarms(self) -> Counter[str]:
        """Alarms of the gate that was started last."""
        found: Counter[str] = Counter()
        for metric in self.metrics.registry.collect():
            for sample in metric.samples:
                if sample.name == "klankbord_gate_alarms":
                    found[sample.labels["reason"]] = int(sample.value)
        return +found


def agreed(made: MadeRound, home: Path, log: Log | None = None) -> House:
    """The house of a gate that has offered and accepted, as the log shows it."""
    journal = Journal(home / "journal")
    author = Author("gate", made.identities["gate"], journal, made.log)
    drafted = made.of.record(Kind.DRAFT)
    assert drafted is not None
    author.say(made.id, Kind.OFFER, {"draft": drafted.digest, "key": b64(made.gate_key.public)})
    author.say(made.id, Kind.ACCEPT, {"manifest": made.manifest.fingerprint})
    journal.close()
    key = SealingKey(made.gate_key.to_bytes(), made.manifest.draft.erase_at)
    RoundSecrets(home / "rounds").create(made.id, key.to_bytes())
    return House(made, home, log or made.log)


def copied(log: Log, *names: str) -> MemoryLog:
    """Another log with the same topics of one partition, record by record."""
    other = MemoryLog()
    for topic in names:
        other.create(topic)
        for entry in log.read(topic):
            other.append(topic, entry.value)
    return other


def everything(made: MadeRound) -> tuple[str, ...]:
    return (topics.ROUNDS, topics.nodes(made.id), topics.envelopes(made.id), topics.batches(made.id))
