"""The services of a house (tests/system/house.py) as browsers reach them, and the page's host, at their addresses.

Everything that a browser of the town asks is answered here and noted, and nothing reaches a network. Time stands
still for page and services until a test moves it.

    with Town.of_a_round(folder) as town, town.visitor() as context:
        her = Person(context.new_page(), words("nl"), town.manifest)
        her.comes(PAGE)
"""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from playwright.sync_api import BrowserContext, Route

from clients.cli import wallet_json
from services.page import built, web
from shared.manifest import Manifest
from shared.page_files import PARTIES
from tests import browser_here
from tests.rounds_made import CLOSES, OPENS, PEOPLE
from tests.system.house import House
from tests.system.members import Crowd

PAGE = "https://page.example"
ROUND = "spring"

HURRY = """
const wait = window.setTimeout.bind(window);
window.setTimeout = (what, after = 0, ...more) =>
  wait(what, after >= 2000 && after <= 25000 ? after / 40 : after, ...more);
"""
"""The pauses between two sealed answers, 2 to 8 s, and those before another try, up to 24 s, take a fortieth. Only a
test can say so: the page itself has no such switch. What else waits so long are limits of half a minute, which stay."""


@dataclass(frozen=True)
class Answer:
    """What a service says, or somebody in its place."""

    status: int
    headers: dict[str, str]
    content: bytes


Change = Callable[[Answer], Answer]


def refusal(status: int, word: str) -> Change:
    """A service refuses with this word of its problem type."""
    problem = json.dumps({"type": f"urn:klankbord:problem:{word}", "title": word, "status": status}).encode()
    return lambda answer: Answer(status, {**answer.headers, "content-type": "application/problem+json"}, problem)


@dataclass(frozen=True)
class Asked:
    """One request of a browser."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None

    @property
    def origin(self) -> str:
        address = httpx.URL(self.url)
        return f"{address.scheme}://{address.host}"


class Town:
    """A house and everybody who comes to its page."""

    def __init__(self, house: House) -> None:
        self.house = house
        files = {**built.read(built.FOLDER), PARTIES: house.installed.file}
        self._host = httpx.WSGITransport(web.create(files, house.installed.book, tls=True))
        # Playwright runs an event loop in the thread of the test, and services would take it for their own.
        self._desk = ThreadPoolExecutor(1)
        self.asked: list[Asked] = []
        self.strangers: list[str] = []
        """Addresses that are nobody's in this town; asking them gets no answer."""
        self.down = False
        """There is no network."""
        self.changes: list[tuple[re.Pattern[str], Change]] = []
        """Answers that somebody on the way changes, by "METHOD address"."""
        self.meanwhile: list[tuple[re.Pattern[str], Callable[[], None]]] = []
        """What is done once, while such a request is under way: then a screen stands that is soon gone."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._desk.shutdown()

    @property
    def manifest(self) -> Manifest:
        return self.house.manifest(ROUND)

    @property
    def origins(self) -> set[str]:
        """Whom the page may ask: itself and the parties that people reach."""
        return {PAGE, *(f"https://{name}.example" for name in (*self.house.installed.parties.issuer_names, *_OTHERS))}

    def codes(self, person: str) -> list[str]:
        """In the order of the issuers."""
        return [self.house.codes[person][name].text for name in self.house.installed.parties.issuer_names]

    def crowd(self, *people: str) -> Crowd:
        """Others, who answer with the command line so that there is a result."""
        crowd = Crowd(self.house, ROUND)
        crowd.collect(*people)
        for number, person in enumerate(people):
            answers = [number % 5, (number + 2) % 5, number % 3 or None]
            self._desk.submit(crowd.answer, person, answers, f"Words of {person}").result()
        return crowd

    def wallet(self, person: str) -> bytes:
        """The key file of somebody who has collected elsewhere."""
        crowd = Crowd(self.house, ROUND)
        crowd.collect(person)
        return wallet_json.dumps(dict(crowd.wallet(person).items()))

    def closes(self, *contexts: BrowserContext) -> None:
        """The round is over, everybody works, and it is released."""
        self.moves(CLOSES + self.manifest.draft.grace, *contexts)
        self.house.settle()

    def moves(self, now: float, *contexts: BrowserContext) -> None:
        """It is this time, in POSIX seconds, for the services and in these browsers."""
        self.house.clock.now = now
        self.house.everybody_looks()
        for context in contexts:
            context.clock.set_fixed_time(now)

    @contextmanager
    def visitor(self, *, fixed: bool = True, **how: Any) -> Iterator[BrowserContext]:
        """Somebody's browser, of the size of a phone; without `fixed` her clock goes on. `how` as for a new context."""
        with browser_here.person(**{"viewport": {"width": 390, "height": 844}, **how}) as context:
            context.route(re.compile("."), self._answer)
            if fixed:
                # In this order: a clock brings timers of its own.
                context.clock.set_fixed_time(self.house.clock.now)
                context.add_init_script(HURRY)
            yield context

    def _answer(self, route: Route) -> None:
        request = route.request
        asked = Asked(request.method, request.url, request.headers, request.post_data)
        self.asked.append(asked)
        if asked.origin not in self.origins:
            self.strangers.append(asked.url)
        if self.down or asked.origin not in self.origins:
            return route.abort("internetdisconnected")
        line = f"{asked.method} {asked.url}"
        for one in [one for one in self.meanwhile if one[0].search(line)]:
            self.meanwhile.remove(one)
            one[1]()
        kept = {name: value for name, value in asked.headers.items() if name in _FORWARDED}
        body = (asked.body or "").encode()
        sent = httpx.Request(asked.method, asked.url, headers={**kept, "Origin": PAGE}, content=body)
        wire = self._host if asked.origin == PAGE else self.house.connect(asked.origin)
        try:
            response = self._desk.submit(wire.handle_request, sent).result()
        except httpx.TransportError:
            return route.abort("connectionreset")
        answer = Answer(response.status_code, dict(response.headers), response.read())
        for path, change in self.changes:
            if path.search(line):
                answer = change(answer)
        return route.fulfill(status=answer.status, headers=answer.headers, body=answer.content)


_OTHERS = ("ingest", "report")

_FORWARDED = ("authorization", "content-type", "accept")


@contextmanager
def town(folder: Path, issuers: int = 1, *, trial: bool = False) -> Iterator[Town]:
    """With one round that has just opened: a closed part of three questions and an open one, 20 people."""
    with House(folder, issuers, trial=trial) as house:
        house.staff(PEOPLE)
        house.everybody_looks()
        house.draft(ROUND)
        house.settle()
        made = Town(house)
        made.moves(OPENS + 60)
        with made:
            yield made
