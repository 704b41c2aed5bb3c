"""How many envelopes a nonce has had lately, so that one token is not enough to fill the log.

Only in memory, and only the nonces of the last few thousand envelopes that were admitted: memory does not grow with
the round. Each person has one nonce per part and needs a handful of envelopes for it.
"""

from collections import OrderedDict
from enum import Enum, auto
from threading import Lock

PER_NONCE = 16
"""Different envelopes of one nonce that one process takes: more than anybody changes her mind."""

NONCES = 10_000
"""Nonces that are remembered, of all rounds together: at most 20 MB if each had all its envelopes, 4 MB as a rule."""

_DIGEST = 16
"""Bytes kept of an envelope's SHA-256; only its sender could look for two that are equal in these, and gain nothing."""


class Turn(Enum):
    """What to do with an admitted envelope."""

    APPEND = auto()
    ANSWER = auto()  # The log has acknowledged these very bytes before.
    REFUSE = auto()


class RecentNonces:
    """Used by the threads that answer requests and that append."""

    def __init__(self, nonces: int = NONCES) -> None:
        self._most = nonces
        self._envelopes: OrderedDict[tuple[str, bytes], dict[bytes, bool]] = OrderedDict()
        self._lock = Lock()

    def take(self, round_id: str, nonce: bytes, digest: bytes) -> Turn:
        """Note an envelope by its SHA-256, whose tokens hold."""
        with self._lock:
            seen = self._envelopes.setdefault((round_id, nonce), {})
            self._envelopes.move_to_end((round_id, nonce))
            if len(self._envelopes) > self._most:
                self._envelopes.popitem(last=False)
            if seen.get(digest[:_DIGEST]):
                return Turn.ANSWER
            if digest[:_DIGEST] not in seen and len(seen) >= PER_NONCE:
                return Turn.REFUSE
            seen[digest[:_DIGEST]] = False
            return Turn.APPEND

    def acknowledge(self, round_id: str, nonce: bytes, digest: bytes) -> None:
        """The log has it: from now on it is answered without being appended again."""
        with self._lock:
            if (seen := self._envelopes.get((round_id, nonce))) is not None:
                seen[digest[:_DIGEST]] = True

    def __len__(self) -> int:
        return len(self._envelopes)
