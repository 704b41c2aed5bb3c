"""docs/instruments.md says what the files say."""

from pathlib import Path

from shared import asking, instruments
from tests.instruments_page import block

PAGE = (Path(__file__).parents[1] / "docs" / "instruments.md").read_text("utf-8")


def test_the_page_on_instruments_is_what_the_files_say() -> None:
    assert block() in PAGE, "make library writes it"


def test_the_file_on_the_page_on_instruments_can_be_used() -> None:
    own = instruments.parse(PAGE.partition("```yaml\n")[2].partition("```")[0], "ours.yaml")
    together = asking.compose([*instruments.shipped().values(), own], "2026-11")
    assert together["parts"][0]["questions"][-1]["id"] == own.items[-1].id
