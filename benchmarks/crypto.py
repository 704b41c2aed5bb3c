"""Times of the bare operations, one core, nothing around them: what a service can not be faster than.

Run from the root of the project: `python -m benchmarks.crypto`. Other benchmarks take `measure()` as their floors.
"""

import secrets
from collections.abc import Callable
from statistics import median
from threading import Thread
from time import perf_counter

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


def measure() -> dict[str, float]:
    """Seconds per operation, by name."""
    key = blind_rsa.generate()
    pk, message, salt = key.public, secrets.token_bytes(98), secrets.token_bytes(blind_rsa.SALT)
    r = secrets.randbelow(pk.n)
    blinded = blind_rsa.blind(pk, message, salt, r)
    answer = blind_rsa.blind_sign(key, blinded.message)
    signature = blind_rsa.finalize(pk, message, answer, blinded.inverse)
    secret = hpke.SecretKey.generate()
    plaintext = secrets.token_bytes(ENVELOPE)
    sealed = hpke.seal(secret.public, b"info", plaintext)
    signing = Ed25519PrivateKey.generate()
    public, ballot = signing.public_key(), signing.sign(message)
    entries = [secrets.token_bytes(600) for _ in range(ENTRIES)]
    tree = merkle.Tree(entries)
    return {
        "RSA-2048 key generation": seconds(blind_rsa.generate),
        "RSA-2048 blind (client)": seconds(lambda: blind_rsa.blind(pk, message, salt, r)),
        "RSA-2048 blind sign (issuer)": seconds(lambda: blind_rsa.blind_sign(key, blinded.message)),
        f"the same in {THREADS} threads": in_threads(lambda: blind_rsa.blind_sign(key, blinded.message)),
        "RSA-2048 finalize (client)": seconds(
            lambda: blind_rsa.finalize(pk, message, answer, blinded.inverse),
        ),
        "RSA-2048 PSS verify": seconds(lambda: blind_rsa.verify(pk, message, signature)),
        "RSA-2048 public key, first use": seconds(lambda: blind_rsa.PublicKey(pk.n).verifier),
        f"HPKE seal, {ENVELOPE} bytes": seconds(lambda: hpke.seal(secret.public, b"info", plaintext)),
        f"HPKE open, {ENVELOPE} bytes": seconds(lambda: hpke.open(secret, b"info", sealed)),
        "Ed25519 sign": seconds(lambda: signing.sign(message)),
        "Ed25519 verify": seconds(lambda: public.verify(ballot, message)),
        f"Merkle tree of {ENTRIES} entries": seconds(lambda: merkle.Tree(entries)),
        f"Merkle proof of one of {ENTRIES}": seconds(lambda: tree.proof(ENTRIES // 3)),
    }


def main() -> None:
    for name, time in measure().items():
        print(f"{name:36} {time * 1e6:12,.1f} us {1 / time:12,.0f} /s")


if __name__ == "__main__":
    main()
