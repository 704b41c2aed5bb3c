"""The commands of employees: round, collect, answer, change, counted."""

from collections.abc import Iterable

from clients.cli import answering, counting, show
from clients.cli.answering import Answer
from clients.cli.counting import Fate
from clients.cli.hints import hints
from clients.cli.interview import Interview, Stopped, answered, show_hints
from clients.cli.membership import Membership
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Unavailable
from clients.cli.posting import PAUSE
from clients.cli.session import Session
from clients.cli.wallet import Entry
from shared import yaml_file
from shared.manifest import Manifest
from shared.schema import ROUND_ID
from shared.yaml_file import BadYaml


def show_round(session: Session) -> None:
    """`klankbord round [ID]`: the list, or one round's rules and, for whoever gives a code, her groups."""
    if session.options.round is None:
        show.rounds(session.console, session.client.rounds())
        return
    round_id = _chosen(session, ())
    agreed = session.client.rules(round_id)
    show.rules(session.console, agreed)
    if session.options.code_file or session.options.groups:
        access = session.access_codes(agreed.manifest)
        membership = session.client.membership(agreed.manifest, access)
        _show_groups(session, agreed.manifest, membership)


def collect(session: Session) -> None:
    """`klankbord collect [ID]`: show where answers will count, ask, and put the tokens into the wallet."""
    console, client, wallet = session.console, session.client, session.wallet
    if session.options.round is None:
        listed = [one.round_id for one in client.rounds() if one.state in ("scheduled", "open")]
        round_id = _chosen(session, [name for name in listed if not _collected(wallet.get(name))])
    else:
        round_id = _chosen(session, ())
    if _collected(wallet.get(round_id)):
        raise BadInput("collected-before", round=round_id)
    agreed = client.rules(round_id)
    show.rules(console, agreed, questions=False)
    access, typed = session.access_codes(agreed.manifest), session.wallet_code()
    membership = client.membership(agreed.manifest, access)
    _show_groups(session, agreed.manifest, membership)
    console.line()
    console.say("collect-why")
    if not session.options.yes and not console.confirm("collect-confirm"):
        console.say("collect-declined")
        return
    code = client.collect(agreed.manifest, membership, access, wallet, typed)
    console.say("collected", file=wallet.path)
    if session.options.show_key:
        console.say("key-shown", key=code.text)
    elif typed is None:
        console.say("key-hint")
    console.say("answer-next", round=round_id)


def answer(session: Session) -> None:
    """`klankbord answer [ID]`: fill in, seal, send."""
    _answer(session, change=False)


def change(session: Session) -> None:
    """`klankbord change [ID]`: the same again, which replaces what was sent before."""
    _answer(session, change=True)


def _answer(session: Session, *, change: bool) -> None:
    console, client, wallet = session.console, session.client, session.wallet
    if session.options.round is None:
        listed = [one.round_id for one in client.rounds_to_answer() if one.state == "open"]
        candidates = [(name, entry) for name in listed if (entry := wallet.get(name)) and entry.collected]
        round_id = _chosen(session, [name for name, entry in candidates if entry.answered is change])
    else:
        round_id = _chosen(session, ())
    agreed = client.rules_to_answer(round_id, wallet)
    manifest, entry = agreed.manifest, wallet.get(round_id) or Entry(b"", 0)
    if entry.answered and not change:
        raise BadInput("change-instead", round=round_id)
    if change and entry.last_revision < 0:
        raise BadInput("nothing-to-change", round=round_id)
    _in_time(session, manifest)
    _before_answering(session, manifest, entry)
    try:
        given = _given(session, manifest, _colleagues(wallet.items()))
    except Stopped:
        console.say("send-declined")
        return
    count = sum(len(part.questions) for part in manifest.draft.questionnaire.parts)
    console.line()
    console.say("summary", answered=answered(given), count=count)
    if not session.options.yes and not console.confirm("send-confirm"):
        console.say("send-declined")
        return
    _send(session, manifest, answering.plaintexts(manifest.draft.questionnaire, given))


def check_counted(session: Session) -> None:
    """`klankbord counted [ID]`: what became of each part; an Alarm if a confirmed one is missing."""
    console, client, wallet = session.console, session.client, session.wallet
    round_id = _chosen(session, [name for name, entry in wallet.items() if entry.last_revision >= 0])
    checked = client.counted(round_id, wallet)
    console.say("counted-proven", count=len(checked.listed))
    fates = counting.fates(wallet.get(round_id) or Entry(b"", 0), checked.listed)
    for part, fate in zip(checked.manifest.draft.questionnaire.parts, fates, strict=True):
        line = console.text(f"fate-{fate}", part=show.part_name(console, part))
        console.line(line[0].upper() + line[1:])
    if Fate.MISSING in fates:
        raise Alarm(AlarmReason.NOT_COUNTED, round_id)
    if Fate.OLDER in fates:
        raise Alarm(AlarmReason.OLD_COUNTED, round_id)


def _chosen(session: Session, candidates: Iterable[str]) -> str:
    """The round that was named, or the only one that there is."""
    named: str | None = session.options.round
    if named is not None:
        if not ROUND_ID.fullmatch(named):
            raise BadInput("bad-round-id", round=named[:60])
        return named
    found = list(candidates)
    if not found:
        raise BadInput("no-such-candidate")
    if len(found) > 1:
        raise BadInput("which-round", rounds=", ".join(found))
    return found[0]


def _collected(entry: Entry | None) -> bool:
    return entry is not None and entry.collected


def _show_groups(session: Session, manifest: Manifest, membership: Membership) -> None:
    before = show.seen_before(session.wallet.items(), manifest.round_id)
    show.groups(session.console, manifest, membership, before, all_names=session.options.all_names)


def _in_time(session: Session, manifest: Manifest) -> None:
    """Before anybody types three minutes of answers that would then be refused."""
    now, draft = session.edge.now(), manifest.draft
    if now < draft.answer_from:
        raise BadInput("too-early", when=session.console.moment(draft.answer_from))
    if now >= draft.closes:
        raise BadInput("too-late", when=session.console.moment(draft.closes))


def _before_answering(session: Session, manifest: Manifest, entry: Entry) -> None:
    console = session.console
    console.say("check-code", code=manifest.check_code)
    if manifest.parties.trial:
        console.say("trial")
    for part, seen in zip(manifest.draft.questionnaire.parts, entry.groups, strict=True):
        console.say("counts-finest", part=show.part_name(console, part), label=seen.label, size=seen.size, k=part.k)
    if entry.last_revision >= 0:
        console.say("answering-change")
    if entry.typed:
        console.say("answering-elsewhere")


def _colleagues(entries: Iterable[tuple[str, Entry]]) -> frozenset[str]:
    return frozenset(name for _, entry in entries for seen in entry.groups for name in seen.names)


def _given(session: Session, manifest: Manifest, names: frozenset[str]) -> dict[str, Answer]:
    asked, file = manifest.draft.questionnaire, session.options.answers
    if not file:
        return Interview(session.console, asked, names).run()
    try:
        body = yaml_file.load(session.read_file(file))
    except BadYaml:
        raise BadInput("bad-yaml", file=file) from None
    given = answering.from_file(asked, body)
    for question, text in answering.texts_of(asked, given):
        if hints(text, names):
            session.console.say("hints-before-sending", question=session.console.own(question.text))
            show_hints(session.console, text, names)
    return given


def _send(session: Session, manifest: Manifest, plaintexts: tuple[bytes, ...]) -> None:
    """Send all parts, offering to go on with the same bytes as long as somebody is there to ask."""
    console, client, wallet = session.console, session.client, session.wallet
    sealed = client.seal(manifest, wallet, plaintexts, session.edge.now())
    console.say("sending", seconds=round((len(sealed) - 1) * sum(PAUSE) / 2))

    def progress(left: int) -> None:
        if left:
            console.say("sent-left", left=left)

    while sealed:
        try:
            client.send(manifest, wallet, sealed, progress)
        except Unavailable as unavailable:
            if session.options.answers:
                raise
            console.say(f"unavailable-{unavailable.trouble}", service=unavailable.service)
            if not console.confirm("send-again", left=len(sealed)):
                raise
    console.say("sent-all", round=manifest.round_id)
