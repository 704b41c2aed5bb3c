"""The whole way through the page: every screen that somebody sees who collects, answers, changes and looks back.

start  limits  rules  code  groups  collecting  key  open  mine  question  open question  all  review  sending  sent
counted
"""

import re
from functools import partial

from playwright.sync_api import BrowserContext

from clients.cli.answering import Answer
from tests.web.person import Person
from tests.web.town import PAGE, Town

OTHERS = tuple(f"p{number}" for number in (*range(1, 8), *range(12, 18)))
"""With her they are enough for a result of each part."""

NAMING = "name 0 weet het, bel 06-12345678"
"""Colleagues in a town are called Name 0, Name 1 ..."""

FIRST: dict[str, Answer] = {"q0": 4, "q1": None, "keep": NAMING}
THEN: dict[str, Answer] = {"q0": 0, "q1": 3, "q2": 2, "keep": "De vrijdag"}


def whole(town: Town, context: BrowserContext, her: Person, person: str = "p0") -> None:
    """`her` page is one of `context`; she ends on "counted". The town's round has just opened."""
    seen = her.seen

    her.comes(PAGE)
    for link, title, screen in (("limitsLink", "limitsTitle", "limits"), ("rulesLink", "rulesTitle", "rules")):
        her.hand.press(her.link(her.words[link]))
        her.stands_on(her.words[title], screen)
        her.goes_back()
        her.stands_on(her.title, "start")
    her.begins()
    her.types_codes(town.codes(person))
    town.meanwhile.append((re.compile(r"POST \S+/tokens$"), partial(seen, "collecting")))
    her.collects()
    file = her.saves_file()

    # On another device.
    her.page.close()
    her.takes(context.new_page())
    her.comes(PAGE)
    her.opens_file(file)
    her.goes_to_questions()
    her.answers(FIRST)
    town.meanwhile.append((re.compile(r"POST \S+/envelopes$"), partial(seen, "sending")))
    her.sends()
    her.is_done()

    # She changes her mind, with all questions on one page.
    her.goes_to_questions(again=True)
    her.hand.press(her.link(her.words.allAtOnce))
    her.stands_on(her.words.allTitle, "all")
    for question in her.questions:
        her.answers_one(question, THEN[question.id])
    her.goes_on(last=True)
    her.stands_on(her.words.reviewTitle, "review")
    her.sends()
    file = her.saves_file()

    town.crowd(*OTHERS)
    town.closes(context)
    her.page.close()
    her.takes(context.new_page())
    her.comes(PAGE)
    her.opens_file(file)
    her.asks_whether_counted()
    her.reads(her.words.countedYes)
