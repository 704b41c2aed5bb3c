"""The words of the pages: every text in both languages with the same values in it, and every one of them is used."""

import re
from pathlib import Path
from string import Formatter

import pytest

from services.report.texts import both, catalogue, chosen, day, number, percent, say
from shared.questionnaire_schema import LANGUAGES

PAGES = Path(__file__).parents[3] / "services" / "report"


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", catalogue())
def test_each_text_is_complete_in_both_languages(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(isinstance(text, str) and text == text.strip() and text for text in texts.values())
    if not key.endswith("-one"):
        assert len({frozenset(fields(text)) for text in texts.values()}) == 1
    else:
        whole = catalogue()[key.removesuffix("-one")]["nl"]
        assert all(fields(text) <= fields(whole) for text in texts.values())


def test_every_text_is_used_and_every_used_one_is_there() -> None:
    sources = [path.read_text() for path in PAGES.rglob("*") if path.suffix in (".py", ".html")]
    source = "\n".join(sources)
    put_together = ("limit-", "zone-", "trend-")
    for key in catalogue():
        if not key.endswith("-one") and not key.startswith(put_together):
            assert re.search(rf"[\"']{key}[\"']", source), key
    for key in re.findall(r"\bt\(['\"]([a-z-]*[a-z])['\"]", source) + re.findall(
        r"say\(language, \"([a-z-]+)\"", source
    ):
        assert key in catalogue()


def test_one_is_not_many() -> None:
    assert say("nl", "answers", n=1) == "1 antwoord"
    assert say("nl", "answers", n=2) == "2 antwoorden"
    assert both("answers", n=1) == {"nl": "1 antwoord", "en": "1 answer"}


def test_numbers_and_days_are_written_as_people_write_them() -> None:
    assert number("nl", 3.94) == "3,9"
    assert number("en", 3.94) == "3.9"
    assert number("nl", -12, 0) == "\u221212"
    assert number("en", -0.04) == "0.0"
    assert percent(0.5) == "50 %"
    assert day("nl", 1_000_000_000) == "9 september 2001"
    assert day("en", 1_000_000_000) == "9 September 2001"


@pytest.mark.parametrize(
    ("accepted", "asked", "language"),
    [
        (None, None, "nl"), ("", None, "nl"), ("en", None, "en"), ("en-US,en;q=0.9", None, "en"), ("de,fr", None, "nl"),
        ("de, en;q=0.8, nl;q=0.9", None, "nl"), ("nl;q=0, en;q=0.1", None, "en"), ("en;q=x, nl", None, "nl"),
        ("en", "nl", "nl"), ("en", "de", "en"), (",;;=q," * 1000, None, "nl"), ("EN", None, "en"),
    ],
)  # fmt: skip
def test_the_language_is_chosen_from_what_the_browser_says(
    accepted: str | None, asked: str | None, language: str
) -> None:
    assert chosen(accepted, asked) == language
