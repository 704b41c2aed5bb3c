"""The members of a house with the real client, and the truth about what they have sealed and what was received.

crowd = Crowd(house, "spring")
crowd.collect("p0")
crowd.answer("p0", [1, 0, 4], "Words of p0")        both parts, sealed and posted, with a receipt
crowd.sealed                                        every envelope ever made, by its bytes in the log
crowd.fates("p0")                                   what the published list says about hers
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from clients.cli import answering
from clients.cli.client import Client
from clients.cli.connection import Web
from clients.cli.counting import Fate
from clients.cli.sealing import Sealed
from clients.cli.wallet import Wallet
from shared.codes import WalletCode
from shared.manifest import Manifest
from shared.rounds import RoundId
from tests.system.house import House


@dataclass(frozen=True)
class Vote:
    """One sealed part, and what is in it."""

    person: str
    part: int
    revision: int
    plaintext: bytes
    counted: bytes
    """The entry by which it is found in the release."""


class Crowd:
    """People with wallets. They remember what they sealed, which no service can."""

    def __init__(self, house: House, round_id: RoundId) -> None:
        self.house = house
        self.round_id = round_id
        self._manifest: Manifest | None = None
        self.wallets: dict[str, Wallet] = {}
        self.sealed: dict[bytes, Vote] = {}
        self.bodies: dict[bytes, dict[str, Any]] = {}
        """How each of them is posted."""
        self.received: set[bytes] = set()
        """The bytes in the log of those for which a receipt was given."""
        self.unsent: dict[str, list[Sealed]] = {}
        """Sealed parts that still lack a receipt; the same bytes are posted again."""

    def moved_to(self, house: House) -> "Crowd":
        """The same people in a copy of their house."""
        other = Crowd(house, self.round_id)
        other._manifest = self._manifest
        other.wallets = {person: Wallet(dict(wallet.items())) for person, wallet in self.wallets.items()}
        other.sealed, other.bodies = dict(self.sealed), dict(self.bodies)
        other.received = set(self.received)
        other.unsent = {person: list(parts) for person, parts in self.unsent.items()}
        return other

    @property
    def manifest(self) -> Manifest:
        """The rules that everybody has agreed on; they never change, whatever the log shows later."""
        if self._manifest is None:
            self._manifest = self.house.manifest(self.round_id)
        return self._manifest

    def client(self, person: str) -> Client:
        """Her computer. While it waits the services look at the log; the clock stands still."""
        seed = int.from_bytes(sha256(person.encode()).digest())
        return Client(Web(self.house.connect), self.house.installed.book, Random(seed), self._wait)

    def _wait(self, _seconds: float) -> None:
        self.house.look("ingest")

    def collected(self, person: str) -> bool:
        entry = self.wallet(person).get(self.round_id)
        return entry is not None and entry.collected

    def wallet(self, person: str) -> Wallet:
        return self.wallets.setdefault(person, Wallet())

    def collect(self, *people: str) -> None:
        """Collect tokens, each with a wallet code that is always the same."""
        for person in people:
            client, access = self.client(person), self.house.codes[person]
            rules = self._manifest = client.rules(self.round_id).manifest
            code = WalletCode(sha256(f"wallet of {person}".encode()).digest()[:16])
            client.collect(rules, client.membership(rules, access), access, self.wallet(person), code)

    def seal(self, person: str, choices: Sequence[int | None], words: str) -> list[Sealed]:
        """Seal new answers without sending them; what was sealed before and not received is given up."""
        client, wallet = self.client(person), self.wallet(person)
        rules = client.rules_to_answer(self.round_id, wallet).manifest
        questions = [question.id for part in rules.draft.questionnaire.parts for question in part.questions]
        given = dict(zip(questions, [*choices, words], strict=True))
        plaintexts = answering.plaintexts(rules.draft.questionnaire, given)
        parts = client.seal(rules, wallet, plaintexts, self.house.clock())
        self.note(person, parts, plaintexts)
        self.unsent[person] = list(parts)
        return parts

    def note(self, person: str, parts: Sequence[Sealed], plaintexts: Sequence[bytes]) -> None:
        """Remember what is in sealed parts."""
        for one, plaintext in zip(parts, plaintexts, strict=True):
            self.sealed[one.encoded] = Vote(person, one.part, one.revision, plaintext, one.counted)
            self.bodies[one.encoded] = one.body

    def send(self, person: str) -> None:
        """Post what still lacks a receipt."""
        parts, client = self.unsent[person], self.client(person)
        before = {one.part: one.encoded for one in parts}
        try:
            client.send(self.manifest, self.wallet(person), parts)
        finally:
            left = {one.part for one in parts}
            self.received |= {encoded for part, encoded in before.items() if part not in left}

    def repeat(self, person: str) -> None:
        """Post everything of hers again that has a receipt, byte for byte."""
        ingest = self.house.installed.parties.ingest
        for encoded, vote in self.sealed.items():
            if vote.person == person and encoded in self.received:
                self.house.web.post(ingest.name, ingest.url, "/envelopes", self.bodies[encoded])

    def answer(self, person: str, choices: Sequence[int | None], words: str = "") -> None:
        self.seal(person, choices, words)
        self.send(person)

    def fates(self, person: str) -> tuple[Fate, ...]:
        """What became of her parts, according to the release."""
        return self.client(person).fates(self.round_id, self.wallet(person))

    def winners(self, envelopes: Iterable[bytes]) -> list[Vote]:
        """Of these envelopes, all of them this crowd's, the last revision of each person and part."""
        last: dict[tuple[str, int], Vote] = {}
        for envelope in envelopes:
            vote = self.sealed[envelope]
            known = last.get((vote.person, vote.part))
            assert known is None or known.revision != vote.revision or known is vote, "two of one revision"
            if known is None or vote.revision > known.revision:
                last[vote.person, vote.part] = vote
        return list(last.values())
