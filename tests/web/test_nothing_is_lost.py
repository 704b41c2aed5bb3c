"""What was typed stays, whatever goes wrong on the way."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.person import Person
from tests.web.town import PAGE, Answer, Change, Town, refusal, town
from tests.web.way import FIRST
from tests.web.words import words

ENVELOPES = re.compile("POST https://ingest.example/envelopes")


def at_the_questions(here: Town, her: Person) -> None:
    her.comes(PAGE)
    her.opens_file(here.wallet("p0"))
    her.goes_to_questions()


def bodies(here: Town) -> list[str]:
    """What was posted to ingest, in order."""
    return [str(asked.body) for asked in here.asked if ENVELOPES.search(f"{asked.method} {asked.url}")]


def test_going_back_loses_nothing_with_the_button_or_the_browsers_own(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        her.answers(FIRST)
        for question in reversed(her.questions):
            her.goes_back()
            her.stands_on_question(question)
        expect(her.page.get_by_role("radio", name="nl 5", exact=True)).to_be_checked()
        her.goes_on()
        her.stands_on_question(her.questions[1])
        expect(her.page.get_by_role("radio", name=her.words.none)).to_be_checked()
        for _ in range(2):
            her.page.go_back()
        her.stands_on(her.words.mineTitle, "mine")
        for _ in range(2):
            her.page.go_forward()
        her.stands_on_question(her.questions[1])
        expect(her.page.get_by_role("radio", name=her.words.none)).to_be_checked()
        her.goes_on()
        her.goes_on(skips=True)
        her.stands_on_question(her.questions[3])
        expect(her.page.get_by_role("textbox")).to_have_value(str(FIRST["keep"]))


def test_another_language_and_other_screens_lose_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        her.answers(FIRST)
        her.hand.press(her.link(her.words.limitsLink))
        her.stands_on(her.words.limitsTitle, "limits")
        her.hand.press(her.button("English"))
        her.words = words("en")
        expect(her.page.get_by_role("heading", level=1)).to_have_text(her.words.limitsTitle)
        her.goes_back()
        her.stands_on(her.words.reviewTitle, "review")
        her.reads(str(FIRST["keep"]))
        her.reads("en 5")


def test_leaving_with_unsent_answers_is_asked_about(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        her.stands_on_question(her.questions[0])
        leaves = "() => dispatchEvent(new Event('beforeunload', { cancelable: true }))"
        assert her.page.evaluate(leaves) is True
        her.answers_one(her.questions[0], 1)
        assert her.page.evaluate(leaves) is False
        her.answers_one(her.questions[0], None)
        her.goes_on()
        for _ in her.questions[1:]:
            her.page.locator("button[type=submit]").click()
        her.stands_on(her.words.reviewTitle, "review")
        her.sends()
        assert her.page.evaluate(leaves) is True


def nonsense(answer: Answer) -> Answer:
    return Answer(200, {**answer.headers, "content-type": "text/html"}, b"<h1>It works!</h1>")


def no_receipt(answer: Answer) -> Answer:
    return Answer(answer.status, answer.headers, b"{}")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (refusal(503, "log-unavailable"), "busy"),
        (refusal(500, "broken"), "broken"),
        (refusal(429, "too-many"), "too-many"),
        (refusal(400, "malformed"), "malformed"),
        (nonsense, "nonsense"),
    ],
    ids=["busy", "broken", "refused", "malformed", "nonsense"],
)
def test_a_refused_request_is_told_and_the_same_sealed_answers_are_sent_later(
    tmp_path: Path, change: Change, sentence: str
) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        her.answers(FIRST)
        here.changes.append((ENVELOPES, change))
        her.hand.press(her.button(her.words.sendGo))
        her.stands_on(her.words.sendingTitle, "sending")
        her.reads(
            her.words.like(sentence) if sentence in ("busy", "broken", "nonsense", "malformed") else her.words[sentence]
        )
        her.reads(her.words.like("sendStopped"))
        refused = set(bodies(here))
        assert len(refused) == 1

        # The answers can still be read, and then the same bytes go.
        her.hand.press(her.link(her.words.lastLook))
        her.stands_on(her.words.reviewTitle, "review")
        her.reads(str(FIRST["keep"]))
        here.changes.clear()
        her.sends()
        assert refused < set(bodies(here))
        assert len(set(bodies(here))) == 2


def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        her.answers(FIRST)
        lost = iter([True, False, True, False, False, False])

        def loses(answer: Answer) -> Answer:
            return refusal(503, "log-unavailable")(answer) if next(lost) else answer

        here.changes.append((ENVELOPES, loses))
        her.sends()
        assert len(bodies(here)) == 4
        assert len(set(bodies(here))) == 2
        here.house.everybody_looks()
        assert len(set(here.house.envelopes("spring"))) == 2


def test_without_a_network_every_step_can_be_tried_again(tmp_path: Path) -> None:
    with town(tmp_path, issuers=2) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.page.goto(PAGE)
        her.stands_on(her.title, "start", moved=False)
        her.begins()
        here.down = True
        her.types_codes(here.codes("p0"))
        her.reads(her.words.like("network"))
        assert [her.page.locator(f"#code-{place}").input_value() for place in range(2)] == here.codes("p0")
        here.down = False
        her.hand.press(her.button(her.words.codeGo))

        # It breaks off between the two issuers.
        her.stands_on(her.words.groupsTitle, "groups")
        second = re.compile("POST https://council.example/rounds/spring/tokens")
        here.changes.append((second, refusal(503, "log-unavailable")))
        her.hand.press(her.button(her.words.collectGo))
        her.reads(her.words.troubleTitle)
        her.stands_on(her.words.groupsTitle, "groups")
        here.changes.clear()
        her.hand.press(her.button(her.words.collectGo))
        her.stands_on(her.words.keyTitle, "key")
        asked = [asked.body for asked in here.asked if second.search(f"{asked.method} {asked.url}")]
        assert len(asked) >= 2 and len(set(asked)) == 1

        her.hand.press(her.button(her.words.answerNow))
        her.answers(FIRST)
        here.down = True
        her.hand.press(her.button(her.words.sendGo))
        her.reads(her.words.like("network"))
        here.down = False
        her.hand.press(her.button(her.words.sendRetry))
        her.stands_on(her.words.sentTitle, "sent")


def test_a_page_that_cannot_reach_its_services_says_so_and_tries_again(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        for asked in ("page.example/parties.json", "ingest.example/rounds$", "ingest.example/rounds/spring$"):
            here.changes[:] = [(re.compile(asked), lambda answer: Answer(500, answer.headers, b""))]
            her.page.goto("about:blank")
            her.page.goto(PAGE)
            her.reads(her.words.troubleTitle)
            here.changes.clear()
            her.hand.press(her.button(her.words.retry))
            her.stands_on(her.title, "start", moved=False)


def test_words_that_cannot_be_sent_are_kept_and_told(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        at_the_questions(here, her)
        too_long = "é" * 200
        her.answers({"keep": too_long})
        her.reads(her.words.fixFirst)
        expect(her.button(her.words.sendGo)).to_have_count(0)
        her.hand.press(her.link(her.words.like("editOf")).last)
        her.stands_on_question(her.questions[3])
        expect(her.page.get_by_role("textbox")).to_have_value(too_long)
        her.answers_one(her.questions[3], "kort")
        her.goes_on(last=True)
        her.sends()
        assert json.loads(bodies(here)[0])["round"] == "spring"
