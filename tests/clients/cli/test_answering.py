"""From what was chosen or typed to what is sealed: numbers as people see them, words as they may be sent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.cli import answering
from clients.cli.answering import Answer
from clients.cli.outcomes import BadInput
from shared import answers, questionnaire
from shared.answers import ClosedAnswer, OpenAnswer
from shared.questionnaire import AnswerKind, AnswerScale, Question
from tests.rounds_made import questionnaire_body

ASKED = questionnaire.load(questionnaire_body())
CLOSED, WORDS = ASKED.parts
AGREE = CLOSED.questions[0]
TEN = {language: tuple(f"{number} {language}" for number in range(11)) for language in ("nl", "en")}
RECOMMEND = Question("again", {"nl": "x", "en": "x"}, AnswerScale("rec", AnswerKind.RECOMMEND, TEN))


@given(
    chosen=st.fixed_dictionaries({f"q{number}": st.none() | st.integers(0, 4) for number in range(3)}),
    words=st.none() | st.text(st.characters(codec="ascii", categories=["L"]), max_size=100),
)
def test_what_was_chosen_and_written_is_what_is_opened(chosen: dict[str, int | None], words: str | None) -> None:
    given_: dict[str, Answer] = {**chosen, "keep": words}
    first, second = answering.plaintexts(ASKED, given_)
    choices = [0 if (option := chosen[f"q{number}"]) is None else option + 1 for number in range(3)]
    assert answers.decode(CLOSED, first) == ClosedAnswer(bytes(choices))
    assert answers.decode(WORDS, second) == OpenAnswer(words or "")


def test_every_part_has_a_plaintext_even_if_nothing_was_answered() -> None:
    assert answering.plaintexts(ASKED, {}) == (bytes(16), bytes(256))


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [(1, 0), ("1", 0), (" 5 ", 4), ("nl 3", 2), ("EN 3", 2), (None, None), ("", None)],
)
def test_options_are_numbered_from_one_and_can_be_named_in_words(typed: object, chosen: int | None) -> None:
    assert answering.option(AGREE, typed) == chosen


@pytest.mark.parametrize("typed", [0, 6, -1, "0", "6", "x", True, 1.0, [1], "²", "١", "1 2"])
def test_any_other_option_is_refused(typed: object) -> None:
    with pytest.raises(BadInput) as raised:
        answering.option(AGREE, typed)
    assert raised.value.values == {"question": "q0", "first": 1, "last": 5}


@pytest.mark.parametrize(("typed", "chosen"), [(0, 0), ("10", 10), ("3 nl", 3)])
def test_recommendations_are_numbered_from_zero(typed: object, chosen: int) -> None:
    assert answering.option(RECOMMEND, typed) == chosen


def test_a_number_means_the_number_and_not_a_label_that_looks_like_one() -> None:
    """Labels 0 to 10 as words: "1" is option 1 of a recommendation whatever the labels say."""
    labels = {language: tuple(str(10 - number) for number in range(11)) for language in ("nl", "en")}
    odd = replace(RECOMMEND, answers=AnswerScale("rec", AnswerKind.RECOMMEND, labels))
    assert answering.option(odd, "1") == 1
    with pytest.raises(BadInput):
        answering.option(RECOMMEND, 11)


def test_words_are_cleaned_before_they_are_sealed() -> None:
    assert answering.text(WORDS, "  een\r\ntwee\tdrie e\u0301 \n") == "een\ntwee drie \u00e9"
    assert answering.text(WORDS, None) == ""


@pytest.mark.parametrize("typed", [1, True, ["x"]])
def test_what_is_no_text_is_refused(typed: object) -> None:
    with pytest.raises(BadInput) as raised:
        answering.text(WORDS, typed)
    assert raised.value.text == "no-text"


def test_a_text_that_is_too_long_is_told_by_how_much() -> None:
    assert answering.text(WORDS, "x" * 256) == "x" * 256
    with pytest.raises(BadInput) as raised:
        answering.text(WORDS, "x" * 300)
    assert raised.value.values["over"] == 44


def test_characters_that_cannot_be_sent_are_named_by_their_numbers() -> None:
    with pytest.raises(BadInput) as raised:
        answering.text(WORDS, "a\u202eb\x00")
    assert raised.value.values["characters"] == "U+202E, U+0000"


def test_a_file_of_answers_is_checked_as_a_whole() -> None:
    assert answering.from_file(ASKED, {"q0": 5, "q2": "nl 1", "keep": "Alles "}) == {"q0": 4, "q2": 0, "keep": "Alles"}
    bodies: tuple[object, ...] = (None, [], "q0: 1", 7)
    for body in bodies:
        with pytest.raises(BadInput) as raised:
            answering.from_file(ASKED, body)
        assert raised.value.text == "answers-shape"
    with pytest.raises(BadInput) as raised:
        answering.from_file(ASKED, {"q0": 1, "q9": 1, 3: 1})
    assert raised.value.values["questions"] == "3, q9"


def test_open_answers_are_found_with_their_questions() -> None:
    given_: dict[str, Answer] = {"q0": 1, "keep": "Alles"}
    assert [(question.id, text) for question, text in answering.texts_of(ASKED, given_)] == [("keep", "Alles")]
    assert answering.texts_of(ASKED, {"keep": ""}) == []
