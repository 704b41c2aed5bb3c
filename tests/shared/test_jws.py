"""Signed records: ours can be read by others, and only exactly ours are accepted."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as theirs
from joserfc.jwk import OKPKey

from shared import canonical, jws
from tests.keys import ed25519_key

TYP = "klankbord-draft"
PAYLOAD = {"round": "2026-autumn", "parts": [1, 2], "title": "Hoe gaat het? \u00eb"}

# RFC 8037 appendix A.1 and A.4.
RFC_8037_SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_8037_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

# RFC 9864 prefers the name "Ed25519" to "EdDSA", of which RFC 8037 has two kinds; here the key decides which it is.
deprecated_name = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def as_jwk(key: Ed25519PrivateKey) -> OKPKey:
    public, secret = key.public_key().public_bytes_raw(), key.private_bytes_raw()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": canonical.b64(public), "d": canonical.b64(secret)})


def assemble(header: bytes, payload: bytes, key: Ed25519PrivateKey) -> str:
    """A JWS with a true signature over any header and payload."""
    signed = f"{canonical.b64(header)}.{canonical.b64(payload)}"
    return f"{signed}.{canonical.b64(key.sign(signed.encode()))}"


def test_a_record_is_read_back_with_its_key_and_kind() -> None:
    record = jws.sign(TYP, PAYLOAD, ed25519_key())
    assert jws.verify(record, TYP, ed25519_key().public_key()) == PAYLOAD
    assert jws.peek(record) == (TYP, PAYLOAD)


def test_signing_twice_gives_the_same_text() -> None:
    assert jws.sign(TYP, PAYLOAD, ed25519_key()) == jws.sign(TYP, dict(reversed(PAYLOAD.items())), ed25519_key())


@deprecated_name
def test_another_implementation_reads_our_records() -> None:
    read = theirs.deserialize_compact(jws.sign(TYP, PAYLOAD, ed25519_key()), as_jwk(ed25519_key()), ["EdDSA"])
    assert read.protected == {"alg": "EdDSA", "typ": TYP}
    assert json.loads(read.payload or b"") == PAYLOAD


@deprecated_name
def test_we_read_the_records_of_another_implementation() -> None:
    written = theirs.serialize_compact(
        {"alg": "EdDSA", "typ": TYP}, canonical.dumps(PAYLOAD), as_jwk(ed25519_key()), ["EdDSA"]
    )
    assert jws.verify(written, TYP, ed25519_key().public_key()) == PAYLOAD
    assert written == jws.sign(TYP, PAYLOAD, ed25519_key())


def test_the_example_of_rfc_8037_has_our_form_but_not_our_header() -> None:
    key = Ed25519PrivateKey.from_private_bytes(canonical.unb64(RFC_8037_SECRET))
    assert assemble(b'{"alg":"EdDSA"}', b"Example of Ed25519 signing", key) == RFC_8037_JWS
    with pytest.raises(jws.BadSignature):
        jws.verify(RFC_8037_JWS, TYP, key.public_key())
    with pytest.raises(ValueError):
        jws.peek(RFC_8037_JWS)


def test_another_kind_or_key_is_refused() -> None:
    record = jws.sign(TYP, PAYLOAD, ed25519_key())
    with pytest.raises(jws.BadSignature):
        jws.verify(record, "klankbord-offer", ed25519_key().public_key())
    with pytest.raises(jws.BadSignature):
        jws.verify(record, TYP, ed25519_key(1).public_key())


@given(st.data())
def test_a_record_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    record = jws.sign(TYP, PAYLOAD, ed25519_key())
    at = data.draw(st.integers(0, len(record) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != record[at]))
    with pytest.raises(jws.BadSignature):
        jws.verify(record[:at] + other + record[at + 1 :], TYP, ed25519_key().public_key())


@pytest.mark.parametrize(
    "header",
    [
        b'{"typ":"klankbord-draft","alg":"EdDSA"}',
        b'{"alg":"EdDSA", "typ":"klankbord-draft"}',
        b'{"alg":"Ed25519","typ":"klankbord-draft"}',
        b'{"alg":"none","typ":"klankbord-draft"}',
        b'{"alg":"HS256","typ":"klankbord-draft"}',
        b'{"alg":"EdDSA","kid":"1","typ":"klankbord-draft"}',
        b'{"alg":"EdDSA","crit":["b64"],"b64":false,"typ":"klankbord-draft"}',
        b'{"alg":"EdDSA","typ":["klankbord-draft"]}',
        b'{"alg":"EdDSA"}',
        b"[]",
        b"",
    ],
)
def test_a_header_that_is_not_exactly_ours_is_refused_though_truly_signed(header: bytes) -> None:
    record = assemble(header, canonical.dumps(PAYLOAD), ed25519_key())
    with pytest.raises(jws.BadSignature):
        jws.verify(record, TYP, ed25519_key().public_key())
    with pytest.raises(ValueError):
        jws.peek(record)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'"text"', b"1", b'{"b":1,"a":2}', b'{"a":1.0}', b'{"a":1}\n', b"\xff"]
)
def test_a_payload_that_is_no_canonical_object_is_refused_though_truly_signed(payload: bytes) -> None:
    record = assemble(canonical.dumps({"alg": "EdDSA", "typ": TYP}), payload, ed25519_key())
    with pytest.raises(jws.BadSignature):
        jws.verify(record, TYP, ed25519_key().public_key())
    with pytest.raises(ValueError):
        jws.peek(record)


def malformed() -> list[Any]:
    header, payload, signature = jws.sign(TYP, PAYLOAD, Ed25519PrivateKey.from_private_bytes(bytes(32))).split(".")
    return [
        "",
        "..",
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-2]}",
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}.{signature}.{signature}",
        f"{header}.{payload}.{signature} ",
        f"{header}..{signature}",
        f"{header}.{payload}.\u00e9",
        None,
        {"payload": payload, "signatures": [{"protected": header, "signature": signature}]},
    ]


@pytest.mark.parametrize("record", malformed(), ids=lambda record: repr(record)[-12:])
def test_what_has_not_the_compact_form_is_refused(record: Any) -> None:
    with pytest.raises(jws.BadSignature):
        jws.verify(record, TYP, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    with pytest.raises(ValueError):
        jws.peek(record)
