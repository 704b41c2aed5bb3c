"""What a trial tells on the terminal: a dozen lines of plain words, in the language of the environment."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

_WIDTH = 24

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "title": {
        "en": "Klankbord, with the example organisation {company}. "
        "One machine, one hand: not anonymous against whoever runs this.",
        "nl": "Klankbord, met het voorbeeldbedrijf {company}. Eén machine, één hand: niet anoniem voor wie dit draait.",
    },
    "kafka": {
        "en": "Getting a Kafka ready for the log; the first time it is brought, which takes a minute ...",
        "nl": "Een Kafka klaarzetten voor het logboek; de eerste keer wordt die gehaald, dat duurt een minuut ...",
    },
    "started": {
        "en": "Started {services}: each a process of its own, and they meet only in the log.",
        "nl": "Gestart: {services}. Elk een eigen proces; ze komen elkaar alleen in het logboek tegen.",
    },
    "imported": {
        "en": "HR imported {people} people. {groups} groups are planned before anybody answers, none below {smallest}.",
        "nl": "HR las {people} mensen in. Vooraf zijn {groups} groepen gepland, geen kleiner dan {smallest}.",
    },
    "agreed": {
        "en": "{period}: all parties signed the rules, check code {code}.",
        "nl": "{period}: alle partijen tekenden de spelregels, controlecode {code}.",
    },
    "answering": {"en": "{period}: employees collect and answer", "nl": "{period}: medewerkers halen op en antwoorden"},
    "late": {
        "en": "{late} of them were too late: this machine is slow.",
        "nl": "{late} van hen waren te laat: deze machine is traag.",
    },
    "result": {
        "en": "{period}: closed, counted, opened. {answers} sealed answers, {groups} groups shown.",
        "nl": "{period}: gesloten, geteld, geopend. {answers} verzegelde antwoorden, {groups} groepen zichtbaar.",
    },
    "checked": {
        "en": "Everybody's totals equal the plain tally of what was really answered.",
        "nl": "De totalen zijn gelijk aan een gewone telling van wat echt geantwoord is.",
    },
    "counted": {
        "en": "{period}: closed, counted, opened. {answers} people answered, and all they said was counted.",
        "nl": "{period}: gesloten, geteld, geopend. {answers} mensen antwoordden, en alles wat ze zeiden telde.",
    },
    "not-all-counted": {
        "en": "{period}: {answers} people answered, but these parts counted others: {parts}.",
        "nl": "{period}: {answers} mensen antwoordden, maar deze onderdelen telden anders: {parts}.",
    },
    "sign-in": {
        "en": "Groups and comments: sign in as hr, with the key that `docker compose exec report cat "
        "/run/klankbord/read.key` shows.",
        "nl": "Groepen en opmerkingen: meld je aan als hr, met de sleutel die `docker compose exec report cat "
        "/run/klankbord/read.key` toont.",
    },
    "played-before": {
        "en": "The example has been played here: {rounds}.",
        "nl": "Het voorbeeld is hier al gespeeld: {rounds}.",
    },
    "other-organisation": {
        "en": "The example is not played: {company} has been imported here.",
        "nl": "Het voorbeeld wordt niet gespeeld: {company} is hier ingelezen.",
    },
    "open-page": {"en": "Open the results: {url}", "nl": "Bekijk de uitslag: {url}"},
    "visitor": {
        "en": "Now you. {period} is open until {closes}. You are {name} of {team}, your access code is {code}",
        "nl": "Nu jij. {period} is open tot {closes}. Je bent {name} van {team}, je toegangscode is {code}",
    },
    "doors": {
        "en": "Or open all doors, for employees, HR, works council and operations: {url}",
        "nl": "Of open alle deuren, voor medewerkers, HR, ondernemingsraad en beheer: {url}",
    },
    "visit": {
        "en": "In another terminal: make visit (answer), make counted (after {closes}), make who-knows.",
        "nl": "In een andere terminal: make visit (antwoorden), make counted (na {closes}), make who-knows.",
    },
    "visit-over": {
        "en": "The round closed at {closes}: what you answered stays as it is. Was it counted? make counted",
        "nl": "De ronde is gesloten om {closes}: wat je antwoordde verandert niet meer. Of het telde: make counted",
    },
    "visit-missed": {
        "en": "The round closed at {closes}, without an answer of yours. The next one opens in a minute.",
        "nl": "De ronde is gesloten om {closes}, zonder antwoord van jou. De volgende gaat binnen een minuut open.",
    },
    "visit-first": {
        "en": "You have not answered yet: make visit (until {closes}).",
        "nl": "Je hebt nog niet geantwoord: make visit (tot {closes}).",
    },
    "count-later": {
        "en": "Not counted yet. Come back after {counting}.",
        "nl": "Er is nog niet geteld. Kom terug na {counting}.",
    },
    "no-visit": {
        "en": "No round is open for a visitor: run make run first, and wait until it invites you.",
        "nl": "Er is geen ronde open voor een bezoeker: start make run en wacht tot je wordt uitgenodigd.",
    },
    "end": {"en": "Ctrl-C ends everything.", "nl": "Ctrl-C stopt alles."},
    "left": {
        "en": "Left in {folder}: parties.json, manifests, the log, the releases, the roster and the true answers.",
        "nl": "Achtergelaten in {folder}: parties.json, spelregels, logboek, uitslagen, personeelslijst en echte "
        "antwoorden.",
    },
    "ended": {"en": "Everything has ended.", "nl": "Alles is gestopt."},
    "not-ended": {"en": "Did not end cleanly: {services}.", "nl": "Niet netjes gestopt: {services}."},
    "running": {
        "en": "A trial is running already in {folder}. End it first (Ctrl-C where it runs).",
        "nl": "Er draait al een proef in {folder}. Stop die eerst (Ctrl-C waar hij draait).",
    },
    "failed": {"en": "This did not work: {why}", "nl": "Dit lukte niet: {why}"},
    "taken": {
        "en": "{folder} exists and is no empty folder; choose another OUT.",
        "nl": "{folder} bestaat al en is geen lege map; kies een andere OUT.",
    },
}


class Tale:
    """Tells one line at a time; progress is one line that moves on a terminal, and three lines elsewhere."""

    def __init__(self, out: TextIO = sys.stdout, environ: Mapping[str, str] = os.environ) -> None:
        self._out = out
        locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "en"
        self.language = "nl" if locale.startswith("nl") else "en"
        self._moving = out.isatty()

    def text(self, key: str, **values: object) -> str:
        return _TEXTS[key][self.language].format(**values)

    def say(self, key: str, **values: object) -> None:
        print(self.text(key, **values), file=self._out, flush=True)

    def progress(self, what: str, done: int, total: int) -> None:
        """A bar behind `what`; call it with done = total at the end."""
        if self._moving:
            bar = "#" * (_WIDTH * done // total)
            end = "\n" if done == total else ""
            print(f"\r{what} [{bar:-<{_WIDTH}}] {done}/{total}", end=end, file=self._out, flush=True)
        elif done == total:
            print(f"{what}: {done}/{total}", file=self._out, flush=True)
