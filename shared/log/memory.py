"""The log's twin in memory: the whole contract within one process, for tests and nothing else.

It spreads records over partitions at random, as the others do, so that no test comes to rely on an order.
"""

import secrets
import threading
from collections.abc import Iterator

from shared.log import port
from shared.log.port import End, Entry, LogUnavailable, NoSuchTopic

_Partitions = tuple[list[bytes], ...]


class MemoryLog:
    """Implements `shared.log.port.Log`; durable means: as long as this object lives."""

    def __init__(self) -> None:
        self._topics: dict[str, _Partitions] = {}
        self._lock = threading.Lock()

    def append(self, topic: str, *records: bytes) -> None:
        port.check_topic(topic)
        port.check_records(records)
        with self._lock:
            partitions = self._find(topic)
            for record in records:
                secrets.choice(partitions).append(bytes(record))

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        port.check_topic(topic)
        with self._lock:
            partitions = self._find(topic)
            spans = port.span(start, stop, tuple(map(len, partitions)))
        return self._entries(topic, partitions, spans)

    def _entries(self, topic: str, partitions: _Partitions, spans: list[range]) -> Iterator[Entry]:
        for number, offsets in enumerate(spans):
            for offset in offsets:
                if self._find(topic) is not partitions:
                    raise LogUnavailable(f"{topic} was replaced while it was read")
                yield Entry(number, offset, partitions[number][offset])

    def end(self, topic: str) -> End:
        port.check_topic(topic)
        with self._lock:
            return tuple(map(len, self._find(topic)))

    def create(self, topic: str, partitions: int = 1) -> None:
        port.check_topic(topic)
        port.check_partitions(partitions)
        with self._lock:
            self._topics.setdefault(topic, tuple([] for _ in range(partitions)))

    def delete(self, topic: str) -> None:
        port.check_topic(topic)
        with self._lock:
            self._topics.pop(topic, None)

    def close(self) -> None:
        pass

    def _find(self, topic: str) -> _Partitions:
        try:
            return self._topics[topic]
        except KeyError:
            raise NoSuchTopic(topic) from None
