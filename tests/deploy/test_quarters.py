"""What the example asks, and that its people have an answer to it."""

from collections.abc import Mapping
from statistics import fmean

import pytest

from deploy.trial import quarters, story
from deploy.trial.organisation import employees
from shared import draft
from shared.draft import Draft
from shared.questionnaire import PartKind
from tests.rounds_made import NOW, installation

PARTIES = installation(trial=True).parties
ROUNDS = (*story.QUARTERS, story.VISITORS)


def drafted(round_id: str) -> Draft:
    body = quarters.draft(quarters.period(round_id), NOW + 60, NOW + 120, quarters.asked(round_id))
    return draft.parse(body | {"generation": PARTIES.generation, "parties": PARTIES.digest})


def answers(round_id: str) -> Mapping[str, story.TrueAnswers]:
    asked = drafted(round_id).questionnaire
    closed, words = quarters.closed_questions(asked), quarters.open_questions(asked)
    return story.answers(employees(), round_id, closed, words)


@pytest.mark.parametrize("round_id", ROUNDS)
def test_every_party_accepts_what_the_example_asks(round_id: str) -> None:
    draft.check(drafted(round_id), trial=True, now=NOW)


@pytest.mark.parametrize("round_id", ROUNDS)
def test_a_round_of_the_example_has_three_parts_as_each_costs_everybody_an_envelope(round_id: str) -> None:
    assert [part.k for part in drafted(round_id).questionnaire.parts] == [5, 10, 10]


def test_what_became_of_the_answers_is_asked_in_every_round_but_the_first() -> None:
    asked = ["follow-up-done" in quarters.closed_questions(drafted(name).questionnaire) for name in ROUNDS]
    assert asked == [False, True, True, True]


@pytest.mark.parametrize("round_id", ROUNDS)
def test_people_answer_every_question_with_one_of_its_options_and_some_write_to_each_open_one(round_id: str) -> None:
    asked, told = drafted(round_id).questionnaire, answers(round_id)
    assert len(told) > 100
    for part in asked.parts:
        for question in part.questions:
            if part.kind is PartKind.OPEN:
                assert 10 < sum(bool(one.words[question.id]) for one in told.values()) < len(told)
                continue
            assert question.answers is not None
            given = {one.choices[question.id] for one in told.values()}
            assert given <= {None, *range(question.answers.options)}
            # A question that all answer alike would tell nothing, and be combined away.
            assert len(given) >= 5, question.id


def test_where_safety_rises_people_notice_that_something_is_done_and_where_it_falls_they_do_not() -> None:
    teams = {one.person: one.team for one in employees()}

    def mean(team: str, round_id: str) -> float:
        told = [one.choices["follow-up-done"] for person, one in answers(round_id).items() if teams[person] == team]
        return fmean(choice for choice in told if choice is not None)

    assert mean("Support Zuid", "2026-q3") > 1 + mean("Magazijn", "2026-q3")
