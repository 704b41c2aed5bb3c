"""Privacy Pass tokens in the layout of RFC 9578, type 0x0002 (blind RSA); of a token only its authenticator travels.

    token_input    = u16 0x0002 || nonce (32) || challenge digest (32) || token key id (32)
    TokenChallenge = u16 0x0002 || u16 length, issuer name || u8 length, redemption context || u16 length, origin info
    authenticator  = RSA signature of token_input (256)

Everything but the authenticator follows from where a token stands. The nonce is 32 random bytes for an admission
token, `group_nonce` of the envelope key for a group token.
"""

from hashlib import sha256

from shared import blind_rsa
from shared.blind_rsa import PublicKey

TYPE = 0x0002
"""Token type of RFC 9578 section 6: blind RSA with 2048 bits, publicly verifiable."""
AUTHENTICATOR = blind_rsa.SIZE
"""Bytes of a token on the wire."""


def challenge(issuer: str, redemption_context: bytes, origin: str) -> bytes:
    """TokenChallenge of RFC 9577 section 2.1; the context has 32 bytes or none, the origin may be empty. ValueError."""
    name, info = issuer.encode("ascii"), origin.encode("ascii")
    if not 0 < len(name) < 2**16 or len(redemption_context) not in (0, 32) or not len(info) < 2**16:
        raise ValueError("no token challenge")
    return (
        TYPE.to_bytes(2)
        + (len(name).to_bytes(2) + name)
        + (len(redemption_context).to_bytes(1) + redemption_context)
        + (len(info).to_bytes(2) + info)
    )


def challenge_digest(issuer: str, manifest_hash: bytes, origin: str) -> bytes:
    """SHA-256 of the challenge of one issuer in one round: the manifest's hash is its redemption context, 32 bytes.

    `issuer` is its name in `parties.json`, `origin` the host of ingest; both ASCII, else ValueError.
    """
    if len(manifest_hash) != 32:
        raise ValueError("a manifest hash has 32 bytes")
    return sha256(challenge(issuer, manifest_hash, origin)).digest()


def token_input(nonce: bytes, challenge_digest: bytes, key_id: bytes) -> bytes:
    """What the issuer signs unseen (RFC 9578 section 6.1): 98 bytes of three values of 32 bytes each."""
    if not len(nonce) == len(challenge_digest) == len(key_id) == 32:
        raise ValueError("nonce, challenge digest and key id have 32 bytes")
    return TYPE.to_bytes(2) + nonce + challenge_digest + key_id


def group_nonce(pk: bytes) -> bytes:
    """The nonce of group tokens: SHA-256 of the envelope key, so that a token vouches for that key only."""
    return sha256(pk).digest()


def verify(pk: PublicKey, nonce: bytes, challenge_digest: bytes, authenticator: bytes) -> bool:
    """Whether the holder of `pk` signed the token with this nonce (RFC 9578 section 6.3)."""
    return blind_rsa.verify(pk, token_input(nonce, challenge_digest, pk.key_id), authenticator)
