"""What in a text may tell who wrote it, or whom it is about. Looked for on this device only; nothing is sent for it."""

import re
from collections.abc import Collection
from enum import StrEnum


class Hint(StrEnum):
    """Why a text is worth reading again before it is sent."""

    MAIL = "mail"
    NUMBER = "number"
    NAME = "name"
    PHRASE = "phrase"


_MAIL = re.compile(r"\S+@\S+\.\S+")
_NUMBER = re.compile(r"(?<!\d)(?:\+?\d[\s./-]?){5,}(?!\d)|\b\d{4}\s?[A-Z]{2}\b")
"""Five digits or more, as in numbers of telephones and employees and in dates; or a Dutch postal code."""

_PHRASE = re.compile(
    r"\b(?:als|ben|was) (?:de |het )?enige\b|\bik als\b|\bals (?:enige )?(?:vrouw|man|nieuwe|nieuweling|moeder|vader)\b"
    r"|\bin mijn (?:functie|rol)\b|\bmijn (?:partner|zwangerschap|ziekte|verlof)\b"
    r"|\b(?:as|am|was|being) the only\b|\bi,? as (?:a|an|the)\b|\bas (?:a|the) (?:woman|man|newcomer|mother|father)\b"
    r"|\bin my (?:role|function|job)\b|\bmy (?:partner|pregnancy|illness|leave)\b",
    re.IGNORECASE,
)

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LOWER = 4
"""Letters. A shorter name in small letters is more often a word: Bas, Jet, Wil, May."""


def hints(text: str, names: Collection[str] = ()) -> tuple[tuple[Hint, str], ...]:
    """What was found and where, each piece once; `names` are those of colleagues as far as this device knows them."""
    found = [(Hint.MAIL, match[0]) for match in _MAIL.finditer(text)]
    found += [(Hint.NUMBER, match[0].strip(" \t\n./-")) for match in _NUMBER.finditer(text)]
    found += [(Hint.PHRASE, match[0]) for match in _PHRASE.finditer(text)]
    parts = {part.casefold() for name in names for part in _WORD.findall(name) if part[0].isupper() and len(part) > 1}
    for match in _WORD.finditer(text):
        word = match[0]
        if word.casefold() in parts and (word[0].isupper() or len(word) >= _LOWER):
            found.append((Hint.NAME, word))
    return tuple(dict.fromkeys(found))
