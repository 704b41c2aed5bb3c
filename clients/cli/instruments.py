"""Ready-made questionnaires: YAML files, and how several of them become one round's questionnaire.

A file holds one instrument: `id`, `kind` (closed or open), `title`, `source`, `licence`, `note`, and `questions`,
`answer_scales` and `scales` just as they stand in a draft (shared/questionnaire.py). An organisation can write its
own, for instruments that it has a licence for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from clients.cli import yaml_file
from clients.cli.yaml_file import BadYaml
from shared import questionnaire
from shared.questionnaire import QuestionnaireError
from shared.schema import first_error

CLOSED_K = 5
"""Envelopes: the default minimum for scores."""

OPEN_K = 10
"""Envelopes: the default minimum for comments, which say more about their author than a score does."""

CLOSED_SIZE = 64
"""Bytes: room for 64 questions, so that adding one does not change the length of what is sent."""

OPEN_SIZE = 2048
"""Bytes of UTF-8: some 300 words."""


class BadInstrument(ValueError):
    """The file is not an instrument: `path` says where (dotted), `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Instrument:
    """One instrument; `questions`, `answer_scales` and `scales` have the shape that they have in a draft."""

    id: str
    kind: str
    title: dict[str, str]
    source: str
    licence: str
    note: str
    questions: Sequence[dict[str, Any]]
    answer_scales: dict[str, Any]
    scales: dict[str, Any]


class _Instrument(Schema):
    id = fields.Str(required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,39}\Z"))
    kind = fields.Str(required=True, validate=validate.OneOf(["closed", "open"]))
    title = fields.Dict(keys=fields.Str(), values=fields.Str(), required=True)
    source = fields.Str(required=True, validate=validate.Length(min=1))
    licence = fields.Str(required=True, validate=validate.Length(min=1))
    note = fields.Str(load_default="")
    questions = fields.List(fields.Dict(keys=fields.Str()), required=True, validate=validate.Length(min=1))
    answer_scales = fields.Dict(keys=fields.Str(), required=True)
    scales = fields.Dict(keys=fields.Str(), required=True)


def shipped() -> dict[str, Instrument]:
    """The instruments that come with this project, by id."""
    folder = files("clients.cli") / "instruments"
    read = (parse(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {instrument.id: instrument for instrument in sorted(read, key=lambda instrument: instrument.id)}


def parse(text: str) -> Instrument:
    """The instrument in a YAML text; BadInstrument if a round could not use it."""
    try:
        body = yaml_file.load(text)
    except BadYaml as error:
        raise BadInstrument("", str(error)) from None
    try:
        instrument = Instrument(**_Instrument().load(body))
    except ValidationError as error:
        path, colon, reason = first_error(error).partition(": ")
        raise BadInstrument(path if colon else "", reason if colon else path) from None
    compose([instrument])
    return instrument


def compose(
    instruments: Iterable[Instrument],
    *,
    closed_k: int = CLOSED_K,
    open_k: int = OPEN_K,
    closed_readers: Sequence[str] = ("everyone",),
    open_readers: Sequence[str] = ("hr",),
) -> dict[str, Any]:
    """The questionnaire of a draft: one closed part `scores`, and a part for each open question.

    BadInstrument if the instruments do not go together: two ask the same, or mean different things by one name.
    """
    closed: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    answer_scales: dict[str, Any] = {}
    scales: dict[str, Any] = {}
    for instrument in instruments:
        (closed if instrument.kind == "closed" else words).extend(instrument.questions)
        for mine, all_of_them in ((instrument.answer_scales, answer_scales), (instrument.scales, scales)):
            for name, body in mine.items():
                if all_of_them.setdefault(name, body) != body:
                    raise BadInstrument(name, "another instrument means something else by this name")
    parts: list[dict[str, Any]] = []
    if closed:
        parts.append(_part("scores", "closed", closed_k, max(CLOSED_SIZE, len(closed)), closed_readers, closed))
    parts.extend(_part(str(one.get("id")), "open", open_k, OPEN_SIZE, open_readers, [one]) for one in words)
    composed = {"parts": parts, "answer_scales": answer_scales, "scales": scales}
    try:
        questionnaire.load(composed)
    except QuestionnaireError as error:
        raise BadInstrument(error.path, error.reason) from None
    return composed


def _part(
    id: str, kind: str, k: int, size: int, readers: Sequence[str], questions: list[dict[str, Any]]
) -> dict[str, Any]:
    return {"id": id, "kind": kind, "k": k, "size": size, "readers": list(readers), "questions": questions}
