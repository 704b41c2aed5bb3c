"""How near the gate comes to the bare cost of its cryptography, how it grows with processes, and its memory.

Run from the root of the project: `python -m benchmarks gate [--full]`. The aim is 70 % per core: the processor time of
all operations by themselves, divided by what the gate and its workers take from reading the log to the packed batch,
the start of the workers included. Two issuers, two parts, three nodes with a key on the longest path; real tokens, an
SQLite log. Per part 10,000 envelopes of 360 people, who have changed their minds; --full takes 50,000. Envelopes per
second are by the clock, and grow with processes on a machine that has nothing else to do.
"""

import argparse
import os
import tempfile
import threading
import tracemalloc
from pathlib import Path
from time import perf_counter

from benchmarks.crypto import Operations, busy
from services.gate import core
from services.gate.core import Opening
from services.gate.counting import Batch, Counting
from services.gate.cut import Tape
from services.gate.metrics import Metrics
from shared import topics
from shared.log.port import Log
from shared.log.sqlite import SqliteLog
from shared.vouchers import GroupVouchers
from tests.rounds_made import MadeRound, make_round

PEOPLE: dict[tuple[str, ...], int] = {("A", "x"): 60, ("A", "y"): 50, ("A", "z"): 50, ("B", "x"): 100, ("B", "y"): 100}
HEADCOUNT = sum(PEOPLE.values())
PARTS = (0, 1)


def encoded(made: MadeRound, part: int, person: int, revision: int) -> bytes:
    plaintext = made.words("what should stay") if part else made.closed(1, 2, 3)
    return made.member(f"p{person}").encoded(part, plaintext, revision)


def fill(log: Log, made: MadeRound, per_part: int) -> None:
    """All people answer, and change their minds until there are enough envelopes."""
    for part in PARTS:
        revisions = (divmod(number, HEADCOUNT) for number in range(per_part))
        records = [encoded(made, part, person, revision) for revision, person in revisions]
        log.append(topics.envelopes(made.id), *records)


def bare(made: MadeRound) -> float:
    """Processor seconds per envelope of the operations alone: one opening, one verification per token and ballot."""
    of = Operations()
    sizes = [made.manifest.layouts[part].opened for part in PARTS]
    opening = sum(busy(of.opening(size)) for size in sizes)
    nodes = [len(made.trees[part].keyed_path(made.finest(f"p{n}", part))) for part in PARTS for n in range(HEADCOUNT)]
    number = len(made.parties.issuers) * (1 + sum(nodes) / len(nodes))
    return opening / len(PARTS) + number * busy(of.verify_token) + busy(of.verify_signature)


def count(log: Log, made: MadeRound, processes: int) -> tuple[float, float]:
    """Seconds from the cut to the packed batch, by the clock and of processors, those of the workers included."""
    end = log.end(topics.envelopes(made.id))
    tape = Tape(end)
    for _ in tape.records(log.read(topics.envelopes(made.id), stop=end)):
        pass
    counting = Counting(log, processes, threading.Event(), Metrics())
    start, spent = perf_counter(), sum(os.times()[:4])
    opening = Opening(GroupVouchers(made.composed), made.gate_key.to_bytes())
    tally = counting.open(made.id, tape.partitions, opening)
    batch = counting.batch(made.composed, tally, "")
    taken = perf_counter() - start, sum(os.times()[:4]) - spent
    assert isinstance(batch, Batch)
    assert not tally.refused
    assert [row["counted"] for row in batch.body["parts"]] == [HEADCOUNT] * len(PARTS)
    return taken


def memory(made: MadeRound, part: int) -> float:
    """Bytes that the gate keeps of one valid envelope."""
    records = [encoded(made, part, person, 0) for person in range(HEADCOUNT)]
    opening = Opening(GroupVouchers(made.composed), made.gate_key.to_bytes())
    core.open_all(opening, records)
    tracemalloc.start()
    kept = core.latest(one for one in core.open_all(opening, records) if isinstance(one, core.Opened))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept[part])


def measure(per_part: int) -> dict[str, float]:
    """Seconds per envelope on the whole, and bytes."""
    made = make_round(issuers=2, people=PEOPLE)
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(Path(folder))
        log.create(topics.envelopes(made.id))
        fill(log, made, per_part)
        number = per_part * len(PARTS)
        found = {"envelopes": float(number)}
        for processes in range(1, (os.cpu_count() or 1) + 1):
            before = bare(made)
            clock, processor = count(log, made, processes)
            found[f"clock {processes}"], found[f"processor {processes}"] = clock / number, processor / number
            found[f"bare {processes}"] = (before + bare(made)) / 2
        log.close()
    return found | {f"bytes {part}": memory(made, part) for part in PARTS}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--full", action="store_true", help="50,000 envelopes per part")
    found = measure(50_000 if arguments.parse_args().full else 10_000)
    print(f"{found['envelopes']:,.0f} envelopes")
    for processes in range(1, (os.cpu_count() or 1) + 1):
        speed = 1 / found[f"clock {processes}"]
        each, floor = found[f"processor {processes}"], found[f"bare {processes}"]
        print(
            f"{processes} processes  {speed:6,.0f} envelopes/s; {each * 1e6:4.0f} us of a core "
            f"each, {floor * 1e6:4.0f} us of it cryptography: {floor / each:.0%}"
        )
    print(f"kept of a valid envelope: {found['bytes 0']:,.0f} bytes (closed part), {found['bytes 1']:,.0f} (open part)")


if __name__ == "__main__":
    main()
