"""The last look before anything is published: what must hold of every release, computed again from its parts.

This trusts nothing that services/aggregate/questions.py did. A violation means that nothing of the part is published.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from services.aggregate.questions import Final, units
from services.aggregate.totals import Totals
from shared.partition import assigned
from shared.questionnaire import Part
from shared.tree import NodeId, PartTree


class Violation(StrEnum):
    """What does not hold; the word stands in the log and the metrics."""

    QUESTIONS = "questions"  # a question is published twice, not at all, or with another scale than its own
    COUNTS = "counts"  # a histogram is not that of n envelopes, or an open part has too many texts
    SMALL = "small"  # a cell has fewer than k envelopes, or fewer than k answers to a question
    NESTED = "nested"  # a cell counts in a node that is not the nearest final one at or above it
    LOST = "lost"  # a cell counts nowhere, or a final cell is not the sum of cells
    HOMOGENEOUS = "homogeneous"  # all answers of a final cell are the same


def check(
    tree: PartTree, part: Part, cells: Mapping[NodeId, Totals], finals: Sequence[Final], *, strict: bool = False
) -> Violation | None:
    """The first violation, or None. `cells` are the part's, `finals` those of all units; an open part has none."""
    if [(final.unit, final.questions) for final in finals] != list(units(part).items()):
        return Violation.QUESTIONS
    for node, totals in cells.items():
        if node not in tree.nodes:
            return Violation.NESTED
        if totals.n < tree.k:
            return Violation.SMALL
        if not _is_counted(part, totals):
            return Violation.COUNTS
    for final in finals:
        violation = _nested(tree, cells, final) or _sums(cells, final) or _cells(tree.k, final, strict=strict)
        if violation:
            return violation
    return None


def _is_counted(part: Part, totals: Totals) -> bool:
    widths = [len(histogram) for histogram in totals.histograms]
    return (
        widths == [limit + 1 for limit in part.limits]
        and all(min(histogram) >= 0 and sum(histogram) == totals.n for histogram in totals.histograms)
        and len(totals.texts) <= (0 if part.limits else totals.n)
    )


def _nested(tree: PartTree, cells: Mapping[NodeId, Totals], final: Final) -> Violation | None:
    """Final cells are a set of closed nodes, and each cell of the part lies in the nearest one at or above it."""
    if not final.cells and not final.counts_in:
        return None
    if final.counts_in.keys() != cells.keys() or set(final.counts_in.values()) != final.cells.keys():
        return Violation.LOST
    return None if assigned(tree, cells, final.cells) == final.counts_in else Violation.NESTED


def _sums(cells: Mapping[NodeId, Totals], final: Final) -> Violation | None:
    """Each final cell is the sum of the cells that count in it, question by question."""
    members: dict[NodeId, list[Totals]] = {}
    for cell, node in final.counts_in.items():
        members.setdefault(node, []).append(cells[cell])
    for node, held in members.items():
        for place, histogram in zip(final.questions, final.cells[node], strict=True):
            if tuple(map(sum, zip(*(totals.histograms[place] for totals in held), strict=True))) != histogram:
                return Violation.LOST
    return None


def _cells(k: int, final: Final, *, strict: bool) -> Violation | None:
    for histograms in final.cells.values():
        for _, *options in histograms:
            answered = sum(options)
            if answered < k:
                return Violation.SMALL
            if answered - max(options) <= strict:
                return Violation.HOMOGENEOUS
    return None
