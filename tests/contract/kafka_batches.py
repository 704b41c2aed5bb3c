"""Batches of records as somebody makes them who may write to a topic and means no good."""

import struct
from collections.abc import Sequence

from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.util import calc_crc32c

HEAD = 61
"""Bytes of a batch before its records."""

ODD = {
    # No text is named by its name.
    "a header": bytes.fromhex("00 00 00 01 0c") + b"record" + bytes.fromhex("02 02 ff 02") + b"v",
    # One byte; who takes it for a number of several bytes loses his place.
    "attributes": bytes.fromhex("80 00 00 01 0c") + b"record" + b"\0",
    # It claims the offset before that of its batch,
    "from the past": bytes.fromhex("00 00 01 01 0c") + b"record" + b"\0",
    # or one that is five ahead.
    "from the future": bytes.fromhex("00 00 0a 01 0c") + b"record" + b"\0",
    # With bits beyond the 32 that brokers look at.
    "a long length": bytes.fromhex("00 00 00 01 8c 80 80 80 70") + b"record" + b"\0",
}
"""Records with the value `record` that brokers take, from what follows their length on: attributes, time, offset, no
key, the value, headers.
"""


def batch(*values: bytes | None, start: int = 0, compression: int = 0) -> bytes:
    """An honest one, from an offset on."""
    builder = DefaultRecordBatchBuilder(2, compression, False, -1, -1, -1, 2**24)
    for number, value in enumerate(values):
        builder.append(number, 0, None, value, [])
    made = bytearray(builder.build())
    made[:8] = start.to_bytes(8)
    return bytes(made)


def altered(made: bytes, at: int, new: bytes) -> bytes:
    """Other bytes in a place, and a checksum that fits."""
    body = bytearray(made)
    body[at : at + len(new)] = new
    return signed(bytes(body))


def of_records(*records: bytes) -> bytes:
    """A batch of records that are given from their attributes on, each with fewer than 64 bytes."""
    return crafted(batch(*[b""] * len(records)), [bytes([2 * len(record)]) + record for record in records])


def crafted(like: bytes, records: Sequence[bytes]) -> bytes:
    body = like[:HEAD] + b"".join(records)
    return signed(body[:8] + struct.pack(">i", len(body) - 12) + body[12:])


def signed(made: bytes) -> bytes:
    return made[:17] + struct.pack(">I", calc_crc32c(made[21:])) + made[21:]
