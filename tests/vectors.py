"""This protocol's own test vectors: `python -m tests.vectors docs/protocol.md` writes them into that page.

Everything but the two sealed texts follows from the inputs, so a test compares it; the sealed ones it opens. Keys and
codes here are public: never use one.
"""

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import blind_rsa, bundle, canonical, envelope, hpke, jws, merkle, nodes, tokens
from shared.blind_rsa import PrivateKey
from shared.canonical import b64
from shared.codes import AccessCode, WalletCode
from shared.envelope import Envelope, Layout, Outer
from shared.wallet_secrets import WalletSecrets

BEGIN, END = "<!-- vectors: begin -->", "<!-- vectors: end -->"

_RSA = bytes.fromhex(
    "e3d08ae48d8a65e206404822674ec9b7b99895d8590f0e9f535619bc17ec44137c7f385cc7c45e5bec0042a5172203b2297d"
    "f57e8fd927113307b843be3394ead487482846675be9922aa5572a6e241fd672f0451dcfba035f3bd7852391dd201464a437"
    "77b83d03f0dd24f3937ab75eb3522b947cc99f11cd9a127e1587b66fd9c813685183d44756e34d4ac9acb77448dbe094a7ab"
    "03e6f994e90169fe97770bd1e53f4f838578787b655fe19d793b3ca16c519cca5ade643a5e729ab075766d2a4b2db93c4e3d"
    "9f8700ea726d5bdb7e0a838ceaf1ccba9f98876adcfcdfad8cabcfc5130f5424385168f0020414b1e22dd429bbfac96750d4"
    "85d790855437"
)
"""p and q of a public test key."""

_MANIFEST_HASH = sha256(b"klankbord vectors: manifest").digest()
_ISSUER, _ORIGIN, _PART = "issuer-1", "ingest.example:8443", 1
_GATE, _AGGREGATE = (hpke.SecretKey(sha256(label).digest()) for label in (b"vectors: gate", b"vectors: aggregate"))
_LAYOUT = Layout(issuers=1, slots=2, answers_size=64)
_ANSWERS = b"Meer tijd voor elkaar.".ljust(64, b"\0")


def derived() -> dict[str, Any]:
    """All that follows from the inputs, in JSON; byte strings as base64url unless the name says hex."""
    key = PrivateKey.from_bytes(_RSA)
    code = WalletCode(bytes(range(16)))
    secrets = WalletSecrets(code, _MANIFEST_HASH)
    sk = Ed25519PrivateKey.from_private_bytes(secrets.envelope_seed(_PART))
    pk = sk.public_key().public_bytes_raw()
    digest = tokens.challenge_digest(_ISSUER, _MANIFEST_HASH, _ORIGIN)
    message = tokens.token_input(tokens.group_nonce(pk), digest, key.public.key_id)
    blinded = blind_rsa.blind(
        key.public,
        message,
        secrets.salt(_PART, _ISSUER, key.public),
        secrets.blinding(_PART, _ISSUER, key.public),
    )
    blind_signature = blind_rsa.blind_sign(key, blinded.message)
    items = [b"first", b"second", b"third"]
    identity = Ed25519PrivateKey.from_private_bytes(sha256(b"vectors: identity").digest())
    return {
        "canonical": canonical.dumps({"b": [1, True, None], "a": "ë\n\u2028"}).decode(),
        "manifest_hash": b64(_MANIFEST_HASH),
        "access_code": {"bytes": b64(bytes(range(16))), "text": AccessCode(bytes(range(16))).text},
        "wallet_code": {"bytes": b64(bytes(range(16))), "text": code.text},
        "wallet": {
            "part": _PART,
            "issuer": _ISSUER,
            "admission_nonce": b64(secrets.admission_nonce(_PART)),
            "envelope_seed": b64(secrets.envelope_seed(_PART)),
            "envelope_key": b64(pk),
            "salt": b64(secrets.salt(_PART, _ISSUER, key.public)),
            "blinding_factor_hex": f"{secrets.blinding(_PART, _ISSUER, key.public):x}",
        },
        "token": {
            "p_q": b64(_RSA),
            "token_key_id": b64(key.public.key_id),
            "spki": b64(key.public.spki),
            "origin": _ORIGIN,
            "challenge_digest": b64(digest),
            "token_input": b64(message),
            "blinded": b64(blinded.message),
            "blind_signature": b64(blind_signature),
            "authenticator": b64(blind_rsa.finalize(key.public, message, blind_signature, blinded.inverse)),
        },
        "merkle": {
            "entries": [item.decode() for item in items],
            "root": b64(merkle.root(items)),
            "proof_of_2": [b64(step) for step in merkle.proof(items, 2)],
        },
        "bundle": {
            "items": [item.decode() for item in items],
            "records": [b64(record) for record in bundle.pack(items).records],
            "reference": bundle.pack(items).reference,
        },
        "names_hash": {
            "salt": b64(bytes(32)),
            "names": ["Noor", "Zoë"],
            "hash": b64(nodes.names_hash(bytes(32), ["Zoë", "Noor"])),
        },
        "record": {
            "seed": b64(sha256(b"vectors: identity").digest()),
            "jws": jws.sign(
                "klankbord-accept",
                {"round": "2026-q4", "author": "gate", "body": {"manifest": b64(_MANIFEST_HASH)}},
                identity,
            ),
        },
    }


def sealed() -> dict[str, Any]:
    """An envelope of part 1 by the wallet above; its group token stands in for the admission token too."""
    known = derived()
    secrets = WalletSecrets(WalletCode(bytes(range(16))), _MANIFEST_HASH)
    sk = Ed25519PrivateKey.from_private_bytes(secrets.envelope_seed(_PART))
    pk = sk.public_key().public_bytes_raw()
    token = canonical.unb64(known["token"]["authenticator"])
    inner = envelope.seal_inner(_AGGREGATE.public, _MANIFEST_HASH, _PART, pk, _ANSWERS)
    sig = envelope.sign_ballot(sk, _MANIFEST_HASH, _PART, inner)
    opened = Outer(256, 7, pk, ((token,),), sig, inner)
    nonce = secrets.admission_nonce(_PART)
    outer = envelope.seal_outer(_GATE.public, _MANIFEST_HASH, _PART, nonce, opened, _LAYOUT)
    return {
        "gate_secret": b64(_GATE.to_bytes()),
        "aggregate_secret": b64(_AGGREGATE.to_bytes()),
        "issuers": _LAYOUT.issuers,
        "slots": _LAYOUT.slots,
        "answers": b64(_ANSWERS),
        "revision": 256,
        "finest_node": 7,
        "inner": b64(inner),
        "sig": b64(sig),
        "envelope": b64(Envelope(_PART, nonce, (token,), outer).encode(_LAYOUT)),
        "counted_entry": b64(envelope.counted_entry(_MANIFEST_HASH, _PART, pk, inner)),
    }


def published(page: str) -> dict[str, Any]:
    """The vectors that stand in a page."""
    block = page.partition(BEGIN)[2].partition(END)[0]
    found: dict[str, Any] = json.loads(block.partition("```json")[2].partition("```")[0])
    return found


def main(path: Path) -> None:
    page = path.read_text("utf-8")
    vectors = json.dumps(derived() | {"sealed": sealed()}, indent=1, ensure_ascii=False)
    fresh = f"{BEGIN}\n\n```json\n{vectors}\n```\n\n{END}"
    path.write_text(re.sub(f"{BEGIN}.*{END}", lambda _match: fresh, page, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
