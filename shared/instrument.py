"""One ready-made questionnaire: its questions, what they measure, where they come from, and how they are scored.

What is scored, named and shown after a round is the draft that all have signed; this is what drafts are made from.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.questionnaire import PartKind

PERIOD = "{period}"
"""Stands in an open question for the round's period. With it the next period's round asks something else, and may
follow at once (see Draft.repeats); scores may not, for two counts of the same people can be subtracted."""


class Scoring(StrEnum):
    """What becomes of the answers."""

    MEAN = "mean-of-items"  # per scale, and per item
    EACH = "each-item"  # every item says something of its own
    RECOMMENDATION = "recommendation-score"  # % of 9 and 10 minus % of 0 to 6
    WORDS = "in-words"


class BadInstrument(ValueError):
    """No round can use it. `where`: file or instrument, `path`: the field (dotted), `reason`: why; "" if unknown."""

    def __init__(self, where: str, path: str, reason: str) -> None:
        super().__init__(": ".join(filter(None, (where, path, reason))))
        self.where = where
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class Item:
    """One question; of an open one `answers` and `scale` are None. `reverse`: agreeing speaks against the scale."""

    id: str
    text: Mapping[str, str]
    source: str
    licence: str
    answers: str | None = None
    scale: str | None = None
    reverse: bool = False

    def question(self, period: str) -> dict[str, Any]:
        """As it stands in the draft of a round of this period."""
        if self.answers is not None:
            closed = {"answers": self.answers, "scale": self.scale, "reverse": self.reverse}
            return {"id": self.id, "text": dict(self.text), **closed}
        if not any(PERIOD in words for words in self.text.values()):
            return {"id": self.id, "text": dict(self.text)}
        slug = re.sub(r"[^a-z0-9]+", "-", period.casefold()).strip("-")
        text = {language: words.replace(PERIOD, period) for language, words in self.text.items()}
        return {"id": f"{self.id}-{slug}", "text": text}


@dataclass(frozen=True)
class Instrument:
    """All that a file says. `answer_scales` (all that its items use) and `scales` have the shape of a draft's.

    `validated`: by language, whether these words have been.
    """

    id: str
    kind: PartKind
    title: Mapping[str, str]
    about: Mapping[str, str]
    scoring: Scoring
    validated: Mapping[str, bool]
    source: str
    licence: str
    note: Mapping[str, str] | None
    items: Sequence[Item]
    answer_scales: Mapping[str, Any]
    scales: Mapping[str, Any]
