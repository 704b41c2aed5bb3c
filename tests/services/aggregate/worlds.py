"""Random small companies with answers, to try the laws of docs/disclosure.md on."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from services.aggregate.prf import Lots
from services.aggregate.totals import Totals, fold
from shared.answers import ClosedAnswer
from shared.partition import K_FLOOR, partition
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Reader
from shared.tree import Node, NodeId, NodeKind, PartTree

OPEN = Part("keep", PartKind.OPEN, K_FLOOR, 64, (Reader.HR,), (Question("keep-1", {"nl": "v", "en": "q"}),))


@dataclass(frozen=True)
class World:
    """`lots`: the answers by cell of the part's partition; none if too few people answered."""

    tree: PartTree
    part: Part
    lots: Mapping[NodeId, tuple[ClosedAnswer, ...]]
    lottery: Lots

    @property
    def cells(self) -> dict[NodeId, Totals]:
        return {cell: fold(self.part, answers) for cell, answers in self.lots.items()}


def closed_part(options: int, scales: tuple[str | None, ...], *, reverse: tuple[int, ...] = ()) -> Part:
    """One question per entry of `scales`, which names the scale that it counts for."""
    labels = tuple(f"option {i}" for i in range(options))
    answers = AnswerScale("some", AnswerKind.AGREE, {"nl": labels, "en": labels})
    questions = tuple(
        Question(f"q{i}", {"nl": f"vraag {i}", "en": f"question {i}"}, answers, scale, i in reverse)
        for i, scale in enumerate(scales)
    )
    return Part("scores", PartKind.CLOSED, K_FLOOR, 16, (Reader.EVERYONE,), questions)


def tree_of(parents: list[NodeId | None], own: list[int]) -> PartTree:
    """Node i has the parent `parents[i]` and `own[i]` people directly in it; numbers must be pre-order."""
    sizes = list(own)
    for node in reversed(range(len(own))):
        if (parent := parents[node]) is not None:
            sizes[parent] += sizes[node]
    return PartTree([Node(i, parents[i], NodeKind.GROUP, f"group {i}", sizes[i]) for i in range(len(own))], K_FLOOR)


def random_tree(random: Random, nodes: int) -> PartTree:
    parents: list[NodeId | None] = [None]
    path = [0]
    for node in range(1, nodes):
        del path[random.randint(1, len(path)) :]
        parents.append(path[-1])
        path.append(node)
    inner = set(parents)
    own = [random.choice((0, 0, 1, 6)) if node in inner else random.randint(5, 9) for node in range(nodes)]
    return tree_of(parents, own)


def random_world(seed: int, nodes: int, options: int, left_out: float, agreement: float, percent: int) -> World:
    """`agreement`: how often somebody answers as everybody in the company does."""
    random = Random(seed)
    tree = random_tree(random, nodes)
    part = closed_part(options, ("s", None, "s", None))
    rate = random.choice((0.3, 0.8, 1.0))
    counts = {node: sum(random.random() < rate for _ in range(own)) for node, own in tree.own.items() if own}
    lots: defaultdict[NodeId, list[ClosedAnswer]] = defaultdict(list)
    for node, cell in partition(tree, counts).items():
        if cell is not None:
            lots[cell] += [_answer(random, part, left_out, agreement) for _ in range(counts[node])]
    return World(
        tree,
        part,
        {cell: tuple(lots[cell]) for cell in sorted(lots)},
        Lots(seed.to_bytes(32, "big"), bytes(32), 0, percent),
    )


def _answer(random: Random, part: Part, left_out: float, agreement: float) -> ClosedAnswer:
    def choice(limit: int) -> int:
        if random.random() < left_out:
            return 0
        return 1 if random.random() < agreement else random.randint(1, limit)

    return ClosedAnswer(bytes(choice(limit) for limit in part.limits))


def worlds(nodes: int = 14) -> st.SearchStrategy[World]:
    return st.builds(
        random_world,
        seed=st.integers(0, 2**32),
        nodes=st.integers(1, nodes),
        options=st.integers(2, 5),
        left_out=st.sampled_from((0.0, 0.05, 0.3)),
        agreement=st.sampled_from((0.0, 0.6, 0.95, 1.0)),
        percent=st.sampled_from((0, 5, 50)),
    )
