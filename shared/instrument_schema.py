"""The shape of an instrument's file; what the members mean is in shared/instruments.py."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.instrument import Scoring
from shared.questionnaire_schema import (
    ID,
    LANGUAGES,
    MAX_QUESTIONS,
    AnswerScaleSchema,
    ClosedQuestionSchema,
    Line,
    OpenQuestionSchema,
    texts,
)
from shared.schema import Flag


class _OpenItem(OpenQuestionSchema):
    source = Line(500, required=False, load_default=None)
    licence = Line(500, required=False, load_default=None)


class _ClosedItem(ClosedQuestionSchema):
    source = Line(500, required=False, load_default=None)
    licence = Line(500, required=False, load_default=None)
    # Said of each item, though a draft may leave it out: published copies of instruments get it wrong by position.
    reverse = Flag(required=True)


class _Scale(Schema):
    title = texts(120)


class AnswerScalesSchema(Schema):
    """Answer scales by name, as they stand in a draft."""

    answer_scales = fields.Dict(
        keys=fields.Str(validate=ID), values=fields.Nested(AnswerScaleSchema), load_default=dict
    )


class InstrumentSchema(AnswerScalesSchema):
    """One file; loads to plain dicts and lists."""

    id = fields.Str(required=True, validate=ID)
    kind = fields.Str(required=True, validate=validate.OneOf(["closed", "open"]))
    title = texts(120)
    about = texts(600)
    scoring = fields.Str(required=True, validate=validate.OneOf(list(Scoring)))
    validated = fields.Nested(
        Schema.from_dict({language: Flag(required=True) for language in LANGUAGES}), required=True
    )
    source = Line(500)
    licence = Line(500)
    note = fields.Nested(Schema.from_dict({language: Line(600) for language in LANGUAGES}), load_default=None)
    scales = fields.Dict(keys=fields.Str(validate=ID), values=fields.Nested(_Scale), load_default=dict)
    items = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1, max=MAX_QUESTIONS))


def load(body: Any) -> dict[str, Any]:
    """The file's members, items of the shape that its kind has; ValidationError."""
    loaded: dict[str, Any] = InstrumentSchema().load(body)
    item = _ClosedItem() if loaded["kind"] == "closed" else _OpenItem()
    try:
        loaded["items"] = item.load(loaded["items"], many=True)
    except ValidationError as error:
        raise ValidationError({"items": error.messages}) from None
    return loaded
