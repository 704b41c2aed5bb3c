"""Signed records: JWS in compact form (RFC 7515) with Ed25519 (RFC 8037), and nothing else that JWS could do.

    base64url({"alg":"EdDSA","typ":typ}) "." base64url(payload) "." base64url(64 bytes of signature)

Header and payload are canonical JSON. The header is compared byte by byte, never interpreted, so there is no
algorithm to choose, no key to fetch and no critical extension to miss. `typ` keeps one kind of record from being
taken for another.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import canonical


class BadSignature(ValueError):
    """Not a record of this kind that was signed with this key."""


def sign(typ: str, payload: Mapping[str, object], key: Ed25519PrivateKey) -> str:
    """The compact JWS of `payload`; the same arguments give the same text, for Ed25519 is deterministic."""
    signed = f"{_header(typ)}.{canonical.b64(canonical.dumps(dict(payload)))}"
    return f"{signed}.{canonical.b64(key.sign(signed.encode()))}"


def verify(jws: str, typ: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """The payload of a JWS that `sign` made with this typ and the private half of `key`; else BadSignature."""
    try:
        header, payload, signature = _split(jws)
        if header != _header(typ):
            raise BadSignature("another kind of record")
        key.verify(canonical.unb64(signature), f"{header}.{payload}".encode())
        return _object(payload)
    except InvalidSignature as error:
        raise BadSignature("signed with another key, or changed") from error
    except BadSignature:
        raise
    except ValueError as error:
        raise BadSignature("no record") from error


def peek(jws: str) -> tuple[str, dict[str, Any]]:
    """Typ and payload of a JWS whose signature nobody has checked; ValueError if it has not the form of a record.

    For finding out which key to verify with; nothing else may depend on it.
    """
    header, payload, signature = _split(jws)
    typ = _object(header).get("typ")
    if not isinstance(typ, str) or header != _header(typ) or len(canonical.unb64(signature)) != 64:
        raise ValueError("no record")
    return typ, _object(payload)


@lru_cache(maxsize=32)
def _header(typ: str) -> str:
    return canonical.b64(canonical.dumps({"alg": "EdDSA", "typ": typ}))


def _split(jws: str) -> tuple[str, str, str]:
    parts = jws.split(".") if isinstance(jws, str) else []
    if len(parts) != 3:
        raise ValueError("no compact JWS")
    return parts[0], parts[1], parts[2]


def _object(part: str) -> dict[str, Any]:
    value = canonical.loads(canonical.unb64(part))
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value
