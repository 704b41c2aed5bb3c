"""The commands of HR: roster, plan, rounds, codes, status. Each speaks to one issuer, with that issuer's admin key."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clients.cli import drafting, show_hr
from clients.cli.drafting import Drafted
from clients.cli.outcomes import BadInput, Refusal, Trouble, Unavailable
from clients.cli.session import Session
from clients.cli.wallet_file import write_private
from shared.parties import Party
from shared.schema import ROUND_ID


def import_roster(session: Session) -> None:
    """`klankbord roster import FILE`: in place of the one before, as a whole or not at all."""
    issuer, data = _issuer(session), session.read_file(session.options.file)
    try:
        answer = session.web.ask("PUT", issuer.name, issuer.url, "/admin/roster", session.admin_key(), data, "text/csv")
    except Refusal as refusal:
        show_hr.roster_problems(session.console, refusal.more.get("problems"))
        raise
    with _sense(issuer):
        show_hr.roster(session.console, "roster-imported", issuer.name, answer)
    if others := [name for name in session.book.current.issuer_names if name != issuer.name]:
        session.console.say("roster-everywhere", issuers=", ".join(others))


def show_roster(session: Session) -> None:
    """`klankbord roster show`."""
    issuer = _issuer(session)
    answer = session.web.get(issuer.name, issuer.url, "/admin/roster", session.admin_key())
    with _sense(issuer):
        show_hr.roster(session.console, "roster-shown", issuer.name, answer)


def make_codes(session: Session) -> None:
    """`klankbord codes --out FILE`: a CSV of new access codes, which nobody can look up again."""
    issuer, out = _issuer(session), session.options.out
    if out != "-" and (Path(out).exists() or not Path(out).absolute().parent.is_dir()):
        # Before anything is made: codes that cannot be written down are lost, and the old ones void.
        raise BadInput("file-exists", file=out)
    answer = session.web.post(
        issuer.name, issuer.url, "/admin/codes", {"renew": session.options.renew}, session.admin_key()
    )
    with _sense(issuer):
        rows = [[one[name] for name in ("person", "name", "mail", "language", "code")] for one in answer["codes"]]
    if not rows:
        session.console.say("codes-none")
        return
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([["person", "name", "mail", "language", issuer.name], *rows])
    if out == "-":
        session.edge.stdout.write(table.getvalue())
        return
    try:
        write_private(Path(out), table.getvalue().encode())
    except OSError:
        raise BadInput("file-exists", file=out) from None
    session.console.say("codes-written", count=len(rows), file=out)


def preview_plan(session: Session) -> None:
    """`klankbord plan preview FILE`: the groups that a round of this file would get."""
    _preview(session, _drafted(session), session.admin_key())


def open_round(session: Session) -> None:
    """`klankbord rounds open FILE`: after a preview and a typed confirmation, the draft goes to the lead issuer."""
    console, drafted, key = session.console, _drafted(session), session.admin_key()
    _preview(session, drafted, key)
    console.line()
    show_hr.drafted(console, drafted)
    console.say("round-unchangeable")
    if not _typed(session, "round-type", drafted.round_id):
        return
    issuer = _issuer(session)
    body = {"round": drafted.round_id, "draft": drafted.body}
    session.web.post(issuer.name, issuer.url, "/admin/rounds", body, key)
    console.say("round-handed-in", round=drafted.round_id, opens=console.moment(drafted.draft.opens))


def cancel_round(session: Session) -> None:
    """`klankbord rounds cancel ID`: for good; all answers are lost unopened."""
    issuer, round_id = _issuer(session), str(session.options.round)
    if not ROUND_ID.fullmatch(round_id):
        raise BadInput("bad-round-id", round=round_id[:60])
    key = session.admin_key()
    if _typed(session, "cancel-type", round_id):
        session.web.post(issuer.name, issuer.url, f"/admin/rounds/{round_id}/cancel", {}, key)
        session.console.say("round-cancelling", round=round_id)


def show_status(session: Session) -> None:
    """`klankbord status`: how the rounds stand; nobody knows who answered."""
    issuer = _issuer(session)
    answer = session.web.get(issuer.name, issuer.url, "/admin/rounds", session.admin_key())
    with _sense(issuer):
        show_hr.status(session.console, answer)


@contextmanager
def _sense(issuer: Party) -> Iterator[None]:
    """Whatever does not have the agreed shape is nonsense of the issuer, not a fault of ours."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise Unavailable(issuer.name, Trouble.NONSENSE) from None


def _issuer(session: Session) -> Party:
    """The issuer that was named, or the one that leads."""
    parties, name = session.book.current, session.options.issuer
    if name is None:
        return parties.lead
    found = next((issuer for issuer in parties.issuers if issuer.name == name), None)
    if found is None:
        raise BadInput("no-such-issuer", name=name, known=", ".join(parties.issuer_names))
    return found


def _drafted(session: Session) -> Drafted:
    """The round in the named file; instruments' files are looked for beside it."""
    file = session.options.file
    folder = Path(file).parent if file != "-" else Path()

    def read(name: str) -> str:
        return session.read_text(str(folder / name))

    return drafting.from_file(session.read_text(file), session.book.current, session.edge.now(), read)


def _preview(session: Session, drafted: Drafted, key: str) -> None:
    issuer = _issuer(session)
    asked = {"ks": [part.k for part in drafted.draft.questionnaire.parts], "rate": drafted.draft.rate}
    answer: dict[str, Any] = session.web.post(issuer.name, issuer.url, "/admin/plan", asked, key)
    with _sense(issuer):
        show_hr.plan(session.console, answer["nodes"], answer["kr"], drafted.draft)


def _typed(session: Session, key: str, round_id: str) -> bool:
    """Whether the round's name was typed once more, as for all that cannot be undone."""
    if session.options.yes:
        return True
    typed = session.console.read(session.console.text(key, round=round_id) + " ").strip()
    if typed != round_id:
        session.console.say("not-typed")
    return typed == round_id
