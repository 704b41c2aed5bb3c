"""Fields that several JSON schemas need. Unknown members are refused everywhere (marshmallow's default)."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared import dates
from shared.canonical import unb64

ROUND_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""A round's id is part of topic and file names."""

PARTY_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")

_UNSHOWN = re.compile(r"[^A-Za-z0-9_-]")

_SHOWN = 40
"""Characters of a member's name in a message; our own are shorter."""


class Bytes(fields.String):
    """base64url text of exactly `length` bytes; stays text when loaded, so that records keep their bytes."""

    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            decoded = unb64(text)
        except ValueError:
            raise ValidationError("not base64url without padding") from None
        if len(decoded) != self.length:
            raise ValidationError(f"{len(decoded)} bytes where {self.length} belong")
        return text


class Date(fields.String):
    """An RFC 3339 time in UTC with whole seconds; stays text when loaded."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            dates.parse(text)
        except ValueError:
            raise ValidationError("not a time like 2026-11-22T13:00:00Z") from None
        return text


class Flag(fields.Boolean):
    """true or false; marshmallow alone also takes 1 and 0."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("true or false")
        return value


class Texts(Schema):
    """The same text in every language of the suite."""

    nl = fields.Str(required=True, validate=validate.Length(min=1, max=4000))
    en = fields.Str(required=True, validate=validate.Length(min=1, max=4000))


def whole(min: int | None = None, max: int | None = None) -> fields.Integer:
    """A required whole number; refuses "3" and 3.0."""
    return fields.Int(required=True, strict=True, validate=validate.Range(min, max))


def round_id() -> fields.String:
    return fields.Str(required=True, validate=validate.Regexp(f"{ROUND_ID.pattern}\\Z"))


def party_name() -> fields.String:
    return fields.Str(required=True, validate=validate.Regexp(f"{PARTY_NAME.pattern}\\Z"))


def first_error(error: ValidationError) -> str:
    """One line that names the first field that is wrong and why; never the value itself, which may be secret.

    The name of an unknown member is the sender's own: of that only what can do no harm in a log or a terminal is shown.
    """

    def walk(messages: Any, path: str) -> str:
        if isinstance(messages, dict):
            key = min(messages, key=str)
            shown = _UNSHOWN.sub("?", str(key))[:_SHOWN]
            return walk(messages[key], path if key == "_schema" else f"{path}.{shown}" if path else shown)
        return f"{path}: {messages[0]}" if path else str(messages[0])

    return walk(error.messages, "")
