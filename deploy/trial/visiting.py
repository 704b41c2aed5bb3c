"""Rounds for visitors: a short one after the other, each with employees of the example who have not answered yet."""

import io
import secrets
from itertools import count
from pathlib import Path

from deploy.trial import quarters, story
from deploy.trial.doors.visits import Role, Visit, Visits
from deploy.trial.organisation import Employee
from deploy.trial.play import Play
from deploy.trial.tale import Tale
from deploy.trial.visitor import Visitor

RESULT = 2
"""Seconds after the time of grace within which a result is there, as a rule."""


def receive(play: Play, root: Path, visits: Visits, stays_open: float) -> None:
    """Open one round after the other, each `stays_open` seconds long, until interrupted; only the first is told of."""
    at_terminal = secrets.choice([one for one in play.people if one.team == "Support Zuid" and not one.leads])
    for number in count(1):
        round_id = story.VISITORS if number == 1 else f"{story.VISITORS}-{number}"
        _invite(play, root, visits, stays_open, round_id, at_terminal)
        if number == 1:
            play.tale.say("end")
            play.tale = Tale(io.StringIO())


def _invite(play: Play, root: Path, visits: Visits, stays_open: float, round_id: str, at_terminal: Employee) -> None:
    """Let most employees answer; the others can be visitors until it closes."""
    manifest, turnout = play.answered(round_id, stays_open, without=lambda: visits.taken() | {at_terminal.person})
    closes, counting_from = manifest.draft.closes, manifest.draft.counting_from
    answered = {*turnout.answered, *turnout.late, *visits.taken(), at_terminal.person}
    silent = [one for one in play.people if one.person not in answered]
    secrets.SystemRandom().shuffle(silent)
    roles = [Role(one.person, one.name, one.team, _codes(play, one)) for one in silent]
    period = quarters.period(round_id)
    visitor = Visitor(at_terminal.person, at_terminal.name, at_terminal.mail, round_id, closes, counting_from)
    visitor.write(root)
    visits.open(Visit(round_id, period, closes, counting_from + RESULT), roles)
    play.tale.say(
        "visitor",
        period=period,
        closes=quarters.clock(closes),
        name=at_terminal.name,
        team=at_terminal.team,
        # Whoever holds this terminal is the visitor; a real code is handed to its person alone.
        code=", ".join(_codes(play, at_terminal)),
    )
    play.tale.say("visit", closes=quarters.clock(counting_from + RESULT))


def _codes(play: Play, one: Employee) -> tuple[str, ...]:
    return tuple(play.codes[one.person][name].text for name in play.installation.book.current.issuer_names)
