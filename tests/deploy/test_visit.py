"""What a visitor of `make run` is told when it is not the moment for what she asks, with the trial's own commands."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest

from clients.cli.collecting import Ticket
from clients.cli.wallet import Entry, Sent
from clients.cli.wallet_file import WalletFile
from deploy.trial import visit
from deploy.trial.installation import undisturbed
from deploy.trial.tale import Tale
from deploy.trial.visitor import FILE, Visitor
from tests.rounds_made import make_round

ROOT = Path(__file__).parents[2]
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("LC_")} | {
    "LANG": "en",
    "PYTHONPATH": str(ROOT),
}
VISITOR = Visitor("p001", "Noor", "noor@example.org", "2026-q4", closes=1000, counting_from=1010)


def told(verb: str, root: Path, now: float, language: str = "en") -> tuple[int, str]:
    out = StringIO()
    tale = Tale(out, {"LANG": language})
    if verb == "visit":
        return visit.answer(tale, root, VISITOR, now, []), out.getvalue()
    return visit.counted(tale, root, VISITOR, now), out.getvalue()


def has_answered(root: Path, round_id: str = VISITOR.round_id) -> None:
    """Leave a wallet with which one part was answered."""
    made = make_round()
    member = made.member("p15")
    secrets = member.secrets.envelope_seed(0)
    ticket = Ticket(member.nonce(0), secrets, made.finest("p15", 0), member.admission(0), member.group(0))
    sent = Sent(0, sha256(b"counted").digest()[:16], acknowledged=True)
    entry = replace(Entry(made.manifest.hash, 0), tickets=(ticket,), sent=((sent,),))
    WalletFile.open(root / visit.WALLET).put(round_id, entry)


def test_whom_a_trial_has_invited_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert Visitor.read(tmp_path) is None
    VISITOR.write(tmp_path)
    assert Visitor.read(tmp_path) == VISITOR


def test_who_is_reading_while_the_next_one_is_invited_reads_the_one_before_whole(tmp_path: Path) -> None:
    VISITOR.write(tmp_path)
    with (tmp_path / FILE).open(encoding="utf-8") as open_already:
        replace(VISITOR, round_id="2026-q4-2").write(tmp_path)
        assert VISITOR.round_id in open_already.read().splitlines()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_after_closing_nobody_is_asked_for_a_code_and_what_can_be_done_is_said(tmp_path: Path) -> None:
    code, words = told("visit", tmp_path, now=1000)
    assert (code, "without an answer of yours" in words) == (1, True)
    has_answered(tmp_path)
    code, words = told("visit", tmp_path, now=1000)
    assert (code, "make counted" in words) == (1, True)


@pytest.mark.parametrize(("language", "words"), [("en", "make visit (until "), ("nl", "make visit (tot ")])
def test_who_has_not_answered_is_sent_to_make_visit(tmp_path: Path, language: str, words: str) -> None:
    code, said = told("counted", tmp_path, now=999, language=language)
    assert (code, words in said) == (1, True)
    code, said = told("counted", tmp_path, now=1000, language=language)
    assert (code, "make visit" in said) == (1, False)


def test_who_asks_before_anything_is_counted_is_told_when_to_come_back(tmp_path: Path) -> None:
    has_answered(tmp_path)
    code, words = told("counted", tmp_path, now=1009)
    assert (code, words.startswith("Not counted yet. Come back after ")) == (1, True)


def test_the_round_before_is_looked_at_while_the_next_one_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def klankbord(words: list[str]) -> int:
        asked.append(words)
        return 0

    monkeypatch.setattr(visit, "klankbord", klankbord)
    has_answered(tmp_path)
    later = replace(VISITOR, round_id="2026-q4-2", closes=2000, counting_from=2010)
    assert visit.counted(Tale(StringIO(), {}), tmp_path, later, 1011) == 0
    assert asked[0][-2:] == ["counted", VISITOR.round_id]


def ran(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.trial", *argv]
    return subprocess.run(command, cwd=folder, env=ENVIRON, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_trial_every_command_says_the_same(tmp_path: Path) -> None:
    for verb in ("visit", "counted", "who-knows"):
        said = ran(tmp_path, verb)
        assert (said.returncode, said.stdout[:31], said.stderr) == (1, "No round is open for a visitor:", "")


def test_a_file_is_no_folder_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = ran(tmp_path, "demo", "--out", "file")
    assert (said.returncode, said.stderr) == (2, "")
    assert "choose another OUT" in said.stdout


def test_an_interrupt_waits_until_a_started_service_is_known() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    reached = False
    try:
        with pytest.raises(KeyboardInterrupt), undisturbed():
            signal.raise_signal(signal.SIGINT)
            reached = True
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached


def test_a_trial_that_is_ended_while_it_starts_does_not_complain(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.trial", "run"], cwd=tmp_path, env=ENVIRON, stdout=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None
        ran.stdout.readline()
        while not list((tmp_path / "var" / "trial").glob("report.log")):
            assert ran.poll() is None
            time.sleep(0.01)
        ran.terminate()
        rest = ran.stdout.read()
    assert (ran.returncode, rest) == (0, "Everything has ended.\n")
