"""The secrets of a round, in two files outside every backup; the database holds only what is wrapped with them.

    <round>.key      wrapping key (32) || salting key (32) || u64 POSIX seconds of closing and grace, when it goes
    <round>.served   how many members were served, 16 digits      raised before each answer

    wrapped key  = nonce (12) || AES-256-GCM(wrapping key, nonce, p || q, aad = canonical JSON of what and where)
    members' salt = HMAC-SHA256(salting key, canonical JSON of what and where)

The date stands in the file itself, so that the keys go at their time even if log and database are away.
An older copy of the database is of no use without the file, and one that is put back beside it is noticed: it
knows fewer members than were served, and nothing is signed any more.
"""

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.issuer.planned import Address
from shared import canonical
from shared.blind_rsa import PrivateKey
from shared.journal import destroy, write_durably
from shared.rounds import RoundId
from shared.secret_files import RoundSecrets

_KEY = 32
"""Bytes of an AES-256 key, and of an HMAC key as long as its hash (RFC 2104 section 3)."""
_NONCE = 12
"""Bytes, random: two of 100,000 keys of a round have the same one with a chance of 2^-64 (NIST SP 800-38D 8.2.2)."""
_DATE = 8
"""Bytes of the date."""
_DIGITS = 16
"""Of the counter: always as many, so that a raise overwrites in place and never leaves half a number."""


class DamagedKey(Exception):
    """A wrapped key does not belong where it stands, or to this round's file."""


class NoCounter(Exception):
    """The counter file is missing or unreadable: nobody knows how many were served."""


@dataclass(frozen=True)
class RoundSecret:
    """What wraps the keys of one round and salts its lists of members."""

    round_id: RoundId
    wrapping: bytes = field(repr=False)
    salting: bytes = field(repr=False)
    keys_until: int
    """POSIX seconds from which it may not exist any more."""

    @classmethod
    def generate(cls, round_id: RoundId, keys_until: int) -> Self:
        return cls(round_id, secrets.token_bytes(_KEY), secrets.token_bytes(_KEY), keys_until)

    @classmethod
    def from_bytes(cls, round_id: RoundId, data: bytes) -> Self:
        """From `to_bytes`; ValueError."""
        if len(data) != 2 * _KEY + _DATE:
            raise ValueError("no secret of a round")
        return cls(round_id, data[:_KEY], data[_KEY : 2 * _KEY], int.from_bytes(data[2 * _KEY :]))

    def to_bytes(self) -> bytes:
        return self.wrapping + self.salting + self.keys_until.to_bytes(_DATE)

    def wrap(self, at: Address, key: PrivateKey) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.wrapping).encrypt(nonce, key.to_bytes(), self._about("signing key", at))

    def unwrap(self, at: Address, wrapped: bytes) -> PrivateKey:
        """The key that `wrap` was given for this address; DamagedKey."""
        aad = self._about("signing key", at)
        try:
            return PrivateKey.from_bytes(AESGCM(self.wrapping).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], aad))
        except (InvalidTag, ValueError):
            raise DamagedKey(f"the key of node {at.node}, part {at.part} cannot be unwrapped") from None

    def salt(self, at: Address) -> bytes:
        """32 bytes that only the people with this finest node get."""
        return hmac.digest(self.salting, self._about("members' salt", at), "sha256")

    def _about(self, what: str, at: Address) -> bytes:
        return canonical.dumps(["klankbord/1", what, self.round_id, at.node, at.part])


class Secrets:
    """The secrets of all rounds, and how many members were served in each."""

    def __init__(self, folder: Path) -> None:
        """Other processes may use the folder, too; the one that leads begins with `tidy`."""
        self._files = RoundSecrets(folder, alone=False)
        self._folder = folder

    def tidy(self) -> None:
        """Destroy what a crash has left."""
        self._files.tidy()

    def create(self, round_id: RoundId, keys_until: int) -> RoundSecret:
        """New secrets and a counter at 0; FileExistsError if the round has secrets already."""
        secret = RoundSecret.generate(round_id, keys_until)
        if self._files.load(round_id) is not None:
            raise FileExistsError(round_id)
        # The counter first: secrets without one would mean that it was lost.
        write_durably(self._counter(round_id), _spelled(0))
        self._files.create(round_id, secret.to_bytes())
        return secret

    def load(self, round_id: RoundId) -> RoundSecret | None:
        """None if they were never made, or are destroyed, or the file is damaged, which comes to the same."""
        data = self._files.load(round_id)
        try:
            return None if data is None else RoundSecret.from_bytes(round_id, data)
        except ValueError:
            return None

    def destroy(self, round_id: RoundId) -> bool:
        """Remove the secrets and the counter; whether there were any."""
        destroy(self._counter(round_id))
        # Last: as long as they are there, `rounds` names the round, and whatever failed is done again.
        return self._files.destroy(round_id)

    def rounds(self) -> list[RoundId]:
        return list(self._files.rounds())

    def served(self, round_id: RoundId) -> int:
        """How many members were surely served; NoCounter."""
        with self._counting(round_id, fcntl.LOCK_SH) as counter:
            return _read(counter)

    def raise_served(self, round_id: RoundId, served: int) -> None:
        """Make the counter at least `served`, durably; NoCounter. Back before any answer is given."""
        with self._counting(round_id, fcntl.LOCK_EX) as counter:
            if served > _read(counter):
                os.pwrite(counter, _spelled(served), 0)
                os.fsync(counter)

    def _counter(self, round_id: RoundId) -> Path:
        return self._folder / f"{round_id}.served"

    @contextmanager
    def _counting(self, round_id: RoundId, lock: int) -> Iterator[int]:
        try:
            counter = os.open(self._counter(round_id), os.O_RDWR)
        except FileNotFoundError:
            raise NoCounter(f"{round_id} has no counter of members served") from None
        try:
            fcntl.flock(counter, lock)
            yield counter
        finally:
            os.close(counter)


def _spelled(served: int) -> bytes:
    return f"{served:0{_DIGITS}}\n".encode()


def _read(counter: int) -> int:
    text = os.pread(counter, _DIGITS + 2, 0)
    if len(text) != _DIGITS + 1 or not text[:_DIGITS].isdigit():
        raise NoCounter("the counter of members served is unreadable")
    return int(text)
