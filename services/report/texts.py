"""The words of the result pages and of the sentences in the API, in every language of the suite; see texts.yaml."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import yaml

from shared.questionnaire_schema import LANGUAGES

_MONTHS = {
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_DECIMAL = {"nl": ",", "en": "."}
_MINUS = "\u2212"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Key -> language -> text."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        files("services.report").joinpath("texts.yaml").read_text("utf-8")
    )
    return loaded


def say(language: str, key: str, **values: object) -> str:
    """The text with its values filled in. With `n` = 1 the form for one is taken, where there is one."""
    if values.get("n") == 1 and f"{key}-one" in catalogue():
        key = f"{key}-one"
    return catalogue()[key][language].format(**values)


def both(key: str, **values: object) -> dict[str, str]:
    """The text in every language, for the API; values that are mappings by language are taken apart."""
    return {
        language: say(
            language,
            key,
            **{name: value[language] if isinstance(value, Mapping) else value for name, value in values.items()},
        )
        for language in LANGUAGES
    }


def number(language: str, value: float, digits: int = 1) -> str:
    """With a decimal comma or point, and a real minus sign."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace(".", _DECIMAL[language]).replace("-", _MINUS)


def percent(share: float) -> str:
    """Of a share from 0 to 1, in whole percents."""
    return f"{100 * share:.0f} %"


def day(language: str, seconds: float) -> str:
    """A day in words, in UTC, as all dates of a round are."""
    date = datetime.fromtimestamp(seconds, UTC)
    return f"{date.day} {_MONTHS[language][date.month - 1]} {date.year}"


def chosen(accepted: str | None, asked: str | None) -> str:
    """The language to answer in: the one asked for, else the browser's first that there is, else Dutch."""
    if asked in LANGUAGES:
        return asked
    ranked = []
    for place, item in enumerate((accepted or "").split(",")[:20]):
        tag, _, quality = item.strip().partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        ranked.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return next((tag for weight, _, tag in sorted(ranked) if tag in LANGUAGES and weight < 0), LANGUAGES[0])
