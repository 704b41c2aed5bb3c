"""What groups and units are called, and the sentences that say where a group counts: for pages and API alike."""

from services.report import texts
from services.report.results import Results, Unit
from shared.questionnaire_schema import LANGUAGES
from shared.tree import NodeId, NodeKind


def group(results: Results, node: NodeId, language: str) -> str:
    """A group's name; people attached to a group itself and to none of its groups are "directly in" it."""
    of = results.nodes[node]
    return texts.say(language, "direct", group=of.label) if of.kind is NodeKind.DIRECT else of.label


def groups(results: Results, node: NodeId) -> dict[str, str]:
    """The same in every language."""
    return {language: group(results, node, language) for language in LANGUAGES}


def unit(of: Unit, language: str) -> str:
    """A scale's title, or the question in quotes."""
    title = of.title[language]
    return title if of.scale else f"“{title}”"


def standing(results: Results, of_unit: Unit, node: NodeId) -> dict[str, str] | None:
    """Why a group is not shown alone, or not whole, in every language; None where it is.

    Where the group was counted alone and combined for this unit only, too few answers need not be the reason.
    """
    of = results.standing(of_unit, node)
    if of.total is None and of.elsewhere is None:
        return texts.both("no-answers")
    if of.elsewhere is None:
        return None
    where = groups(results, of.elsewhere)
    if of.total is None:
        was_counted = results.part_standing(of_unit.part, node).total is not None
        return texts.both("combined-in" if was_counted else "counts-in", group=where)
    answers = texts.both("answers", n=of.total.n)
    return texts.both("others-in", group=where, answers=answers)
