"""Which envelopes ingest takes. It learns from them that somebody may answer, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

from shared.canonical import unb64
from shared.envelope import Envelope
from shared.parties import MAX_ISSUERS, Party
from shared.published import Published
from shared.rounds import Round, State
from shared.schema import round_id, whole
from shared.vouchers import Vouchers

LARGEST_BODY = 560 * 1024
"""Bytes of a request: the longest envelope that a manifest may ask for (400 KiB) in base64url, and its JSON."""


class Reason(StrEnum):
    """Why an envelope is not taken; the word is the metric's label and the problem's type."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    UNKNOWN_ROUND = "unknown-round"
    NOT_OPEN_YET = "not-open-yet"
    CLOSED = "closed"
    WRONG_LENGTH = "wrong-length"
    BAD_TOKEN = "bad-token"  # noqa: S105 - a word, not a token
    TOO_MANY = "too-many"
    LOG_UNAVAILABLE = "log-unavailable"


class PostSchema(Schema):
    """The body of `POST /envelopes`; what is in base64url is decoded by `admit`, which knows how long it must be."""

    v = fields.Int(required=True, strict=True, validate=validate.Equal(1))
    round = round_id()
    part = whole(min=0)
    a = fields.Str(required=True)
    tokens = fields.List(fields.Str(), required=True)
    outer = fields.Str(required=True)

    @pre_load
    def few_tokens(self, data: Any, **_kwargs: Any) -> Any:
        """Before each of a hundred thousand is looked at, while everybody else waits."""
        if isinstance(data, dict) and isinstance(data.get("tokens"), list) and len(data["tokens"]) > MAX_ISSUERS:
            raise ValidationError("one for each issuer", "tokens")
        return data


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope to append, in the encoding that ingest built itself."""

    of: Round
    nonce: bytes = field(repr=False)
    encoding: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Reason


def own(rounds: Published, ingest: Party) -> Published:
    """The rounds that this ingest takes envelopes for: later generations of the parties may name another one."""
    return {of.id: of for of in rounds.values() if of.parties.ingest.key == ingest.key}


def admit(body: Mapping[str, Any], rounds: Published, now: float) -> Admitted | Refused:
    """Decide on a body that fits PostSchema, the cheap checks first; `now` in POSIX seconds.

    How many envelopes a nonce has had is for `services.ingest.nonces`.
    """
    of = rounds.get(body["round"])
    if of is None or of.manifest is None:
        return Refused(Reason.UNKNOWN_ROUND)
    if not is_before_closing(of, now):
        return Refused(Reason.CLOSED)
    if now < of.draft.answer_from:
        return Refused(Reason.NOT_OPEN_YET)
    if body["part"] >= len(of.manifest.layouts):
        return Refused(Reason.MALFORMED)
    try:
        tokens = tuple(map(unb64, body["tokens"]))
        envelope = Envelope(body["part"], unb64(body["a"]), tokens, unb64(body["outer"]))
    except ValueError:
        return Refused(Reason.MALFORMED)
    try:
        encoding = envelope.encode(of.manifest.layouts[envelope.part])
    except ValueError:
        return Refused(Reason.WRONG_LENGTH)
    if not Vouchers(of.manifest).admits(envelope.nonce, tokens):
        return Refused(Reason.BAD_TOKEN)
    return Admitted(of, envelope.nonce, encoding)


def is_before_closing(of: Round, now: float) -> bool:
    """Whether an agreed round takes envelopes, or will."""
    return of.phase is State.SCHEDULED and now < of.draft.closes


def in_time(of: Round, waited: float, now: float) -> bool:
    """Whether a receipt may be given for what the log has just acknowledged, `waited` seconds after it arrived.

    `acknowledge_within` ends well within the grace, so whatever has a receipt lies before the gate's cut; that the
    request came before closing is checked by `admit`, but clocks can be set while it waits.
    """
    within = of.draft.acknowledge_within
    return waited <= within and now < of.draft.closes + within
