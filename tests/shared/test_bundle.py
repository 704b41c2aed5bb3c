from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.bundle import CHUNK, BrokenBundle, MissingChunk, Pile, ReferenceSchema, names, pack, unpack
from shared.canonical import b64
from shared.log.port import MAX_RECORD


def reference_of(*chunks: bytes, index: bytes | None = None) -> tuple[dict[str, Any], list[bytes]]:
    """A reference to these chunks as a dishonest author may write it, and what lies in the topic."""
    hashes = b"".join(sha256(chunk).digest() for chunk in chunks) if index is None else index
    return {"chunks": len(hashes) // 32, "index": [b64(sha256(hashes).digest())]}, [*chunks, hashes]


SIZES = st.lists(st.one_of(st.integers(0, 40), st.integers(0, CHUNK - 4)), max_size=12)


def items_of(sizes: list[int]) -> list[bytes]:
    """Items that differ, the tiny ones apart."""
    return [(place.to_bytes(4) + bytes(size))[:size] for place, size in enumerate(sizes)]


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, foreign=st.lists(st.binary(max_size=60), max_size=4), random=st.randoms(use_true_random=False))
def test_what_was_packed_is_found_whatever_else_lies_in_the_topic(
    sizes: list[int], foreign: list[bytes], random: Random
) -> None:
    items = items_of(sizes)
    packed = pack(items)
    lying = [*packed.records, *packed.records, *foreign]
    random.shuffle(lying)
    assert unpack(packed.reference, lying) == items
    assert names(packed.reference, lying)
    assert all(len(record) <= CHUNK < MAX_RECORD for record in packed.records)
    assert ReferenceSchema().load(packed.reference) == packed.reference
    assert pack(items) == packed


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES.filter(bool), missing=st.integers(0, 100))
def test_a_bundle_is_there_as_a_whole_or_not_at_all(sizes: list[int], missing: int) -> None:
    packed = pack(items_of(sizes))
    there = list(packed.records)
    there.pop(missing % len(there))
    assert not names(packed.reference, there)
    with pytest.raises(MissingChunk):
        unpack(packed.reference, there)


def test_what_no_reference_names_is_told_from_what_one_of_them_names() -> None:
    one, other = pack([b"one", bytes(CHUNK - 4)]), pack([b"other"])
    pile = Pile([b"foreign", *one.records, *other.records, *one.records, b"", b"foreign"])
    assert pile.unpack(one.reference) == [b"one", bytes(CHUNK - 4)]
    assert pile.unnamed == len(other.records) + 2
    assert pile.unpack(other.reference) == [b"other"]
    assert pile.unnamed == 2


def test_nothing_packs_into_nothing() -> None:
    assert pack([]).reference == {"chunks": 0, "index": []}
    assert pack([]).records == ()
    assert unpack(pack([]).reference, []) == []
    assert unpack(pack([b""]).reference, pack([b""]).records) == [b""]


def test_chunks_are_filled_to_the_brim() -> None:
    packed = pack([bytes(CHUNK - 4), b"", bytes(CHUNK - 8), bytes(CHUNK - 9)])
    assert [len(record) for record in packed.records] == [CHUNK, CHUNK, CHUNK - 5, 96]


def test_an_item_that_fits_no_chunk_is_refused() -> None:
    with pytest.raises(ValueError, match="fits no chunk"):
        pack([bytes(CHUNK - 3)])


def test_thousands_of_equal_items_make_chunks_that_differ() -> None:
    item = bytes(1000)
    items = [item] * 1500
    packed = pack(items)
    assert len(set(packed.records)) == len(packed.records)
    assert unpack(packed.reference, packed.records) == items


def test_items_that_cannot_be_told_apart_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="equal"):
        pack([bytes(CHUNK - 4)] * 2)


def test_a_small_record_cannot_name_more_than_lies_in_the_topic() -> None:
    """Else two records of 400 KiB would unpack to five gigabytes at every party that reads them."""
    chunk = pack([b"x"]).records[0]
    with pytest.raises(BrokenBundle, match="twice"):
        unpack(*reference_of(chunk, chunk))
    reference, lying = reference_of(chunk)
    twice = {"chunks": 2, "index": reference["index"] * 2}
    with pytest.raises(BrokenBundle, match="twice"):
        unpack(twice, lying)


@pytest.mark.parametrize(
    "chunk", [b"\0", b"\0\0\0", b"\0\0\0\2a", b"\0\0\0\0\1", b"\xff\xff\xff\xffa"], ids=lambda chunk: chunk.hex()
)
def test_a_chunk_that_ends_too_early_never_mends(chunk: bytes) -> None:
    with pytest.raises(BrokenBundle) as error:
        unpack(*reference_of(chunk))
    assert not isinstance(error.value, MissingChunk)


@pytest.mark.parametrize("chunks", [0, 2])
def test_an_index_of_another_length_than_the_record_says_never_mends(chunks: int) -> None:
    reference, lying = reference_of(pack([b"x"]).records[0])
    with pytest.raises(BrokenBundle) as error:
        unpack(reference | {"chunks": chunks}, lying)
    assert not isinstance(error.value, MissingChunk)


def test_an_index_that_ends_within_a_hash_is_refused() -> None:
    reference, lying = reference_of(index=bytes(33))
    with pytest.raises(BrokenBundle):
        unpack(reference, lying)


@pytest.mark.parametrize(
    "reference",
    [
        {},
        {"chunks": -1, "index": []},
        {"chunks": "1", "index": []},
        {"chunks": 1, "index": ["x"]},
        {"chunks": 0, "index": [], "more": 1},
        {"chunks": 1, "index": [b64(bytes(32))] * 9001},
    ],
    ids=lambda reference: str(reference)[:40],
)
def test_a_reference_of_another_form_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReferenceSchema().load(reference)


def test_more_chunks_than_one_index_holds_take_several() -> None:
    count = CHUNK // 32 + 1
    small = [sha256(number.to_bytes(4)).digest() for number in range(count)]
    first, second = b"".join(small[:-1]), small[-1]
    reference = {"chunks": count, "index": [b64(sha256(first).digest()), b64(sha256(second).digest())]}
    with pytest.raises(MissingChunk):
        unpack(reference, [first, second])
    chunks = [pack([number.to_bytes(4)]).records[0] for number in range(count)]
    index = b"".join(sha256(chunk).digest() for chunk in chunks)
    halves = (index[:CHUNK], index[CHUNK:])
    reference = {"chunks": count, "index": [b64(sha256(half).digest()) for half in halves]}
    assert unpack(reference, [*chunks, *halves]) == [number.to_bytes(4) for number in range(count)]
