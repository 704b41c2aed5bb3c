"""Find me: everything that a trial's services hold in which a name or a sentence occurs, service by service."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from deploy.trial import holdings
from deploy.trial.holdings import Piece
from shared.words import clean_text

SHORTEST = 5
"""Characters of what is looked for: anything shorter is found by chance."""

AROUND = 60
"""Bytes on each side of what was found that are shown with it."""

SHOWN = 3
"""Excerpts per place; how often it occurs there is said beside them."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of what is stored, in readable characters: what stands before, what was found, what stands behind."""

    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Held:
    """Where something occurs: by whom it is kept, in which file, table or topic, and in how many values."""

    owner: str
    place: str
    times: int
    excerpts: tuple[Excerpt, ...] = field(repr=False)


class TooShort(ValueError):
    """What is to be looked for has less than SHORTEST characters."""


def search(pieces: Iterable[Piece], wanted: str) -> list[Held]:
    """Every place in which `wanted` occurs, as it is, in JSON, or below base64 or hexadecimal.

    It is cleaned as a client cleans answers; small and capital letters are told apart. In the order of the pieces.
    TooShort.
    """
    text = clean_text(wanted)
    if len(text) < SHORTEST:
        raise TooShort(wanted)
    found: dict[tuple[str, str], list[Excerpt]] = {}
    for piece in pieces:
        excerpts = list(_excerpts(piece.value, text))
        if excerpts:
            found.setdefault((piece.owner, piece.place), []).append(excerpts[0])
    return [
        Held(owner, place, len(excerpts), tuple(dict.fromkeys(excerpts))[:SHOWN])
        for (owner, place), excerpts in found.items()
    ]


def _excerpts(value: bytes, text: str) -> Iterator[Excerpt]:
    needles = _spellings(text)
    for view in holdings.views(value):
        for needle in needles:
            at = view.find(needle)
            if at >= 0:
                end = at + len(needle)
                before, after = view[max(0, at - AROUND) : at], view[end : end + AROUND]
                yield Excerpt(_readable(before), text, _readable(after))


def _spellings(text: str) -> Iterable[bytes]:
    """In JSON a quotation mark or a line's end is spelled in another way, and perhaps whatever is not ASCII."""
    spelled = (text, *(json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True)))
    return dict.fromkeys(each.encode() for each in spelled)


def _readable(some: bytes) -> str:
    """Bytes as text; each run of what nobody can read is one mid-dot."""
    marked = "".join(one if one.isprintable() and one != "\ufffd" else "\0" for one in some.decode("utf-8", "replace"))
    return " · ".join(filter(None, (part.strip() for part in marked.split("\0"))))
