"""One answer from the client to the count, and what becomes of it when anybody changes a byte."""

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared import envelope
from shared.envelope import Envelope, Layout, Outer
from shared.hpke import CannotOpen
from tests.keys import hpke_key

GATE, AGGREGATE = 0, 1
MANIFEST = sha256(b"manifest").digest()
LAYOUT = Layout(issuers=2, slots=3, answers_size=40)
LAYOUTS = [Layout(issuers=2, slots=1, answers_size=8), LAYOUT]
PART = 1
NONCE = sha256(b"nonce").digest()
SK = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PK = SK.public_key().public_bytes_raw()
ANSWERS = b"\x01\x02\x00\x05".ljust(40, b"\x00")


def token(number: int) -> bytes:
    return bytes([number]) * 256


def outer(answers: bytes = ANSWERS, path: int = 2) -> Outer:
    inner = envelope.seal_inner(hpke_key(AGGREGATE).public, MANIFEST, PART, PK, answers)
    tokens = tuple((token(2 * node + 1), token(2 * node + 2)) for node in range(path))
    return Outer(7, 4, PK, tokens, envelope.sign_ballot(SK, MANIFEST, PART, inner), inner)


def seal(content: Outer) -> Envelope:
    sealed = envelope.seal_outer(hpke_key(GATE).public, MANIFEST, PART, NONCE, content, LAYOUT)
    return Envelope(PART, NONCE, (token(101), token(102)), sealed)


def test_an_answer_arrives_as_it_was_given() -> None:
    """
    client:     answers --seal--> inner --sign--> sig,  (revision, node, pk, tokens, sig, inner) --seal--> outer
    ingest:     (part, nonce, admission tokens, outer) --encode--> log
    gate:       log --decode--> envelope --open--> outer --verify--> (pk, tokens, sig, inner)
    aggregate:  inner --open--> answers
    """
    written = outer()
    in_the_log = seal(written).encode(LAYOUT)

    read = Envelope.decode(in_the_log, LAYOUTS)
    assert (read.part, read.nonce, read.admission) == (PART, NONCE, (token(101), token(102)))

    opened = envelope.open_outer(hpke_key(GATE), MANIFEST, read.part, read.nonce, read.outer, LAYOUT)
    assert opened == written
    assert envelope.verify_ballot(opened.pk, MANIFEST, PART, opened.inner, opened.sig)

    assert envelope.open_inner(hpke_key(AGGREGATE), MANIFEST, PART, opened.pk, opened.inner) == ANSWERS
    expected = sha256(b"klankbord/1 counted" + MANIFEST + b"\x01" + PK + sha256(written.inner).digest()).digest()[:16]
    assert envelope.counted_entry(MANIFEST, PART, opened.pk, opened.inner) == expected


def test_the_bytes_are_where_the_picture_has_them() -> None:
    content = outer()
    slots = token(1) + token(2) + token(3) + token(4) + bytes(512)
    plain = b"\x00\x00\x00\x07" + b"\x00\x00\x00\x04" + PK + slots + content.sig + content.inner
    assert content.encode(LAYOUT) == plain
    assert content.digest(LAYOUT) == sha256(plain).digest()
    sealed = seal(content)
    assert sealed.encode(LAYOUT) == b"\x01\x01" + NONCE + token(101) + token(102) + sealed.outer
    message = b"klankbord/1 ballot" + MANIFEST + b"\x01" + sha256(content.inner).digest()
    assert envelope.ballot_message(MANIFEST, PART, content.inner) == message
    assert content.sig == SK.sign(message)


@given(st.binary(min_size=40, max_size=40), st.integers(0, 3))
def test_all_envelopes_of_a_part_have_one_length(answers: bytes, path: int) -> None:
    sealed = seal(outer(answers, path))
    assert len(sealed.outer) == LAYOUT.outer
    assert len(sealed.encode(LAYOUT)) == LAYOUT.envelope == 34 + 512 + 48 + 40 + 3 * 512 + 64 + 40 + 48


layouts = st.builds(Layout, issuers=st.integers(1, 3), slots=st.integers(1, 4), answers_size=st.integers(0, 50))


@given(layouts, st.data())
def test_whatever_is_decoded_has_one_encoding(layout: Layout, data: st.DataObject) -> None:
    size = layout.opened
    filler = data.draw(st.sampled_from([b"\x00", b"\x01"]))
    start = data.draw(st.binary(max_size=size))
    plain = start.ljust(size, filler)
    decoded = Outer.decode(plain, layout)
    assert decoded.encode(layout) == plain
    assert Outer.decode(decoded.encode(layout), layout) == decoded
    logged = b"\x01\x00" + data.draw(st.binary(max_size=layout.envelope - 2)).ljust(layout.envelope - 2, filler)
    assert Envelope.decode(logged, [layout]).encode(layout) == logged


def test_only_empty_slots_at_the_end_are_dropped() -> None:
    empty, half, full = (bytes(256), bytes(256)), (bytes(256), token(1)), (token(1), token(2))
    for tokens in ((), (full,), (full, half), (empty, full), (half,), (full, empty, full), (full, full, full)):
        content = replace(outer(), tokens=tokens)
        assert Outer.decode(content.encode(LAYOUT), LAYOUT).tokens == tokens
    padded = replace(outer(), tokens=(full, empty, empty))
    assert Outer.decode(padded.encode(LAYOUT), LAYOUT).tokens == (full,)


@given(st.data())
def test_a_changed_byte_is_noticed_wherever_it_is(data: st.DataObject) -> None:
    logged = bytearray(seal(outer()).encode(LAYOUT))
    at = data.draw(st.one_of(st.integers(0, 40), st.integers(0, len(logged) - 1)))
    logged[at] ^= data.draw(st.integers(1, 255))
    admission = range(2 + 32, 2 + 32 + 512)
    if at in admission:  # What the tokens say is not for the envelope to check.
        assert Envelope.decode(bytes(logged), LAYOUTS).admission != (token(101), token(102))
        return
    with pytest.raises(CannotOpen):
        read = Envelope.decode(bytes(logged), LAYOUTS)
        envelope.open_outer(hpke_key(GATE), MANIFEST, read.part, read.nonce, read.outer, LAYOUT)


@given(st.data())
def test_a_changed_ballot_or_signature_is_refused(data: st.DataObject) -> None:
    content = outer()
    fields = {"pk": content.pk, "inner": content.inner, "sig": content.sig}
    name = data.draw(st.sampled_from(sorted(fields)))
    changed = bytearray(fields[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    fields[name] = bytes(changed)
    assert not envelope.verify_ballot(fields["pk"], MANIFEST, PART, fields["inner"], fields["sig"])


def test_an_answer_counts_in_its_own_round_and_part_and_for_its_own_key_only() -> None:
    content = outer()
    sealed = seal(content).outer
    other = sha256(b"other").digest()
    for manifest, part, bound in ((other, PART, NONCE), (MANIFEST, 0, NONCE), (MANIFEST, PART, other)):
        with pytest.raises(CannotOpen):
            envelope.open_outer(hpke_key(GATE), manifest, part, bound, sealed, LAYOUT)
    for manifest, part, bound in ((other, PART, PK), (MANIFEST, 0, PK), (MANIFEST, PART, other)):
        with pytest.raises(CannotOpen):
            envelope.open_inner(hpke_key(AGGREGATE), manifest, part, bound, content.inner)
    for manifest, part in ((other, PART), (MANIFEST, 0)):
        assert not envelope.verify_ballot(PK, manifest, part, content.inner, content.sig)
    entries = {
        envelope.counted_entry(*arguments)
        for arguments in (
            (MANIFEST, PART, PK, content.inner),
            (other, PART, PK, content.inner),
            (MANIFEST, 0, PK, content.inner),
            (MANIFEST, PART, other, content.inner),
            (MANIFEST, PART, PK, content.inner + b"\x00"),
        )
    }
    assert len(entries) == 5


def test_gate_can_not_open_the_inner_layer_nor_aggregate_the_outer() -> None:
    content = outer()
    with pytest.raises(CannotOpen):
        envelope.open_inner(hpke_key(GATE), MANIFEST, PART, PK, content.inner)
    with pytest.raises(CannotOpen):
        envelope.open_outer(hpke_key(AGGREGATE), MANIFEST, PART, NONCE, seal(content).outer, LAYOUT)


def test_what_is_sealed_with_another_length_can_not_be_opened() -> None:
    small = Layout(issuers=1, slots=1, answers_size=40)
    content = replace(outer(), tokens=((token(1),),))
    sealed = envelope.seal_outer(hpke_key(GATE).public, MANIFEST, PART, NONCE, content, small)
    with pytest.raises(CannotOpen):
        envelope.open_outer(hpke_key(GATE), MANIFEST, PART, NONCE, sealed, LAYOUT)


def test_bytes_of_the_wrong_length_version_or_part_are_no_envelope() -> None:
    logged = seal(outer()).encode(LAYOUT)
    for other in (
        b"",
        b"\x01",
        logged[:-1],
        logged + b"\x00",
        b"\x00" + logged[1:],
        b"\x02" + logged[1:],
        b"\x01\x00" + logged[2:],
        b"\x01\x02" + logged[2:],
        b"\x01\xff" + logged[2:],
    ):
        with pytest.raises(CannotOpen):
            Envelope.decode(other, LAYOUTS)
    for length in (0, LAYOUT.opened - 1, LAYOUT.opened + 1):
        with pytest.raises(CannotOpen):
            Outer.decode(bytes(length), LAYOUT)


def test_what_does_not_fit_the_layout_is_not_written() -> None:
    content = outer()
    for wrong in (
        replace(content, revision=2**32),
        replace(content, revision=-1),
        replace(content, node=2**32),
        replace(content, pk=PK[:-1]),
        replace(content, sig=b""),
        replace(content, inner=content.inner + b"\x00"),
        replace(content, tokens=content.tokens * 2),
        replace(content, tokens=((token(1),),)),
        replace(content, tokens=((token(1), token(2)[:-1]),)),
    ):
        with pytest.raises(ValueError):
            wrong.encode(LAYOUT)
    sealed = seal(content)
    for not_sealed in (
        replace(sealed, part=256),
        replace(sealed, nonce=b""),
        replace(sealed, admission=(token(1),)),
        replace(sealed, outer=sealed.outer[:-1]),
    ):
        with pytest.raises(ValueError):
            not_sealed.encode(LAYOUT)


def test_signatures_by_what_is_no_key_are_refused() -> None:
    content = outer()
    for pk in (b"", PK[:-1], b"\xff" * 32):
        assert not envelope.verify_ballot(pk, MANIFEST, PART, content.inner, content.sig)
