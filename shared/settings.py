"""Reading a service's environment once, reporting everything that is wrong with it at once.

    reader = Settings(os.environ)
    config = Config(listen=reader.address("LISTEN"), log=reader.text("LOG"))
    reader.done()        # BadSettings names every missing, malformed and unknown KLANKBORD_ variable

Values never appear in the message: some of them are secret.
"""

from collections.abc import Mapping
from pathlib import Path

PREFIX = "KLANKBORD_"

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
        self._asked.add(name)
        value = self._values.get(name, default)
        if value is None:
            self._problems.append(f"{PREFIX}{name} is missing")
            return ""
        return value

    def path(self, name: str, default: str | None = None) -> Path:
        return Path(self.text(name, default))

    def optional_path(self, name: str) -> Path | None:
        value = self.text(name, "")
        return Path(value) if value else None

    def whole(self, name: str, default: int, least: int = 0, most: int = 1_000_000) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self._problems.append(f"{PREFIX}{name} must be a whole number from {least} to {most}")
            return default
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < 86_400:
            self._problems.append(f"{PREFIX}{name} must be a number of seconds")
            return default
        return number

    def address(self, name: str, default: str | None = None) -> Address:
        host, _, port = self.text(name, default).rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            if f"{PREFIX}{name} is missing" not in self._problems:
                self._problems.append(f"{PREFIX}{name} must be host:port")
            return ("", 0)
        return (host.strip("[]"), int(port))

    def done(self) -> None:
        """Raise BadSettings if anything was wrong; call it after the last variable."""
        unknown = [f"{PREFIX}{name} is unknown" for name in sorted(self._values.keys() - self._asked)]
        if problems := self._problems + unknown:
            raise BadSettings("\n".join(problems))
