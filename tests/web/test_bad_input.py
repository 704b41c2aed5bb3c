"""Wrong codes, wrong times, wrong services, wrong browsers: each is told in words that say what to do."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shared import codes, dates
from shared.canonical import b64, unb64
from tests.rounds_made import CLOSES, NOW, OPENS
from tests.web.person import Person
from tests.web.town import PAGE, Answer, Town, town
from tests.web.way import FIRST
from tests.web.words import words

TO_READ = re.compile(r"GET https://ingest\.example/rounds/spring$")
TO_COLLECT = re.compile(r"GET https://hr\.example/rounds/spring$")


def comes(here: Town, her: Person) -> None:
    her.comes(PAGE)
    her.begins()


# Codes.


def mistyped(code: str) -> str:
    """One character is another one."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


MISTYPED = {
    "": "access-code-prefix",
    "hello": "access-code-prefix",
    "KA-12345": "access-code-length",
    "KA-!!!!!-!!!!!-!!!!!-!!!!!-!!!!!-!!!!!": "access-code-character",
    codes.WalletCode(bytes(16)).text: "access-code-kind",
    mistyped(codes.AccessCode(bytes(16)).text): "access-code-checksum",
}


def test_a_mistyped_code_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.stands_on(her.words.codeTitle, "code")
        before = len(here.asked)
        for typed, sentence in MISTYPED.items():
            field = her.page.locator("#code-0")
            her.hand.write(field, typed)
            her.hand.press(her.button(her.words.codeGo))
            her.reads(her.words[sentence])
            expect(field).to_have_value(typed)
        assert len(here.asked) == before


def test_a_code_may_be_typed_in_small_letters_without_dashes(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes([f" {here.codes('p0')[0].lower().replace('-', ' ')} "])
        her.stands_on(her.words.groupsTitle, "groups")


def test_a_code_that_nobody_knows_is_told_and_can_be_mended(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes([codes.AccessCode(bytes(16)).text])
        her.reads(her.words.like("unknown-code"))
        her.types_codes(here.codes("p0"), again=True)
        her.stands_on(her.words.groupsTitle, "groups")


def test_two_codes_in_each_others_place_collect_nothing(tmp_path: Path) -> None:
    with town(tmp_path, issuers=2) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(list(reversed(here.codes("p0"))))
        her.reads(her.words.like("unknown-code"))
        assert not any(asked.url.endswith("/tokens") for asked in here.asked)


def test_a_code_that_was_used_leads_to_the_key_from_then(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.collects()
        key = her.page.locator("#sleuteltekst").inner_text()

        # On another device, without the key at hand.
        her.takes(context.new_page())
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.stands_on(her.words.openTitle, "open")
        her.reads(her.words["already-collected"])
        her.hand.write(her.page.locator("#sleutel"), mistyped(key))
        her.hand.press(her.button(her.words.openGo))
        her.reads(her.words["wallet-code-checksum"])
        her.hand.write(her.page.locator("#sleutel"), key)
        her.hand.press(her.button(her.words.openGo))
        her.stands_on(her.words.mineTitle, "mine")
        her.goes_to_questions()
        her.reads(her.words.elsewhereToo)


def test_a_file_that_is_no_key_file_is_told(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(PAGE)
        for file in (b"", b"hello", b"{}", b'{"rounds":[],"v":1}', b"\xff\xfe", b"[" * 100_000):
            her.hand.press(her.link(her.words.haveKey))
            her.stands_on(her.words.openTitle, "open")
            her.chooses_file(file)
            her.reads(her.words["wallet-damaged"])
            her.goes_back()
            her.stands_on(her.title, "start")
        her.opens_file(here.wallet("p0"))


# Times.


def test_before_the_opening_one_collects_and_is_told_when_to_come_back(tmp_path: Path) -> None:
    with town(tmp_path) as here:
        here.moves(NOW + 60)
        with here.visitor() as context:
            her = Person(context.new_page(), words("nl"), here.manifest)
            comes(here, her)
            her.types_codes(here.codes("p0"))
            her.collects()
            her.reads(her.words.like("answerLater"))
            expect(her.button(her.words.answerNow)).to_have_count(0)
            her.hand.press(her.link(her.words.doneForNow))
            her.stands_on(her.words.mineTitle, "mine")
            expect(her.button(re.compile(her.words.mineAnswer))).to_have_count(0)
            here.moves(OPENS + 1, context)
            file = her_file(her)
            her.takes(context.new_page())
            her.comes(PAGE)
            her.opens_file(file)
            her.goes_to_questions()
            her.stands_on_question(her.questions[0])


def her_file(her: Person) -> bytes:
    her.hand.press(her.link(her.words.mineKey))
    her.stands_on(her.words.keyTitle, "key")
    return her.saves_file()


def test_a_round_that_closed_meanwhile_is_told_and_takes_nothing(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(PAGE)
        her.opens_file(here.wallet("p0"))
        her.goes_to_questions()
        her.answers(FIRST)
        here.moves(CLOSES + 1, context)
        her.hand.press(her.button(her.words.sendGo))
        her.reads(her.words["closed"])
        assert here.house.envelopes("spring") == []


def test_for_a_closed_round_nobody_can_begin(tmp_path: Path) -> None:
    with town(tmp_path) as here:
        here.moves(CLOSES + 1)
        with here.visitor() as context:
            her = Person(context.new_page(), words("nl"), here.manifest)
            her.comes(PAGE)
            her.reads(her.words.closedRound)
            expect(her.button(her.words.begin)).to_have_count(0)


def test_who_collected_and_did_not_answer_in_time_is_offered_nothing_that_fails(tmp_path: Path) -> None:
    with town(tmp_path) as here:
        file = here.wallet("p0")
        here.moves(CLOSES + 1)
        with here.visitor() as context:
            her = Person(context.new_page(), words("nl"), here.manifest)
            her.comes(PAGE)
            her.opens_file(file)
            expect(her.button(re.compile(her.words.mineAnswer))).to_have_count(0)


# Services that lie, or talk nonsense.


def rewritten(change: Callable[[dict[str, Any]], None]) -> Callable[[Answer], Answer]:
    """The rules with another content, under the signature of the true ones."""

    def changed(answer: Answer) -> Answer:
        shown = json.loads(answer.content)
        head, payload, signature = shown["manifest"].split(".")
        body = json.loads(unb64(payload))
        change(body)
        again = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        shown["manifest"] = ".".join((head, b64(again), signature))
        return Answer(200, answer.headers, json.dumps(shown).encode())

    return changed


def draft_of(body: dict[str, Any]) -> dict[str, Any]:
    draft: dict[str, Any] = body["body"]["manifest"]["draft"]
    return draft


def opens_a_single_answer(body: dict[str, Any]) -> None:
    draft_of(body)["questionnaire"]["parts"][0]["k"] = 1


def closes_later(body: dict[str, Any]) -> None:
    draft_of(body)["closes"] = dates.text(CLOSES + 3600)


@pytest.mark.parametrize("change", [opens_a_single_answer, closes_later])
def test_rules_that_ingest_changed_stop_whoever_comes(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        here.changes.append((TO_READ, rewritten(change)))
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.page.goto(PAGE)
        her.stands_on(her.words.alarmTitle, "alarm")
        her.reads(her.words.alarmDo)
        expect(her.button(her.words.begin)).to_have_count(0)
        assert not any(asked.method == "POST" or "authorization" in asked.headers for asked in here.asked)


def test_rules_that_an_issuer_changed_stop_whoever_collects(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        here.changes.append((TO_COLLECT, rewritten(closes_later)))
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.stands_on(her.words.alarmTitle, "alarm")
        assert not any("authorization" in asked.headers for asked in here.asked)


def test_rules_that_change_after_collecting_stop_whoever_comes_to_answer(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(PAGE)
        her.opens_file(here.wallet("p0"))
        here.changes.append((TO_READ, rewritten(closes_later)))
        her.goes_to_questions()
        her.stands_on(her.words.alarmTitle, "alarm")


def test_a_group_that_is_not_in_the_rules_stops_whoever_collects(tmp_path: Path) -> None:
    def alone(answer: Answer) -> Answer:
        shown = json.loads(answer.content)
        shown["parts"][0]["names"] = ["Name 0"]
        return Answer(200, answer.headers, json.dumps(shown).encode())

    with town(tmp_path) as here, here.visitor() as context:
        here.changes.append((re.compile("/membership$"), alone))
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.stands_on(her.words.alarmTitle, "alarm")
        her.reads(her.words["wrong-members"])
        assert not any(asked.url.endswith("/tokens") for asked in here.asked)


def test_signatures_that_are_none_stop_whoever_collects(tmp_path: Path) -> None:
    def forged(answer: Answer) -> Answer:
        shown = json.loads(answer.content)
        shown["signatures"][1] = shown["signatures"][0]
        return Answer(200, answer.headers, json.dumps(shown).encode())

    with town(tmp_path) as here, here.visitor() as context:
        here.changes.append((re.compile("/tokens$"), forged))
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.stands_on(her.words.groupsTitle, "groups")
        her.hand.press(her.button(her.words.collectGo))
        her.stands_on(her.words.alarmTitle, "alarm")


def test_a_forged_receipt_is_an_alarm(tmp_path: Path) -> None:
    def forged(answer: Answer) -> Answer:
        receipt = json.loads(answer.content)["receipt"]
        head, payload, _ = receipt.split(".")
        return Answer(202, answer.headers, json.dumps({"receipt": f"{head}.{payload}.{b64(bytes(64))}"}).encode())

    with town(tmp_path) as here, here.visitor() as context:
        here.changes.append((re.compile("/envelopes$"), forged))
        her = Person(context.new_page(), words("nl"), here.manifest)
        her.comes(PAGE)
        her.opens_file(here.wallet("p0"))
        her.goes_to_questions()
        her.answers(FIRST)
        her.hand.press(her.button(her.words.sendGo))
        her.stands_on(her.words.alarmTitle, "alarm")
        her.reads(her.words["bad-receipt"])


NONSENSE = (
    b"",
    b"<!doctype html><title>Welcome</title>",
    b"[]",
    b'{"hello": 1}',
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    bytes(range(256)),
)


@pytest.mark.parametrize(
    "path", [r"ingest\.example/rounds$", r"hr\.example/rounds/spring$", "/membership$", "/tokens$"]
)
def test_nonsense_is_told_and_nothing_breaks(tmp_path: Path, path: str) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        broken: list[str] = []
        context.on("weberror", lambda error: broken.append(str(error.error)))
        for number, content in enumerate(NONSENSE):
            here.changes[:] = [(re.compile(path), partial(says, content))]
            her = Person(context.new_page(), words("nl"), here.manifest)
            her.page.goto(PAGE)
            if "ingest" not in path:
                her.stands_on(her.title, "start", moved=False)
                her.begins()
                her.types_codes(here.codes(f"p{number}"))
            if path == "/tokens$":
                her.stands_on(her.words.groupsTitle, "groups")
                her.hand.press(her.button(her.words.collectGo))
            told = her.page.get_by_text(her.words.troubleTitle).or_(her.page.get_by_text(her.words.alarmTitle))
            expect(told.first).to_be_visible()
            her.page.close()
        assert broken == []


def says(content: bytes, answer: Answer) -> Answer:
    """Whatever was asked."""
    return Answer(200, answer.headers, content)


def test_a_list_of_services_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        for parties in (b"", b"{}", b"[]", b'{"generations":[]}', b"\xff"):
            here.changes[:] = [(re.compile("parties.json$"), partial(says, parties))]
            her = Person(context.new_page(), words("nl"), here.manifest)
            her.page.goto(PAGE)
            her.reads(her.words["bad-parties"])
            her.page.close()
        assert {asked.origin for asked in here.asked} == {PAGE}


# Browsers.


@pytest.mark.parametrize(
    ("less", "sentence"),
    [
        ("delete Crypto.prototype.subtle", "crypto"),
        ("delete globalThis.BigInt", "numbers"),
        ("delete globalThis.fetch", "fetch"),
        ("Object.defineProperty(globalThis, 'isSecureContext', { value: false })", "insecure"),
    ],
    ids=["crypto", "numbers", "fetch", "insecure"],
)
def test_a_browser_that_lacks_something_is_told_and_given_the_other_way(
    tmp_path: Path, less: str, sentence: str
) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        context.add_init_script(less)
        page = context.new_page()
        her = Person(page, words("nl"), here.manifest)
        page.goto(PAGE)
        her.reads(her.words.lackTitle)
        her.reads(her.words[sentence])
        her.reads("klankbord collect")
        assert {asked.origin for asked in here.asked} == {PAGE}


def test_a_browser_without_workers_computes_itself(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        context.add_init_script("delete globalThis.Worker")
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.collects()


def test_a_browser_without_storage_goes_on_without(tmp_path: Path) -> None:
    with town(tmp_path) as here, here.visitor() as context:
        context.add_init_script(
            "Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('no'); } })"
        )
        her = Person(context.new_page(), words("nl"), here.manifest)
        comes(here, her)
        her.types_codes(here.codes("p0"))
        her.collects()
        her.page.get_by_label(her.words.remember).click()
        her.reads(her.words.rememberFailed)
