"""Memory and processor time of other processes, and of those that they have started, from /proc."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2
"""Seconds between two looks at the memory: what is held for longer is seen."""


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    # A process that has just ended has no such line any more.
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def spent(pid: int) -> float:
    """Processor seconds that a process has had, in all its threads and in children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, (thread / "children").read_text().split())
    return found


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in children(pid):
            yield from family(child)


def named(pid: int, command: str) -> int:
    """The child of a process that runs `command`."""
    return next(child for child in children(pid) if Path(f"/proc/{child}/comm").read_text().strip() == command)


@dataclass(frozen=True)
class Peak:
    """Bytes of memory: of the largest process at any moment, and of all of a family together.

    What several processes share is counted in each of them.
    """

    largest: int = 0
    together: int = 0

    def and_of(self, sizes: list[int]) -> "Peak":
        return Peak(max(self.largest, *sizes), max(self.together, sum(sizes)))


class Families:
    """Watches some processes by name, each with all that it starts, as long as the `with` block lasts."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = roots
        self._peaks: dict[str, Peak] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> "Families":
        self.peaks()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def peaks(self) -> dict[str, Peak]:
        """The most memory that each had since this was asked last."""
        self._look()
        with self._lock:
            peaks, self._peaks = self._peaks, {}
        self._look()
        return peaks

    def spent(self) -> dict[str, float]:
        """Processor seconds that each has had."""
        found = dict.fromkeys(self._roots, 0.0)
        for name, root in self._roots.items():
            for pid in family(root):
                with suppress(FileNotFoundError, ProcessLookupError):
                    found[name] += spent(pid)
        return found

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        for name, root in self._roots.items():
            sizes = [0]
            for pid in family(root):
                with suppress(FileNotFoundError, ProcessLookupError):
                    sizes.append(resident(pid))
            with self._lock:
                self._peaks[name] = self._peaks.get(name, Peak()).and_of(sizes)
