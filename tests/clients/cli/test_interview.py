"""One question at a time: what is typed is kept in memory, can be gone back to, and is only sent when it is whole."""

import io
from random import Random
from typing import Any

import pytest

from clients.cli.console import Console
from clients.cli.edge import Edge
from clients.cli.interview import Interview, Stopped, answered
from clients.cli.outcomes import BadInput
from shared import questionnaire
from shared.questionnaire import Questionnaire
from tests.rounds_made import questionnaire_body

ASKED = questionnaire.load(questionnaire_body())


class Keyboard(io.StringIO):
    """Typed lines; "^C" is Ctrl-C."""

    # Typeshed lets a text file be an IOBase although that reads bytes, and looks at it again in each subclass.
    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        line = super().readline(size)
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


def ask(
    *lines: str, names: tuple[str, ...] = (), language: str = "en", asked: Questionnaire = ASKED
) -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    edge = Edge(
        environ={},
        stdin=Keyboard("".join(f"{line}\n" for line in lines)),
        stdout=out,
        stderr=io.StringIO(),
        secret=lambda _: "",
        connect=lambda _: pytest.fail("an interview asks no service"),
        now=lambda: 0.0,
        sleep=lambda _: None,
        random=Random(1),
    )
    return Interview(Console(edge, language), asked, names).run(), out.getvalue()


def test_every_question_is_asked_with_its_options_in_words() -> None:
    given, out = ask("1", "2", "", "The lunch", "and the talks", "")
    assert given == {"q0": 0, "q1": 1, "q2": None, "keep": "The lunch\nand the talks"}
    assert answered(given) == 3
    for number in range(1, 5):
        assert f"Question {number} of 4" in out
    assert "Vraag 1 in English" in out
    assert "  3  en 3" in out
    assert "Write so that it tells what, not who." in out


def test_it_speaks_dutch() -> None:
    _, out = ask("", "", "", "", language="nl")
    assert "Vraag 2 van 4" in out
    assert "  3  nl 3" in out
    assert "Schrijf zo dat je leest wat, en niet wie." in out


def test_back_goes_back_and_enter_keeps_what_was_chosen() -> None:
    given, out = ask("1", "2", "<", "<", "", "3", "", "")
    assert given == {"q0": 0, "q1": 2, "q2": None, "keep": ""}
    assert "Enter = keep 1" in out


def test_back_at_the_first_question_stays_there() -> None:
    given, _ = ask("<", "5", "", "", "")
    assert given["q0"] == 4


def test_a_dash_takes_an_answer_away() -> None:
    given, _ = ask("1", "<", "-", "", "", "")
    assert given == {"q0": None, "q1": None, "q2": None, "keep": ""}


WORDS = [{"id": name, "text": {"nl": name, "en": f"{name} in English"}} for name in ("first", "second")]
TWO_OPEN = questionnaire_body()
TWO_OPEN["parts"] = [TWO_OPEN["parts"][1] | {"id": one["id"], "questions": [one]} for one in WORDS]
TWO_OPEN |= {"answer_scales": {}, "scales": {}}


@pytest.mark.parametrize(("typed", "kept"), [([""], "some words"), (["-"], ""), (["other words", ""], "other words")])
def test_words_are_still_there_when_one_goes_back(typed: list[str], kept: str) -> None:
    given, out = ask("some words", "", "<", *typed, "", asked=questionnaire.load(TWO_OPEN))
    assert given == {"first": kept, "second": ""}
    assert "So far: some words" in out


def test_an_option_that_is_not_there_is_asked_for_again() -> None:
    given, out = ask("9", "x", "2", "", "", "")
    assert given["q0"] == 1
    assert out.count("This question: choose a number from 1 to 5.") == 2


def test_a_text_that_cannot_be_sent_is_kept_and_asked_for_again() -> None:
    given, out = ask("", "", "", "x" * 300, "", "shorter", "")
    assert given["keep"] == "shorter"
    assert "take away about 44 characters" in out
    assert "x" * 300 in out, "what was typed is still there to copy from"


def test_a_hint_lets_one_write_it_again() -> None:
    given, out = ask("", "", "", "Ann is right", "", "n", "she is right", "", names=("Ann Smit",))
    assert given["keep"] == "she is right"
    assert "the name of a colleague: Ann" in out
    assert "So far: Ann is right" in out


def test_a_hint_can_be_overruled() -> None:
    given, _ = ask("", "", "", "mail a@b.example", "", "")
    assert given["keep"] == "mail a@b.example"


def test_ctrl_c_asks_first_and_loses_nothing_if_one_goes_on() -> None:
    given, out = ask("1", "^C", "n", "2", "", "")
    assert given == {"q0": 0, "q1": 1, "q2": None, "keep": ""}
    assert "Stop?" in out
    with pytest.raises(Stopped):
        ask("1", "^C", "y")


def test_the_end_of_input_is_no_answer() -> None:
    with pytest.raises(BadInput) as raised:
        ask("1", "2")
    assert raised.value.text == "no-more-input"
