"""The employee's page on a phone: when it can be used, what collecting computes, and how many bytes answering takes.

Run from the root of the project: `python -m benchmarks page`. A real suite with one issuer and a round of three parts,
96 people on four levels; Chromium with its processor slowed down four times and the network of a phone on 4G (9 Mbit/s
down, 1.5 up, 170 ms there and back). The peer is the same on this machine as it is.

Usable: from asking for the page, with nothing kept of it, until the button that begins stands there. Computing: what
the page's worker takes to make and to check the tokens of 3 parts x 4 levels (and one for admission with each part),
from what page and worker say to each other. Chromium does not slow down workers: their time is multiplied here. Long
tasks: milliseconds in which the page itself did nothing but one thing for 50 ms or more (W3C Long Tasks).
"""

import gzip
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from clients.cli.client import Client
from clients.cli.connection import Web, open_connection
from deploy.trial import quarters
from deploy.trial.hr import HumanResources
from deploy.trial.installation import Installation, install
from services.page.built import FOLDER
from shared.codes import AccessCode
from tests import browser_here

RUNS = 5

SLOWER = 4
"""Times that the processor is slowed down."""

NETWORK = {"offline": False, "latency": 170, "downloadThroughput": 9e6 / 8, "uploadThroughput": 1.5e6 / 8}
"""Milliseconds there and back, and bytes a second: WebPageTest's profile "4G"."""

ASKED = ("psychological-safety", "open-questions")
"""Three parts, for open-questions are two."""

LEVELS = ("company", "division", "department", "team")

ROSTER = (
    ",".join(("person", "name", "mail", "language", *LEVELS))
    + "\n"
    + "".join(
        f"p{number},Naam {number},p{number}@voorbeeld.example,nl,Bedrijf,"
        f"Divisie {number // 48},Afdeling {number // 24},Team {number // 12}\n"
        for number in range(96)
    )
)
"""Teams of twelve: large enough for the scores and for words, so that everybody has a token of all four levels."""

MEASURE = """
window.jobs = [];
window.long = [];
const Own = window.Worker;
window.Worker = class extends Own {
  #begun = new Map();
  constructor(...how) {
    super(...how);
    this.addEventListener("message", ({ data }) => jobs.push(performance.now() - this.#begun.get(data.id)));
  }
  postMessage(job, ...how) {
    this.#begun.set(job.id, performance.now());
    super.postMessage(job, ...how);
  }
};
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) long.push([startTime, duration]);
}).observe({ type: "longtask", buffered: true });
const look = () => {
  const button = document.querySelector(".actions button.primary:not([aria-disabled=true])");
  if (button) window.usable = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass
class Measured:
    """Milliseconds of each run."""

    usable: list[float] = field(default_factory=list)
    computing: list[float] = field(default_factory=list)
    collecting: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    """Of the tasks of the page while it collected; 0 if none was long."""


@contextmanager
def suite() -> Iterator[tuple[Installation, dict[str, dict[str, AccessCode]]]]:
    """With an open round that lasts."""
    with tempfile.TemporaryDirectory() as folder:
        installation = install(Path(folder) / "suite", page=FOLDER)
        try:
            installation.start()
            web = Web(open_connection, plain=True)
            hr = HumanResources(web, installation)
            hr.import_roster(ROSTER.encode())
            codes = hr.access_codes()
            opens = int(time.time()) + 20
            hr.open_round("page", quarters.draft("2026", opens, opens + 3600, ASKED))
            hr.wait_until_agreed(Client(web, installation.book), "page", time.time() + 120)
            while time.time() < opens + 1:
                time.sleep(0.1)
            yield installation, codes
        finally:
            installation.stop()


def slow_down(context: BrowserContext, page: Page) -> None:
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def collect(url: str, code: str, into: Measured, *, slow: bool) -> bytes:
    """One person's collection in a new browser; her key file."""
    with browser_here.person(viewport={"width": 390, "height": 844}, locale="nl-NL") as context:
        context.set_default_timeout(60_000)
        context.add_init_script(MEASURE)
        page = context.new_page()
        if slow:
            slow_down(context, page)
        page.goto(f"{url}/#code={code}")
        begin = page.locator(".actions button.primary")
        begin.wait_for()
        page.wait_for_function("() => window.usable")
        into.usable.append(page.evaluate("() => window.usable"))
        begin.click()
        page.wait_for_function("() => location.hash === '#groepen'")
        page.locator(".actions button.primary").click()
        begun = page.evaluate("() => performance.now()")
        page.wait_for_function("() => location.hash === '#sleutel'")
        into.collecting.append(page.evaluate("() => performance.now()") - begun)
        into.computing.append(sum(page.evaluate("() => window.jobs")))
        tasks = page.evaluate("() => window.long")
        into.longest.append(max((length for start, length in tasks if start >= begun), default=0.0))
        with page.expect_download() as download:
            page.locator(".buttons button.secondary").nth(1).click()
        return download.value.path().read_bytes()


def packed_for_answering(url: str, file: bytes) -> dict[str, int]:
    """Files of the page that somebody loads who opens her key file and answers, with their bytes as they travel."""
    with browser_here.person(viewport={"width": 390, "height": 844}, locale="nl-NL") as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{url}/#verder")
        page.locator("input[type=file]").set_input_files(
            {"name": "key.json", "mimeType": "application/json", "buffer": file}
        )
        page.locator(".rounds button.primary").click()
        page.locator("a[href='#alle-vragen']").click()
        page.locator("form button.primary").click()
        page.locator(".actions button.primary").click()
        expect(page).to_have_url(f"{url}/#ontvangen", timeout=60_000)
    paths = [path for one in asked if one.startswith(url) and (path := one.removeprefix(f"{url}/").partition("#")[0])]
    files = dict.fromkeys(["index.html", *(path for path in paths if (FOLDER / path).is_file())])
    return {path: len(gzip.compress((FOLDER / path).read_bytes(), 9)) for path in files}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    slow, fast = Measured(), Measured()
    try:
        with suite() as (installation, codes):
            url = installation.services["page"].url
            people = iter(codes.values())
            (issuer,) = installation.book.current.issuer_names
            for _ in range(runs):
                file = collect(url, next(people)[issuer].text, slow, slow=True)
                collect(url, next(people)[issuer].text, fast, slow=False)
            sizes = packed_for_answering(url, file)
    finally:
        browser_here.end()
    print(f"{'milliseconds, median (worst)':<52} | {'phone, 4G':>14} | {'as it is':>14} | aim")
    rows = (
        ("usable", slow.usable, fast.usable, "1000"),
        (
            f"computing in the worker (phone: times {SLOWER})",
            [SLOWER * one for one in fast.computing],
            fast.computing,
            "300",
        ),
        ("collecting, with the network and the issuer", slow.collecting, fast.collecting, "-"),
        ("longest task of the page meanwhile", slow.longest, fast.longest, "below 50"),
    )
    for name, phone, here, aim in rows:
        print(f"{name:<52} | {_median(phone):>14} | {_median(here):>14} | {aim}")
    print(f"\nbytes that answering loads, packed: {sum(sizes.values()):,} of 50,000")
    for path, size in sizes.items():
        print(f"  {size:>7,}  {path}")


def _median(found: list[float]) -> str:
    return f"{statistics.median(found):.0f} ({max(found):.0f})"


if __name__ == "__main__":
    main()
