"""Aggregate alone: what it may not do is ignored or shows; that it adds up honestly nobody can see."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clients.cli.counting import Fate
from clients.cli.outcomes import Refusal
from services.report.verify import Doubt
from shared import bundle, release_items, topics
from shared.records import Kind
from shared.release_items import Cell, Counted, Numbers, Result
from shared.rounds import State
from tests.system import tallies
from tests.system.house import House
from tests.system.moments import PAYMENTS, Moments
from tests.system.running import Report

ELSE = ("hr", "ingest", "gate", "report")
"""Everybody but aggregate."""


def counted_again(moments: Moments, folder: Path) -> tuple[House, Numbers, Counted]:
    """A house where the batch is there and aggregate is not, and what an honest one says of this batch."""
    house, _ = moments.again("closed", folder / "again", *ELSE)
    other, _ = moments.again("released", folder / "other")
    numbers, _, counted = tallies.released(other, "spring")
    return house, numbers, counted


def publish(house: House, numbers: Numbers, counted: Counted, opening: str | None = None) -> None:
    """Open, and release whatever it likes; without words."""
    batch = house.of("spring").record(Kind.BATCH)
    assert batch is not None
    opening = opening or house.say("spring", Kind.OPENING, "aggregate", {"batch": batch.digest})
    of_numbers = bundle.pack(release_items.encode_numbers(numbers))
    of_counted = bundle.pack(release_items.encode_counted(counted))
    house.log.create(topics.releases("spring"))
    house.log.append(topics.releases("spring"), *of_numbers.records, *of_counted.records)
    body = {
        "opening": opening,
        "cells": of_numbers.reference,
        "words": bundle.pack([]).reference,
        "counted": of_counted.reference,
    }
    house.say("spring", Kind.RELEASE, "aggregate", body)


def doubt(house: House) -> Doubt | None:
    """What report holds against the release; None if it shows it."""
    report = house.services["report"]
    assert isinstance(report, Report)
    shown = report.library.shelf.by_id["spring"]
    assert (shown.results is None) == (shown.doubt is not None)
    return shown.doubt


def turned(result: Result) -> Result:
    """Everything that was said in a cell turned round, with the sums as they were."""
    return replace(
        result, histograms={name: (none, *options[::-1]) for name, (none, *options) in result.histograms.items()}
    )


def test_false_totals_are_not_found_out(moments: Moments, tmp_path: Path) -> None:
    """Everything fits, everybody finds herself counted, and it is a lie: docs/threat-model.md says so."""
    house, numbers, counted = counted_again(moments, tmp_path)
    _, crowd = moments.again("closed", tmp_path / "people")
    with house:
        house.settle()
        false = replace(numbers, results=tuple(map(turned, numbers.results)))
        assert false != numbers
        publish(house, false, counted)
        house.settle()
        assert doubt(house) is None
        assert house.alarms == set()
        assert crowd.moved_to(house).fates(PAYMENTS[0])[0] is Fate.COUNTED


def fewer_in_a_cell(numbers: Numbers) -> Numbers:
    first, *rest = numbers.cells
    return replace(numbers, cells=(Cell(first.part, first.node, 4), *rest))


def one_vote_more(numbers: Numbers) -> Numbers:
    first, *rest = numbers.results
    name, (none, one, *options) = next(iter(first.histograms.items()))
    more = replace(first, histograms=dict(first.histograms) | {name: (none, one + 1, *options)})
    return replace(numbers, results=(more, *rest))


def all_of_one_mind(numbers: Numbers) -> Numbers:
    first, *rest = numbers.results
    name, histogram = next(iter(first.histograms.items()))
    unanimous = (0, sum(histogram), *([0] * (len(histogram) - 2)))
    return replace(numbers, results=(replace(first, histograms=dict(first.histograms) | {name: unanimous}), *rest))


def a_total_beside_its_parts(numbers: Numbers) -> Numbers:
    """A result of the whole company beside those of its teams, from which one could subtract."""
    first = numbers.results[0]
    assert first.node != 0
    return replace(numbers, results=(replace(first, node=0), *numbers.results))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (fewer_in_a_cell, Doubt.SMALL),
        (one_vote_more, Doubt.SUMS),
        (all_of_one_mind, Doubt.UNANIMOUS),
        (a_total_beside_its_parts, Doubt.NESTED),
        (lambda numbers: replace(numbers, cells=numbers.cells[1:]), Doubt.NUMBERS),
    ],
)
def test_totals_that_cannot_be_true_are_not_shown(
    moments: Moments, tmp_path: Path, change: Callable[[Numbers], Numbers], expected: Doubt
) -> None:
    house, numbers, counted = counted_again(moments, tmp_path)
    with house:
        house.settle()
        publish(house, change(numbers), counted)
        house.settle()
        assert doubt(house) is expected
        for path in ("/rounds/spring", "/rounds/spring/counted"):
            with pytest.raises(Refusal, match="not-verified"):
                house.web.get("report", house.installed.parties.report_url, path)


def test_whoever_is_missing_from_the_list_finds_it_though_the_number_is_right(moments: Moments, tmp_path: Path) -> None:
    house, numbers, counted = counted_again(moments, tmp_path)
    _, crowd = moments.again("closed", tmp_path / "people")
    victim = PAYMENTS[0]
    hers = {one.counted for one in crowd.sealed.values() if one.person == victim}
    with house:
        house.settle()
        made_up = sorted([entry for entry in counted.counted if entry not in hers] + [bytes([n]) * 16 for n in (1, 2)])
        publish(house, numbers, Counted(tuple(made_up), counted.held_back))
        house.settle()
        assert doubt(house) is None
        people = crowd.moved_to(house)
        assert people.fates(victim) == (Fate.MISSING, Fate.MISSING)
        assert people.fates(PAYMENTS[1]) == (Fate.COUNTED, Fate.COUNTED)


def test_a_list_that_is_too_short_is_not_shown(moments: Moments, tmp_path: Path) -> None:
    house, numbers, counted = counted_again(moments, tmp_path)
    with house:
        house.settle()
        publish(house, numbers, Counted(counted.counted[1:], counted.held_back))
        house.settle()
        assert doubt(house) is Doubt.COUNTED


def test_a_second_release_is_ignored_and_everybody_is_alarmed(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("released", tmp_path)
    with house:
        house.settle()
        first, opening = (house.of("spring").record(kind) for kind in (Kind.RELEASE, Kind.OPENING))
        numbers, _, counted = tallies.released(house, "spring")
        assert first is not None
        assert opening is not None
        publish(house, replace(numbers, results=tuple(map(turned, numbers.results))), counted, opening.digest)
        house.settle()
        assert house.of("spring").record(Kind.RELEASE) == first
        assert house.alarms == {(name, "contradiction") for name in house.names}
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))
        assert doubt(house) is None


def test_a_release_without_an_opening_is_none(moments: Moments, tmp_path: Path) -> None:
    house, numbers, counted = counted_again(moments, tmp_path)
    _, crowd = moments.again("closed", tmp_path / "people")
    with house:
        house.settle()
        publish(house, numbers, counted, "A" * 43)
        house.settle()
        assert house.phase("spring") is State.COUNTED
        with pytest.raises(Refusal, match="unknown-round"):
            crowd.moved_to(house).fates(PAYMENTS[0])
        with pytest.raises(Refusal, match="unknown-round"):
            house.web.get("report", house.installed.parties.report_url, "/rounds/spring")


def test_a_release_of_another_batch_never_takes_effect_and_alarms(moments: Moments, tmp_path: Path) -> None:
    house, numbers, counted = counted_again(moments, tmp_path)
    with house:
        house.settle()
        opening = house.say("spring", Kind.OPENING, "aggregate", {"batch": "A" * 43})
        publish(house, numbers, counted, opening)
        house.settle()
        assert house.phase("spring") is State.COUNTED
        assert house.alarms == {(name, "other-predecessor") for name in ELSE}


def test_a_stop_after_the_opening_changes_nothing(moments: Moments, tmp_path: Path) -> None:
    """Else aggregate could look first and then decide whether the answers please it."""
    house, _ = moments.again("released", tmp_path)
    with house:
        house.say("spring", Kind.STOP, "aggregate", {"reason": "displeased"})
        house.settle()
        assert house.phase("spring") is State.RELEASED
