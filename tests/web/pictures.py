"""`make screenshots`: the main screens as pictures, on the way that the tests go too.

python -m tests.web.pictures docs/pictures
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext

from deploy.trial import quarters
from deploy.trial.organisation import employees, roster_csv
from shared import codes
from shared.codes import AccessCode
from tests import browser_here
from tests.rounds_made import CLOSES, OPENS
from tests.system.house import House
from tests.system.running import ADMIN_KEY
from tests.web.person import Person
from tests.web.town import PAGE, ROUND, Town
from tests.web.words import words

SIZE = {"width": 390, "height": 780}
"""CSS pixels: a phone of today."""

HER = "Support Noord"
"""Her team in the example: twelve people."""

ASKED = ("psychological-safety", "letterbox")

WRITTEN = "Op vrijdag laten zien wat niet lukte. Ik als nieuwe durfde daardoor ook."


def example(house: House) -> str:
    """The example's company and one open round; a person of it."""
    people = employees()
    lead, key = house.installed.parties.lead, ADMIN_KEY.decode()
    house.web.ask("PUT", lead.name, lead.url, "/admin/roster", key, roster_csv(people), "text/csv")
    for one in house.web.post(lead.name, lead.url, "/admin/codes", {"renew": True}, key)["codes"]:
        code = codes.parse(AccessCode, one["code"])
        assert isinstance(code, AccessCode)
        house.codes.setdefault(one["person"], {})[lead.name] = code
    house.everybody_looks()
    drafted = quarters.draft("maart 2026", OPENS, CLOSES, ASKED)
    house.draft(ROUND, **{name: drafted[name] for name in ("period", "title", "contact", "questionnaire")})
    house.settle()
    return next(one.person for one in people if one.team == HER and one.leads == "")


def take(folder: Path) -> None:
    """Every picture, and nothing that was there before."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary, House(Path(temporary)) as house:
        person = example(house)
        with Town(house) as town:
            town.moves(OPENS + 3600)
            with town.visitor(viewport=SIZE) as context:
                walk(town, context, person, folder)


def walk(town: Town, context: BrowserContext, person: str, folder: Path) -> None:
    her = Person(context.new_page(), words("nl"), town.manifest)
    taken: list[str] = []

    def picture(screen: str) -> None:
        taken.append(screen)
        name = f"{len(taken):02}-{screen.replace(' ', '-')}"
        her.page.emulate_media(reduced_motion="reduce")
        her.page.evaluate("() => scrollTo(0, 0)")
        her.page.screenshot(path=folder / f"{name}.png")

    def dark(screen: str) -> None:
        her.page.emulate_media(color_scheme="dark")
        picture(f"{screen} dark")
        her.page.emulate_media(color_scheme="light")

    her.comes(f"{PAGE}/#code={town.codes(person)[0]}")
    picture("start")
    her.begins()
    her.stands_on(her.words.groupsTitle, "groups")
    picture("groups")
    her.collects()
    picture("key")
    her.hand.press(her.button(her.words.answerNow))
    *closed, opened = her.questions
    for question in closed:
        her.stands_on_question(question)
        her.answers_one(question, 4)
        if question is closed[1]:
            picture("question")
            dark("question")
        her.goes_on()
    her.stands_on_question(opened)
    her.answers_one(opened, WRITTEN)
    her.reads(her.words.hintsWhy)
    picture("open question")
    her.goes_on(last=True)
    her.stands_on(her.words.reviewTitle, "review")
    picture("review")
    her.sends()
    picture("sent")


def main() -> None:
    try:
        take(Path(sys.argv[1]))
    finally:
        browser_here.end()


if __name__ == "__main__":
    main()
