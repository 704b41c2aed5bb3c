"""Every sentence is there in both languages, and every one that the code asks for is there."""

import ast
import re
import string
from pathlib import Path

import pytest

from clients.cli import texts
from clients.cli.counting import Fate
from clients.cli.hints import Hint
from clients.cli.outcomes import AlarmReason, Trouble
from clients.cli.page_checking import Differs
from clients.cli.page_html import Odd
from services.ingest.core import Reason
from services.issuer.core import Refusal
from shared.codes import Mistake
from shared.questionnaire import Reader
from shared.rounds import State

SOURCE = Path(texts.__file__).parent
_KEY = re.compile(r"[a-z]+(-[a-z]+)+")
_ASKING = {"say", "text", "problem", "confirm", "BadInput", "_typed", "roster"}


@pytest.mark.parametrize("key", sorted(texts.every()))
def test_each_sentence_is_there_in_both_languages_with_the_same_values(key: str) -> None:
    sentence = texts.every()[key]
    assert set(sentence) == set(texts.LANGUAGES)
    fields = {
        language: {name for _, name, _, _ in string.Formatter().parse(sentence[language]) if name}
        for language in sentence
    }
    assert fields["nl"] == fields["en"]
    assert all(text.strip() for text in sentence.values())


@pytest.mark.parametrize("file", sorted((SOURCE / "texts").glob("*.yaml")), ids=lambda file: file.stem)
def test_no_key_stands_twice(file: Path) -> None:
    keys = re.findall(r"^([a-z-]+):", file.read_text("utf-8"), re.MULTILINE)
    others = [
        key
        for other in (SOURCE / "texts").glob("*.yaml")
        if other != file
        for key in re.findall(r"^([a-z-]+):", other.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(keys) == len(set(keys))
    assert set(keys).isdisjoint(others)


def asked_for() -> set[str]:
    """The keys that stand as literals where the code asks for a sentence."""
    found = set()
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in _ASKING:
                    literals = [part for argument in node.args for part in ast.walk(argument)]
                    found |= {
                        part.value
                        for part in literals
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and _KEY.fullmatch(part.value)
                    }
    return found - {"utf-8"}


def test_every_sentence_that_the_code_asks_for_is_there() -> None:
    keys = asked_for()
    assert len(keys) > 60
    assert sorted(keys - texts.every().keys()) == []


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("alarm", AlarmReason),
        ("unavailable", Trouble),
        ("fate", Fate),
        ("hint", Hint),
        ("state", State),
        ("reader", Reader),
        ("access-code", Mistake),
        ("wallet-code", Mistake),
        ("page", Differs),
        ("page", Odd),
    ],
)
def test_every_word_that_can_occur_has_its_sentence(prefix: str, words: list[str]) -> None:
    for word in words:
        assert texts.has(f"{prefix}-{word}")


def test_the_words_that_services_refuse_with_are_known_where_people_meet_them() -> None:
    met = {*Reason, *Refusal} - {
        Reason.MALFORMED,  # Only a client that is broken gets these.
        Reason.TOO_LARGE,
        Reason.WRONG_LENGTH,
        Reason.LOG_UNAVAILABLE,  # 503: see Unavailable.
        Refusal.MALFORMED,
        Refusal.ALREADY_COLLECTED,  # An alarm.
    }
    assert [word for word in met if not texts.has(f"refused-{word}")] == []


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "nl_BE", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "nl_NL"}, "nl"),
        ({"LANG": "nl", "LC_ALL": ""}, "nl"),
    ],
)
def test_the_language_is_that_of_the_environment(environ: dict[str, str], language: str) -> None:
    assert texts.language_of(environ) == language
