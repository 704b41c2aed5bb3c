"""Batches for tests, as an honest gate makes them, or a dishonest one that signs whatever it likes.

made = make_round()
batch = honest(made, {"p0": made.closed(1, 2, 3), ...}, {"p0": made.words("..."), ...})
hand_over(made, batch)                      cut and batch records with the bundle, all in the log
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from shared import batch_items, bundle, topics
from shared.batch_items import Batch, Entry, Lot
from shared.canonical import b64
from shared.envelope import counted_entry
from shared.partition import partition
from shared.records import Kind, Record
from shared.tree import NodeId
from tests.rounds_made import MadeRound


def entry(made: MadeRound, person: str, part: int, plaintext: bytes, cell: NodeId, code: int | None = None) -> Entry:
    """A person's sealed answer as an entry of the lot of `cell`, which lies on her path."""
    member, tree = made.member(person, code), made.trees[part]
    outer = member.outer(part, plaintext)
    vouching = tree.vouching(cell)
    of_path = dict(zip(tree.keyed_path(outer.node), outer.tokens, strict=True))
    root = next(iter(tree.nodes))
    return Entry(outer.pk, of_path[root], None if vouching == root else of_path[vouching], outer.sig, outer.inner)


def honest(made: MadeRound, *answers: Mapping[str, bytes]) -> Batch:
    """The batch of these plaintexts by person, one mapping per part."""
    lots: list[Lot] = []
    held_back: dict[int, tuple[bytes, ...]] = {}
    for part, of_part in enumerate(answers):
        finest = {person: made.finest(person, part) for person in of_part}
        cells = partition(made.trees[part], Counter(finest.values()))
        entries: defaultdict[NodeId, list[Entry]] = defaultdict(list)
        held: list[bytes] = []
        for person, plaintext in of_part.items():
            cell = cells[finest[person]]
            if cell is None:
                outer = made.member(person).outer(part, plaintext)
                held.append(counted_entry(made.manifest.hash, part, outer.pk, outer.inner))
            else:
                entries[cell].append(entry(made, person, part, plaintext, cell))
        lots += [lot(part, node, entries[node]) for node in sorted(entries)]
        if held:
            held_back[part] = tuple(sorted(held))
    return Batch(tuple(lots), held_back)


def lot(part: int, node: NodeId, entries: Sequence[Entry]) -> Lot:
    """A lot with its entries in order."""
    return Lot(part, node, tuple(sorted(entries, key=lambda entry: entry.pk)))


def said(made: MadeRound, batch: Batch) -> list[dict[str, Any]]:
    """The numbers that the batch record has for each part."""
    return [
        {
            "lots": sum(lot.part == part for lot in batch.lots),
            "counted": sum(len(lot.entries) for lot in batch.lots if lot.part == part),
            "held_back": len(batch.held_back.get(part, ())),
            "refused": {},
        }
        for part in range(len(made.trees))
    ]


def hand_over(
    made: MadeRound,
    batch: Batch | Sequence[bytes],
    parts: Sequence[Mapping[str, Any]] | None = None,
    *,
    chunks: bool = True,
) -> Record:
    """Append cut and batch; `batch` may be raw items, `parts` other numbers; without `chunks` the bundle is missing."""
    items = list(batch_items.encode(batch.lots, batch.held_back)) if isinstance(batch, Batch) else list(batch)
    numbers = parts if parts is not None else said(made, batch) if isinstance(batch, Batch) else []
    nobody = {"end": 0, "count": 0, "sha256": b64(bytes(32))}
    cut = made.of.record(Kind.CUT) or made.say(
        Kind.CUT, "gate", {"manifest": made.manifest.fingerprint, "partitions": [nobody]}
    )
    packed = bundle.pack(items)
    if chunks:
        made.log.append(topics.batches(made.id), *packed.records)
    body = {"cut": cut.digest, "bundle": packed.reference, "parts": [dict(of_part) for of_part in numbers]}
    return made.say(Kind.BATCH, "gate", body)
