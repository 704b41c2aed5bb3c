"""`make demo`: everything that somebody needs to check the rounds from outside is there, and it is right."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import kafka_here

ROOT = Path(__file__).parents[2]


def demo(out: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.trial", "demo", "--out", str(out), *more]
    environ = os.environ | {"LANG": "en"}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize(("issuers", "log"), [(2, "sqlite"), (1, "kafka")])
def test_the_demo_ends_by_itself_and_its_totals_are_the_plain_tally(tmp_path: Path, issuers: int, log: str) -> None:
    if log == "kafka":
        kafka_here.here()  # Brings Kafka on a build server, and skips where there is none.
    out = tmp_path / "out"
    ended = demo(out, "--quarters", "1", "--issuers", str(issuers), "--log", log)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(ended.stdout.splitlines()) <= 16

    # From here on nothing but the files, read as anybody could.
    manifest = json.loads((out / "manifests" / "2026-q1.json").read_text("utf-8"))
    release = json.loads((out / "releases" / "2026-q1.json").read_text("utf-8"))
    answers = json.loads((out / "answers.json").read_text("utf-8"))["2026-q1"]
    roster = (out / "roster.csv").read_text("utf-8").splitlines()
    assert len(roster) == 181
    generation = json.loads((out / "parties.json").read_text("utf-8"))["generations"][0]
    assert len(generation["parties"]["issuers"]) == issuers
    assert {path.name for path in (out / "log").iterdir()} >= {"rounds.db", "envelopes.2026-q1.db"}
    assert not [*out.rglob("*.key"), *out.rglob("*.password")]

    parts = manifest["draft"]["questionnaire"]["parts"]
    assert [part["k"] for part in parts] == [5, 10, 10]
    for number, part in enumerate(parts):
        sizes = [cell["n"] for cell in release["cells"] if cell["part"] == number]
        assert min(sizes) >= part["k"]
        assert sum(sizes) == len(answers)
        for question in part["questions"]:
            if part["kind"] == "open":
                said = Counter(text for one in release["comments"] if one["part"] == number for text in one["texts"])
                assert said == Counter(one["words"][question["id"]] for one in answers.values()) - Counter(
                    {"": len(answers)}
                )
                continue
            tally = Counter(one["choices"][question["id"]] for one in answers.values())
            histograms = [
                result["histograms"][question["id"]]
                for result in release["results"]
                if question["id"] in result["histograms"]
            ]
            total = [sum(column) for column in zip(*histograms, strict=True)]
            assert total == [tally[None], *(tally[option] for option in range(len(total) - 1))]
    assert len(release["counted"]) == 3 * len(answers)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = demo(tmp_path)
    assert ended.returncode == 2
    assert "exists and is no empty folder" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
