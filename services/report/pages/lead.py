"""The first sentence of a page: what stands out, only as far as the intervals bear it out."""

from collections.abc import Mapping

from services.report import naming, texts
from services.report.library import Shown
from services.report.results import Results, Score, Unit
from services.report.trend import Trend
from shared.tree import NodeId


def lead(
    results: Results,
    node: NodeId,
    scored: Mapping[str, Score | None],
    trends: Mapping[str, Trend | None],
    language: str,
) -> str:
    """A clear change; else the best and the worst scale if these are apart; else the first score; else why not."""
    group = naming.group(results, node, language)
    if not results.published:
        withheld = any(said["counted"] for said in results.said)
        return texts.say(language, "lead-withheld" if withheld else "lead-nothing")
    return (
        _change(results, group, scored, trends, language)
        or _apart(results, group, scored, language)
        or _first(results, group, scored, language)
        or _why_not(results, node, group, language)
    )


def turnout(results: Results, node: NodeId, language: str) -> str:
    """How many of the group answered, where all of it is counted here: of the part that most did."""
    whole = [
        standing.total.n
        for standing in (
            *(results.standing(unit, node) for unit in results.units),
            *(results.part_standing(part, node) for part in results.open_parts),
        )
        if standing.total is not None and standing.elsewhere is None
    ]
    size = results.nodes[node].size
    if whole and max(whole) <= size:
        return texts.say(language, "turnout", n=max(whole), size=size)
    return texts.say(language, "people", size=size)


def lead_without_results(shown: Shown, closes: str, language: str) -> str:
    """The sentence of a released round in the list."""
    results = shown.results
    if results is None:
        return texts.say(language, "state-doubt", date=closes)
    if not results.published:
        withheld = any(said["counted"] for said in results.said)
        return texts.say(language, "lead-withheld") if withheld else texts.say(language, "state-nothing", date=closes)
    n = max(sum(results.cells(part).values()) for part in range(len(results.parts)))
    return texts.say(language, "state-released", n=n, size=results.nodes[0].size, date=closes)


def _change(
    results: Results,
    group: str,
    scored: Mapping[str, Score | None],
    trends: Mapping[str, Trend | None],
    language: str,
) -> str:
    """The largest clear change, measured against the length of its scale."""

    def size(unit: Unit) -> float:
        moved = trends[unit.id]
        assert moved is not None  # noqa: S101 - asked of clear changes only
        least, _, most = unit.axis
        return abs(moved.change.value) / (most - least)

    clear = [unit for unit in results.units if (moved := trends[unit.id]) is not None and moved.is_clear]
    if not clear:
        return ""
    unit = max(clear, key=size)
    moved, score = trends[unit.id], scored[unit.id]
    if moved is None or score is None or score.headline is None:
        return ""
    digits = 0 if unit.recommends else 1
    return texts.say(
        language,
        "lead-rose" if moved.change.value > 0 else "lead-fell",
        title=naming.unit(unit, language),
        group=group,
        before=texts.number(language, moved.before.value, digits),
        after=texts.number(language, score.headline.value, digits),
        answers=texts.say(language, "answers", n=score.n),
    )


def _apart(results: Results, group: str, scored: Mapping[str, Score | None], language: str) -> str:
    """Two scales with the same axis whose intervals do not meet."""
    found = [
        (score.headline, unit)
        for unit in results.units
        if unit.scale and (score := scored[unit.id]) is not None and score.headline is not None
    ]
    alike = [(estimate, unit) for estimate, unit in found if unit.axis == found[0][1].axis]
    if len(alike) < 2:
        return ""
    best, high = max(alike, key=lambda pair: pair[0].value)
    worst, low = min(alike, key=lambda pair: pair[0].value)
    if best.low <= worst.high:
        return ""
    return texts.say(
        language,
        "lead-apart",
        high=naming.unit(high, language),
        low=naming.unit(low, language),
        group=group,
        best=texts.number(language, best.value),
        worst=texts.number(language, worst.value),
        max=f"{high.axis[2]:.0f}",
    )


def _first(results: Results, group: str, scored: Mapping[str, Score | None], language: str) -> str:
    for unit in results.units:
        score = scored[unit.id]
        if score is None or score.headline is None:
            continue
        least, _, most = unit.axis
        return texts.say(
            language,
            "lead-value",
            title=naming.unit(unit, language),
            group=group,
            value=texts.number(language, score.headline.value, 0 if unit.recommends else 1),
            min=texts.number(language, least, 0),
            max=texts.number(language, most, 0),
            answers=texts.say(language, "answers", n=score.n),
        )
    return ""


def _why_not(results: Results, node: NodeId, group: str, language: str) -> str:
    """No score at all: comments, answers without a score, or all of it counted further up."""
    for unit in results.units:
        standing = results.standing(unit, node)
        if standing.total is not None:
            answers = texts.say(language, "answers", n=standing.total.n)
            return texts.say(language, "lead-answers", group=group, answers=answers)
    comments = sum(
        len(results.comments(part, cell))
        for part in results.open_parts
        for cell in results.cells(part)
        if node in results.path(cell)
    )
    if comments:
        return texts.say(language, "lead-comments", n=comments, group=group)
    for unit in results.units:
        standing = results.standing(unit, node)
        if standing.elsewhere is not None:
            where = naming.group(results, standing.elsewhere, language)
            return texts.say(language, "counts-in", group=where)
    return texts.say(language, "lead-none")
