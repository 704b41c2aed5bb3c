"""What HR sees: a plan in plain words, how rounds stand, and what is wrong with a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from clients.cli import show
from clients.cli.console import Console
from clients.cli.drafting import Drafted
from shared.draft import Draft
from shared.questionnaire import PartKind
from shared.tree import Node, NodeId, NodeKind

MOST_PROBLEMS = 50
"""Problems of a list that are shown; whoever has more has taken the wrong file."""


def roster(console: Console, key: str, issuer: str, summary: Mapping[str, Any]) -> None:
    """One sentence about a roster."""
    console.say(
        key,
        issuer=issuer,
        company=summary["company"],
        people=summary["people"],
        groups=summary["groups"],
        levels=" > ".join(summary["levels"]),
        codes=summary["with_code"],
    )


def roster_problems(console: Console, problems: object) -> None:
    """Where a list is wrong: one line each."""
    found = [one for one in problems if isinstance(one, dict)] if isinstance(problems, list) else []
    for one in found[:MOST_PROBLEMS]:
        console.say("roster-problem", **{name: one.get(name, "?") for name in ("line", "column", "detail")})
    if len(found) > MOST_PROBLEMS:
        console.say("roster-problems-more", count=len(found) - MOST_PROBLEMS)


def plan(console: Console, listed: Sequence[Mapping[str, Any]], krs: Sequence[int], draft: Draft) -> None:
    """The tree, and for each part how many of its groups will likely be shown alone.

    `krs` has by part the people that likely reach its k at the expected response.
    """
    nodes = [Node(one["id"], one["parent"], NodeKind(one["kind"]), one["label"], one["size"]) for one in listed]
    console.say("plan-intro", people=nodes[0].size, kr=min(krs), rate=draft.rate, k=draft.smallest_k)
    depth: dict[NodeId, int] = {}
    for node in nodes:
        depth[node.id] = 0 if node.parent is None else depth[node.parent] + 1
        console.say(_PLAN_LINES[node.kind], indent="  " * (1 + depth[node.id]), label=node.label, size=node.size)
    groups = [node for node in nodes if node.kind is not NodeKind.MERGE]
    told: set[tuple[PartKind, int]] = set()
    for part, kr in zip(draft.questionnaire.parts, krs, strict=True):
        if (part.kind, part.k) in told:
            continue
        told.add((part.kind, part.k))
        likely = sum(node.size >= kr for node in groups)
        name = console.text("plan-part-scores" if part.kind is PartKind.CLOSED else "plan-part-comments")
        console.say("plan-part", part=name, groups=likely, all=len(groups), k=part.k, rate=draft.rate, kr=kr)


_PLAN_LINES = {NodeKind.GROUP: "plan-group", NodeKind.DIRECT: "plan-direct", NodeKind.MERGE: "plan-merge"}


def drafted(console: Console, one: Drafted) -> None:
    """What the draft fixes: title, dates, and who reads what."""
    draft = one.draft
    console.say("draft-title", round=one.round_id, title=console.own(draft.body["title"]), period=draft.body["period"])
    console.say(
        "draft-dates",
        opens=console.moment(draft.opens),
        answer_from=console.moment(draft.answer_from),
        closes=console.moment(draft.closes),
        erase=console.moment(draft.erase_at),
        words=console.moment(draft.words_until),
        results=console.moment(draft.results_until),
    )
    for part in draft.questionnaire.parts:
        readers = ", ".join(console.text(f"reader-{reader}") for reader in part.readers)
        name = show.part_name(console, part)
        key = "round-parts-closed" if part.kind is PartKind.CLOSED else "round-parts-open"
        console.say(key, part=name[0].upper() + name[1:], questions=len(part.questions), readers=readers, k=part.k)


def status(console: Console, answer: Mapping[str, Any]) -> None:
    """Each round with what it waits for, what ended it, and what somebody has to look into."""
    if not answer["rounds"] and not answer["on_their_way"]:
        console.say("status-none")
    for round_id in answer["on_their_way"]:
        console.say("status-round", round=round_id, state=show.state(console, "drafted"))
    for one in answer["rounds"]:
        _standing(console, one)
    for alarm in answer["alarms"]:
        console.say("status-alarm", round=alarm["round"], reason=alarm["reason"])
    if any(one["collected"] for one in answer["rounds"]):
        console.say("status-hint")


def _standing(console: Console, one: Mapping[str, Any]) -> None:
    console.say("status-round", round=one["round"], state=show.state(console, one["state"]))
    # Of a round that was prepared nobody is missing, and its keys are destroyed.
    preparing = one["state"] in ("drafted", "offered", "proposed")
    if preparing and one["keys"]["of"] and one["keys"]["made"] < one["keys"]["of"]:
        console.say("status-keys", made=one["keys"]["made"], of=one["keys"]["of"])
    for key, missing in (("status-offers", one["offers_missing"]), ("status-accepts", one["accepts_missing"])):
        if missing and preparing:
            console.say(key, missing=", ".join(missing))
            break
    if one["reason"]:
        console.say("status-reason", reason=one["reason"], by=one["by"])
    if one["note"]:
        console.say("status-note", note=one["note"])
    if one["collected"]:
        for unit in one["collected"]["units"]:
            console.say("status-share", day=one["collected"]["day"], label=unit["label"], percent=unit["percent"])
