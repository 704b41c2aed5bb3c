"""One person's story in a real browser against the real running suite, from the link in her mail to being counted."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from clients.cli.answering import Answer
from deploy.trial import outside, simulation
from deploy.trial.simulation import Turnout
from deploy.trial.story import TrueAnswers
from services.page.built import FOLDER
from shared.manifest import Manifest
from shared.rounds import State
from tests import browser_here
from tests.process.suite import Suite, suite, truth_of, wait_until
from tests.web.person import Person
from tests.web.town import HURRY
from tests.web.watching import NOTHING, Watching
from tests.web.words import words

FIRST_NAMES = [
    *("Aisha", "Bram", "Chantal", "Daan", "Emine", "Femke", "Gijs", "Hanna", "Ibrahim", "Joris", "Karin", "Lotte"),
    *("Milan", "Nora", "Omar", "Pieter", "Quinten", "Rosa", "Sem", "Tess", "Umar", "Vera", "Wouter", "Xander"),
    *("Yara", "Zoë", "Anouk", "Boris", "Carla", "Dirk"),
]

ROSTER = "person,name,mail,language,company,team\n" + "".join(
    f"w{number},{name} de Boer,w{number}@voorbeeld.example,nl,Bedrijf,{'Rood' if number < 14 else 'Blauw'}\n"
    for number, name in enumerate(FIRST_NAMES)
)
"""30 people in two teams: three groups."""

PEOPLE = [f"w{number}" for number in range(len(FIRST_NAMES))]
ME, OTHERS = PEOPLE[0], PEOPLE[1:]

AHEAD = 10.0
"""Seconds from the draft to the opening: keys are made and everybody agrees in a few, and I collect."""

LASTS = (32.0, 150.0)
"""Seconds for which a round is open. Where a busy machine takes longer the story begins anew, with more time."""

NAMING = "Bram en ik vinden de vrijdag het beste"
FIRST: dict[str, Answer] = {"recommend": 2, "keep": NAMING, "change": "Minder overleg"}
THEN: dict[str, Answer] = {"recommend": 9, "keep": "De vrijdag", "change": None}
TRUE = TrueAnswers({"recommend": 9}, {"keep": "De vrijdag", "change": ""})


class TooLate(Exception):
    """The round closed while the story was still being told: this machine is busy."""


@dataclass
class Devices:
    """My browsers, each with nothing of the others, and everything that they did."""

    running: Suite
    language: str
    asked: list[Request] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    headers: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """METHOD, address and all headers of each request."""

    @contextmanager
    def another(self, *, hurry: bool) -> Iterator[tuple[BrowserContext, Watching]]:
        locale = {"nl": "nl-NL", "en": "en-GB"}[self.language]
        with browser_here.person(viewport={"width": 390, "height": 844}, has_touch=True, locale=locale) as context:
            asked: list[Request] = []
            context.on("request", lambda request: asked.append(request))
            if hurry:
                context.add_init_script(HURRY)
            watching = Watching(context)
            yield context, watching
            for page in context.pages:
                assert watching.stored(page) == NOTHING
            self.headers += [(one.method, one.url, one.all_headers()) for one in asked if one.url.startswith("http")]
            self.wrong += watching.wrong


def tell(running: Suite, language: str, round_id: str, lasts: float) -> None:
    """The whole of it; TooLate if the machine was too busy for a round of so many seconds."""
    page = running.installation.services["page"].url
    running.open_round(round_id, ahead=AHEAD, lasts=lasts)
    manifest = running.agreed(round_id)
    my_codes = [running.codes[ME][issuer.name].text for issuer in running.installation.book.current.issuers]
    devices = Devices(running, language)
    with ThreadPoolExecutor(1) as pool:
        others: Future[Turnout] = pool.submit(everybody_else, running, manifest)
        try:
            file = collect(devices, manifest, page, my_codes)
            file = answer(devices, manifest, page, file)
            file = change(devices, manifest, page, file)
            turnout = others.result()
        except AssertionError:
            if time.time() < manifest.draft.closes:
                raise
            raise TooLate from None
    if turnout.late:
        raise TooLate

    wait_until(lambda: running.fold().rounds[round_id].phase is State.RELEASED, within=lasts + 60)
    counted(devices, manifest, page, file)
    numbers, comments, entries = outside.release(running.log, running.fold().rounds[round_id])
    answered = {**turnout.answered, ME: TRUE}
    assert outside.differences(manifest, numbers, comments, answered) == []
    assert len(entries.counted) + len(entries.held_back) == 3 * len(answered)
    keeps_to_itself(devices, my_codes, page)


def everybody_else(running: Suite, manifest: Manifest) -> Turnout:
    wait_until(lambda: time.time() > manifest.draft.answer_from + 0.3)
    truth = {person: truth_of(person) for person in OTHERS}
    return simulation.answer_all(running.client, manifest, running.codes, truth, time.time, lambda _done: None)


def collect(devices: Devices, manifest: Manifest, page: str, my_codes: list[str]) -> bytes:
    """On the phone, with the link from the mail."""
    with devices.another(hurry=False) as (context, _):
        me = Person(context.new_page(), words(devices.language), manifest)
        me.comes(f"{page}/#" + "&".join(f"code={code}" for code in my_codes))
        assert me.page.url == f"{page}/#begin"
        me.begins()
        me.collects()
        assert not any(code in me.page.content() for code in my_codes)
        return me.saves_file()


def answer(devices: Devices, manifest: Manifest, page: str, file: bytes) -> bytes:
    """On another device, with the pauses that everybody has; the network fails once."""
    wait_until(lambda: is_open(devices.running, manifest), within=AHEAD + 30)
    with devices.another(hurry=devices.language == "en") as (context, watching):
        me = Person(context.new_page(), words(devices.language), manifest)
        me.comes(page)
        me.opens_file(file)
        context.set_offline(True)
        me.goes_to_questions()
        me.reads(me.words.troubleTitle)
        context.set_offline(False)
        # The browser itself says in its console that there was no network.
        watching.wrong[:] = [one for one in watching.wrong if "ERR_INTERNET_DISCONNECTED" not in one]
        me.goes_to_questions()
        me.stands_on_question(me.questions[0])
        me.answers_one(me.questions[0], FIRST["recommend"])
        me.goes_on()
        me.stands_on_question(me.questions[1])
        me.answers_one(me.questions[1], FIRST["keep"])
        # A gentle word on the name of a colleague; it stays mine to decide.
        me.reads(me.words.hintsWhy)
        expect(me.page.get_by_role("status").filter(has_text="“Bram”")).to_be_visible()
        me.goes_on()
        me.stands_on_question(me.questions[2])
        me.answers_one(me.questions[2], FIRST["change"])
        me.goes_on(last=True)
        me.stands_on(me.words.reviewTitle, "review")
        me.sends()
        return me.saves_file()


def change(devices: Devices, manifest: Manifest, page: str, file: bytes) -> bytes:
    """On a third one."""
    with devices.another(hurry=True) as (context, _):
        me = Person(context.new_page(), words(devices.language), manifest)
        me.comes(page)
        me.opens_file(file)
        me.goes_to_questions(again=True)
        me.reads(me.words.changing)
        me.answers({question: given for question, given in THEN.items() if given is not None})
        me.sends()
        return me.saves_file()


def counted(devices: Devices, manifest: Manifest, page: str, file: bytes) -> None:
    with devices.another(hurry=True) as (context, _):
        me = Person(context.new_page(), words(devices.language), manifest)
        me.page.goto(page)
        expect(me.page.get_by_role("heading", level=1)).to_have_text(me.title)
        me.opens_file(file)
        me.asks_whether_counted()
        me.reads(me.words.countedYes)


def is_open(running: Suite, manifest: Manifest) -> bool:
    """For the page, which believes ingest and the clock."""
    listed = running.client.rounds_to_answer()
    state = next((one.state for one in listed if one.round_id == manifest.round_id), None)
    return state == "open" and time.time() > manifest.draft.answer_from


def keeps_to_itself(devices: Devices, my_codes: list[str], page: str) -> None:
    """My browsers asked the page and the parties only; a code went to its own issuer only, in the header for it."""
    services = devices.running.installation.services
    issuers = [service.url for service in devices.running.installation.issuers]
    allowed = (page, *issuers, services["ingest"].url, services["report"].url)
    assert devices.headers
    for method, url, headers in devices.headers:
        assert url.startswith(tuple(f"{origin}/" for origin in allowed)), url
        assert "cookie" not in headers and headers.get("referer", "") == ""
        told = [place for place, code in enumerate(my_codes) if code in json.dumps([url, headers])]
        if url.endswith(("/membership", "/tokens")):
            (place,) = told
            assert url.startswith(f"{issuers[place]}/") and headers["authorization"] == f"Bearer {my_codes[place]}"
        else:
            assert told == [], f"{method} {url}"
    assert devices.wrong == []


def told(folder: Path, language: str, issuers: int) -> None:
    """The story, with as many issuers, in a suite of its own in `folder`."""
    browser_here.here()
    with suite(folder, issuers=issuers, page=FOLDER) as running:
        running.hr.import_roster(ROSTER.encode())
        running.codes = running.hr.access_codes()
        for number, lasts in enumerate(LASTS, 1):
            try:
                return tell(running, language, f"story-{number}", lasts)
            except TooLate:
                continue
        pytest.fail(f"{LASTS[-1]:.0f} seconds were not enough for a story of some ten")
