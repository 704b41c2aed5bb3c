"""Whether a release can be true: everything that can be recomputed is recomputed before anything of it is shown.

Signatures and the chain of records are the fold's matter (shared/rounds.py), hashes that of the bundles
(shared/bundle.py). Here: do the numbers fit the rules of the round, the gate's numbers, and each other? What cannot be
seen from outside is whether aggregate added up honestly (docs/threat-model.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.answers import Invalid, TooLong, encode_open
from shared.partition import assigned
from shared.questionnaire import Part, PartKind, Question
from shared.release_items import Cell, Comment, Correlation, Counted, Histogram, Numbers, Result
from shared.tree import NodeId, PartTree

CORRELATION_FROM = 100
"""Answers. Aggregate publishes no correlation of fewer."""


class Doubt(StrEnum):
    """Why a release is not shown."""

    MISSING = "missing"  # a part that the signed record names is not in the log, or was altered
    MALFORMED = "malformed"  # what it names is no release
    NUMBERS = "numbers"  # other numbers than the gate's, or results of something that was not asked
    SMALL = "small"  # fewer than the minimum
    CROWDED = "crowded"  # more answers than people
    NESTED = "nested"  # results that stand on other groups than the counted ones
    SUMS = "sums"  # a histogram that is not that of its n answers
    UNANIMOUS = "unanimous"  # a group that all gave the same answer
    COMMENTS = "comments"  # comments of a group that was not counted, or that nobody can have sent
    COUNTED = "counted"  # another number of counted entries than of answers


@dataclass(frozen=True)
class Contents:
    """What a release names. `words` is None where the comments cannot be read (any more)."""

    numbers: Numbers
    words: tuple[Comment, ...] | None
    counted: Counted


def units(part: Part) -> dict[str, tuple[Question, ...]]:
    """Unit -> its questions: the items of a scale stand together, any other question alone; an open part has none."""
    found: dict[str, tuple[Question, ...]] = {}
    if part.kind is PartKind.CLOSED:
        for question in part.questions:
            name = question.scale or question.id
            found[name] = (*found.get(name, ()), question)
    return found


def check(
    parts: Sequence[Part], trees: Sequence[PartTree], said: Sequence[Mapping[str, Any]], contents: Contents
) -> Doubt | None:
    """The first thing that cannot be; `said` are the parts' numbers in the batch record."""
    numbers = contents.numbers
    if len(said) != len(parts) or any(cell.part >= len(parts) for cell in numbers.cells):
        return Doubt.NUMBERS
    named = {result.part for result in numbers.results} | {of.part for of in numbers.correlations}
    if any(part >= len(parts) for part in named):
        return Doubt.NUMBERS
    published = bool(numbers.cells)
    for at, (part, tree, of_gate) in enumerate(zip(parts, trees, said, strict=True)):
        cells = {cell.node: cell.n for cell in numbers.cells if cell.part == at}
        if doubt := _cells(cells, tree, of_gate if published else None):
            return doubt
        results = [result for result in numbers.results if result.part == at]
        correlations = [of for of in numbers.correlations if of.part == at]
        if doubt := _results(part, tree, cells, results) or _correlations(part, cells, results, correlations):
            return doubt
    if contents.words is not None and not _possible(contents.words, parts, numbers.cells):
        return Doubt.COMMENTS
    return _counted(said, numbers, contents.counted)


def _cells(cells: Mapping[NodeId, int], tree: PartTree, of_gate: Mapping[str, Any] | None) -> Doubt | None:
    if any(node not in tree.nodes for node in cells):
        return Doubt.NESTED
    if any(n < tree.k for n in cells.values()):
        return Doubt.SMALL
    if of_gate is not None:
        if (of_gate["lots"], of_gate["counted"]) != (len(cells), sum(cells.values())):
            return Doubt.NUMBERS
        if cells and of_gate["held_back"]:
            return Doubt.NUMBERS
    if any(n > tree.nodes[node].size for node, n in tree.at_and_below(cells).items()):
        return Doubt.CROWDED
    return None


def _results(part: Part, tree: PartTree, cells: Mapping[NodeId, int], results: Sequence[Result]) -> Doubt | None:
    asked = units(part)
    by_unit: dict[str, dict[NodeId, Result]] = {}
    for result in results:
        if result.unit not in asked:
            return Doubt.NUMBERS
        by_unit.setdefault(result.unit, {})[result.node] = result
    for unit, finals in by_unit.items():
        counts_in = assigned(tree, cells, finals)
        if set(counts_in.values()) != finals.keys():
            return Doubt.NESTED
        n = dict.fromkeys(finals, 0)
        for cell, node in counts_in.items():
            if node is not None:
                n[node] += cells[cell]
        for node, result in finals.items():
            if result.n != n[node] or result.histograms.keys() != {question.id for question in asked[unit]}:
                return Doubt.SUMS
            for question in asked[unit]:
                if doubt := _histogram(question, result.histograms[question.id], result.n, tree.k):
                    return doubt
    return None


def _histogram(question: Question, histogram: Histogram, n: int, k: int) -> Doubt | None:
    options = histogram[1:]
    if question.answers is None or len(options) != question.answers.options or sum(histogram) != n:
        return Doubt.SUMS
    if sum(options) < k:
        return Doubt.SMALL
    return Doubt.UNANIMOUS if max(options) == sum(options) else None


def _correlations(
    part: Part, cells: Mapping[NodeId, int], results: Sequence[Result], correlations: Iterable[Correlation]
) -> Doubt | None:
    scales = {unit for unit, questions in units(part).items() if len(questions) > 1}
    published = scales & {result.unit for result in results}
    if any(of.scale not in published or sum(cells.values()) < CORRELATION_FROM for of in correlations):
        return Doubt.NUMBERS
    return None


def _possible(words: Iterable[Comment], parts: Sequence[Part], cells: Iterable[Cell]) -> bool:
    """Whether each comment is one that a person of its group can have sent, and there are not too many."""
    left = {(cell.part, cell.node): cell.n for cell in cells}
    for comment in words:
        place = (comment.part, comment.node)
        if place not in left or parts[comment.part].kind is not PartKind.OPEN:
            return False
        left[place] -= 1
        if left[place] < 0:
            return False
        try:
            encode_open(parts[comment.part], comment.text)
        except (Invalid, TooLong):
            return False
    return True


def _counted(said: Sequence[Mapping[str, Any]], numbers: Numbers, entries: Counted) -> Doubt | None:
    """Where nothing is published, all entries are told as held back."""
    in_cells = sum(cell.n for cell in numbers.cells)
    everything = sum(of["counted"] + of["held_back"] for of in said)
    expected = (in_cells, everything - in_cells)
    return None if expected == (len(entries.counted), len(entries.held_back)) else Doubt.COUNTED
