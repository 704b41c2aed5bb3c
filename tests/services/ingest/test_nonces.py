"""How often one nonce is let through, and how much memory that takes."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.nonces import PER_NONCE, RecentNonces, Turn


def digest(number: int) -> bytes:
    return number.to_bytes(32, "little")


def test_a_new_envelope_is_appended_until_the_log_has_acknowledged_it() -> None:
    nonces = RecentNonces()
    assert nonces.take("spring", b"a", digest(1)) is Turn.APPEND
    assert nonces.take("spring", b"a", digest(1)) is Turn.APPEND
    nonces.acknowledge("spring", b"a", digest(1))
    assert nonces.take("spring", b"a", digest(1)) is Turn.ANSWER


def test_rounds_and_nonces_are_counted_by_themselves() -> None:
    nonces = RecentNonces()
    for number in range(PER_NONCE):
        assert nonces.take("spring", b"a", digest(number)) is Turn.APPEND
    assert nonces.take("spring", b"a", digest(99)) is Turn.REFUSE
    assert nonces.take("spring", b"b", digest(99)) is Turn.APPEND
    assert nonces.take("autumn", b"a", digest(99)) is Turn.APPEND


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.booleans()), max_size=120))
def test_no_nonce_gets_more_different_envelopes_than_allowed(posts: list[tuple[int, int, bool]]) -> None:
    nonces = RecentNonces()
    taken: dict[int, set[int]] = {}
    acknowledged: set[tuple[int, int]] = set()
    for nonce, number, answered in posts:
        turn = nonces.take("spring", bytes([nonce]), digest(number))
        of_nonce = taken.setdefault(nonce, set())
        if (nonce, number) in acknowledged:
            assert turn is Turn.ANSWER
        elif number in of_nonce or len(of_nonce) < PER_NONCE:
            assert turn is Turn.APPEND
            of_nonce.add(number)
            if answered:
                nonces.acknowledge("spring", bytes([nonce]), digest(number))
                acknowledged.add((nonce, number))
        else:
            assert turn is Turn.REFUSE


def test_only_the_most_recent_nonces_are_remembered() -> None:
    nonces = RecentNonces(nonces=3)
    for name in (b"a", b"b", b"c"):
        nonces.take("spring", name, digest(1))
        nonces.acknowledge("spring", name, digest(1))
    assert nonces.take("spring", b"a", digest(1)) is Turn.ANSWER
    nonces.take("spring", b"d", digest(1))
    assert len(nonces) == 3
    assert nonces.take("spring", b"a", digest(1)) is Turn.ANSWER
    assert nonces.take("spring", b"b", digest(1)) is Turn.APPEND
    nonces.acknowledge("spring", b"gone", digest(1))
    assert len(nonces) == 3
