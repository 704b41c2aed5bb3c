"""How many durable appends the SQLite log takes, beside the bare database doing nothing else.

Run from the root of the project: `python -m benchmarks log`. The floor is one connection that inserts one record per
transaction into a WAL file with synchronous = FULL, measured in the same run and on the same disk. "worst" is the
longest time that any one append took.
"""

import multiprocessing
import os
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter

from shared.log import open_log
from shared.log.port import Log

RECORD = os.urandom(6_000)
"""About what an envelope with the tokens of two issuers takes, in bytes."""
APPENDS = 4_000
"""In each of the measurements, shared out among their threads or processes: about a second."""
THREADS = 8
PROCESSES = 4
TOPIC = "envelopes.benchmark"

Times = tuple[float, float, float]
"""Begin and end on the clock that all processes share, and the longest single call, in seconds."""


def times(call: Callable[[], object], count: int) -> Times:
    began, worst = perf_counter(), 0.0
    for _ in range(count):
        before = perf_counter()
        call()
        worst = max(worst, perf_counter() - before)
    return began, perf_counter(), worst


def bare(folder: Path) -> Times:
    """The floor."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE record (offset INTEGER PRIMARY KEY, value BLOB NOT NULL)")
        return times(lambda: connection.execute("INSERT INTO record (value) VALUES (?)", (RECORD,)), APPENDS)


def append(log: Log, topic: str, count: int) -> Times:
    return times(partial(log.append, topic, RECORD), count)


def append_in_process(url: str, topic: str, count: int) -> Times:
    with closing(open_log(url)) as log:
        log.end(topic)
        return append(log, topic, count)


def together(pool: Executor, works: Sequence[Callable[[], Times]]) -> Times:
    """All of them at once."""
    results = [done.result() for done in [pool.submit(work) for work in works]]
    begins, ends, worst = zip(*results, strict=True)
    return min(begins), max(ends), max(worst)


def measure() -> list[tuple[str, float, str]]:
    """Rows of (what, value, unit)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:{folder / 'log'}"
        found = {"bare inserts, the floor": bare(folder)}
        with closing(open_log(url)) as log:
            own_topics = [f"{TOPIC}-{i}" for i in range(PROCESSES)]
            for topic in (TOPIC, *own_topics):
                log.create(topic)
            found["1 thread"] = append(log, TOPIC, APPENDS)
            with ThreadPoolExecutor(THREADS) as threads:
                found[f"{THREADS} threads"] = together(
                    threads, [partial(append, log, TOPIC, APPENDS // THREADS)] * THREADS
                )
            with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as processes:
                for what, topics in (("one topic", [TOPIC] * PROCESSES), ("a topic each", own_topics)):
                    for count in (1, APPENDS // PROCESSES):  # The first starts the processes.
                        result = together(processes, [partial(append_in_process, url, each, count) for each in topics])
                    found[f"{PROCESSES} processes, {what}"] = result
            began = perf_counter()
            reading = sum(1 for _ in log.read(TOPIC)) / (perf_counter() - began)
    began, ended, _ = found["bare inserts, the floor"]
    floor = APPENDS / (ended - began)
    rows = []
    for what, (began, ended, worst) in found.items():
        rate = APPENDS / (ended - began)
        rows += [(what, rate, "/s"), ("    of the floor", 100 * rate / floor, "%"), ("    worst", 1000 * worst, "ms")]
    return [*rows, ("reading", reading, "/s")]


def main() -> None:
    for what, value, unit in measure():
        print(f"{what:32}{value:10,.1f} {unit}")


if __name__ == "__main__":
    main()
