"""Lots of any size on a log whose records are small, all or nothing.

A bundle is a sequence of items (byte strings). They are packed in order into chunks; an index lists the chunks'
hashes; a signed record names the index. The record is the commit: chunks that no record names do not exist. Appending
the same chunks again does no harm, so nothing here needs transactions.

    chunk = { u32 length | item } ...        at most CHUNK bytes, no two equal
    index = { SHA-256 of a chunk } ...       at most CHUNK bytes
    reference in a record = {"chunks": number of chunks, "index": [base64url SHA-256 of each index]}

No chunk is named twice, so whoever unpacks a bundle never gets more than what lies in the topic.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from marshmallow import Schema, fields, validate

from shared.canonical import b64, unb64
from shared.schema import Bytes

CHUNK = 400 * 1024
"""Bytes. A record of the log is at most 512 KiB, and Kafka's own headers need a little room."""

_HASHES_PER_INDEX = CHUNK // 32
_LENGTH = struct.Struct(">I")


class BrokenBundle(ValueError):
    """A chunk is missing, or what is there is not what the record names."""


class MissingChunk(BrokenBundle):
    """A chunk is not there, which may be a matter of waiting; everything else about a bundle never mends."""


class ReferenceSchema(Schema):
    """How a signed record names a bundle."""

    chunks = fields.Int(required=True, strict=True, validate=validate.Range(min=0))
    index = fields.List(Bytes(32), required=True, validate=validate.Length(max=9000))


@dataclass(frozen=True, slots=True)
class Bundle:
    """A packed bundle: `records` are appended to the topic before the record that holds `reference`."""

    reference: dict[str, Any]
    records: tuple[bytes, ...] = field(repr=False)


def pack(items: Iterable[bytes]) -> Bundle:
    """Pack items, each chunk as full as can be; the same items give the same bytes.

    A chunk that would equal an earlier one ends an item sooner: only of thousands of equal items is that possible.
    ValueError for an item that no chunk can hold.
    """
    chunks = tuple(_chunks(items))
    hashes = [sha256(chunk).digest() for chunk in chunks]
    indices = tuple(
        b"".join(hashes[start : start + _HASHES_PER_INDEX]) for start in range(0, len(hashes), _HASHES_PER_INDEX)
    )
    reference = {"chunks": len(chunks), "index": [b64(sha256(index).digest()) for index in indices]}
    return Bundle(reference, chunks + indices)


class Pile:
    """A topic's records, whatever lies there, in whatever order, however often."""

    def __init__(self, records: Iterable[bytes]) -> None:
        self._by_hash = {sha256(record).digest(): record for record in records}
        self._unnamed = set(self._by_hash)

    def unpack(self, reference: dict[str, Any]) -> list[bytes]:
        """The items of a bundle; `reference` has passed ReferenceSchema. Raises MissingChunk, BrokenBundle."""
        index = b"".join(self._named([unb64(name) for name in reference["index"]]))
        if len(index) != 32 * reference["chunks"]:
            raise BrokenBundle("the index has another length than the record says")
        chunks = self._named([index[start : start + 32] for start in range(0, len(index), 32)])
        return [item for chunk in chunks for item in _items(chunk)]

    @property
    def unnamed(self) -> int:
        """How many different records are none of the bundles that were asked for so far."""
        return len(self._unnamed)

    def _named(self, hashes: list[bytes]) -> list[bytes]:
        if len(set(hashes)) != len(hashes):
            raise BrokenBundle("a chunk is named twice")
        self._unnamed.difference_update(hashes)
        try:
            return [self._by_hash[name] for name in hashes]
        except KeyError:
            raise MissingChunk("a chunk is missing") from None


def unpack(reference: dict[str, Any], records: Iterable[bytes]) -> list[bytes]:
    """The items of one bundle among a topic's records, as Pile.unpack."""
    return Pile(records).unpack(reference)


def names(reference: dict[str, Any], records: Sequence[bytes]) -> bool:
    """Whether all of the bundle is among `records`."""
    try:
        unpack(reference, records)
    except BrokenBundle:
        return False
    return True


def _chunks(items: Iterable[bytes]) -> Iterator[bytes]:
    made: set[bytes] = set()
    waiting: list[bytes] = []
    size = 0
    for item in items:
        framed = _LENGTH.pack(len(item)) + item
        if len(framed) > CHUNK:
            raise ValueError(f"an item of {len(item)} bytes fits no chunk")
        while size + len(framed) > CHUNK:
            chunk, waiting = _unlike(waiting, made)
            size = sum(map(len, waiting))
            yield chunk
        waiting.append(framed)
        size += len(framed)
    while waiting:
        chunk, waiting = _unlike(waiting, made)
        yield chunk


def _unlike(framed: list[bytes], made: set[bytes]) -> tuple[bytes, list[bytes]]:
    """A chunk of as many items as can be that is not among `made`, and the items that are left over."""
    for end in range(len(framed), 0, -1):
        chunk = b"".join(framed[:end])
        name = sha256(chunk).digest()
        if name not in made:
            made.add(name)
            return chunk, framed[end:]
    raise ValueError("too many equal items")


def _items(chunk: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(chunk):
        if at + _LENGTH.size > len(chunk):
            raise BrokenBundle("a chunk ends within a length")
        (length,) = _LENGTH.unpack_from(chunk, at)
        at += _LENGTH.size
        if at + length > len(chunk):
            raise BrokenBundle("a chunk ends within an item")
        yield chunk[at : at + length]
        at += length
