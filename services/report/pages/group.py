"""The page of one group in one round."""

from collections.abc import Sequence

from services.report import naming, texts
from services.report.library import Shelf, Shown
from services.report.pages import charts
from services.report.pages.address import address
from services.report.pages.comments import comments, comments_note
from services.report.pages.lead import lead, turnout
from services.report.pages.models import (
    Column,
    GroupRow,
    GroupView,
    PartRow,
    Place,
)
from services.report.pages.rounds import warnings
from services.report.pages.score import interval, score_view
from services.report.readers import Access, may_see_group
from services.report.results import Results, Unit
from services.report.scores import NET_FROM
from services.report.trend import trend
from shared.rounds import Round
from shared.tree import NodeId


def group_view(
    shelf: Shelf, shown: Shown, results: Results, node: NodeId, access: Access, language: str, sort: int | None
) -> GroupView:
    """The page of one group. `sort`: by which unit the groups below are sorted, None for the tree's order."""
    draft = results.manifest.draft
    others = [other for other in shelf.results if other is not results]
    scored = {unit.id: results.score(unit, node) for unit in results.units}
    trends = {unit.id: trend(results, unit, node, others) for unit in results.units}
    below = [one for one in results.groups_below(node) if may_see_group(results, access, one)]
    return GroupView(
        title=naming.group(results, node, language),
        round_title=draft.body["title"][language],
        about=_about(shown.of, language),
        lead=lead(results, node, scored, trends, language),
        turnout=turnout(results, node, language),
        crumbs=[
            (naming.group(results, step, language), address(shown.id, step, language))
            for step in results.path(node)[:-1]
            if step in results.final_nodes or results.nodes[step].kind != "merge"
        ],
        warnings=warnings(shelf, shown, language),
        zone=_zone(results, node, language),
        scores=[
            score_view(results, unit, node, scored[unit.id], trends[unit.id], language)
            for unit in (results.units if results.published else ())
        ],
        columns=_columns(shown, results, node, language, sort) if below else (),
        rows=_rows(shown, results, below, language, sort),
        comments=comments(shown, results, node, access, language),
        comments_note=comments_note(shown, results, language),
        combined=_combined(results, [node, *below], language) if results.published else (),
        check_code=results.manifest.check_code,
        parts=[_part(results, at, language) for at in range(len(results.parts))],
        round_id=shown.id,
        sign_in=access is not Access.ALL,
    )


def doubted_view(shelf: Shelf, shown: Shown, language: str) -> GroupView:
    """The page of a round whose release is not shown."""
    assert shown.of.manifest is not None  # noqa: S101 - a released round has one
    return GroupView(
        title=shown.of.draft.body["title"][language],
        round_title=shown.of.draft.body["title"][language],
        about=_about(shown.of, language),
        lead=texts.say(language, "lead-doubt"),
        turnout="",
        crumbs=(),
        warnings=warnings(shelf, shown, language),
        check_code=shown.of.manifest.check_code,
        round_id=shown.id,
    )


def _about(of: Round, language: str) -> str:
    closed = texts.say(language, "closed-on", date=texts.day(language, of.draft.closes))
    return f"{of.draft.body['period']}, {closed}"


def _zone(results: Results, node: NodeId, language: str) -> str:
    zone = results.zone(node)
    return texts.say(language, "zone", zone=texts.say(language, f"zone-{zone}")) if zone else ""


def _columns(shown: Shown, results: Results, node: NodeId, language: str, sort: int | None) -> list[Column]:
    here = address(shown.id, node, language)
    units = results.units if results.published else ()
    return [
        Column(unit.title[language], f"{here}&sort={at}#groups" if sort != at else f"{here}#groups", sort == at)
        for at, unit in enumerate(units)
    ]


def _rows(shown: Shown, results: Results, below: Sequence[NodeId], language: str, sort: int | None) -> list[GroupRow]:
    units = results.units if results.published else ()

    def key(node: NodeId) -> float:
        score = results.score(units[sort], node) if sort is not None and sort < len(units) else None
        return score.headline.value if score and score.headline else float("-inf")

    ordered = below if sort is None else sorted(below, key=key, reverse=True)
    return [
        GroupRow(
            naming.group(results, node, language),
            address(shown.id, node, language),
            results.nodes[node].size,
            [_place(results, unit, node, language) for unit in units],
        )
        for node in ordered
    ]


def _place(results: Results, unit: Unit, node: NodeId, language: str) -> Place:
    standing, score = results.standing(unit, node), results.score(unit, node)
    title = unit.title[language]
    elsewhere = "" if standing.elsewhere is None else naming.group(results, standing.elsewhere, language)
    if score is None:
        key = "counts-in-short" if elsewhere else "no-answers"
        return Place(title, note=texts.say(language, key, group=elsewhere))
    note = texts.say(language, "others-in-short", group=elsewhere) if elsewhere else ""
    n = texts.say(language, "answers", n=score.n)
    if score.headline is None:
        few = texts.say(language, "few-short", least=NET_FROM) if unit.recommends else ""
        return Place(title, n=n, note="; ".join(filter(None, (few, note))))
    between = interval(unit, score.headline, language, "from-to")
    value = texts.number(language, score.headline.value, 0 if unit.recommends else 1)
    return Place(title, value, between, n, charts.plot(unit, score.headline), note)


def _combined(results: Results, groups: Sequence[NodeId], language: str) -> list[str]:
    """Which of these groups are not shown alone, where they count, and for which units."""
    where: dict[tuple[NodeId, NodeId], list[str]] = {}
    for unit in results.units:
        for node in groups:
            standing = results.standing(unit, node)
            if standing.total is None and standing.elsewhere is not None:
                where.setdefault((standing.elsewhere, node), []).append(naming.unit(unit, language))
    together: dict[tuple[NodeId, tuple[str, ...]], list[NodeId]] = {}
    for (elsewhere, node), titles in where.items():
        together.setdefault((elsewhere, tuple(titles)), []).append(node)
    said = []
    for (elsewhere, of_units), members in together.items():
        names = ", ".join(naming.group(results, member, language) for member in members)
        line = texts.say(language, "combined-line", members=names, group=naming.group(results, elsewhere, language))
        if len(of_units) < len(results.units):
            line += " " + texts.say(language, "combined-for", units=", ".join(of_units))
        said.append(f"{line}.")
    lost = [unit for unit in results.units if results.cells(unit.part) and results.standing(unit, 0).total is None]
    if lost:
        names = ", ".join(naming.unit(unit, language) for unit in lost)
        said.append(texts.say(language, "combined-nothing", units=names))
    return said


def _part(results: Results, at: int, language: str) -> PartRow:
    part, said = results.parts[at], results.said[at]
    counted = sum(results.cells(at).values())
    title = part.questions[0].text[language] if at in results.open_parts else texts.say(language, "scores")
    held_back = said["held_back"] + said["counted"] - counted
    return PartRow(title, part.k, counted, held_back, sum(said["refused"].values()))
