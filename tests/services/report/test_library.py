"""What the log says and how it is believed: other keys, altered chunks, second releases, deletion dates, rollbacks."""

from dataclasses import replace

import pytest

from services.report.library import Library, Shown
from services.report.metrics import Metrics
from services.report.verify import Doubt
from services.report.watch import Watch
from shared import bundle, records, release_items, topics
from shared.log.memory import MemoryLog
from shared.log.port import LogUnavailable
from shared.records import Kind
from shared.rounds import AlarmReason, State
from tests.rounds_made import CLOSES, OPENS, RESULTS_UNTIL, MadeRound
from tests.services.report.rounds_shown import LATER, WORDS_UNTIL, agreed, browser, counted, library, released


def shown(made: MadeRound, now: float = LATER) -> Shown:
    return library(made, now).shelf.by_id[made.id]


def with_topic(made: MadeRound, topic: str, values: list[bytes]) -> MadeRound:
    """The same round, one topic with another content."""
    made.log.delete(topic)
    made.log.create(topic)
    made.log.append(topic, *values)
    return made


def content(made: MadeRound, topic: str) -> list[bytes]:
    return [entry.value for entry in made.log.read(topic)]


def test_a_released_round_is_shown_whole() -> None:
    of = shown(released())
    assert of.state is State.RELEASED
    assert of.results is not None
    assert of.results.contents.numbers == counted().published.numbers
    assert of.results.contents.words == counted().published.words
    assert of.results.contents.counted == counted().published.counted


def test_a_release_that_another_key_signed_is_nobodys() -> None:
    made = released()
    kept = [value for value in content(made, topics.ROUNDS) if records.peek(value).kind is not Kind.RELEASE]
    (true,) = (value for value in content(made, topics.ROUNDS) if records.peek(value).kind is Kind.RELEASE)
    forged = records.sign(Kind.RELEASE, made.id, "aggregate", records.peek(true).body, made.identities["gate"])
    opened = library(with_topic(made, topics.ROUNDS, [*kept, forged.encode()]))
    assert opened.shelf.by_id[made.id].state is State.OPENING
    assert opened.shelf.foreign == 1
    page = browser(made).get("/?lang=en").text
    assert "1 record that nobody has validly signed" in page
    assert browser(made).get("/rounds/spring").status_code == 404


@pytest.mark.parametrize("place", range(4))
def test_an_altered_chunk_is_a_missing_one(place: int) -> None:
    made = released()
    values = content(made, topics.releases(made.id))
    values[place] = values[place][:-1] + bytes([values[place][-1] ^ 1])
    assert shown(with_topic(made, topics.releases(made.id), values)).doubt is Doubt.MISSING


def test_the_order_and_repetition_of_chunks_and_what_lies_beside_them_change_nothing() -> None:
    made = released()
    values = [*reversed(content(made, topics.releases(made.id))), b"something else", b""] * 2
    assert shown(with_topic(made, topics.releases(made.id), values)).results is not None


def test_a_second_release_changes_nothing_and_is_told() -> None:
    made = released()
    first = shown(made).results
    fewer = counted(("North",)).published
    opening = made.of.record(Kind.OPENING)
    assert first is not None
    assert opening is not None
    packed = bundle.pack(release_items.encode_numbers(fewer.numbers))
    made.log.append(topics.releases(made.id), *packed.records)
    release = made.of.record(Kind.RELEASE)
    assert release is not None
    made.say(Kind.RELEASE, "aggregate", release.body | {"cells": packed.reference})
    second = shown(made)
    assert [alarm.reason for alarm in second.alarms] == [AlarmReason.CONTRADICTION]
    assert second.results is not None
    assert second.results.contents == first.contents
    page = browser(made).get("/results/spring?lang=nl").text
    assert "tegenstrijdig stuk" in page
    assert browser(made).get("/rounds/spring").get_json()["alarms"] == ["contradiction"]


def test_nodes_that_do_not_fit_the_rules_are_no_tree() -> None:
    made = released()
    assert shown(with_topic(made, topics.nodes(made.id), [])).doubt is Doubt.MISSING


def test_comments_are_gone_at_their_date_even_if_they_are_still_there() -> None:
    made = released()
    assert shown(made, WORDS_UNTIL - 1).comments_deleted is False
    of = shown(made, WORDS_UNTIL)
    assert of.comments_deleted
    assert of.results is not None
    assert of.results.contents.words is None
    page = browser(made, now=WORDS_UNTIL).get("/results/spring?lang=en").text
    assert "The comments were deleted on" in page
    assert "Words 1" not in page


@pytest.mark.parametrize("values", [None, [], [b"other"]])
def test_comments_that_are_missing_before_their_date_are_told_and_the_numbers_shown(values: list[bytes] | None) -> None:
    made = released()
    made.log.delete(topics.words(made.id))
    if values is not None:
        with_topic(made, topics.words(made.id), values)
    of = shown(made)
    assert of.comments_missing
    assert of.results is not None
    assert "before the day on which" in browser(made).get("/results/spring?lang=en").text


def test_results_are_gone_at_their_date() -> None:
    made = released()
    assert made.id in library(made, RESULTS_UNTIL - 1).shelf.by_id
    assert made.id not in library(made, RESULTS_UNTIL).shelf.by_id
    assert browser(made, now=RESULTS_UNTIL).get("/rounds/spring").status_code == 404


def test_a_library_that_goes_on_looking_notices_everything_that_changes() -> None:
    made = agreed()
    now = [float(OPENS)]
    opened = Library(made.log, made.book, lambda: now[0])
    opened.refresh()
    assert opened.shelf.by_id[made.id].state is State.OPEN
    now[0] = CLOSES
    opened.refresh()
    assert opened.shelf.by_id[made.id].state is State.CLOSING
    source = released()
    for value in content(source, topics.ROUNDS):
        if not made.fold.contains(value.decode()):
            made.log.append(topics.ROUNDS, value)
    opened.refresh()
    assert opened.shelf.by_id[made.id].doubt is Doubt.MISSING
    for topic in (topics.releases(made.id), topics.words(made.id)):
        made.log.create(topic)
        made.log.append(topic, *content(source, topic))
    opened.refresh()
    results = opened.shelf.by_id[made.id].results
    assert results is not None
    opened.refresh()
    assert opened.shelf.by_id[made.id].results is results  # Read once, while nothing changes.
    now[0] = WORDS_UNTIL
    opened.refresh()
    assert opened.shelf.by_id[made.id].comments_deleted


def test_a_log_that_loses_its_past_is_told() -> None:
    made = released()
    opened = library(made)
    with_topic(made, topics.ROUNDS, content(made, topics.ROUNDS)[:-1])
    opened.refresh()
    assert opened.shelf.changed_pasts == 1
    assert opened.shelf.by_id[made.id].state is State.OPENING


def test_while_the_log_is_away_the_last_look_stays() -> None:
    class Away(MemoryLog):
        away = False

        def end(self, topic: str) -> tuple[int, ...]:
            if self.away:
                raise LogUnavailable("away")
            return super().end(topic)

    made = released()
    log = Away()
    for topic in (topics.ROUNDS, *(of(made.id) for of in (topics.nodes, topics.releases, topics.words))):
        log.create(topic)
        log.append(topic, *content(made, topic))
    now = [float(LATER)]
    opened = Library(log, made.book, lambda: now[0])
    metrics = Metrics()
    watch = Watch(opened, metrics, 2, lambda: now[0])
    assert not watch.ready()
    watch.look()
    now[0] += 31
    assert watch.ready()
    log.away = True
    with pytest.raises(LogUnavailable):
        watch.look()
    assert opened.shelf.by_id[made.id].results is not None
    now[0] += 2
    assert not watch.ready()
    assert metrics.registry.get_sample_value("klankbord_report_rounds", {"state": "released"}) == 1


def test_metrics_count_doubts_and_name_no_group_or_round() -> None:
    made = released()
    made.log.delete(topics.releases(made.id))
    opened, metrics = library(made), Metrics()
    Watch(opened, metrics, 2).look()
    assert metrics.registry.get_sample_value("klankbord_report_refused", {"reason": "missing"}) == 1
    labels = {label for metric in metrics.registry.collect() for sample in metric.samples for label in sample.labels}
    assert labels == {"reason", "state"}


def test_a_round_that_ended_without_a_result_is_told_in_the_list() -> None:
    stopped = agreed()
    stopped.say(Kind.STOP, "gate", {"reason": "too-many"})
    assert "Nothing was opened. (Reason: too-many.)" in browser(stopped).get("/?lang=en").text
    cancelled = agreed()
    cancelled.say(Kind.CANCEL, "hr", {})
    assert "Cancelled. Nothing was opened." in browser(cancelled).get("/?lang=en").text
    assert "tot dan blijven alle antwoorden" in browser(agreed(), now=OPENS).get("/?lang=nl").text.lower()


def test_the_shelf_does_not_change_under_a_reader() -> None:
    made = agreed()
    opened = library(made)
    before = opened.shelf.by_id[made.id]
    made.say(Kind.CANCEL, "hr", {})
    opened.refresh()
    assert before.of.record(Kind.CANCEL) is None
    assert replace(before) == before
