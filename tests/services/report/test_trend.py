"""Against earlier rounds: only the same questions, the same whole group, and only what intervals bear out."""

from functools import cache
from typing import Any

from services.report.results import Results, Unit
from services.report.trend import Trend, trend
from shared import dates
from tests.releases_made import hand_out, published
from tests.rounds_made import NOW, MadeRound, make_round, questionnaire_body
from tests.services.report.rounds_shown import TEAMS, answers, results

DAY = 86_400


def dated(days: int, **changes: Any) -> dict[str, Any]:
    start = NOW + days * DAY
    return {
        "opens": dates.text(start + 3600),
        "answer_from": dates.text(start + 3600),
        "closes": dates.text(start + 7 * DAY),
        "erase_at": dates.text(start + 40 * DAY),
        "words_until": dates.text(start + 300 * DAY),
        "results_until": dates.text(start + 300 * DAY),
        "period": f"day {days}",
        "cover": 0,
    } | changes


@cache
def at(days: int, shift: int = 0, silent: tuple[str, ...] = (), mark: str = "", renamed: str = "") -> Results:
    """The results of a round that began so many days after the first."""
    people = {
        tuple(renamed if part == "Control" and renamed else part for part in path): n for path, n in TEAMS.items()
    }
    made: MadeRound = make_round(people=people, changes=dated(days, questionnaire=questionnaire_body(mark)))
    hand_out(made, published(made, *answers(made, shift, silent)))
    return results(made)


def unit(of: Results, name: str = "safety") -> Unit:
    return next(unit for unit in of.units if unit.id == name)


def group(of: Results, label: str) -> int:
    return next(one.id for one in of.nodes if one.label == label)


def compared(now: Results, label: str, *earlier: Results) -> Trend | None:
    return trend(now, unit(now), group(now, label), earlier)


def test_a_rise_beyond_chance_is_told_with_where_it_came_from() -> None:
    now, before = at(60, shift=2), at(0)
    found = compared(now, "Velda", before)
    assert found is not None
    assert found.is_clear
    assert found.change.value > 1
    assert found.since is before


def test_a_fall_is_told_too_and_no_change_is_called_none() -> None:
    fell = compared(at(60), "Velda", at(0, shift=2))
    assert fell is not None
    assert fell.is_clear
    assert fell.change.value < 0
    same = compared(at(60), "Velda", at(0))
    assert same is not None
    assert not same.is_clear


def test_the_latest_earlier_round_is_taken_and_later_ones_never() -> None:
    first, second, third = at(0), at(30, shift=1), at(60, shift=2)
    found = compared(third, "Velda", first, second)
    assert found is not None
    assert found.since is second
    middle = compared(second, "Velda", third, first)
    assert middle is not None
    assert middle.since is first
    assert compared(first, "Velda", second, third) is None


def test_other_questions_are_not_compared() -> None:
    assert compared(at(60, mark="x"), "Velda", at(0)) is None


def test_a_group_is_found_again_by_its_names_from_the_company_down() -> None:
    assert compared(at(60), "Control", at(0)) is not None
    now = at(60, renamed="Controlling")
    assert compared(now, "Controlling", at(0)) is None
    assert compared(now, "Finance", at(0)) is not None


def test_a_group_of_which_a_part_counts_elsewhere_is_not_compared() -> None:
    """Hardly anybody of Control answers, so part of Finance counts higher up: that is another Finance."""
    partly = at(60, silent=("Control",))
    whole = at(0)
    of = group(partly, "Control")
    assert partly.standing(unit(partly), of).total is None
    assert compared(partly, "Control", whole) is None
