"""Releases that aggregate has signed and that cannot be true: none of them is shown, and the page says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from services.report.verify import Doubt
from shared import release_items
from shared.canonical import dumps
from shared.release_items import Cell, Comment, Correlation, Counted, Numbers, Result
from tests.batches_made import said
from tests.services.report.rounds_shown import browser, counted, library, node, released, template

Change = Callable[[], dict[str, Any]]


def numbers_of() -> Numbers:
    return counted().published.numbers


def with_numbers(of: Numbers) -> dict[str, Any]:
    return {"numbers": list(release_items.encode_numbers(of))}


def cells(change: Callable[[Cell], Cell | None], part: int = 0) -> dict[str, Any]:
    of = numbers_of()
    first = next(cell for cell in of.cells if cell.part == part)
    changed = [change(cell) if cell is first else cell for cell in of.cells]
    ordered = sorted((cell for cell in changed if cell), key=lambda cell: (cell.part, cell.node))
    return with_numbers(replace(of, cells=tuple(ordered)))


def results(change: Callable[[Result], Result | None]) -> dict[str, Any]:
    of = numbers_of()
    changed = [change(of.results[0]), *of.results[1:]]
    return with_numbers(replace(of, results=tuple(result for result in changed if result)))


def further(result: Result) -> dict[str, Any]:
    return with_numbers(replace(numbers_of(), results=(*numbers_of().results, result)))


def histogram(question: str, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> dict[str, Any]:
    return results(lambda of: replace(of, histograms={**of.histograms, question: change(of.histograms[question])}))


def moved(by: int) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """The same number of answers, one of them another option."""
    return lambda h: (h[0], h[1] - by, h[2] + by, *h[3:])


def words(*comments: Comment) -> dict[str, Any]:
    of = (*counted().published.words, *comments)
    return {"words": list(release_items.encode_words(sorted(of, key=lambda one: (one.part, one.node))))}


def entries(change: Callable[[Counted], Counted]) -> dict[str, Any]:
    return {"counted": release_items.encode_counted(change(counted().published.counted))}


def gate_said(field: str, off: int) -> dict[str, Any]:
    numbers = said(template(), counted().batch)
    numbers[0][field] += off
    return {"parts": numbers}


def home() -> int:
    return next(cell.node for cell in numbers_of().cells if cell.part == 1)


FORGERIES: dict[str, tuple[Change, Doubt]] = {
    "a cell has fewer than k": (lambda: cells(lambda of: replace(of, n=4)), Doubt.SMALL),
    "a cell has one more than the gate counted": (lambda: cells(lambda of: replace(of, n=of.n + 1)), Doubt.NUMBERS),
    "a cell is left out": (lambda: cells(lambda _: None), Doubt.NUMBERS),
    "a cell has more answers than people": (lambda: cells(lambda of: replace(of, n=1000)), Doubt.NUMBERS),
    "a cell at a node that is not there": (lambda: cells(lambda of: replace(of, node=999), 1), Doubt.NESTED),
    "a cell of a part that is not there": (
        lambda: with_numbers(replace(numbers_of(), cells=(*numbers_of().cells, Cell(7, 0, 9)))),
        Doubt.NUMBERS,
    ),
    "a result of a unit that was not asked": (lambda: results(lambda of: replace(of, unit="mood")), Doubt.NUMBERS),
    "a result of a part that is not there": (lambda: results(lambda of: replace(of, part=9)), Doubt.NUMBERS),
    "a result of an open part": (lambda: further(replace(numbers_of().results[0], part=1)), Doubt.NUMBERS),
    "a result is left out": (lambda: results(lambda _: None), Doubt.NESTED),
    "a result at a node without envelopes": (
        lambda: further(replace(numbers_of().results[0], node=999)),
        Doubt.NESTED,
    ),
    "a result with another n": (lambda: results(lambda of: replace(of, n=of.n - 1)), Doubt.SUMS),
    "a histogram with an answer too many": (lambda: histogram("q0", lambda h: (h[0], h[1] + 1, *h[2:])), Doubt.SUMS),
    "a histogram of a question of another unit": (
        lambda: results(lambda of: replace(of, histograms={"q0": of.histograms["q0"], "q2": of.histograms["q0"]})),
        Doubt.SUMS,
    ),
    "a histogram with an option too many": (lambda: histogram("q0", lambda h: (*h, 0)), Doubt.SUMS),
    "fewer than k answered": (lambda: histogram("q0", lambda h: (sum(h) - 4, 2, 2, 0, 0, 0)), Doubt.SMALL),
    "all gave the same answer": (lambda: histogram("q0", lambda h: (0, sum(h), 0, 0, 0, 0)), Doubt.UNANIMOUS),
    "a correlation of fewer than a hundred": (
        lambda: with_numbers(replace(numbers_of(), correlations=(Correlation(0, "safety", 3),))),
        Doubt.NUMBERS,
    ),
    "a correlation of a single question": (
        lambda: with_numbers(replace(numbers_of(), correlations=(Correlation(0, "q2", 3),))),
        Doubt.NUMBERS,
    ),
    "a comment of a group that was not counted": (lambda: words(Comment(1, 999, "x")), Doubt.COMMENTS),
    "a comment on a closed part": (
        lambda: words(Comment(0, numbers_of().cells[0].node, "x")),
        Doubt.COMMENTS,
    ),
    "more comments than people": (lambda: words(*[Comment(1, home(), f"x{i}") for i in range(99)]), Doubt.COMMENTS),
    "a comment longer than any": (lambda: words(Comment(1, home(), "x" * 257)), Doubt.COMMENTS),
    "a comment with a control character": (lambda: words(Comment(1, home(), "\x1b[2J")), Doubt.COMMENTS),
    "a counted entry too few": (lambda: entries(lambda of: replace(of, counted=of.counted[1:])), Doubt.COUNTED),
    "a counted entry told as held back": (
        lambda: entries(lambda of: Counted(of.counted[1:], of.counted[:1])),
        Doubt.COUNTED,
    ),
    "an entry too many": (lambda: entries(lambda of: replace(of, held_back=(bytes(16),))), Doubt.COUNTED),
    "other lots than the gate's": (partial(gate_said, "lots", 1), Doubt.NUMBERS),
    "other numbers than the gate's": (partial(gate_said, "counted", -1), Doubt.NUMBERS),
    "held back beside a lot": (partial(gate_said, "held_back", 1), Doubt.NUMBERS),
    "items that are none": (lambda: {"numbers": [b"{}"]}, Doubt.MALFORMED),
    "items that are no JSON": (lambda: {"numbers": [b"\xff"]}, Doubt.MALFORMED),
    "entries out of order": (lambda: {"counted": [b"\1" + bytes(16), b"\0" + bytes(16)]}, Doubt.MALFORMED),
    "a correlation beyond one": (lambda: {"numbers": [dumps({"part": 0, "r": 11, "scale": "x"})]}, Doubt.MALFORMED),
}


def test_a_true_release_is_shown() -> None:
    shown = library(released()).shelf.rounds[0]
    assert (shown.doubt, shown.results is not None) == (None, True)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_release_that_cannot_be_true_is_not_shown(name: str) -> None:
    change, doubt = FORGERIES[name]
    shown = library(released(**change())).shelf.rounds[0]
    assert (shown.doubt, shown.results) == (doubt, None)


def test_a_changed_answer_within_the_rules_can_not_be_seen_from_outside() -> None:
    """What this does not protect against: aggregate may publish false totals (docs/threat-model.md)."""
    shown = library(released(**histogram("q0", moved(1)))).shelf.rounds[0]
    assert shown.doubt is None


def test_pages_and_api_say_that_a_release_is_not_shown() -> None:
    made = released(**FORGERIES["all gave the same answer"][0]())
    client = browser(made)
    for path in ("/rounds/spring", "/rounds/spring/counted", "/rounds/spring/table.csv"):
        refused = client.get(path)
        assert refused.status_code == 409
        assert json.loads(refused.data)["type"] == "urn:klankbord:problem:not-verified"
        assert json.loads(refused.data)["reason"] == "unanimous"
    page = client.get("/results/spring?lang=en").text
    assert "does not agree with what was signed" in page
    assert "Finance" not in page
    assert client.get("/rounds").json == {"rounds": [client.get("/rounds").get_json()["rounds"][0]]}
    assert client.get("/rounds").get_json()["rounds"][0]["verified"] is False
    assert len(client.get("/rounds/spring/release").get_json()["records"]) == 8
    assert node(made, "Finance")
