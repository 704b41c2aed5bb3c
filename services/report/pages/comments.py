"""The comments of a group and of the groups below it."""

from services.report import naming, texts
from services.report.library import Shown
from services.report.pages.address import address
from services.report.pages.models import (
    CommentsView,
)
from services.report.readers import Access, may_see_comments
from services.report.results import Results
from shared.tree import NodeId

COMMENTS_ON_A_PAGE = 300
"""More than this are left to the pages of the groups below."""


def comments(shown: Shown, results: Results, node: NodeId, access: Access, language: str) -> list[CommentsView]:
    if results.contents.words is None or not results.published:
        return []
    return [_open_part(shown, results, at, node, access, language) for at in results.open_parts]


def _open_part(shown: Shown, results: Results, at: int, node: NodeId, access: Access, language: str) -> CommentsView:
    part = results.parts[at]
    question = part.questions[0].text[language]
    standing = results.part_standing(at, node)
    if standing.total is None:
        if standing.elsewhere is None:
            return CommentsView(question, texts.say(language, "comments-few", k=part.k), ())
        where = naming.group(results, standing.elsewhere, language)
        return CommentsView(question, texts.say(language, "comments-in", group=where, k=part.k), ())
    readable = [
        cell for cell in results.cells(at) if node in results.path(cell) and may_see_comments(results, access, at, cell)
    ]
    many = sum(len(results.comments(at, cell)) for cell in readable) > COMMENTS_ON_A_PAGE
    groups = []
    for cell in readable:
        found = results.comments(at, cell)
        if cell == node:
            groups.append(("", "", found))
        elif found:
            label = naming.group(results, cell, language)
            count = texts.say(language, "comments-many", n=len(found))
            shown_here = () if many else found
            groups.append((f"{label}, {count}" if many else label, address(shown.id, cell, language), shown_here))
    sentence = "" if any(results.comments(at, cell) for cell in readable) else texts.say(language, "comments-none")
    return CommentsView(question, sentence, [group for group in groups if group[1] or group[2]])


def comments_note(shown: Shown, results: Results, language: str) -> str:
    if not results.open_parts or not results.published:
        return ""
    if shown.comments_deleted:
        date = texts.day(language, results.manifest.draft.words_until)
        return texts.say(language, "comments-deleted", date=date)
    return texts.say(language, "comments-missing" if shown.comments_missing else "comments-order")
