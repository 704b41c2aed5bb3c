"""How near the gate comes to the bare cost of its cryptography, how it grows with processes, and its memory.

Run from the root of the project: `python -m benchmarks.gate [--full]`. The aim is 70 % per core: what the operations of
all envelopes take by themselves, divided by the time that the gate takes from reading the log to the packed batch. Two
issuers, two parts, three nodes with a key on the longest path; real tokens, an SQLite log. Per part 5,000 envelopes of
360 people, who have changed their minds; --full takes 15,000.
"""

import argparse
import os
import tempfile
import threading
import tracemalloc
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.crypto import seconds
from services.gate import core
from services.gate.core import Opening
from services.gate.counting import Batch, Counting
from services.gate.cut import Tape
from services.gate.metrics import Metrics
from shared import blind_rsa, envelope, hpke, tokens, topics
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
    """Seconds per envelope of the operations alone: one opening, one verification per token, one of the ballot."""
    spent = 0.0
    for part in PARTS:
        member, layout = made.member("p0"), made.manifest.layouts[part]
        sealed = member.envelope(part, made.words("x") if part else made.closed(1))
        info = b"klankbord/1 outer" + made.manifest.hash + bytes([part]) + sealed.nonce
        opened = envelope.open_outer(made.gate_key, made.manifest.hash, part, sealed.nonce, sealed.outer, layout)
        key = made.manifest.admission_keys["hr"]
        digest = tokens.challenge_digest("hr", made.manifest.hash, made.parties.origin)
        signed, token = tokens.token_input(sealed.nonce, digest, key.key_id), sealed.admission[0]
        ballot = envelope.ballot_message(made.manifest.hash, part, opened.inner)
        pk = Ed25519PublicKey.from_public_bytes(opened.pk)
        operations = (
            (1, lambda sealed=sealed, info=info: hpke.open(made.gate_key, info, sealed.outer)),
            (
                layout.issuers * (1 + len(opened.tokens)),
                lambda key=key, signed=signed, token=token: blind_rsa.verify(key, signed, token),
            ),
            (1, lambda pk=pk, opened=opened, ballot=ballot: pk.verify(opened.sig, ballot)),
        )
        spent += sum(times * seconds(operation) for times, operation in operations)
    return spent / len(PARTS)


def count(log: Log, made: MadeRound, processes: int) -> float:
    """Seconds from the cut to the packed batch."""
    end = log.end(topics.envelopes(made.id))
    tape = Tape(end)
    for _ in tape.records(log.read(topics.envelopes(made.id), stop=end)):
        pass
    counting = Counting(log, processes, threading.Event(), Metrics())
    start = perf_counter()
    opening = Opening(GroupVouchers(made.composed), made.gate_key.to_bytes())
    tally = counting.open(made.id, tape.partitions, opening)
    batch = counting.batch(made.composed, tally, "")
    taken = perf_counter() - start
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
        floors = [bare(made)]
        for processes in range(1, (os.cpu_count() or 1) + 1):
            found[f"processes {processes}"] = count(log, made, processes) / number
            floors.append(bare(made))
        log.close()
    found["bare"] = sum(floors) / len(floors)
    return found | {f"bytes {part}": memory(made, part) for part in PARTS}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--full", action="store_true", help="15,000 envelopes per part")
    found = measure(15_000 if arguments.parse_args().full else 5_000)
    print(
        f"{found['envelopes']:,.0f} envelopes; cryptography alone {found['bare'] * 1e6:6.0f} us per envelope and core"
    )
    for name, each in found.items():
        if name.startswith("processes"):
            processes = int(name.split()[1])
            share = found["bare"] / each / processes
            print(
                f"{name}  {each * 1e6:6.0f} us per envelope, {1 / each:6,.0f} /s, {share:.0%} of the bare cost per core"
            )
    print(f"kept of a valid envelope: {found['bytes 0']:,.0f} bytes (closed part), {found['bytes 1']:,.0f} (open part)")


if __name__ == "__main__":
    main()
