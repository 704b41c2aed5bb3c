"""The list of rounds, and what is not as it should be."""

from services.report import texts
from services.report.library import Shelf, Shown
from services.report.pages.address import address
from services.report.pages.lead import lead_without_results
from services.report.pages.models import Line
from shared.rounds import AlarmReason, Round, State


def lines(shelf: Shelf, language: str) -> list[Line]:
    """The list of rounds."""
    return [_line(shown, language) for shown in shelf.rounds]


def warnings(shelf: Shelf, shown: Shown | None, language: str) -> list[str]:
    """What is not as it should be: with the log as a whole, and with one round."""
    found = []
    reasons = {alarm.reason for alarm in shown.alarms} if shown else set()
    if AlarmReason.CONTRADICTION in reasons:
        found.append(texts.say(language, "warning-contradiction"))
    if AlarmReason.OTHER_PREDECESSOR in reasons:
        found.append(texts.say(language, "warning-other-predecessor"))
    if shelf.changed_pasts:
        found.append(texts.say(language, "warning-changed-past"))
    if shelf.foreign and shown is None:
        found.append(texts.say(language, "warning-foreign", n=shelf.foreign))
    return found


def _line(shown: Shown, language: str) -> Line:
    draft = shown.of.draft
    closes = texts.day(language, draft.closes)
    href = None
    match shown.state:
        case State.SCHEDULED:
            sentence = texts.say(language, "state-scheduled", date=texts.day(language, draft.opens))
        case State.OPEN:
            sentence = texts.say(language, "state-open", date=closes)
        case State.CANCELLED | State.VOID:
            sentence = texts.say(language, "state-cancelled")
        case State.STOPPED:
            sentence = texts.say(language, "state-stopped", reason=_stop_reason(shown.of))
        case State.RELEASED:
            href = address(shown.id, 0, language)
            sentence = lead_without_results(shown, closes, language)
        case _:
            sentence = texts.say(language, "state-counting", date=closes)
    return Line(draft.body["title"][language], draft.body["period"], sentence, href)


def _stop_reason(of: Round) -> str:
    return next((str(record.body["reason"]) for (kind, _), record in of.effective.items() if kind == "stop"), "")
