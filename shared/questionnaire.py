"""What a round asks: parts, questions, answer scales, and the scales (measures) that questions count for.

The JSON stands in the draft. Every text is there in each language of the suite; unknown members are refused.

    {"parts": [{"id": "scores", "kind": "closed", "k": 5, "size": 64, "readers": ["everyone"],
                "questions": [{"id": "safe-1", "text": {"nl": "...", "en": "..."},
                               "answers": "agree7", "scale": "psychological-safety", "reverse": true}]},
               {"id": "keep", "kind": "open", "k": 10, "size": 2048, "readers": ["hr"],
                "questions": [{"id": "keep-1", "text": {"nl": "...", "en": "..."}}]}],
     "answer_scales": {"agree7": {"kind": "agree", "labels": {"nl": ["...", 7 of them], "en": [...]}}},
     "scales": {"psychological-safety": {"title": {"nl": "...", "en": "..."}, "source": "..."}}}

How an answer becomes bytes is in shared/answers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from marshmallow import ValidationError

from shared.questionnaire_schema import LANGUAGES, QuestionnaireSchema
from shared.schema import first_error
from shared.words import folded


class PartKind(StrEnum):
    """Whether a part is answered by choosing or in words."""

    CLOSED = "closed"
    OPEN = "open"


class Reader(StrEnum):
    """Who may read a part's results; all readers together still count as one attacker (docs/disclosure.md)."""

    EVERYONE = "everyone"
    LEADS = "leads"
    HR = "hr"


class AnswerKind(StrEnum):
    """How the options of an answer scale are to be read."""

    AGREE = "agree"  # ordered around a middle, numbered from 1
    RECOMMEND = "recommend"  # 0 to 10: detractors up to 6, promoters from 9


class QuestionnaireError(ValueError):
    """The questionnaire cannot be used: `path` says where (dotted), `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class AnswerScale:
    """The options of a closed question, lowest first; `labels` per language."""

    id: str
    kind: AnswerKind
    labels: Mapping[str, tuple[str, ...]]

    @property
    def options(self) -> int:
        return len(self.labels[LANGUAGES[0]])


@dataclass(frozen=True)
class Scale:
    """A measure made of several questions, such as psychological safety."""

    id: str
    title: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Question:
    """One question; an open one has no `answers`. `reverse`: agreeing speaks against the thing that is measured."""

    id: str
    text: Mapping[str, str]
    answers: AnswerScale | None = None
    scale: str | None = None
    reverse: bool = False


@dataclass(frozen=True)
class Part:
    """Questions whose answers travel together. `size`: bytes of the padded plaintext; `k`: fewest envelopes opened."""

    id: str
    kind: PartKind
    k: int
    size: int
    readers: tuple[Reader, ...]
    questions: tuple[Question, ...]

    @cached_property
    def limits(self) -> bytes:
        """Per question of a closed part the highest byte that an answer may hold: its number of options."""
        return bytes(question.answers.options for question in self.questions if question.answers)


@dataclass(frozen=True)
class Questionnaire:
    """All parts in the order of their indices; `scales` by id."""

    parts: tuple[Part, ...]
    scales: Mapping[str, Scale]


def normalised_texts(question: Question) -> frozenset[str]:
    """The question's words in every language without case, punctuation or spaces: what may not be asked twice."""
    return frozenset(folded(text) for text in question.text.values())


def load(value: Mapping[str, Any]) -> Questionnaire:
    """The questionnaire in parsed JSON; QuestionnaireError names the first thing that is wrong."""
    try:
        loaded = QuestionnaireSchema().load(value)
    except ValidationError as error:
        path, colon, reason = first_error(error).partition(": ")
        raise QuestionnaireError(path if colon else "", reason if colon else path) from None
    answer_scales = {name: _answer_scale(name, body) for name, body in loaded["answer_scales"].items()}
    scales = {name: Scale(id=name, **body) for name, body in loaded["scales"].items()}
    parts = tuple(_part(f"parts.{i}", body, answer_scales) for i, body in enumerate(loaded["parts"]))
    _check_repeats(parts, scales)
    _check_scales(parts, scales)
    return Questionnaire(parts=parts, scales=scales)


def _answer_scale(name: str, body: Mapping[str, Any]) -> AnswerScale:
    path = f"answer_scales.{name}"
    kind = AnswerKind(body["kind"])
    labels = {language: tuple(body["labels"][language]) for language in LANGUAGES}
    if len({len(words) for words in labels.values()}) > 1:
        raise QuestionnaireError(path, "every language needs a label for each option")
    if any(len({folded(word) or word for word in words}) < len(words) for words in labels.values()):
        raise QuestionnaireError(path, "two options have the same label")
    if kind is AnswerKind.RECOMMEND and len(labels[LANGUAGES[0]]) != 11:
        raise QuestionnaireError(path, "a recommendation has the options 0 to 10")
    return AnswerScale(id=name, kind=kind, labels=labels)


def _part(path: str, body: Mapping[str, Any], answer_scales: Mapping[str, AnswerScale]) -> Part:
    questions = []
    for i, question in enumerate(body["questions"]):
        where = f"{path}.questions.{i}"
        name = question.get("answers")
        if name is not None and name not in answer_scales:
            raise QuestionnaireError(f"{where}.answers", "no such answer scale")
        answers = None if name is None else answer_scales[name]
        if answers and answers.kind is AnswerKind.RECOMMEND and (question["reverse"] or question["scale"]):
            raise QuestionnaireError(where, "a recommendation is neither reversed nor part of a scale")
        questions.append(Question(**{**question, "answers": answers}))
    if body["kind"] == PartKind.CLOSED and body["size"] < len(questions):
        raise QuestionnaireError(f"{path}.size", "one byte per question is needed")
    return Part(
        id=body["id"],
        kind=PartKind(body["kind"]),
        k=body["k"],
        size=body["size"],
        readers=tuple(map(Reader, body["readers"])),
        questions=tuple(questions),
    )


def _check_repeats(parts: tuple[Part, ...], scales: Mapping[str, Scale]) -> None:
    """Nothing is asked twice, and the name of a unit (a scale or a question) means one thing."""
    seen_parts: set[str] = set()
    seen_ids = set(scales)
    seen_texts: set[str] = set()
    for i, part in enumerate(parts):
        if part.id in seen_parts:
            raise QuestionnaireError(f"parts.{i}.id", "another part has this id")
        seen_parts.add(part.id)
        for j, question in enumerate(part.questions):
            where = f"parts.{i}.questions.{j}"
            if question.id in seen_ids:
                raise QuestionnaireError(f"{where}.id", "another question or scale has this id")
            if not seen_texts.isdisjoint(normalised_texts(question)):
                raise QuestionnaireError(f"{where}.text", "another question has the same words")
            seen_ids.add(question.id)
            seen_texts |= normalised_texts(question)


def _check_scales(parts: tuple[Part, ...], scales: Mapping[str, Scale]) -> None:
    """The items of a scale stand in one part, so on the same cells, and have one answer scale, so one mean."""
    home: dict[str, tuple[int, AnswerScale | None]] = {}
    for i, part in enumerate(parts):
        for j, question in enumerate(part.questions):
            if question.scale is None:
                continue
            where = f"parts.{i}.questions.{j}.scale"
            if question.scale not in scales:
                raise QuestionnaireError(where, "no such scale")
            if home.setdefault(question.scale, (i, question.answers)) != (i, question.answers):
                raise QuestionnaireError(where, "items of a scale share one part and one answer scale")
    for name in scales:
        if name not in home:
            raise QuestionnaireError(f"scales.{name}", "no question counts for it")
