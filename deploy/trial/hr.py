"""What HR does in the example, through the issuers' own interface."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from clients.cli.connection import Web, encode
from clients.cli.outcomes import Refusal, Unavailable
from shared import codes
from shared.codes import AccessCode
from shared.manifest import Manifest
from shared.parties import Book, Party


class DidNotHappen(RuntimeError):
    """Something that a trial waits for did not come about in time; the message says what."""


class Reached(Protocol):
    """An installation as those who only talk to it know it."""

    @property
    def book(self) -> Book: ...

    @property
    def admin_key_files(self) -> Mapping[str, Path]:
        """Per issuer the file with HR's key."""


@dataclass(frozen=True)
class HumanResources:
    """HR of the example, with the keys of all issuers: in a trial everything is under one hand."""

    web: Web
    installation: Reached

    def import_roster(self, csv: bytes) -> dict[str, Any]:
        """The same people at every issuer; what the lead answers."""
        answers = [
            self.web.ask("PUT", issuer.name, issuer.url, "/admin/roster", self._key(issuer), csv, "text/csv")
            for issuer in self._issuers
        ]
        return answers[0]

    def access_codes(self) -> dict[str, dict[str, AccessCode]]:
        """New access codes for everybody: by person and issuer."""
        handed_out: dict[str, dict[str, AccessCode]] = {}
        for issuer in self._issuers:
            answer = self.web.post(issuer.name, issuer.url, "/admin/codes", {"renew": True}, self._key(issuer))
            for one in answer["codes"]:
                code = codes.parse(AccessCode, one["code"])
                if not isinstance(code, AccessCode):
                    raise DidNotHappen(f"{issuer.name} made a code that cannot be read")
                handed_out.setdefault(one["person"], {})[issuer.name] = code
        return handed_out

    def plan(self, ks: list[int], rate: int) -> list[dict[str, Any]]:
        """The groups that would be made."""
        lead = self._issuers[0]
        answer = self.web.post(lead.name, lead.url, "/admin/plan", {"ks": ks, "rate": rate}, self._key(lead))
        return list(answer["nodes"])

    def open_round(self, round_id: str, draft: dict[str, Any]) -> None:
        """Hand the draft to the lead issuer."""
        lead = self._issuers[0]
        body = encode({"round": round_id, "draft": draft})
        self.web.ask("POST", lead.name, lead.url, "/admin/rounds", self._key(lead), body, "application/json")

    def status(self, round_id: str) -> dict[str, Any]:
        """What the lead issuer says about a round, as HR sees it."""
        lead = self._issuers[0]
        listed = self.web.get(lead.name, lead.url, "/admin/rounds", self._key(lead))["rounds"]
        return next((one for one in listed if one["round"] == round_id), {})

    def results(self, round_id: str, within: float) -> dict[str, Any]:
        """The results, as soon as report has them; DidNotHappen after `within` seconds."""
        deadline = time.monotonic() + within
        url = self.installation.book.current.report_url
        while time.monotonic() < deadline:
            try:
                return self.web.get("report", url, f"/rounds/{round_id}")
            except (Refusal, Unavailable):
                time.sleep(0.2)
        raise DidNotHappen(f"no result of {round_id} within {within:.0f} seconds; its state is {self.status(round_id)}")

    def wait_until_agreed(self, client: "Any", round_id: str, until: float) -> Manifest:
        """The manifest, as soon as every party has accepted it and every service shows it; DidNotHappen."""
        while time.time() < until:
            try:
                manifest: Manifest = client.rules(round_id).manifest
            except (Refusal, Unavailable):
                time.sleep(0.1)
            else:
                return manifest
        raise DidNotHappen(f"{round_id} was not agreed in time; its state is {self.status(round_id)}")

    @property
    def _issuers(self) -> tuple[Party, ...]:
        return self.installation.book.current.issuers

    def _key(self, issuer: Party) -> str:
        return self.installation.admin_key_files[issuer.name].read_text("ascii").strip()
