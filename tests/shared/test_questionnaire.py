"""A questionnaire is refused whole, with the place, if anything in it is not as it must be."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shared.partition import K_FLOOR
from shared.questionnaire import (
    AnswerKind,
    PartKind,
    Question,
    QuestionnaireError,
    Reader,
    load,
    normalised_texts,
)


def both(text: str) -> dict[str, str]:
    return {"nl": f"{text} (nl)", "en": text}


def valid() -> dict[str, Any]:
    return {
        "parts": [
            {
                "id": "scores",
                "kind": "closed",
                "k": 5,
                "size": 64,
                "readers": ["everyone"],
                "questions": [
                    {
                        "id": "safe-1",
                        "text": both("It is safe"),
                        "answers": "agree5",
                        "scale": "safety",
                        "reverse": True,
                    },
                    {
                        "id": "safe-2",
                        "text": both("I am safe"),
                        "answers": "agree5",
                        "scale": "safety",
                        "reverse": False,
                    },
                    {
                        "id": "join",
                        "text": both("Would you join?"),
                        "answers": "again",
                        "scale": None,
                        "reverse": False,
                    },
                    {"id": "busy", "text": both("Too busy?"), "answers": "agree5"},
                ],
            },
            {
                "id": "keep",
                "kind": "open",
                "k": 10,
                "size": 2048,
                "readers": ["leads", "hr"],
                "questions": [{"id": "keep", "text": both("What should we keep?")}],
            },
        ],
        "answer_scales": {
            "agree5": {"labels": {"nl": list("abcde"), "en": list("fghij")}},
            "again": {"kind": "recommend", "labels": {"nl": [*map(str, range(11))], "en": [*map(str, range(11))]}},
        },
        "scales": {"safety": {"title": both("Safety"), "source": "own"}},
    }


def test_a_questionnaire_says_what_is_asked_of_whom() -> None:
    asked = load(valid())
    scores, keep = asked.parts
    assert (scores.id, scores.kind, scores.k, scores.size, scores.readers) == (
        "scores",
        PartKind.CLOSED,
        5,
        64,
        (Reader.EVERYONE,),
    )
    assert scores.limits == bytes((5, 5, 11, 5))
    safe, _, join, busy = scores.questions
    assert (safe.scale, safe.reverse, busy.scale, busy.reverse) == ("safety", True, None, False)
    assert safe.answers is not None
    assert safe.answers.kind is AnswerKind.AGREE
    assert safe.answers.labels["en"] == tuple("fghij")
    assert join.answers is not None
    assert (join.answers.kind, join.answers.options) == (AnswerKind.RECOMMEND, 11)
    assert (keep.kind, keep.readers, keep.limits) == (PartKind.OPEN, (Reader.LEADS, Reader.HR), b"")
    assert keep.questions == (Question("keep", both("What should we keep?")),)
    assert asked.scales["safety"].source == "own"


Change = Callable[[dict[str, Any]], object]


def scores(q: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = q["parts"][0]
    return part


def keep(q: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = q["parts"][1]
    return part


def ask(q: dict[str, Any], **members: Any) -> None:
    scores(q)["questions"][3].update(members)


def labels(q: dict[str, Any], *words: str) -> None:
    q["answer_scales"]["agree5"]["labels"]["nl"] = list(words)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("colour", lambda q: q.update(colour="red")),
        ("parts", lambda q: q.pop("parts")),
        ("parts", lambda q: q.update(parts=[])),
        ("parts", lambda q: q.update(parts=q["parts"] * 9)),
        ("parts.0.kind", lambda q: scores(q).update(kind="free")),
        ("parts.0.kind", lambda q: scores(q).update(kind=["closed"])),
        ("parts.0.kind", lambda q: q["parts"].__setitem__(0, "closed")),
        ("parts.0.colour", lambda q: scores(q).update(colour="red")),
        ("parts.0.id", lambda q: scores(q).update(id="Scores")),
        ("parts.0.id", lambda q: scores(q).update(id="scores\n")),
        ("parts.0.id", lambda q: scores(q).update(id="a" * 41)),
        ("parts.1.id", lambda q: keep(q).update(id="scores")),
        ("parts.0.k", lambda q: scores(q).update(k=K_FLOOR - 1)),
        ("parts.1.k", lambda q: keep(q).update(k=K_FLOOR - 1)),
        ("parts.0.k", lambda q: scores(q).update(k="5")),
        ("parts.0.k", lambda q: scores(q).update(k=True)),
        ("parts.0.size", lambda q: scores(q).update(size=3)),
        ("parts.0.size", lambda q: scores(q).update(size=257)),
        ("parts.1.size", lambda q: keep(q).update(size=63)),
        ("parts.1.size", lambda q: keep(q).update(size=8193)),
        ("parts.0.readers", lambda q: scores(q).update(readers=[])),
        ("parts.0.readers", lambda q: scores(q).update(readers=["hr", "hr"])),
        ("parts.0.readers.0", lambda q: scores(q).update(readers=["boss"])),
        ("parts.0.questions", lambda q: scores(q).update(questions=[])),
        ("parts.0.questions", lambda q: scores(q).update(questions=scores(q)["questions"] * 26)),
        ("parts.1.questions", lambda q: keep(q).update(questions=keep(q)["questions"] * 2)),
        ("parts.1.questions.0.answers", lambda q: keep(q)["questions"][0].update(answers="agree5")),
        ("parts.1.questions.0.scale", lambda q: keep(q)["questions"][0].update(scale=None)),
        ("parts.1.questions.0.reverse", lambda q: keep(q)["questions"][0].update(reverse=False)),
        ("parts.0.questions.3.answers", lambda q: scores(q)["questions"][3].pop("answers")),
        ("parts.0.questions.3.answers", lambda q: ask(q, answers="agree9")),
        ("parts.0.questions.3.reverse", lambda q: ask(q, reverse=1)),
        ("parts.0.questions.3.reverse", lambda q: ask(q, reverse="true")),
        ("parts.0.questions.3.scale", lambda q: ask(q, scale="trust")),
        ("parts.0.questions.3.id", lambda q: ask(q, id="join")),
        ("parts.0.questions.3.id", lambda q: ask(q, id="safety")),
        ("parts.1.questions.0.id", lambda q: keep(q)["questions"][0].update(id="join")),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?"})),
        ("parts.0.questions.3.text.fr", lambda q: ask(q, text={**both("Too busy?"), "fr": "Pressé?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": ""})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "?!"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": " Busy?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "Busy\nnow?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "Busy\x07?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "Busy\u202e?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "Cafe\u0301?"})),
        ("parts.0.questions.3.text.en", lambda q: ask(q, text={"nl": "Te druk?", "en": "b" * 501})),
        ("parts.0.questions.3.text", lambda q: ask(q, text={"nl": "Te druk?", "en": "would you JOIN"})),
        ("parts.1.questions.0.text", lambda q: keep(q)["questions"][0].update(text={"nl": "it is safe!", "en": "x"})),
        ("parts.0.questions.2", lambda q: scores(q)["questions"][2].update(reverse=True)),
        ("parts.0.questions.2", lambda q: scores(q)["questions"][2].update(scale="safety")),
        ("answer_scales.agree5", lambda q: labels(q, *"abcd")),
        ("answer_scales.agree5", lambda q: labels(q, *"abcda")),
        ("answer_scales.agree5", lambda q: labels(q, *"abcdA")),
        ("answer_scales.agree5.value.labels.nl", lambda q: labels(q, "a")),
        ("answer_scales.agree5.value.labels.nl", lambda q: labels(q, *(f"o{i}" for i in range(21)))),
        ("answer_scales.agree5.value.labels.nl.0", lambda q: labels(q, "", *"bcde")),
        ("answer_scales.agree5", lambda q: q["answer_scales"]["agree5"].update(kind="recommend")),
        ("answer_scales.agree5.value.kind", lambda q: q["answer_scales"]["agree5"].update(kind="choose")),
        ("answer_scales.Agree.key", lambda q: q["answer_scales"].update(Agree=q["answer_scales"]["agree5"])),
        ("scales.safety.value.source", lambda q: q["scales"]["safety"].pop("source")),
        ("scales.trust", lambda q: q["scales"].update(trust=q["scales"]["safety"])),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(path: str, change: Change) -> None:
    questionnaire = valid()
    change(questionnaire)
    with pytest.raises(QuestionnaireError) as refusal:
        load(questionnaire)
    assert refusal.value.path == path
    assert refusal.value.reason
    assert str(refusal.value) == f"{path}: {refusal.value.reason}"


def test_items_of_a_scale_stand_in_one_part_and_have_one_answer_scale() -> None:
    other_scale, other_part = valid(), valid()
    other_scale["answer_scales"]["agree7"] = {"labels": {"nl": list("abcdefg"), "en": list("abcdefg")}}
    ask(other_scale, answers="agree7", scale="safety")
    split = deepcopy(scores(other_part))
    split.update(id="more", questions=[scores(other_part)["questions"].pop(1)])
    other_part["parts"].append(split)
    for questionnaire in (other_scale, other_part):
        with pytest.raises(QuestionnaireError, match="items of a scale share"):
            load(questionnaire)


def test_a_question_may_read_the_same_in_both_languages() -> None:
    questionnaire = valid()
    ask(questionnaire, text={"nl": "Feedback?", "en": "Feedback?"})
    assert normalised_texts(load(questionnaire).parts[0].questions[3]) == {"feedback"}


def test_normalised_texts_are_those_of_every_language() -> None:
    question = Question("q", {"nl": "Wat houden we?", "en": "What do we KEEP?"})
    assert normalised_texts(question) == {"wathoudenwe", "whatdowekeep"}


def test_loading_does_not_change_what_is_loaded() -> None:
    questionnaire = valid()
    load(questionnaire)
    assert questionnaire == valid()
