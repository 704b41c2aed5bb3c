"""The log in which the services meet: five verbs, and what each of them promises.

A topic is one or more partitions, each a list of records that only grows. Nothing else is stored with a record: no
time of arrival, no key, no header. Who sees a log sees its order; nobody may need it for anything but `rounds`.

What is durable can still be taken away from outside: an older copy of the whole log can be put in its place. Then `end`
goes back, and reading gives what is there now. Nothing here hides or repairs that; the journals of the services notice.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

MAX_RECORD = 512 * 1024
"""Bytes. Kafka refuses more than 1 MB unless told otherwise; with half of that nobody has to tell it."""

MAX_PARTITIONS = 1000
"""Far more than a round needs, and few enough for one query over all of them in SQLite."""

MAX_TOPIC = 200
"""Characters. Kafka takes 249, a file's name 255 bytes, and the files of a topic add a few of their own."""

_TOPIC = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)?")

End = tuple[int, ...]
"""For each partition in the order of their numbers the offset that its next record will get."""


class Entry(NamedTuple):
    """A record as it is read. `partition` counts from 0, `offset` from 0 within the partition."""

    partition: int
    offset: int
    value: bytes

    def __repr__(self) -> str:
        """Leave the value out: what is printed ends up in somebody's log."""
        return f"Entry(partition={self.partition}, offset={self.offset}, {len(self.value)} bytes)"


class LogError(Exception):
    """Something that the log could not do."""


class NoSuchTopic(LogError):
    """The topic of this name was never created, or it was deleted."""

    def __str__(self) -> str:
        return f"{super().__str__()}: there is no such topic"


class RecordTooLarge(LogError):
    """A record has more than MAX_RECORD bytes. None of the call's records was appended."""


class LogUnavailable(LogError):
    """The log did not do it now (full disk, locked file, broker away): try again later.

    After an append this means "not acknowledged": none, some or all of the records may be in the log.
    """


class LogForbidden(LogUnavailable):
    """The log refuses who asks: a user, a password or a right is missing. It may be given at any time.

    Until then trying again does not help, and somebody has to know.
    """


class LogDamaged(LogError):
    """What is there is not what this log wrote: corrupt, foreign, or with another number of partitions than before.

    Trying again does not help; somebody has to look.
    """


class Log(Protocol):
    """An append-only log that several threads and processes use at once.

    All verbs raise ValueError for a topic that `check_topic` refuses, and LogUnavailable or LogDamaged as said there.
    A topic that one process has created or deleted is there, or gone, for all others when the call returns.
    """

    def append(self, topic: str, *records: bytes) -> None:
        """Append records of at most MAX_RECORD bytes; return when they are durable, not before.

        The log chooses the partition of each record. Records of one call that share a partition keep their order;
        others may come between. After an error some may be there and some not. Raises NoSuchTopic, RecordTooLarge.

        Without records it is asked whether appending would work now, as far as the log can tell without doing it.
        """

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        """Read from `start` (default: the beginning) up to but without `stop`, at most to the end at the call.

        Partitions come one after the other in the order of their numbers, each with ascending offsets. Only a few
        records are in memory at a time. A `start` beyond the end gives nothing: who remembers a position compares it
        with `end`, to notice a log that was put back. The iterator belongs to one thread.

        The call raises NoSuchTopic, and LogDamaged if `start` or `stop` has another number of partitions. The
        iterator raises NoSuchTopic when it finds the topic deleted, LogUnavailable when it finds it replaced; it may
        first give what it had already fetched.
        """

    def end(self, topic: str) -> End:
        """The offset after the last record of each partition: (0,) for a new topic of one. Raises NoSuchTopic."""

    def create(self, topic: str, partitions: int = 1) -> None:
        """Make an empty topic with 1 to MAX_PARTITIONS partitions; one that exists stays exactly as it is."""

    def delete(self, topic: str) -> None:
        """Remove a topic with all its records for good; one that does not exist is fine."""

    def close(self) -> None:
        """Let go of files and connections. Nothing is lost without it: what was acknowledged is durable."""


def check_topic(topic: str) -> None:
    """Refuse with ValueError what is not a name such as `rounds` or `envelopes.<round>`: names become file names."""
    if len(topic) > MAX_TOPIC or not _TOPIC.fullmatch(topic):
        raise ValueError(f"not the name of a topic: {topic[:MAX_TOPIC]!r}")


def check_partitions(partitions: int) -> None:
    """Refuse with ValueError a number of partitions that no log takes."""
    if not 1 <= partitions <= MAX_PARTITIONS:
        raise ValueError(f"a topic has 1 to {MAX_PARTITIONS} partitions, not {partitions}")


def check_records(records: Sequence[bytes]) -> None:
    """Raise RecordTooLarge if any is, so that a log can refuse a call as a whole before it begins."""
    longest = max(map(len, records), default=0)
    if longest > MAX_RECORD:
        raise RecordTooLarge(f"a record of {longest} bytes; {MAX_RECORD} are allowed")


def span(start: End | None, stop: End | None, end: End) -> list[range]:
    """The offsets that a read covers, one range per partition, given the end at its beginning."""
    for position in (start, stop):
        if position is not None and len(position) != len(end):
            raise LogDamaged(f"the topic has {len(end)} partitions, not {len(position)} as it had before")
    first = start or (0,) * len(end)
    last = end if stop is None else tuple(map(min, stop, end))
    return [range(*each) for each in zip(first, last, strict=True)]
