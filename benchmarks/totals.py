"""Totals and final cells of 100,000 people and 40 questions, opening aside: the aim is less than 1 s.

Run from the root of the project: `python -m benchmarks totals`. The organisation is regular (ten to a team, ten teams
to a department, ten departments to a division), 75 % answer, and each leaves out 2 % of the questions.
"""

from random import Random
from time import perf_counter

from services.aggregate.invariants import check
from services.aggregate.prf import Lots
from services.aggregate.questions import merge
from services.aggregate.totals import correlation, fold
from shared.answers import ClosedAnswer
from shared.partition import partition
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Reader
from shared.tree import Node, NodeId, NodeKind, PartTree

PEOPLE = 100_000
QUESTIONS = 40
FANOUT = (10, 10, 10, 10)
RESPONSE = 0.75
LEFT_OUT = 0.02
OPTIONS = 7


def regular_tree(k: int) -> PartTree:
    """Divisions, departments and teams of equal size, numbered in pre-order."""
    nodes: list[Node] = []

    def add(parent: NodeId | None, size: int, depth: int) -> None:
        node = Node(len(nodes), parent, NodeKind.GROUP, f"group {len(nodes)}", size)
        nodes.append(node)
        if depth < len(FANOUT):
            for _ in range(FANOUT[depth]):
                add(node.id, size // FANOUT[depth], depth + 1)

    add(None, PEOPLE, 0)
    return PartTree(nodes, k)


def questionnaire_part(in_scales: int) -> Part:
    """40 questions, the first `in_scales` of them in scales of seven, the others alone."""
    agree = AnswerScale("agree7", AnswerKind.AGREE, {"nl": ("x",) * OPTIONS, "en": ("x",) * OPTIONS})
    questions = tuple(
        Question(f"q{i}", {"nl": f"v{i}", "en": f"q{i}"}, agree, f"s{i // 7}" if i < in_scales else None)
        for i in range(QUESTIONS)
    )
    return Part("scores", PartKind.CLOSED, 5, 64, (Reader.EVERYONE,), questions)


def answer(random: Random) -> ClosedAnswer:
    mood = random.choice((1, 2, 2, 3))
    return ClosedAnswer(
        bytes(0 if random.random() < LEFT_OUT else random.randint(mood, mood + 4) for _ in range(QUESTIONS))
    )


def main() -> None:
    random = Random(1)
    tree = regular_tree(5)
    teams = [node for node in tree.nodes if not tree.children[node]]
    finest = dict.fromkeys(teams, 0)
    for _ in range(int(PEOPLE * RESPONSE)):
        finest[random.choice(teams)] += 1
    start = perf_counter()
    assignment = partition(tree, finest)
    print(f"partition          {perf_counter() - start:6.2f} s   (not part of the aim)")
    lots: dict[NodeId, list[ClosedAnswer]] = {}
    for team, cell in assignment.items():
        assert cell is not None
        lots.setdefault(cell, []).extend(answer(random) for _ in range(finest[team]))
    print(f"{sum(map(len, lots.values()))} answers in {len(lots)} cells, {QUESTIONS} questions")
    for in_scales in (0, 35):
        part = questionnaire_part(in_scales)
        start = perf_counter()
        cells = {cell: fold(part, answers) for cell, answers in lots.items()}
        folded = perf_counter()
        finals = merge(tree, part, cells, Lots(bytes(32), bytes(32), 0, 5))
        merged = perf_counter()
        assert check(tree, part, cells, finals) is None
        checked = perf_counter()
        everybody = [one for answers in lots.values() for one in answers]
        scales = {final.unit for final in finals if len(final.questions) > 1}
        for scale in scales:
            correlation(part, scale, everybody)
        done = perf_counter()
        kept = sum(len(final.cells) for final in finals) / len(finals) / len(cells)
        print(
            f"{len(finals):2} units: totals {folded - start:5.2f} s, merges {merged - folded:5.2f} s, together "
            f"{merged - start:5.2f} s; invariants {checked - merged:5.2f} s, {len(scales)} correlations "
            f"{done - checked:5.2f} s; {kept:.1%} of cells x units stand alone or in front"
        )


if __name__ == "__main__":
    main()
