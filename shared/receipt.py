"""What ingest hands out for an envelope: proof that the log had it when ingest said so (docs/protocol.md, "Posting").

    JWS, typ "klankbord-receipt", payload {"round", "manifest": base64url hash, "envelope": base64url SHA-256}

The SHA-256 is that of the binary envelope, the bytes that stand in the log. There is no time and no number in it, so
the same envelope gets the same receipt, from whichever process.
"""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import jws
from shared.canonical import b64
from shared.manifest import Manifest

TYP = "klankbord-receipt"


def issue(manifest: Manifest, digest: bytes, key: Ed25519PrivateKey) -> str:
    """The receipt for the envelope whose encoding has this SHA-256, signed with ingest's long-lived key."""
    return jws.sign(TYP, _payload(manifest, digest), key)


def holds(receipt: str, manifest: Manifest, encoding: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the holder of ingest's key gave this receipt for exactly these bytes in this round."""
    try:
        return jws.verify(receipt, TYP, key) == _payload(manifest, sha256(encoding).digest())
    except jws.BadSignature:
        return False


def _payload(manifest: Manifest, digest: bytes) -> dict[str, str]:
    return {
        "round": manifest.round_id,
        "manifest": manifest.fingerprint,
        "envelope": b64(digest),
    }
