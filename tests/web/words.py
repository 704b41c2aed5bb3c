"""What the page says, read from its own language files: tests look for the words that people see.

words("nl").begin             "Begin met mijn toegangscode"
words("nl").like("editOf")    a pattern, for a sentence with numbers or names in it
"""

import json
import re
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parents[2] / "clients" / "web" / "src" / "texts"

LANGUAGES = ("nl", "en")

_PLAIN = re.compile(r'^  "?([\w-]+)"?:\s+("(?:[^"\\]|\\.)*"),$', re.MULTILINE)
_ALWAYS = re.compile(r'^  "?([\w-]+)"?: \([^)]*\) =>\s+("(?:[^"\\]|\\.)*"),$', re.MULTILINE)
_MADE = re.compile(r"^  \"?([\w-]+)\"?: \([^)]*\) =>\s+`([^`]*)`,$", re.MULTILINE)
_GAP = re.compile(r"\\\$\\\{[^`]*?\\\}")


class Words:
    """One language: plain sentences as attributes."""

    def __init__(self, language: str) -> None:
        self.language = language
        source = (TEXTS / f"{language}.ts").read_text("utf-8")
        found = (*_PLAIN.findall(source), *_ALWAYS.findall(source))
        self._plain: dict[str, str] = {name: json.loads(text) for name, text in found}
        self._made = {name: _pattern(template) for name, template in _MADE.findall(source)}

    def __getattr__(self, name: str) -> str:
        return self[name]

    def __getitem__(self, name: str) -> str:
        """For names that are no words of Python: "access-code-checksum"."""
        return self._plain[name]

    def like(self, name: str) -> re.Pattern[str]:
        """What a sentence looks like in which something is filled in."""
        return self._made[name]


@cache
def words(language: str) -> Words:
    return Words(language)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_GAP.sub(".+", re.escape(template)))
