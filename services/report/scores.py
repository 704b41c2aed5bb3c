"""Scores from published histograms alone, so that anybody can compute them again (docs/disclosure.md, section 4).

A histogram counts answers: index 0 = no answer, 1 + option for each option, lowest first. Scores of reversed
questions are recoded: higher always speaks for the thing that is measured. All intervals are of 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from shared.questionnaire import AnswerKind, AnswerScale, Question

Z = 1.959964
"""The normal quantile of a 95 % interval."""

NET_FROM = 30
"""Answers. Below this the recommendation score has a margin of more than 27 points: a number that means nothing."""

DETAIL_FROM = 10
"""Answers. Below this three bins are shown instead of all options."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; `n` answers stand behind it (of a scale: those to its least answered question)."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two rounds, with its interval."""

    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out zero: only then a rise or a fall is spoken of."""
        return self.low > 0 or self.high < 0


class Zone(StrEnum):
    """What safety and standards make of a group together."""

    LEARNING = "learning"
    COMFORT = "comfort"
    ANXIETY = "anxiety"
    APATHY = "apathy"
    ON_THE_LINE = "on-the-line"


@dataclass(frozen=True, slots=True)
class Bins:
    """Answers to a question in three heaps."""

    unfavourable: int
    neutral: int
    favourable: int


def values(answers: AnswerScale) -> range:
    """The number of each option: 1 to 5, 1 to 7, or 0 to 10 for a recommendation."""
    first = 0 if answers.kind is AnswerKind.RECOMMEND else 1
    return range(first, first + answers.options)


def middle(answers: AnswerScale) -> float:
    """The scale's middle: 4 on 7 points, 3 on 5."""
    numbers = values(answers)
    return (numbers[0] + numbers[-1]) / 2


def recoded(question: Question, histogram: Sequence[int]) -> tuple[int, ...]:
    """How often each option was chosen, without "no answer"; turned round if the question is reversed."""
    options = tuple(histogram[1:])
    if len(options) != _answers(question).options:
        raise ValueError("the histogram of another question")
    return options[::-1] if question.reverse else options


def bins(question: Question, histogram: Sequence[int]) -> Bins:
    """Favourable is the upper half of the options (top 2 of 5, top 3 of 7), unfavourable the lower half.

    Of a recommendation: 9 and 10, and 0 to 6.
    """
    options = recoded(question, histogram)
    low = high = len(options) // 2
    if _answers(question).kind is AnswerKind.RECOMMEND:
        low, high = 7, 2
    rest = len(options) - high
    return Bins(sum(options[:low]), sum(options[low:rest]), sum(options[rest:]))


def in_detail(histogram: Sequence[int]) -> bool:
    """Whether all options may be shown; else `bins`."""
    return sum(histogram[1:]) >= DETAIL_FROM


def mean(question: Question, histogram: Sequence[int]) -> Estimate | None:
    """The mean of one question; None for fewer than two answers."""
    return scale_mean([question], [histogram], None)


def scale_mean(
    questions: Sequence[Question], histograms: Sequence[Sequence[int]], correlation: int | None
) -> Estimate | None:
    """The mean of the items' means; None if an item has fewer than two answers.

    `correlation`: the release's average inter-item correlation in tenths, or None where there is none. Then, and for a
    single question, it counts as 1: too wide rather than too narrow; below 0 it counts as 0 for the same reason. The
    standard error is sd / sqrt(n): sd of a person's mean over the items, from their variances and the correlation; n
    the answers to the least answered item. Student's t, for groups are small.
    """
    numbers = values(_answers(questions[0]))
    items = [recoded(question, histogram) for question, histogram in zip(questions, histograms, strict=True)]
    n = min(map(sum, items))
    if n < 2:
        return None
    r = 1.0 if correlation is None else max(correlation, 0) / 10
    moments = [_mean_and_variance(numbers, options) for options in items]
    value = sum(mean for mean, _ in moments) / len(moments)
    variances = [variance for _, variance in moments]
    together = (1 - r) * sum(variances) + r * sum(map(sqrt, variances)) ** 2
    margin = student(n - 1) * sqrt(together / n) / len(items)
    return Estimate(value, max(numbers[0], value - margin), min(numbers[-1], value + margin), n)


def favourable(question: Question, histogram: Sequence[int]) -> Estimate | None:
    """The share (0 to 1) of favourable answers with its Wilson interval; None without answers."""
    counted = bins(question, histogram)
    return wilson(counted.favourable, counted.unfavourable + counted.neutral + counted.favourable)


def wilson(hits: int, n: int) -> Estimate | None:
    """A share and its score interval (Wilson 1927), which stays within 0 to 1 and is right for few answers too."""
    if n == 0:
        return None
    share = hits / n
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    margin = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Estimate(share, max(0.0, centre - margin), min(1.0, centre + margin), n)


def recommendation(question: Question, histogram: Sequence[int]) -> Estimate | None:
    """The recommendation score in points, -100 to 100; None for fewer than NET_FROM answers."""
    counted = bins(question, histogram)
    n = counted.unfavourable + counted.neutral + counted.favourable
    return net(counted.favourable, counted.unfavourable, n) if n >= NET_FROM else None


def net(promoters: int, detractors: int, n: int) -> Estimate:
    """100 x (share of promoters - share of detractors), in points."""
    value = (promoters - detractors) / n
    margin = Z * sqrt(((promoters + detractors) / n - value * value) / n)
    return Estimate(100 * value, 100 * max(-1.0, value - margin), 100 * min(1.0, value + margin), n)


def zone(safety: Estimate, safety_middle: float, standards: Estimate, standards_middle: float) -> Zone:
    """The group's zone; on the line where one of the intervals holds its scale's middle."""
    if safety.low <= safety_middle <= safety.high or standards.low <= standards_middle <= standards.high:
        return Zone.ON_THE_LINE
    if safety.low > safety_middle:
        return Zone.LEARNING if standards.low > standards_middle else Zone.COMFORT
    return Zone.ANXIETY if standards.low > standards_middle else Zone.APATHY


def change(before: Estimate, after: Estimate) -> Change:
    """`after` - `before` for means, shares or recommendation scores of two rounds.

    The interval is made from both intervals (MOVER; Newcombe 1998 for two Wilson intervals), as if different people
    had answered. Mostly the same people answer, so the true one is narrower: a trend is missed rather than invented.
    """
    value = after.value - before.value
    return Change(
        value,
        value - sqrt((after.value - after.low) ** 2 + (before.high - before.value) ** 2),
        value + sqrt((after.high - after.value) ** 2 + (before.value - before.low) ** 2),
    )


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t; the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).

    Too small by 0.3 % at 4 degrees of freedom, the fewest that a published question has (five answers).
    """
    z, v = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def _mean_and_variance(numbers: Sequence[int], options: Sequence[int]) -> tuple[float, float]:
    """Mean and sample variance (n - 1) of answers."""
    n = sum(options)
    total = sum(number * count for number, count in zip(numbers, options, strict=True))
    squares = sum(number * number * count for number, count in zip(numbers, options, strict=True))
    return total / n, (squares - total * total / n) / (n - 1)


def _answers(question: Question) -> AnswerScale:
    if question.answers is None:
        raise ValueError("an open question has no score")
    return question.answers
