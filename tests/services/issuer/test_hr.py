"""What an issuer answers to HR on HTTP, with a real database and a log in memory."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.issuer.tables import CODES, METADATA
from shared import dates, draft
from shared.canonical import b64
from shared.codes import AccessCode, parse
from shared.records import Kind
from shared.rounds import State
from tests.crashes import failing
from tests.organisations import roster as roster_of
from tests.rounds_made import NOW, OPENS, PEOPLE, long_questionnaire_body, questionnaire_body
from tests.services.issuer.databases import ON_BOTH
from tests.services.issuer.issuers import ADMIN_KEY, World, code_of, csv, digest, hr_draft, word, world
from tests.services.issuer.members import Member


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
    assert whose_code(fresh, "p0") == digest("p0")


def whose_code(made: World, person: str) -> bytes | None:
    with made.lead.database.reading() as db:
        return db.scalar(select(CODES.c.digest).where(CODES.c.person == person))


@ON_BOTH
def test_no_code_is_in_the_database(fresh: World) -> None:
    given = fresh.lead.admin("POST", "/admin/codes", json={"renew": True}).get_json()["codes"]
    code = parse(AccessCode, given[0]["code"])
    assert isinstance(code, AccessCode)
    with fresh.lead.database.reading() as db:
        rows = [row for table in METADATA.sorted_tables for row in db.execute(select(table))]
    stored = [value.encode() if isinstance(value, str) else value for row in rows for value in row]
    assert sha256(code.secret).digest() in stored
    files = b"".join(path.read_bytes() for path in fresh.lead.home.glob("issuer.db*"))
    for place in (files, *(value for value in stored if isinstance(value, bytes))):
        assert code.secret not in place and code.text.encode() not in place


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
