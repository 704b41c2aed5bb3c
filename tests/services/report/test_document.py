"""The results as JSON and CSV: what is shown of each group, and that nothing finer or more exact is."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import Any

import pytest

from services.report.table import HEADER
from shared import release_items
from shared.canonical import b64, unb64
from shared.envelope import COUNTED
from shared.records import Kind
from tests.releases_made import hand_out, published
from tests.rounds_made import MadeRound, make_round
from tests.services.report.rounds_shown import agreed, answers, browser, counted, node, released


def fetched(made: MadeRound, path: str) -> Any:
    """The JSON that report answers with."""
    return browser(made).get(path).json


@cache
def body(silent: tuple[str, ...] = ()) -> Any:
    return fetched(released(silent), "/rounds/spring")


def group(of: dict[str, Any], label: str) -> dict[str, Any]:
    return next(one for one in of["groups"] if one["label"]["en"] == label)


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(item)
    elif isinstance(value, float):
        yield value


def test_it_says_what_was_asked_counted_held_back_and_refused() -> None:
    of = body()
    assert (of["round"], of["state"], of["published"], of["details"], of["trial"]) == (
        "spring", "released", True, True, False
    )  # fmt: skip
    assert of["title"] == {"nl": "Pulse", "en": "Pulse"}
    assert re.fullmatch(r"([0-9a-f]{4} ){9}[0-9a-f]{4}", of["check_code"])
    scores, words = of["parts"]
    assert (scores["counted"], scores["held_back"], scores["refused"]) == (61, 0, {})
    assert scores["units"] == ["safety", "q2"]
    assert scores["questions"][0]["options"]["nl"][0] == "nl 1"
    assert (words["kind"], words["k"], words["counted"]) == ("open", 10, 61)


def test_a_parent_is_exactly_the_sum_of_its_groups() -> None:
    of = body()
    finance = group(of, "Finance")["units"]["safety"]
    teams = [group(of, name)["units"]["safety"] for name in ("Payments", "Risk", "Control")]
    assert finance["n"] == sum(one["n"] for one in teams) == 31
    assert "histogram" in finance["questions"][0]
    assert sum(finance["questions"][0]["histogram"]) == sum(one["questions"][0]["answered"] for one in teams)


def test_few_answers_are_shown_in_three_bins_and_many_in_full() -> None:
    of = body()
    assert [sum(q["bins"]) for q in group(of, "Risk")["units"]["safety"]["questions"]] == [8, 8]
    assert "histogram" not in group(of, "Risk")["units"]["safety"]["questions"][0]
    assert len(group(of, "Control")["units"]["safety"]["questions"][0]["histogram"]) == 5
    assert "bins" not in group(of, "Control")["units"]["safety"]["questions"][0]


def test_means_have_intervals_and_no_more_than_two_digits() -> None:
    of = body()
    mean = group(of, "Velda")["units"]["safety"]["mean"]
    assert mean["low"] < mean["value"] < mean["high"]
    assert all(round(number, 3) == number for number in numbers_in(of))
    means = [unit["mean"] for one in of["groups"] for unit in one["units"].values()]
    assert all(round(number, 2) == number for number in numbers_in(means))


def test_a_group_that_is_not_shown_alone_says_in_both_languages_where_it_counts() -> None:
    payments = group(body(("Risk", "Payments")), "Payments")
    assert payments["units"] == {}
    assert payments["not_alone"]["safety"] == {
        "counts_in": 0,
        "sentence": {
            "nl": "Hier of ernaast kwamen te weinig antwoorden om apart te tonen; ze tellen mee in Velda.",
            "en": "Too few answers came from here, or from next to it, to be shown alone; they count in Velda.",
        },
    }


def few(keep: int) -> Any:
    """Of Risk only so many answer."""
    made = agreed()
    closed, words = answers(made)
    risk = [person for person in closed if made.finest(person, 0) == node(made, "Risk")]
    for person in risk[keep:]:
        del closed[person]
    hand_out(made, published(made, closed, words))
    return fetched(made, "/rounds/spring")


def test_people_of_a_small_group_count_higher_up_and_the_groups_between_say_so() -> None:
    of = few(3)
    risk = group(of, "Risk")["not_alone"]["safety"]
    where = next(one for one in of["groups"] if one["node"] == risk["counts_in"])
    assert where["label"]["en"] in risk["sentence"]["en"]
    assert "tellen mee in" in risk["sentence"]["nl"]
    assert where["units"]["safety"]["n"] >= 8
    total = group(of, "Velda")["units"]["safety"]
    assert total["n"] == 61 - 5
    assert "others_count_in" not in total


def test_n_of_a_group_is_the_n_of_its_sum_and_never_more_than_its_people() -> None:
    for of in (body(), few(3), body(("North",))):
        for one in of["groups"]:
            for unit in one["units"].values():
                assert 5 <= unit["n"] <= one["size"]
                assert all(5 <= q["answered"] <= unit["n"] for q in unit["questions"])


def test_a_round_without_enough_answers_says_that_nothing_was_opened() -> None:
    made = agreed()
    closed, words = answers(made)
    few = dict(list(closed.items())[:4])
    hand_out(made, published(made, few, dict(list(words.items())[:9])))
    client = browser(made)
    of = fetched(made, "/rounds/spring")
    assert of["published"] is False
    assert [part["held_back"] for part in of["parts"]] == [4, 9]
    assert all(not one["units"] for one in of["groups"])
    assert of["comments"] == []
    assert "Too few answers came in. Nothing was opened." in client.get("/results/spring?lang=en").text
    assert len(fetched(made, "/rounds/spring/counted")["entries"]) == 13


def test_comments_stand_by_group_in_the_order_of_the_release() -> None:
    of = body()
    texts = {(one["part"], one["node"]): one["texts"] for one in of["comments"]}
    released_words = counted().published.words
    for (part, at), found in texts.items():
        assert found == [comment.text for comment in released_words if (comment.part, comment.node) == (part, at)]
    assert sum(map(len, texts.values())) == len(released_words)


def test_the_counted_list_is_that_of_the_release() -> None:
    made = released()
    entries = [unb64(one) for one in fetched(made, "/rounds/spring/counted")["entries"]]
    assert entries == sorted(entries)
    assert {len(entry) for entry in entries} == {1 + COUNTED}
    assert entries == release_items.encode_counted(counted().published.counted)


def test_the_records_are_the_signed_ones_from_the_rules_to_the_release() -> None:
    made = released()
    records = fetched(made, "/rounds/spring/release")["records"]
    assert records[0] == made.manifest_jws
    assert set(records[1:-4]) == set(made.accepts)
    chain = [made.of.record(kind) for kind in (Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE)]
    assert [record.jws for record in chain if record] == records[-4:]


def test_the_list_has_released_rounds_only() -> None:
    rounds = fetched(released(), "/rounds")["rounds"]
    assert [(one["round"], one["state"], one["verified"]) for one in rounds] == [("spring", "released", True)]
    assert fetched(agreed(), "/rounds") == {"rounds": []}
    for path in ("/rounds/spring", "/rounds/spring/release", "/rounds/other", "/rounds/spring/counted"):
        refused = fetched(agreed(), path)
        assert (refused["status"], refused["type"]) == (404, "urn:klankbord:problem:unknown-round")


def test_the_table_has_the_same_numbers_and_no_formula() -> None:
    made = released(("Risk",))
    rows = list(csv.DictReader(StringIO(browser(made).get("/rounds/spring/table.csv?lang=en").text)))
    assert tuple(rows[0]) == HEADER
    velda = next(row for row in rows if row["group"] == "Velda" and row["id"] == "safety")
    of = group(body(("Risk",)), "Velda")["units"]["safety"]
    assert (int(velda["answers"]), float(velda["value"])) == (of["n"], of["mean"]["value"])
    risk = [row for row in rows if row["group"] == "Risk"]
    assert {row["value"] for row in risk} == {""}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_names_that_a_spreadsheet_would_run_are_made_harmless(name: str) -> None:
    made = make_round(people={(name,): 12, ("Other",): 12})
    hand_out(made, published(made, *answers(made)))
    rows = list(csv.reader(StringIO(browser(made).get("/rounds/spring/table.csv").text)))
    assert f"'{name}" in {row[0] for row in rows}
    assert not any(field.startswith(("=", "@")) for row in rows for field in row)


def test_nothing_of_an_envelope_is_served_but_its_counted_entry() -> None:
    made = released()
    client = browser(made)
    served = client.get("/rounds/spring").data + client.get("/results/spring").data
    for of in counted().batch.lots:
        for entry in of.entries:
            assert b64(entry.pk).encode() not in served
            assert entry.pk.hex().encode() not in served
