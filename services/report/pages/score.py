"""One scale or question of a group in words and figures."""

from collections.abc import Sequence

from services.report import naming, texts
from services.report.pages import charts
from services.report.pages.models import (
    OptionRow,
    QuestionView,
    ScoreView,
)
from services.report.results import QuestionScore, Results, Score, Unit
from services.report.scores import DETAIL_FROM, NET_FROM, Estimate
from services.report.trend import Trend
from shared.tree import NodeId


def score_view(
    results: Results, unit: Unit, node: NodeId, score: Score | None, moved: Trend | None, language: str
) -> ScoreView:
    sentences = naming.standing(results, unit, node)
    sentence = sentences[language] if sentences else ""
    title = unit.title[language]
    if score is None:
        return ScoreView(title, sentence=sentence)
    questions = [_question(of, language) for of in score.questions]
    n = texts.say(language, "answers", n=score.n)
    headline = score.headline
    if headline is None:
        few = texts.say(language, "few-for-recommendation", least=NET_FROM) if unit.recommends else ""
        return ScoreView(title, n=n, sentence=f"{few} {sentence}".strip(), questions=questions)
    labels = unit.answers.labels[language]
    lowest, _, highest = unit.axis
    ends = (
        (texts.number(language, lowest, 0), texts.number(language, highest, 0))
        if unit.recommends
        else (f"{lowest:.0f}: {labels[0]}", f"{highest:.0f}: {labels[-1]}")
    )
    said, direction = _trend(unit, moved, language)
    return ScoreView(
        title=title,
        value=_value(unit, headline, language),
        between=interval(unit, headline, language, "between"),
        n=n,
        plot=charts.plot(unit, headline),
        ends=ends,
        sentence=sentence,
        trend=said,
        moved=direction,
        questions=questions,
    )


def _trend(unit: Unit, moved: Trend | None, language: str) -> tuple[str, str]:
    if moved is None:
        return "", ""
    period = moved.since.manifest.draft.body["period"]
    if not moved.is_clear:
        return texts.say(language, "trend-same", period=period), "same"
    direction = "rose" if moved.change.value > 0 else "fell"
    before = texts.number(language, moved.before.value, 0 if unit.recommends else 1)
    return texts.say(language, f"trend-{direction}", period=period, before=before), direction


def _question(of: QuestionScore, language: str) -> QuestionView:
    answers = of.question.answers
    assert answers is not None  # noqa: S101 - units are of closed parts
    notes = []
    if of.question.reverse:
        notes.append(texts.say(language, "reversed"))
    if of.histogram is None:
        notes.append(texts.say(language, "in-three", least=DETAIL_FROM))
        counts: Sequence[int] = (of.bins.unfavourable, of.bins.neutral, of.bins.favourable)
        labels: Sequence[str] = [texts.say(language, name) for name in ("unfavourable", "neutral", "favourable")]
    else:
        counts, labels = of.histogram[1:], answers.labels[language]
    rows = [
        OptionRow(label, count, texts.percent(count / of.answered) if of.answered else "")
        for label, count in zip(labels, counts, strict=True)
    ]
    share = ""
    if of.favourable is not None:
        key = "promoters" if answers.kind == "recommend" else "share-favourable"
        found = of.favourable
        share = texts.say(
            language,
            key,
            share=texts.percent(found.value),
            low=texts.percent(found.low),
            high=texts.percent(found.high),
        )
    return QuestionView(
        text=of.question.text[language],
        n=texts.say(language, "answers", n=of.answered),
        note=" ".join(notes),
        share=share,
        bar=charts.bar(of),
        rows=[*rows, OptionRow(texts.say(language, "no-answer"), of.unanswered, "")],
    )


def _value(unit: Unit, of: Estimate, language: str) -> str:
    if unit.recommends:
        return texts.say(language, "points", value=texts.number(language, of.value, 0))
    return texts.number(language, of.value)


def interval(unit: Unit, of: Estimate, language: str, key: str) -> str:
    digits = 0 if unit.recommends else 1
    low, high = texts.number(language, of.low, digits), texts.number(language, of.high, digits)
    return texts.say(language, key, low=low, high=high)
