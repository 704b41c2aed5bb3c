"""The commands on ready-made questionnaires: which there are, and all that one says. They need nobody's answer."""

from collections.abc import Iterator
from itertools import groupby

from clients.cli import texts
from clients.cli.console import Console
from clients.cli.outcomes import BadInput
from clients.cli.session import Session
from shared import instruments
from shared.instrument import BadInstrument, Instrument, Scoring
from shared.questionnaire import PartKind
from shared.questionnaire_schema import LANGUAGES


def list_instruments(session: Session) -> None:
    """`klankbord instruments`: what a round's file can name."""
    console, shipped = session.console, instruments.shipped()
    longest = max(map(len, shipped))
    for kind in PartKind:
        console.say(f"instruments-{kind}")
        for one in shipped.values():
            if one.kind is kind:
                title, count = console.own(one.title), len(one.items)
                console.say("instruments-line", id=one.id.ljust(longest), count=f"{count:2}", title=title)
    console.say("instruments-hint")


def show_instrument(session: Session) -> None:
    """`klankbord instruments show NAME`: also of a file, which is checked as a round would."""
    name = session.options.instrument
    if instruments.is_file(name):
        try:
            instrument = instruments.parse(session.read_text(name), name)
        except BadInstrument as error:
            raise BadInput("bad-instrument", reason=error) from None
    elif (found := instruments.shipped().get(name)) is None:
        raise BadInput("no-such-instrument", name=name, known=", ".join(instruments.shipped()))
    else:
        instrument = found
    _show(session.console, instrument)


def _show(console: Console, one: Instrument) -> None:
    console.line(f"{one.id}: {console.own(one.title)}")
    console.line(console.own(one.about))
    console.line()
    console.say("instrument-source", source=one.source, licence=one.licence)
    if one.kind is PartKind.CLOSED:
        console.line(validated(console.language, one))
    console.line(scored(console.language, one))
    if one.note:
        console.line(console.own(one.note))
    for name in dict.fromkeys(item.answers for item in one.items if item.answers):
        labels = console.own_list(one.answer_scales[name]["labels"])
        console.say("instrument-answers", options=" / ".join(labels))
    for scale, items in groupby(one.items, key=lambda item: item.scale):
        console.line()
        if scale:
            console.line(console.own(one.scales[scale]["title"]))
        for item in items:
            console.line(f"  {item.id}{' (R)' if item.reverse else ''}: {console.own(item.text)}")
            if (item.source, item.licence) != (one.source, one.licence):
                console.say("instrument-source", source=item.source, licence=item.licence)


def validated(language: str, one: Instrument) -> str:
    """In which languages the words have been validated."""
    there = [texts.text(language, f"in-{name}") for name in LANGUAGES if one.validated[name]]
    missing = [texts.text(language, f"in-{name}") for name in LANGUAGES if not one.validated[name]]
    if not there or not missing:
        return texts.text(language, "validated-not" if missing else "validated-all")
    return texts.text(language, "validated-some", there=", ".join(there), missing=", ".join(missing))


def scored(language: str, one: Instrument) -> str:
    """How answers become numbers, as a sentence or two; the numbers follow from the answer scales."""
    return " ".join([texts.text(language, f"scoring-{one.scoring}"), *_points(language, one)])


def _points(language: str, one: Instrument) -> Iterator[str]:
    if one.scoring is Scoring.RECOMMENDATION:
        return
    for name in dict.fromkeys(item.answers for item in one.items if item.answers):
        points = len(one.answer_scales[name]["labels"][language])
        if any(item.reverse for item in one.items if item.answers == name):
            yield texts.text(language, "scoring-reversed", turned=points + 1)
        yield texts.text(language, "scoring-points", points=points, favourable=points - points // 2 + 1)
