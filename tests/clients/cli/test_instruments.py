"""The questionnaires that come with the project can be used as they are."""

from typing import Any

import pytest
import yaml

from clients.cli.instruments import BadInstrument, Instrument, compose, parse, shipped
from shared import questionnaire
from shared.canonical import dumps, loads
from shared.questionnaire import AnswerKind, PartKind

FILE = """
id: mood
kind: closed
title: {nl: Stemming, en: Mood}
source: Own items.
licence: Own.
answer_scales:
  agree3: {labels: {nl: [nee, soms, ja], en: ["no", sometimes, "yes"]}}
scales: {}
questions:
  - {id: mood-1, text: {nl: 'Gaat het goed?', en: 'Are you well?'}, answers: agree3}
"""


def changed(**members: Any) -> str:
    return yaml.safe_dump({**yaml.safe_load(FILE), **members})


def test_every_shipped_instrument_names_its_source_and_licence() -> None:
    instruments = shipped()
    assert set(instruments) == {"psychological-safety", "standards", "recommend", "open-questions"}
    assert all(one.source and one.licence and one.title.keys() == {"nl", "en"} for one in instruments.values())


def test_all_shipped_instruments_together_make_one_questionnaire() -> None:
    asked = questionnaire.load(compose(shipped().values()))
    assert [(part.id, part.kind, part.k) for part in asked.parts] == [
        ("scores", PartKind.CLOSED, 5),
        ("keep", PartKind.OPEN, 10),
        ("change", PartKind.OPEN, 10),
    ]
    assert len(asked.parts[0].questions) == 12
    assert set(asked.scales) == {"psychological-safety", "standards"}


def test_a_composed_questionnaire_can_stand_in_a_record() -> None:
    composed = compose(shipped().values())
    assert loads(dumps(composed)) == composed


def test_psychological_safety_has_seven_items_on_seven_points_of_which_1_3_and_5_are_reversed() -> None:
    (part,) = questionnaire.load(compose([shipped()["psychological-safety"]])).parts
    assert [question.reverse for question in part.questions] == [True, False, True, False, True, False, False]
    assert {question.answers.options for question in part.questions if question.answers} == {7}
    assert {question.scale for question in part.questions} == {"psychological-safety"}
    assert part.questions[0].text["en"] == "If you make a mistake on this team, it is often held against you."


def test_the_dutch_items_are_said_to_be_a_draft() -> None:
    assert "not been validated" in shipped()["psychological-safety"].note


def test_recommending_goes_from_0_to_10() -> None:
    (part,) = questionnaire.load(compose([shipped()["recommend"]])).parts
    answers = part.questions[0].answers
    assert answers is not None
    assert (answers.kind, answers.options) == (AnswerKind.RECOMMEND, 11)


def test_a_file_of_ones_own_can_be_read() -> None:
    instrument = parse(FILE)
    assert isinstance(instrument, Instrument)
    assert (instrument.id, instrument.note, len(instrument.questions)) == ("mood", "", 1)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: [", ""),
        ("just words", ""),
        (changed(id="My mood"), "id"),
        (changed(kind="mixed"), "kind"),
        (changed(licence=""), "licence"),
        (changed(colour="red"), "colour"),
        (changed(questions=[]), "questions"),
        (changed(answer_scales={}), "parts.0.questions.0.answers"),
        (changed(kind="open"), "parts.0.questions.0.answers"),
        (changed(questions=[{"id": "m", "text": {"nl": "x"}, "answers": "agree3"}]), "parts.0.questions.0.text.en"),
    ],
)
def test_a_file_that_no_round_could_use_is_refused_with_the_place(text: str, path: str) -> None:
    with pytest.raises(BadInstrument) as refusal:
        parse(text)
    assert refusal.value.path == path


def test_instruments_that_ask_the_same_do_not_go_together() -> None:
    with pytest.raises(BadInstrument, match="another question"):
        compose([parse(FILE), parse(FILE)])


def test_instruments_that_mean_different_things_by_one_name_do_not_go_together() -> None:
    other = changed(answer_scales={"agree3": {"labels": {"nl": ["a", "b"], "en": ["a", "b"]}}})
    with pytest.raises(BadInstrument, match="something else"):
        compose([parse(FILE), parse(other)])


def test_the_minimum_cannot_be_set_below_the_floor() -> None:
    with pytest.raises(BadInstrument, match=r"parts\.0\.k"):
        compose([parse(FILE)], closed_k=4)
