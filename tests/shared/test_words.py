"""Which characters words may contain, and when two questions are the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words import clean_text, folded, is_sendable, refused_characters


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  words \n", "words"),
        ("one\r\ntwo\rthree\x85four\u2028five\u2029six", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("a\tb", "a b"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u3000\n", ""),
    ],
)
def test_typed_words_are_cleaned(typed: str, cleaned: str) -> None:
    assert clean_text(typed) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "één café\nEn nog een regel.",
        "👩\u200d💻 \u2764\ufe0f",
        "شكرا",
        "می\u200cخواهم",
        "a\u00a0b",
        "\ue000",
        "",
    ],
)
def test_letters_of_all_scripts_emoji_and_line_breaks_can_be_sent(text: str) -> None:
    assert is_sendable(text)
    assert refused_characters(text) == ()


@pytest.mark.parametrize(
    "char",
    list(
        "\x00\x07\x1b\x7f\x85\r\t\ud800\udfff\u2028\u2029"
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ),
)
def test_controls_surrogates_and_bidi_controls_are_refused(char: str) -> None:
    assert not is_sendable(f"a{char}b")
    assert refused_characters(f"{char}a{char}") == (char,)


def test_refused_characters_are_listed_once_in_order_of_appearance() -> None:
    assert refused_characters("\u202ea\x07b\u202e") == ("\u202e", "\x07")


def test_text_that_is_not_composed_is_not_sendable() -> None:
    assert not is_sendable("cafe\u0301")


@given(st.text())
def test_clean_text_stays_as_it_is_and_can_be_sent_unless_something_in_it_is_refused(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert is_sendable(cleaned) == (not refused_characters(cleaned))


@pytest.mark.parametrize(
    "other",
    [
        "what should we keep",
        "WHAT SHOULD WE KEEP??",
        "What  should\u00a0we — keep?",
        "Ｗhat should we keep?",
        "What should we ﹣keep",
    ],
)
def test_looks_do_not_make_another_question(other: str) -> None:
    assert folded(other) == folded("What should we keep?")


def test_other_words_make_another_question() -> None:
    assert folded("What should we keep?") != folded("What should we change?")
    assert folded("een") != folded("één")
    assert folded("?! …") == ""


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
