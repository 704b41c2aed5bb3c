"""The cut: which envelopes a round consists of, in the words of the record (docs/protocol.md, "Cut and batch").

Per partition the end offset, the number of records, and SHA-256 over the records' SHA-256s in the order of offsets.
The number is stated beside the end because the offsets of some logs have gaps.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from shared.canonical import b64
from shared.log.port import End, Entry


class Tape:
    """Takes note of records as they are read, and says what a cut would say of them."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._counts = [0] * len(end)
        self._hashes = [sha256() for _ in end]

    def records(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """The records of a read up to `end`, each noted as it passes."""
        for entry in entries:
            self._counts[entry.partition] += 1
            self._hashes[entry.partition].update(sha256(entry.value).digest())
            yield entry.value

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """The record's member of that name, for what has passed."""
        return [
            {"end": end, "count": count, "sha256": b64(noted.digest())}
            for end, count, noted in zip(self._end, self._counts, self._hashes, strict=True)
        ]


def end_of(partitions: Sequence[Mapping[str, Any]]) -> End:
    """Up to where a cut goes."""
    return tuple(partition["end"] for partition in partitions)


def reaches(end: End, partitions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a topic that ends here can still hold what the cut names."""
    wanted = end_of(partitions)
    return len(end) == len(wanted) and all(has >= wants for has, wants in zip(end, wanted, strict=True))
