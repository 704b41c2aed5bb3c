"""Released rounds for tests of what comes after aggregate: real folding and records, made-up envelopes.

made = make_round()
of = published(made, {"p0": made.closed(1, 2, 3), ...}, {"p0": made.words("..."), ...})
hand_out(made, of)                 cut, batch, opening and release, with their bundles in the log
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.aggregate.opening import Published, release
from shared import bundle, release_items, topics
from shared.answers import Invalid, decode
from shared.batch_items import Batch, Entry
from shared.canonical import b64
from shared.partition import partition
from shared.records import Kind
from shared.sealing_key import SealingKey
from shared.tree import NodeId
from tests.batches_made import lot, said
from tests.rounds_made import MadeRound


@dataclass(frozen=True)
class Counted:
    """A batch of made-up envelopes and what aggregate publishes of it."""

    batch: Batch
    published: Published


def published(made: MadeRound, *answers: Mapping[str, bytes]) -> Counted:
    """What is published of these plaintexts by person, one mapping per part; only tokens and seals are made up."""
    lots, held_back = [], {}
    opened: dict[tuple[int, bytes], bytes] = {}
    for part, of_part in enumerate(answers):
        finest = {person: made.finest(person, part) for person in of_part}
        cells = partition(made.trees[part], Counter(finest.values()))
        entries: defaultdict[NodeId | None, list[Entry]] = defaultdict(list)
        for person, plaintext in of_part.items():
            pk = sha256(f"{made.id} {person} {part}".encode()).digest()
            opened[part, pk] = plaintext
            entries[cells[finest[person]]].append(Entry(pk, (), None, b"", plaintext))
        lots += [lot(part, node, of_node) for node, of_node in entries.items() if node is not None]
        if None in entries:
            held_back[part] = tuple(sorted(entry.pk[:16] for entry in entries[None]))
    batch = Batch(tuple(sorted(lots, key=lambda of: (of.part, of.node))), held_back)
    parts = made.manifest.draft.questionnaire.parts

    def answer(part: int, plaintext: bytes) -> Any:
        try:
            return decode(parts[part], plaintext)
        except Invalid:
            return None

    found = (answer(of.part, opened[of.part, entry.pk]) for of in batch.lots for entry in of.entries)
    key = SealingKey(made.aggregate_key.to_bytes(), made.manifest.draft.erase_at)
    return Counted(batch, release(made.manifest, made.trees, batch, bytes(32), key, found))


def hand_out(
    made: MadeRound,
    of: Counted,
    *,
    parts: Sequence[Mapping[str, Any]] | None = None,
    numbers: Sequence[bytes] | None = None,
    words: Sequence[bytes] | None = None,
    counted: Sequence[bytes] | None = None,
) -> dict[str, Any]:
    """Append the records up to the release, with these items or numbers in place of the true ones; its body."""
    nobody = {"end": 0, "count": 0, "sha256": b64(bytes(32))}
    cut = made.say(Kind.CUT, "gate", {"manifest": made.manifest.fingerprint, "partitions": [nobody]})
    told = [dict(of_part) for of_part in (said(made, of.batch) if parts is None else parts)]
    batch = made.say(Kind.BATCH, "gate", {"cut": cut.digest, "bundle": bundle.pack([]).reference, "parts": told})
    opening = made.say(Kind.OPENING, "aggregate", {"batch": batch.digest})
    published = of.published
    cells_bundle = bundle.pack(release_items.encode_numbers(published.numbers) if numbers is None else numbers)
    words_bundle = bundle.pack(release_items.encode_words(published.words) if words is None else words)
    counted_bundle = bundle.pack(release_items.encode_counted(published.counted) if counted is None else counted)
    made.log.create(topics.releases(made.id))
    made.log.create(topics.words(made.id))
    made.log.append(topics.releases(made.id), *cells_bundle.records, *counted_bundle.records)
    made.log.append(topics.words(made.id), *words_bundle.records)
    body = {
        "opening": opening.digest,
        "cells": cells_bundle.reference,
        "words": words_bundle.reference,
        "counted": counted_bundle.reference,
    }
    made.say(Kind.RELEASE, "aggregate", body)
    return body
