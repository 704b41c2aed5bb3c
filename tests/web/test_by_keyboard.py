"""The whole way with the keyboard alone."""

from pathlib import Path

from playwright.sync_api import expect

from tests.web.hands import Typing
from tests.web.person import Person
from tests.web.town import PAGE, town
from tests.web.way import whole
from tests.web.words import words

EVERYTHING = {
    "start", "limits", "rules", "code", "groups", "collecting", "key", "open", "mine", "question", "open question",
    "all", "review", "sending", "sent", "counted",
}  # fmt: skip


def test_the_whole_way_can_be_gone_by_keyboard_and_the_focus_is_on_each_heading(tmp_path: Path) -> None:
    # `Typing` wants to see a ring wherever the focus is, and `stands_on` the focus on the heading of every new screen.
    seen: set[str] = set()
    with town(tmp_path, issuers=2) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest, Typing(), seen.add)
        whole(here, context, her)
    assert seen == EVERYTHING


def test_the_first_stop_of_tab_leads_past_the_frame(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest, Typing())
        her.comes(PAGE)
        her.page.keyboard.press("Tab")
        expect(her.button(her.words.skip)).to_be_focused()
        her.page.keyboard.press("Enter")
        expect(her.page.locator("main")).to_be_focused()


def test_enter_in_a_field_sends_it_and_a_mistake_is_where_the_focus_goes(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("en"), here.manifest, Typing())
        her.page.goto(PAGE)
        her.hand.press(her.button("English"))
        her.stands_on(her.title, "start", moved=False)
        her.begins()
        her.stands_on(her.words.codeTitle, "code")
        field = her.page.locator("#code-0")
        her.hand.write(field, here.codes("p0")[0][:-1])
        her.page.keyboard.press("Enter")
        her.reads(her.words["access-code-length"])
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        her.hand.write(field, here.codes("p0")[0])
        her.page.keyboard.press("Enter")
        her.stands_on(her.words.groupsTitle, "groups")
