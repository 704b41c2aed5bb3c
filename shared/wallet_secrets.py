"""All secrets of a client, from its wallet code: the same code typed elsewhere asks for the same tokens.

    secret = HKDF-SHA256 (RFC 5869) of the code's 16 bytes, salt "klankbord/1 wallet", info = the fields below,
             each preceded by its length in two bytes

    admission nonce   32   "admission nonce", manifest hash (32), part (1)
    envelope seed     32   "envelope seed",   manifest hash, part
    salt              48   "salt",            manifest hash, part, issuer's name (UTF-8), token key id (32)
    blinding factor  272   "blinding",        manifest hash, part, issuer's name, token key id, counter (1)

The 272 bytes are a big-endian number, taken mod n: 128 bit more than n has, so that no remainder is likelier than
another by more than 2^-128. The counter is 0 and goes up while the remainder is no unit mod n.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import gmpy2
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared import blind_rsa
from shared.blind_rsa import PublicKey
from shared.codes import WalletCode

_BLINDING = blind_rsa.SIZE + 16


@dataclass(frozen=True)
class WalletSecrets:
    """What one wallet code gives in the round whose manifest has this hash (32 bytes)."""

    code: WalletCode
    manifest_hash: bytes

    def __post_init__(self) -> None:
        if len(self.manifest_hash) != 32:
            raise ValueError("a manifest hash has 32 bytes")

    def admission_nonce(self, part: int) -> bytes:
        """32 bytes: the nonce `a` of the part's admission tokens, the same for all issuers."""
        return self._derive(32, b"admission nonce", part)

    def envelope_seed(self, part: int) -> bytes:
        """32 bytes: the secret half of the part's envelope key (RFC 8032 section 5.1.5)."""
        return self._derive(32, b"envelope seed", part)

    def salt(self, part: int, issuer: str, pk: PublicKey) -> bytes:
        """48 bytes: the PSS salt of one token."""
        return self._derive(blind_rsa.SALT, b"salt", part, issuer.encode(), pk.key_id)

    def blinding(self, part: int, issuer: str, pk: PublicKey) -> int:
        """The blinding factor of one token: 0 < r < n, a unit mod n."""
        fields = issuer.encode(), pk.key_id
        stream = (self._derive(_BLINDING, b"blinding", part, *fields, bytes([i])) for i in range(256))
        return first_unit(stream, pk.n)

    def _derive(self, length: int, label: bytes, part: int, *fields: bytes) -> bytes:
        info = b"".join(len(f).to_bytes(2) + f for f in (label, self.manifest_hash, bytes([part]), *fields))
        return HKDF(SHA256(), length, b"klankbord/1 wallet", info).derive(self.code.secret)


def first_unit(candidates: Iterator[bytes], n: int) -> int:
    """The first of the numbers mod n that has an inverse; a key for which 256 in a row have none does not exist."""
    return next(r for c in candidates if gmpy2.gcd(r := int.from_bytes(c) % n, n) == 1)
