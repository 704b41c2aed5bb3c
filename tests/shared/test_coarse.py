"""Steps that stand still until enough people have moved them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.coarse import FIRST, steps


def test_the_steps_are_those_that_people_read_easily() -> None:
    assert sorted({steps(n) for n in range(3000)}) == [0, 5, 10, 25, 50, 100, 250, 500, 1000, 2500]


@given(st.integers(0, 10**9))
def test_a_step_is_never_above_the_number_and_at_most_sixty_percent_below_it(n: int) -> None:
    assert steps(n) <= n
    assert n < FIRST or steps(n) > 0.39 * n


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_never_shows_as_less(a: int, b: int) -> None:
    assert steps(min(a, b)) <= steps(max(a, b))


def test_nobody_is_seen_to_be_the_first() -> None:
    assert {steps(n) for n in range(FIRST)} == {0}
