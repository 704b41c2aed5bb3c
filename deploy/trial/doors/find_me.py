"""Find me: everything that a trial's services hold in which a name or a sentence occurs, service by service."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from deploy.trial import holdings
from deploy.trial.holdings import Piece

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
    """Every place in which `wanted` occurs, as it is or below base64 or hexadecimal, in the order of the pieces.

    Small and capital letters, and runs of white space, are told apart: what is stored is searched as it is. TooShort.
    """
    text = unicodedata.normalize("NFC", wanted.strip())
    if len(text) < SHORTEST:
        raise TooShort(wanted)
    needle = text.encode()
    found: dict[tuple[str, str], list[Excerpt]] = {}
    for piece in pieces:
        excerpts = list(_excerpts(piece.value, needle))
        if excerpts:
            found.setdefault((piece.owner, piece.place), []).append(excerpts[0])
    return [
        Held(owner, place, len(excerpts), tuple(dict.fromkeys(excerpts))[:SHOWN])
        for (owner, place), excerpts in found.items()
    ]


def _excerpts(value: bytes, needle: bytes) -> Iterator[Excerpt]:
    for view in holdings.views(value):
        at = view.find(needle)
        if at >= 0:
            end = at + len(needle)
            yield Excerpt(
                _readable(view[max(0, at - AROUND) : at]), needle.decode(), _readable(view[end : end + AROUND])
            )


def _readable(some: bytes) -> str:
    """Bytes as text; each run of what nobody can read is one mid-dot."""
    marked = "".join(one if one.isprintable() and one != "\ufffd" else "\0" for one in some.decode("utf-8", "replace"))
    return " · ".join(filter(None, (part.strip() for part in marked.split("\0"))))
