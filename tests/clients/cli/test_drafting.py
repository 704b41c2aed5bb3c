"""HR's file becomes a draft that every party would accept, or one line that says why not."""

from typing import Any

import pytest
import yaml

from clients.cli import drafting
from clients.cli.drafting import Drafted
from clients.cli.outcomes import BadInput
from shared import dates
from tests.rounds_made import NOW, installation

PARTIES = installation().parties

LEAST: dict[str, Any] = {
    "round": "pulse-1",
    "period": "2026-03",
    "title": {"nl": "Puls", "en": "Pulse"},
    "contact": {"counsellor": {"nl": "Kim", "en": "Kim"}, "channel": {"nl": "x", "en": "x"}},
    "instruments": ["psychological-safety", "recommend", "open-questions"],
    "opens": "+2d",
    "closes": "+14d",
}
DAY = 86_400

OURS = """
id: ours
kind: open
title: {nl: Eigen, en: Own}
about: {nl: Wat nu., en: What now.}
scoring: in-words
validated: {nl: false, en: false}
source: ours
licence: ours
items: [{id: ours-1, text: {nl: "Wat nu?", en: "What now?"}}]
"""


def drafted(read: Any = None, **changes: Any) -> Drafted:
    body = {name: value for name, value in (LEAST | changes).items() if value is not None}
    return drafting.from_file(yaml.safe_dump(body, allow_unicode=True), PARTIES, NOW, read or (lambda name: ""))


def problem(**changes: Any) -> BadInput:
    with pytest.raises(BadInput) as raised:
        drafted(**changes)
    return raised.value


def test_what_is_left_out_has_a_safe_default() -> None:
    found = drafted()
    opens, closes = NOW + 2 * DAY, NOW + 16 * DAY
    draft = found.draft
    assert (draft.opens, draft.answer_from, draft.closes) == (opens, opens, closes)
    assert (draft.erase_at, draft.words_until, draft.results_until) == tuple(
        closes + days * DAY for days in (30, 365, 1095)
    )
    assert {name: found.body[name] for name in ("rate", "cover", "grace", "repeat_days")} == {
        "rate": 75,
        "cover": 5,
        "grace": 300,
        "repeat_days": 14,
    }
    assert [(part.id, part.k) for part in draft.questionnaire.parts] == [("scores", 5), ("keep", 10), ("change", 10)]
    assert [part.readers for part in draft.questionnaire.parts] == [("everyone",), ("hr",), ("hr",)]


def test_the_parties_are_filled_in_by_the_issuer_and_not_by_hr() -> None:
    assert not {"generation", "parties", "round"} & drafted().body.keys()


def test_everything_can_be_said() -> None:
    found = drafted(
        k={"scores": 8, "comments": 12},
        readers={"scores": ["leads", "hr"], "comments": ["leads"]},
        answer_from="+1d",
        opens="2026-03-10 09:00 Europe/Amsterdam",
        closes="2026-03-24T17:00:00+01:00",
        erase_at="+10d",
        words_until="+20d",
        results_until="+30d",
        grace=600,
        rate=60,
        cover=10,
        repeat_days=20,
    )
    assert dates.text(found.draft.opens) == "2026-03-10T08:00:00Z"
    assert found.draft.answer_from == found.draft.opens + DAY
    assert dates.text(found.draft.closes) == "2026-03-24T16:00:00Z"
    assert found.draft.results_until == found.draft.closes + 30 * DAY
    assert [part.k for part in found.draft.questionnaire.parts] == [8, 12, 12]
    assert found.draft.questionnaire.parts[0].readers == ("leads", "hr")


def test_a_date_keeps_the_zone_that_was_written_even_without_quotes() -> None:
    text = yaml.safe_dump(LEAST, allow_unicode=True).replace("opens: +2d", "opens: 2026-03-10T09:00:00+01:00")
    assert "opens: 2026-03-10T09:00:00+01:00" in text
    found = drafting.from_file(text, PARTIES, NOW, lambda _: "")
    assert dates.text(found.draft.opens) == "2026-03-10T08:00:00Z"


def test_a_period_may_look_like_a_number_or_date() -> None:
    text = yaml.safe_dump(LEAST, allow_unicode=True).replace("period: 2026-03", "period: 2026-03-01")
    assert drafting.from_file(text, PARTIES, NOW, lambda _: "").body["period"] == "2026-03-01"


def test_an_instrument_of_ones_own_is_read_from_its_file() -> None:
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return OURS

    found = drafted(read, instruments=["recommend", "ours.yaml"])
    assert asked == ["ours.yaml"]
    assert [part.id for part in found.draft.questionnaire.parts] == ["scores", "ours-1"]


def test_what_is_wrong_in_a_file_of_ones_own_is_said_with_its_name_and_the_field() -> None:
    with pytest.raises(BadInput) as raised:
        drafted(lambda _: OURS.replace('en: "What', 'fr: "What'), instruments=["recommend", "./ours.yaml"])
    assert raised.value.text == "bad-draft"
    assert str(raised.value.values["reason"]).startswith("./ours.yaml: items.0.text.en: ")


def test_the_letterbox_gets_the_period_of_its_round() -> None:
    (part,) = drafted(instruments=["letterbox"]).draft.questionnaire.parts
    assert (part.id, part.questions[0].id) == ("letterbox", "letterbox-2026-03")
    assert part.questions[0].text["en"] == "Letterbox 2026-03: what would you like to tell us?"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"opens": None}, "bad-draft"),
        ({"opens": "2026-03-10 09:00"}, "bad-moment"),
        ({"closes": "soon"}, "bad-moment"),
        ({"closes": "+0s"}, "bad-draft"),
        ({"opens": "2026-03-01T00:00:00Z"}, "bad-draft"),
        ({"opens": "+999999w"}, "bad-draft"),
        ({"closes": "2026-03-01T00:00:00Z"}, "bad-draft"),
        ({"round": "Puls 1"}, "bad-draft"),
        ({"title": {"nl": "Puls"}}, "bad-draft"),
        ({"instruments": []}, "bad-draft"),
        ({"instruments": ["gallup"]}, "no-such-instrument"),
        ({"instruments": ["recommend", "recommend"]}, "bad-draft"),
        ({"k": {"scores": 4}}, "bad-draft"),
        ({"k": {"scores": 5, "comments": 1}}, "bad-draft"),
        ({"readers": {"scores": ["boss"]}}, "bad-draft"),
        ({"grace": 30}, "bad-draft"),
        ({"repeat_days": 3}, "bad-draft"),
        ({"rate": 95}, "bad-draft"),
        ({"rate": 74.9}, "bad-draft"),
        ({"rate": "75"}, "bad-draft"),
        ({"rate": True}, "bad-draft"),
        ({"k": {"scores": 5.9}}, "bad-draft"),
        ({"grace": 300.0}, "bad-draft"),
        ({"erase_at": "+5s"}, "bad-draft"),
        ({"results_until": "+1d"}, "bad-draft"),
        ({"colour": "blue"}, "bad-draft"),
        ({"instruments": ["broken.yaml"]}, "bad-draft"),
    ],
)
def test_what_no_party_would_accept_is_refused_before_anything_is_sent(changes: dict[str, Any], text: str) -> None:
    assert problem(**changes).text == text


@pytest.mark.parametrize("text", ["", "a: b: c", "[]", "7", "\t", "[" * 20_000, "a: 1\na: 2", "rate: " + "9" * 5_000])
def test_what_is_no_draft_at_all_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as raised:
        drafting.from_file(text, PARTIES, NOW, lambda _: "")
    assert raised.value.text == "bad-draft"
