"""A person who uses the page, screen by screen, and looks where she is on each of them.

her = Person(page, words("nl"), manifest)
her.comes(url)
her.begins(); her.types_codes(["KA-..."]); her.collects()
file = her.saves_file()
her.answers({"q0": 4, "keep": "Words"}); her.sends()
"""

import re
from collections.abc import Callable, Mapping, Sequence

from playwright.sync_api import Locator, Page, expect

from clients.cli.answering import Answer
from shared.manifest import Manifest
from shared.questionnaire import Question
from tests.web.hands import Hand, Pointing
from tests.web.words import Words

LONG = 15_000
"""Milliseconds for what takes a phone some seconds, on a machine that is busy with something else."""


class Person:
    """`seen` is told the name of each screen once it stands; nothing else happens meanwhile."""

    def __init__(
        self,
        page: Page,
        words: Words,
        manifest: Manifest,
        hand: Hand | None = None,
        seen: Callable[[str], None] = lambda _screen: None,
    ) -> None:
        self.page = page
        self.words = words
        self.manifest = manifest
        self.hand = hand or Pointing()
        self.seen = seen

    def takes(self, page: Page) -> None:
        """Another window or device."""
        self.page = page

    # Looking.

    @property
    def title(self) -> str:
        """Of the round."""
        return str(self.manifest.draft.body["title"][self.words.language])

    @property
    def questions(self) -> list[Question]:
        return [one for part in self.manifest.draft.questionnaire.parts for one in part.questions]

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name, exact=isinstance(name, str))

    def stands_on(self, heading: str, screen: str, *, moved: bool = True) -> None:
        """The screen is there, its heading has the focus if one came to it, and the window's title says it."""
        shown = self.page.get_by_role("heading", level=1)
        expect(shown).to_have_text(heading, timeout=LONG)
        if moved:
            expect(shown).to_be_focused()
        expect(self.page).to_have_title(f"{heading} – {self.words.name}")
        self.seen(screen)

    def reads(self, sentence: str | re.Pattern[str]) -> None:
        """It stands on the screen."""
        expect(self.page.get_by_text(sentence).first).to_be_visible(timeout=LONG)

    def goes_back(self) -> None:
        """With the button on the screen."""
        self.hand.press(self.button(self.words.back))

    # Coming.

    def comes(self, url: str) -> None:
        """By a link; the page shows the round."""
        self.page.goto(url)
        self.stands_on(self.title, "start", moved=False)

    def begins(self) -> None:
        self.hand.press(self.button(self.words.begin))

    def types_codes(self, codes: Sequence[str], *, again: bool = False) -> None:
        """`again`: the screen is the same as before, and says what was wrong."""
        if not again:
            self.stands_on(self.words.codeTitle, "code")
        for place, code in enumerate(codes):
            self.hand.write(self.page.locator(f"#code-{place}"), code)
        self.hand.press(self.button(self.words.codeGo))

    def collects(self) -> None:
        self.stands_on(self.words.groupsTitle, "groups")
        self.hand.press(self.button(self.words.collectGo))
        self.stands_on(self.words.keyTitle, "key")

    def saves_file(self) -> bytes:
        with self.page.expect_download() as download:
            self.hand.press(self.button(self.words.keyFile))
        return download.value.path().read_bytes()

    def opens_file(self, file: bytes, heading: str | None = None) -> None:
        """From the start, by way of the link that says so."""
        self.hand.press(self.link(self.words.haveKey))
        self.stands_on(self.words.openTitle, "open")
        self.chooses_file(file)
        self.stands_on(heading or self.words.mineTitle, "mine")

    def chooses_file(self, file: bytes) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.hand.press(self.page.get_by_label(self.words.openFileLabel))
        chooser.value.set_files({"name": "sleutel.json", "mimeType": "application/json", "buffer": file})

    # Answering.

    def goes_to_questions(self, *, again: bool = False) -> None:
        """From the list of rounds."""
        action = self.words.mineChange if again else self.words.mineAnswer
        self.hand.press(self.button(f"{action}: {self.title}"))

    def answers(self, given: Mapping[str, Answer]) -> None:
        """One question a screen, up to the overview. null: "I prefer not to say"; what is not in it is skipped."""
        for place, question in enumerate(self.questions, 1):
            self.stands_on_question(question)
            if question.id in given:
                self.answers_one(question, given[question.id])
            self.goes_on(last=place == len(self.questions), skips=given.get(question.id, "") == "")
        self.stands_on(self.words.reviewTitle, "review")

    def stands_on_question(self, question: Question) -> None:
        kind = "open question" if question.answers is None else "question"
        self.stands_on(question.text[self.words.language], kind)

    def answers_one(self, question: Question, answer: Answer) -> None:
        if isinstance(answer, str):
            text = question.text[self.words.language]
            self.hand.write(self.page.get_by_role("textbox", name=text, exact=True), answer)
        else:
            labels = question.answers.labels[self.words.language] if question.answers else ()
            label = self.words.none if answer is None else labels[answer]
            of_question = self.page.locator(f"input[name={question.id}]")
            self.hand.choose(of_question.and_(self.page.get_by_role("radio", name=label, exact=True)))

    def goes_on(self, *, last: bool = False, skips: bool = False) -> None:
        """From a question to the next."""
        self.hand.press(self.button(self.words["lastLook" if last else "skipQuestion" if skips else "next"]))

    def sends(self) -> None:
        self.hand.press(self.button(self.words.sendGo))
        self.stands_on(self.words.sentTitle, "sent")

    def is_done(self) -> None:
        self.hand.press(self.link(self.words.sentDone))
        self.stands_on(self.words.mineTitle, "mine")

    # Afterwards.

    def asks_whether_counted(self) -> None:
        self.hand.press(self.button(f"{self.words.mineCounted}: {self.title}"))
        self.stands_on(self.words.countedTitle, "counted")
