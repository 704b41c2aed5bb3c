"""An issuer on HTTP, with a real database, real keys and a log in memory."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import select

from services.issuer.core import Request
from services.issuer.roster import Person, Roster
from services.issuer.tables import CODES
from shared import dates, draft
from shared.blind_rsa import SIZE
from shared.canonical import b64, unb64
from shared.codes import AccessCode, WalletCode, parse
from shared.problem import TYPE
from shared.records import Kind
from shared.rounds import State
from tests.crashes import failing
from tests.organisations import roster as roster_of
from tests.rounds_made import CLOSES, NOW, OPENS, PEOPLE, draft_body, long_questionnaire_body, questionnaire_body
from tests.services.issuer.databases import ON_BOTH, Databases, backed_up, writing_elsewhere
from tests.services.issuer.issuers import ADMIN_KEY, Running, World, code_of, csv, world
from tests.services.issuer.members import Member


@pytest.fixture
def one(tmp_path: Path, databases: Databases) -> Iterator[World]:
    made = world(tmp_path, databases=databases)
    made.agree()
    yield made
    made.stop()


@pytest.fixture
def fresh(tmp_path: Path, databases: Databases) -> Iterator[World]:
    """No round yet."""
    made = world(tmp_path, databases=databases)
    made.lead.tick()
    yield made
    made.stop()


def word(answer: Any, status: int) -> str:
    """The problem's type, for an answer that must have this status."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == status and body["detail"]
    return str(body["type"]).removeprefix(TYPE)


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
    one.lead.people.set_codes({"new": _digest("new")})
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


# HR


@pytest.mark.parametrize("key", ["", "wrong", ADMIN_KEY.decode()[:-1], ADMIN_KEY.decode() + "x", "é"])
def test_without_the_admin_key_hr_is_told_nothing(fresh: World, key: str) -> None:
    for method, path in (
        ("GET", "/admin/roster"),
        ("PUT", "/admin/roster"),
        ("POST", "/admin/plan"),
        ("POST", "/admin/codes"),
        ("POST", "/admin/rounds"),
        ("GET", "/admin/rounds"),
        ("POST", "/admin/rounds/spring/cancel"),
    ):
        answer = fresh.lead.client.open(path, method=method, headers={"Authorization": f"Bearer {key}"}, json={})
        assert word(answer, 401) == ("unknown-key" if key else "no-credentials")


def test_a_roster_is_imported_as_a_whole_and_told_about(fresh: World) -> None:
    roster = roster_of({("A", "B"): 3, ("C",): 9})
    expected = {"company": "Velda", "levels": ["company", "division", "department", "team"], "people": 12, "groups": 4}
    answer = fresh.lead.admin("PUT", "/admin/roster", data=csv(roster))
    assert answer.get_json() == expected | {"with_code": 12}
    assert fresh.lead.admin("GET", "/admin/roster").get_json() == expected | {"with_code": 12}
    assert fresh.lead.people.roster() == roster


def test_a_bad_roster_changes_nothing_and_every_problem_is_told(fresh: World) -> None:
    data = csv(roster_of({("A",): 3})).replace(b"p1@example.test", b"no mail").replace(b",nl,", b",xx,", 1)
    answer = fresh.lead.admin("PUT", "/admin/roster", data=data)
    assert word(answer, 400) == "bad-roster"
    problems = answer.get_json()["problems"]
    assert [(one["line"], one["column"], one["reason"]) for one in problems] == [
        (2, 4, "unknown-language"),
        (3, 3, "bad-mail"),
    ]
    assert fresh.lead.people.roster() == roster_of(PEOPLE)


def test_a_roster_beyond_64_mib_is_refused(fresh: World) -> None:
    answer = fresh.lead.admin("PUT", "/admin/roster", data=bytes(64 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert fresh.lead.people.roster() == roster_of(PEOPLE)


def test_a_plan_can_be_seen_before_anything_is_drafted(fresh: World) -> None:
    shown = fresh.lead.admin("POST", "/admin/plan", json={"ks": [5, 10], "rate": 75}).get_json()
    assert shown["kr"] == 8
    assert [(node["label"], node["size"], node["parent"]) for node in shown["nodes"]] == [
        ("Velda", 20, None),
        ("Payments", 12, 0),
        ("Risk", 8, 0),
    ]
    assert word(fresh.lead.admin("POST", "/admin/plan", json={"ks": [5, 30], "rate": 75}), 409) == "too-few-people"
    for wrong in ({"ks": [4], "rate": 75}, {"ks": [5], "rate": 81}, {"ks": [], "rate": 75}, {"ks": [5]}):
        assert word(fresh.lead.admin("POST", "/admin/plan", json=wrong), 400) == "malformed"


@ON_BOTH
def test_codes_are_given_to_those_who_have_none_or_to_all_and_work(fresh: World) -> None:
    fresh.lead.admin("PUT", "/admin/roster", data=csv(roster_of({("A",): 21})))
    given = fresh.lead.admin("POST", "/admin/codes", json={"renew": False}).get_json()["codes"]
    assert [one["person"] for one in given] == ["p20"]
    assert given[0].keys() == {"person", "name", "mail", "language", "code"}
    renewed = fresh.lead.admin("POST", "/admin/codes", json={"renew": True}).get_json()["codes"]
    assert len({one["code"] for one in renewed}) == 21
    fresh.agree()
    for text, status in ((renewed[20]["code"], 200), (given[0]["code"], 401), (code_of("p0").text, 401)):
        assert isinstance(parse(AccessCode, text), AccessCode)
        answer = fresh.lead.client.get("/rounds/spring/membership", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status
    assert fresh.lead.admin("POST", "/admin/codes", json={"renew": False}).get_json() == {"codes": []}


@pytest.mark.parametrize("renew", [1, 0, "true", "no", None, [], 1.0])
def test_codes_are_renewed_by_a_plain_yes_only(fresh: World, renew: object) -> None:
    answer = fresh.lead.admin("POST", "/admin/codes", data=json.dumps({"renew": renew}))
    assert word(answer, 400) == "malformed"
    assert whose_code(fresh, "p0") == _digest("p0")


def whose_code(made: World, person: str) -> bytes | None:
    with made.lead.database.reading() as db:
        return db.scalar(select(CODES.c.digest).where(CODES.c.person == person))


@ON_BOTH
def test_no_code_is_in_the_database(fresh: World) -> None:
    given = fresh.lead.admin("POST", "/admin/codes", json={"renew": True}).get_json()["codes"]
    code = parse(AccessCode, given[0]["code"])
    assert isinstance(code, AccessCode)
    stored = b"".join(path.read_bytes() for path in fresh.lead.home.glob("issuer.db*"))
    assert code.secret not in stored and code.text.encode() not in stored


def hr_draft(made: World, **changes: Any) -> dict[str, Any]:
    """What HR sends: without what the issuer fills in."""
    body = draft_body(made.installed.parties, **changes)
    return {name: value for name, value in body.items() if name not in ("generation", "parties")}


def with_k(k: object) -> dict[str, Any]:
    asked = questionnaire_body()
    asked["parts"][0]["k"] = k
    return asked


def test_hr_drafts_a_round_and_sees_it_become_agreed(fresh: World) -> None:
    answer = fresh.lead.admin("POST", "/admin/rounds", json={"round": "spring", "draft": hr_draft(fresh)})
    assert answer.status_code == 202
    assert fresh.lead.admin("GET", "/admin/rounds").get_json()["on_their_way"] == ["spring"]
    fresh.lead.tick()
    (shown,) = fresh.lead.admin("GET", "/admin/rounds").get_json()["rounds"]
    assert shown["state"] == "drafted" and shown["offers_missing"] == ["aggregate", "gate", "hr"]
    assert shown["keys"]["of"] == 6
    fresh.settle()
    (shown,) = fresh.lead.admin("GET", "/admin/rounds").get_json()["rounds"]
    assert shown["state"] == "scheduled" and shown["accepts_missing"] == []
    assert shown["keys"] == {"made": 6, "of": 6}
    assert shown["fingerprint"] == Member(fresh.lead, "p0").manifest().fingerprint
    assert shown["collected"] == {"day": "2026-03-02", "units": []}


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"closes": dates.text(OPENS)}, 400, "dates-out-of-order"),
        ({"opens": dates.text(NOW)}, 400, "opening-has-passed"),
        ({"grace": 5}, 400, "below-a-floor"),
        ({"rate": 90}, 400, "malformed-draft"),
        ({"more": 1}, 400, "malformed-draft"),
        ({"generation": 1}, 400, "malformed-draft"),
        ({"rate": "75"}, 400, "malformed-draft"),
        ({"grace": 2**60}, 400, "malformed-draft"),
        ({"title": {"nl": "x" * 300_000, "en": "x"}}, 400, "malformed-draft"),
        ({"questionnaire": with_k(4)}, 400, "malformed-draft"),
        ({"questionnaire": with_k(0)}, 400, "malformed-draft"),
        ({"questionnaire": with_k("5")}, 400, "malformed-draft"),
    ],
)
def test_hr_is_told_what_is_wrong_with_a_draft_and_nothing_is_said(
    fresh: World, changes: dict[str, Any], status: int, reason: str
) -> None:
    body = {"round": "spring", "draft": hr_draft(fresh) | changes}
    assert word(fresh.lead.admin("POST", "/admin/rounds", json=body), status) == reason
    assert not fresh.lead.author.said("spring", Kind.DRAFT)


def test_a_draft_that_would_fill_the_record_is_refused_by_its_size(fresh: World) -> None:
    body = {"round": "spring", "draft": hr_draft(fresh, questionnaire=long_questionnaire_body(8))}
    answer = fresh.lead.admin("POST", "/admin/rounds", json=body)
    assert word(answer, 400) == "malformed-draft"
    assert answer.get_json()["detail"] == f"the draft has more than {draft.MAX_BYTES} bytes"
    assert not fresh.lead.author.said("spring", Kind.DRAFT)


def test_on_a_full_disk_no_round_is_drafted_or_cancelled_and_hr_may_try_again(one: World) -> None:
    body = {"round": "summer", "draft": hr_draft(one, questionnaire=questionnaire_body("x"))}
    for path, asked, said in (
        ("/admin/rounds", body, ("summer", Kind.DRAFT)),
        ("/admin/rounds/spring/cancel", {}, ("spring", Kind.CANCEL)),
    ):
        refused = 0
        while not one.lead.author.said(*said):
            # The second call makes a folder, which the round to be cancelled has already.
            with failing(refused + 2):
                answer = one.lead.admin("POST", path, json=asked)
            if answer.status_code != 202:
                assert word(answer, 503) == "database-unavailable" and answer.headers["Retry-After"] == "5"
                refused += 1
        assert refused > 5
        # Whoever was refused at the very last moment is told what became of it.
        assert one.lead.admin("POST", path, json=asked).status_code in (202, 409)


def test_a_round_for_which_the_company_is_too_small_is_refused(fresh: World) -> None:
    questionnaire = questionnaire_body()
    questionnaire["parts"][1]["k"] = 21
    body = {"round": "spring", "draft": hr_draft(fresh, questionnaire=questionnaire)}
    assert word(fresh.lead.admin("POST", "/admin/rounds", json=body), 409) == "too-few-people"
    assert not fresh.lead.author.said("spring", Kind.DRAFT)


def test_a_name_and_a_question_are_used_once(one: World) -> None:
    same = {"round": "spring", "draft": hr_draft(one, questionnaire=questionnaire_body("x"))}
    assert word(one.lead.admin("POST", "/admin/rounds", json=same), 409) == "round-exists"
    repeats = {"round": "summer", "draft": hr_draft(one)}
    assert word(one.lead.admin("POST", "/admin/rounds", json=repeats), 409) == "asked-elsewhere"
    one.lead.admin("POST", "/admin/rounds/spring/cancel")
    one.settle()
    assert one.lead.admin("POST", "/admin/rounds", json=repeats).status_code == 202
    assert word(one.lead.admin("POST", "/admin/rounds", json=repeats), 409) == "round-exists"


@pytest.mark.parametrize("round_id", ["Spring", "", "-a", "a/b", "a" * 41, "é", 7])
def test_a_name_that_is_no_name_of_a_round_is_refused(fresh: World, round_id: object) -> None:
    body = {"round": round_id, "draft": hr_draft(fresh)}
    assert word(fresh.lead.admin("POST", "/admin/rounds", json=body), 400) == "malformed"


def test_rounds_are_drafted_and_cancelled_at_the_lead_issuer_only(tmp_path: Path) -> None:
    made = world(tmp_path, issuers=2)
    made.agree()
    council = made.issuers[1]
    body = {"round": "summer", "draft": hr_draft(made, questionnaire=questionnaire_body("x"))}
    assert word(council.admin("POST", "/admin/rounds", json=body), 409) == "not-lead"
    assert word(council.admin("POST", "/admin/rounds/spring/cancel"), 409) == "not-lead"
    assert not council.author.said("summer", Kind.DRAFT)
    made.stop()


def test_a_round_can_be_cancelled_until_it_is_cut(one: World) -> None:
    assert word(one.lead.admin("POST", "/admin/rounds/autumn/cancel"), 404) == "unknown-round"
    end = {"end": 0, "count": 0, "sha256": b64(bytes(32))}
    manifest = one.of.manifest
    assert manifest is not None
    one.say(Kind.CUT, "gate", {"manifest": manifest.fingerprint, "partitions": [end]})
    one.lead.tick()
    assert word(one.lead.admin("POST", "/admin/rounds/spring/cancel"), 409) == "too-late"
    assert one.of.phase is State.CUT


def test_without_a_roster_hr_is_told_so(fresh: World) -> None:
    with fresh.lead.database.writing() as db:
        db.exec_driver_sql("DELETE FROM company")
    for method, path, body in (
        ("GET", "/admin/roster", None),
        ("POST", "/admin/plan", {"ks": [5], "rate": 75}),
        ("POST", "/admin/codes", {"renew": False}),
        ("POST", "/admin/rounds", {"round": "spring", "draft": hr_draft(fresh)}),
    ):
        assert word(fresh.lead.admin(method, path, json=body), 409) == "no-roster"


def _digest(person: str) -> bytes:
    return sha256(code_of(person).secret).digest()


def _request(body: dict[str, Any]) -> bytes:
    return Request(body["manifest"], tuple(unb64(message) for message in body["blinded"])).digest


def _metrics(issuer: Running) -> dict[str, float]:
    lines = generate_latest(issuer.metrics.registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
