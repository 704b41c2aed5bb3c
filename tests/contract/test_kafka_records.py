"""Whatever stands beside the values of a batch, they are read, each in its place; what is no batch is named so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.log.kafka_records import BadRecords, Batch, batches
from tests.contract import kafka_batches
from tests.contract.kafka_batches import altered, batch, of_records

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
        batch(b"record" * 100, compression=1),
        altered(batch(b"record"), 26, b"\x05"),
        altered(batch(b"record"), 60, b"\x02"),
        batch(b"record")[:-2] + b"X\0",
        b"\0" * 61,
        of_records(kafka_batches.ODD["from the past"][:7]),
    ],
    ids=["old format", "compressed", "fewer than said", "more than said", "altered", "zeros", "cut off"],
)
def test_what_is_not_as_our_topics_have_it_is_named_so(page: bytes) -> None:
    with pytest.raises(BadRecords):
        list(batches(page))


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
