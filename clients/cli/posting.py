"""Sending sealed parts: one by one, in random order, with random pauses, each on a connection of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, AlarmReason, Trouble, Unavailable
from clients.cli.sealing import Sealed
from shared import receipt as receipts
from shared.manifest import Manifest

PAUSE = (2.0, 8.0)
"""Seconds between two parts, drawn anew each time: enough for those of a few others to come in between."""

ATTEMPTS = 5
"""Times that one part is posted before the client gives up for now: about half a minute in all."""

LONGEST_WAIT = 30.0
"""Seconds. A service may ask for more; then the person is told to come back instead."""

_FINAL = frozenset({Trouble.NONSENSE, Trouble.CERTIFICATE, Trouble.PLAIN_HTTP})


@dataclass(frozen=True)
class Post:
    """How parts are sent. The random numbers choose order and pauses; they must be those of the system."""

    web: Web
    manifest: Manifest
    random: Random
    sleep: Callable[[float], None]
    pause: tuple[float, float] = PAUSE
    attempts: int = ATTEMPTS

    def all(self, parts: Sequence[Sealed], acknowledged: Callable[[Sealed], None]) -> None:
        """Post every part; `acknowledged` is called after each receipt.

        Raises Refusal, Unavailable or an Alarm at the first part that does not get through; the others can be handed
        in again, and the same bytes are then posted.
        """
        order = list(parts)
        self.random.shuffle(order)
        for place, sealed in enumerate(order):
            if place:
                self.sleep(self.random.uniform(*self.pause))
            self._one(sealed)
            acknowledged(sealed)

    def _one(self, sealed: Sealed) -> None:
        ingest = self.manifest.parties.ingest
        for attempt in range(1, self.attempts + 1):
            try:
                answer = self.web.post(ingest.name, ingest.url, "/envelopes", sealed.body)
            except Unavailable as unavailable:
                wait = 2.0**attempt if unavailable.retry_after is None else unavailable.retry_after
                if unavailable.trouble in _FINAL or attempt == self.attempts or wait > LONGEST_WAIT:
                    raise
                # Not all at the same moment: everybody who was refused was given the same time to come back.
                self.sleep(wait * self.random.uniform(1, 1.5))
            else:
                receipt = str(answer.get("receipt"))
                if not receipts.holds(receipt, self.manifest, sealed.encoded, ingest.public_key):
                    raise Alarm(AlarmReason.BAD_RECEIPT, str(sealed.part))
                return
