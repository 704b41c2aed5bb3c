"""Signing keys, made on all cores in the background: a round of 100,000 people needs 67,000 of them.

They are stored as they come, so whatever ends the process, the next one goes on where this one was.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from services.issuer.keys import RoundSecret
from services.issuer.planned import Address
from services.issuer.store import Store
from services.issuer.unavailable import DatabaseUnavailable
from shared import blind_rsa
from shared.blind_rsa import PrivateKey
from shared.rounds import RoundId

_LOG = logging.getLogger(__name__)

BATCH = 64
"""Keys per transaction: a few seconds of work, lost at most once."""


class KeyMaker:
    """Makes the keys of one round at a time; other threads run meanwhile, for making them frees the interpreter."""

    def __init__(self, store: Store, threads: int, generate: Callable[[], PrivateKey] = blind_rsa.generate) -> None:
        self._store = store
        self._threads = threads
        self._generate = generate
        self._job: _Job | None = None
        self.made = 0
        """Keys since this process began."""
        self.seconds = 0.0
        """Spent on them, waiting included."""

    @property
    def busy(self) -> bool:
        return self._job is not None and self._job.is_alive()

    def make(self, secret: RoundSecret, addresses: Sequence[Address]) -> None:
        """Begin to make those keys of a round that are missing, unless a round is being worked on already."""
        if not self.busy:
            self._job = _Job(secret.round_id, lambda job: self._work(job, secret, addresses))
            self._job.start()

    def cancel(self, round_id: RoundId | None = None) -> None:
        """Stop making keys of a round (of any), and come back when nothing is being made or stored for it."""
        if self._job is not None and round_id in (None, self._job.round_id):
            self._job.stop.set()
            self._job.join()

    def _work(self, job: "_Job", secret: RoundSecret, addresses: Sequence[Address]) -> None:
        began = perf_counter()
        try:
            done = self._store.made(job.round_id)
            self._make(job, secret, [address for address in addresses if address not in done])
        except DatabaseUnavailable as error:
            _LOG.warning("making keys waits for the database: %s", error)
        finally:
            self.seconds += perf_counter() - began

    def _make(self, job: "_Job", secret: RoundSecret, missing: Sequence[Address]) -> None:
        def generate(_address: Address) -> PrivateKey | None:
            return None if job.stop.is_set() else self._generate()

        fresh: dict[Address, bytes] = {}
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="key")
        try:
            for address, key in zip(missing, pool.map(generate, missing), strict=True):
                if key is None:
                    return
                fresh[address] = secret.wrap(address, key)
                if len(fresh) == BATCH:
                    self._keep(job.round_id, fresh)
            self._keep(job.round_id, fresh)
        finally:
            job.stop.set()
            pool.shutdown(cancel_futures=True)

    def _keep(self, round_id: RoundId, fresh: dict[Address, bytes]) -> None:
        if fresh:
            self._store.add_keys(round_id, fresh)
            self.made += len(fresh)
            fresh.clear()


class _Job(threading.Thread):
    """The making of one round's keys."""

    def __init__(self, round_id: RoundId, work: "Callable[[_Job], None]") -> None:
        super().__init__(name="making keys", daemon=True)
        self.round_id = round_id
        self.stop = threading.Event()
        self._work = work

    def run(self) -> None:
        self._work(self)
