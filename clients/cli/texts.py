"""Every sentence that people read, in Dutch and English, from texts/*.yaml: {key: {nl: ..., en: ...}}.

`{name}` in a sentence stands for a value; both languages use the same ones.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("nl", "en")


@cache
def every() -> Mapping[str, Mapping[str, str]]:
    """All sentences by key."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted((files("clients.cli") / "texts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            found |= yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe loader either way
    return found


def has(key: str) -> bool:
    return key in every()


def text(language: str, key: str, /, **values: object) -> str:
    """The sentence; KeyError for an unknown key or a value that is missing."""
    return every()[key][language].format(**values)


def language_of(environ: Mapping[str, str]) -> str:
    """Dutch if the environment says so, in the order of POSIX; else English."""
    said = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "nl" if said.lower().startswith("nl") else "en"


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
