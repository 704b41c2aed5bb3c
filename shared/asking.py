"""How instruments become the questionnaire of a round: one part for all scores, and one for each open question."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import questionnaire
from shared.instrument import BadInstrument, Instrument, Item
from shared.questionnaire import PartKind, QuestionnaireError

CLOSED_K = 5
"""Envelopes: the default minimum for scores."""

OPEN_K = 10
"""Envelopes: the default minimum for comments, which say more about their author than a score does."""

CLOSED_SIZE = 64
"""Bytes: room for 64 questions, so that adding one does not change the length of what is sent."""

OPEN_SIZE = 2048
"""Bytes of UTF-8: some 300 words."""


@dataclass(frozen=True)
class _Asked:
    """An item, and where it comes from."""

    instrument: str
    at: int
    item: Item


def compose(
    instruments: Iterable[Instrument],
    period: str,
    *,
    closed_k: int = CLOSED_K,
    open_k: int = OPEN_K,
    closed_readers: Sequence[str] = ("everyone",),
    open_readers: Sequence[str] = ("hr",),
) -> dict[str, Any]:
    """The questionnaire of a draft: one closed part `scores`, and a part named after each open item.

    BadInstrument if the instruments do not go together: two ask the same, or mean different things by one name.
    """
    instruments = tuple(instruments)
    closed, words = (_asked(instruments, kind) for kind in (PartKind.CLOSED, PartKind.OPEN))
    parts: list[dict[str, Any]] = []
    if closed:
        size = max(CLOSED_SIZE, len(closed))
        parts.append({"id": "scores", "kind": "closed", "k": closed_k, "size": size, "readers": list(closed_readers)})
    for one in words:
        opened = {"id": one.item.id, "kind": "open", "k": open_k, "size": OPEN_SIZE, "readers": list(open_readers)}
        parts.append(opened)
    asked = [*([closed] if closed else []), *([one] for one in words)]
    for part, of in zip(parts, asked, strict=True):
        part["questions"] = [one.item.question(period) for one in of]
    composed = {
        "parts": parts,
        "answer_scales": _together((one.id, one.answer_scales) for one in instruments),
        "scales": _together((one.id, one.scales) for one in instruments),
    }
    try:
        questionnaire.load(composed)
    except QuestionnaireError as error:
        raise _explained(error, asked) from None
    return composed


def _asked(instruments: Sequence[Instrument], kind: PartKind) -> list[_Asked]:
    return [
        _Asked(instrument.id, at, item)
        for instrument in instruments
        if instrument.kind is kind
        for at, item in enumerate(instrument.items)
    ]


def _together(named: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for instrument, bodies in named:
        for name, body in bodies.items():
            if found.setdefault(name, body) != body:
                raise BadInstrument(instrument, name, "another instrument means something else by this name")
    return found


_PLACE = re.compile(r"parts\.(\d+)\.(?:questions\.(\d+)\.?)?(.*)")


def _explained(error: QuestionnaireError, asked: Sequence[Sequence[_Asked]]) -> BadInstrument:
    """The same, said of the item that it is about if it is about one; `asked`: the items of each part."""
    found = _PLACE.fullmatch(error.path)
    if not found or not (found[2] or found[3] == "id"):
        return BadInstrument("", error.path, error.reason)
    one = asked[int(found[1])][int(found[2] or 0)]
    return BadInstrument(one.instrument, ".".join(filter(None, ("items", str(one.at), found[3]))), error.reason)
