"""The results of a round as JSON for other programs: exactly what the pages show, no filters, no extra digits.

    {"round", "state", "title", "period", "opens", "closes", "fingerprint", "check_code", "trial", "alarms": [...],
     "published": whether there was enough to publish, "details": whether groups are included,
     "parts": [{"id", "kind", "k", "counted", "held_back", "refused": {reason: n}, "units": [ids], "questions": [...]}],
     "groups": [{"node", "parent", "kind", "label", "size", "units": {unit id: see `_unit`},
                 "not_alone": {unit id: {"counts_in": node or null, "sentence"}}, "zone"?}],
     "comments": [{"part", "node", "n", "texts": [...]}], "comments_deleted", "comments_missing"}

Means have two digits, shares three, so that nobody reads more out of them than there is in the intervals.
"""

from collections.abc import Iterable
from typing import Any

from services.report import naming
from services.report.library import Shown
from services.report.readers import Access, may_see_comments, may_see_group
from services.report.results import QuestionScore, Results, Score, Unit
from services.report.scores import Estimate
from services.report.trend import trend
from shared.questionnaire import Part
from shared.tree import NodeId


def document(shown: Shown, results: Results, others: Iterable[Results], access: Access) -> dict[str, Any]:
    """The body of `GET /rounds/<id>`; `others` are the results of all other rounds."""
    others = tuple(others)
    manifest = results.manifest
    return {
        "round": shown.id,
        "state": str(shown.state),
        **{name: manifest.draft.body[name] for name in ("title", "period", "opens", "closes")},
        "fingerprint": manifest.fingerprint,
        "check_code": manifest.check_code,
        "trial": manifest.parties.trial,
        "alarms": sorted({str(alarm.reason) for alarm in shown.alarms}),
        "published": results.published,
        "details": access is Access.ALL,
        "parts": [_part(results, at, part) for at, part in enumerate(results.parts)],
        "groups": [
            _group(results, node.id, others) for node in results.nodes if may_see_group(results, access, node.id)
        ],
        "comments": [
            {"part": at, "node": node, "n": n, "texts": list(results.comments(at, node))}
            for at in results.open_parts
            for node, n in results.cells(at).items()
            if may_see_comments(results, access, at, node)
        ],
        "comments_deleted": shown.comments_deleted,
        "comments_missing": shown.comments_missing,
    }


def _part(results: Results, at: int, part: Part) -> dict[str, Any]:
    said = results.said[at]
    return {
        "id": part.id,
        "kind": str(part.kind),
        "k": part.k,
        "counted": sum(results.cells(at).values()),
        "held_back": said["held_back"] if results.published else said["held_back"] + said["counted"],
        "refused": said["refused"],
        "units": [unit.id for unit in results.units if unit.part == at],
        "questions": [
            {
                "id": question.id,
                "text": dict(question.text),
                "scale": question.scale,
                "reverse": question.reverse,
                "options": {language: list(labels) for language, labels in question.answers.labels.items()}
                if question.answers
                else None,
            }
            for question in part.questions
        ],
    }


def _group(results: Results, node: NodeId, others: tuple[Results, ...]) -> dict[str, Any]:
    of = results.nodes[node]
    zone = results.zone(node)
    shown: dict[str, Any] = {}
    not_alone: dict[str, Any] = {}
    for unit in results.units:
        score, standing = results.score(unit, node), results.standing(unit, node)
        if score is not None:
            shown[unit.id] = _unit(results, unit, node, score, others)
        else:
            sentence = naming.standing(results, unit, node)
            not_alone[unit.id] = {"counts_in": standing.elsewhere, "sentence": sentence}
    return {
        "node": of.id,
        "parent": of.parent,
        "kind": str(of.kind),
        "label": naming.groups(results, node),
        "size": of.size,
        "units": shown,
        "not_alone": not_alone,
    } | ({"zone": str(zone)} if zone else {})


def _unit(results: Results, unit: Unit, node: NodeId, score: Score, others: tuple[Results, ...]) -> dict[str, Any]:
    """{"n", "mean" or "recommendation", "questions", "trend"} of one unit in one group.

    Where it is only a part of the group, "others_count_in" and a "sentence" say where the others are.
    """
    found: dict[str, Any] = {
        "n": score.n,
        "recommendation" if unit.recommends else "mean": _estimate(score.headline, 1 if unit.recommends else 2),
        "questions": [_question(of) for of in score.questions],
        "trend": _trend(results, unit, node, others),
    }
    standing = results.standing(unit, node)
    if standing.elsewhere is not None:
        found |= {"others_count_in": standing.elsewhere, "sentence": naming.standing(results, unit, node)}
    return found


def _question(of: QuestionScore) -> dict[str, Any]:
    detail = (
        {"bins": [of.bins.unfavourable, of.bins.neutral, of.bins.favourable]}
        if of.histogram is None
        else {"histogram": list(of.histogram[1:])}
    )
    mean = {} if of.mean is None else {"mean": _estimate(of.mean, 2)}
    return {
        "id": of.question.id,
        "answered": of.answered,
        "unanswered": of.unanswered,
        **detail,
        **mean,
        "favourable": _estimate(of.favourable, 3),
    }


def _trend(results: Results, unit: Unit, node: NodeId, others: tuple[Results, ...]) -> dict[str, Any] | None:
    found = trend(results, unit, node, others)
    if found is None:
        return None
    said: dict[str, Any] = {"since": found.since.manifest.round_id, "clear": found.is_clear}
    if found.is_clear:
        change = found.change
        said["change"] = {"value": round(change.value, 2), "low": round(change.low, 2), "high": round(change.high, 2)}
    return said


def _estimate(of: Estimate | None, digits: int) -> dict[str, float] | None:
    if of is None:
        return None
    return {"value": round(of.value, digits), "low": round(of.low, digits), "high": round(of.high, digits)}
