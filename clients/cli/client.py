"""An employee's client in four verbs: see where answers count, collect tokens, answer, check that it was counted.

    client = Client(Web(open_connection), Book.load(parties_json))
    rules = client.rules("pulse-1").manifest               # an Alarm unless everybody has signed them
    membership = client.membership(rules, access)          # access codes by issuer
    client.collect(rules, membership, access, wallet)
    client.answer(rules, wallet, plaintexts, now)          # one padded plaintext per part: see answering.py
    client.fates("pulse-1", wallet)

Whatever is not as it should be raises Alarm, Refusal, Unavailable or BadInput (outcomes.py). A step that was broken
off can be taken again; nothing is lost that was written to the wallet.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from clients.cli import agreed, collecting, counting, membership, sealing
from clients.cli.agreed import Agreed, Listed
from clients.cli.connection import Web
from clients.cli.counting import Checked, Fate
from clients.cli.membership import Malformed, Membership
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Refusal, Trouble, Unavailable
from clients.cli.posting import PAUSE, Post
from clients.cli.sealing import Sealed
from clients.cli.wallet import Entry, Seen, Sent, Wallet
from shared import codes
from shared.canonical import b64, unb64
from shared.codes import AccessCode, WalletCode
from shared.manifest import Manifest
from shared.parties import Book

ALREADY_COLLECTED = "already-collected"
"""The issuer's word for a request other than the one that it has served."""


@dataclass(frozen=True)
class Client:
    """Random numbers come from the system unless a test hands in others; `pause` is in seconds."""

    web: Web
    book: Book
    random: Random = field(default_factory=secrets.SystemRandom, repr=False)
    sleep: Callable[[float], None] = time.sleep
    pause: tuple[float, float] = PAUSE

    def rounds(self) -> list[Listed]:
        """What there is to choose from, as the lead issuer lists it."""
        return agreed.rounds(self.web, self.book.current.lead)

    def rounds_to_answer(self) -> list[Listed]:
        """The same asked of ingest, for an issuer knows people and need not see who is about to answer."""
        return agreed.rounds(self.web, self.book.current.ingest)

    def rules(self, round_id: str) -> Agreed:
        """A round's rules, the same at every issuer and at ingest."""
        return agreed.fetch(self.web, self.book, round_id)

    def rules_to_answer(self, round_id: str, wallet: Wallet) -> Agreed:
        """The rules with which the tokens were collected, asked of ingest only. BadInput before collecting."""
        return agreed.fetch_known(self.web, self.book, round_id, self._collected(round_id, wallet).manifest_hash)

    def membership(self, manifest: Manifest, access: Mapping[str, AccessCode]) -> Membership:
        """Where a person's answers can count, as all issuers say; `access` has her code for each."""
        answers = {}
        for issuer in manifest.parties.issuers:
            path = f"/rounds/{manifest.round_id}/membership"
            try:
                said = self.web.get(issuer.name, issuer.url, path, access[issuer.name].text)
                answers[issuer.name] = membership.parse(said)
            except Malformed:
                raise Unavailable(issuer.name, Trouble.NONSENSE) from None
        return membership.check(manifest, answers)

    def collect(
        self,
        manifest: Manifest,
        places: Membership,
        access: Mapping[str, AccessCode],
        wallet: Wallet,
        typed: WalletCode | None = None,
    ) -> WalletCode:
        """Collect the tokens into the wallet; the wallet code, which the wallet keeps only until they are there.

        `typed` is a code that was made elsewhere; without it the one of an attempt that was broken off is used again,
        or a new one made.
        """
        code, known = self._code(manifest, places, wallet, typed)
        if known is None:
            # Before anything is asked: what is asked cannot be asked otherwise afterwards.
            wallet.put(manifest.round_id, Entry(manifest.hash, manifest.draft.opens, code, typed is not None))
        asked = collecting.requests(manifest, places, code)
        signatures = {name: self._signatures(manifest, name, access[name], asked[name]) for name in asked}
        tickets = collecting.tickets(manifest, places, code, asked, signatures)
        parts = manifest.draft.questionnaire.parts
        groups = tuple(
            Seen(part.id, place.finest.label, place.finest.size, place.names)
            for part, place in zip(parts, places.places, strict=True)
        )
        typed_before = typed is not None or (known is not None and known.typed)
        entry = Entry(manifest.hash, manifest.draft.opens, None, typed_before, tickets, ((),) * len(tickets), groups)
        wallet.put(manifest.round_id, entry)
        return code

    def answer(self, manifest: Manifest, wallet: Wallet, plaintexts: Sequence[bytes], now: float) -> None:
        """Seal and send all parts; `now` in POSIX seconds chooses the revision."""
        self.send(manifest, wallet, self.seal(manifest, wallet, plaintexts, now))

    def seal(self, manifest: Manifest, wallet: Wallet, plaintexts: Sequence[bytes], now: float) -> list[Sealed]:
        """Seal all parts and write down what the release will list of them."""
        entry = self._collected(manifest.round_id, wallet)
        if entry.manifest_hash != manifest.hash:
            raise Alarm(AlarmReason.CHANGED_RULES, manifest.round_id)
        revision = sealing.next_revision(manifest, entry.last_revision, now)
        sealed = [
            sealing.seal(manifest, part, ticket, plaintext, revision)
            for part, (ticket, plaintext) in enumerate(zip(entry.tickets, plaintexts, strict=True))
        ]
        wallet.put(manifest.round_id, entry.adding({one.part: Sent(one.revision, one.counted) for one in sealed}))
        return sealed

    def send(
        self,
        manifest: Manifest,
        wallet: Wallet,
        sealed: list[Sealed],
        progress: Callable[[int], None] = lambda left: None,
    ) -> None:
        """Post sealed parts; each one that has its receipt leaves the list, so that the rest can be sent again."""

        def acknowledged(one: Sealed) -> None:
            entry = self._collected(manifest.round_id, wallet)
            wallet.put(manifest.round_id, entry.acknowledging(one.part, one.revision))
            sealed.remove(one)
            progress(len(sealed))

        Post(self.web, manifest, self.random, self.sleep, self.pause).all(list(sealed), acknowledged)

    def counted(self, round_id: str, wallet: Wallet) -> Checked:
        """The signed list of all counted entries; `counting.fates` finds one's own in it."""
        return counting.fetch(self.web, self.book, round_id, self._collected(round_id, wallet).manifest_hash)

    def fates(self, round_id: str, wallet: Wallet) -> tuple[Fate, ...]:
        """What became of each part."""
        return counting.fates(self._collected(round_id, wallet), self.counted(round_id, wallet).listed)

    def _collected(self, round_id: str, wallet: Wallet) -> Entry:
        entry = wallet.get(round_id)
        if entry is None or not entry.collected:
            raise BadInput("not-collected", round=round_id)
        return entry

    def _code(
        self, manifest: Manifest, places: Membership, wallet: Wallet, typed: WalletCode | None
    ) -> tuple[WalletCode, Entry | None]:
        """The code to use, and the entry of an attempt that was broken off."""
        known = wallet.get(manifest.round_id)
        if known is not None and known.manifest_hash != manifest.hash:
            raise Alarm(AlarmReason.CHANGED_RULES, manifest.round_id)
        if known is not None and known.collected:
            raise BadInput("collected-before", round=manifest.round_id)
        if known is not None and known.code is not None:
            if typed not in (None, known.code):
                raise BadInput("another-key", round=manifest.round_id)
            return known.code, known
        if typed is None and places.collected:
            raise Alarm(AlarmReason.ALREADY_COLLECTED, ", ".join(sorted(places.collected)))
        return typed or WalletCode(self.random.randbytes(codes.SECRET)), None

    def _signatures(
        self, manifest: Manifest, name: str, access: AccessCode, asked: Sequence[collecting.Asked]
    ) -> list[bytes]:
        issuer = manifest.parties.authors[name]
        body = {"manifest": manifest.fingerprint, "blinded": [b64(one.blinded.message) for one in asked]}
        try:
            answer = self.web.post(name, issuer.url, f"/rounds/{manifest.round_id}/tokens", body, access.text)
        except Refusal as refusal:
            if refusal.word == ALREADY_COLLECTED:
                raise Alarm(AlarmReason.ALREADY_COLLECTED, name) from None
            raise
        try:
            return [unb64(one) for one in answer["signatures"]]
        except (KeyError, TypeError, ValueError):
            raise Unavailable(name, Trouble.NONSENSE) from None
