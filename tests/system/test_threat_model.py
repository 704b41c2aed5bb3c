"""The table of attacks in docs/threat-model.md says of each who plays it, and leaves none of those tests out."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")

CONTROL = '"""Else the tests above could not fail."""'
"""Of tests that play no attack, but show that the others are able to."""


def rows() -> list[str]:
    text = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    table = text[text.index("| attack |") : text.index("## The collusion table")]
    return [line for line in table.splitlines()[2:] if line]


def test_every_attack_names_tests_that_there_are() -> None:
    assert len(rows()) >= 40
    for row in rows():
        named = TEST.findall(row)
        assert named, row
        for path, name in named:
            assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), f"{path}::{name}"


def test_every_test_of_a_dishonest_party_stands_in_the_table() -> None:
    named = {(path, name) for row in rows() for path, name in TEST.findall(row)}
    for file in sorted((ROOT / "tests" / "system").glob("test_dishonest_*.py")):
        for name, behind in re.findall(r"^def (test_\w+)\((.*?)(?=^def |\Z)", file.read_text("utf-8"), re.M | re.S):
            assert CONTROL in behind or (f"tests/system/{file.name}", name) in named, name
