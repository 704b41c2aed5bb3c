"""Whatever stands beside the values of a batch, they are read, each in its place; what is no batch is named so."""

import struct
import time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.protocol.consumer import FetchResponse

from shared.log.kafka_records import BadRecords, Batch, batches
from shared.log.kafka_topic import Topic, fetched
from shared.log.port import Entry, LogDamaged
from tests.contract import kafka_batches
from tests.contract.kafka_batches import altered, batch, crafted, of_records

VALUES = st.lists(st.binary(max_size=300), min_size=1, max_size=20)


@given(st.lists(VALUES, max_size=5), st.integers(0, 2**40))
def test_the_values_of_each_batch_are_read_in_their_places(lots: list[list[bytes]], first: int) -> None:
    page, wanted = b"", []
    for values in lots:
        page += batch(*values, start=first)
        wanted.append(Batch(first, values, first + len(values)))
        first += len(values)
    assert list(batches(page)) == wanted


@given(VALUES, st.data())
def test_a_batch_that_is_cut_off_is_left_for_the_next_page(values: list[bytes], data: st.DataObject) -> None:
    whole = batch(b"first")
    cut = batch(*values, start=1)[: data.draw(st.integers(0, len(batch(*values)) - 1))]
    assert list(batches(whole + cut)) == [Batch(0, [b"first"], 1)]


def test_a_record_without_a_value_is_empty() -> None:
    assert list(batches(batch(b"x", None))) == [Batch(0, [b"x", b""], 2)]


@pytest.mark.parametrize("record", kafka_batches.ODD.values(), ids=kafka_batches.ODD)
def test_nothing_but_the_value_of_a_record_is_looked_at(record: bytes) -> None:
    assert list(batches(of_records(record, record))) == [Batch(0, [b"record"] * 2, 2)]


def test_what_a_broker_says_for_itself_is_no_record_and_takes_its_place() -> None:
    control = altered(batch(b"commit"), 22, b"\x20")
    assert list(batches(control)) == [Batch(0, [], 1)]


@pytest.mark.parametrize(
    "page",
    [
        altered(batch(b"record"), 16, b"\x01"),
        struct.pack(">qiIbbii", 0, 14, 0, 1, 0, -1, -1),
        batch(b"record" * 100, compression=1),
        altered(batch(b"record"), 26, b"\x05"),
        altered(batch(b"record"), 60, b"\x02"),
        altered(altered(batch(b"record"), 57, b"\xff" * 4), 23, (-2).to_bytes(4, signed=True)),
        altered(altered(batch(b"commit"), 22, b"\x20"), 23, b"\xff" * 4),
        batch(b"record")[:-2] + b"X\0",
        b"\0" * 61,
        of_records(kafka_batches.ODD["from the past"][:7]),
    ],
    ids=[
        "old format",
        "old and short",
        "compressed",
        "fewer than said",
        "more than said",
        "fewer than none",
        "backwards",
        "altered",
        "zeros",
        "cut off",
    ],
)
def test_what_is_not_as_our_topics_have_it_is_named_so(page: bytes) -> None:
    with pytest.raises(BadRecords):
        list(batches(page))


@pytest.mark.parametrize("codec", range(1, 8))
def test_whatever_it_is_compressed_with_it_is_refused(codec: int) -> None:
    with pytest.raises(BadRecords, match=r"^compressed"):
        list(batches(altered(batch(b"record"), 21, codec.to_bytes(2))))


@pytest.mark.parametrize("before", [b"", b"\x02\0", b"\x02\0\0", b"\x02\0\0\0", b"\x02\0\0\0\x01"])
def test_a_number_without_end_is_refused_before_it_is_read(before: bytes) -> None:
    """Whichever it is: a length, a time, an offset, that of a key or of a value. It would take more than a minute."""
    page = crafted(batch(b""), [before + b"\x80" * 1_000_000 + b"\x01"])
    began = time.process_time()
    with pytest.raises(BadRecords, match=r"no end"):
        list(batches(page))
    assert time.process_time() - began < 1


def page_of(records: bytes, offset: int) -> tuple[list[Entry], int]:
    """What a reader makes of a broker's answer to the question what there is from an offset on."""
    of = FetchResponse.FetchableTopicResponse
    part = of.PartitionData(partition_index=0, error_code=0, high_watermark=9, records=records)
    answer = FetchResponse(error_code=0, responses=[of(topic="rounds", partitions=[part])])
    one = frozenset({1})
    return fetched(Topic("rounds", UUID(int=1), (1,), (1,), (one,), one), 0, offset, answer)


def test_a_batch_that_begins_before_what_was_asked_for_is_given_from_there_on() -> None:
    assert page_of(batch(b"x", b"y", b"z", start=1), 2) == ([Entry(0, 2, b"y"), Entry(0, 3, b"z")], 4)


def test_a_broker_that_answers_with_what_was_there_before_sends_no_reader_back() -> None:
    """He would read the same for ever."""
    assert page_of(batch(b"x", start=1), 5) == ([], 5)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (batch(b"record" * 100, compression=1), "compressed, or not all there any more"),
        (altered(batch(b"record"), 16, b"\x01"), "of another format"),
        (batch(b"record")[:-2] + b"X\0", "altered"),
    ],
)
def test_one_line_says_where_it_is_and_what_is_wrong_with_it(wrong: bytes, reason: str) -> None:
    with pytest.raises(LogDamaged, match=rf"^rounds: partition 0 is corrupt at 4 or after it \({reason}\)$"):
        page_of(batch(b"x", b"y", b"z", start=1) + wrong, 2)


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=3), st.integers(1, 4))
def test_no_bytes_of_records_break_anything_but_their_batch(records: list[bytes], count: int) -> None:
    page = altered(of_records(*records), 57, count.to_bytes(4))
    page = altered(page, 23, (count - 1).to_bytes(4))
    try:
        (read,) = batches(page)
    except BadRecords:
        return
    assert read.stop == len(read.values) == count
    assert sum(map(len, read.values)) <= len(page)
