"""What the pages say is there: tests, links, settings, metrics."""

import re
from pathlib import Path

import pytest

from clients.cli import drafting
from services.issuer import roster
from tests.rounds_made import NOW, installation

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_TEST = re.compile(r"`(tests/[\w./]+?)(?:::(\w+))?`")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_VARIABLE = re.compile(r"KLANKBORD_([A-Z_]+)")
_METRIC = re.compile(r"klankbord_(?:issuer|ingest|gate|aggregate|report)_\w+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_and_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for path, name in _TEST.findall(text):
        target = ROOT / path
        assert target.exists(), path
        assert not name or f"def {name}(" in target.read_text("utf-8"), f"{path}::{name}"
    for link in _LINK.findall(text):
        assert (page.parent / link).exists(), link
    assert "@@" not in text


def test_the_promises_of_the_readme_each_name_a_test() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.partition("## What it promises")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) >= 8
    for row in rows:
        assert _TEST.search(row), row


def test_the_round_on_the_page_on_operations_can_be_opened() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    drafted = drafting.from_file(text, installation().parties, NOW, lambda _: "")
    assert [part.k for part in drafted.draft.questionnaire.parts] == [5, 10, 10]


def test_the_roster_on_the_page_on_operations_can_be_imported() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert len(roster.parse(("person," + text.partition("```\nperson,")[2].partition("```")[0]).encode()).people) == 2


def test_the_page_on_operations_names_every_setting_and_no_other() -> None:
    documented = set(_VARIABLE.findall((ROOT / "docs" / "operations.md").read_text("utf-8")))
    sources = [*ROOT.glob("services/*/config.py"), ROOT / "shared" / "serve.py"]
    asked = {
        name
        for source in sources
        for name in re.findall(
            r"settings\.(?:text|path|optional_path|whole|seconds|address)\(\s*\"([A-Z_]+)\"", source.read_text("utf-8")
        )
    }
    assert documented == asked


def test_the_page_on_operations_names_only_metrics_that_exist() -> None:
    documented = set(_METRIC.findall((ROOT / "docs" / "operations.md").read_text("utf-8")))
    assert len(documented) >= 8
    for metric in documented:
        _, service, name = metric.split("_", 2)
        source = (ROOT / "services" / service / "metrics.py").read_text("utf-8")
        if service in ("gate", "aggregate"):
            source += (ROOT / "shared" / "party_gauges.py").read_text("utf-8")
        assert f'"{name}"' in source or f'"{metric}"' in source, metric
