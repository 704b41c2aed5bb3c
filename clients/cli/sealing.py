"""Answering: the answers to one part become one envelope, sealed twice, of the length that all of that part have."""

from dataclasses import dataclass, field
from typing import Any

from clients.cli.collecting import Ticket
from shared import envelope
from shared.canonical import b64
from shared.envelope import Envelope, Outer
from shared.manifest import Manifest

PER_HOUR = 256
"""Revisions that begin with each hour: a second device whose clock is an hour later wins without knowing the first."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One part, ready to be posted; the same bytes at every attempt."""

    part: int
    revision: int
    counted: bytes = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    """What is posted to `/envelopes`."""
    encoded: bytes = field(repr=False)
    """What ingest appends to the log, and gives a receipt for."""


def next_revision(manifest: Manifest, last: int, now: float) -> int:
    """Higher than `last` (-1 for none) and at least 256 for each whole hour since the opening.

    A device that was answered on in an earlier hour is so outdone without its wallet file.
    """
    hours = max(0, int(now) - manifest.draft.opens) // 3600
    return max(last + 1, PER_HOUR * hours)


def seal(manifest: Manifest, part: int, ticket: Ticket, plaintext: bytes, revision: int) -> Sealed:
    """Seal the padded `plaintext` (shared/answers.py) of a part; fresh randomness makes each result another."""
    layout, sk = manifest.layouts[part], ticket.sk
    pk = sk.public_key().public_bytes_raw()
    inner = envelope.seal_inner(manifest.aggregate_key, manifest.hash, part, pk, plaintext)
    sig = envelope.sign_ballot(sk, manifest.hash, part, inner)
    opened = Outer(revision, ticket.finest, pk, ticket.group, sig, inner)
    outer = envelope.seal_outer(manifest.gate_key, manifest.hash, part, ticket.nonce, opened, layout)
    return Sealed(
        part=part,
        revision=revision,
        counted=envelope.counted_entry(manifest.hash, part, pk, inner),
        body={
            "v": envelope.VERSION,
            "round": manifest.round_id,
            "part": part,
            "a": b64(ticket.nonce),
            "tokens": [b64(token) for token in ticket.admission],
            "outer": b64(outer),
        },
        encoded=Envelope(part, ticket.nonce, ticket.admission, outer).encode(layout),
    )
