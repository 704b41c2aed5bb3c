"""The items of a release: one spelling for each, and nothing else is taken for one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import dumps
from shared.release_items import (
    NOTHING,
    BadRelease,
    Cell,
    Comment,
    Correlation,
    Counted,
    Numbers,
    Result,
    decode_counted,
    decode_numbers,
    decode_words,
    encode_counted,
    encode_numbers,
    encode_words,
)

_small = st.integers(0, 40)
_name = st.text("abc-1", min_size=1, max_size=6)
_histogram = st.lists(_small, max_size=6).map(tuple)


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    cells = draw(st.lists(st.builds(Cell, _small, _small, _small), max_size=5, unique_by=lambda of: (of.part, of.node)))
    results = draw(
        st.lists(
            st.builds(
                Result, _small, _name, _small, _small, st.dictionaries(_name, _histogram, min_size=1, max_size=3)
            ),
            max_size=5,
            unique_by=lambda of: (of.part, of.unit, of.node),
        )
    )
    correlations = draw(
        st.lists(
            st.builds(Correlation, _small, _name, st.integers(-10, 10)),
            max_size=3,
            unique_by=lambda of: (of.part, of.scale),
        )
    )
    return Numbers(tuple(sorted(cells, key=lambda of: (of.part, of.node))), tuple(results), tuple(correlations))


comments = st.lists(st.builds(Comment, _small, _small, st.text(min_size=1, max_size=9).filter(str.isprintable)))
entries = st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=9).map(sorted)


@given(numbers())
def test_numbers_come_back_as_they_were(of: Numbers) -> None:
    items = list(encode_numbers(of))
    assert decode_numbers(items) == of
    assert list(encode_numbers(decode_numbers(items))) == items


@given(comments)
def test_comments_come_back_in_their_order(found: list[Comment]) -> None:
    ordered = tuple(sorted(found, key=lambda of: (of.part, of.node)))
    assert decode_words(encode_words(ordered)) == ordered


@given(entries, st.integers(0, 9))
def test_counted_entries_come_back_sorted(found: list[bytes], at: int) -> None:
    of = Counted(tuple(found[:at]), tuple(found[at:]))
    items = encode_counted(of)
    assert items == sorted(items)
    assert decode_counted(items) == of


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from(list(encode_numbers(Numbers((Cell(0, 1, 9),), (), ())))))
    )
)
def test_whatever_is_no_release_is_refused_with_one_kind_of_error(items: list[bytes]) -> None:
    readers: Sequence[Callable[[list[bytes]], object]] = (decode_numbers, decode_words, decode_counted)
    for read in readers:
        try:
            read(items)
        except BadRelease:
            continue


CELL, RESULT = Cell(0, 1, 9), Result(0, "q", 1, 9, {"q": (1, 4, 4)})


@pytest.mark.parametrize(
    "items",
    [
        [*encode_numbers(Numbers((CELL, CELL), (), ()))],
        [*encode_numbers(Numbers((CELL, replace(CELL, node=0)), (), ()))],
        [*encode_numbers(Numbers((), (RESULT, RESULT), ()))],
        [*encode_numbers(Numbers((), (RESULT,), ())), *encode_numbers(Numbers((CELL,), (), ()))],
        [*encode_numbers(Numbers((), (), (Correlation(0, "s", 3),) * 2))],
        [dumps({"part": 0, "scale": "s", "r": 11})],
        [dumps({"part": 0, "scale": "s", "r": True})],
        [dumps({"part": True, "node": 1, "n": 9})],
        [dumps({"part": -1, "node": 1, "n": 9})],
        [dumps({"part": 0, "node": 1, "n": 9, "mean": 3})],
        [dumps({"part": 0, "unit": "q", "node": 1, "n": 9, "histograms": {}})],
        [dumps({"part": 0, "unit": "q", "node": 1, "n": 9, "histograms": {"q": [1, -1]}})],
        [dumps({"part": 0, "unit": "q", "node": 1, "n": 9, "histograms": {"q": "123"}})],
        [b'{"n":9,"node":1,"part":0} '],
        [b"[]"],
        [b"null"],
    ],
)
def test_numbers_that_are_malformed_or_out_of_order_are_refused(items: list[bytes]) -> None:
    with pytest.raises(BadRelease):
        decode_numbers(items)


@pytest.mark.parametrize(
    "items",
    [
        [dumps({"part": 0, "node": 1, "text": ""})],
        [dumps({"part": 0, "node": 1, "text": 5})],
        [dumps({"part": 0, "node": 1, "text": "a", "time": 3})],
        [dumps({"part": 1, "node": 1, "text": "a"}), dumps({"part": 0, "node": 1, "text": "a"})],
    ],
)
def test_comments_that_are_malformed_or_out_of_order_are_refused(items: list[bytes]) -> None:
    with pytest.raises(BadRelease):
        decode_words(items)


ENTRY = bytes(16)


@pytest.mark.parametrize(
    "items",
    [
        [b"\2" + ENTRY],
        [b"\1" + ENTRY[1:]],
        [b"\1" + ENTRY] * 2,
        [b"\1" + ENTRY, b"\0" + ENTRY],
        [b"\0" + ENTRY, b"\1" + ENTRY],
    ],
)
def test_a_counted_entry_stands_there_once_and_in_order(items: list[bytes]) -> None:
    with pytest.raises(BadRelease):
        decode_counted(items)


def test_nothing_is_an_empty_bundle() -> None:
    assert list(encode_numbers(NOTHING)) == []
    assert decode_numbers([]) == NOTHING


def test_what_people_wrote_stays_out_of_reprs() -> None:
    assert "secret" not in repr(Comment(0, 1, "secret"))
