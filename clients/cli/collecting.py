"""Collecting: what is asked of each issuer, and the tokens that come out of its answer.

    tickets   = for each part: admission nonce, envelope key, finest node, tokens of all issuers
    request   = for each part in order: blinded admission token, then one for each node of the part's path, root first

Everything follows from the wallet code and the rules, so the same code typed elsewhere makes the same requests and
gets the same tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clients.cli.membership import Membership
from clients.cli.outcomes import Alarm, AlarmReason
from shared import blind_rsa, tokens
from shared.blind_rsa import Blinded, PublicKey
from shared.codes import WalletCode
from shared.envelope import Tokens
from shared.manifest import Manifest
from shared.wallet_secrets import WalletSecrets


@dataclass(frozen=True, slots=True)
class Ticket:
    """What it takes to answer one part, once or again; all of it is secret."""

    nonce: bytes = field(repr=False)
    """Admission nonce, 32 bytes."""
    seed: bytes = field(repr=False)
    """Secret half of the envelope key, 32 bytes."""
    finest: int
    admission: Tokens = field(repr=False)
    group: tuple[Tokens, ...] = field(repr=False)
    """Per node of the path, the root first."""

    @property
    def sk(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Asked:
    """One token that was asked for: under which key, for which input, and how to unblind the answer."""

    pk: PublicKey
    input: bytes = field(repr=False)
    blinded: Blinded = field(repr=False)


def requests(manifest: Manifest, membership: Membership, code: WalletCode) -> dict[str, list[Asked]]:
    """For each issuer by name the tokens to ask for, in the fixed order."""
    secrets = WalletSecrets(code, manifest.hash)
    nonces = [
        (secrets.admission_nonce(part), tokens.group_nonce(_public(secrets.envelope_seed(part))))
        for part in range(len(membership.places))
    ]
    return {
        issuer: list(_asked(manifest, membership, secrets, nonces, issuer)) for issuer in manifest.parties.issuer_names
    }


def tickets(
    manifest: Manifest,
    membership: Membership,
    code: WalletCode,
    asked: Mapping[str, Sequence[Asked]],
    signatures: Mapping[str, Sequence[bytes]],
) -> tuple[Ticket, ...]:
    """The tickets, one per part, from the issuers' blind signatures in the order of the requests.

    An Alarm if any is not a signature of what was asked for: it is never tried again, for an issuer that learns which
    requests fail learns what they were.
    """
    secrets = WalletSecrets(code, manifest.hash)
    of_issuers = [iter(_finalized(issuer, asked[issuer], signatures[issuer])) for issuer in asked]

    def take() -> Tokens:
        return tuple(next(of_issuer) for of_issuer in of_issuers)

    return tuple(
        Ticket(
            nonce=secrets.admission_nonce(part),
            seed=secrets.envelope_seed(part),
            finest=place.finest.id,
            admission=take(),
            group=tuple(take() for _ in place.path),
        )
        for part, place in enumerate(membership.places)
    )


def _asked(
    manifest: Manifest,
    membership: Membership,
    secrets: WalletSecrets,
    nonces: Sequence[tuple[bytes, bytes]],
    issuer: str,
) -> Iterator[Asked]:
    digest = tokens.challenge_digest(issuer, manifest.hash, manifest.parties.origin)
    for part, place in enumerate(membership.places):
        admission, of_group = nonces[part]
        keys = [(manifest.admission_keys[issuer], admission)]
        keys += [(key, of_group) for group in place.path if (key := group.keys[issuer][part]) is not None]
        for pk, nonce in keys:
            message = tokens.token_input(nonce, digest, pk.key_id)
            salt, blinding = secrets.salt(part, issuer, pk), secrets.blinding(part, issuer, pk)
            yield Asked(pk, message, blind_rsa.blind(pk, message, salt, blinding))


def _finalized(issuer: str, asked: Sequence[Asked], signatures: Sequence[bytes]) -> list[bytes]:
    if len(signatures) != len(asked):
        raise Alarm(AlarmReason.BAD_TOKEN, issuer)
    try:
        return [
            blind_rsa.finalize(one.pk, one.input, signature, one.blinded.inverse)
            for one, signature in zip(asked, signatures, strict=True)
        ]
    except blind_rsa.BadSignature:
        raise Alarm(AlarmReason.BAD_TOKEN, issuer) from None


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
