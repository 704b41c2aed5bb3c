"""Ingest as clients meet it: receipts for what the log has, one word for everything else."""

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from io import RawIOBase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields

from services.ingest.core import LARGEST_BODY, own
from services.ingest.nonces import PER_NONCE
from shared import published, receipt, topics
from shared.canonical import b64
from shared.log.memory import MemoryLog
from shared.log.port import LogDamaged, LogError, LogForbidden, LogUnavailable, NoSuchTopic
from shared.log.sqlite import SqliteLog
from shared.loop import run
from shared.manifest import verify_published
from shared.records import Kind, sign
from tests.rounds_made import CLOSES, NOW, OPENS, make_round
from tests.services.ingest.desks import Place, body_of, copied, envelope_of, place, spring, word


def test_a_valid_envelope_lies_in_the_log_as_ingest_encodes_it_and_has_a_receipt() -> None:
    there, envelope = place(), envelope_of()
    response = there.post(body_of(envelope))
    assert response.status_code == 202
    encoding = envelope.encode(spring().manifest.layouts[0])
    assert there.logged() == [encoding]
    given_out = response.get_json()
    assert given_out.keys() == {"receipt"}
    assert receipt.holds(given_out["receipt"], spring().manifest, encoding, spring().parties.ingest.public_key)


def test_all_parts_are_taken_one_by_one() -> None:
    there = place()
    for part in (1, 0):
        assert there.post(body_of(envelope_of(part=part))).status_code == 202
    assert [record[1] for record in there.logged()] == [1, 0]


def test_the_same_envelope_again_gets_the_same_answer_and_fills_nothing() -> None:
    there = place()
    first = there.post(body_of(envelope_of()))
    for _ in range(2 * PER_NONCE):
        again = there.post(body_of(envelope_of()))
        assert (again.status_code, again.data) == (202, first.data)
    assert len(there.logged()) == 1


def test_the_same_envelope_in_other_json_is_the_same_envelope() -> None:
    there = place()
    first = there.post(body_of(envelope_of()))
    text = json.dumps(dict(reversed(body_of(envelope_of()).items())), indent=3).replace("spring", "\\u0073pring")
    again = there.client.post("/envelopes", data=text)
    assert again.data == first.data
    assert len(there.logged()) == 1


def test_sixteen_different_envelopes_of_one_nonce_are_taken_and_no_more() -> None:
    there = place()
    for revision in range(PER_NONCE):
        assert there.post(body_of(envelope_of(revision=revision))).status_code == 202
    response = there.post(body_of(envelope_of(revision=PER_NONCE)))
    assert (response.status_code, word(response)) == (429, "too-many")
    assert len(there.logged()) == PER_NONCE
    assert there.post(body_of(envelope_of(revision=3))).status_code == 202  # A retry is no new one.
    assert there.post(body_of(envelope_of("p1"))).status_code == 202


def changed(**changes: Any) -> dict[str, Any]:
    return body_of(envelope_of(), **changes)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in changed().items() if key != name}


TOKENS = changed()["tokens"]

REFUSALS: list[tuple[Any, int, str]] = [
    (without("v"), 400, "malformed"),
    (without("outer"), 400, "malformed"),
    (changed(v=2), 400, "malformed"),
    (changed(v="1"), 400, "malformed"),
    (changed(address="10.0.0.1"), 400, "malformed"),
    (changed(round=["spring"]), 400, "malformed"),
    (changed(round="../spring"), 400, "malformed"),
    (changed(part=-1), 400, "malformed"),
    (changed(part=2), 400, "malformed"),
    (changed(part=10**30), 400, "malformed"),
    (changed(part=0.0), 400, "malformed"),
    (changed(part=True), 400, "malformed"),
    (changed(part="0"), 400, "malformed"),
    (changed(a=None), 400, "malformed"),
    (changed(a=changed()["a"] + "="), 400, "malformed"),
    (changed(a="é" * 43), 400, "malformed"),
    (changed(tokens=TOKENS[0]), 400, "malformed"),
    (changed(tokens=[TOKENS[0], 7]), 400, "malformed"),
    (changed(outer=changed()["outer"].replace("A", "+")), 400, "malformed"),
    (changed(outer=changed()["outer"] + " "), 400, "malformed"),
    (None, 400, "malformed"),
    ([], 400, "malformed"),
    ("envelope", 400, "malformed"),
    (changed(round="autumn"), 404, "unknown-round"),
    (changed(a=b64(bytes(31))), 400, "wrong-length"),
    (changed(a=""), 400, "wrong-length"),
    (changed(tokens=TOKENS[:1]), 400, "wrong-length"),
    (changed(tokens=[*TOKENS, TOKENS[0]]), 400, "wrong-length"),
    (changed(tokens=[]), 400, "wrong-length"),
    (changed(tokens=[TOKENS[0], b64(bytes(255))]), 400, "wrong-length"),
    (changed(outer=""), 400, "wrong-length"),
    (changed(outer=b64(envelope_of().outer + b"\0")), 400, "wrong-length"),
    (changed(part=1), 400, "wrong-length"),
    (changed(a=b64(bytes(32))), 403, "bad-token"),
    (changed(tokens=TOKENS[::-1]), 403, "bad-token"),
    (changed(tokens=[TOKENS[0], TOKENS[0]]), 403, "bad-token"),
    (changed(tokens=[b64(bytes(256))] * 2), 403, "bad-token"),
    (changed(tokens=[b64(b"\xff" * 256)] * 2), 403, "bad-token"),
    (body_of(replace(envelope_of(), nonce=envelope_of("p1").nonce)), 403, "bad-token"),
]


@pytest.mark.parametrize(("body", "status", "reason"), REFUSALS, ids=lambda value: str(value)[:30])
def test_a_refusal_has_one_word_changes_nothing_and_loses_nothing(body: Any, status: int, reason: str) -> None:
    there = place()
    for _ in range(5):
        response = there.post(body)
        assert (response.status_code, word(response)) == (status, reason)
    assert there.logged() == []
    assert there.shown("refused") == {reason: 5}
    assert there.post(body_of(envelope_of())).status_code == 202


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"v": 1, "v": 1}',
        b'{"v": NaN}',
        b'{"round": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b"9" * 10_000,
        json.dumps(changed()).encode() + b"x",
    ],
    ids=lambda data: str(data[:12]),
)
def test_what_is_no_json_is_malformed(data: bytes) -> None:
    there = place()
    response = there.client.post("/envelopes", data=data)
    assert (response.status_code, word(response)) == (400, "malformed")


class Unread(RawIOBase):
    """A body that nobody may read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise AssertionError("somebody reads ten megabytes")


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read() -> None:
    there = place()
    for _ in range(5):
        response = there.client.post(
            "/envelopes", environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": str(10_000_000)}
        )
        assert (response.status_code, word(response)) == (413, "too-large")
    assert there.shown("refused") == {"too-large": 5}


def test_the_longest_envelope_that_a_manifest_may_ask_for_is_not_too_large() -> None:
    longest = changed(outer=b64(bytes(400 * 1024)), tokens=[b64(bytes(256))] * 8)
    assert len(json.dumps(longest)) < LARGEST_BODY
    assert word(place().post(longest)) == "wrong-length"


@settings(deadline=None)
@given(st.data())
def test_whatever_is_sent_is_answered_and_nothing_of_it_is_a_fault_of_ours(data: st.DataObject) -> None:
    there = place()
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    body = changed()
    for name in data.draw(st.sets(st.sampled_from(sorted(body)), min_size=1)):
        body[name] = data.draw(values)
    response = there.client.post("/envelopes", data=json.dumps(body))
    assert response.status_code in (202, 400, 403, 404)


@pytest.mark.parametrize(
    ("now", "status", "reason"),
    [
        (NOW, 409, "not-open-yet"),
        (OPENS - 1, 409, "not-open-yet"),
        (CLOSES, 410, "closed"),
        (CLOSES + 10**9, 410, "closed"),
    ],
)
def test_answers_are_taken_between_opening_and_closing_only(now: float, status: int, reason: str) -> None:
    there = place()
    there.now = now
    response = there.post(body_of(envelope_of()))
    assert (response.status_code, word(response)) == (status, reason)
    for there.now in (OPENS, CLOSES - 0.001):
        assert there.post(body_of(envelope_of())).status_code == 202


def test_between_opening_and_answer_from_tokens_are_collected_and_nothing_is_taken() -> None:
    made = make_round(round_id="later", changes={"answer_from": "2026-03-03T09:00:00Z"})
    there = Place(made, made.log)
    there.watch.look()
    envelope = made.member("p0").envelope(0, made.closed())
    assert word(there.post(body_of(envelope, round="later"))) == "not-open-yet"
    there.now = NOW + 86_400
    assert there.post(body_of(envelope, round="later")).status_code == 202


@pytest.mark.parametrize(("kind", "author"), [(Kind.CANCEL, "hr"), (Kind.STOP, "gate")])
def test_a_round_that_has_ended_takes_nothing(kind: Kind, author: str) -> None:
    there, made = place(), spring()
    body = {"reason": "key-lost"} if kind is Kind.STOP else {}
    there.log.append(topics.ROUNDS, sign(kind, made.id, author, body, made.identities[author]).encode())
    there.watch.look()
    response = there.post(body_of(envelope_of()))
    assert (response.status_code, word(response)) == (410, "closed")


def test_a_round_whose_parties_name_another_ingest_is_not_taken() -> None:
    rounds = published.snapshot(spring().fold)
    other = replace(spring().parties, ingest=replace(spring().parties.ingest, key=bytes(32)))
    foreign = replace(spring().of, id="foreign", parties=other)
    assert list(own({**rounds, "foreign": foreign}, spring().parties.ingest)) == ["spring"]


def test_cheap_checks_come_first() -> None:
    there = place()
    there.now = CLOSES
    assert word(there.post(changed(tokens=[]))) == "closed"
    assert word(there.post(changed(round="autumn", part=99))) == "unknown-round"


class Failing(MemoryLog):
    """Raises `error` at every append of an envelope; before that it may have done it, as a log may."""

    error: Exception | None = None
    done_all_the_same = False

    def append(self, topic: str, *records: bytes) -> None:
        if self.error is None or self.done_all_the_same or topic == topics.ROUNDS:
            super().append(topic, *records)
        if self.error is not None and topic != topics.ROUNDS:
            raise self.error


def failing() -> tuple[Place, Failing]:
    log = Failing()
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        log.create(topic)
        for entry in spring().log.read(topic):
            log.append(topic, entry.value)
    return place(log), log


@pytest.mark.parametrize("error", [LogUnavailable("away"), LogDamaged("torn")])
def test_without_the_logs_word_there_is_no_receipt_and_the_client_may_try_again(error: Exception) -> None:
    there, log = failing()
    log.error, log.done_all_the_same = error, True
    for _ in range(2 * PER_NONCE):
        response = there.post(body_of(envelope_of()))
        assert (response.status_code, word(response)) == (503, "log-unavailable")
        assert int(response.headers["Retry-After"]) > 0
    log.error = None
    assert there.post(body_of(envelope_of())).status_code == 202


def test_while_the_logs_file_is_locked_there_is_no_receipt_and_afterwards_the_same_envelope_is_taken(
    tmp_path: Path,
) -> None:
    log = SqliteLog(tmp_path, timeout=0.05)
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        log.create(topic)
        for entry in spring().log.read(topic):
            log.append(topic, entry.value)
    there = place(log)
    with closing(sqlite3.connect(tmp_path / "envelopes.spring.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            response = there.post(body_of(envelope_of()))
            assert (response.status_code, word(response)) == (503, "log-unavailable")
    assert there.logged() == []
    first, again = there.post(body_of(envelope_of())), there.post(body_of(envelope_of()))
    assert (first.status_code, again.data) == (202, first.data)
    assert len(there.logged()) == 1
    log.close()


def test_a_topic_that_is_gone_is_a_log_that_is_away() -> None:
    there = place()
    there.log.delete(topics.envelopes("spring"))
    response = there.post(body_of(envelope_of()))
    assert (response.status_code, word(response)) == (503, "log-unavailable")


class Refusing(MemoryLog):
    """Takes no envelopes, for a reason that a test names."""

    error: LogError | None = None

    def append(self, topic: str, *records: bytes) -> None:
        if self.error is not None and topic != topics.ROUNDS:
            raise self.error
        super().append(topic, *records)


@pytest.mark.parametrize(
    ("error", "word_then"),
    [
        (LogForbidden("no right"), "forbidden"),
        (LogDamaged("it deletes by time"), "damaged"),
        (NoSuchTopic(topics.envelopes("spring")), "missing"),
    ],
)
def test_what_keeps_envelopes_out_is_found_before_anybody_posts_and_rounds_are_known_all_the_same(
    error: LogError, word_then: str
) -> None:
    log = Refusing()
    there = Place(spring(), copied(spring().log, log))
    log.error = error
    stop = threading.Event()

    def once() -> None:
        stop.set()
        there.watch.look()

    run(once, stop, 0, there.watch.health)
    assert there.watch.word() == word_then
    assert there.client.get("/rounds/spring").status_code == 200
    assert there.shown("last_look") == {}
    log.error = None
    there.watch.look()
    assert there.watch.ready()
    assert there.logged() == []


def test_a_round_that_is_over_needs_no_topic_for_envelopes() -> None:
    there = Place(spring(), copied(spring().log), now=CLOSES)
    there.log.delete(topics.envelopes("spring"))
    there.watch.look()
    assert there.watch.ready()


def test_before_the_log_was_read_nobody_is_told_that_a_round_does_not_exist() -> None:
    there = Place(spring(), copied(spring().log))
    for response in (
        there.post(body_of(envelope_of())),
        there.client.get("/rounds"),
        there.client.get("/rounds/spring"),
    ):
        assert (response.status_code, word(response)) == (503, "log-unavailable")
    assert not there.watch.ready()
    there.watch.look()
    assert there.watch.ready()
    assert there.post(body_of(envelope_of())).status_code == 202


def test_rounds_that_are_known_are_served_while_the_log_can_not_be_read() -> None:
    there = place()
    there.log.delete(topics.ROUNDS)
    assert there.post(body_of(envelope_of())).status_code == 202
    there.elapsed += 60
    assert not there.watch.ready()


class Slow(MemoryLog):
    """Every append of an envelope takes a while."""

    there: Place
    seconds = 0.0

    def append(self, topic: str, *records: bytes) -> None:
        super().append(topic, *records)
        if topic != topics.ROUNDS and records:
            self.there.elapsed += self.seconds
            self.there.now += self.seconds


@pytest.mark.parametrize(("seconds", "status"), [(0, 202), (19.9, 202), (20.1, 503), (400, 503)])
def test_an_acknowledgement_that_comes_too_late_gives_no_receipt(seconds: float, status: int) -> None:
    log = Slow()
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        log.create(topic)
        for entry in spring().log.read(topic):
            MemoryLog.append(log, topic, entry.value)
    there = place(log)
    log.there, log.seconds = there, seconds
    there.now = CLOSES - 0.5
    assert there.post(body_of(envelope_of())).status_code == status


def test_a_clock_that_was_set_back_does_not_make_the_gates_cut_later() -> None:
    """The envelope was admitted by a clock that then is set right: by that one the round is over for long."""
    there = place()
    readings = iter([CLOSES - 1.0])
    there.desk.now = lambda: next(readings, CLOSES + 100.0)
    assert word(there.post(body_of(envelope_of()))) == "log-unavailable"


def test_many_threads_get_one_receipt_each_and_lose_nothing() -> None:
    there = place()
    people = [f"p{number}" for number in range(20)]
    bodies = [body_of(envelope_of(person)) for person in people]
    statuses: list[int] = []

    def post(body: dict[str, Any]) -> None:
        statuses.append(there.post(body).status_code)

    threads = [threading.Thread(target=post, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert statuses == [202] * 20
    layout = spring().manifest.layouts[0]
    assert sorted(there.logged()) == sorted(envelope_of(person).encode(layout) for person in people)


def test_the_same_envelope_many_times_at_once_is_appended_once() -> None:
    """Else one token fills the log: what is being appended is not yet known to be there."""

    class Slow(MemoryLog):
        def append(self, topic: str, *records: bytes) -> None:
            assert started.wait(10)
            super().append(topic, *records)

    started, slow = threading.Event(), Slow()
    started.set()
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        slow.create(topic)
        for entry in spring().log.read(topic):
            slow.append(topic, entry.value)
    there, layout = place(slow), spring().manifest.layouts[0]
    started.clear()
    answers = [there.desk.take(body_of(envelope_of()), 0.0) for _ in range(50)]
    assert not any(answer.done() for answer in answers)
    started.set()
    assert len({getattr(answer.result(10), "jws", None) for answer in answers}) == 1
    assert there.logged() == [envelope_of().encode(layout)]
    there.desk.close()
    assert [turn.done() for turn in answers] == [True] * 50
    assert not there.desk._under_way


def test_a_hundred_thousand_tokens_are_refused_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at each takes a second, in which everybody else would wait."""
    there, looked = place(), list[Any]()
    monkeypatch.setattr(fields.Str, "_deserialize", lambda self, value, *_, **__: looked.append(value))
    assert word(there.post(body_of(envelope_of(), tokens=[1] * 180_000))) == "malformed"
    assert len(looked) < 10


def test_the_public_face_of_rounds_is_there() -> None:
    there = place()
    (listed,) = there.client.get("/rounds").get_json()["rounds"]
    assert (listed["round"], listed["state"], listed["fingerprint"]) == (
        "spring",
        "open",
        spring().manifest.fingerprint,
    )
    shown = there.client.get("/rounds/spring").get_json()
    assert verify_published(shown["manifest"], shown["accepts"], spring().parties) == spring().manifest
    missing = there.client.get("/rounds/autumn")
    assert (missing.status_code, word(missing)) == (404, "unknown-round")


def test_pages_of_ours_may_post_and_others_may_not() -> None:
    client = place().client
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for origin, allowed in (("https://page.example", "https://page.example"), ("https://evil.example", None)):
        preflight = client.options("/envelopes", headers={"Origin": origin, **asked})
        posted = client.post("/envelopes", json=body_of(envelope_of()), headers={"Origin": origin})
        refused = client.post("/envelopes", data=b"", headers={"Origin": origin})
        for response in (preflight, posted, refused):
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert response.headers["Vary"] == "Origin"
            assert "Set-Cookie" not in response.headers


def test_answers_are_kept_by_no_cache() -> None:
    client = place().client
    for response in (client.get("/rounds"), client.post("/envelopes", data=b"")):
        assert response.headers["Cache-Control"] == "no-store"


def test_metrics_stand_still_until_enough_people_have_moved_them() -> None:
    there = place()
    seen = []
    for number in range(12):
        seen.append(there.shown("envelopes"))
        for part in range(2):
            assert there.post(body_of(envelope_of(f"p{number}", part=part))).status_code == 202
    assert seen == [{}] * 5 + [{"spring": 5}] * 5 + [{"spring": 10}] * 2
    assert there.shown("rounds") == {"open": 1}
    assert there.shown("alarms") == {}
    assert there.shown("last_look") == {"": there.now}


def test_nothing_of_a_request_is_written_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    there = place()
    there.client.post("/envelopes", json=body_of(envelope_of()), environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    there.client.post("/envelopes", data=b"{", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert caplog.text == ""
    assert len(there.logged()) == 1
    assert b"192.0.2.7" not in there.logged()[0]


def test_two_processes_give_the_same_receipt() -> None:
    log = copied(spring().log)
    first, second = (place(log).post(body_of(envelope_of())) for _ in range(2))
    assert (first.status_code, first.data) == (202, second.data)
