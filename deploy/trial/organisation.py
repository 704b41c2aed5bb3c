"""The example organisation: 181 people with Dutch names on four levels, small teams and tiny ones among them.

Everything is drawn from a fixed seed, so that every trial shows the same people. The names are made up.
"""

import csv
import io
import random
from dataclasses import dataclass
from importlib.resources import files

COMPANY = "Kade en Zonen"

STRUCTURE = {
    "Techniek": {
        "Platform": {"Infra": 9, "Data": 8, "Beveiliging": 3},
        "Product": {"Betalingen": 8, "Zoeken": 10, "Mobiel": 9, "Onderhoud": 4},
    },
    "Klant en markt": {
        "Service": {"Support Noord": 12, "Support Zuid": 13, "Nachtdienst": 4},
        "Verkoop": {"Binnendienst": 9, "Buitendienst": 8, "Partners": 2},
        "Marketing": {"Merk": 5, "Inhoud": 4, "Evenementen": 3},
    },
    "Operatie": {
        "Logistiek": {"Magazijn": 14, "Transport": 11, "Planning": 4},
        "Inkoop": {"Inkoop": 8},
    },
    "Staf": {
        "Financiën": {"Boekhouding": 6, "Risico": 3, "Salarissen": 3},
        # A department of nothing but tiny teams: none of them can ever be shown alone.
        "Mens en organisatie": {"Werving": 2, "Loopbaan": 2, "Advies": 2},
    },
}
"""Division > department > team: people in the team, its lead included."""


@dataclass(frozen=True)
class Employee:
    """One made-up person; `team` is empty for whoever heads a department, a division or the company."""

    person: str
    name: str
    mail: str
    language: str
    division: str
    department: str
    team: str
    leads: str


def employees() -> list[Employee]:
    """Everybody, always the same, in an order that says nothing."""
    draw = random.Random(20261122)
    names = [f"{first} {last}" for first in _lines("first_names.txt") for last in _lines("last_names.txt")]
    draw.shuffle(names)
    people: list[Employee] = []

    def add(division: str = "", department: str = "", team: str = "", leads: str = "") -> None:
        number = len(people) + 1
        mail = f"p{number:03}@kade.example"
        language = "en" if draw.random() < 0.15 else "nl"
        people.append(Employee(f"p{number:03}", names[number], mail, language, division, department, team, leads))

    add(leads=COMPANY)
    for division, departments in STRUCTURE.items():
        add(division, leads=division)
        for department, teams in departments.items():
            add(division, department, leads=f"{division}/{department}")
            for team, size in teams.items():
                for place in range(size):
                    leads = f"{division}/{department}/{team}" if place == 0 and size >= 5 else ""
                    add(division, department, team, leads)
    draw.shuffle(people)
    return people


def roster_csv(people: list[Employee]) -> bytes:
    """The roster as HR would export it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["person", "name", "mail", "language", "company", "division", "department", "team", "leads"],
    )
    for one in people:
        place = [COMPANY, one.division, one.department, one.team]
        writer.writerow([one.person, one.name, one.mail, one.language, *place, one.leads])
    return out.getvalue().encode()


def _lines(name: str) -> list[str]:
    return files("deploy.trial").joinpath(name).read_text("utf-8").splitlines()
