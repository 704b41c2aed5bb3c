"""Answers become bytes of one length and come back, or are refused without a reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.answers import ClosedAnswer, Invalid, OpenAnswer, TooLong, decode, encode_closed, encode_open
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Reader
from shared.words import clean_text, refused_characters

SCALES = {
    n: AnswerScale(f"o{n}", AnswerKind.AGREE, {"nl": tuple(map(str, range(n))), "en": tuple(map(str, range(n)))})
    for n in (2, 7)
}
CLOSED = Part(
    "scores",
    PartKind.CLOSED,
    5,
    8,
    (Reader.EVERYONE,),
    tuple(Question(f"q{i}", {"nl": f"v{i}", "en": f"q{i}"}, SCALES[n]) for i, n in enumerate((7, 2, 7))),
)
OPEN = Part("keep", PartKind.OPEN, 10, 64, (Reader.HR,), (Question("keep", {"nl": "v", "en": "q"}),))


def test_a_choice_is_one_byte_and_zero_is_no_answer() -> None:
    assert encode_closed(CLOSED, {"q0": 6, "q2": 0, "q1": None}) == bytes((7, 0, 1, 0, 0, 0, 0, 0))


def test_words_are_utf_8_padded_with_zeros() -> None:
    assert encode_open(OPEN, "één\nregel") == "één\nregel".encode().ljust(64, b"\0")


def test_no_answer_is_nothing_but_zeros() -> None:
    assert encode_closed(CLOSED, {}) == bytes(8)
    assert encode_open(OPEN, "") == bytes(64)
    assert decode(CLOSED, bytes(8)) == ClosedAnswer(bytes(3))
    assert decode(OPEN, bytes(64)) == OpenAnswer("")


@given(st.tuples(*(st.one_of(st.none(), st.integers(0, n - 1)) for n in (7, 2, 7))))
def test_choices_come_back(options: tuple[int | None, ...]) -> None:
    plaintext = encode_closed(CLOSED, {f"q{i}": option for i, option in enumerate(options)})
    answer = decode(CLOSED, plaintext)
    assert isinstance(answer, ClosedAnswer)
    assert answer.options == options
    assert len(plaintext) == CLOSED.size


@given(st.text(max_size=100))
def test_cleaned_words_come_back_or_are_refused_for_length_or_characters(typed: str) -> None:
    text = clean_text(typed)
    if refused_characters(text):
        with pytest.raises(Invalid):
            encode_open(OPEN, text)
    elif len(text.encode()) > OPEN.size:
        with pytest.raises(TooLong) as refusal:
            encode_open(OPEN, text)
        assert refusal.value.over == len(text.encode()) - OPEN.size
    else:
        assert decode(OPEN, encode_open(OPEN, text)) == OpenAnswer(text)


def test_words_may_fill_the_part_to_the_last_byte() -> None:
    assert decode(OPEN, encode_open(OPEN, "x" * 64)) == OpenAnswer("x" * 64)
    with pytest.raises(TooLong) as refusal:
        encode_open(OPEN, "é" * 33)
    assert refusal.value.over == 2


@pytest.mark.parametrize(
    "options", [{"q9": 1}, {"q0": 7}, {"q1": 2}, {"q0": -1}, {"q0": True}, {"q0": "1"}, {"q0": 1.0}]
)
def test_choices_that_are_not_on_offer_are_not_encoded(options: dict[str, int | None]) -> None:
    with pytest.raises(Invalid):
        encode_closed(CLOSED, options)


@pytest.mark.parametrize("text", ["a\0b", "a\rb", "a\tb", "a\u202eb", "cafe\u0301", "a\ud800", "\x1b[2J"])
def test_words_with_refused_characters_are_neither_encoded_nor_decoded(text: str) -> None:
    with pytest.raises(Invalid):
        encode_open(OPEN, text)
    with pytest.raises(Invalid):
        decode(OPEN, text.encode("utf-8", "surrogatepass").ljust(64, b"\0"))


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        bytes(7),
        bytes(9),
        bytes((8, 0, 0, 0, 0, 0, 0, 0)),
        bytes((0, 3, 0, 0, 0, 0, 0, 0)),
        bytes((255, 1, 1, 0, 0, 0, 0, 0)),
        bytes((1, 1, 1, 1, 0, 0, 0, 0)),
        bytes((1, 1, 1, 0, 0, 0, 0, 1)),
    ],
)
def test_irregular_choices_are_invalid(plaintext: bytes) -> None:
    with pytest.raises(Invalid):
        decode(CLOSED, plaintext)


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"\xc0\xaf", b"\xe2\x82", b"\xf4\x90\x80\x80", b"\xed\xa0\x80", b"\0a", b"a\0\0b", b"x" * 65, b"x" * 63],
)
def test_irregular_words_are_invalid(body: bytes) -> None:
    plaintext = body if len(body) in (63, 65) else body.ljust(64, b"\0")
    with pytest.raises(Invalid):
        decode(OPEN, plaintext)


@given(st.sampled_from((CLOSED, OPEN)), st.binary(max_size=70))
def test_whatever_bytes_come_there_is_an_answer_or_one_kind_of_error(part: Part, plaintext: bytes) -> None:
    for attempt in (plaintext, plaintext.ljust(part.size, b"\0")[: part.size]):
        try:
            answer = decode(part, attempt)
        except Invalid as error:
            assert error.args == ()
            continue
        assert len(attempt) == part.size
        if isinstance(answer, OpenAnswer):
            assert encode_open(part, answer.text) == attempt
        else:
            assert answer.choices.ljust(part.size, b"\0") == attempt


def test_a_part_without_padding_works_too() -> None:
    exact = replace(CLOSED, size=3)
    assert decode(exact, encode_closed(exact, {"q1": 1})) == ClosedAnswer(bytes((0, 2, 0)))
