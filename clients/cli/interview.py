"""One question at a time, with a way back. What is typed stays in memory until it is sent, whatever goes wrong."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from clients.cli import answering
from clients.cli.answering import Answer
from clients.cli.console import Console
from clients.cli.hints import hints
from clients.cli.outcomes import BadInput
from shared.questionnaire import Part, PartKind, Question, Questionnaire

BACK = "<"
NOTHING = "-"


class Stopped(Exception):
    """The person wants to stop; nothing was sent."""


@dataclass
class Interview:
    """Asks the questions of all parts in their order. `names` are colleagues, for the hints only."""

    console: Console
    asked: Questionnaire
    names: Collection[str] = field(repr=False)
    typed: dict[str, str] = field(default_factory=dict, repr=False)
    """By question id, as it was typed."""

    def run(self) -> dict[str, Answer]:
        """The answers by question id; Stopped, BadInput if input ends."""
        questions = [(part, question) for part in self.asked.parts for question in part.questions]
        given: dict[str, Answer] = {}
        at = 0
        while at < len(questions):
            part, question = questions[at]
            try:
                self.console.line()
                self.console.say("question-progress", number=at + 1, count=len(questions))
                self.console.line(self.console.own(question.text))
                answer = self._words(part, question) if part.kind is PartKind.OPEN else self._choice(question)
            except KeyboardInterrupt:
                self.console.line()
                if self.console.confirm("stop-confirm", default=False):
                    raise Stopped from None
                continue
            if answer == BACK:
                at = max(0, at - 1)
                continue
            given[question.id] = answer
            at += 1
        return given

    def _choice(self, question: Question) -> Answer:
        if question.answers is None:
            raise ValueError("an open question has no options")
        first = answering.first_number(question.answers)
        for number, label in enumerate(self.console.own_list(question.answers.labels), first):
            self.console.say("option-line", number=number, label=label)
        while True:
            kept = self.typed.get(question.id)
            prompt = self.console.text("ask-option-kept", kept=kept) if kept else self.console.text("ask-option")
            typed = self.console.read(prompt + " ").strip()
            if typed == BACK:
                return BACK
            typed = "" if typed == NOTHING else typed or kept or ""
            try:
                chosen = answering.option(question, typed)
            except BadInput as bad:
                self._refuse(bad)
                continue
            self.typed[question.id] = typed
            return chosen

    def _words(self, part: Part, question: Question) -> Answer:
        self.console.say("open-hint")
        while True:
            kept = self.typed.get(question.id, "")
            if kept:
                self.console.say("open-kept", text=kept)
            typed = self._lines()
            if typed == BACK:
                return BACK
            self.typed[question.id] = "" if typed == NOTHING else typed or kept
            try:
                text = answering.text(part, self.typed[question.id])
            except BadInput as bad:
                self._refuse(bad)
                continue
            if not show_hints(self.console, text, self.names) or self.console.confirm("hint-keep"):
                return text

    def _refuse(self, bad: BadInput) -> None:
        """What is wrong with an answer; of its question, which stands above, nobody knows the name here."""
        self.console.say(bad.text, **bad.values | {"question": self.console.text("this-question")})

    def _lines(self) -> str:
        """Up to an empty line; a first line that is a sign of its own ends at once."""
        lines: list[str] = []
        while line := self.console.read("> "):
            lines.append(line)
            if len(lines) == 1 and line.strip() in (BACK, NOTHING):
                return line.strip()
        return "\n".join(lines)


def show_hints(console: Console, text: str, names: Collection[str]) -> bool:
    """Say what in a text may tell who wrote it; whether there was anything."""
    found = hints(text, names)
    for hint, piece in found:
        console.say(f"hint-{hint}", found=piece)
    return bool(found)


def answered(given: Mapping[str, Answer]) -> int:
    """How many questions have an answer."""
    return sum(answer is not None and answer != "" for answer in given.values())
