"""What combining cells per question costs, and how often the label "combined" tells that a group was unanimous.

Run from the root of the project: `python -m benchmarks cover [rounds]`. Random companies of 180 people in four
departments with teams of 2 to 20, planned and partitioned as in a real round with k = 5; 75 % answer, with a mood of
their group in common. *Lost*: how many cells fewer there are per question because some were combined.

The guess judged below is "at least one of the groups combined here was unanimous in this question", right by the
share printed. `fits` only guesses where the combined histogram leaves room for it.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from services.aggregate.prf import Lots
from services.aggregate.questions import Final, fails, merge
from services.aggregate.totals import Totals, fold
from services.issuer.plan import plan
from services.issuer.roster import Person, Roster
from shared.answers import ClosedAnswer
from shared.partition import partition
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Reader
from shared.tree import NodeId, PartTree

K = 5
PEOPLE = 180
QUESTIONS = 20
Cells = dict[NodeId, Totals]


@dataclass
class Tally:
    """Sums over many rounds."""

    pairs: int = 0
    lost: int = 0
    unanimous: int = 0
    combined: Counter[int] = field(default_factory=Counter)
    right: Counter[int] = field(default_factory=Counter)
    fits: int = 0
    fits_right: int = 0


def company(random: Random) -> PartTree:
    people: list[Person] = []
    for department in range(4):
        wanted = PEOPLE * (department + 1) // 4
        team = 0
        while len(people) < wanted:
            size = min(random.randint(2, 20), wanted - len(people))
            names = (f"d{department}", f"t{team:02}")
            people += [Person(f"p{len(people) + i}", "", "", "en", names if i else names[:1]) for i in range(size)]
            team += 1
    return PartTree(plan(Roster("c", ("company", "department", "team"), tuple(people)), K, 75).nodes, K)


def part(options: int, items: int) -> Part:
    labels = tuple(str(i) for i in range(options))
    scale = AnswerScale("a", AnswerKind.AGREE, {"nl": labels, "en": labels})
    questions = tuple(
        Question(f"q{i}", {"nl": "", "en": ""}, scale, f"s{i // items}" if items > 1 else None)
        for i in range(QUESTIONS)
    )
    return Part("p", PartKind.CLOSED, K, 64, (Reader.EVERYONE,), questions)


def answers(random: Random, tree: PartTree, part: Part, spread: float, left_out: float) -> Cells:
    """Per person and question a normal around the group's mood, cut off at the ends."""
    counts = {node: sum(random.random() < 0.75 for _ in range(own)) for node, own in tree.own.items() if own}
    lots: defaultdict[NodeId, list[ClosedAnswer]] = defaultdict(list)
    for node, cell in partition(tree, counts).items():
        if cell is None:
            continue
        moods = [random.gauss(0.6, 0.1) * limit for limit in part.limits]
        for _ in range(counts[node]):
            lots[cell].append(
                ClosedAnswer(
                    bytes(
                        0 if random.random() < left_out else max(1, min(limit, round(random.gauss(mood, spread)) + 1))
                        for mood, limit in zip(moods, part.limits, strict=True)
                    )
                )
            )
    return {cell: fold(part, lot) for cell, lot in lots.items()}


def judge(tally: Tally, cells: Cells, finals: tuple[Final, ...]) -> None:
    for final in finals:
        members: defaultdict[NodeId, list[NodeId]] = defaultdict(list)
        for cell, node in final.counts_in.items():
            members[node].append(cell)
        tally.pairs += len(cells) * len(final.questions)
        for node, held in members.items():
            for at, place in enumerate(final.questions):
                own = [cells[cell].histograms[place] for cell in held]
                unanimous = any(fails((h,), 1, strict=False) for h in own)
                tally.unanimous += sum(fails((h,), 1, strict=False) for h in own)
                if len(held) == 1:
                    continue
                tally.lost += len(held) - 1
                tally.combined[len(held)] += 1
                tally.right[len(held)] += unanimous
                if max(final.cells[node][at][1:]) >= min(cells[cell].n for cell in held):
                    tally.fits += 1
                    tally.fits_right += unanimous
        if not final.cells:
            tally.lost += len(cells) * len(final.questions)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    print(
        "options spread items left out | unanimous | lost: no cover, 5 % | label right: no cover | 5 %: by 2/3/4+, fits"
    )
    for options, spread, items in ((7, 1.5, 1), (7, 1.5, 7), (7, 1.2, 1), (5, 1.0, 1), (5, 0.8, 1), (2, 1.0, 1)):
        for left_out in (0.0, 0.02, 0.05):
            tallies = {0: Tally(), 5: Tally()}
            for number in range(rounds):
                random = Random(number)
                tree = company(random)
                asked = part(options, items)
                cells = answers(random, tree, asked, spread, left_out)
                for percent, tally in tallies.items():
                    lots = Lots(number.to_bytes(32, "big"), bytes(32), 0, percent)
                    judge(tally, cells, merge(tree, asked, cells, lots))
            bare, covered = tallies[0], tallies[5]
            sizes = [[n for n in covered.combined if low <= n < high] for low, high in ((2, 3), (3, 4), (4, 999))]
            print(
                f"{options:7} {spread:6} {items:5} {left_out:8.0%} | {bare.unanimous / bare.pairs:9.2%} | "
                f"{bare.lost / bare.pairs:14.2%}, {covered.lost / covered.pairs:5.2%} | "
                f"{share(bare, bare.combined):21} | {share(covered, covered.combined)}: "
                f"{'/'.join(share(covered, some) for some in sizes)}, "
                f"{covered.fits_right / max(1, covered.fits):.0%} of {covered.fits}"
            )


def share(tally: Tally, sizes: Collection[int]) -> str:
    combined = sum(tally.combined[size] for size in sizes)
    return f"{sum(tally.right[size] for size in sizes) / combined:.0%} of {combined}" if combined else "none"


if __name__ == "__main__":
    main()
