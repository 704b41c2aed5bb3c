"""Where envelopes come in: admit, append, and give a receipt only for what the log has."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ingest.core import Admitted, Reason, Refused, admit, in_time
from services.ingest.metrics import Metrics
from services.ingest.nonces import RecentNonces, Turn
from services.ingest.together import Together
from shared import receipt, topics
from shared.log.port import Log, LogDamaged, LogError
from shared.published import Published

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    jws: str = field(repr=False)


class Desk:
    """`rounds` is replaced as a whole whenever somebody has looked at the log; requests run in many threads."""

    def __init__(
        self,
        log: Log,
        key: Ed25519PrivateKey,
        metrics: Metrics,
        now: Callable[[], float],
        elapsed: Callable[[], float],
    ) -> None:
        """`now` gives POSIX seconds; `elapsed` seconds of a clock that nobody can set."""
        self.rounds: Published | None = None
        """None until the log has been read once: before that no round is known not to exist."""
        self.now = now
        self.elapsed = elapsed
        self._log = Together(log)
        self._key = key
        self._metrics = metrics
        self._nonces = RecentNonces()

    def take(self, body: Mapping[str, Any], arrived: float) -> Receipt | Refused:
        """A body that fits PostSchema, which arrived when `elapsed` was at `arrived`."""
        if self.rounds is None:
            return Refused(Reason.LOG_UNAVAILABLE)
        verdict = admit(body, self.rounds, self.now())
        if isinstance(verdict, Admitted):
            return self._append(verdict, arrived)
        return verdict

    def _append(self, admitted: Admitted, arrived: float) -> Receipt | Refused:
        of, manifest = admitted.of, admitted.of.manifest
        assert manifest is not None  # noqa: S101 - an admitted envelope belongs to an agreed round
        digest = sha256(admitted.encoding).digest()
        turn = self._nonces.take(of.id, admitted.nonce, digest)
        if turn is Turn.REFUSE:
            return Refused(Reason.TOO_MANY)
        if turn is Turn.APPEND:
            begun = self.elapsed()
            try:
                self._log.append(topics.envelopes(of.id), admitted.encoding)
            except LogError as error:
                if isinstance(error, LogDamaged):
                    _LOG.error("the log is damaged: %s", error)
                return Refused(Reason.LOG_UNAVAILABLE)
            done = self.elapsed()
            if not in_time(of, done - arrived, self.now()):
                return Refused(Reason.LOG_UNAVAILABLE)
            self._nonces.acknowledge(of.id, admitted.nonce, digest)
            self._metrics.received(of.id, len(manifest.layouts), done - begun, done - arrived)
        return Receipt(receipt.issue(manifest, admitted.encoding, self._key))
