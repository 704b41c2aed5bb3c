"""The JSON shape of a questionnaire and the limits on it; what the members mean is in shared/questionnaire.py."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.partition import K_FLOOR
from shared.schema import Flag, whole
from shared.words import clean_text, folded, refused_characters

LANGUAGES = ("nl", "en")
"""Every text that an employee or HR reads is there in each of these."""

MAX_PARTS = 16
"""Each part is an envelope of its own; a person posts all of them, with pauses."""

MAX_QUESTIONS = 100
"""Per part. A pulse has 5 to 30."""

MAX_K = 1000
"""Envelopes. More than this protects nobody better; it only hides results."""

CLOSED_SIZE = (1, 256)
"""Bytes, one for each question; more than MAX_QUESTIONS only to look like another part."""

OPEN_SIZE = (64, 8192)
"""Bytes of UTF-8: room for a sentence at least, for two pages at most."""

OPTIONS = (2, 20)
"""Options of an answer scale."""

ID = validate.Regexp(r"[a-z0-9][a-z0-9-]{0,39}\Z")
"""Of parts, questions, scales and answer scales."""


class Line(fields.String):
    """One line of clean text with at most `longest` characters; `worded` asks for a letter or digit in it."""

    def __init__(self, longest: int, *, worded: bool = True, required: bool = True, **more: Any) -> None:
        super().__init__(required=required, validate=validate.Length(min=1, max=longest), **more)
        self.worded = worded

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if refused_characters(text) or "\n" in text:
            raise ValidationError("control characters and line breaks are refused")
        if text != clean_text(text):
            raise ValidationError("not in NFC, or white space around it")
        if self.worded and not folded(text):
            raise ValidationError("no letter or digit in it")
        return text


def _id() -> fields.String:
    return fields.Str(required=True, validate=ID)


def texts(longest: int) -> fields.Nested:
    """A required line in each language."""
    return fields.Nested(Schema.from_dict({language: Line(longest) for language in LANGUAGES}), required=True)


def _labels() -> fields.Nested:
    shape: dict[str, fields.Field[Any]] = {
        language: fields.List(
            Line(80, worded=False), required=True, validate=validate.Length(min=OPTIONS[0], max=OPTIONS[1])
        )
        for language in LANGUAGES
    }
    return fields.Nested(Schema.from_dict(shape), required=True)


class OpenQuestionSchema(Schema):
    """A question that is answered in words."""

    id = _id()
    text = texts(500)


class ClosedQuestionSchema(OpenQuestionSchema):
    """A question that is answered by choosing."""

    answers = _id()
    scale = fields.Str(load_default=None, allow_none=True, validate=ID)
    reverse = Flag(load_default=False)


class _Part(Schema):
    id = _id()
    kind = fields.Str(required=True)
    k = whole(min=K_FLOOR, max=MAX_K)
    readers = fields.List(
        fields.Str(validate=validate.OneOf(["everyone", "leads", "hr"])), required=True, validate=validate.Length(min=1)
    )


class _ClosedPart(_Part):
    size = whole(min=CLOSED_SIZE[0], max=CLOSED_SIZE[1])
    questions = fields.List(
        fields.Nested(ClosedQuestionSchema), required=True, validate=validate.Length(min=1, max=MAX_QUESTIONS)
    )


class _OpenPart(_Part):
    size = whole(min=OPEN_SIZE[0], max=OPEN_SIZE[1])
    questions = fields.List(fields.Nested(OpenQuestionSchema), required=True, validate=validate.Length(equal=1))


class _AnyPart(fields.Field[dict[str, Any]]):
    """A part of the shape that its kind has."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        kind = value.get("kind") if isinstance(value, dict) else None
        if kind not in ("closed", "open"):
            raise ValidationError({"kind": ["closed or open"]})
        part: dict[str, Any] = (_ClosedPart() if kind == "closed" else _OpenPart()).load(value)
        if len(set(part["readers"])) < len(part["readers"]):
            raise ValidationError({"readers": ["each reader once"]})
        return part


class AnswerScaleSchema(Schema):
    """What can be chosen, lowest first."""

    kind = fields.Str(load_default="agree", validate=validate.OneOf(["agree", "recommend"]))
    labels = _labels()


class _Scale(Schema):
    title = texts(120)
    source = Line(500)


class QuestionnaireSchema(Schema):
    """The whole questionnaire; loads to plain dicts and lists."""

    parts = fields.List(_AnyPart(), required=True, validate=validate.Length(min=1, max=MAX_PARTS))
    answer_scales = fields.Dict(
        keys=fields.Str(validate=ID),
        values=fields.Nested(AnswerScaleSchema),
        required=True,
        validate=validate.Length(max=50),
    )
    scales = fields.Dict(
        keys=fields.Str(validate=ID), values=fields.Nested(_Scale), required=True, validate=validate.Length(max=50)
    )
