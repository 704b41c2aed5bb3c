"""The words of the doors, in every language; see texts.yaml."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("nl", "en")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Key -> language -> text."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(files(__package__).joinpath("texts.yaml").read_text("utf-8"))
    return loaded


def say(language: str, key: str, **values: object) -> str:
    """The text with its values filled in."""
    return catalogue()[key][language].format(**values)
