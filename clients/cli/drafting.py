"""From HR's file to the body of a draft: instruments by name, dates that follow each other, defaults that are safe.

round: pulse-2026-11
period: 2026-11
title: {nl: Najaarspuls, en: Autumn pulse}
contact:
  counsellor: {nl: "Kim de Wit, 06 ...", en: "..."}
  channel: {nl: "https://...", en: "https://..."}
instruments: [psychological-safety, open-questions, ./ours.yaml]
opens: 2026-11-22 09:00 Europe/Amsterdam       # or +2d from now
closes: +14d                                   # from the opening; answer_from likewise
k: {scores: 5, comments: 10}                   # everything from here on may be left out
readers: {scores: [everyone], comments: [hr]}
answer_from: +3d
erase_at: +30d                                 # from the closing; words_until and results_until likewise
words_until: +365d
results_until: +1095d
grace: 300
rate: 75
cover: 5
repeat_days: 14
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from clients.cli.moments import BadMoment, moment
from clients.cli.outcomes import BadInput
from shared import asking, dates, draft, instruments, yaml_file
from shared.asking import CLOSED_K, OPEN_K
from shared.draft import BadDraft, Draft
from shared.instrument import BadInstrument, Instrument
from shared.parties import Parties
from shared.schema import Texts, first_error, round_id
from shared.yaml_file import BadYaml

GRACE = 300
"""Seconds between closing and counting."""

RATE = 75
"""Percent of people expected to answer, as long as no earlier round says better."""

COVER = 5
"""Percent of results that are combined for no reason, so that combining gives nothing away."""

SAFE_DATES = {"answer_from": "+0s", "erase_at": "+30d", "words_until": "+365d", "results_until": "+1095d"}
"""Answers can be given from the opening on; the rest counts from the closing: sealed answers go after a month, comments
after a year, results after three, long enough for a trend."""


class _Moment(fields.String):
    """A time; YAML is read without its own idea of dates, which drops zones."""


class _Minima(Schema):
    scores = fields.Int(load_default=CLOSED_K, strict=True)
    comments = fields.Int(load_default=OPEN_K, strict=True)


class _Readers(Schema):
    scores = fields.List(fields.Str(), load_default=lambda: ["everyone"])
    comments = fields.List(fields.Str(), load_default=lambda: ["hr"])


class _Contact(Schema):
    counsellor = fields.Nested(Texts, required=True)
    channel = fields.Nested(Texts, required=True)


class _File(Schema):
    round = round_id()
    period = fields.Str(required=True)
    title = fields.Nested(Texts, required=True)
    contact = fields.Nested(_Contact, required=True)
    instruments = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    k = fields.Nested(_Minima, load_default=lambda: _Minima().load({}))
    readers = fields.Nested(_Readers, load_default=lambda: _Readers().load({}))
    opens = _Moment(required=True)
    answer_from = _Moment(load_default=SAFE_DATES["answer_from"])
    closes = _Moment(required=True)
    erase_at = _Moment(load_default=SAFE_DATES["erase_at"])
    words_until = _Moment(load_default=SAFE_DATES["words_until"])
    results_until = _Moment(load_default=SAFE_DATES["results_until"])
    grace = fields.Int(load_default=GRACE, strict=True)
    rate = fields.Int(load_default=RATE, strict=True)
    cover = fields.Int(load_default=COVER, strict=True)
    repeat_days = fields.Int(load_default=draft.REPEAT_DAYS, strict=True)


@dataclass(frozen=True)
class Drafted:
    """A draft that every party would accept now. `body` is what the lead issuer is sent: without the parties."""

    round_id: str
    body: dict[str, Any]
    draft: Draft


def from_file(text: str, parties: Parties, now: float, read: Callable[[str], str]) -> Drafted:
    """The draft in a YAML text; BadInput says what is wrong. `read` gives the text of an instrument's file."""
    try:
        loaded = _File().load(yaml_file.load(text))
    except BadYaml as error:
        raise BadInput("bad-draft", reason=error) from None
    except ValidationError as error:
        raise BadInput("bad-draft", reason=first_error(error)) from None
    body = {
        "period": loaded["period"],
        "title": loaded["title"],
        "contact": loaded["contact"],
        "questionnaire": _questionnaire(loaded, read),
        **{name: loaded[name] for name in ("rate", "cover", "grace", "repeat_days")},
        **_dates(loaded, int(now)),
    }
    try:
        drafted = draft.parse(body | {"generation": parties.generation, "parties": parties.digest})
        draft.check(drafted, trial=parties.trial, now=now)
    except BadDraft as error:
        raise BadInput("bad-draft", reason=error) from None
    return Drafted(loaded["round"], body, drafted)


def _dates(loaded: Mapping[str, Any], now: int) -> dict[str, str]:
    try:
        opens = moment(loaded["opens"], now)
        closes = moment(loaded["closes"], opens)
        found = {"opens": opens, "closes": closes, "answer_from": moment(loaded["answer_from"], opens)}
        for name in ("erase_at", "words_until", "results_until"):
            found[name] = moment(loaded[name], closes)
        return {name: dates.text(seconds) for name, seconds in found.items()}
    except BadMoment as error:
        raise BadInput("bad-moment", moment=error) from None
    except ValueError as error:
        raise BadInput("bad-draft", reason=error) from None


def _questionnaire(loaded: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    try:
        return asking.compose(
            _instruments(loaded["instruments"], read),
            loaded["period"],
            closed_k=loaded["k"]["scores"],
            open_k=loaded["k"]["comments"],
            closed_readers=loaded["readers"]["scores"],
            open_readers=loaded["readers"]["comments"],
        )
    except BadInstrument as error:
        raise BadInput("bad-draft", reason=error) from None


def _instruments(names: list[str], read: Callable[[str], str]) -> list[Instrument]:
    shipped = instruments.shipped()
    found = []
    for name in names:
        if instruments.is_file(name):
            found.append(instruments.parse(read(name), name))
        elif name in shipped:
            found.append(shipped[name])
        else:
            raise BadInput("no-such-instrument", name=name, known=", ".join(shipped))
    return found
