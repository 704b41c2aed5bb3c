"""From a batch that was checked, and the round's key, to the release: the same bytes every time.

Nothing in here can fail because of what somebody has sealed: an inner layer that does not open, or holds no answer,
counts as "no answer" to every question. Else one employee could sink a whole cell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.aggregate import invariants, prf
from services.aggregate.core import entries_in_lots
from services.aggregate.invariants import Violation
from services.aggregate.prf import Lots
from services.aggregate.questions import Final, merge
from services.aggregate.totals import Totals, correlation, fold
from shared.answers import ClosedAnswer, OpenAnswer, decode
from shared.batch_items import Batch
from shared.envelope import open_inner
from shared.hpke import SecretKey
from shared.manifest import Manifest
from shared.questionnaire import Part
from shared.release_items import NOTHING, Cell, Comment, Correlation, Counted, Numbers, Result
from shared.sealing_key import SealingKey
from shared.tree import NodeId, PartTree

Answer = ClosedAnswer | OpenAnswer | None
"""None: what was sealed is no answer."""

Sealed = tuple[int, bytes, bytes]
"""Part, pk, inner layer."""


@dataclass(frozen=True)
class Opener:
    """What a process needs to open inner layers; picklable as long as it has opened nothing."""

    secret: bytes = field(repr=False)
    manifest_hash: bytes
    parts: tuple[Part, ...]

    @cached_property
    def key(self) -> SecretKey:
        return SecretKey(self.secret)


@dataclass(frozen=True, slots=True)
class Published:
    """The contents of a release. `violation` says why nothing is published, if that is so: it stays inside."""

    numbers: Numbers
    words: tuple[Comment, ...]
    counted: Counted
    violation: Violation | None = None


def sealed(batch: Batch) -> Iterator[Sealed]:
    """All inner layers in the order of the batch."""
    return ((lot.part, entry.pk, entry.inner) for lot in batch.lots for entry in lot.entries)


def open_all(opener: Opener, chunk: Sequence[Sealed]) -> list[Answer]:
    """The answers, in order. To be spread over processes."""
    return [_answer(opener, part, pk, inner) for part, pk, inner in chunk]


def _answer(opener: Opener, part: int, pk: bytes, inner: bytes) -> Answer:
    try:
        return decode(opener.parts[part], open_inner(opener.key, opener.manifest_hash, part, pk, inner))
    except Exception:
        # Whatever it is: whoever sealed it must not be able to stop the count of all others.
        return None


def release(
    manifest: Manifest,
    trees: Sequence[PartTree],
    batch: Batch,
    batch_hash: bytes,
    key: SealingKey,
    answers: Iterator[Answer],
) -> Published:
    """What may be known of the answers, which come in the order of `sealed`. `batch_hash`: of the batch record, 32.

    If what came out breaks a promise in any part, nothing is published but the counted entries.
    """
    cells: list[Cell] = []
    results: list[Result] = []
    correlations: list[Correlation] = []
    words: list[Comment] = []
    lots_key = prf.lots_key(key.secret, manifest.hash)
    for number, (part, tree) in enumerate(zip(manifest.draft.questionnaire.parts, trees, strict=True)):
        opened = {
            lot.node: [next(answers) for _ in lot.entries] for lot in batch.lots if lot.part == number
        }  # In the order of the batch: by node.
        totals = {node: fold(part, of_lot) for node, of_lot in opened.items()}
        lots = Lots(lots_key, batch_hash, number, manifest.draft.cover)
        finals = merge(tree, part, totals, lots)
        if violation := invariants.check(tree, part, totals, finals):
            return nothing(manifest, batch, violation)
        cells += [Cell(number, node, of.n) for node, of in totals.items()]
        results += _results(number, part, totals, finals)
        everybody = [answer for of_lot in opened.values() for answer in of_lot]
        correlations += _correlations(number, part, finals, everybody)
        words += [Comment(number, node, text) for node, of in totals.items() for text in lots.shuffled(node, of.texts)]
    numbers = Numbers(tuple(cells), tuple(results), tuple(correlations))
    return Published(numbers, tuple(words), Counted(_in_lots(manifest, batch), _held_back(batch)))


def nothing(manifest: Manifest, batch: Batch, violation: Violation | None = None) -> Published:
    """The release when the key is lost or a promise would be broken: all entries came in, none is published."""
    entries = Counted((), tuple(sorted(_in_lots(manifest, batch) + _held_back(batch))))
    return Published(NOTHING, (), entries, violation)


def _results(number: int, part: Part, totals: dict[NodeId, Totals], finals: Sequence[Final]) -> Iterator[Result]:
    for final in finals:
        questions = [part.questions[place].id for place in final.questions]
        n = dict.fromkeys(final.cells, 0)
        for cell, node in final.counts_in.items():
            n[node] += totals[cell].n
        for node, histograms in sorted(final.cells.items()):
            yield Result(number, final.unit, node, n[node], dict(zip(questions, histograms, strict=True)))


def _correlations(
    number: int, part: Part, finals: Sequence[Final], everybody: Sequence[Answer]
) -> Iterator[Correlation]:
    """Of scales that have a result at all."""
    for final in finals:
        if len(final.questions) > 1 and final.cells:
            tenths = correlation(part, final.unit, everybody)
            if tenths is not None:
                yield Correlation(number, final.unit, tenths)


def _in_lots(manifest: Manifest, batch: Batch) -> tuple[bytes, ...]:
    return tuple(sorted(entries_in_lots(batch, manifest.hash)))


def _held_back(batch: Batch) -> tuple[bytes, ...]:
    return tuple(sorted(entry for entries in batch.held_back.values() for entry in entries))
