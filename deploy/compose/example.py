"""`docker compose --profile example up`: everybody in the example organisation answers in one round, once."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Any

from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, Refusal, Unavailable
from deploy.compose.inside import HERE, connect_from, containers
from deploy.trial import quarters, story
from deploy.trial.hr import DidNotHappen
from deploy.trial.organisation import COMPANY
from deploy.trial.play import Pace, Play, Played
from deploy.trial.tale import Tale
from shared.parties import Book

_LOOKS = 30.0
"""Seconds in which every party has looked at the log often enough to draft, offer, propose and accept a round."""

_SLOWER = 2.0
"""How much longer answers take than without TLS, and with a log that is a process of its own."""


@dataclass(frozen=True)
class Containers:
    """The installation that the example is played on."""

    book: Book
    admin_key_files: Mapping[str, Path]


def main() -> int:
    """0 if the example is there, be it from before; 1 if it could not be played or another organisation is there."""
    book = Book.load(Path(environ["KLANKBORD_PARTIES"]).read_bytes())
    keys = {book.current.lead.name: Path(environ["KLANKBORD_ADMIN_KEY_FILE"])}
    play = Play(Tale(), Containers(book, keys), web=Web(connect_from(book.current, containers(environ[HERE]))))
    play.pace = Pace(play.pace.agree + _LOOKS, play.pace.answer * _SLOWER)
    try:
        return play_once(play)
    except (DidNotHappen, Alarm, Refusal, Unavailable) as error:
        play.tale.say("failed", why=error)
        return 1


def play_once(play: Play) -> int:
    """Unless somebody's rounds are there already; an exit code. DidNotHappen, Alarm, Refusal, Unavailable."""
    tale, report = play.tale, play.installation.book.current.report_url
    tale.say("title", company=COMPANY)
    if (company := _company(play)) not in (None, COMPANY):
        tale.say("other-organisation", company=company)
        return 1
    if rounds := [one["round"] for one in _ask(play, "/admin/rounds")["rounds"]]:
        tale.say("played-before", rounds=", ".join(rounds))
    else:
        play.prepare()
        played = play.round(story.QUARTERS[0])
        if not _tell(tale, played):
            return 1
    tale.say("open-page", url=report)
    tale.say("sign-in")
    return 0


def _tell(tale: Tale, played: Played) -> bool:
    """Whether all that was answered was counted, and nothing else."""
    answers, period = len(played.turnout.answered), quarters.period(played.round_id)
    wrong = [part["id"] for part in played.results["parts"] if part["counted"] != answers]
    if wrong and not played.turnout.late:
        tale.say("not-all-counted", period=period, answers=answers, parts=", ".join(wrong))
        return False
    tale.say("counted", period=period, answers=answers)
    return True


def _company(play: Play) -> str | None:
    """Whose roster was imported, if any."""
    try:
        return str(_ask(play, "/admin/roster")["company"])
    except Refusal as refusal:
        if refusal.word != "no-roster":
            raise
        return None


def _ask(play: Play, path: str) -> Mapping[str, Any]:
    lead = play.installation.book.current.lead
    key = play.installation.admin_key_files[lead.name].read_text("ascii").strip()
    return play.web.get(lead.name, lead.url, path, key)


if __name__ == "__main__":
    sys.exit(main())
