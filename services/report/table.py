"""The numbers of a round as a table (CSV, RFC 4180), one line per group and question or scale: for spreadsheets.

The same cells as everywhere: where a group counts elsewhere, the line says where and has no numbers.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from services.report import naming
from services.report.readers import Access, may_see_group
from services.report.results import Results, Unit
from services.report.scores import Estimate
from shared.tree import NodeId

HEADER = (
    "group", "path", "kind", "people", "id", "title", "answers", "value", "low", "high",
    "favourable", "favourable_low", "favourable_high", "counts_in",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(results: Results, access: Access, language: str) -> str:
    """The whole table as text."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for node in results.nodes:
        if may_see_group(results, access, node.id):
            for unit in results.units:
                writer.writerows([_harmless(value) for value in row] for row in _rows(results, node.id, unit, language))
    return out.getvalue()


def _rows(results: Results, node: NodeId, unit: Unit, language: str) -> Iterator[tuple[object, ...]]:
    of = results.nodes[node]
    path = " > ".join(results.nodes[step].label for step in results.path(node))
    where = (naming.group(results, node, language), path, str(of.kind), of.size)
    standing, score = results.standing(unit, node), results.score(unit, node)
    elsewhere = "" if standing.elsewhere is None else naming.group(results, standing.elsewhere, language)
    headline = () if score is None else _numbers(score.headline, 2)
    n = "" if score is None else score.n
    if unit.scale or score is None:
        yield (*where, unit.id, unit.title[language], n, *(headline or ("", "", "")), "", "", "", elsewhere)
    for question in score.questions if score else ():
        value = headline if not unit.scale else _numbers(question.mean, 2)
        yield (
            *(*where, question.question.id, question.question.text[language], question.answered),
            *(*value, *_numbers(question.favourable, 3), elsewhere),
        )


def _numbers(of: Estimate | None, digits: int) -> tuple[object, object, object]:
    if of is None:
        return "", "", ""
    return round(of.value, digits), round(of.low, digits), round(of.high, digits)


def _harmless(value: object) -> object:
    """A name that a spreadsheet would take for a formula gets an apostrophe; numbers stay what they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
