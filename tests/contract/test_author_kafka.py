"""A party that is killed while a real Kafka takes its batch, and starts again."""

import os
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from shared import bundle, topics
from shared.log import open_log
from shared.rounds import State
from tests.contract.logs import PATIENCE
from tests.kafka_here import address_file, empty
from tests.lives_made import install
from tests.shared.test_author import AGREED, BATCHES, OFFERS, Gate, raws

PACKED = bundle.pack([bytes([number]) * 300_000 for number in range(60)])
"""Some twenty megabytes: they take the log seconds, in which there is time to be killed."""


def forked(work: Callable[[], object]) -> int:
    """A child that does some work: it has the keys of this run, which are in no file."""
    with warnings.catch_warnings():
        # Later versions of Python warn of forks beside threads; the child makes threads of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def test_a_gate_that_is_killed_while_its_batch_is_appended_appends_the_rest_and_nothing_twice(tmp_path: Path) -> None:
    empty()
    url = f"kafka:{address_file(tmp_path)}"
    with closing(open_log(url)) as log:
        install(log, [], OFFERS)
        log.append(topics.ROUNDS, *raws(*AGREED))
        gate = Gate.start(tmp_path / "journal", log)
        gate.say_cut()
        assert gate.reconcile() == []
        gate.say_batch(PACKED)
        gate.journal.close()
        log.create(BATCHES)
        child = forked(lambda: Gate.start(tmp_path / "journal", open_log(url)).reconcile())
        try:
            deadline = time.monotonic() + PATIENCE
            while log.end(BATCHES) < (5,):
                assert time.monotonic() < deadline, "nothing is appended"
        finally:
            os.kill(child, signal.SIGKILL)
            assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert 5 <= log.end(BATCHES)[0] < len(PACKED.records)
        again = Gate.start(tmp_path / "journal", log)
        assert again.reconcile() == []
        assert again.phase is State.COUNTED
        assert again.values(BATCHES) == list(PACKED.records)
        again.journal.close()
