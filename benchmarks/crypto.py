"""Times of the bare operations, one core, nothing around them: what a service can not be faster than.

Run from the root of the project: `python -m benchmarks crypto`. Other benchmarks take these as their floors.
"""

import secrets
from collections.abc import Callable
from functools import partial
from statistics import median
from threading import Thread
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import blind_rsa, hpke, merkle

ENVELOPE = 6_000
"""Bytes: about what an envelope with the tokens of two issuers for eight nodes and an open answer takes."""
BLOCK = 0.05
"""Seconds for one reading: long enough for the clock, short enough that most are undisturbed by other processes."""
BLOCKS = 7
"""Readings per operation, of which the median counts."""
THREADS = 2
ENTRIES = 15_000
"""Nodes in the tree of a company of 100,000."""


def seconds(operation: Callable[[], object]) -> float:
    """How long one call takes: the median of several readings."""
    operation()
    readings = []
    for _ in range(BLOCKS):
        calls, start = 0, perf_counter()
        while (elapsed := perf_counter() - start) < BLOCK:
            operation()
            calls += 1
        readings.append(elapsed / calls)
    return median(readings)


def in_threads(operation: Callable[[], object], calls: int = 300) -> float:
    """Seconds per call where several threads call at once; a share of one thread's only if others really run."""
    threads = [Thread(target=lambda: [operation() for _ in range(calls)]) for _ in range(THREADS)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (perf_counter() - start) / (calls * THREADS)


def busy(operation: Callable[[], object], calls: int = 500) -> float:
    """Processor seconds that one call takes, whatever else the machine has to do."""
    readings = []
    for _ in range(5):
        start = process_time()
        for _ in range(calls):
            operation()
        readings.append((process_time() - start) / calls)
    return median(readings)


class Operations:
    """Each operation with everything that it takes, to be done again and again."""

    def __init__(self) -> None:
        self._key = blind_rsa.generate()
        self._pk, self._message = self._key.public, secrets.token_bytes(98)
        self._salt, self._r = secrets.token_bytes(blind_rsa.SALT), secrets.randbelow(self._pk.n)
        self._blinded = blind_rsa.blind(self._pk, self._message, self._salt, self._r)
        self._answer = self.blind_sign()
        self._token = self.finalize()
        self._secret = hpke.SecretKey.generate()
        self._signing = Ed25519PrivateKey.generate()
        self._public, self._signature = self._signing.public_key(), self.sign()

    def blind(self) -> object:
        return blind_rsa.blind(self._pk, self._message, self._salt, self._r)

    def blind_sign(self) -> bytes:
        return blind_rsa.blind_sign(self._key, self._blinded.message)

    def finalize(self) -> bytes:
        return blind_rsa.finalize(self._pk, self._message, self._answer, self._blinded.inverse)

    def verify_token(self) -> bool:
        return blind_rsa.verify(self._pk, self._message, self._token)

    def first_use(self) -> object:
        return blind_rsa.PublicKey(self._pk.n).verifier

    def sealing(self, size: int) -> Callable[[], bytes]:
        """Of so many bytes."""
        return partial(hpke.seal, self._secret.public, b"info", secrets.token_bytes(size))

    def opening(self, size: int) -> Callable[[], bytes]:
        """Of what held so many bytes before it was sealed."""
        return partial(hpke.open, self._secret, b"info", self.sealing(size)())

    def sign(self) -> bytes:
        return self._signing.sign(self._message)

    def verify_signature(self) -> None:
        self._public.verify(self._signature, self._message)


def measure() -> dict[str, float]:
    """Seconds per operation, by name."""
    of = Operations()
    entries = [secrets.token_bytes(600) for _ in range(ENTRIES)]
    tree = merkle.Tree(entries)
    return {
        "RSA-2048 key generation": seconds(blind_rsa.generate),
        "RSA-2048 blind (client)": seconds(of.blind),
        "RSA-2048 blind sign (issuer)": seconds(of.blind_sign),
        f"the same in {THREADS} threads": in_threads(of.blind_sign),
        "RSA-2048 finalize (client)": seconds(of.finalize),
        "RSA-2048 PSS verify": seconds(of.verify_token),
        "RSA-2048 public key, first use": seconds(of.first_use),
        f"HPKE seal, {ENVELOPE} bytes": seconds(of.sealing(ENVELOPE)),
        f"HPKE open, {ENVELOPE} bytes": seconds(of.opening(ENVELOPE)),
        "Ed25519 sign": seconds(of.sign),
        "Ed25519 verify": seconds(of.verify_signature),
        f"Merkle tree of {ENTRIES} entries": seconds(lambda: merkle.Tree(entries)),
        f"Merkle proof of one of {ENTRIES}": seconds(lambda: tree.proof(ENTRIES // 3)),
    }


def main() -> None:
    for name, time in measure().items():
        print(f"{name:36} {time * 1e6:12,.1f} us {1 / time:12,.0f} /s")


if __name__ == "__main__":
    main()
