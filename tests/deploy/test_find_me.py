"""Find me: what it finds, and what it shows of it."""

import json
from collections.abc import Callable

import pytest

from deploy.trial.doors.find_me import AROUND, SHOWN, Excerpt, Held, TooShort, search
from deploy.trial.holdings import Piece
from shared import canonical
from shared.canonical import b64

NAME = "Zoë van den Berg"


def test_it_says_who_holds_it_where_and_how_often() -> None:
    pieces = [
        Piece("issuer-1", "issuer.db: people", b"\0p17\0" + NAME.encode() + b"\0zoe@kade.example\0"),
        Piece("issuer-1", "issuer.db: people", b"\0p18\0Noor Bakker\0"),
        Piece("log", "nodes.q1", b"two " + NAME.encode()),
        Piece("log", "nodes.q1", b"times " + NAME.encode()),
    ]
    assert search(pieces, f" {NAME} ") == [
        Held("issuer-1", "issuer.db: people", 1, (Excerpt("p17", NAME, "zoe@kade.example"),)),
        Held("log", "nodes.q1", 2, (Excerpt("two", NAME, ""), Excerpt("times", NAME, ""))),
    ]


@pytest.mark.parametrize("hidden", [b64(NAME.encode()).encode(), NAME.encode().hex().encode()])
def test_it_is_found_below_base64_and_hexadecimal(hidden: bytes) -> None:
    assert [held.owner for held in search([Piece("gate", "output", b"x=" + hidden + b";")], NAME)] == ["gate"]


def test_a_letter_with_its_accent_apart_is_the_same_letter() -> None:
    [held] = search([Piece("log", "words.q1", NAME.encode())], "Zoe\u0308 van den Berg")
    assert held.excerpts[0].found == NAME


@pytest.mark.parametrize("record", [canonical.dumps, lambda value: json.dumps(value).encode()])
def test_a_sentence_with_quotation_marks_or_over_two_lines_is_found_in_a_record(
    record: Callable[[object], bytes],
) -> None:
    """As it was typed once more, with the line's end of a browser; else it would look as if it were not there."""
    said = 'Zij zei "één keer",\nen daarna niet meer.'
    [held] = search([Piece("log", "words.q1", record({"text": said}))], said.replace("\n", "\r\n"))
    assert (held.times, held.excerpts[0].found) == (1, said)


def test_what_nobody_can_read_is_a_dot_and_nothing_is_shown_far_around() -> None:
    value = b"far away" + b"\xff" * 3 * AROUND + b"near\0\xfe\x01by " + NAME.encode() + b"\n" + b"x" * 3 * AROUND
    [held] = search([Piece("gate", "file", value)], NAME)
    [excerpt] = held.excerpts
    assert excerpt.before == "near · by"
    assert excerpt.after == "x" * (AROUND - 1)


def test_many_of_them_are_counted_and_few_are_shown() -> None:
    [held] = search([Piece("log", "words.q1", f"{number} {NAME}".encode()) for number in range(20)], NAME)
    assert (held.times, len(held.excerpts)) == (20, SHOWN)


@pytest.mark.parametrize("text", ["", "   ", "abcd", "  abc "])
def test_what_is_too_short_is_refused(text: str) -> None:
    with pytest.raises(TooShort):
        search([], text)
