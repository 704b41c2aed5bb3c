"""What aggregate publishes of a round: three bundles that one release names (docs/protocol.md, "Opening and release").

    cells    canonical JSON, in this order:
             {"n", "node", "part"}                          per part and cell of the batch
             {"histograms": {question id: [no answer, option 1, ...]}, "n", "node", "part", "unit"}
                                                            per part, unit and final cell
             {"part", "r", "scale"}                         average correlation of a scale's items, in tenths
    words    {"node", "part", "text"}                       comments of a cell in an order drawn by lot
    counted  u8 flag || counted entry (16)                  flag 1: counted, 0: held back or not published; sorted

Parts in order, nodes in order, units in the order of the questionnaire's first question of each; so the same release
has the same bytes. `words` lies in a topic of its own, which is deleted earlier.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from shared import canonical
from shared.envelope import COUNTED
from shared.tree import NodeId

Histogram = tuple[int, ...]

_CELL = frozenset({"n", "node", "part"})
_RESULT = frozenset({"histograms", "n", "node", "part", "unit"})
_CORRELATION = frozenset({"part", "r", "scale"})
_COMMENT = frozenset({"node", "part", "text"})

FLAG = 1
"""Bytes before a counted entry."""


class BadRelease(ValueError):
    """Not the items of a release: malformed, or in another order than they are written."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many envelopes of a part were counted in a node; of a closed part before any were combined further."""

    part: int
    node: NodeId
    n: int


@dataclass(frozen=True, slots=True)
class Result:
    """One final cell of one unit: a histogram per question, each with the sum n; index 0 = no answer."""

    part: int
    unit: str
    node: NodeId
    n: int
    histograms: Mapping[str, Histogram]


@dataclass(frozen=True, slots=True)
class Correlation:
    """The average correlation between two items of a scale over the whole company, in tenths: -10 to 10."""

    part: int
    scale: str
    tenths: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The bundle `cells`. Without any cell it says: nothing was published."""

    cells: tuple[Cell, ...]
    results: tuple[Result, ...]
    correlations: tuple[Correlation, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """One person's words; all that is known of them is the cell."""

    part: int
    node: NodeId
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted entries (16 bytes each, sorted) of all parts together, so that asking for one's own tells nothing."""

    counted: tuple[bytes, ...] = field(repr=False)
    held_back: tuple[bytes, ...] = field(repr=False)


NOTHING = Numbers((), (), ())
"""Not enough answers, or something that may not be published."""


def encode_numbers(numbers: Numbers) -> Iterator[bytes]:
    """The items of the bundle `cells`; whoever makes `numbers` has put them in their order."""
    for cell in numbers.cells:
        yield canonical.dumps({"part": cell.part, "node": cell.node, "n": cell.n})
    for result in numbers.results:
        yield canonical.dumps(
            {
                "part": result.part,
                "unit": result.unit,
                "node": result.node,
                "n": result.n,
                "histograms": {question: list(counts) for question, counts in result.histograms.items()},
            }
        )
    for of in numbers.correlations:
        yield canonical.dumps({"part": of.part, "scale": of.scale, "r": of.tenths})


def decode_numbers(items: Sequence[bytes]) -> Numbers:
    """What `encode_numbers` was given; BadRelease. That the numbers fit each other is for the reader to check."""
    cells: list[Cell] = []
    results: list[Result] = []
    correlations: list[Correlation] = []
    for item in items:
        body = _object(item)
        if body.keys() == _CELL and not results and not correlations:
            cells.append(Cell(_whole(body["part"]), _whole(body["node"]), _whole(body["n"])))
        elif body.keys() == _RESULT and not correlations:
            place = (_whole(body["part"]), _text(body["unit"]), _whole(body["node"]))
            results.append(Result(*place, _whole(body["n"]), _histograms(body["histograms"])))
        elif body.keys() == _CORRELATION:
            tenths = body["r"]
            if type(tenths) is not int or not -10 <= tenths <= 10:
                raise BadRelease("no correlation")
            correlations.append(Correlation(_whole(body["part"]), _text(body["scale"]), tenths))
        else:
            raise BadRelease("neither a cell nor a result nor a correlation, or in another order")
    if any((left.part, left.node) >= (right.part, right.node) for left, right in pairwise(cells)):
        raise BadRelease("cells out of order, or one twice")
    if len({(result.part, result.unit, result.node) for result in results}) < len(results):
        raise BadRelease("a result stands twice")
    if len({(of.part, of.scale) for of in correlations}) < len(correlations):
        raise BadRelease("a correlation stands twice")
    return Numbers(tuple(cells), tuple(results), tuple(correlations))


def encode_words(comments: Iterable[Comment]) -> Iterator[bytes]:
    """The items of the bundle `words`, in the given order."""
    for comment in comments:
        yield canonical.dumps({"part": comment.part, "node": comment.node, "text": comment.text})


def decode_words(items: Iterable[bytes]) -> tuple[Comment, ...]:
    """What `encode_words` was given; BadRelease."""
    comments = []
    for item in items:
        body = _object(item)
        if body.keys() != _COMMENT:
            raise BadRelease("no comment")
        comments.append(Comment(_whole(body["part"]), _whole(body["node"]), _text(body["text"])))
    if any((left.part, left.node) > (right.part, right.node) for left, right in pairwise(comments)):
        raise BadRelease("comments out of order")
    return tuple(comments)


def encode_counted(entries: Counted) -> list[bytes]:
    """The items of the bundle `counted`, sorted."""
    return sorted([b"\1" + entry for entry in entries.counted] + [b"\0" + entry for entry in entries.held_back])


def decode_counted(items: Sequence[bytes]) -> Counted:
    """What `encode_counted` was given; BadRelease. An entry may stand there once."""
    if any(len(item) != FLAG + COUNTED or item[0] > 1 for item in items):
        raise BadRelease("no counted entry")
    if any(left >= right for left, right in pairwise(items)):
        raise BadRelease("counted entries out of order, or one twice")
    entries = Counted(
        tuple(item[FLAG:] for item in items if item[0]), tuple(item[FLAG:] for item in items if not item[0])
    )
    if not set(entries.counted).isdisjoint(entries.held_back):
        raise BadRelease("an entry is both counted and held back")
    return entries


def _object(item: bytes) -> dict[str, Any]:
    try:
        body = canonical.loads(item)
    except ValueError:
        raise BadRelease("not canonical JSON") from None
    if not isinstance(body, dict):
        raise BadRelease("no JSON object")
    return body


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise BadRelease("no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadRelease("no text")
    return value


def _histograms(value: object) -> dict[str, Histogram]:
    if not isinstance(value, dict) or not value:
        raise BadRelease("no histograms")
    found: dict[str, Histogram] = {}
    for question, counts in value.items():
        if not isinstance(counts, list):
            raise BadRelease("no histogram")
        found[question] = tuple(map(_whole, counts))
    return found
