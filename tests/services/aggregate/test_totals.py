"""Answers become totals."""

from random import Random
from statistics import correlation as pearson

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregate.totals import CORRELATION_FROM, Totals, added, correlation, fold
from shared.answers import ClosedAnswer, OpenAnswer
from tests.services.aggregate.worlds import OPEN, closed_part

TWO = closed_part(3, (None, None))
ANSWERS = st.lists(
    st.one_of(st.none(), st.builds(ClosedAnswer, st.lists(st.integers(0, 3), min_size=2, max_size=2).map(bytes))),
    max_size=150,
)


def test_a_histogram_starts_with_those_who_gave_no_answer() -> None:
    answers = [ClosedAnswer(bytes(choices)) for choices in ([1, 3], [1, 0], [2, 3])]
    assert fold(TWO, answers) == Totals(3, ((0, 2, 1, 0), (1, 0, 0, 2)))


def test_an_envelope_that_does_not_open_counts_as_no_answer_to_every_question() -> None:
    assert fold(TWO, [None, ClosedAnswer(b"\1\1")]) == Totals(2, ((1, 1, 0, 0), (1, 1, 0, 0)))
    assert fold(OPEN, [None, OpenAnswer("words")]) == Totals(2, (), ("words",))


def test_empty_texts_are_counted_and_not_listed() -> None:
    assert fold(OPEN, [OpenAnswer(""), OpenAnswer("b"), OpenAnswer("a"), OpenAnswer("b")]) == Totals(
        4, (), ("a", "b", "b")
    )


def test_no_answers_make_empty_totals() -> None:
    assert fold(TWO, []) == Totals(0, ((0, 0, 0, 0), (0, 0, 0, 0)))


def test_words_and_choices_do_not_mix() -> None:
    with pytest.raises(TypeError):
        fold(TWO, [OpenAnswer("words")])
    with pytest.raises(TypeError):
        fold(OPEN, [ClosedAnswer(b"\1")])


def test_neither_words_nor_choices_show_in_a_repr() -> None:
    totals = fold(OPEN, [OpenAnswer("secret words")])
    assert "secret" not in repr(totals) + repr(OpenAnswer("secret words"))
    assert "1" not in repr(ClosedAnswer(b"\1"))


@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(answers: list[ClosedAnswer | None], random: Random) -> None:
    shuffled = random.sample(answers, len(answers))
    assert fold(TWO, shuffled) == fold(TWO, answers)


@given(ANSWERS, st.integers(0, 150))
def test_totals_of_two_groups_add_up_to_those_of_both(answers: list[ClosedAnswer | None], split: int) -> None:
    left, right, both = fold(TWO, answers[:split]), fold(TWO, answers[split:]), fold(TWO, answers)
    assert added(left.histograms, right.histograms) == both.histograms
    assert all(sum(histogram) == both.n == len(answers) for histogram in both.histograms)


@given(ANSWERS)
def test_histograms_are_the_plain_count(answers: list[ClosedAnswer | None]) -> None:
    chosen = [answer.options if answer else (None, None) for answer in answers]
    for place, histogram in enumerate(fold(TWO, answers).histograms):
        asked: list[int | None] = [options[place] for options in chosen]
        assert histogram == (asked.count(None), asked.count(0), asked.count(1), asked.count(2))


SCALE = closed_part(7, ("s", "s", None, "s"), reverse=(1,))


def scale_answers(seed: int, n: int) -> list[ClosedAnswer]:
    random = Random(seed)
    found: list[ClosedAnswer] = []
    for _ in range(n):
        mood = random.randint(1, 4)
        a, b, c, d = (mood + random.randint(0, 3) for _ in range(4))
        found.append(ClosedAnswer(bytes((a, 8 - b, c, d))))
    return found


def test_the_correlation_is_the_average_over_pairs_of_recoded_items() -> None:
    answers = scale_answers(1, 300)
    rows = [tuple(answer.choices) for answer in answers]
    first, second, fourth = [row[0] for row in rows], [8 - row[1] for row in rows], [row[3] for row in rows]
    expected = (pearson(first, second) + pearson(first, fourth) + pearson(second, fourth)) / 3
    assert correlation(SCALE, "s", answers) == round(10 * expected)
    assert expected > 0.3


def test_only_people_who_answered_every_item_count_for_the_correlation() -> None:
    answers = scale_answers(2, CORRELATION_FROM)
    assert correlation(SCALE, "s", answers) is not None
    first = answers[0]
    with_a_gap = [ClosedAnswer(bytes((0, *first.choices[1:]))), *answers[1:]]
    assert correlation(SCALE, "s", with_a_gap) is None
    other_gap = [
        ClosedAnswer(bytes((*first.choices[:2], 0, first.choices[3]))),
        *answers[1:],
    ]
    assert correlation(SCALE, "s", other_gap) == correlation(SCALE, "s", answers)


def test_unopened_envelopes_change_no_correlation() -> None:
    answers = scale_answers(3, 150)
    assert correlation(SCALE, "s", [*answers, None]) == correlation(SCALE, "s", answers)


def test_items_that_all_answered_alike_leave_no_correlation() -> None:
    assert correlation(SCALE, "s", [ClosedAnswer(b"\4\4\1\4")] * 200) is None


def test_opposite_items_correlate_negatively() -> None:
    answers = [ClosedAnswer(bytes((x, x, 1, 4))) for x in range(1, 8)] * 20
    assert correlation(SCALE, "s", answers) == -10


def test_a_scale_of_one_item_has_no_correlation() -> None:
    part = closed_part(7, ("s",))
    assert correlation(part, "s", [ClosedAnswer(bytes([1 + i % 7])) for i in range(200)]) is None


def test_the_order_of_answers_does_not_change_the_correlation() -> None:
    answers = scale_answers(4, 120)
    assert correlation(SCALE, "s", answers[::-1]) == correlation(SCALE, "s", answers)
