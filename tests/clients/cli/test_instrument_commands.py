"""`klankbord instruments`: what HR can ask, in her language, without a service, a key or parties.json."""

import io
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NoReturn

import pytest

from clients.cli.__main__ import main
from clients.cli.edge import Edge
from clients.cli.instruments import scored, validated
from services.report import scores
from shared import asking, instruments, questionnaire
from shared.instrument import Instrument
from shared.instruments import shipped
from shared.questionnaire import AnswerKind, PartKind
from tests.clients.cli.suite import Ran
from tests.clients.cli.test_drafting import OURS


def nothing(*_: object) -> NoReturn:
    raise AssertionError("this needs nobody")


def command(*argv: str, typed: str = "", environ: Sequence[tuple[str, str]] = ()) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    edge = Edge(dict(environ), io.StringIO(typed), out, err, nothing, nothing, nothing, nothing, Random(7))
    return Ran(main(("instruments", *argv), edge), out.getvalue(), err.getvalue())


def test_all_are_listed_with_their_titles_and_the_number_of_their_questions() -> None:
    ran = command()
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split(maxsplit=2) for line in ran.out.splitlines() if line.startswith("  ")]
    assert sorted(lines) == sorted([one.id, str(len(one.items)), one.title["en"]] for one in shipped().values())
    assert "Psychologische veiligheid" in command("--lang", "nl").out


def test_one_is_shown_with_everything_that_its_file_says() -> None:
    ran = command("show", "psychological-safety")
    one = shipped()["psychological-safety"]
    assert (ran.code, ran.err) == (0, "")
    for words in (one.title["en"], one.about["en"], one.source, one.licence, "Validated in English, not in Dutch."):
        assert words in ran.out
    assert "\n  safety-1 (R): If you make a mistake on this team, it is often held against you.\n" in ran.out
    assert "\n  safety-2: Members" in ran.out
    assert "Reversed questions (R) count as 8 minus the answer. Favourable is 5 or more of 7." in ran.out
    assert "Somewhat agree / Agree" in ran.out


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("one", shipped().values(), ids=lambda one: one.id)
def test_each_can_be_shown_in_either_language(one: Instrument, language: str) -> None:
    shown = command("show", one.id, "--lang", language).out
    assert all(f"{item.text[language]}\n" in shown for item in one.items)
    assert all(scale["title"][language] in shown for scale in one.scales.values())
    assert shown.count(" (R): ") == sum(item.reverse for item in one.items)


def test_a_file_of_ones_own_is_shown_or_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(OURS)
    assert "\n  ours-1: What now?\n" in command("show", str(file)).out
    file.write_text(OURS.replace("licence: ours", "licence: ''"))
    ran = command("show", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert f"This instrument is not possible: {file}: licence: " in ran.err
    file.write_bytes(b"\xff")
    assert "is not YAML" in command("show", str(file)).err
    assert "cannot be read" in command("show", str(tmp_path / "none.yaml")).err


def test_one_that_is_not_there_is_told_with_those_that_are() -> None:
    ran = command("show", "gallup", "--lang", "nl")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "follow-up, learning, letterbox" in ran.err


CLOSED = [one for one in shipped().values() if one.kind is PartKind.CLOSED]


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.id)
def test_the_sentence_on_scoring_says_what_the_results_do(one: Instrument) -> None:
    sentence = scored("en", one)
    for question in questionnaire.load(asking.compose([one], "")).parts[0].questions:
        answers = question.answers
        assert answers is not None
        single = [[0] + [place == at for at in range(answers.options)] for place in range(answers.options)]
        heaps = [scores.bins(question, [int(one) for one in histogram]) for histogram in single]
        counted = [number for number, heap in zip(scores.values(answers), heaps, strict=True) if heap.favourable]
        if question.reverse:
            counted = [answers.options + 1 - number for number in counted]
            assert f"count as {answers.options + 1} minus" in sentence
        if answers.kind is AnswerKind.RECOMMEND:
            assert counted == [9, 10]
            assert "9 and 10 minus that of 0 to 6" in sentence
            assert f"from {scores.NET_FROM} answers on" in sentence
        else:
            assert f"Favourable is {min(counted)} or more of {answers.options}." in sentence


def test_reversed_questions_are_spoken_of_only_where_there_are_some() -> None:
    assert "Reversed" not in scored("en", shipped()["follow-up"])
    assert "Reversed" in scored("en", shipped()["pulse"])


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("{nl: false, en: false}", "Niet gevalideerd."),
        ("{nl: true, en: true}", "Gevalideerd in beide talen."),
        ("{nl: true, en: false}", "Gevalideerd in het Nederlands, niet in het Engels."),
    ],
)
def test_what_was_validated_is_said_by_language(told: str, sentence: str) -> None:
    assert validated("nl", instruments.parse(OURS.replace("{nl: false, en: false}", told))) == sentence
