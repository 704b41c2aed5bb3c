"""What the page does behind somebody's back: nothing. It asks nobody else, keeps nothing unasked, and hides codes."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect

from tests.web.person import Person
from tests.web.town import PAGE, Town, town
from tests.web.watching import NOTHING, Watching
from tests.web.way import FIRST, NAMING, whole
from tests.web.words import words

PUBLIC = re.compile(r"GET https://(hr|council|ingest)\.example/rounds(/spring)?")
RESULTS = re.compile(r"GET https://report\.example/rounds/spring/(release|counted)")
OF_A_MEMBER = re.compile(r"(GET|POST) https://(?P<issuer>hr|council)\.example/rounds/spring/(membership|tokens)")
SENT = re.compile(r"POST https://ingest\.example/envelopes")


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, list[str], list[dict[str, object]]]:
    """The whole way with two issuers, gone once: what was asked, what was wrong, what was stored on each screen."""
    stored: list[dict[str, object]] = []
    with town(tmp_path_factory.mktemp("town"), issuers=2) as here, here.visitor() as context:
        watching = Watching(context)
        her = Person(context.new_page(), words("nl"), here.manifest)

        def look(screen: str) -> None:
            # While a request is under way the browser waits for its answer first.
            if screen not in ("collecting", "sending"):
                stored.append(watching.stored(her.page))

        her.seen = look
        whole(here, context, her)
        return here, watching.wrong, stored


def test_the_page_asks_itself_and_the_parties_and_nobody_else(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    here, _, _ = gone
    assert here.strangers == []
    assert {asked.origin for asked in here.asked} == here.origins


def test_every_request_is_one_of_the_protocol_or_a_file_of_the_page(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    here, _, _ = gone
    forms = (PUBLIC, RESULTS, OF_A_MEMBER, SENT)
    for asked in here.asked:
        if asked.origin == PAGE:
            assert re.fullmatch(r"https://page\.example/(assets/[\w.-]+|parties\.json|icon\.svg)?", asked.url), (
                asked.url
            )
        else:
            assert any(form.fullmatch(f"{asked.method} {asked.url}") for form in forms), asked.url


def test_an_access_code_is_seen_by_its_own_issuer_only_and_only_in_the_header_for_it(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    here, _, _ = gone
    codes = dict(zip(here.house.installed.parties.issuer_names, here.codes("p0"), strict=True))
    times = 0
    for asked in here.asked:
        bearer = asked.headers.get("authorization", "")
        of = OF_A_MEMBER.fullmatch(f"{asked.method} {asked.url}")
        assert bool(bearer) == bool(of)
        if of:
            times += 1
            assert _letters(bearer) == _letters(f"Bearer {codes[of['issuer']]}")
        rest = _letters(json.dumps([asked.url, {**asked.headers, "authorization": ""}, asked.body]))
        assert not any(_letters(code) in rest for code in codes.values())
    assert times >= 4


def _letters(text: str) -> str:
    """A code however it is written."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def test_whoever_answers_asks_the_page_and_ingest_only(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    here, _, _ = gone
    sent = [place for place, asked in enumerate(here.asked) if SENT.fullmatch(f"{asked.method} {asked.url}")]
    assert len(sent) == 2 * 2
    # The last file of the page before that is loaded when she opens her key on another device.
    came = max(place for place, asked in enumerate(here.asked[: sent[0]]) if asked.url == f"{PAGE}/")
    assert {asked.origin for asked in here.asked[came : sent[-1] + 1]} == {PAGE, "https://ingest.example"}


def test_no_request_tells_where_it_comes_from_or_in_which_language(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    here, _, _ = gone
    for asked in here.asked:
        assert "cookie" not in asked.headers and "referer" not in asked.headers
        if asked.origin != PAGE:
            assert asked.headers["accept-language"] == "*"


def test_answers_and_names_travel_sealed_only(gone: tuple[Town, list[str], list[dict[str, object]]]) -> None:
    here, _, _ = gone
    bodies = "".join(asked.body or "" for asked in here.asked)
    assert "outer" in bodies
    for needle in (NAMING, "De vrijdag", "Name 0", *(f'"{question}"' for question in FIRST)):
        assert needle not in bodies


def test_nothing_is_kept_on_the_device_on_any_screen(gone: tuple[Town, list[str], list[dict[str, object]]]) -> None:
    _, _, stored = gone
    assert len(stored) > 15
    assert all(one == NOTHING for one in stored)


def test_the_policy_of_the_host_is_never_broken_and_nothing_complains(
    gone: tuple[Town, list[str], list[dict[str, object]]],
) -> None:
    _, wrong, _ = gone
    assert wrong == []


def test_a_watcher_would_see_a_broken_policy_and_a_stored_word(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        watching = Watching(context)
        page = context.new_page()
        page.goto(PAGE)
        page.evaluate("() => fetch('https://elsewhere.example/').catch(() => {})")
        page.evaluate("() => localStorage.setItem('a', 'b')")
        assert watching.stored(page) != NOTHING
        assert any("connect-src https://elsewhere.example" in one for one in watching.wrong)
        # The policy held: nothing was asked.
        assert here.strangers == []


def test_a_code_in_the_link_is_nowhere_to_be_found_afterwards(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        page = context.new_page()
        her = Person(page, words("nl"), here.manifest)
        (code,) = here.codes("p0")
        her.comes(f"{PAGE}/#code={code}")
        assert page.url == f"{PAGE}/#begin"
        assert page.evaluate("() => [history.length, document.referrer]") == [page.evaluate("history.length"), ""]
        her.begins()
        her.collects()
        for _ in range(4):
            assert code not in page.url and "code=" not in page.url
            page.go_back()
        assert not any("code=" in asked.url or code in asked.url for asked in here.asked)


def test_a_link_that_is_pasted_into_the_open_page_works_and_is_taken_away(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(PAGE)
        her.page.evaluate("(code) => { location.hash = `#code=${code}`; }", here.codes("p0")[0])
        expect(her.page).to_have_url(f"{PAGE}/#begin")
        her.begins()
        her.stands_on(her.words.groupsTitle, "groups")


def test_only_who_asks_is_remembered_and_forgetting_leaves_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        watching = Watching(context)
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(f"{PAGE}/#code={here.codes('p0')[0]}")
        her.begins()
        her.collects()
        assert watching.stored(her.page) == NOTHING
        her.reads(her.words.rememberRisk)
        her.page.get_by_label(her.words.remember).check()
        assert watching.stored(her.page) == {**NOTHING, "local": ["klankbord-wallet"]}
        # Neither the key nor the access code is in it.
        key = her.page.locator("#sleuteltekst").inner_text()
        held = her.page.evaluate("() => localStorage.getItem('klankbord-wallet')")
        assert _letters(key) not in _letters(held) and _letters(here.codes("p0")[0]) not in _letters(held)

        # Another day: no login, and the device knows which rounds there are.
        her.page.close()
        her.takes(context.new_page())
        her.page.goto(PAGE)
        her.stands_on(her.words.mineTitle, "mine", moved=False)
        her.goes_to_questions()
        her.answers(FIRST)
        her.sends()
        her.is_done()

        # Forgetting is asked about once.
        asked: list[str] = []

        def refuses(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        her.page.once("dialog", refuses)
        her.hand.press(her.button(her.words.forget))
        assert asked == [her.words.forgetSure]
        assert watching.stored(her.page) != NOTHING
        her.page.once("dialog", lambda dialog: dialog.accept())
        her.hand.press(her.button(her.words.forget))
        her.stands_on(her.title, "start")
        her.reads(her.words.forgotten)
        assert watching.stored(her.page) == NOTHING
        her.page.reload()
        her.stands_on(her.title, "start", moved=False)
        assert watching.wrong == []


def test_unchecking_remember_takes_it_back_at_once(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        watching = Watching(context)
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(f"{PAGE}/#code={here.codes('p0')[0]}")
        her.begins()
        her.collects()
        box = her.page.get_by_label(her.words.remember)
        box.check()
        box.uncheck()
        assert watching.stored(her.page) == NOTHING
