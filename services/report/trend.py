"""Whether a number has moved since an earlier round. Only what intervals bear out is called a rise or a fall."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.report import scores
from services.report.results import Results, Unit
from services.report.scores import Change, Estimate
from shared.questionnaire import normalised_texts
from shared.tree import NodeId


@dataclass(frozen=True, slots=True)
class Trend:
    """Against the latest earlier round that asked the same of the same group."""

    since: Results
    before: Estimate
    change: Change

    @property
    def is_clear(self) -> bool:
        return self.change.beyond_chance


def trend(now: Results, unit: Unit, node: NodeId, earlier: Iterable[Results]) -> Trend | None:
    """None if nothing can be compared. `earlier`: other rounds in any order; only those that closed before count.

    Compared are whole groups with the same names from the company down, and a unit with the same questions in the same
    words and with as many options. A group of which a part counts elsewhere is not compared: another part might, then.
    """
    after = _headline(now, unit, node)
    if after is None:
        return None
    before = sorted(
        (one for one in earlier if one.manifest.draft.closes <= now.manifest.draft.opens),
        key=lambda one: one.manifest.draft.closes,
        reverse=True,
    )
    for one in before:
        same = next((other for other in one.units if _mark(other) == _mark(unit)), None)
        there = one.by_named_path.get(now.named_path(node))
        if same is None or there is None:
            continue
        value = _headline(one, same, there)
        if value is not None:
            return Trend(one, value, scores.change(value, after))
    return None


def _headline(of: Results, unit: Unit, node: NodeId) -> Estimate | None:
    """Of the whole group; None where only a part of it can be shown."""
    if of.standing(unit, node).elsewhere is not None:
        return None
    score = of.score(unit, node)
    return score.headline if score else None


def _mark(unit: Unit) -> object:
    """Equal for units that measure the same in the same way."""
    questions = frozenset(
        (question.id, normalised_texts(question), question.reverse, unit.answers.options, unit.answers.kind)
        for question in unit.questions
    )
    return unit.id, questions
