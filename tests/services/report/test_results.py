"""What a group's numbers are made of: recommendation, zones, correlations, groups on a page, and its first sentence."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from services.report.kept import Kept
from services.report.pages import charts
from services.report.results import Results, Unit
from services.report.scores import Zone
from shared import dates
from shared.release_items import Correlation
from shared.tree import NodeKind
from tests.releases_made import hand_out, published
from tests.rounds_made import NOW, MadeRound, make_round
from tests.services.report.rounds_shown import answers, browser, released, results, usual

PEOPLE: Mapping[tuple[str, ...], int] = {
    **{("North", f"Team {number}"): 12 for number in range(5)},
    ("South", "Field"): 50,
    ("South", "Desk"): 20,
}


def questionnaire() -> dict[str, Any]:
    """Safety and standards on seven points, and a recommendation."""

    def text(words: str) -> dict[str, str]:
        return {"nl": words, "en": f"{words} in English"}

    def items(scale: str, reverse: int) -> list[dict[str, Any]]:
        return [
            {"id": f"{scale}-{at}", "text": text(f"{scale} {at}"), "answers": "seven", "scale": scale,
             "reverse": at == reverse}
            for at in range(3)
        ]  # fmt: skip

    labels = {language: [f"{language} {step}" for step in range(1, 8)] for language in ("nl", "en")}
    ten = {language: [str(step) for step in range(11)] for language in ("nl", "en")}
    questions = [
        *items("psychological-safety", 0),
        *items("standards", 9),
        {"id": "recommend", "text": text("Recommend"), "answers": "ten"},
    ]
    return {
        "parts": [
            {"id": "scores", "kind": "closed", "k": 5, "size": 64, "readers": ["everyone"], "questions": questions}
        ],
        "answer_scales": {"seven": {"kind": "agree", "labels": labels}, "ten": {"kind": "recommend", "labels": ten}},
        "scales": {name: {"title": text(name), "source": "made up"} for name in ("psychological-safety", "standards")},
    }


@cache
def asked() -> MadeRound:
    """Safe and ambitious in the North, neither in the South; people differ a little, the same way in all items."""
    made = make_round(people=PEOPLE, changes={"questionnaire": questionnaire(), "cover": 0})
    closed = {}
    for number, person in enumerate(made.roster.people):
        high = person.path[0] == "North"
        mood = (6 if high else 2) - number % 2
        safety = [7 - mood + 1, mood, mood]  # The first item is reversed.
        chosen = [*(value - 1 for value in safety), mood - 1, mood, mood - 1, 9 + number % 2 if high else number % 7]
        closed[person.id] = bytes(option + 1 for option in chosen).ljust(64, b"\0")
    hand_out(made, published(made, closed))
    return made


def unit(of: Results, name: str) -> Unit:
    return next(unit for unit in of.units if unit.id == name)


def group(of: Results, label: str) -> int:
    return next(one.id for one in of.nodes if one.label == label and one.kind is not NodeKind.MERGE)


def test_reversed_items_are_turned_before_they_are_averaged() -> None:
    of = results(asked())
    score = of.score(unit(of, "psychological-safety"), group(of, "North"))
    assert score is not None
    assert score.headline is not None
    assert score.headline.value == pytest.approx(5.5, abs=0.1)
    assert {round(question.mean.value, 1) for question in score.questions if question.mean} == {5.5}


def test_the_correlation_of_the_release_makes_a_scales_interval_narrower() -> None:
    made = asked()
    of = results(made)
    assert {c.scale for c in of.contents.numbers.correlations} == {"psychological-safety", "standards"}
    safety = unit(of, "psychological-safety")
    with_it = of.score(safety, 0)
    numbers = of.contents.numbers
    of._correlations = {(0, c.scale): 0 for c in numbers.correlations if isinstance(c, Correlation)}
    of._recent.cache_clear()
    without = of.score(safety, 0)
    assert with_it is not None
    assert without is not None
    assert with_it.headline is not None
    assert without.headline is not None
    assert with_it.headline.high - with_it.headline.low > without.headline.high - without.headline.low


def test_zones_are_of_groups_and_only_where_both_scales_can_be_shown() -> None:
    of = results(asked())
    assert of.zone(group(of, "North")) is Zone.LEARNING
    assert of.zone(group(of, "South")) is Zone.APATHY
    assert results(released()).zone(0) is None
    page = browser(asked()).get(f"/results/spring/{group(of, 'North')}?lang=nl").text
    assert "leerzone" in page


def test_a_recommendation_score_needs_thirty_answers() -> None:
    of = results(asked())
    recommend = unit(of, "recommend")
    north, team = of.score(recommend, group(of, "North")), of.score(recommend, group(of, "Team 0"))
    assert north is not None
    assert north.headline is not None
    assert north.headline.value == 100
    assert team is not None
    assert team.headline is None
    page = browser(asked()).get(f"/results/spring/{group(of, 'Team 0')}?lang=en").text
    assert "from 30 answers on" in page
    assert "gave a 9 or 10" in page
    assert "100 points" in browser(asked()).get(f"/results/spring/{group(of, 'North')}?lang=en").text


def test_planned_merge_groups_are_passed_through_unless_something_was_counted_in_them() -> None:
    of = results(asked())
    below = of.groups_below(group(of, "North"))
    assert {of.nodes[node].label for node in below} == {f"Team {number}" for number in range(5)}
    merges = [node.id for node in of.nodes if node.kind is NodeKind.MERGE]
    assert merges
    assert not set(merges) & set(of.groups_below(0))
    assert all(of.named_path(node)[-1] == (of.nodes[node].kind, of.nodes[node].label) for node in merges)


def test_a_merge_group_that_was_needed_stands_among_the_groups() -> None:
    made = make_round(people=PEOPLE, changes={"questionnaire": questionnaire(), "cover": 0})
    closed = {}
    seen: dict[str, int] = {}
    for number, person in enumerate(made.roster.people):
        team = person.path[-1]
        seen[team] = seen.get(team, 0) + 1
        if team in ("Team 0", "Team 1") and seen[team] > 3:
            continue
        closed[person.id] = bytes([1 + number % 7] * 6 + [1 + number % 11]).ljust(64, b"\0")
    hand_out(made, published(made, closed))
    of = results(made)
    used = [node for node in of.groups_below(group(of, "North")) if of.nodes[node].kind is NodeKind.MERGE]
    assert [of.nodes[node].label for node in used] == ["Team 0 + Team 1"]
    page = browser(made).get(f"/results/spring/{group(of, 'North')}?lang=nl").text
    assert "Team 0, Team 1: samen in Team 0 + Team 1." in page
    assert "telt mee in Team 0 + Team 1" in page


def test_the_first_sentence_tells_two_scales_apart_only_beyond_chance() -> None:
    page = browser(asked()).get("/results/spring?lang=en").text
    assert "scores highest" not in page
    assert "psychological-safety in English in Velda stands at" in page


def test_a_clear_change_is_the_first_sentence_and_stands_at_its_score() -> None:
    day = 86_400
    first = make_round(changes={"cover": 0})
    hand_out(first, published(first, *answers(first)))
    start = NOW + 60 * day
    moments = {"opens": start + 3600, "answer_from": start + 3600, "closes": start + 7 * day}
    moments |= {"erase_at": start + 40 * day, "words_until": start + 200 * day, "results_until": start + 200 * day}
    changes: dict[str, Any] = {name: dates.text(at) for name, at in moments.items()}
    second = make_round(
        round_id="autumn", among=first.installation, log=first.log, first_key=first.next_key,
        changes=changes | {"cover": 0, "period": "autumn"},
    )  # fmt: skip
    hand_out(second, published(second, *answers(second, shift=2)))
    client = browser(second)
    page = client.get("/results/autumn?lang=en").text
    assert 'class="lead">Safety in Velda rose from 2.0 to 4.0 (20 answers); that is more than chance.' in page
    assert "Higher than in 2026-03 (2.0)." in page
    trend = client.get("/rounds/autumn").get_json()["groups"][0]["units"]["safety"]["trend"]
    assert (trend["since"], trend["clear"]) == ("spring", True)
    assert trend["change"]["low"] > 0
    assert client.get("/rounds/spring").get_json()["groups"][0]["units"]["safety"]["trend"] is None


def test_a_bar_shows_everybody_once_with_unfavourable_at_the_left() -> None:
    of = results(asked())
    score = of.score(unit(of, "psychological-safety"), 0)
    assert score is not None
    for question in score.questions:
        segments = charts.bar(question)
        tones = [one.tone for one in segments]
        assert tones == sorted(tones, key=["u2", "u1", "n", "f1", "f2"].index)
        widths = [float(one.width.rstrip("%")) for one in segments]
        assert sum(widths) == pytest.approx(100, abs=0.1)
        starts = [float(one.start.rstrip("%")) for one in segments]
        assert starts == pytest.approx([sum(widths[:at]) for at in range(len(widths))], abs=0.1)


def test_what_is_kept_is_made_once_until_one_of_its_sources_is_another() -> None:
    kept, made, source = Kept(), [], [object(), object()]

    def make() -> str:
        made.append(1)
        return "text"

    first = kept.get("name", tuple(source), make)
    assert kept.get("name", tuple(source), make) == first
    assert len(made) == 1
    kept.get("name", (source[0], object()), make)
    kept.get("other", tuple(source), make)
    assert len(made) == 3
    for number in range(100):
        kept.get(number, (), make)
    assert len(kept._answers) == 24


def test_answers_are_packed_for_whoever_can_unpack_them() -> None:
    client = usual()
    plain = client.get("/rounds/spring")
    packed = client.get("/rounds/spring", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 3
