import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.loop import Stopping
from shared.workers import CHUNK, FEW, spread
from tests.spreading import add, fail_at, kept_back, whose

MANY = FEW + 3 * CHUNK + 7
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("count", [0, 1, CHUNK, FEW - 1, FEW, MANY])
@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_items(count: int, processes: int) -> None:
    assert list(spread(add, 1000, iter(range(count)), processes)) == list(range(1000, 1000 + count))


def test_few_items_start_no_process() -> None:
    assert {pid for pid, _, _ in spread(whose, b"", range(FEW - 1), 4)} == {os.getpid()}


def test_many_items_are_done_elsewhere_and_each_process_gets_the_context_once() -> None:
    """It may hold all keys of a round: 20 MB here."""
    found = list(spread(whose, bytes(20_000_000), range(MANY), 2))
    processes = {pid for pid, _, _ in found}
    assert os.getpid() not in processes
    assert len(processes) <= 2
    assert len({(pid, place) for pid, place, _ in found}) == len(processes)
    assert {length for _, _, length in found} == {20_000_000}


@pytest.mark.parametrize("count", [10, MANY])
def test_what_goes_wrong_in_a_worker_is_raised_here(count: int) -> None:
    with pytest.raises(ValueError, match="cannot be done"):
        list(spread(fail_at, count - 5, range(count), 2))


def test_items_are_not_taken_far_ahead_of_the_results() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(FEW + 100 * CHUNK):
            taken = number + 1
            yield number

    results = spread(add, 0, items(), 2)
    for _ in range(FEW):
        next(results)
    assert taken <= 2 * FEW + 12 * CHUNK
    results.close()  # type: ignore[attr-defined]  # It is a generator; who uses `spread` need not know.


@pytest.mark.parametrize(("count", "processes"), [(FEW - 1, 1), (MANY, 1), (MANY, 2)])
def test_a_stop_is_obeyed_between_two_chunks(count: int, processes: int) -> None:
    stop, seen = threading.Event(), 0
    with pytest.raises(Stopping):
        for _ in spread(add, 0, range(count), processes, stop):
            seen += 1
            stop.set()
    assert seen == CHUNK


def is_alive(pid: int) -> bool:
    """A process that has ended but was not waited for counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def working(tmp_path: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A process with two workers that have no end of work."""
    (tmp_path / "workers").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.spreading", str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    eventually(lambda: (tmp_path / "working").exists())
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_signal_to_all_processes_of_a_service_is_an_orderly_end(
    working: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    """As systemd and Ctrl-C do it: workers that died of it would look like a broken pool."""
    workers = [int(path.name) for path in (tmp_path / "workers").iterdir()]
    for number in (signal.SIGINT, signal.SIGTERM):
        os.killpg(working.pid, number)
    _, said = working.communicate(timeout=30)
    assert (working.returncode, said) == (0, b"")
    eventually(lambda: not any(map(is_alive, workers)))


def test_workers_are_deaf_from_their_first_moment_and_their_parent_never() -> None:
    """A stop that came while one was being started would end it, and break the pool."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    signals = list(spread(kept_back, None, range(MANY), 2))
    assert all({signal.SIGTERM, signal.SIGINT} <= found for found in signals)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_workers_do_not_outlive_a_parent_that_is_killed(working: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    workers = [int(path.name) for path in (tmp_path / "workers").iterdir()]
    assert workers
    working.kill()
    eventually(lambda: not any(map(is_alive, workers)))
