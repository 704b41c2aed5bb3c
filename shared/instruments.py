"""Reading instruments: those that come with the project, in instruments/*.yaml, and an organisation's own.

id: room
kind: closed                          # open: each item is a part of its own, so words are never tied to scores
title: {nl: Ruimte, en: Room}
about: {nl: ..., en: ...}             # what it measures, and why
scoring: mean-of-items                # or each-item, recommendation-score, in-words
validated: {nl: false, en: false}     # whether these words have been
source: Own items of this project.
licence: EUPL-1.2
note: {nl: ..., en: ...}              # may be left out
answer_scales: {}                     # as in a draft; those of answer_scales.yaml need not be said
scales: {room: {title: {nl: Ruimte, en: Room}}}
items:                                # with a source and a licence of their own where those are others
  - {id: room-1, text: {nl: ..., en: ...}, answers: agree5, scale: room, reverse: false}
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from marshmallow import ValidationError

from shared import asking, instrument_schema, yaml_file
from shared.instrument import PERIOD, BadInstrument, Instrument, Item, Scoring
from shared.instrument_schema import AnswerScalesSchema
from shared.questionnaire import AnswerKind, PartKind
from shared.schema import first_error
from shared.yaml_file import BadYaml


@cache
def shipped() -> Mapping[str, Instrument]:
    """The instruments that come with this project, by id, in alphabetical order."""
    found = [one for one in (files("shared") / "instruments").iterdir() if one.name.endswith(".yaml")]
    read = [parse(one.read_text(encoding="utf-8"), one.name) for one in sorted(found, key=lambda one: one.name)]
    return {instrument.id: instrument for instrument in read}


def is_file(name: str) -> bool:
    """Whether a name in a round's file is that of a file, and not of a shipped instrument."""
    return name.endswith((".yaml", ".yml"))


@cache
def answer_scales() -> Mapping[str, Any]:
    """The answer scales that every instrument may use by name, as they stand in a draft."""
    text = (files("shared") / "answer_scales.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = AnswerScalesSchema().load(yaml_file.load(text))["answer_scales"]
    return loaded


def parse(text: str, file: str = "") -> Instrument:
    """The instrument in a YAML text; BadInstrument, which names `file`, if no round could use it."""
    try:
        instrument = _made(instrument_schema.load(yaml_file.load(text)))
        asking.compose([instrument], "any")
        _check(instrument)
    except BadYaml as error:
        raise BadInstrument(file, "", str(error)) from None
    except ValidationError as error:
        path, colon, reason = first_error(error).partition(": ")
        raise BadInstrument(file, path if colon else "", reason if colon else path) from None
    except BadInstrument as error:
        raise BadInstrument(file, error.path, error.reason) from None
    return instrument


def _made(loaded: dict[str, Any]) -> Instrument:
    source, licence = loaded["source"], loaded["licence"]
    items = tuple(
        Item(**{**body, "source": body["source"] or source, "licence": body["licence"] or licence})
        for body in loaded["items"]
    )
    ours = answer_scales()
    used = {name: ours[name] for name in dict.fromkeys(item.answers for item in items) if name and name in ours}
    made = {
        "kind": PartKind(loaded["kind"]),
        "scoring": Scoring(loaded["scoring"]),
        "items": items,
        "answer_scales": used | loaded["answer_scales"],
        "scales": {name: {**scale, "source": source} for name, scale in loaded["scales"].items()},
    }
    return Instrument(**loaded | made)


def _check(instrument: Instrument) -> None:
    """It is scored as it says, and only open questions name the period."""
    for at, item in enumerate(instrument.items):
        naming = [PERIOD in words for words in item.text.values()]
        if any(naming) and (instrument.kind is PartKind.CLOSED or not all(naming)):
            raise BadInstrument("", f"items.{at}.text", f"{PERIOD} stands in every language of an open question")
        if (fits := _scoring(instrument, item)) is not instrument.scoring:
            raise BadInstrument("", "scoring", f"items.{at} makes it {fits}")


def _scoring(instrument: Instrument, item: Item) -> Scoring:
    if item.answers is None:
        return Scoring.WORDS
    if instrument.answer_scales[item.answers]["kind"] == AnswerKind.RECOMMEND:
        return Scoring.RECOMMENDATION
    return Scoring.MEAN if item.scale else Scoring.EACH
