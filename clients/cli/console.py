"""Talking with whoever sits at the keyboard, in her language."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TextIO

from clients.cli import texts
from clients.cli.edge import Edge
from clients.cli.outcomes import BadInput
from shared.words import refused_characters


class Console:
    """Prints sentences by key, and asks. Whatever services say is printed without control characters."""

    def __init__(self, edge: Edge, language: str) -> None:
        self._edge = edge
        self.language = language

    def text(self, key: str, /, **values: object) -> str:
        """A sentence of texts/*.yaml."""
        return texts.text(self.language, key, **values)

    def say(self, key: str, /, **values: object) -> None:
        self.line(self.text(key, **values))

    def line(self, text: str = "") -> None:
        """A line as it is, on standard output."""
        _write(self._edge.stdout, text)

    def problem(self, text: str) -> None:
        """What went wrong, as one line on standard error."""
        _write(self._edge.stderr, " ".join(text.split()))

    def own(self, by_language: Mapping[str, str]) -> str:
        """The reader's language of a text that the rules have in each."""
        return by_language[self.language]

    def own_list(self, by_language: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """The same of a list of texts."""
        return by_language[self.language]

    def read(self, prompt: str) -> str:
        """One typed line; BadInput if nothing more can be typed."""
        self._edge.stdout.write(clean(prompt))
        self._edge.stdout.flush()
        line = self._edge.stdin.readline()
        if not line:
            self.line()
            raise BadInput("no-more-input")
        return line.rstrip("\r\n")

    def secret(self, prompt: str) -> str:
        """One line that is not shown while it is typed; BadInput if nothing more can be typed."""
        try:
            return self._edge.secret(clean(prompt))
        except EOFError:
            raise BadInput("no-more-input") from None

    def confirm(self, key: str, /, *, default: bool = True, **values: object) -> bool:
        """A question to be answered with yes or no; Enter means `default`."""
        hint = self.text("yes-default" if default else "no-default")
        while True:
            typed = self.read(f"{self.text(key, **values)} {hint} ").strip().casefold()
            if not typed:
                return default
            if typed in ("j", "ja", "y", "yes"):
                return True
            if typed in ("n", "nee", "no"):
                return False

    def moment(self, seconds: float) -> str:
        """A time as the clock on this machine's wall shows it."""
        return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def clean(text: str) -> str:
    """Without characters that steer a terminal or turn the direction of writing; line breaks stay."""
    for character in refused_characters(text):
        text = text.replace(character, "\N{REPLACEMENT CHARACTER}")
    return text


def _write(stream: TextIO, text: str) -> None:
    stream.write(clean(text) + "\n")
    stream.flush()
