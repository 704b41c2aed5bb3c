"""The loop's thread beside those that answer requests, in the same process."""

from collections.abc import Callable

from services.issuer.unavailable import DatabaseUnavailable
from shared import watch
from shared.log.port import LogUnavailable


class Watch(watch.Watch):
    """Calls `tick` at each look; a database that is away is waited for as a log is."""

    def __init__(self, tick: Callable[[], None], interval: float) -> None:
        super().__init__(self._try, interval)
        self._tick = tick

    def _try(self) -> None:
        try:
            self._tick()
        except DatabaseUnavailable as error:
            raise LogUnavailable(f"the database: {error}") from error
