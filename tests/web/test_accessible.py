"""WCAG 2.2 AA as far as a machine can see it: every screen, both languages, light and dark, narrow and wide."""

import re
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from shared import codes
from tests.web import axe
from tests.web.person import Person
from tests.web.test_by_keyboard import EVERYTHING
from tests.web.town import PAGE, Town, refusal, town
from tests.web.way import whole
from tests.web.words import LANGUAGES, words

LOOKS: list[tuple[Literal["light", "dark"], int]] = [("light", 320), ("light", 1280), ("dark", 320), ("dark", 1280)]
"""Colour scheme and width in CSS pixels: 320 is a phone, or 1280 at four times the size (WCAG 1.4.10)."""

SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"

CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((it) => {
  const { overflowX, overflowY, position, clip, display } = getComputedStyle(it);
  if (it.matches("textarea, svg *, .skip, .hidden, .print, .print *, input") || display === "inline") return false;
  const hides = (how) => how === "hidden" || how === "clip";
  return (hides(overflowX) && it.scrollWidth > it.clientWidth + 1)
    || (hides(overflowY) && it.scrollHeight > it.clientHeight + 1);
}).map((it) => it.outerHTML.slice(0, 80))"""

MOVING = """() => [...document.querySelectorAll("*")].flatMap((it) => {
  const { transitionDuration, animationDuration, animationName, scrollBehavior } = getComputedStyle(it);
  const one = (text) => parseFloat(text) * (text.includes("ms") ? 0.001 : 1);
  const seconds = (text) => Math.max(...text.split(",").map(one));
  const moves = seconds(transitionDuration) > 0.01 || (animationName !== "none" && seconds(animationDuration) > 0.01);
  return moves || scrollBehavior === "smooth" ? [it.outerHTML.slice(0, 80)] : [];
})"""

SMALL = """() => [
  ...document.querySelectorAll("button, input:not([type=radio], [type=checkbox]), label.option, .actions a, textarea"),
]
  .filter((it) => it.getClientRects().length > 0)
  .filter((it) => { const { width, height } = it.getBoundingClientRect(); return width < 24 || height < 24; })
  .map((it) => it.outerHTML.slice(0, 80))"""
"""Of 24 CSS pixels at least (WCAG 2.5.8)."""


class Looking:
    """Looks at screens in every way, and remembers what was wrong."""

    def __init__(self) -> None:
        self.page: Page | None = None
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []

    def at(self, screen: str) -> None:
        assert self.page is not None
        self.seen[screen] += 1
        # Nothing moves for whoever wants it so; and colours on their way from light to dark are nobody's.
        for scheme, width in LOOKS:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 800})
            where = f"{screen}, {scheme}, {width} px"
            self.wrong += [f"{where}: {one}" for one in axe.violations(self.page)]
            self._hold(where, "has to be scrolled sideways", self.page.evaluate(SIDEWAYS))
        self._hold(screen, "moves all the same", self.page.evaluate(MOVING))
        self._hold(screen, "is too small to touch", self.page.evaluate(SMALL))
        self._twice_as_large(screen)

    def _twice_as_large(self, screen: str) -> None:
        assert self.page is not None
        size = "() => parseFloat(getComputedStyle(document.querySelector('main') ?? document.body).fontSize)"
        before = self.page.evaluate(size)
        # As a browser's own setting does, on a window of half a laptop's width.
        self.page.set_viewport_size({"width": 640, "height": 800})
        self.page.evaluate("() => { document.documentElement.style.fontSize = '225%'; }")
        if self.page.evaluate(size) != 2 * before:
            self.wrong.append(f"{screen}: text does not grow")
        self._hold(screen, "text of 200 % is scrolled sideways", self.page.evaluate(SIDEWAYS))
        self._hold(screen, "text of 200 % is cut off", self.page.evaluate(CUT_OFF))
        self.page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
        self.page.set_viewport_size({"width": 390, "height": 844})

    def _hold(self, where: str, what: str, found: object) -> None:
        if found:
            self.wrong.append(f"{where}: {what}: {found}")


class Looked(Person):
    """A person whose every screen is looked at."""

    looking: Looking

    def takes(self, page: Page) -> None:
        super().takes(page)
        self.looking.page = page


def looked(page: Page, language: str, here: Town) -> Looked:
    looking = Looking()
    her = Looked(page, words(language), here.manifest, seen=looking.at)
    her.looking = looking
    looking.page = page
    return her


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_of_the_way_breaks_a_rule_in_any_look(tmp_path: Path, language: str) -> None:
    axe.needed()
    locale = {"nl": "nl-NL", "en": "en-GB"}[language]
    with town(tmp_path, trial=True) as here, here.visitor(bypass_csp=True, locale=locale) as context:
        her = looked(context.new_page(), language, here)
        whole(here, context, her)
        expect(her.page.locator("html")).to_have_attribute("lang", language)
    assert her.looking.wrong == []
    assert set(her.looking.seen) == EVERYTHING


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_of_a_trouble_breaks_a_rule_in_any_look(tmp_path: Path, language: str) -> None:
    axe.needed()
    locale = {"nl": "nl-NL", "en": "en-GB"}[language]
    with town(tmp_path, issuers=2) as here, here.visitor(bypass_csp=True, locale=locale) as context:
        her = looked(context.new_page(), language, here)
        see = her.looking.at

        here.changes.append((re.compile("ingest.example/rounds$"), refusal(503, "log-unavailable")))
        her.page.goto(PAGE)
        her.reads(her.words.troubleTitle)
        see("services away")
        here.changes.clear()
        her.hand.press(her.button(her.words.retry))
        her.stands_on(her.title, "start", moved=False)

        her.begins()
        her.types_codes(["KA-1", "nonsense"])
        her.reads(her.words["access-code-length"])
        see("mistyped codes")
        stranger = codes.AccessCode(bytes(16)).text
        her.types_codes([stranger, stranger], again=True)
        her.reads(her.words.troubleTitle)
        see("unknown codes")
        her.types_codes(here.codes("p0"), again=True)
        her.stands_on(her.words.groupsTitle, "groups")

        her.takes(context.new_page())
        her.page.goto(f"{PAGE}/#kiosk")
        her.reads(her.words.kioskTitle)
        see("kiosk")
    assert her.looking.wrong == []


def test_a_browser_that_lacks_something_is_told_so_in_a_right_way(tmp_path: Path) -> None:
    axe.needed()
    with town(tmp_path) as here, here.visitor(bypass_csp=True) as context:
        context.add_init_script("delete Crypto.prototype.subtle")
        her = looked(context.new_page(), "nl", here)
        her.page.goto(PAGE)
        her.reads(her.words.lackTitle)
        her.looking.at("lack")
    assert her.looking.wrong == []
