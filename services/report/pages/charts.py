"""Where the marks of a chart stand, in percent of its width: templates draw them as plain SVG, without any script."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report.results import QuestionScore, Unit
from services.report.scores import Estimate


@dataclass(frozen=True, slots=True)
class Plot:
    """A score on its axis: a line from `low` to `high`, a dot at `value`, a tick at the middle of the scale."""

    value: str
    low: str
    width: str
    middle: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar. `tone` names its colour: u2 u1 n f1 f2, from unfavourable to favourable."""

    start: str
    width: str
    middle: str
    tone: str
    share: int
    """In whole percents."""
    is_wide: bool
    """Whether its share can stand inside."""


LABEL_FROM = 9
"""Percent of the width that two digits and a percent sign need on a phone."""


def plot(unit: Unit, of: Estimate) -> Plot:
    least, middle, most = unit.axis

    def at(value: float) -> float:
        return 100 * (min(max(value, least), most) - least) / (most - least)

    return Plot(_text(at(of.value)), _text(at(of.low)), _text(at(of.high) - at(of.low)), _text(at(middle)))


def bar(of: QuestionScore) -> list[Segment]:
    """The answers of one question, unfavourable at the left; of few answers the three bins only."""
    if of.histogram is None:
        counts, tones = [of.bins.unfavourable, of.bins.neutral, of.bins.favourable], ["u1", "n", "f1"]
    else:
        options = list(of.histogram[1:])
        counts = options[::-1] if of.question.reverse else options
        tones = _tones(of, len(counts))
    return _segments(counts, tones)


def _tones(of: QuestionScore, options: int) -> list[str]:
    """The outer half of each side is darker."""
    answers = of.question.answers
    if answers is not None and answers.kind == "recommend":
        return ["u2"] * 4 + ["u1"] * 3 + ["n"] * 2 + ["f1", "f2"]
    half = options // 2
    outer = (half + 1) // 2
    low = ["u2"] * outer + ["u1"] * (half - outer)
    return low + ["n"] * (options - 2 * half) + [tone.replace("u", "f") for tone in reversed(low)]


def _segments(counts: Sequence[int], tones: Sequence[str]) -> list[Segment]:
    """Neighbours of one tone are drawn as one; empty ones are left out."""
    together: list[tuple[str, int]] = []
    for count, tone in zip(counts, tones, strict=True):
        if together and together[-1][0] == tone:
            together[-1] = (tone, together[-1][1] + count)
        else:
            together.append((tone, count))
    everything = sum(counts) or 1
    found, start = [], 0
    for tone, count in together:
        width = 100 * count / everything
        left = 100 * start / everything
        if count:
            wide = width >= LABEL_FROM
            found.append(Segment(_text(left), _text(width), _text(left + width / 2), tone, round(width), wide))
        start += count
    return found


def _text(percent: float) -> str:
    return f"{percent:.2f}%"
