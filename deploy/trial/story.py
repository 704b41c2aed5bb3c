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

_FOLLOWED = {
    "Support Zuid": (3.0, 3.6, 4.2, 4.3),
    "Magazijn": (3.0, 2.6, 2.1, 2.1),
}
"""True mean of whether something was done with the answers, on 1 to 5; 3.2 elsewhere."""

_OWN = 0.62
"""The true mean of everything else, times the number of options and one: a little above the middle."""

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

_SAFE = {
    "nl": (
        "Dat een vraag stellen niet dom gevonden wordt.",
        "Dat we elkaar laten uitpraten.",
        "Weten wat er gebeurt met wat ik zeg.",
        "Dat fouten van de top ook op tafel komen.",
    ),
    "en": (
        "That a question is not taken for a complaint.",
        "To know what happens with what I say.",
        "That nobody laughs when something goes wrong.",
    ),
}

_LETTERBOX = {
    "nl": (
        "De koffie op de tweede is weer op.",
        "Kan de parkeerplaats in de winter gestrooid worden?",
        "Fijn dat er nu een rooster voor zes weken is.",
        "Het systeem voor verlof werkt niet op de telefoon.",
    ),
    "en": (
        "Could the warehouse have better lights?",
        "Thank you for publishing the results so fast.",
    ),
}

_WORDS = {"keep": (_KEEP, 0.45), "change": (_CHANGE, 0.5), "safe": (_SAFE, 0.4), "letterbox": (_LETTERBOX, 0.3)}
"""What is said to an open question, and by which share of people."""


@dataclass(frozen=True)
class TrueAnswers:
    """One person's answers in one round: option index (from 0) or None by question, and words by open question."""

    choices: Mapping[str, int | None]
    words: Mapping[str, str]


def answers(
    people: list[Employee],
    quarter: str,
    questions: Mapping[str, tuple[str, int, bool]],
    words: Mapping[str, str],
) -> dict[str, TrueAnswers]:
    """Who answers in a quarter and what, by person.

    `questions`: for each closed question its scale, its number of options, and whether it is reversed. `words`: for
    each open question the name of its part.
    """
    draw = random.Random(f"kade {quarter}")
    when = (*QUARTERS, VISITORS).index(quarter)
    told: dict[str, TrueAnswers] = {}
    for one in sorted(people, key=lambda employee: employee.person):
        mood = draw.gauss(0, 0.7)
        choices = {
            name: _choice(draw, one, when, mood, scale or name, options, turned)
            for name, (scale, options, turned) in questions.items()
        }
        said = {name: _said(draw, one.language, *_WORDS[part]) for name, part in words.items()}
        if draw.random() < RESPONSE:
            told[one.person] = TrueAnswers(choices, said)
    return told


def _said(draw: random.Random, language: str, words: Mapping[str, tuple[str, ...]], share: float) -> str:
    return draw.choice(words[language]) if draw.random() < share else ""


def _choice(
    draw: random.Random, one: Employee, when: int, mood: float, unit: str, options: int, turned: bool
) -> int | None:
    if draw.random() < 0.02:
        return None
    if unit == "psychological-safety":
        mean, spread = _SAFETY.get(one.team, (4.8,) * 4)[when], 1.1
    elif unit == "follow-up-done":
        mean, spread = _FOLLOWED.get(one.team, (3.2,) * 4)[when], 0.9
    elif unit != "recommend":
        mean, spread = (options + 1) * _OWN, 0.9
    else:
        mean, spread = 7.6 + (_SAFETY.get(one.team, (4.8,) * 4)[when] - 4.8), 1.8
    value = round(draw.gauss(mean + mood * (options / 7), spread))
    if unit == "recommend":  # 0 to 10: the option's index is the value.
        return min(10, max(0, value))
    index = min(options, max(1, value)) - 1
    return options - 1 - index if turned else index
