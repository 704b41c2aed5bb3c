"""Where envelopes come in: admit, append, and give a receipt only for what the log has."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ingest.core import Admitted, Reason, Refused, admit, in_time, is_before_closing
from services.ingest.metrics import Metrics
from services.ingest.nonces import RecentNonces, Turn
from services.ingest.together import Together
from shared import receipt, topics
from shared.apart import Apart
from shared.later import already, then
from shared.log.port import Log
from shared.published import Published
from shared.rounds import Round


@dataclass(frozen=True, slots=True)
class Receipt:
    jws: str = field(repr=False)


class Desk:
    """`rounds` is replaced as a whole whenever somebody, in another thread, has looked at the log."""

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
        self._lock = Lock()
        self._under_way: dict[tuple[str, bytes, bytes], Future[Receipt | Refused]] = {}
        """The answers to envelopes that are being appended, by round, nonce and digest: the same bytes that come again
        meanwhile wait for the same one."""

    def take(self, body: Mapping[str, Any], arrived: float) -> Future[Receipt | Refused]:
        """A body that fits PostSchema, which arrived when `elapsed` was at `arrived`.

        Done at once, or when the log has acknowledged the envelope or has failed to.
        """
        if self.rounds is None:
            return already(Refused(Reason.LOG_UNAVAILABLE))
        verdict = admit(body, self.rounds, self.now())
        if isinstance(verdict, Refused):
            return already(verdict)
        of, digest = verdict.of, sha256(verdict.encoding).digest()
        key = (of.id, verdict.nonce, digest)
        with self._lock:
            if (under_way := self._under_way.get(key)) is not None:
                return under_way
            match self._nonces.take(*key):
                case Turn.REFUSE:
                    return already(Refused(Reason.TOO_MANY))
                case Turn.ANSWER:
                    return already(self._receipt(of, digest))
                case Turn.APPEND:
                    appended = self._log.append(topics.envelopes(of.id), verdict.encoding)
                    begun = self.elapsed()
                    answer = then(appended, lambda done: self._appended(done.result(), verdict, digest, begun, arrived))
                    self._under_way[key] = answer
        answer.add_done_callback(lambda _: self._under_way.pop(key, None))
        return answer

    def check_log(self, apart: Apart) -> None:
        """Find out in time, and without anybody's envelope, of which rounds one could not be appended; LogError."""
        for of in (self.rounds or {}).values():
            if is_before_closing(of, self.now()):
                with apart.round(of.id):
                    self._log.check(topics.envelopes(of.id))

    def close(self) -> None:
        """Append what has been taken, and take nothing more."""
        self._log.close()

    def _appended(
        self, durable: bool, admitted: Admitted, digest: bytes, begun: float, arrived: float
    ) -> Receipt | Refused:
        of, done = admitted.of, self.elapsed()
        if not durable or not in_time(of, done - arrived, self.now()):
            return Refused(Reason.LOG_UNAVAILABLE)
        self._nonces.acknowledge(of.id, admitted.nonce, digest)
        self._metrics.received(of.id, len(of.draft.questionnaire.parts), done - begun, done - arrived)
        return self._receipt(of, digest)

    def _receipt(self, of: Round, digest: bytes) -> Receipt:
        assert of.manifest is not None  # noqa: S101 - an admitted envelope belongs to an agreed round
        return Receipt(receipt.issue(of.manifest, digest, self._key))
