"""The example's rounds: what is asked, and dates that fit into a minute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.trial import story
from shared import asking, dates, instruments
from shared.questionnaire import PartKind, Questionnaire

ASKED = ("psychological-safety", "standards", "recommend", "open-questions")
"""By instrument, in the first round."""

LATER = ("psychological-safety", "standards", "follow-up", "recommend", "open-questions")
"""When there was a round before, what became of it is asked too."""

WITH_VISITORS = ("psychological-safety", "learning", "follow-up", "safe", "letterbox")
"""In the round that somebody answers herself: no more parts, but other words."""

GRACE = 3
"""Seconds after closing, in a trial; 300 is the default of a real round."""

_DAY = 86_400

_TITLE = {"nl": "Hoe veilig is het om hier iets te zeggen?", "en": "How safe is it to speak up here?"}

_CONTACT = {
    "counsellor": {
        "nl": "Vertrouwenspersoon: Hanneke Prins, toestel 112 (verzonnen)",
        "en": "Confidential counsellor: Hanneke Prins, extension 112 (made up)",
    },
    "channel": {
        "nl": "Een misstand melden: meldpunt@kade.example (verzonnen)",
        "en": "Reporting wrongdoing: meldpunt@kade.example (made up)",
    },
}


def asked(round_id: str) -> tuple[str, ...]:
    """What is asked in a round of the example, by instrument."""
    if round_id == story.VISITORS:
        return WITH_VISITORS
    return LATER if round_id in story.QUARTERS[1:] else ASKED


def draft(period: str, opens: int, closes: int, asked: Sequence[str] = ASKED) -> dict[str, Any]:
    """What HR sends to the lead issuer, without generation and parties; times in POSIX seconds."""
    return {
        "period": period,
        "title": _TITLE,
        "contact": _CONTACT,
        "questionnaire": asking.compose([instruments.shipped()[name] for name in asked], period),
        "rate": 75,
        "cover": 5,
        "opens": dates.text(opens),
        "answer_from": dates.text(opens),
        "closes": dates.text(closes),
        "grace": GRACE,
        "erase_at": dates.text(closes + 30 * _DAY),
        "words_until": dates.text(closes + 180 * _DAY),
        "results_until": dates.text(closes + 365 * _DAY),
        "repeat_days": 0,
    }


def period(quarter: str) -> str:
    """ "2026 Q1" for "2026-q1"."""
    return quarter.replace("-", " ").upper()


def closed_questions(asked: Questionnaire) -> Mapping[str, tuple[str, int, bool]]:
    """For each closed question its scale, its number of options and whether it is reversed."""
    return {
        question.id: (question.scale or "", question.answers.options, question.reverse)
        for part in asked.parts
        if part.kind is PartKind.CLOSED
        for question in part.questions
        if question.answers is not None
    }


def open_questions(asked: Questionnaire) -> Mapping[str, str]:
    """For each open question the name of its part, which stays the same where the question names the period."""
    return {part.questions[0].id: part.id for part in asked.parts if part.kind is PartKind.OPEN}


def clock(posix: float) -> str:
    """The local time of day with its zone, for people."""
    return datetime.fromtimestamp(posix, UTC).astimezone().strftime("%H:%M:%S %Z")
