"""A device that several people use: it forgets everything after each, and after a minute of nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from tests.web.person import Person
from tests.web.town import PAGE, Town, town
from tests.web.watching import NOTHING, Watching
from tests.web.way import FIRST
from tests.web.words import words

KIOSK = f"{PAGE}/#kiosk"

SECRET = "Woorden van iemand"


@contextmanager
def kiosk(here: Town, *, clock: bool = False, has_touch: bool = False) -> Iterator[tuple[Person, Watching]]:
    """With `clock` the test says how much time passes."""
    with here.visitor(fixed=not clock, has_touch=has_touch) as context:
        watching = Watching(context)
        if clock:
            context.clock.install(time=here.house.clock.now)
            context.clock.pause_at(here.house.clock.now + 1)
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(KIOSK)
        yield her, watching
        assert watching.stored(her.page) == NOTHING
        assert watching.wrong == []


def is_wiped(her: Person) -> None:
    """Nothing of her is left, not even in the fields of the next person or behind Back."""
    her.stands_on(her.title, "start")
    her.reads(her.words.kioskWiped)
    her.begins()
    her.stands_on(her.words.codeTitle, "code")
    expect(her.page.locator("#code-0")).to_have_value("")
    for hash_of in ("#nakijken", "#sleutel", "#rondes", "#vraag-1"):
        her.page.evaluate("(hash) => { location.hash = hash; }", hash_of)
        expect(her.page).not_to_have_url(f"{PAGE}/{hash_of}")
        for text in (SECRET, "KW-", "Name 1"):
            expect(her.page.locator("body")).not_to_contain_text(text)


def collects(here: Town, her: Person, person: str = "p0") -> None:
    her.begins()
    her.types_codes(here.codes(person))
    her.collects()


def test_after_a_minute_of_nothing_everything_is_erased(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here, clock=True) as (her, _):
        clock = her.page.clock
        countdown = her.page.get_by_role("region", name=her.words.kioskThere)
        collects(here, her)
        her.hand.press(her.button(her.words.answerNow))
        her.answers({"q0": 1, "keep": SECRET})
        clock.run_for(39_000)
        expect(countdown).to_have_count(0)
        clock.run_for(3_000)
        expect(countdown).to_be_visible()

        # Whoever is still there says so, and has a minute again.
        her.hand.press(her.button(her.words.kioskStay))
        clock.run_for(1_000)
        expect(countdown).to_have_count(0)
        her.reads(SECRET)
        clock.run_for(42_000)
        expect(countdown).to_be_visible()
        her.page.keyboard.press("Tab")
        clock.run_for(1_000)
        expect(countdown).to_have_count(0)

        clock.run_for(62_000)
        is_wiped(her)


def test_a_tap_on_the_countdown_hits_nothing_below_it(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here, clock=True, has_touch=True) as (her, _):
        collects(here, her)
        her.hand.press(her.button(her.words.answerNow))
        her.answers({"q0": 1, "keep": SECRET})
        her.page.clock.run_for(50_000)
        box = her.button(her.words.kioskStay).bounding_box()
        assert box is not None
        her.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        her.page.clock.run_for(1_000)
        expect(her.page.get_by_role("region", name=her.words.kioskThere)).to_have_count(0)
        her.reads(her.words.reviewTitle)
        assert here.house.envelopes("spring") == []


def test_a_code_that_was_typed_and_left_is_erased_too(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here, clock=True) as (her, _):
        her.begins()
        her.stands_on(her.words.codeTitle, "code")
        her.hand.write(her.page.locator("#code-0"), here.codes("p0")[0])
        her.page.clock.run_for(62_000)
        is_wiped(her)


def test_after_each_person_everything_is_erased_and_the_next_can_begin(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here) as (her, _):
        for person in ("p0", "p1"):
            collects(here, her, person)
            her.hand.press(her.button(her.words.answerNow))
            her.answers({**FIRST, "keep": SECRET})
            her.sends()
            her.hand.press(her.button(her.words.sentKiosk))
            is_wiped(her)
        assert len(set(here.house.envelopes("spring"))) == 2 * 2


def test_a_shared_device_offers_no_way_to_keep_anything_on_it(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here) as (her, _):
        collects(here, her)
        her.reads(her.words.kioskKey)
        for offer in ("keyCopy", "keyFile", "keyPrint"):
            expect(her.button(her.words[offer])).to_have_count(0)
        expect(her.page.get_by_label(her.words.remember)).to_have_count(0)


def test_a_shared_device_is_still_one_after_a_reload(tmp_path: Path) -> None:
    with town(tmp_path) as here, kiosk(here) as (her, _):
        her.begins()
        her.stands_on(her.words.codeTitle, "code")
        her.page.reload()
        her.stands_on(her.title, "start", moved=False)
        her.reads(her.words.kioskTitle)
