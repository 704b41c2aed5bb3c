"""From the answers of one cell to its totals (docs/disclosure.md, section 3). Pure, and the same for any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import sqrt
from operator import mul

from shared.answers import ClosedAnswer, OpenAnswer
from shared.questionnaire import Part, PartKind

Histogram = tuple[int, ...]
"""How many chose what: index 0 = no answer, 1 + option for each option."""

CORRELATION_FROM = 100
"""Complete answers. With fewer the correlation is mere noise, and each person weighs too much in it."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What may be known of a cell's answers.

    `n` counts envelopes, empty and unreadable ones too. A closed part has one histogram per question, in the part's
    order, each with the sum n; an open part has the texts that are not empty, sorted by code points.
    """

    n: int
    histograms: tuple[Histogram, ...]
    texts: tuple[str, ...] = field(default=(), repr=False)


def fold(part: Part, answers: Iterable[ClosedAnswer | OpenAnswer | None]) -> Totals:
    """The totals of one cell. None is an envelope that did not open or validate: no answer to every question."""
    if part.kind is PartKind.OPEN:
        texts = ["" if answer is None else _words(answer) for answer in answers]
        return Totals(n=len(texts), histograms=(), texts=tuple(sorted(filter(None, texts))))
    rows = _rows(part, answers)
    return Totals(
        n=len(rows),
        histograms=tuple(
            _histogram(column, limit) for column, limit in zip(_columns(part, rows), part.limits, strict=True)
        ),
    )


def correlation(part: Part, scale: str, answers: Iterable[ClosedAnswer | OpenAnswer | None]) -> int | None:
    """The average correlation between two items of a scale over the whole company, in tenths; None where there is none.

    `answers` are those of all cells of the part. Only people who answered every item of the scale count (complete
    cases): so all pairs stand on the same people and fit together, and the number says nothing about who left one
    item out. Fewer than CORRELATION_FROM of them, or no two items on which they differ: None. Reversed items are
    recoded, which turns the sign. Pairs with an item to which all gave the same answer have no correlation and are
    left out. Halves are rounded away from zero.
    """
    places = [i for i, question in enumerate(part.questions) if question.scale == scale]
    columns = _columns(part, _rows(part, answers))
    complete = [row for row in zip(*(columns[i] for i in places), strict=True) if 0 not in row]
    n = len(complete)
    if n < CORRELATION_FROM:
        return None
    items = list(zip(*complete, strict=True))
    sums = [sum(item) for item in items]
    spread = [n * sum(map(mul, item, item)) - total * total for item, total in zip(items, sums, strict=True)]
    signs = [-1 if part.questions[i].reverse else 1 for i in places]
    found = [
        signs[a] * signs[b] * (n * sum(map(mul, items[a], items[b])) - sums[a] * sums[b]) / sqrt(spread[a] * spread[b])
        for a, b in combinations(range(len(items)), 2)
        if spread[a] and spread[b]
    ]
    if not found:
        return None
    tenths = 10 * sum(found) / len(found)
    return int(tenths + 0.5) if tenths >= 0 else -int(0.5 - tenths)


def added(left: Sequence[Histogram], right: Sequence[Histogram]) -> tuple[Histogram, ...]:
    """Histograms of the same questions over two disjoint sets of people, put together."""
    return tuple(tuple(map(sum, zip(a, b, strict=True))) for a, b in zip(left, right, strict=True))


def _rows(part: Part, answers: Iterable[ClosedAnswer | OpenAnswer | None]) -> list[bytes]:
    blank = bytes(len(part.questions))
    return [blank if answer is None else _choices(answer) for answer in answers]


def _choices(answer: ClosedAnswer | OpenAnswer) -> bytes:
    if not isinstance(answer, ClosedAnswer):
        raise TypeError("words in a closed part")
    return answer.choices


def _words(answer: ClosedAnswer | OpenAnswer) -> str:
    if not isinstance(answer, OpenAnswer):
        raise TypeError("choices in an open part")
    return answer.text


def _columns(part: Part, rows: Sequence[bytes]) -> list[bytes]:
    """All answers to each question; slicing with a stride is the fastest transposition in plain Python."""
    width = len(part.questions)
    together = b"".join(rows)
    return [together[place::width] for place in range(width)]


def _histogram(column: bytes, limit: int) -> Histogram:
    counts = [0] * (limit + 1)
    if len(column) < 64:  # Most cells are teams: for them a loop costs less than a search per option.
        for choice in column:
            counts[choice] += 1
        return tuple(counts)
    return tuple(map(column.count, range(limit + 1)))
