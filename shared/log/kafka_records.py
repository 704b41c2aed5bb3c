"""Records as Kafka keeps them (its documentation, "Record Batch", magic 2): the bytes of a page, and the values in it.

    batch  = i64 first offset | i32 length of what follows | i32 | i8 magic = 2 | u32 CRC-32C of all that follows
             i16 attributes | i32 last offset - first | i64 | i64 | i64 | i16 | i32 | i32 number of records | records
    record = length | i8 attributes | varint | offset - first | length, key | length, value | headers

Whoever may write to a topic chooses the bytes of a record, and brokers look at few of them: the name of a header need
not be UTF-8, the attributes may be anything, and a record may claim any offset for itself. A reader who stumbles over
one, as kafka-python's does, never reads that topic again; one who believes it sees another log at each look. So nothing
but the value is looked at here, and a record's offset is its place. What no broker takes is refused all the same, for
not every broker is an honest one: a number without end would take minutes to read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from kafka.record.util import calc_crc32c

_HEAD = struct.Struct(">qiibIhiqqqhii")
_AFTER_LENGTH = 12
"""Bytes before what the length counts."""
_CHECKED = 21
"""Where begins what the checksum covers."""
_COMPRESSED = 0x07
_CONTROL = 0x20
_MAGIC_AT = 16
"""In batches of every format."""
_LONGEST = 5
"""Bytes of a number of 32 bits."""
_LONGEST_TIME = 10
"""Bytes of one of 64 bits."""


class BadRecords(ValueError):
    """These are no records as our topics have them: torn, altered, compressed, or of an old format."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Values from offset `start` on, one after the other; what stands after the batch has offset `stop`."""

    start: int
    values: list[bytes] = field(repr=False)
    stop: int


def batches(page: bytes) -> Iterator[Batch]:
    """The batches of a page, the last of which may be cut off; BadRecords. A record without a value is empty."""
    at = 0
    while len(page) - at > _MAGIC_AT:
        if page[at + _MAGIC_AT] != 2:
            raise BadRecords("of another format")
        if len(page) - at < _HEAD.size:
            return
        first, length, _, _, checksum, attributes, last, _, _, _, _, _, count = _HEAD.unpack_from(page, at)
        if length < _HEAD.size - _AFTER_LENGTH or last < 0:
            raise BadRecords("no batch")
        end = at + _AFTER_LENGTH + length
        if end > len(page):
            return
        if calc_crc32c(memoryview(page)[at + _CHECKED : end]) != checksum:
            raise BadRecords("altered")
        if attributes & _CONTROL:  # Of brokers, which take none from anybody else.
            yield Batch(first, [], first + last + 1)
        elif attributes & _COMPRESSED or last + 1 != count:
            raise BadRecords("compressed, or not all there any more")
        else:
            yield Batch(first, list(_values(page, at + _HEAD.size, end, count)), first + count)
        at = end


def _values(page: bytes, at: int, end: int, count: int) -> Iterator[bytes]:
    try:
        for _ in range(count):
            length, at = _number(page, at)
            next_one = at + length
            at = _after(page, at + 1, _LONGEST_TIME)
            at = _after(page, at)  # An offset.
            key, at = _number(page, at)
            value, at = _number(page, at + max(0, key))
            value = max(0, value)
            if not at + value <= next_one <= end:
                raise BadRecords("a record ends within itself")
            yield page[at : at + value]
            at = next_one
    except IndexError:
        raise BadRecords("a record ends within itself") from None


def _number(page: bytes, at: int) -> tuple[int, int]:
    """A zigzag number of 32 bits, of which a broker ignores what is beyond them, and where it ends."""
    end = _after(page, at)
    raw = 0
    for byte in reversed(page[at:end]):
        raw = raw << 7 | byte & 0x7F
    raw &= 0xFFFFFFFF
    return (raw >> 1) ^ -(raw & 1), end


def _after(page: bytes, at: int, longest: int = _LONGEST) -> int:
    end = at + longest
    while page[at] & 0x80:
        at += 1
        if at == end:
            raise BadRecords("a number has no end")
    return at + 1
