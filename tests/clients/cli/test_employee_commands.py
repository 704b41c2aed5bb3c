"""`klankbord` as an employee meets it, from the list of rounds to the check that she was counted."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.cli import show
from clients.cli.wallet_file import WalletFile
from shared.codes import AccessCode, WalletCode
from tests.clients.cli.suite import Ran, Suite, changed, running
from tests.rounds_made import CLOSES
from tests.services.issuer.issuers import code_of

CODE = re.compile("K[AW](-[0-9A-Z]{4}){2}")
"""How every access code and every key begins; shorter, and random base64url would have it now and then."""

ANSWERS = "q0: 4\nq2: nl 1\nkeep: |\n  De lunch.\n"


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
    """One scheduled round for all tests that collect and send nothing; files are each test's own."""
    return replace(quiet_world, folder=tmp_path, asked=[], connections=[], down={}, changes=[], slept=[])


def collected(suite: Suite, person: str = "p0", *more: str) -> Ran:
    ran = suite.command("collect", "spring", "--code-file", suite.code_file(person), "--yes", *more)
    assert ran.code == 0, ran.err
    return ran


def answered(suite: Suite, answers: str = ANSWERS, *more: str, command: str = "answer") -> Ran:
    return suite.command(command, "spring", "--answers", suite.file("answers.yaml", answers), "--yes", *more)


def wallet(suite: Suite) -> WalletFile:
    return WalletFile.open(suite.folder / "wallet.json")


def refused(ran: Ran, code: int, words: str) -> None:
    """One line on standard error that says what happened."""
    assert ran.code == code, (ran.code, ran.err, ran.out)
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_the_whole_story_of_one_answer(suite: Suite) -> None:
    listed = suite.command("round")
    assert listed.code == 0
    assert "spring  Pulse (2026-03)  scheduled" in listed.out
    shown = suite.command("round", "spring")
    assert suite.manifest.check_code in shown.out
    assert "Vraag 1 in English" in shown.out
    assert "read by everybody, from 5 answers on" in shown.out
    assert "read by HR, from 10 answers on" in shown.out
    ran = collected(suite)
    assert "Payments (12 people), the whole company (20 people)" in ran.out
    assert "Nothing is opened before there are at least 5 answers." in ran.out
    assert "Name 11" in ran.out
    suite.open()
    others = [f"p{number}" for number in range(1, 12)]
    suite.answers(others, q0=2, keep="Alles")
    ran = answered(suite)
    assert ran.code == 0, ran.err
    assert "Answered: 3 of 4 questions." in ran.out
    assert "one by one, with short pauses" in ran.out
    assert "Everything was received and confirmed." in ran.out
    ran = answered(suite, "q0: 1\n", command="change")
    assert ran.code == 0
    assert "What you send now replaces it" in ran.out
    early = suite.command("counted", "spring")
    refused(early, 1, "There is no result of this round yet")
    suite.count()
    ran = suite.command("counted")
    assert ran.code == 0, ran.err
    assert "The list of 24 counted answers" in ran.out
    assert "The questions with choices: counted" in ran.out
    assert '"Wat moet blijven in English": counted' in ran.out


def test_the_same_story_in_dutch_with_two_issuers_and_everything_typed(tmp_path: Path) -> None:
    with running(tmp_path, issuers=2) as suite:
        code = code_of("p15").text
        ran = suite.command("collect", "--lang", "nl", secrets=[code, code], typed="\n")
        assert ran.code == 0, ran.err
        assert "Je toegangscode van uitgiftepunt council (begint met KA):" in ran.out
        assert "Een antwoord telt alleen met een bewijs van allemaal." in ran.out
        assert "Risk (8 mensen)" in ran.out
        assert "ben je een van de 8 mensen die direct in Velda meetellen" in ran.out
        assert "Opgehaald." in ran.out
        suite.open()
        ran = suite.command("answer", "--lang", "nl", typed="4\n\n2\nDe lunch, zegt Name\n\nn\nDe lunch\n\nj\n")
        assert ran.code == 0, ran.err
        assert "Vraag 4 van 4" in ran.out
        assert "Let op, de naam van een collega: Name" in ran.out
        assert "Ingevuld: 3 van 4 vragen." in ran.out
        assert "zodat ze moeilijk aan elkaar te knopen zijn" in ran.out
        assert "Alles is ontvangen en bevestigd." in ran.out


def test_nothing_is_collected_or_sent_without_a_yes(suite: Suite) -> None:
    ran = suite.command("collect", "spring", secrets=[code_of("p0").text], typed="n\n")
    assert (ran.code, "Nothing was collected." in ran.out) == (0, True)
    assert not (suite.folder / "wallet.json").exists()
    collected(suite)
    suite.open()
    ran = suite.command("answer", "spring", typed="1\n1\n1\n\nn\n")
    assert (ran.code, "Nothing was sent." in ran.out) == (0, True)
    assert suite.posted() == []


def test_the_end_of_input_sends_nothing(suite: Suite) -> None:
    refused(suite.command("collect", "spring", secrets=[code_of("p0").text]), 2, "no more input")
    refused(suite.command("collect", "spring"), 2, "no more input")
    collected(suite)
    suite.open()
    refused(suite.command("answer", "spring", typed="1\n1\n"), 2, "no more input")
    assert suite.posted() == []


def test_the_wallet_file_is_private_and_holds_no_code_afterwards(suite: Suite) -> None:
    ran = collected(suite)
    path = suite.folder / "wallet.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path) in ran.out
    text = path.read_text()
    assert not CODE.search(text + ran.out + ran.err)
    assert json.loads(text)["rounds"]["spring"]["code"] is None


def test_the_key_is_shown_on_request_and_gives_the_same_tokens_elsewhere(suite: Suite) -> None:
    ran = collected(suite, "p0", "--show-key")
    key = next(word for word in ran.out.split() if word.startswith("KW-"))
    here = wallet(suite).get("spring")
    other = str(suite.folder / "other.json")
    again = collected(suite, "p0", "--key-file", suite.file("key", key), "--wallet", other)
    there = WalletFile.open(Path(other)).get("spring")
    assert here is not None
    assert there is not None
    assert there.tickets == here.tickets
    assert not CODE.search(again.out)
    suite.open()
    ran = answered(suite, ANSWERS, "--wallet", other)
    assert "This key is known elsewhere too." in ran.out
    third = suite.command(
        *("collect", "spring", "--key", "--yes", "--wallet", str(suite.folder / "third.json")),
        secrets=[code_of("p0").text, key.lower()],
    )
    assert third.code == 0, third.err


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (WalletCode(bytes(16)).text, "That is your key (KW), not an access code (KA). Nothing was sent"),
        ("hello", "begins with KA"),
        (AccessCode(bytes(16)).text[:-1], "too short or too long"),
        (AccessCode(bytes(16)).text[:-1] + "Z", "typing error"),
        (AccessCode(bytes(16)).text[:-1] + "U", "in no code"),
    ],
)
def test_the_wrong_kind_of_code_is_refused_before_anything_is_sent(quiet: Suite, typed: str, words: str) -> None:
    ran = quiet.command("collect", "spring", "--yes", secrets=[typed])
    refused(ran, 2, words)
    assert not any("Authorization" in request.headers for request in quiet.asked)
    assert typed not in ran.err + ran.out
    by_file = quiet.command("round", "spring", "--code-file", quiet.file("codes", typed))
    refused(by_file, 2, words)
    assert not any("Authorization" in request.headers for request in quiet.asked)


def test_a_code_with_a_typing_error_is_asked_for_again_and_nothing_else_is(tmp_path: Path) -> None:
    with running(tmp_path, issuers=2) as suite:
        right = code_of("p0").text
        wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
        key = WalletCode(bytes(16)).text
        ran = suite.command(
            *("collect", "spring", "--key", "--yes"), secrets=[right, "", wrong, right.lower(), "KW-1", key]
        )
        assert ran.code == 0, ran.err
        assert ran.err == ""
        assert "There is a typing error in the access code. Nothing was sent.\nTry again" in ran.out
        assert ran.out.count("Your access code of issuing desk hr ") == 1
        assert ran.out.count("Your access code of issuing desk council ") == 3
        assert ran.out.count("Your key (begins with KW):") == 2
        assert not CODE.search(ran.out)


def test_after_closing_nobody_is_asked_for_a_code(quiet: Suite) -> None:
    now = quiet.world.clock.now
    quiet.world.clock.now = CLOSES
    try:
        ran = quiet.command("collect", "spring", secrets=[code_of("p0").text])
    finally:
        quiet.world.clock.now = now
    refused(ran, 2, "collecting and answering are over. Nothing was sent. The results come at https://report.example")
    assert "Your access code" not in ran.out


@pytest.mark.parametrize(
    ("typed", "words"),
    [(AccessCode(bytes(16)).text, "That is an access code (KA), not your key (KW)"), ("KW-1", "too short")],
)
def test_an_access_code_is_no_key(quiet: Suite, typed: str, words: str) -> None:
    access = code_of("p0").text
    refused(quiet.command("collect", "spring", "--key", "--yes", secrets=[access, typed]), 2, words)
    key_file = quiet.file("key", typed)
    refused(quiet.command("collect", "spring", "--key-file", key_file, "--yes", secrets=[access]), 2, words)
    assert not any("Authorization" in request.headers for request in quiet.asked)


def test_as_many_codes_as_issuers_and_in_any_order_with_their_names(tmp_path: Path) -> None:
    with running(tmp_path, issuers=2) as suite:
        code = code_of("p0").text
        one = suite.command("round", "spring", "--code-file", suite.file("one", code))
        refused(one, 2, "2 access codes, one per line, of: hr, council")
        named = f"# mine\ncouncil: {code}\n\nhr: {code}\n"
        ran = suite.command("round", "spring", "--code-file", suite.file("two", named))
        assert ran.code == 0, ran.err
        assert "Payments (12 people)" in ran.out


def test_codes_can_come_from_standard_input_or_a_file_that_the_environment_names(quiet: Suite) -> None:
    ran = quiet.command("round", "spring", "--code-file", "-", typed=code_of("p0").text + "\n")
    assert "Payments (12 people)" in ran.out
    environ = {"KLANKBORD_CODE_FILE": quiet.code_file("p1")}
    assert "Payments (12 people)" in quiet.command("round", "spring", "--groups", environ=environ).out
    refused(quiet.command("round", "spring", "--code-file", "nowhere"), 2, "cannot be read")


def test_a_code_on_the_command_line_is_not_understood(quiet: Suite) -> None:
    for option in ("--code", "--key", "--access-code", "--wallet-code"):
        ran = quiet.command("collect", "spring", option, "KA-0000")
        assert ran.code == 2
    assert quiet.asked == []


def test_somebody_who_collected_in_her_name_is_an_alarm(suite: Suite) -> None:
    collected(suite)
    other = str(suite.folder / "other.json")
    ran = suite.command("collect", "spring", "--code-file", suite.code_file("p0"), "--yes", "--wallet", other)
    refused(ran, 3, "Somebody has collected in your name.")
    assert not Path(other).exists()


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        (r"GET https://ingest.example/rounds/spring", lambda v: v | {"accepts": []}, "not signed by everybody"),
        (r"/membership", lambda v: changed(v, "parts", 0, "names", 0, to="Ghost"), "do not fit the signed rules"),
        (r"/tokens", lambda v: v | {"signatures": v["signatures"][::-1]}, "no valid token"),
    ],
)
def test_an_alarm_says_what_and_whom_to_tell(quiet: Suite, path: str, change: Any, words: str) -> None:
    quiet.lies(path, change)
    ran = quiet.command("collect", "spring", "--code-file", quiet.code_file("p0"), "--yes")
    refused(ran, 3, words)
    assert ran.err.startswith("ALARM. ")
    assert "tell the works council" in ran.err


def test_a_forged_receipt_is_an_alarm_after_which_nothing_more_is_sent(suite: Suite) -> None:
    collected(suite)
    suite.open()
    suite.lies(r"POST https://ingest.example/envelopes", lambda value: value | {"receipt": "a.b.c"})
    refused(answered(suite), 3, "The receipt is forged")
    assert len(suite.posted()) == 1


def test_sending_can_be_tried_again_without_typing_anything_again(suite: Suite) -> None:
    collected(suite)
    suite.open()
    suite.down["ingest.example"] = []
    clock = suite.world.clock

    def fails_once_the_first_part_is_there(seconds: float) -> None:
        if len(suite.posted()) == 1:
            suite.down["ingest.example"] = [None] * 5
        clock.now += seconds

    ran = suite.command("answer", "spring", typed="1\n1\n1\nwords\n\ny\ny\n", sleep=fails_once_the_first_part_is_there)
    assert ran.code == 0, ran.err
    assert "ingest cannot be reached. Nothing is lost" in ran.out
    assert "Not everything was sent (1 to go). Your answers are still here. Try again?" in ran.out
    assert len({request.content for request in suite.asked if request.url.path == "/envelopes"}) == 2
    entry = wallet(suite).get("spring")
    assert entry is not None
    assert entry.answered


def test_who_does_not_try_again_can_answer_later(suite: Suite) -> None:
    collected(suite)
    suite.open()
    suite.down["ingest.example"] = []

    def fail(_seconds: float) -> None:
        suite.down["ingest.example"] = [None] * 5

    ran = suite.command("answer", "spring", typed="1\n1\n1\n\ny\nn\n", sleep=fail)
    refused(ran, 4, "ingest cannot be reached")
    suite.down.clear()
    ran = answered(suite)
    assert ran.code == 0, ran.err
    assert "What you send now replaces it" in ran.out
    entry = wallet(suite).get("spring")
    assert entry is not None
    assert [[one.revision for one in of_part] for of_part in entry.sent] == [[0, 1], [0, 1]]


def test_who_is_overtaken_by_the_closing_is_told_which_parts_count(suite: Suite) -> None:
    collected(suite)
    suite.open()

    def close(_seconds: float) -> None:
        suite.world.clock.now = CLOSES
        suite.refresh()

    ran = suite.command("answer", "spring", typed="1\n1\n1\nDe lunch\n\ny\n", sleep=close)
    refused(ran, 1, "The round is closed; what had not been received by then was not accepted any more.")
    (part,) = (body["part"] for body in suite.posted()[:1])
    names = ["The questions with choices", 'The open question "Wat moet blijven in English"']
    assert f"{names[part]}: received, and counts." in ran.out
    assert f"{names[1 - part]}: not confirmed, do not count on it." in ran.out


def test_a_change_that_is_broken_off_leaves_what_was_sent_before(suite: Suite) -> None:
    collected(suite)
    suite.open()
    assert answered(suite).code == 0

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    ran = suite.command(*("change", "spring", "--answers", suite.file("a.yaml", ANSWERS), "--yes"), sleep=interrupt)
    refused(ran, 130, "Stopped.")
    assert ran.out.count(": received, and counts.") == 1
    assert ran.out.count("what you sent before counts, unless this arrived after all.") == 1


def test_a_service_that_is_away_is_told_apart_from_one_that_refuses(quiet: Suite) -> None:
    quiet.down["hr.example"] = [None]
    refused(quiet.command("round"), 4, "hr cannot be reached")
    refused(quiet.command("round", "winter"), 1, "hr does not know this round")
    unknown = AccessCode(bytes(16)).text
    refused(quiet.command("round", "spring", "--groups", secrets=[unknown]), 1, "hr does not know this access code")


def test_a_refusal_that_this_client_does_not_know_is_passed_on_without_steering_the_terminal(quiet: Suite) -> None:
    body = {"type": "urn:klankbord:problem:new-reason", "detail": "Because \x1b[31m\u202e of\nthis."}
    quiet.down["hr.example"] = [httpx.Response(418, json=body)]
    ran = quiet.command("round")
    refused(ran, 1, "hr refuses (new-reason): Because")
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err


def test_answering_has_its_time(suite: Suite) -> None:
    collected(suite)
    refused(answered(suite), 2, "You can answer from 2026-03-02")
    suite.world.clock.now = CLOSES + 1
    refused(answered(suite), 2, "The round has been closed since")
    assert suite.posted() == []


def test_answer_and_change_are_not_mistaken_for_each_other(suite: Suite) -> None:
    refused(answered(suite), 2, "nothing was collected on this device")
    collected(suite)
    suite.open()
    refused(answered(suite, command="change"), 2, "You have not answered spring yet")
    assert answered(suite).code == 0
    refused(answered(suite), 2, "klankbord change spring")
    refused(suite.command("collect", "spring"), 2, "you have collected already")
    assert len(suite.posted()) == 2


def test_a_round_need_not_be_named_where_there_is_only_one(suite: Suite) -> None:
    for command in ("answer", "change", "counted"):
        refused(suite.command(command), 2, "no round now for which this can be done")
    ran = suite.command("collect", "--code-file", suite.code_file("p0"), "--yes")
    assert ran.code == 0, ran.err
    refused(suite.command("collect"), 2, "no round now")
    suite.open()
    suite.asked.clear()
    ran = suite.command("answer", "--answers", suite.file("a.yaml", ANSWERS), "--yes")
    assert ran.code == 0, ran.err
    assert {request.url.host for request in suite.asked} == {"ingest.example"}
    ran = suite.command("change", "--answers", suite.file("a.yaml", "q1: 2"), "--yes")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("round_id", ["../admin", "A", "x" * 41, "", "a/b", "a?b"])
def test_what_is_no_name_of_a_round_is_sent_nowhere(quiet: Suite, round_id: str) -> None:
    for command in ("round", "collect", "answer", "counted"):
        assert quiet.command(command, round_id).code == 2
    assert quiet.asked == []


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("q0: 9", "q0: choose a number from 1 to 5"),
        ("q9: 1", "not in the round: q9"),
        ("- 1", "one line per question"),
        ("a: b: c", "not YAML"),
        ("q0: 1\nq0: 2", "or says something twice"),
        ("[" * 20_000, "not YAML"),
        ("q0: " + "9" * 5_000, "not YAML"),
        ("q0: 3.0", "q0: choose a number from 1 to 5"),
        ("q0: true", "q0: choose a number from 1 to 5"),
        ("q0: .nan", "q0: choose a number from 1 to 5"),
        ("q0: -1", "q0: choose a number from 1 to 5"),
        ("keep: [a]", "this takes text"),
        ('keep: "a\\u202eb"', "U+202E"),
        ('keep: "a\\0b"', "U+0000"),
        ("keep: 3", "this takes text"),
        ("keep: " + "x" * 300, "take away about 44 characters"),
    ],
)
def test_a_wrong_file_of_answers_sends_nothing(suite: Suite, answers: str, words: str) -> None:
    collected(suite)
    suite.open()
    refused(answered(suite, answers), 2, words)
    assert suite.posted() == []


def test_hints_are_given_for_a_file_too(suite: Suite) -> None:
    collected(suite)
    suite.open()
    ran = answered(suite, "keep: Als enige zeg ik dit.")
    assert ran.code == 0
    assert "this may point at you: Als enige" in ran.out


def test_who_joined_and_left_since_last_time_is_told(suite: Suite) -> None:
    collected(suite)
    path = suite.folder / "wallet.json"
    body = json.loads(path.read_text())
    before = body["rounds"]["spring"] | {"opens": "2026-01-01T00:00:00Z", "groups": []}
    before["groups"] = [
        {"part": "scores", "label": "Payments", "size": 12, "names": ["Name 0", "Name 1", "Ghost"]},
        {"part": "words", "label": "Elsewhere", "size": 12, "names": ["Ghost"]},
    ]
    path.write_text(json.dumps({"rounds": {"winter": before}, "v": 1}, sort_keys=True, separators=(",", ":")))
    ran = suite.command("round", "spring", "--code-file", suite.code_file("p1"))
    assert ran.code == 0, ran.err
    assert "Since last time joined: Name 10, Name 11, Name 2," in ran.out
    assert "left: Ghost." in ran.out


def test_many_names_are_shown_on_request(quiet: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "MOST_NAMES", 5)
    short = quiet.command("round", "spring", "--code-file", quiet.code_file("p0")).out
    long = quiet.command("round", "spring", "--all-names", "--code-file", quiet.code_file("p0")).out
    assert "Name 10, Name 11, Name 2, and 7 others (--all-names shows them)" in short
    assert "Name 9" not in short
    assert "Name 8, Name 9." in long


def test_a_trial_says_that_it_is_not_anonymous(tmp_path: Path) -> None:
    with running(tmp_path, trial=True) as suite:
        for argv in (("round", "spring"), ("collect", "spring", "--yes", "--code-file", suite.code_file("p0"))):
            assert "It is not anonymous." in suite.command(*argv).out
        suite.open()
        assert "Het is niet anoniem." in answered(suite, ANSWERS, "--lang", "nl").out


def test_a_missing_answer_is_an_alarm(suite: Suite) -> None:
    collected(suite)
    suite.open()
    assert answered(suite).code == 0
    suite.answers([f"p{number}" for number in range(1, 12)], q0=2, keep="Alles")
    suite.count()
    mine = wallet(suite)
    entry = mine.get("spring")
    assert entry is not None
    lost = tuple(tuple(replace(one, counted=sha256(one.counted).digest()[:16]) for one in of) for of in entry.sent)
    mine.put("spring", replace(entry, sent=lost))
    ran = suite.command("counted")
    refused(ran, 3, "A confirmed answer of yours is not in the signed list.")
    assert "The questions with choices: NOT in the list" in ran.out


def test_a_file_of_parties_is_needed_and_checked(quiet: Suite) -> None:
    nowhere = str(quiet.folder / "nowhere.json")
    refused(quiet.command("round", "--parties", nowhere), 2, "Ask HR for parties.json")
    refused(quiet.command("round", "--parties", quiet.file("p.json", "{}")), 2, "cannot be used")
    refused(quiet.command("round", environ={"KLANKBORD_PARTIES": nowhere}), 2, nowhere)


def test_a_damaged_wallet_is_refused(quiet: Suite) -> None:
    path = Path(quiet.file("wallet.json", "{}"))
    refused(quiet.command("counted"), 2, "chmod 600")
    path.chmod(0o600)
    refused(quiet.command("counted"), 2, "damaged")


def test_the_wallet_lies_in_the_users_data_folder_unless_named(suite: Suite, tmp_path: Path) -> None:
    places = {
        "p1": ({"XDG_DATA_HOME": str(tmp_path / "data")}, tmp_path / "data" / "klankbord"),
        "p2": ({"HOME": str(tmp_path / "home")}, tmp_path / "home" / ".local" / "share" / "klankbord"),
    }
    for person, (environ, folder) in places.items():
        ran = suite.command(
            *("collect", "spring", "--yes", "--code-file", suite.code_file(person)),
            environ=environ | {"KLANKBORD_WALLET": ""},
        )
        assert ran.code == 0, ran.err
        assert (folder / "wallet.json").exists()


COMMANDS = (
    *("round", "collect", "answer", "change", "counted"),
    *("roster", "plan", "rounds", "codes", "status", "instruments"),
)


def test_help_and_wrong_use(quiet: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    assert quiet.command("--help").code == 0
    shown = capsys.readouterr().out
    assert "3 alarm (something that nobody honest does)" in shown
    for command in COMMANDS:
        assert f"\n    {command} " in shown
        for language, usage in (("nl", "gebruik: "), ("en", "usage: ")):
            assert quiet.command(command, "--help", "--lang", language).code == 0
            assert capsys.readouterr().out.startswith(usage)
    refused(quiet.command(), 2, "klankbord --help")
    refused(quiet.command("roster"), 2, "klankbord roster --help")
    refused(quiet.command("vote"), 2, "That is not how it works")
    refused(quiet.command("vote", "--lang", "nl"), 2, "Zo kan het niet")
    refused(quiet.command("round", "--lang", "fr"), 2, "That is not how it works")
    refused(quiet.command("round", "--lang"), 2, "That is not how it works")
    assert quiet.command("round", environ={"LANG": "nl_NL.UTF-8"}).out.startswith("spring")


def test_ctrl_c_ends_quietly(suite: Suite) -> None:
    collected(suite)
    suite.open()

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    ran = suite.command("answer", "spring", "--answers", suite.file("a.yaml", ANSWERS), "--yes", sleep=interrupt)
    refused(ran, 130, "Stopped.")
    entry = wallet(suite).get("spring")
    assert entry is not None
    assert sum(one.acknowledged for of_part in entry.sent for one in of_part) == 1
