"""Reading a service's environment once, reporting everything that is wrong with it at once.

    reader = Settings(os.environ)
    config = Config(listen=reader.address("LISTEN"), log=reader.text("LOG"))
    reader.done()        # BadSettings names every missing, malformed and unknown KLANKBORD_ variable

Values never appear in the message: some of them are secret.
"""

import re
from collections.abc import Mapping
from pathlib import Path

PREFIX = "KLANKBORD_"

_NUMBER = re.compile(r"[0-9]{1,9}")

Address = tuple[str, int]
"""Host and port."""


class BadSettings(ValueError):
    """One line per variable that is missing, malformed or unknown."""


class Settings:
    """Reads variables by their name without the prefix; a default of None means that it is required."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
        self._asked: set[str] = set()
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Its text; one that is set to nothing counts as missing where it is required."""
        self._asked.add(name)
        value = self._values.get(name, default)
        if value is None or (default is None and not value):
            self.refuse(name, "is missing")
            return ""
        return value

    def path(self, name: str, default: str | None = None) -> Path:
        return Path(self.text(name, default))

    def optional_path(self, name: str) -> Path | None:
        value = self.text(name, "")
        return Path(value) if value else None

    def whole(self, name: str, default: int, least: int = 0, most: int = 1_000_000) -> int:
        value = self.text(name, str(default))
        if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
            self.refuse(name, f"must be a whole number from {least} to {most}")
            return default
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < 86_400:
            self.refuse(name, "must be a number of seconds")
            return default
        return number

    def address(self, name: str, default: str | None = None) -> Address:
        value = self.text(name, default)
        host, _, port = value.rpartition(":")
        if not host or not _NUMBER.fullmatch(port) or int(port) > 65_535:
            if value:
                self.refuse(name, "must be host:port")
            return ("", 0)
        return (host.removeprefix("[").removesuffix("]"), int(port))

    def refuse(self, name: str, why: str) -> None:
        """Note what is wrong with a variable, such as a file that is not there; `why` must not hold its value."""
        self._problems.append(f"{PREFIX}{name} {why}")

    def done(self, *, all_asked: bool = True) -> None:
        """Raise BadSettings if anything was wrong; call it after the last variable.

        `all_asked`: a variable that was not asked for is wrong, too; not so for a command that needs only a few.
        """
        unknown = [f"{PREFIX}{name} is unknown" for name in sorted(self._values.keys() - self._asked) if all_asked]
        if problems := self._problems + unknown:
            raise BadSettings("\n".join(problems))
