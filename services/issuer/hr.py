"""What HR asks of an issuer: the roster, a preview of the groups, access codes, rounds, and how these stand."""

import secrets as random
import threading
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from marshmallow import Schema, fields, validate

from services.issuer import offering
from services.issuer.core import DAY, Fault
from services.issuer.desk import Desk
from services.issuer.metrics import Metrics
from services.issuer.people import People
from services.issuer.plan import RATES, PlanError, kr
from services.issuer.planned import Planned
from services.issuer.roster import Roster, RosterError, parse
from services.issuer.store import Store
from shared import dates, draft
from shared.author import Author
from shared.codes import SECRET, AccessCode
from shared.draft import BadDraft, DraftProblem
from shared.journal import JournalConflict
from shared.parties import Parties
from shared.partition import K_FLOOR
from shared.problem import Problem
from shared.questionnaire_schema import MAX_K, MAX_PARTS
from shared.records import Kind
from shared.rounds import DEAD, Round, RoundId, State
from shared.schema import Flag, round_id, whole

LARGEST_ROSTER = 64 * 1024 * 1024
"""Bytes: ten times what 100,000 people need."""


class PlanSchema(Schema):
    """What to preview: the minimum of each part, and how many percent may be expected to answer."""

    ks = fields.List(whole(min=K_FLOOR, max=MAX_K), required=True, validate=validate.Length(min=1, max=MAX_PARTS))
    rate = whole(min=RATES[0], max=RATES[-1])


class CodesSchema(Schema):
    """Whether those who have a code get a new one too, which makes theirs void."""

    renew = Flag(required=True)


class RoundSchema(Schema):
    """A new round; the draft is checked by shared.draft."""

    round = round_id()
    draft = fields.Dict(required=True)


class Hr:
    """HR's side of an issuer; raises Problem for what cannot be, and DatabaseUnavailable."""

    def __init__(
        self,
        name: str,
        parties: Parties,
        author: Author,
        people: People,
        store: Store,
        desk: Desk,
        metrics: Metrics,
    ) -> None:
        self._name = name
        self._parties = parties
        self._author = author
        self._people = people
        self._store = store
        self._desk = desk
        self._metrics = metrics
        self._one_at_a_time = threading.Lock()

    def import_roster(self, data: bytes) -> dict[str, Any]:
        """Replace the roster by a CSV file; where it has problems, nothing changes and all of them are told."""
        try:
            roster = parse(data)
        except RosterError as error:
            problems = [
                {"line": one.line, "column": one.column, "reason": str(one.reason), "detail": one.text}
                for one in error.problems
            ]
            raise Problem(400, "bad-roster", str(error), problems=problems) from None
        self._people.replace(roster)
        return self.roster()

    def roster(self) -> dict[str, Any]:
        """What is told about the roster."""
        summary = self._people.summary()
        if summary is None:
            raise _no_roster()
        return {
            "company": summary.company,
            "levels": list(summary.levels),
            "people": summary.people,
            "groups": summary.groups,
            "with_code": summary.with_code,
        }

    def plan(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The groups as a round drafted now would have them, and by part how many people will likely reach its k."""
        try:
            planned = offering.tree(self._roster(), asked["ks"], asked["rate"])
        except PlanError as error:
            raise _no_plan(error) from None
        nodes = [
            {"id": node.id, "parent": node.parent, "kind": str(node.kind), "label": node.label, "size": node.size}
            for node in planned.nodes
        ]
        return {"nodes": nodes, "krs": [kr(k, asked["rate"]) for k in asked["ks"]]}

    def codes(self, renew: bool) -> dict[str, Any]:
        """New access codes, which nobody can look up later: of those who have none, or of all."""
        roster = self._roster()
        made = {person.id: AccessCode(random.token_bytes(SECRET)) for person in roster.people}
        digests = {person: sha256(code.secret).digest() for person, code in made.items()}
        set_for = self._people.set_codes(digests, renew=renew)
        given = [(person, made[person.id]) for person in roster.people if person.id in set_for]
        return {
            "codes": [
                {
                    "person": person.id,
                    "name": person.name,
                    "mail": person.mail,
                    "language": person.language,
                    "code": code.text,
                }
                for person, code in given
            ]
        }

    def draft(self, round_id: RoundId, drafted: dict[str, Any]) -> None:
        """Draft a round in HR's name; it takes effect when the log has it. All that would make it void is told here."""
        rounds = self._rounds()
        self._must_lead()
        if round_id in rounds or self._author.said(round_id, Kind.DRAFT):
            raise _round_exists()
        body = drafted | {"generation": self._parties.generation, "parties": self._parties.digest}
        try:
            if len(body) != len(drafted) + 2:
                raise BadDraft(DraftProblem.MALFORMED, "generation and parties are filled in by the issuer")
            parsed = draft.parse(body)
            draft.check(parsed, trial=self._parties.trial, now=self._desk.now())
        except BadDraft as error:
            raise Problem(400, error.reason, str(error)) from None
        for other in rounds.values():
            if other.phase not in DEAD and parsed.repeats(other.draft):
                until = dates.text(other.draft.quiet_until)
                detail = f"The round {other.id} asks something of it too; those questions rest until {until}."
                raise Problem(409, "asked-elsewhere", detail)
        try:
            offering.tree(self._roster(), [part.k for part in parsed.questionnaire.parts], parsed.rate)
        except PlanError as error:
            raise _no_plan(error) from None
        try:
            with self._one_at_a_time:
                if self._author.said(round_id, Kind.DRAFT):
                    raise _round_exists()
                self._author.say(round_id, Kind.DRAFT, body)
        except JournalConflict:
            # Another process of this issuer was faster.
            raise _round_exists() from None

    def cancel(self, round_id: RoundId) -> None:
        """Cancel a round for good, before it is counted."""
        of = self._rounds().get(round_id)
        self._must_lead()
        if of is None:
            raise Problem(404, "unknown-round", "There is no such round.")
        if of.phase not in (State.DRAFTED, State.OFFERED, State.PROPOSED, State.SCHEDULED):
            raise Problem(409, "too-late", f"The round is {of.phase} and stays so.")
        with self._one_at_a_time:
            self._author.say(round_id, Kind.CANCEL, {})

    def status(self) -> dict[str, Any]:
        """How all rounds stand, and what somebody has to look into."""
        rounds = self._rounds()
        mine = [of for of in rounds.values() if self._name in of.parties.issuer_names]
        return {
            "rounds": [self._standing(of) for of in mine],
            "on_their_way": [one for one in self._author.rounds(Kind.DRAFT) if one not in rounds],
            "alarms": [{"round": round_id, "reason": reason} for round_id, reason in self._metrics.raised],
        }

    def _standing(self, of: Round) -> dict[str, Any]:
        planned = self._store.planned(of.id)
        authors = of.parties.authors.keys()
        ended = next((of.record(kind) for kind in (Kind.VOID, Kind.STOP, Kind.CANCEL) if of.record(kind)), None)
        note = self._store.note(of.id)
        if of.phase is State.DRAFTED and planned is None and not self._people.imported():
            note = "There is no roster to plan from."
        return {
            "round": of.id,
            "state": str(of.state(self._desk.now())),
            **{name: of.draft.body[name] for name in ("period", "title", "opens", "answer_from", "closes")},
            "fingerprint": of.manifest.fingerprint if of.manifest else None,
            "keys": {"made": self._store.count_keys(of.id), "of": planned.keys if planned else None},
            "offers_missing": sorted(authors - of.authors_of(Kind.OFFER)),
            "accepts_missing": sorted(authors - of.authors_of(Kind.ACCEPT)),
            "reason": ended.body.get("reason") if ended else None,
            "by": ended.author if ended else None,
            "note": note or None,
            "collected": self._collected(of, planned),
        }

    def _collected(self, of: Round, planned: Planned | None) -> dict[str, Any] | None:
        """The share that was noted last, never the share now: see Loop."""
        shares = self._store.shares(of.id)
        if shares is None or planned is None:
            return None
        units = [
            {"node": node, "label": planned.nodes[node].label, "size": planned.nodes[node].size, "percent": percent}
            for node, percent in sorted(shares.percent.items())
        ]
        return {"day": dates.text(shares.day * DAY)[:10], "units": units}

    def _rounds(self) -> Mapping[RoundId, Round]:
        if self._desk.rounds is None:
            raise Problem(503, Fault.LOG, "The log has not been read yet.", {"Retry-After": "5"})
        return self._desk.rounds

    def _roster(self) -> Roster:
        roster = self._people.roster()
        if roster is None:
            raise _no_roster()
        return roster

    def _must_lead(self) -> None:
        if self._name != self._parties.lead.name:
            raise Problem(409, "not-lead", f"Rounds are drafted and cancelled at {self._parties.lead.name}.")


def _no_roster() -> Problem:
    return Problem(409, "no-roster", "No roster has been imported yet.")


def _round_exists() -> Problem:
    return Problem(409, "round-exists", "There was a round of this name before.")


def _no_plan(error: PlanError) -> Problem:
    return Problem(409, error.reason, str(error))
