"""What HR drafts: questions, dates, minimum group sizes. The lead issuer signs it, and nobody can change it afterwards.

Dates follow each other: now < opens <= answer_from < closes, closes + grace < erase_at,
words_until <= results_until and erase_at <= results_until; none is further off than the ceilings below allow.
Members may collect tokens from the last accept until closing, and answer from `answer_from` until closing.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared import canonical, dates, questionnaire
from shared.questionnaire import Questionnaire, QuestionnaireError, normalised_texts
from shared.schema import Bytes, Date, Texts, first_error, whole

GRACE_FLOOR = 60
"""Seconds between closing and the cut: time for the receipts that are on their way (ingest takes at most 20 s)."""

REPEAT_DAYS = 14
"""Days after closing in which no other round may ask the same: two cuts of the same people subtract to one person."""

LONGEST = 366 * 86_400
"""Seconds from opening to closing. Whoever joins or leaves meanwhile is not in the plan."""

ERASE_WITHIN = 90 * 86_400
"""Seconds from closing to `erase_at`: sealed envelopes and keys that nobody needs any more are only a danger."""

RESULTS_WITHIN = 3660 * 86_400
"""Seconds from closing to `results_until`: ten years. A slip of the keyboard must not keep comments for ever."""

MAX_BYTES = 256 * 1024
"""Of the draft's canonical JSON: as base64url and within the manifest it still fits a record of the log (512 KiB)."""

MAX_RATE = 80
"""Percent. A plan that expects more answers than this makes groups that often miss the minimum."""


class DraftProblem(StrEnum):
    """Why a draft is refused."""

    MALFORMED = "malformed-draft"
    DATES = "dates-out-of-order"
    LATE = "opening-has-passed"
    FLOOR = "below-a-floor"
    PARTIES = "other-parties"


class BadDraft(ValueError):
    """The draft cannot become a round."""

    def __init__(self, reason: DraftProblem, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _Contact(Schema):
    """Whom to turn to in confidence, and where to report what this form is not for."""

    counsellor = fields.Nested(Texts, required=True)
    channel = fields.Nested(Texts, required=True)


class DraftSchema(Schema):
    """The body of a draft; `questionnaire` is checked by shared.questionnaire."""

    generation = whole(min=1)
    parties = Bytes(32, required=True)
    period = fields.Str(required=True, validate=validate.Length(min=1, max=40))
    title = fields.Nested(Texts, required=True)
    contact = fields.Nested(_Contact, required=True)
    questionnaire = fields.Dict(required=True)
    rate = whole(min=1, max=MAX_RATE)
    cover = whole(min=0, max=50)
    opens = Date(required=True)
    answer_from = Date(required=True)
    closes = Date(required=True)
    grace = whole(min=1, max=86_400)
    erase_at = Date(required=True)
    words_until = Date(required=True)
    results_until = Date(required=True)
    repeat_days = whole(min=0, max=400)


_SCHEMA = DraftSchema()
"""Made once: that takes longer than loading a draft with it."""


@dataclass(frozen=True)
class Draft:
    """A parsed draft. Times are POSIX seconds, `grace` is in seconds, `rate` and `cover` in percent."""

    body: dict[str, Any]
    generation: int
    questionnaire: Questionnaire
    opens: int
    answer_from: int
    closes: int
    grace: int
    erase_at: int
    words_until: int
    results_until: int

    @property
    def counting_from(self) -> int:
        """When gate may cut and issuers destroy their keys."""
        return self.closes + self.grace

    @property
    def rate(self) -> int:
        return int(self.body["rate"])

    @property
    def cover(self) -> int:
        return int(self.body["cover"])

    @cached_property
    def smallest_k(self) -> int:
        """The plan makes no group smaller than this."""
        return min(part.k for part in self.questionnaire.parts)

    @property
    def acknowledge_within(self) -> float:
        """Seconds in which ingest must have an append acknowledged; well within the grace, so the cut comes after."""
        return min(20.0, self.grace * 2 / 3)

    @property
    def quiet_until(self) -> int:
        """Until when no other round may ask any of these questions."""
        return self.closes + int(self.body["repeat_days"]) * 86_400

    @cached_property
    def questions(self) -> frozenset[str]:
        """Everything by which a question can be recognised in another round: its id and its texts, normalised."""
        return frozenset(
            mark
            for part in self.questionnaire.parts
            for question in part.questions
            for mark in (f"#{question.id}", *normalised_texts(question))
        )

    def repeats(self, other: "Draft") -> bool:
        """Whether both ask something alike, too close in time."""
        meets = self.opens <= other.quiet_until and other.opens <= self.quiet_until
        return meets and not self.questions.isdisjoint(other.questions)


def parse(body: dict[str, Any]) -> Draft:
    """The draft in a record's body; BadDraft if it is malformed. Says nothing about dates or floors: see `check`."""
    try:
        loaded = _SCHEMA.load(body)
        _check_size(body)
        asked = questionnaire.load(loaded["questionnaire"])
    except ValidationError as error:
        raise BadDraft(DraftProblem.MALFORMED, first_error(error)) from None
    except QuestionnaireError as error:
        raise BadDraft(DraftProblem.MALFORMED, str(error)) from None
    return Draft(
        body=body,
        generation=loaded["generation"],
        questionnaire=asked,
        grace=loaded["grace"],
        **{
            name: dates.parse(loaded[name])
            for name in ("opens", "answer_from", "closes", "erase_at", "words_until", "results_until")
        },
    )


def _check_size(body: dict[str, Any]) -> None:
    try:
        size = len(canonical.dumps(body))
    except (TypeError, ValueError):
        raise BadDraft(DraftProblem.MALFORMED, "not canonical JSON") from None
    if size > MAX_BYTES:
        raise BadDraft(DraftProblem.MALFORMED, f"the draft has more than {MAX_BYTES} bytes")


def check(draft: Draft, *, trial: bool, now: float) -> None:
    """What every party checks before it offers or accepts; raises BadDraft.

    A trial may use a short grace and ask the same questions again at once; nothing else differs.
    """
    d = draft
    if not d.opens <= d.answer_from < d.closes:
        raise BadDraft(DraftProblem.DATES, "opens <= answer_from < closes does not hold")
    if not d.counting_from < d.erase_at <= d.results_until:
        raise BadDraft(DraftProblem.DATES, "closes + grace < erase_at <= results_until does not hold")
    if not d.counting_from < d.words_until <= d.results_until:
        raise BadDraft(DraftProblem.DATES, "closes + grace < words_until <= results_until does not hold")
    for seconds, ceiling, what in (
        (d.closes - d.opens, LONGEST, "closes lies more than a year behind opens"),
        (d.erase_at - d.closes, ERASE_WITHIN, "erase_at lies more than 90 days behind closes"),
        (d.results_until - d.closes, RESULTS_WITHIN, "results_until lies more than ten years behind closes"),
    ):
        if seconds > ceiling:
            raise BadDraft(DraftProblem.DATES, what)
    if now >= d.opens:
        raise BadDraft(DraftProblem.LATE, "the opening must lie in the future")
    if not trial and d.grace < GRACE_FLOOR:
        raise BadDraft(DraftProblem.FLOOR, f"grace is at least {GRACE_FLOOR} seconds")
    if not trial and int(d.body["repeat_days"]) < REPEAT_DAYS:
        raise BadDraft(DraftProblem.FLOOR, f"repeat_days is at least {REPEAT_DAYS}")
