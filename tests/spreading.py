"""Work for tests of shared.workers, and a process that does some: `python -m tests.spreading <folder>`.

It writes the numbers of its workers into <folder>/workers, and ends with 0 when it was stopped by SIGTERM.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from shared.loop import Stopping, stop_on_signals
from shared.workers import spread


def add(context: int, chunk: list[int]) -> list[int]:
    return [context + item for item in chunk]


def whose(context: bytes, chunk: list[int]) -> list[tuple[int, int, int]]:
    """Per item: the process, where it found the context, and how long that was."""
    return [(os.getpid(), id(context), len(context)) for _ in chunk]


def fail_at(context: int, chunk: list[int]) -> list[int]:
    if context in chunk:
        raise ValueError(f"{context} cannot be done")
    return chunk


def kept_back(context: None, chunk: list[int]) -> list[set[int]]:
    """Per item the signals that do not reach its process, which it inherited when it was started."""
    return [set(signal.pthread_sigmask(signal.SIG_BLOCK, ())) for _ in chunk]


def note_worker(folder: Path, chunk: list[int]) -> list[int]:
    (folder / "workers" / str(os.getpid())).touch()
    return chunk


def main() -> int:
    folder, stop = Path(sys.argv[1]), stop_on_signals()
    try:
        for number, _ in enumerate(spread(note_worker, folder, count(), 2, stop)):
            if number == 2000:
                (folder / "working").touch()
    except Stopping:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
