"""A receipt says that ingest had exactly these bytes, and nothing about when or whose."""

from dataclasses import replace
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared import jws, receipt
from shared.canonical import b64
from tests.keys import ed25519_key
from tests.rounds_made import MadeRound, make_round


@cache
def made() -> MadeRound:
    return make_round()


def key() -> Ed25519PublicKey:
    return made().identities["ingest"].public_key()


def issued(encoding: bytes = b"envelope") -> str:
    return receipt.issue(made().manifest, sha256(encoding).digest(), made().identities["ingest"])


def test_a_receipt_holds_for_its_envelope_round_and_signer_only() -> None:
    assert receipt.holds(issued(), made().manifest, b"envelope", key())
    assert not receipt.holds(issued(), made().manifest, b"envelopes", key())
    assert not receipt.holds(issued(), replace(made().manifest, round_id="autumn"), b"envelope", key())
    other = replace(made().manifest, hash=bytes(32))
    assert not receipt.holds(issued(), other, b"envelope", key())
    assert not receipt.holds(issued(), made().manifest, b"envelope", ed25519_key(40).public_key())


def test_the_same_envelope_gets_the_same_receipt() -> None:
    assert issued() == issued()


def test_a_receipt_has_three_members_and_no_time() -> None:
    typ, payload = jws.peek(issued())
    assert typ == "klankbord-receipt"
    fingerprint = made().manifest.fingerprint
    assert payload == {"round": "spring", "manifest": fingerprint, "envelope": b64(sha256(b"envelope").digest())}


def test_another_record_with_the_same_payload_is_no_receipt() -> None:
    _, payload = jws.peek(issued())
    for forged in (jws.sign("klankbord-accept", payload, made().identities["ingest"]), "", "a.b.c", issued()[:-1]):
        assert not receipt.holds(forged, made().manifest, b"envelope", key())
