"""What the example's people truly think: three quarters with a story in their numbers.

In Support Zuid psychological safety rises from quarter to quarter, in Magazijn it falls, everybody else stays about
where they were. Answers are drawn from a fixed seed, so the plain tally of them is known before anything is sealed.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.trial.organisation import Employee

QUARTERS = ("2026-q1", "2026-q2", "2026-q3")
VISITORS = "2026-q4"
"""The round that stays open for somebody who wants to answer herself."""

RESPONSE = 0.75

_SAFETY = {
    "Support Zuid": (3.1, 4.2, 5.4, 5.5),
    "Magazijn": (5.4, 4.6, 3.5, 3.4),
}
"""True mean of psychological safety by quarter, on 1 to 7; 4.8 elsewhere."""

_KEEP = {
    "nl": (
        "De weekstart op maandag, dan weet iedereen waar we staan.",
        "Dat je hier hardop mag twijfelen.",
        "De korte lijnen met andere afdelingen.",
        "Samen lunchen zonder telefoons.",
        "Dat fouten besproken worden en niet bestraft.",
        "De ruimte om zelf je dag in te delen.",
    ),
    "en": (
        "The Monday kick-off, it keeps us together.",
        "That you can say you do not know.",
        "Short lines between departments.",
        "Room to plan my own day.",
    ),
}

_CHANGE = {
    "nl": (
        "Minder overleg, en eerder een besluit.",
        "De planning verandert te vaak op het laatste moment.",
        "Vertel eerder wat er met onze antwoorden gebeurt.",
        "De nieuwe werkwijze is opgelegd, niemand vroeg ons iets.",
        "Meer tijd om nieuwe collega's in te werken.",
        "Zeg het als iets goed gaat, niet alleen als het misgaat.",
    ),
    "en": (
        "Fewer meetings and earlier decisions.",
        "Tell us what is done with our answers.",
        "More time for new colleagues.",
    ),
}


@dataclass(frozen=True)
class TrueAnswers:
    """One person's answers in one round: option index (from 0) or None by question, and words by open question."""

    choices: Mapping[str, int | None]
    words: Mapping[str, str]


def answers(
    people: list[Employee], quarter: str, questions: Mapping[str, tuple[str, int, bool]]
) -> dict[str, TrueAnswers]:
    """Who answers in a quarter and what, by person.

    `questions`: for each closed question its scale, its number of options, and whether it is reversed.
    """
    draw = random.Random(f"kade {quarter}")
    when = (*QUARTERS, VISITORS).index(quarter)
    told: dict[str, TrueAnswers] = {}
    for one in sorted(people, key=lambda employee: employee.person):
        mood = draw.gauss(0, 0.7)
        choices = {
            name: _choice(draw, one, when, mood, scale, options, turned)
            for name, (scale, options, turned) in questions.items()
        }
        words = {
            "keep": draw.choice(_KEEP[one.language]) if draw.random() < 0.45 else "",
            "change": draw.choice(_CHANGE[one.language]) if draw.random() < 0.5 else "",
        }
        if draw.random() < RESPONSE:
            told[one.person] = TrueAnswers(choices, words)
    return told


def _choice(
    draw: random.Random, one: Employee, when: int, mood: float, scale: str, options: int, turned: bool
) -> int | None:
    if draw.random() < 0.02:
        return None
    if scale == "psychological-safety":
        mean, spread = _SAFETY.get(one.team, (4.8,) * 4)[when], 1.1
    elif scale == "standards":
        mean, spread = (options + 1) * 0.62, 0.9
    else:
        mean, spread = 7.6 + (_SAFETY.get(one.team, (4.8,) * 4)[when] - 4.8), 1.8
    value = round(draw.gauss(mean + mood * (options / 7), spread))
    if options == 11:  # 0 to 10: the option's index is the value.
        return min(10, max(0, value))
    index = min(options, max(1, value)) - 1
    return options - 1 - index if turned else index
