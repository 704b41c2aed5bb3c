"""The command as a process of its own: what the shell sees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.parties import write
from tests.rounds_made import installation

ROOT = Path(__file__).parents[3]


def run(
    folder: Path, *argv: str, typed: bytes | None = b"", lang: str = "nl_NL.UTF-8"
) -> subprocess.CompletedProcess[str]:
    """`typed`: what is on standard input, or None if that is closed."""
    environ = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": lang}
    command = [sys.executable, "-m", "clients.cli", *argv]
    closed = ["sh", "-c", 'exec "$@" <&-', "sh"] if typed is None else []
    ran = subprocess.run(
        [*closed, *command],
        cwd=folder,
        env=environ,
        input=typed,
        capture_output=True,
        timeout=30,
        check=False,
        start_new_session=True,  # Without the terminal of whoever runs the tests.
    )
    return subprocess.CompletedProcess(command, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["round"], 2)])
def test_it_starts_says_what_it_has_to_say_and_gives_an_exit_code(tmp_path: Path, argv: list[str], code: int) -> None:
    ran = run(tmp_path, *argv)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    if code:
        assert ran.stderr.startswith("Het bestand parties.json is er niet.")
        assert ran.stdout == ""
    else:
        assert ran.stdout.startswith("gebruik: klankbord")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [["--help"], ["round", "--help"]])
def test_a_reader_that_goes_away_is_no_error_of_ours(tmp_path: Path, argv: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "clients.cli", *argv],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


@pytest.mark.parametrize("lang", ["nl_NL.UTF-8", "C", "C.UTF-8"])
@pytest.mark.parametrize("typed", [b"\xff\xfe\x00", None], ids=["noise", "closed"])
def test_noise_or_nothing_on_standard_input_is_one_line(tmp_path: Path, typed: bytes | None, lang: str) -> None:
    (tmp_path / "parties.json").write_bytes(installation().file)
    (tmp_path / "admin.key").write_text("a key of the tests, longer than it has to be")
    key = ("--admin-key-file", "admin.key", "--lang", "en")
    for argv, words in (
        (("plan", "preview", "-", *key), "YAML" if typed else "This round is not possible"),
        (("status", "--admin-key-file", "-", "--lang", "en"), "That is no admin key"),
        (("codes", "--out", "codes.csv", "--admin-key-file", "-", "--lang", "en"), "That is no admin key"),
    ):
        ran = run(tmp_path, *argv, typed=typed, lang=lang)
        assert (ran.returncode, ran.stdout) == (2, ""), ran
        assert words in ran.stderr and ran.stderr.count("\n") == 1, ran.stderr


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        (b"\xff\n", 2, "That is no admin key"),
        (b"", 2, "There is no more input"),
        (None, 2, "There is no more input"),
        (b"a key of the tests, longer than it has to be\n", 4, "hr cannot be reached"),
    ],
)
def test_what_is_asked_for_unseen_is_read_from_a_pipe_where_there_is_no_terminal(
    tmp_path: Path, typed: bytes | None, code: int, words: str
) -> None:
    generation = json.loads(installation().file)["generations"][0]["parties"]
    generation["issuers"][0]["url"] = "http://127.0.0.1:9"  # Where nobody listens.
    (tmp_path / "parties.json").write_bytes(write([(generation, {})]))
    ran = run(tmp_path, "status", "--lang", "en", typed=typed)
    assert ran.returncode == code
    assert words in ran.stderr and ran.stderr.count("\n") == 1, ran.stderr


def test_one_process_can_run_several_commands_one_after_the_other_though_somebody_has_typed() -> None:
    """As `make visit` does: collect, which asks for the code, and then answer."""
    twice = "from clients.cli.edge import Edge; print(Edge.real().stdin.readline(), Edge.real().stdin.readline())"
    ran = subprocess.run(
        [sys.executable, "-c", twice], input="one\ntwo\n", capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout.split()) == (0, ["one", "two"]), ran.stderr
