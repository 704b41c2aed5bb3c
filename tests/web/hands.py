"""Two ways to use a page: pointing at things, and the keyboard alone."""

from typing import Protocol

from playwright.sync_api import Locator

FARTHEST = 60
"""Times that Tab or an arrow is pressed before something counts as out of reach; no screen has as many stops."""

_SEEN = """it => {
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const around = it.matches("input[type=radio], input[type=checkbox]") ? getComputedStyle(it.parentElement) : null;
  const wide = (style, width) => style !== "none" && parseFloat(width) >= 2;
  return wide(outlineStyle, outlineWidth) || (around !== null && wide(around.outlineStyle, around.outlineWidth));
}"""
"""Whether a ring of at least two pixels stands around what has the focus, or around the whole option."""


class Hand(Protocol):
    def press(self, what: Locator) -> None:
        """A button or a link."""

    def choose(self, what: Locator) -> None:
        """One of several options."""

    def write(self, where: Locator, text: str) -> None:
        """Instead of what stands there."""


class Pointing:
    """A finger on a phone, or a mouse."""

    def press(self, what: Locator) -> None:
        what.click()

    def choose(self, what: Locator) -> None:
        what.check()

    def write(self, where: Locator, text: str) -> None:
        where.fill(text)


class Typing:
    """Tab, Enter, Space and arrows, and always a ring to see where one is."""

    def press(self, what: Locator) -> None:
        self._go(what)
        what.page.keyboard.press("Enter")

    def choose(self, what: Locator) -> None:
        keys = what.page.keyboard
        self._tab(what, "it => document.activeElement?.name === it.name")
        for _ in range(FARTHEST):
            if what.evaluate("it => document.activeElement === it"):
                break
            keys.press("ArrowDown")
        assert what.evaluate(_SEEN), "nobody sees which option has the focus"
        if not what.is_checked():
            keys.press("Space")

    def write(self, where: Locator, text: str) -> None:
        self._go(where)
        keys = where.page.keyboard
        keys.press("ControlOrMeta+a")
        keys.press("Delete")
        keys.type(text)

    def _go(self, what: Locator) -> None:
        self._tab(what, "it => document.activeElement === it")
        assert what.evaluate(_SEEN), "nobody sees where the focus is"

    def _tab(self, what: Locator, there: str) -> None:
        what.wait_for()
        for _ in range(FARTHEST):
            if what.evaluate(there):
                return
            what.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never leads to {what}")
