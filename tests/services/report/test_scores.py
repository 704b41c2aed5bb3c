"""Scores come from published histograms alone and are no surer than they may be."""

from math import sqrt
from random import Random
from statistics import fmean, stdev, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.scores import (
    Bins,
    Estimate,
    Zone,
    bins,
    change,
    favourable,
    in_detail,
    mean,
    middle,
    net,
    recoded,
    recommendation,
    scale_mean,
    student,
    values,
    wilson,
    zone,
)
from shared.questionnaire import AnswerKind, AnswerScale, Question


def scale_of(options: int, kind: AnswerKind = AnswerKind.AGREE) -> AnswerScale:
    labels = tuple(map(str, range(options)))
    return AnswerScale(f"of-{options}", kind, {"nl": labels, "en": labels})


SEVEN = Question("seven", {"nl": "v", "en": "q"}, scale_of(7))
TURNED = Question("turned", {"nl": "v", "en": "q"}, scale_of(7), reverse=True)
FIVE = Question("five", {"nl": "v", "en": "q"}, scale_of(5))
JOIN = Question("join", {"nl": "v", "en": "q"}, scale_of(11, AnswerKind.RECOMMEND))
HISTOGRAMS = st.lists(st.integers(0, 30), min_size=8, max_size=8).map(tuple)


def histogram(*answers: int) -> tuple[int, ...]:
    """Of answers 1 to 7."""
    return (0, *(answers.count(value) for value in range(1, 8)))


def test_options_are_numbered_from_one_and_recommendations_from_zero() -> None:
    assert list(values(scale_of(5))) == [1, 2, 3, 4, 5]
    assert list(values(scale_of(11, AnswerKind.RECOMMEND))) == list(range(11))
    assert (middle(scale_of(7)), middle(scale_of(5)), middle(scale_of(4))) == (4, 3, 2.5)


def test_a_reversed_answer_x_on_seven_points_counts_as_eight_minus_x() -> None:
    answers = (1, 2, 2, 7)
    assert recoded(TURNED, histogram(*answers)) == histogram(*(8 - x for x in answers))[1:]
    turned = mean(TURNED, histogram(*answers))
    assert turned is not None
    assert turned.value == fmean(8 - x for x in answers)


def test_favourable_is_the_top_two_of_five_three_of_seven_and_nine_or_ten_of_ten() -> None:
    assert bins(FIVE, (9, 1, 2, 4, 8, 16)) == Bins(3, 4, 24)
    assert bins(SEVEN, (9, 1, 2, 4, 8, 16, 32, 64)) == Bins(7, 8, 112)
    assert bins(TURNED, (9, 1, 2, 4, 8, 16, 32, 64)) == Bins(112, 8, 7)
    assert bins(JOIN, (9, 1, 1, 1, 1, 1, 1, 1, 10, 10, 100, 100)) == Bins(7, 20, 200)


def test_fewer_than_ten_answers_are_shown_in_three_bins() -> None:
    assert not in_detail((50, 3, 3, 3))
    assert in_detail((0, 4, 3, 3))


def test_eight_of_ten_favourable_is_49_to_94_percent() -> None:
    share = favourable(SEVEN, (5, 1, 0, 0, 1, 3, 3, 2))
    assert share is not None
    assert (share.value, round(share.low, 2), round(share.high, 2), share.n) == (0.8, 0.49, 0.94, 10)


@pytest.mark.parametrize(("n", "margin"), [(5, 66), (30, 27), (100, 15)])
def test_the_margin_of_a_recommendation_score_is_66_points_at_5_answers_27_at_30_and_15_at_100(
    n: int, margin: int
) -> None:
    score = net(promoters=2 * n // 5, detractors=n // 5, n=n)
    assert score.value == pytest.approx(20)
    assert round(score.value - score.low) == margin
    assert round(score.high - score.value) == margin


def test_there_is_no_recommendation_score_for_fewer_than_thirty_answers() -> None:
    few = (40, 2, 2, 2, 0, 0, 0, 0, 5, 6, 6, 6)
    enough = (40, 2, 2, 2, 0, 0, 0, 0, 6, 6, 6, 6)
    assert recommendation(JOIN, few) is None
    score = recommendation(JOIN, enough)
    assert score is not None
    assert (score.value, score.n) == (100 * (12 - 6) / 30, 30)


def test_a_recommendation_score_stays_within_minus_and_plus_hundred() -> None:
    assert net(30, 0, 30) == Estimate(100, 100, 100, 30)
    assert net(29, 0, 30).high == 100
    assert net(0, 29, 30).low == -100


def test_the_mean_of_a_question_has_the_interval_of_student() -> None:
    answers = (3, 4, 4, 5, 4)
    estimate = mean(SEVEN, histogram(*answers))
    assert estimate is not None
    margin = 2.776 * stdev(answers) / sqrt(5)
    assert estimate.value == fmean(answers)
    assert estimate.n == 5
    assert estimate.high - estimate.value == pytest.approx(margin, rel=0.004)
    assert estimate.value - estimate.low == pytest.approx(margin, rel=0.004)


def test_no_answer_counts_for_no_mean_and_one_answer_is_none() -> None:
    assert mean(SEVEN, (9, *histogram(3, 5)[1:])) == mean(SEVEN, histogram(3, 5))
    assert mean(SEVEN, (9, 1, 0, 0, 0, 0, 0, 0)) is None
    assert favourable(SEVEN, (9, 0, 0, 0, 0, 0, 0, 0)) is None


def test_a_scales_score_is_the_mean_of_its_items_means() -> None:
    score = scale_mean([SEVEN, TURNED], [histogram(4, 5, 6), histogram(1, 2, 2, 3)], 5)
    assert score is not None
    assert score.value == (5 + 6) / 2
    assert score.n == 3


def test_a_scales_interval_is_that_of_the_persons_means_if_the_correlation_is_the_true_one() -> None:
    random = Random(1)
    people = [[min(7, max(1, round(random.gauss(4 + mood, 1)))) for _ in range(4)] for mood in [-1, 0, 1] * 200]
    items = list(zip(*people, strict=True))
    variances = [variance(item) for item in items]
    together = variance([fmean(person) for person in people]) * 16
    products = sum(sqrt(a * b) for i, a in enumerate(variances) for j, b in enumerate(variances) if i != j)
    tenths = round(10 * (together - sum(variances)) / products)
    score = scale_mean([SEVEN] * 4, [histogram(*item) for item in items], tenths)
    assert score is not None
    truth = 1.964 * sqrt(together / 16 / len(people))
    assert 0 < tenths < 10
    assert score.high - score.value == pytest.approx(truth, rel=0.05)


@given(st.lists(HISTOGRAMS, min_size=2, max_size=5), st.integers(-10, 10))
def test_without_a_correlation_the_interval_is_the_widest(histograms: list[tuple[int, ...]], tenths: int) -> None:
    questions = [SEVEN] * len(histograms)
    widest, known = scale_mean(questions, histograms, None), scale_mean(questions, histograms, tenths)
    if widest is None or known is None:
        assert widest is known is None
        assert min(sum(histogram[1:]) for histogram in histograms) < 2
        return
    assert known.value == widest.value
    assert 1 <= widest.low <= known.low + 1e-9
    assert 7 >= widest.high >= known.high - 1e-9
    assert known.low <= known.value <= known.high


def test_a_negative_correlation_counts_as_none_at_all() -> None:
    histograms = [histogram(1, 2, 5, 6)] * 2
    assert scale_mean([SEVEN, SEVEN], histograms, -3) == scale_mean([SEVEN, SEVEN], histograms, 0)


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_share_lies_in_its_interval_and_that_between_none_and_all(hits: int, n: int) -> None:
    share = wilson(min(hits, n), n)
    assert share is not None
    assert 0 <= share.low <= share.value + 1e-12
    assert share.value - 1e-12 <= share.high <= 1


@pytest.mark.parametrize(("freedom", "table"), [(4, 2.776), (5, 2.571), (9, 2.262), (29, 2.045), (99, 1.984)])
def test_students_quantile_is_the_tables(freedom: int, table: float) -> None:
    assert student(freedom) == pytest.approx(table, rel=0.003)


def test_a_histogram_of_another_question_is_refused() -> None:
    with pytest.raises(ValueError, match="another question"):
        bins(FIVE, histogram(1, 2))
    with pytest.raises(ValueError, match="open"):
        bins(Question("words", {"nl": "v", "en": "q"}), (1, 2))


ABOVE, BELOW, ACROSS = Estimate(5, 4.1, 5.9, 9), Estimate(3, 2.1, 3.9, 9), Estimate(4.2, 3.3, 5.1, 9)


@pytest.mark.parametrize(
    ("safety", "standards", "expected"),
    [
        (ABOVE, ABOVE, Zone.LEARNING),
        (ABOVE, BELOW, Zone.COMFORT),
        (BELOW, ABOVE, Zone.ANXIETY),
        (BELOW, BELOW, Zone.APATHY),
        (ACROSS, ABOVE, Zone.ON_THE_LINE),
        (BELOW, ACROSS, Zone.ON_THE_LINE),
        (Estimate(4, 4, 4, 9), ABOVE, Zone.ON_THE_LINE),
    ],
)
def test_zones_are_of_groups_and_on_the_line_where_an_interval_crosses_it(
    safety: Estimate, standards: Estimate, expected: Zone
) -> None:
    assert zone(safety, 4, standards, 4) is expected


def test_a_change_is_beyond_chance_only_if_its_interval_leaves_out_zero() -> None:
    assert change(Estimate(3.4, 3.2, 3.6, 60), Estimate(3.9, 3.7, 4.1, 60)).beyond_chance
    assert change(Estimate(3.9, 3.7, 4.1, 60), Estimate(3.4, 3.2, 3.6, 60)).beyond_chance
    assert not change(Estimate(3.4, 2.9, 3.9, 9), Estimate(3.9, 3.4, 4.4, 9)).beyond_chance


def test_the_interval_of_a_change_is_newcombes() -> None:
    """56 of 70 against 48 of 80: 0.2 (0.0524 to 0.3339), Newcombe 1998, method 10, example (a)."""
    before, after = wilson(48, 80), wilson(56, 70)
    assert before is not None
    assert after is not None
    found = change(before, after)
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)


def test_two_rounds_of_the_same_mood_rarely_differ_beyond_chance() -> None:
    random = Random(2)

    def round_of(n: int) -> Estimate:
        estimate = mean(SEVEN, histogram(*random.choices(range(1, 8), (1, 2, 4, 6, 8, 6, 3), k=n)))
        assert estimate is not None
        return estimate

    false_alarms = sum(change(round_of(8), round_of(8)).beyond_chance for _ in range(2000))
    assert false_alarms < 0.06 * 2000
