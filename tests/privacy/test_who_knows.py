"""`who-knows`, by which somebody sees for herself what each service of a trial holds about her."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from clients.cli.wallet_file import WalletFile
from deploy.trial import who_knows
from deploy.trial.tale import Tale
from deploy.trial.visitor import Visitor
from shared.parties import write
from tests.privacy.people import CHANGING
from tests.privacy.round_played import ROUND, Left

Show = Callable[[str], tuple[int, list[str]]]


@pytest.fixture
def trial(left: Left, tmp_path: Path) -> Path:
    """The folder of a trial in which somebody of the cast is the visitor."""
    root = tmp_path / "trial"
    shutil.copytree(left.running, root)
    visitor = left.people[CHANGING]
    Visitor(visitor.id, visitor.name, visitor.mail, ROUND, 0, 0).write(root)
    entry = left.parts[visitor.id].wallet.get(ROUND)
    assert entry is not None
    WalletFile(root / "visitor.json", {}).put(ROUND, entry)
    return root


@pytest.fixture
def show(trial: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    def shown(language: str) -> tuple[int, list[str]]:
        tale, visitor = Tale(StringIO(), {"LANG": language}), Visitor.read(trial)
        assert visitor is not None
        code = who_knows.show(tale, trial, trial / "visitor.json", visitor)
        return code, capsys.readouterr().out.splitlines()

    return shown


def rows(lines: list[str]) -> dict[str, list[tuple[str, str]]]:
    """What is held, and where, by service as it is called in the first column."""
    table: dict[str, list[tuple[str, str]]] = {}
    owner = ""
    for line in (line[2:] for line in lines if line.startswith("  ")):
        first, _, rest = line.partition("  ")
        owner = first or owner
        what, _, where = rest.strip().partition("  ")
        table.setdefault(owner, []).append((what, where.strip()))
    return table


def test_the_table_says_what_each_service_holds_and_where(show: Show, left: Left) -> None:
    code, lines = show("en_GB.UTF-8")
    assert code == 0
    assert left.people[CHANGING].name in lines[0]
    of_an_issuer = [
        ("your name", "issuer.db: members, issuer.db: people"),
        ("your mail address", "issuer.db: people"),
        ("where you belong", "issuer.db: members, issuer.db: people"),
        ("a hash of your access code", "issuer.db: codes"),
        ("that you collected, not when", "issuer.db: served"),
    ]
    assert rows(lines) == {
        "issuer-1": of_an_issuer,
        "issuer-2": of_an_issuer,
        "ingest": [("nothing about you", "")],
        "gate": [
            ("your sealed answers, among their cell's", f"journal/{ROUND}/batch.batches.{ROUND}.000000"),
            ("your lines in the list of what counted", f"journal/{ROUND}/batch.batches.{ROUND}.000000"),
        ],
        "aggregate": [("your lines in the list of what counted", f"journal/{ROUND}/release.releases.{ROUND}.000002")],
        "report": [("nothing about you", "")],
        "the log": [
            ("your sealed answers, as posted", f"envelopes.{ROUND}"),
            ("your sealed answers, among their cell's", f"batches.{ROUND}"),
            ("your lines in the list of what counted", f"batches.{ROUND}, releases.{ROUND}"),
        ],
    }
    assert any("Nothing that says who you are" in line for line in lines)
    assert "In a trial all services are in one hand" in lines[-1]


def test_it_says_the_same_in_dutch(show: Show) -> None:
    (_, english), (_, dutch) = show("en"), show("nl_NL.UTF-8")
    assert len(dutch) == len(english)
    assert [[where for _, where in of] for of in rows(dutch).values()] == [
        [where for _, where in of] for of in rows(english).values()
    ]
    assert [what for what, _ in rows(dutch)["ingest"]] == ["niets over jou"]


@pytest.mark.parametrize(("service", "wrong"), [("gate", "gate"), ("report", None)])
def test_a_service_that_holds_both_is_named(
    show: Show, trial: Path, left: Left, service: str, wrong: str | None
) -> None:
    """A name in the gate's output lies with sealed answers; in report's, with nothing of hers."""
    (trial / f"{service}.log").write_text(f"INFO hello {left.people[CHANGING].name}\n")
    code, lines = show("en")
    assert code == (1 if wrong else 0)
    assert any(line.startswith(f"WRONG: {wrong} ") for line in lines) is bool(wrong)
    assert ("your name", "output") in rows(lines)[service]


def test_the_pages_host_is_looked_at_where_there_is_one(show: Show, trial: Path, left: Left) -> None:
    (trial / "page.log").write_text(f"INFO hello {left.people[CHANGING].name}\n")
    assert "page" not in rows(show("en")[1])
    said = json.loads((trial / "parties.json").read_bytes())
    generation = said["generations"][0]["parties"] | {"pages": ["http://127.0.0.1:9"]}
    (trial / "parties.json").write_bytes(write([(generation, {})]))
    assert rows(show("en")[1])["page"] == [("your name", "output")]


def test_before_there_is_anything_to_look_for_it_says_so(show: Show, trial: Path) -> None:
    (trial / "visitor.json").write_text("{}")
    assert show("en") == (1, [f"{trial}/visitor.json cannot be read."])
    (trial / "visitor.json").unlink()
    assert show("nl") == (1, ["Geef eerst antwoord: make visit"])
