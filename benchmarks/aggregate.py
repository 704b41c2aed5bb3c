"""Aggregate from the batch in the log to the release in its hands, against its cryptography alone; memory per entry.

Run from the root of the project: `python -m benchmarks aggregate [people]`. Two issuers, a closed part and an open one,
everybody answers both; teams of 50, so that most of the setting up is signing tokens. The aim: at least 70 % of all
processor time, starting of processes included, goes into bare signature checks and openings.
"""

import os
import sys
import threading
import tracemalloc
from functools import partial
from time import perf_counter

from benchmarks.crypto import seconds
from services.aggregate import core, opening
from shared import batch_items, blind_rsa, bundle, envelope, release_items, tokens
from shared.batch_items import Batch
from shared.sealing_key import SealingKey
from shared.vouchers import GroupVouchers
from shared.workers import spread
from tests.batches_made import honest, said
from tests.rounds_made import MadeRound, make_round

TEAM = 50


def prepared(people: int) -> tuple[MadeRound, Batch]:
    teams: dict[tuple[str, ...], int] = {
        ("Division", f"Team {number:03}"): TEAM for number in range(max(1, people // TEAM))
    }
    made = make_round(issuers=2, people=teams)
    persons = [person.id for person in made.roster.people]
    closed = {person: made.closed(i % 5, i % 4, i % 3) for i, person in enumerate(persons)}
    return made, honest(made, closed, {person: made.words(f"Words of number {i}") for i, person in enumerate(persons)})


def bare(made: MadeRound, batch: Batch) -> float:
    """Seconds for nothing but verifying all tokens and signatures of the batch and opening all inner layers."""
    vouchers = GroupVouchers(made.composed)
    total = 0.0
    for part in range(len(made.trees)):
        lots = [lot for lot in batch.lots if lot.part == part]
        entry = lots[0].entries[0]
        key = made.composed.group_key("hr", 0, part)
        message = tokens.token_input(tokens.group_nonce(entry.pk), vouchers.manifest.challenge_digests[0], key.key_id)
        of_token = seconds(partial(blind_rsa.verify, key, message, entry.root[0]))
        about = (made.manifest.hash, part)
        of_signature = seconds(partial(envelope.verify_ballot, entry.pk, *about, entry.inner, entry.sig))
        of_opening = seconds(partial(envelope.open_inner, made.aggregate_key, *about, entry.pk, entry.inner))
        print(f"  part {part}: {of_token:.1e} s a token, {of_signature:.1e} a signature, {of_opening:.1e} an opening")
        of_part = [entry for lot in lots for entry in lot.entries]
        total += len(of_part) * (of_signature + of_opening)
        total += sum(len(entry.root) + len(entry.cell or ()) for entry in of_part) * of_token
    return total


def whole(
    made: MadeRound, packed: bundle.Bundle, parts: list[dict[str, object]], processes: int
) -> tuple[float, float]:
    """Seconds, and seconds of processor time in all processes, from the topic's records to the packed release."""
    start, used = perf_counter(), sum(os.times()[:4])
    stop = threading.Event()
    batch = batch_items.decode(bundle.unpack(packed.reference, packed.records), made.composed)
    assert core.form(batch, parts, made.composed) is None
    ballots = core.ballots(batch, made.composed)
    checked = spread(core.check_ballots, GroupVouchers(made.composed), ballots, processes, stop)
    assert not any(checked)
    key = SealingKey(made.aggregate_key.to_bytes(), 0)
    opener = opening.Opener(key.secret, made.manifest.hash, made.manifest.draft.questionnaire.parts)
    answers = spread(opening.open_all, opener, opening.sealed(batch), processes, stop)
    of = opening.release(made.manifest, made.trees, batch, bytes(32), key, answers)
    assert of.violation is None
    bundle.pack(release_items.encode_numbers(of.numbers))
    bundle.pack(release_items.encode_words(of.words))
    bundle.pack(release_items.encode_counted(of.counted))
    return perf_counter() - start, sum(os.times()[:4]) - used


def memory(made: MadeRound, packed: bundle.Bundle) -> tuple[float, float]:
    """Bytes per entry: as stored, and at the peak while the batch is read."""
    tracemalloc.start()
    records = (bytes(bytearray(record)) for record in packed.records)  # Copies, as the log gives them.
    batch = batch_items.decode(bundle.unpack(packed.reference, records), made.composed)
    entries = sum(len(lot.entries) for lot in batch.lots)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return sum(map(len, packed.records)) / entries, peak / entries


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    made, batch = prepared(people)
    packed = bundle.pack(batch_items.encode(batch.lots, batch.held_back))
    parts = said(made, batch)
    entries = sum(len(lot.entries) for lot in batch.lots)
    print(f"{entries} entries of {people} people, two issuers, {os.cpu_count()} cores")
    alone = bare(made, batch)
    print(f"cryptography alone   {alone:6.2f} s on one core")
    for processes in sorted({1, os.cpu_count() or 1}):
        took, used = min(whole(made, packed, parts, processes) for _ in range(2))
        print(f"{processes} process(es)        {took:6.2f} s")
        print(f"  processor time     {used:6.2f} s, of which {alone / used:4.0%} is that cryptography")
    stored, peak = memory(made, packed)
    print(f"memory per entry     {stored:6.0f} bytes in the log, {peak:6.0f} at the peak of reading")


if __name__ == "__main__":
    main()
