from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import jws, records
from shared.canonical import b64
from shared.records import Foreign, Kind, check_body, peek, signed_by, verify
from tests.keys import ed25519_key
from tests.lives_made import batch_body, cut_body, release_body, thirty_two
from tests.rounds_made import installation

MADE = installation()
GATE = MADE.parties.gate

D = thirty_two("digest")
EMPTY: dict[str, Any] = {"chunks": 0, "index": []}
BODIES: dict[Kind, dict[str, Any]] = {
    Kind.OFFER: {"draft": D, "key": D},
    Kind.MANIFEST: {"manifest": {"anything": 1}},
    Kind.ACCEPT: {"manifest": D},
    Kind.VOID: {"reason": "trees-differ"},
    Kind.CANCEL: {},
    Kind.CUT: cut_body(D, 3),
    Kind.BATCH: batch_body(D),
    Kind.STOP: {"reason": "overfull"},
    Kind.OPENING: {"batch": D},
    Kind.RELEASE: release_body(D),
}


def signed(kind: Kind, body: dict[str, Any], author: str = "gate") -> records.Record:
    return peek(records.sign(kind, "spring", author, body, MADE.identities[author]).encode())


@pytest.mark.parametrize("kind", BODIES)
def test_what_was_signed_is_read_again(kind: Kind) -> None:
    record = signed(kind, BODIES[kind])
    verify(record, GATE, issuer=False)
    assert (record.kind, record.round_id, record.author, record.body) == (kind, "spring", "gate", BODIES[kind])
    assert record.jws == signed(kind, BODIES[kind]).jws, "the same statement has the same bytes"


def test_issuers_offer_keys_and_nodes_and_the_others_one_key() -> None:
    of_issuer = {"draft": D, "admission_key": b64(bytes(256)), "nodes": EMPTY}
    check_body(signed(Kind.OFFER, of_issuer, "hr"), issuer=True)
    for record, issuer in (
        (signed(Kind.OFFER, of_issuer, "hr"), False),
        (signed(Kind.OFFER, BODIES[Kind.OFFER]), True),
    ):
        with pytest.raises(Foreign):
            check_body(record, issuer=issuer)


WRONG: list[tuple[Kind, dict[str, Any]]] = [
    *((kind, body | {"more": 1}) for kind, body in BODIES.items()),
    *((kind, {name: body[name] for name in list(body)[1:]}) for kind, body in BODIES.items() if body),
    (Kind.VOID, {"reason": "Too late, sorry"}),
    (Kind.STOP, {"reason": ""}),
    (Kind.ACCEPT, {"manifest": b64(bytes(31))}),
    (Kind.CUT, {"manifest": D, "partitions": []}),
    (Kind.CUT, {"manifest": D, "partitions": [{"end": -1, "count": 0, "sha256": D}]}),
    (Kind.CUT, {"manifest": D, "partitions": [{"end": 0, "count": "0", "sha256": D}]}),
    (Kind.BATCH, BODIES[Kind.BATCH] | {"bundle": {"chunks": -1, "index": []}}),
    (Kind.BATCH, BODIES[Kind.BATCH] | {"parts": [{"lots": 0, "counted": 0, "held_back": 0, "refused": {"Name": 1}}]}),
    (Kind.BATCH, BODIES[Kind.BATCH] | {"parts": [{"lots": 0, "counted": 0, "held_back": 0, "refused": {"ok": 0}}]}),
    (Kind.MANIFEST, {"manifest": []}),
]


@pytest.mark.parametrize(("kind", "body"), WRONG, ids=lambda value: str(value)[:60])
def test_a_body_of_another_form_is_foreign(kind: Kind, body: dict[str, Any]) -> None:
    with pytest.raises(Foreign):
        verify(signed(kind, body), GATE, issuer=False)


def test_a_signature_is_bound_to_author_kind_and_every_byte() -> None:
    record = signed(Kind.ACCEPT, BODIES[Kind.ACCEPT])
    assert signed_by(record, GATE)
    assert not signed_by(record, MADE.parties.aggregate)
    as_cut = records.Record(Kind.CUT, record.round_id, record.author, record.body, record.jws)
    assert not signed_by(as_cut, GATE)
    with pytest.raises(Foreign):
        verify(as_cut, GATE, issuer=False)


@settings(deadline=None)
@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_noise_is_foreign_and_never_anything_else(raw: bytes) -> None:
    with pytest.raises(Foreign):
        peek(raw)


@settings(deadline=None)
@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_record_with_one_changed_byte_is_foreign_or_not_signed(place: int, flip: int) -> None:
    raw = bytearray(signed(Kind.CUT, BODIES[Kind.CUT]).jws.encode())
    raw[place % len(raw)] ^= flip
    try:
        record = peek(bytes(raw))
    except Foreign:
        return
    assert not signed_by(record, GATE)


@pytest.mark.parametrize("typ", ["klankbord-", "klankbord-receipt", "accept", "KLANKBORD-ACCEPT", "klankbord-accept "])
def test_another_typ_is_foreign(typ: str) -> None:
    payload = {"round": "spring", "author": "gate", "body": BODIES[Kind.ACCEPT]}
    with pytest.raises(Foreign):
        peek(jws.sign(typ, payload, ed25519_key(0)).encode())


def test_a_digest_is_that_of_the_whole_text() -> None:
    record = signed(Kind.ACCEPT, BODIES[Kind.ACCEPT])
    assert record.digest == records.digest(record.jws)
    other = peek(records.sign(Kind.ACCEPT, "spring", "gate", BODIES[Kind.ACCEPT], ed25519_key(9)).encode())
    assert other.digest != record.digest
