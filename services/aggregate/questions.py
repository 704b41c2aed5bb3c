"""On which cells each question is published: the part's cells, some of them combined (docs/disclosure.md, section 3).

A part's partition was made from numbers of envelopes. A question may need coarser cells, because people left it out
or all gave the same answer. Cells are only ever combined along the tree, so that what is published of a question
stays sums over disjoint cells.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from services.aggregate.prf import Lots
from services.aggregate.totals import Histogram, Totals, added
from shared.questionnaire import Part, PartKind
from shared.tree import NodeId, PartTree

Histograms = dict[NodeId, tuple[Histogram, ...]]


@dataclass(frozen=True, slots=True)
class Final:
    """The published cells of one unit.

    `questions` are places in the part; `cells` has per final cell one histogram for each of them, in that order;
    `counts_in` tells for each of the part's cells in which final cell it counts. Both are empty if the unit has no
    result.
    """

    unit: str
    questions: tuple[int, ...]
    cells: Histograms
    counts_in: Mapping[NodeId, NodeId]


def units(part: Part) -> dict[str, tuple[int, ...]]:
    """Unit -> the places of its questions: the items of a scale stand together, any other question alone.

    A unit is named after its scale or question; shared.questionnaire sees to it that no two names are equal. An open
    part has none: its texts are published by the part's cells.
    """
    found: dict[str, tuple[int, ...]] = {}
    if part.kind is PartKind.OPEN:
        return found
    for place, question in enumerate(part.questions):
        name = question.scale or question.id
        found[name] = (*found.get(name, ()), place)
    return found


def merge(
    tree: PartTree, part: Part, cells: Mapping[NodeId, Totals], lots: Lots, *, strict: bool = False
) -> tuple[Final, ...]:
    """The final cells of every unit of the part, in the order of `units`.

    `cells`: closed node of the part's partition -> totals of its pool. `strict`: a cell in which all but one gave the
    same answer fails too. The same cells, tree and lots give the same result, whatever the order of `cells`.
    """
    if not cells:
        return tuple(Final(unit, questions, {}, {}) for unit, questions in units(part).items())
    nodes = sorted(cells)
    columns = list(zip(*(cells[node].histograms for node in nodes), strict=True))  # Per question those of all cells.
    results = []
    for unit, questions in units(part).items():
        pools = dict(zip(nodes, zip(*(columns[place] for place in questions), strict=True), strict=True))
        closing = _Closing(tree, pools, lots.cover(unit, cells), strict)
        closing.run()
        results.append(Final(unit, questions, closing.pools, closing.counts_in()))
    return tuple(results)


def fails(histograms: tuple[Histogram, ...], k: int, *, strict: bool) -> bool:
    """Whether fewer than k answered one of the questions, or all (strict: all but one) gave it the same answer."""
    for histogram in histograms:
        options = histogram[1:]
        answered = sum(options)
        if answered < k or max(options) >= answered - strict:
            return True
    return False


class _Closing:
    """The closed set of one unit while it is made coarser.

    `pools`: closed node -> the histograms of what it holds; at first the part's cells. `least`: how many cells a node
    must come to hold, for nodes drawn for cover and those that inherited a draw.
    """

    def __init__(self, tree: PartTree, pools: Histograms, least: dict[NodeId, int], strict: bool) -> None:
        self.tree = tree
        self.pools = pools
        self._least = least
        self._strict = strict
        self._all = tuple(pools)
        self._held: dict[NodeId, tuple[NodeId, ...]] = {}  # Cells of each node that holds other than just itself.

    def run(self) -> None:
        """Go up the tree, children first; nodes at which nothing has to happen are skipped.

        Numbers are pre-order, so descending numbers put everything below a node before it.
        """
        k, strict = self.tree.k, self._strict
        due = [-node for node, pool in self.pools.items() if node in self._least or fails(pool, k, strict=strict)]
        heapify(due)
        while due:
            node = -heappop(due)
            if not self._is_failing(node):
                continue  # What came up from below mended it, or it was put here twice.
            self._take_in(node)
            if not self._is_failing(node):
                continue
            parent = self.tree.nodes[node].parent
            if parent is None:
                self.pools = {}
                return
            self._pass_up(node, parent)
            heappush(due, -parent)
        self.pools = dict(sorted(self.pools.items()))

    def counts_in(self) -> dict[NodeId, NodeId]:
        """Cell of the part -> closed node that holds it."""
        if not self.pools:
            return {}
        return dict(zip(self._all, self._all, strict=True)) | {
            cell: node for node, held in self._held.items() for cell in held
        }

    def _cells(self, node: NodeId) -> tuple[NodeId, ...]:
        return self._held.get(node, (node,))

    def _is_failing(self, node: NodeId) -> bool:
        return node in self.pools and (
            self._is_short(node) or fails(self.pools[node], self.tree.k, strict=self._strict)
        )

    def _is_short(self, node: NodeId) -> bool:
        """Drawn for cover, and holding neither as many cells as drawn nor all there are."""
        return len(self._cells(node)) < min(self._least.get(node, 1), len(self._all))

    def _take_in(self, node: NodeId) -> None:
        """Take in the topmost closed nodes below, one by one in tree order, until `node` does not fail.

        When these are used up, those that had been hidden below them are next.
        """
        took = True
        while took:
            took = False
            for below in self._topmost_below(node):
                self._move(below, node)
                took = True
                if not self._is_failing(node):
                    return

    def _topmost_below(self, node: NodeId) -> Iterator[NodeId]:
        """Closed nodes strictly below with no closed node between; may be taken away while this goes on."""
        waiting = list(reversed(self.tree.children[node]))
        while waiting:
            here = waiting.pop()
            if here in self.pools:
                yield here
            else:
                waiting.extend(reversed(self.tree.children[here]))

    def _pass_up(self, node: NodeId, parent: NodeId) -> None:
        """Un-close `node`: its pool goes to the parent, which becomes closed, and a draw not yet met goes with it."""
        if self._is_short(node):
            self._least[parent] = max(self._least.get(parent, 1), self._least[node])
        self._move(node, parent)

    def _move(self, node: NodeId, to: NodeId) -> None:
        """`to` gets the pool of `node`, which is closed no more; `to` becomes closed if it was not."""
        pool, cells = self.pools.pop(node), self._cells(node)
        self._held.pop(node, None)
        if to in self.pools:
            self._held[to] = self._cells(to) + cells
            self.pools[to] = added(self.pools[to], pool)
        else:
            self._held[to] = cells
            self.pools[to] = pool
