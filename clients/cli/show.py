"""A round's rules, and where a person's answers count, in plain words."""

from collections.abc import Collection, Sequence

from clients.cli.agreed import Agreed, Listed
from clients.cli.console import Console
from clients.cli.membership import Group, Membership, Place
from clients.cli.wallet import Entry, Seen
from shared import dates
from shared.manifest import Manifest
from shared.questionnaire import Part, PartKind
from shared.tree import NodeKind

MOST_NAMES = 40
"""Names that are shown without being asked: about a team and its neighbours."""


def rounds(console: Console, listed: Sequence[Listed]) -> None:
    """One line per round."""
    if not listed:
        console.say("no-rounds")
        return
    for one in listed:
        console.say(
            "round-line",
            round=one.round_id,
            title=console.own(one.title),
            period=one.period,
            state=state(console, one.state),
            opens=console.moment(dates.parse(one.opens)),
            closes=console.moment(dates.parse(one.closes)),
        )
    console.say("round-more")


def state(console: Console, word: str) -> str:
    """A state's name in words; what this client does not know is shown as it came."""
    try:
        return console.text(f"state-{word}")
    except KeyError:
        return word


def part_name(console: Console, part: Part) -> str:
    """How a part is called in a sentence."""
    if part.kind is PartKind.CLOSED:
        return console.text("part-closed")
    return console.text("part-open", question=console.own(part.questions[0].text))


def rules(console: Console, agreed: Agreed, *, questions: bool = True) -> None:
    """Title, check code, dates, parties, and who reads what from how many answers on."""
    manifest, draft = agreed.manifest, agreed.manifest.draft
    body = draft.body
    title = console.own(body["title"])
    console.say("round-title", title=title, period=body["period"], state=state(console, agreed.state))
    console.say("check-code", code=manifest.check_code)
    console.say("check-code-hint")
    if manifest.parties.trial:
        console.say("trial")
    issuers = manifest.parties.issuer_names
    if len(issuers) == 1:
        console.say("one-issuer", issuer=issuers[0])
    else:
        console.say("several-issuers", count=len(issuers), issuers=", ".join(issuers))
    console.say("dates-answer", answer_from=console.moment(draft.answer_from), closes=console.moment(draft.closes))
    console.say(
        "dates-count",
        counting=console.moment(draft.counting_from),
        erase=console.moment(draft.erase_at),
        words=console.moment(draft.words_until),
        results=console.moment(draft.results_until),
    )
    contact = {name: console.own(text) for name, text in body["contact"].items()}
    console.say("contact", **contact)
    if questions:
        _parts(console, manifest)


def _parts(console: Console, manifest: Manifest) -> None:
    number = 0
    for part in manifest.draft.questionnaire.parts:
        readers = ", ".join(console.text(f"reader-{reader}") for reader in part.readers)
        header = console.text("part-header", part=part_name(console, part), readers=readers, k=part.k)
        console.line()
        console.line(header[0].upper() + header[1:])
        for question in part.questions:
            number += 1
            console.say("question-line", number=number, question=console.own(question.text), name=question.id)


def groups(
    console: Console,
    manifest: Manifest,
    membership: Membership,
    before: Collection[Seen],
    *,
    all_names: bool = False,
) -> None:
    """For each part the groups in which it can count, and for each finest group the people in it."""
    shown: set[tuple[int, tuple[str, ...]]] = set()
    for part, (asked, place) in enumerate(zip(manifest.draft.questionnaire.parts, membership.places, strict=True)):
        console.line()
        _counts_in(console, membership, part, asked, place)
        if (place.finest.id, place.names) in shown:
            continue
        shown.add((place.finest.id, place.names))
        names = list(place.names if all_names else place.names[:MOST_NAMES])
        if hidden := len(place.names) - len(names):
            names.append(console.text("names-more", count=hidden))
        console.say("counted-with", label=place.finest.label, names=", ".join(names))
        _changes(console, place, asked.id, before)
    console.say("names-check")


def _counts_in(console: Console, membership: Membership, part: int, asked: Part, place: Place) -> None:
    possible = [group for group in membership.path if group.size >= asked.k]
    listed = ", ".join(_group(console, group) for group in reversed(possible))
    finest, own = place.finest, place.finest.own[part]
    name = part_name(console, asked)
    if own == finest.size:
        console.say("counts-in", part=name, groups=listed, k=asked.k)
    else:
        console.say("counts-inner", part=name, own=own, label=finest.label, groups=listed, k=asked.k)


def _group(console: Console, group: Group) -> str:
    if group.id == 0:
        return console.text("group-company", size=group.size)
    kind = "group-direct" if group.kind is NodeKind.DIRECT else "group-size"
    return console.text(kind, label=group.label, size=group.size)


def _changes(console: Console, place: Place, part: str, before: Collection[Seen]) -> None:
    """Who came and went since the last round: of the group of the same name, else of the part of the same name."""
    known = next(
        (seen for seen in before if seen.label == place.finest.label),
        next((seen for seen in before if seen.part == part), None),
    )
    if known is None:
        return
    nobody = console.text("nobody")
    joined, left = set(place.names) - set(known.names), set(known.names) - set(place.names)
    if joined or left:
        console.say("names-changed", joined=", ".join(sorted(joined)) or nobody, left=", ".join(sorted(left)) or nobody)


def seen_before(entries: Sequence[tuple[str, Entry]], round_id: str) -> tuple[Seen, ...]:
    """The groups as they were at the last other round of this wallet."""
    return next((entry.groups for name, entry in reversed(entries) if name != round_id and entry.groups), ())
