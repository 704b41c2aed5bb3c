"""`klankbord` as HR meets it: a list, a preview in plain words, a round that is fixed, codes, and how things stand."""

import csv
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from shared import codes
from shared.codes import AccessCode
from shared.rounds import State
from tests.clients.cli.suite import Ran, Suite, running
from tests.clients.cli.test_drafting import OURS
from tests.organisations import roster as roster_of
from tests.rounds_made import NOW
from tests.services.issuer.issuers import ADMIN_KEY
from tests.services.issuer.issuers import csv as csv_of

DRAFT: dict[str, Any] = {
    "round": "autumn",
    "period": "2026-04",
    "title": {"nl": "Najaarspuls", "en": "Autumn pulse"},
    "contact": {"counsellor": {"nl": "Kim", "en": "Kim"}, "channel": {"nl": "x", "en": "x"}},
    "instruments": ["psychological-safety", "open-questions"],
    "opens": "+1d",
    "closes": "+14d",
}
LARGE = csv_of(roster_of({("Payments",): 12, ("Risk",): 8, ("Tiny",): 3, ("Other", "A"): 4, ("Other", "B"): 5, (): 2}))


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    with running(tmp_path) as suite:
        yield suite


@pytest.fixture(scope="module")
def quiet_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(tmp_path_factory.mktemp("quiet")) as suite:
        yield suite


@pytest.fixture
def quiet(quiet_world: Suite, tmp_path: Path) -> Suite:
    """One issuer for all tests that change nothing there; files are each test's own."""
    return replace(quiet_world, folder=tmp_path, asked=[], connections=[], down={}, changes=[], slept=[])


def hr(suite: Suite, *argv: str, typed: str = "", key: bytes = ADMIN_KEY) -> Ran:
    return suite.command(*argv, "--admin-key-file", suite.file("admin.key", key.decode() + "\n"), typed=typed)


def draft_file(suite: Suite, **changes: Any) -> str:
    return suite.file("draft.yaml", yaml.safe_dump(DRAFT | changes, allow_unicode=True))


def refused(ran: Ran, code: int, words: str) -> None:
    """One line on standard error that says what happened."""
    assert ran.code == code, (ran.code, ran.err, ran.out)
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_a_list_is_imported_and_shown(suite: Suite) -> None:
    ran = hr(suite, "roster", "import", suite.file("people.csv", LARGE.decode()))
    assert ran.code == 0, ran.err
    assert "hr: 34 people in 7 groups imported (" in ran.out
    shown = hr(suite, "roster", "show", "--lang", "nl")
    assert "hr: Velda, 34 mensen in 7 groepen" in shown.out
    assert "20 hebben een toegangscode" in shown.out
    from_input = hr(suite, "roster", "import", "-", typed=LARGE.decode())
    assert from_input.code == 0


def test_a_wrong_list_changes_nothing_and_every_problem_is_told(suite: Suite) -> None:
    wrong = LARGE.decode().replace("p1@example.test", "nobody").replace(",nl,", ",xx,", 1)
    ran = hr(suite, "roster", "import", suite.file("people.csv", wrong))
    refused(ran, 1, "The list was not imported; nothing has changed.")
    assert "line 2, column 4: " in ran.out
    assert "line 3, column 3: " in ran.out
    assert "nobody" not in ran.out
    assert "20 people" in hr(suite, "roster", "show").out


def test_every_issuer_needs_the_list_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    with running(tmp_path, issuers=2) as suite:
        people = suite.file("people.csv", LARGE.decode())
        ran = hr(suite, "roster", "import", people)
        assert "still to do at council (--issuer)" in ran.out
        ran = hr(suite, "roster", "import", people, "--issuer", "council")
        assert ran.code == 0, ran.err
        assert "council: 34 people" in ran.out
        refused(hr(suite, "roster", "show", "--issuer", "gate"), 2, "there is: hr, council")
        ran = hr(suite, "rounds", "cancel", "spring", "--yes", "--issuer", "council")
        refused(ran, 1, "not-lead")


def test_codes_go_into_a_new_private_file_and_work(suite: Suite) -> None:
    assert "Everybody has a code already" in hr(suite, "codes", "--out", str(suite.folder / "a.csv")).out
    out = suite.folder / "codes.csv"
    ran = hr(suite, "codes", "--renew", "--out", str(out))
    assert ran.code == 0, ran.err
    assert f"20 access codes in {out}" in ran.out
    assert "KA-" not in ran.out + ran.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == 20
    mine = next(row for row in rows if row["person"] == "p0")
    assert isinstance(codes.parse(AccessCode, mine["hr"]), AccessCode)
    shown = suite.command("round", "spring", "--code-file", suite.file("mine", mine["hr"]))
    assert "Payments (12 people)" in shown.out
    old = suite.command("round", "spring", "--code-file", suite.code_file("p0"))
    refused(old, 1, "does not know this access code")


def test_no_code_is_made_that_cannot_be_written_down(quiet: Suite) -> None:
    for out in (quiet.file("there.csv", "x"), str(quiet.folder / "nowhere" / "codes.csv")):
        refused(hr(quiet, "codes", "--renew", "--out", out), 2, "exists already or cannot be made")
    assert quiet.asked == []
    refused(hr(quiet, "codes", "--renew"), 2, "--out")


def test_codes_can_go_to_standard_output_where_nothing_else_is_written(suite: Suite) -> None:
    ran = hr(suite, "codes", "--renew", "--out", "-")
    rows = list(csv.reader(ran.out.splitlines()))
    assert rows[0] == ["person", "name", "mail", "language", "hr"]
    assert len(rows) == 21


def test_the_groups_are_shown_in_plain_words_before_anything_is_fixed(suite: Suite) -> None:
    assert hr(suite, "roster", "import", suite.file("people.csv", LARGE.decode())).code == 0
    ran = hr(suite, "plan", "preview", draft_file(suite))
    assert ran.code == 0, ran.err
    assert "These will be the groups (34 people)." in ran.out
    assert "Groups of fewer than 8 are put together with neighbours beforehand" in ran.out
    assert "\n  Velda: 34\n" in ran.out
    assert "Payments: 12\n" in ran.out
    assert "(counted together if one of these groups misses the minimum: " in ran.out
    assert "Questions with choices: " in ran.out
    assert "Open questions: " in ran.out
    assert ran.out.count("Open questions: ") == 1
    assert {request.url.path for request in suite.asked} == {"/admin/roster", "/admin/plan"}


def test_a_round_is_opened_after_its_name_was_typed(suite: Suite) -> None:
    repeats = hr(suite, "rounds", "open", draft_file(suite), "--yes")
    refused(repeats, 1, "asked-elsewhere")
    suite.asked.clear()
    file = draft_file(suite, instruments=["psychological-safety", "recommend"])
    ran = hr(suite, "rounds", "open", file, typed="spring\n")
    assert (ran.code, "Not the same; nothing was done." in ran.out) == (0, True)
    assert not any(request.url.path == "/admin/rounds" for request in suite.asked)
    ran = hr(suite, "rounds", "open", file, typed="autumn\n")
    assert ran.code == 0, ran.err
    assert "autumn: Autumn pulse (2026-04)" in ran.out
    assert "Open from 2026-03-03 09:00" in ran.out
    assert "8 questions, read by everybody, from 5 answers on." in ran.out
    assert "nobody can change anything" in ran.out
    assert "autumn was handed in." in ran.out
    assert "autumn: being prepared" in hr(suite, "status").out
    suite.refresh()
    of = suite.world.round("autumn")
    assert of.state(NOW) is State.SCHEDULED
    assert of.draft.body["title"]["nl"] == "Najaarspuls"
    assert "autumn: gepland" in hr(suite, "status", "--lang", "nl").out
    again = hr(suite, "rounds", "open", file, "--yes")
    refused(again, 1, "round-exists")


def test_a_draft_that_cannot_be_is_refused_before_anything_is_sent(quiet: Suite) -> None:
    refused(hr(quiet, "rounds", "open", draft_file(quiet, k={"scores": 3})), 2, "This round is not possible: ")
    refused(hr(quiet, "rounds", "open", draft_file(quiet, opens="tomorrow")), 2, "tomorrow is no time")
    refused(hr(quiet, "plan", "preview", draft_file(quiet, instruments=["mine.yaml"])), 2, "cannot be read")
    refused(hr(quiet, "plan", "preview", "nowhere.yaml"), 2, "nowhere.yaml cannot be read")
    assert quiet.asked == []


def test_an_instrument_is_looked_for_beside_the_draft(quiet: Suite) -> None:
    quiet.file("ours.yaml", OURS)
    ran = hr(quiet, "plan", "preview", draft_file(quiet, instruments=["./ours.yaml"]))
    assert ran.code == 0, ran.err
    assert "Open questions: " in ran.out


def test_a_round_is_cancelled_after_its_name_was_typed(suite: Suite) -> None:
    assert "Not the same" in hr(suite, "rounds", "cancel", "spring", typed="autumn\n").out
    ran = hr(suite, "rounds", "cancel", "spring", typed="spring\n")
    assert ran.code == 0, ran.err
    assert "spring is being cancelled." in ran.out
    suite.refresh()
    assert "spring: cancelled" in hr(suite, "status").out
    refused(hr(suite, "rounds", "cancel", "spring", "--yes"), 1, "too-late")
    refused(hr(suite, "rounds", "cancel", "winter", "--yes"), 1, "does not know this round")
    refused(hr(suite, "rounds", "cancel", "../x", "--yes"), 2, "is not the name of a round")


def test_status_tells_what_ended_a_round_and_what_to_look_into(quiet: Suite) -> None:
    unit: dict[str, Any] = {"node": 0, "label": "Velda", "size": 180, "percent": 45}
    waiting: dict[str, Any] = {
        "round": "summer",
        "state": "drafted",
        "keys": {"made": 3, "of": 6},
        "offers_missing": ["gate"],
        "accepts_missing": ["aggregate", "gate", "hr"],
        "reason": None,
        "by": None,
        "note": "There is no roster to plan from.",
        "collected": None,
    }
    ended = waiting | {"round": "old", "state": "stopped", "reason": "bad-token", "by": "aggregate", "note": None}
    ended |= {"keys": {"made": 0, "of": None}, "collected": {"day": "2026-03-02", "units": [unit]}}
    proposed = waiting | {"round": "next", "state": "proposed", "offers_missing": [], "keys": {"made": 6, "of": 6}}
    said = {"rounds": [waiting, ended, proposed], "on_their_way": [], "alarms": [{"round": "old", "reason": "rolled"}]}
    quiet.says(r"GET https://hr.example/admin/rounds$", said)
    ran = hr(quiet, "status")
    assert ran.code == 0, ran.err
    for line in (
        "summer: being prepared",
        "  keys: 3 of 6",
        "  no keys yet from: gate",
        "  There is no roster to plan from.",
        "old: stopped, nothing was opened",
        "  ended by aggregate: bad-token",
        "  collected on 2026-03-02: Velda 45% or more",
        "  have not agreed yet: aggregate, gate, hr",
        "ALARM in old: rolled",
        "Nobody knows who has answered.",
    ):
        assert line in ran.out
    assert ran.out.count("have not agreed yet") == 1


def test_status_of_nothing_says_so(quiet: Suite) -> None:
    quiet.says(r"/admin/rounds$", {"rounds": [], "on_their_way": [], "alarms": []})
    assert "There are no rounds yet." in hr(quiet, "status").out


@pytest.mark.parametrize("answer", [{}, {"rounds": [{}], "on_their_way": [], "alarms": []}, {"rounds": 1}])
def test_an_answer_of_another_shape_is_nonsense(quiet: Suite, answer: Any) -> None:
    quiet.says(r"/admin/", answer)
    for argv in (("status",), ("roster", "show"), ("plan", "preview", draft_file(quiet))):
        refused(hr(quiet, *argv), 4, "makes no sense")
    refused(hr(quiet, "codes", "--out", str(quiet.folder / "c.csv")), 4, "makes no sense")


def test_the_admin_key_is_asked_for_or_read_from_a_file_but_is_no_argument(quiet: Suite) -> None:
    key = ADMIN_KEY.decode()
    assert quiet.command("status", secrets=[key]).code == 0
    assert quiet.command("status", environ={"KLANKBORD_ADMIN_KEY_FILE": quiet.file("env.key", key)}).code == 0
    assert {request.headers["Authorization"] for request in quiet.asked} == {f"Bearer {key}"}
    assert {request.url.query for request in quiet.asked} == {b""}
    for wrong in ("", "two\nlines", "é", "a\x07b"):
        refused(quiet.command("status", "--admin-key-file", quiet.file("wrong.key", wrong)), 2, "no admin key")
    refused(quiet.command("status", "--admin-key", key), 2, "That is not how it works")


def test_a_wrong_admin_key_is_refused_and_a_broken_desk_is_told_apart(quiet: Suite) -> None:
    refused(hr(quiet, "status", key=b"another" * 6), 1, "hr does not know this admin key.")
    quiet.down["hr.example"] = [httpx.Response(500, text="oops")]
    refused(hr(quiet, "status"), 4, "Something is broken at hr.")
