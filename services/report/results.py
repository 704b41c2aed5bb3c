"""The results of one round as they are shown: groups, scores with intervals, comments. Computed from the release alone.

Everything that is asked of `Results` is a function of sums over final cells; nothing finer is in here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from services.report import scores
from services.report.groups import NOTHING, Standing, Sum, standings
from services.report.scores import Bins, Estimate, Zone
from services.report.verify import Contents, units
from shared.manifest import Manifest
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Scale
from shared.release_items import Histogram
from shared.tree import Node, NodeId, NodeKind, PartTree

SAFETY, STANDARDS = "psychological-safety", "standards"
"""The two scales that together give a group's zone."""

RECENT = 1024
"""Scores that are kept: those of one group, and of the groups on its page."""


@dataclass(frozen=True)
class Unit:
    """What is published together and has one number: a scale, or a question that counts for none."""

    part: int
    id: str
    questions: tuple[Question, ...]
    scale: Scale | None

    @property
    def title(self) -> Mapping[str, str]:
        return self.scale.title if self.scale else self.questions[0].text

    @property
    def answers(self) -> AnswerScale:
        answers = self.questions[0].answers
        assert answers is not None  # noqa: S101 - units are of closed parts
        return answers

    @property
    def recommends(self) -> bool:
        return self.answers.kind is AnswerKind.RECOMMEND

    @property
    def axis(self) -> tuple[float, float, float]:
        """Lowest, middle and highest value of the headline: of the scale, or points of a recommendation score."""
        if self.recommends:
            return -100, 0, 100
        numbers = scores.values(self.answers)
        return numbers[0], scores.middle(self.answers), numbers[-1]


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """One question in one group. `histogram` only where there are answers enough for detail; else `bins` alone."""

    question: Question
    answered: int
    unanswered: int
    histogram: Histogram | None
    bins: Bins
    mean: Estimate | None
    favourable: Estimate | None
    recommendation: Estimate | None


@dataclass(frozen=True, slots=True)
class Score:
    """One unit in one group. `headline`: the mean, or the recommendation score; None where answers are too few."""

    n: int
    headline: Estimate | None
    questions: tuple[QuestionScore, ...]


class Results:
    """One verified release."""

    def __init__(
        self,
        manifest: Manifest,
        nodes: Sequence[Node],
        trees: Sequence[PartTree],
        said: Sequence[Mapping[str, Any]],
        contents: Contents,
    ) -> None:
        self.manifest = manifest
        self.nodes = tuple(nodes)
        self.trees = tuple(trees)
        self.said = tuple(said)
        self.contents = contents
        self.published = bool(contents.numbers.cells)
        self._standings: dict[tuple[int, str], dict[NodeId, Standing]] = {}
        self._by_id = {unit.id: unit for unit in self.units}
        # A group's page, its zone and its trend ask for the same score one after the other.
        self._recent = lru_cache(maxsize=RECENT)(self._score)

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.manifest.draft.questionnaire.parts

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Of all closed parts, in the order of the questionnaire."""
        scales = self.manifest.draft.questionnaire.scales
        return tuple(
            Unit(at, name, questions, scales.get(name))
            for at, part in enumerate(self.parts)
            for name, questions in units(part).items()
        )

    @property
    def open_parts(self) -> tuple[int, ...]:
        return tuple(at for at, part in enumerate(self.parts) if part.kind is PartKind.OPEN)

    # Groups.

    @cached_property
    def children(self) -> Mapping[NodeId, tuple[NodeId, ...]]:
        """Of the whole tree."""
        found: dict[NodeId, list[NodeId]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            if node.parent is not None:
                found[node.parent].append(node.id)
        return {node: tuple(below) for node, below in found.items()}

    def path(self, node: NodeId) -> tuple[NodeId, ...]:
        """From the company down to `node`, both included."""
        steps = [node]
        while (parent := self.nodes[steps[-1]].parent) is not None:
            steps.append(parent)
        return tuple(reversed(steps))

    def named_path(self, node: NodeId) -> tuple[tuple[NodeKind, str], ...]:
        """By which a group is found again in another round; planned merge groups on the way do not count."""
        steps = [self.nodes[step] for step in self.path(node)]
        return tuple((step.kind, step.label) for step in steps if step.kind is not NodeKind.MERGE or step is steps[-1])

    @cached_property
    def by_named_path(self) -> Mapping[tuple[tuple[NodeKind, str], ...], NodeId]:
        return {self.named_path(node.id): node.id for node in self.nodes}

    @cached_property
    def final_nodes(self) -> frozenset[NodeId]:
        """Nodes that something was counted in: of these a merge group is shown, others are not."""
        numbers = self.contents.numbers
        return frozenset({cell.node for cell in numbers.cells} | {result.node for result in numbers.results})

    def groups_below(self, node: NodeId) -> tuple[NodeId, ...]:
        """The groups next below, planned merge groups passed through; those that were used stand among them."""
        found: list[NodeId] = []
        waiting = list(reversed(self.children[node]))
        while waiting:
            here = waiting.pop()
            is_merge = self.nodes[here].kind is NodeKind.MERGE
            if not is_merge or here in self.final_nodes:
                found.append(here)
            if is_merge:
                waiting.extend(reversed(self.children[here]))
        return tuple(found)

    # Numbers.

    def cells(self, part: int) -> dict[NodeId, int]:
        """The counted groups of a part and their n, before questions were combined further."""
        return {cell.node: cell.n for cell in self.contents.numbers.cells if cell.part == part}

    def standing(self, unit: Unit, node: NodeId) -> Standing:
        return self._of(unit.part, unit.id).get(node, NOTHING)

    def part_standing(self, part: int, node: NodeId) -> Standing:
        """How a part was counted, before questions were combined further; of an open part that is all there is."""
        return self._of(part, "").get(node, NOTHING)

    def score(self, unit: Unit, node: NodeId) -> Score | None:
        """None where nothing may be shown of the group alone."""
        return self._recent(unit.id, node)

    def _score(self, unit_id: str, node: NodeId) -> Score | None:
        unit = self._by_id[unit_id]
        total = self.standing(unit, node).total
        if total is None:
            return None
        questions = tuple(
            _question(question, histogram) for question, histogram in zip(unit.questions, total.histograms, strict=True)
        )
        if unit.recommends:
            return Score(total.n, questions[0].recommendation, questions)
        tenths = self._correlations.get((unit.part, unit.id))
        return Score(total.n, scores.scale_mean(unit.questions, total.histograms, tenths), questions)

    def zone(self, node: NodeId) -> Zone | None:
        """Where safety and standards were both asked and can be shown."""
        by_id = {unit.id: unit for unit in self.units if unit.scale}
        if not {SAFETY, STANDARDS} <= by_id.keys():
            return None
        safety, standards = (self.score(by_id[name], node) for name in (SAFETY, STANDARDS))
        if not (safety and safety.headline and standards and standards.headline):
            return None
        return scores.zone(safety.headline, by_id[SAFETY].axis[1], standards.headline, by_id[STANDARDS].axis[1])

    def comments(self, part: int, node: NodeId) -> tuple[str, ...]:
        """Those of exactly this counted group, in the order of the release, which was drawn by lot."""
        return self._comments.get((part, node), ())

    @cached_property
    def _comments(self) -> Mapping[tuple[int, NodeId], tuple[str, ...]]:
        found: dict[tuple[int, NodeId], list[str]] = {}
        for comment in self.contents.words or ():
            found.setdefault((comment.part, comment.node), []).append(comment.text)
        return {place: tuple(texts) for place, texts in found.items()}

    @cached_property
    def _correlations(self) -> Mapping[tuple[int, str], int]:
        return {(of.part, of.scale): of.tenths for of in self.contents.numbers.correlations}

    def _of(self, part: int, unit: str) -> dict[NodeId, Standing]:
        if (part, unit) not in self._standings:
            found = standings(self.nodes, self.trees[part], self._finals(part, unit))
            self._standings[part, unit] = found
        return self._standings[part, unit]

    def _finals(self, part: int, unit: str) -> dict[NodeId, Sum]:
        """Final cells of a unit; of an open part (no unit) its cells."""
        if not unit:
            return {node: Sum(n) for node, n in self.cells(part).items()}
        return self._finals_of.get((part, unit), {})

    @cached_property
    def _finals_of(self) -> Mapping[tuple[int, str], dict[NodeId, Sum]]:
        order = {(unit.part, unit.id): [question.id for question in unit.questions] for unit in self.units}
        found: dict[tuple[int, str], dict[NodeId, Sum]] = {}
        for result in self.contents.numbers.results:
            histograms = tuple(result.histograms[question] for question in order[result.part, result.unit])
            found.setdefault((result.part, result.unit), {})[result.node] = Sum(result.n, histograms)
        return found


def _question(question: Question, histogram: Histogram) -> QuestionScore:
    recommends = question.answers is not None and question.answers.kind is AnswerKind.RECOMMEND
    return QuestionScore(
        question=question,
        answered=sum(histogram[1:]),
        unanswered=histogram[0],
        histogram=histogram if scores.in_detail(histogram) else None,
        bins=scores.bins(question, histogram),
        mean=None if recommends else scores.mean(question, histogram),
        favourable=scores.favourable(question, histogram),
        recommendation=scores.recommendation(question, histogram) if recommends else None,
    )
