"""Cryptography on all cores: `cryptography` holds the GIL while it verifies and opens, so it takes processes.

Small rounds are done in this process: starting workers takes longer than their work.
"""

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from shared.orphans import end_with_parent
from shared.stopping import check

CHUNK = 64
"""Envelopes per task: some 50 ms of work, so that a stop is obeyed quickly and hand-over costs little."""

FEW = 10_000
"""Items up to which starting processes is not worth it: measured, two processes beat one from about 10,000 on."""

_Context = TypeVar("_Context")
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(
    work: Callable[[_Context, list[_Item]], list[_Result]],
    context: _Context,
    items: Iterable[_Item],
    processes: int,
    stop: threading.Event | None = None,
) -> Iterator[_Result]:
    """`work(context, chunk)` over all items, in order; all picklable, and `context` is sent once per process.

    At most four chunks per process are under way, so memory does not grow with the number of items. Raises Stopping
    when `stop` is set.
    """
    rest = iter(items)
    first = list(islice(rest, FEW))
    if processes <= 1 or len(first) < FEW:
        for chunk in _chunks(_chain(first, rest)):
            check(stop)
            yield from work(context, chunk)
        return
    # Not fork: other threads of this process may hold locks.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_remember, initargs=(context,)) as pool:
        under_way: deque[Future[list[_Result]]] = deque()
        try:
            for chunk in _chunks(_chain(first, rest)):
                with _signals_kept_back():  # A submit may start a worker, which is deaf only from `_remember` on.
                    under_way.append(pool.submit(_work, work, chunk))
                if len(under_way) >= 4 * processes:
                    yield from _result(under_way.popleft(), stop)
            while under_way:
                yield from _result(under_way.popleft(), stop)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _signals_kept_back() -> Iterator[None]:
    """Processes that are started in here inherit it; other threads, and this one afterwards, hear of each signal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_remembered: Any = None
"""In a worker: the context, which is sent once because it may hold all keys of a round."""


def _remember(context: Any) -> None:
    global _remembered
    _remembered = context
    # Supervisors and Ctrl-C signal all processes of a service; only the parent decides what a stop means.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _work(work: Callable[[Any, list[_Item]], list[_Result]], chunk: list[_Item]) -> list[_Result]:
    return work(_remembered, chunk)


def _result(future: "Future[list[_Result]]", stop: threading.Event | None) -> list[_Result]:
    check(stop)
    return future.result()


def _chain(first: list[_Item], rest: Iterator[_Item]) -> Iterator[_Item]:
    yield from first
    yield from rest


def _chunks(items: Iterator[_Item]) -> Iterator[list[_Item]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk
