"""From what a person chose and wrote to the padded plaintext of each part."""

from collections.abc import Mapping, Sequence

from clients.cli.outcomes import BadInput
from shared import answers
from shared.questionnaire import AnswerKind, AnswerScale, Part, PartKind, Question, Questionnaire
from shared.words import clean_text, refused_characters

Answer = int | str | None
"""Of a closed question the option, counted from 0; of an open one the text; None for no answer."""


def first_number(scale: AnswerScale) -> int:
    """The number that people see for the first option: recommendations go from 0, everything else from 1."""
    return 0 if scale.kind is AnswerKind.RECOMMEND else 1


def option(question: Question, typed: object) -> int | None:
    """The option of a closed question that was typed as its number or its words; None for nothing. BadInput."""
    scale = question.answers
    if scale is None:
        raise ValueError("an open question has no options")
    if typed is None or typed == "":
        return None
    text = str(typed).strip().casefold() if isinstance(typed, int | str) and not isinstance(typed, bool) else ""
    for labels in scale.labels.values():
        folded = [label.casefold() for label in labels]
        if not text.isdigit() and text in folded:
            return folded.index(text)
    if text.isascii() and text.isdigit() and 0 <= int(text) - first_number(scale) < scale.options:
        return int(text) - first_number(scale)
    last = first_number(scale) + scale.options - 1
    raise BadInput("no-such-option", question=question.id, first=first_number(scale), last=last)


def text(part: Part, typed: object) -> str:
    """What an open part would send of typed words; BadInput if they are too long or hold what may not be sent."""
    if typed is None:
        return ""
    if not isinstance(typed, str):
        raise BadInput("no-text", question=part.questions[0].id)
    cleaned = clean_text(typed)
    if refused := refused_characters(cleaned):
        listed = ", ".join(f"U+{ord(character):04X}" for character in refused)
        raise BadInput("refused-characters", question=part.questions[0].id, characters=listed)
    try:
        answers.encode_open(part, cleaned)
    except answers.TooLong as too_long:
        raise BadInput("too-long", question=part.questions[0].id, over=too_long.over) from None
    return cleaned


def plaintexts(asked: Questionnaire, given: Mapping[str, Answer]) -> tuple[bytes, ...]:
    """One padded plaintext per part; questions that are not in `given` are left open."""
    return tuple(_plaintext(part, given) for part in asked.parts)


def from_file(asked: Questionnaire, body: object) -> dict[str, Answer]:
    """The answers in a parsed YAML file, {question id: number, words of an option, or text}; BadInput."""
    if not isinstance(body, dict):
        raise BadInput("answers-shape")
    known = {question.id: (part, question) for part in asked.parts for question in part.questions}
    if unknown := sorted(str(name) for name in body if name not in known):
        raise BadInput("unknown-questions", questions=", ".join(unknown), known=", ".join(known))
    return {
        name: text(part, body[name]) if part.kind is PartKind.OPEN else option(question, body[name])
        for name, (part, question) in known.items()
        if name in body
    }


def texts_of(asked: Questionnaire, given: Mapping[str, Answer]) -> Sequence[tuple[Question, str]]:
    """The open questions that have an answer, with it."""
    found = ((part.questions[0], given.get(part.questions[0].id)) for part in asked.parts if part.kind is PartKind.OPEN)
    return [(question, answer) for question, answer in found if isinstance(answer, str) and answer]


def _plaintext(part: Part, given: Mapping[str, Answer]) -> bytes:
    if part.kind is PartKind.OPEN:
        return answers.encode_open(part, str(given.get(part.questions[0].id) or ""))
    chosen = {question.id: given.get(question.id) for question in part.questions}
    return answers.encode_closed(part, {name: one if isinstance(one, int) else None for name, one in chosen.items()})
