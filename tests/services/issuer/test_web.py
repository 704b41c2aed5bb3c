"""What an issuer answers to members and everybody on HTTP, with a real database, real keys and a log in memory."""

import json
import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from services.issuer.core import Request
from services.issuer.roster import Person, Roster
from services.issuer.store import Visitor
from shared import dates
from shared.blind_rsa import SIZE
from shared.canonical import b64, unb64
from shared.codes import AccessCode, WalletCode
from tests.organisations import roster as roster_of
from tests.rounds_made import CLOSES, NOW, OPENS, PEOPLE, questionnaire_body
from tests.services.issuer.databases import ON_BOTH, backed_up, writing_elsewhere
from tests.services.issuer.issuers import Running, World, code_of, digest, word, world
from tests.services.issuer.members import Member


def served(issuer: Running) -> int:
    return issuer.store.served("spring")


# Members


def test_a_member_sees_her_groups_and_colleagues_and_collects_tokens_that_hold(one: World) -> None:
    for person, own in (("p0", [12, 12]), ("p15", [8, 8])):
        member = Member(one.lead, person)
        shown = member.checked()
        assert [len(part["names"]) for part in shown["parts"]] == own
        assert (shown["issuer"], shown["language"], shown["collected"]) == ("hr", "nl", False)
        assert member.vouched()
        assert member.checked()["collected"] is True
    assert served(one.lead) == one.lead.secrets.served("spring") == 2


def test_each_of_two_issuers_hands_out_its_own_tokens(tmp_path: Path) -> None:
    made = world(tmp_path, issuers=2)
    made.agree()
    tokens = [Member(issuer, "p0").tokens() for issuer in made.issuers]
    assert len(tokens[0]) == len(tokens[1]) == 6 and set(tokens[0]).isdisjoint(tokens[1])
    shown = [Member(issuer, "p0").checked() for issuer in made.issuers]
    assert [part["names"] for part in shown[0]["parts"]] == [part["names"] for part in shown[1]["parts"]]
    made.stop()


@ON_BOTH
def test_the_same_request_gets_the_same_answer_also_from_the_next_process(one: World) -> None:
    member = Member(one.lead, "p0")
    answers = [member.collect().get_json(), member.collect().get_json()]
    one.issuers[0] = one.lead.restarted()
    one.lead.tick()
    answers.append(member.at(one.lead).collect().get_json())
    assert answers[0] == answers[1] == answers[2] and len(answers[0]["signatures"]) == 6
    assert served(one.lead) == 1


@ON_BOTH
def test_another_request_in_the_same_name_is_refused_and_an_alarm(one: World) -> None:
    first = Member(one.lead, "p0").collect().get_json()
    other = Member(one.lead, "p0", wallet="somebody else's").collect()
    assert word(other, 409) == "already-collected"
    assert Member(one.lead, "p0").collect().get_json() == first
    assert one.lead.hr.status()["alarms"] == [{"round": "spring", "reason": "already-collected"}]
    assert _metrics(one.lead)['klankbord_issuer_alarms{reason="already-collected"}'] == 1


@ON_BOTH
def test_of_requests_at_the_same_time_in_one_name_one_is_answered(one: World) -> None:
    members = [Member(one.lead, "p0", wallet=str(number)) for number in range(6)]
    bodies, answers = [member.body() for member in members], []
    barrier = threading.Barrier(6)

    def work(member: Member, body: dict[str, Any]) -> None:
        barrier.wait()
        answers.append(member.collect(body).status_code)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(members, bodies, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]
    assert served(one.lead) == one.lead.secrets.served("spring") == 1


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        (lambda body: body | {"blinded": body["blinded"][:-1]}, 400, "malformed"),
        (lambda body: body | {"blinded": body["blinded"] * 2}, 400, "malformed"),
        (lambda body: body | {"blinded": []}, 400, "malformed"),
        (lambda body: body | {"blinded": [*body["blinded"][:-1], b64(b"\xff" * SIZE)]}, 400, "malformed"),
        (lambda body: body | {"blinded": [*body["blinded"][:-1], b64(b"\x01" * 255)]}, 400, "malformed"),
        (lambda body: body | {"blinded": [*body["blinded"][:-1], 7]}, 400, "malformed"),
        (lambda body: body | {"blinded": [*body["blinded"][:-1], body["blinded"][-1] + "="]}, 400, "malformed"),
        (lambda body: body | {"more": 1}, 400, "malformed"),
        (lambda body: {"blinded": body["blinded"]}, 400, "malformed"),
        (lambda body: [], 400, "malformed"),
        (lambda body: body | {"manifest": b64(bytes(32))}, 409, "other-manifest"),
        (lambda body: body | {"blinded": body["blinded"] * 50}, 413, "too-large"),
    ],
)
def test_a_wrong_request_changes_nothing_and_the_right_one_is_answered_after_it(
    one: World, change: Any, status: int, reason: str
) -> None:
    member = Member(one.lead, "p0")
    assert word(member.collect(change(member.body())), status) == reason
    assert served(one.lead) == one.lead.secrets.served("spring") == 0
    assert member.checked()["collected"] is False
    assert member.vouched()


@pytest.mark.parametrize("typed", [AccessCode(bytes(16)).text, WalletCode(bytes(16)).text, "KA-1234", "x" * 5000])
def test_a_code_that_nobody_has_is_refused(one: World, typed: str) -> None:
    headers = {"Authorization": f"Bearer {typed}"}
    body = Member(one.lead, "p0").body()
    assert word(one.lead.client.get("/rounds/spring/membership", headers=headers), 401) == "unknown-code"
    assert word(one.lead.client.post("/rounds/spring/tokens", json=body, headers=headers), 401) == "unknown-code"
    assert word(one.lead.client.post("/rounds/spring/tokens", json=body), 401) == "no-credentials"


def test_a_code_may_be_typed_in_any_of_its_spellings(one: World) -> None:
    typed = code_of("p0").text.replace("-", " ").lower()
    answer = one.lead.client.get("/rounds/spring/membership", headers={"Authorization": f"Bearer {typed}"})
    assert answer.status_code == 200


def test_who_joined_after_planning_is_no_member_and_who_left_still_is(one: World) -> None:
    roster = roster_of(PEOPLE)
    newcomer = Person("new", "Newcomer Jansen", "new@example.test", "en", ("Payments",))
    changed = Roster(roster.company, roster.levels, (*roster.people[1:], newcomer))
    one.lead.people.replace(changed)
    one.lead.people.set_codes({"new": digest("new")})
    assert word(Member(one.lead, "new").membership(), 403) == "not-a-member"
    assert word(Member(one.lead, "new").collect(Member(one.lead, "p1").body()), 403) == "not-a-member"
    assert Member(one.lead, "p0").vouched()
    assert "Newcomer" not in json.dumps(Member(one.lead, "p1").membership().get_json())


def test_tokens_are_handed_out_from_agreement_until_closing(one: World) -> None:
    body = Member(one.lead, "p0").body()
    for now, status in ((NOW, 200), (OPENS, 200), (CLOSES - 1, 200), (CLOSES, 409), (CLOSES + 400, 409)):
        one.clock.now = now
        one.lead.tick()
        assert Member(one.lead, "p0").collect(body).status_code == status
    assert word(Member(one.lead, "p0").collect(body), 409) == "not-collecting"
    assert word(Member(one.lead, "p0").membership(), 409) == "not-collecting"
    assert one.lead.metrics.raised == []


def test_nothing_is_handed_out_for_a_cancelled_or_an_unknown_round(one: World) -> None:
    body = Member(one.lead, "p0").body()
    assert word(Member(one.lead, "p0", round_id="autumn").membership(), 404) == "unknown-round"
    assert one.lead.admin("POST", "/admin/rounds/spring/cancel").status_code == 202
    one.settle()
    assert word(Member(one.lead, "p0").collect(body), 409) == "not-collecting"
    one.lead.tick()
    assert word(Member(one.lead, "p0").collect(body), 409) == "not-collecting"
    assert one.lead.metrics.raised == []


# What may break


def test_before_the_log_was_read_members_are_told_to_come_back(one: World) -> None:
    body = Member(one.lead, "p0").body()
    one.issuers[0] = one.lead.restarted()
    member = Member(one.lead, "p0")
    for answer in (member.collect(body), member.membership(), one.lead.client.get("/rounds")):
        assert word(answer, 503) == "log-unavailable"
        assert answer.headers["Retry-After"] == "5"


@ON_BOTH
def test_a_locked_database_is_no_answer_and_nothing_half_done(one: World) -> None:
    member = Member(one.lead, "p0")
    body = member.body()
    with writing_elsewhere(one.lead.address):
        answer = member.collect(body)
        assert word(answer, 503) == "database-unavailable" and answer.headers["Retry-After"] == "5"
        assert word(one.lead.admin("POST", "/admin/codes", json={"renew": True}), 503) == "database-unavailable"
    assert served(one.lead) == one.lead.secrets.served("spring") == 0
    assert member.vouched()


@ON_BOTH
@pytest.mark.parametrize("counted", [False, True])
def test_after_a_crash_in_the_middle_the_same_request_is_answered_and_no_other(one: World, counted: bool) -> None:
    member = Member(one.lead, "p0")
    body = member.body()
    asked = _request(body)
    # The process ended after the commit, before or after the counter was raised: nothing was answered.
    one.lead.store.mark("spring", "p0", asked)
    if counted:
        one.lead.secrets.raise_served("spring", 1)
    one.issuers[0] = one.lead.restarted()
    one.lead.tick()
    assert word(Member(one.lead, "p0", wallet="other").collect(), 409) == "already-collected"
    assert member.at(one.lead).vouched()
    assert served(one.lead) == one.lead.secrets.served("spring") == 1


@ON_BOTH
def test_a_database_that_was_put_back_signs_nothing_for_anybody(one: World) -> None:
    Member(one.lead, "p0").tokens()
    one.lead.database.close()
    put_back = backed_up(one.lead.address)
    one.issuers[0] = one.lead.restarted()
    one.lead.tick()
    Member(one.lead, "p1").tokens()
    one.lead.stop()
    put_back()
    back = one.issuers[0] = replace(one.lead)
    back.tick()
    bodies = {person: Member(back, person).body() for person in ("p0", "p1", "p2")}
    for person, body in bodies.items():
        assert word(Member(back, person).collect(body), 503) == "database-restored"
    assert served(back) == 1
    assert {"round": "spring", "reason": "database-restored"} in back.hr.status()["alarms"]
    assert _metrics(back)['klankbord_issuer_alarms{reason="database-restored"}'] == 1


@ON_BOTH
def test_a_database_that_is_put_back_between_looking_and_marking_signs_nothing(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a standby takes over that has not got the last commits, while members are waiting."""
    one.lead.database.close()
    put_back = backed_up(one.lead.address)
    Member(one.lead, "p0").tokens()
    body, visitor = Member(one.lead, "p1").body(), one.lead.store.visitor

    def and_then_it_is_put_back(round_id: str, digest: bytes) -> Visitor | None:
        found = visitor(round_id, digest)
        one.lead.database.close()
        put_back()
        return found

    monkeypatch.setattr(one.lead.store, "visitor", and_then_it_is_put_back)
    assert word(Member(one.lead, "p1").collect(body), 503) == "database-restored"
    monkeypatch.undo()
    assert served(one.lead) == 0
    for person in ("p0", "p1"):
        assert word(Member(one.lead, person, wallet="other").collect(), 503) == "database-restored"


@ON_BOTH
def test_a_database_that_never_knew_the_round_signs_nothing(one: World) -> None:
    body = Member(one.lead, "p0").body()
    one.lead.store.erase("spring")
    one.lead.give_codes(roster_of({("Payments",): 12}))
    assert word(Member(one.lead, "p0").collect(body), 503) == "database-restored"


def test_a_lost_counter_or_lost_keys_are_alarms(one: World) -> None:
    body = Member(one.lead, "p0").body()
    rounds = one.lead.home / "rounds"
    (rounds / "spring.served").rename(rounds / "elsewhere")
    assert word(Member(one.lead, "p0").collect(body), 503) == "counter-lost"
    (rounds / "elsewhere").rename(rounds / "spring.served")
    (rounds / "spring.key").write_bytes(bytes(64))
    assert word(Member(one.lead, "p0").collect(body), 503) == "keys-lost"
    (rounds / "spring.key").unlink()
    assert word(Member(one.lead, "p0").collect(body), 503) == "keys-lost"
    assert word(Member(one.lead, "p0").membership(), 503) == "keys-lost"
    assert served(one.lead) == 0
    reasons = {alarm["reason"] for alarm in one.lead.hr.status()["alarms"]}
    assert reasons == {"counter-lost", "keys-lost"}


# What must not be there


def test_no_log_line_and_no_metric_moves_when_somebody_collects(one: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one.lead.tick()
    before = generate_latest(one.lead.metrics.registry)
    Member(one.lead, "p0").tokens()
    word(Member(one.lead, "nobody").membership(), 401)
    word(Member(one.lead, "p1").collect({}), 400)
    assert generate_latest(one.lead.metrics.registry) == before
    assert caplog.records == []


@ON_BOTH
def test_nothing_about_members_stands_in_logs_or_metrics(one: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for number in range(8):
        Member(one.lead, f"p{number}").tokens()
        Member(one.lead, f"p{number}", wallet="other").collect()
        Member(one.lead, "nobody").membership()
    one.lead.tick()
    said = caplog.text + generate_latest(one.lead.metrics.registry).decode()
    assert 'reason="already-collected"} 5.0' in said
    for trace in ("p0", "Name", "example.test", code_of("p0").text, "Payments", "nobody"):
        assert trace not in said


def test_members_and_pages_get_no_cookies_and_nothing_is_stored_on_the_way(one: World) -> None:
    member = Member(one.lead, "p0")
    for answer in (member.membership(), member.collect(), one.lead.client.get("/rounds")):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_only_the_pages_of_parties_json_may_speak_to_it_from_a_browser(one: World) -> None:
    for origin, allowed in (("https://page.example", True), ("https://evil.example", False), ("null", False)):
        preflight = one.lead.client.options(
            "/rounds/spring/tokens",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )
        refusal = one.lead.client.get("/rounds/spring/membership", headers={"Origin": origin})
        for answer in (preflight, refusal):
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
            assert answer.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Credentials" not in answer.headers
        assert preflight.status_code == 200
        if allowed:
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


# Everybody


def test_everybody_sees_agreed_rounds_and_their_records_and_no_others(one: World) -> None:
    one.draft("summer", questionnaire=questionnaire_body("x"))
    one.lead.tick()
    listed = one.lead.client.get("/rounds").get_json()["rounds"]
    manifest = Member(one.lead, "p0").manifest()
    assert [(of["round"], of["state"], of["fingerprint"]) for of in listed] == [
        ("spring", "scheduled", manifest.fingerprint)
    ]
    assert listed[0]["closes"] == dates.text(CLOSES)
    assert word(one.lead.client.get("/rounds/summer"), 404) == "unknown-round"
    assert word(one.lead.client.get("/rounds/autumn"), 404) == "unknown-round"
    one.clock.now = OPENS
    assert one.lead.client.get("/rounds/spring").get_json()["state"] == "open"


def _request(body: dict[str, Any]) -> bytes:
    return Request(body["manifest"], tuple(unb64(message) for message in body["blinded"])).digest


def _metrics(issuer: Running) -> dict[str, float]:
    lines = generate_latest(issuer.metrics.registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
