"""Whole rounds for tests: real parties, keys, trees and records in a log, as if everybody had done their work.

    made = make_round()                                    agreed, of 20 people, two parts, one issuer
    made = make_round(issuers=2, people={("Risk",): 9})    with a roster of one's own
    made.composed, made.of, made.fold, made.log            what the parties see of it
    made.gate_key, made.signing_keys, made.identities      what each of them keeps to itself
    made.member("p0").envelope(0, made.closed(0))          what an employee's client makes of it
    made.say(Kind.CUT, "gate", {...})                      the next record, signed, appended and folded

RSA keys come from `tests.keys`, numbered from `first_key`: rounds that share a log need different keys, see
`made.next_key`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

import gmpy2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.issuer.plan import Plan, plan
from services.issuer.roster import Roster
from shared import blind_rsa, bundle, dates, envelope, hpke, nodes, records, tokens, topics
from shared.canonical import b64
from shared.codes import WalletCode
from shared.envelope import Envelope, Outer, Tokens
from shared.log.memory import MemoryLog
from shared.log.port import Log
from shared.manifest import Composed, Manifest, compose
from shared.parties import Book, Parties, Party, describe, write
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import Fold, Round
from shared.tree import NodeId, PartTree
from shared.wallet_secrets import WalletSecrets
from tests.keys import ed25519_key, hpke_key, rsa_key
from tests.organisations import roster as roster_of

NOW = dates.parse("2026-03-02T09:00:00Z")
"""POSIX seconds: when the rounds made here are drafted and agreed; they open an hour later."""
OPENS = NOW + 3600
CLOSES = OPENS + 7 * 86_400
ERASE_AT = CLOSES + 30 * 86_400
RESULTS_UNTIL = CLOSES + 365 * 86_400

PEOPLE: Mapping[tuple[str, ...], int] = {("Payments",): 12, ("Risk",): 8}
"""Three nodes: the company, Payments and Risk, which is too small for comments. p0 to p11 are in Payments."""

ISSUERS = ("hr", "council", "third", "fourth")


@dataclass(frozen=True)
class Installation:
    """Parties, and the identity keys of all of them by name."""

    book: Book
    file: bytes = field(repr=False)
    """parties.json"""
    identities: Mapping[str, Ed25519PrivateKey]

    @property
    def parties(self) -> Parties:
        return self.book.current


def installation(
    issuers: int = 1, *, trial: bool = False, pages: Sequence[str] = ("https://page.example",)
) -> Installation:
    """Parties named hr (the lead issuer), council, third ..., ingest, gate and aggregate."""
    names = (*ISSUERS[:issuers], "ingest", "gate", "aggregate")
    identities = {name: ed25519_key(number) for number, name in enumerate(names)}

    def party(name: str) -> Party:
        url = f"https://{name}.example" if name not in ("gate", "aggregate") else ""
        return Party(name, url, identities[name].public_key().public_bytes_raw())

    body = describe(
        [party(name) for name in names[:issuers]],
        party("ingest"),
        party("gate"),
        party("aggregate"),
        "https://report.example",
        pages,
        trial=trial,
    )
    file = write([(body, {})])
    return Installation(Book.load(file), file, identities)


def questionnaire_body(mark: str = "") -> dict[str, Any]:
    """A closed part (three questions, k 5) and an open one (k 10). Rounds that are near in time need other `mark`s."""

    def text(words: str) -> dict[str, str]:
        return {"nl": f"{words} {mark}".strip(), "en": f"{words} in English {mark}".strip()}

    agree = {language: [f"{language} {step}" for step in range(1, 6)] for language in ("nl", "en")}
    closed = [
        {"id": f"q{number}{mark}", "text": text(f"Vraag {number}"), "answers": "agree5", "scale": scale}
        for number, scale in enumerate(("safety", "safety", None))
    ]
    return {
        "parts": [
            {"id": "scores", "kind": "closed", "k": 5, "size": 16, "readers": ["everyone"], "questions": closed},
            {
                "id": "words",
                "kind": "open",
                "k": 10,
                "size": 256,
                "readers": ["hr"],
                "questions": [{"id": f"keep{mark}", "text": text("Wat moet blijven")}],
            },
        ],
        "answer_scales": {"agree5": {"kind": "agree", "labels": agree}},
        "scales": {"safety": {"title": {"nl": "Veiligheid", "en": "Safety"}, "source": "made up"}},
    }


def long_questionnaire_body(more: int) -> dict[str, Any]:
    """As `questionnaire_body`, with so many more closed parts of 40 questions that are as long as they may be."""
    asked = questionnaire_body()
    for number in range(more):
        questions = [
            {"id": f"x{number}-{place}", "text": {of: f"{of}{number}x{place}".ljust(500, "x") for of in ("nl", "en")}}
            | {"answers": "agree5"}
            for place in range(40)
        ]
        asked["parts"].append(asked["parts"][0] | {"id": f"x{number}", "size": 40, "questions": questions})
    return asked


def draft_body(parties: Parties, **changes: Any) -> dict[str, Any]:
    """A draft that every party accepts at NOW; `changes` replaces members, e.g. closes=dates.text(...)."""

    def both(words: str) -> dict[str, str]:
        return {"nl": words, "en": words}

    return {
        "generation": parties.generation,
        "parties": parties.digest,
        "period": "2026-03",
        "title": both("Pulse"),
        "contact": {"counsellor": both("Kim"), "channel": both("https://speak.example")},
        "questionnaire": questionnaire_body(),
        "rate": 75,
        "cover": 5,
        "opens": dates.text(OPENS),
        "answer_from": dates.text(OPENS),
        "closes": dates.text(CLOSES),
        "grace": 300,
        "erase_at": dates.text(ERASE_AT),
        "words_until": dates.text(RESULTS_UNTIL),
        "results_until": dates.text(RESULTS_UNTIL),
        "repeat_days": 14,
    } | changes


@dataclass
class MadeRound:
    """An agreed round, with everything that its parties keep secret from each other."""

    id: str
    installation: Installation
    log: Log
    reader: RoundsReader
    composed: Composed
    roster: Roster
    plan: Plan
    signing_keys: Mapping[tuple[str, NodeId | None, int | None], blind_rsa.PrivateKey]
    """By (issuer, node, part); an issuer's admission key is at (issuer, None, None)."""
    gate_key: hpke.SecretKey
    aggregate_key: hpke.SecretKey
    next_key: int
    """The `first_key` of a further round in the same log."""

    @property
    def parties(self) -> Parties:
        return self.installation.parties

    @property
    def book(self) -> Book:
        return self.installation.book

    @property
    def identities(self) -> Mapping[str, Ed25519PrivateKey]:
        return self.installation.identities

    @property
    def fold(self) -> Fold:
        return self.reader.fold

    @property
    def of(self) -> Round:
        """The round as the log tells it now."""
        return self.fold.rounds[self.id]

    @property
    def manifest(self) -> Manifest:
        return self.composed.manifest

    @property
    def manifest_jws(self) -> str:
        record = self.of.record(Kind.MANIFEST)
        assert record is not None
        return record.jws

    @property
    def accepts(self) -> list[str]:
        return [record.jws for (kind, _), record in self.of.effective.items() if kind is Kind.ACCEPT]

    @property
    def trees(self) -> tuple[PartTree, ...]:
        return self.composed.part_trees

    def say(self, kind: Kind, author: str, body: dict[str, Any]) -> records.Record:
        """Sign a record, append it to the topic `rounds`, and fold it in."""
        jws = records.sign(kind, self.id, author, body, self.identities[author])
        self.log.append(topics.ROUNDS, jws.encode())
        self.reader.refresh()
        return records.peek(jws.encode())

    def salt(self, issuer: str, node: NodeId, part: int) -> bytes:
        """The salt of a members' hash, as the offers made here use it."""
        return _salt(self.id, issuer, node, part)

    def names(self, node: NodeId, part: int) -> list[str]:
        """The sorted names of the people whose finest node of the part it is."""
        return _names(self.roster, self.plan, self.trees[part], node)

    def finest(self, person: str, part: int) -> NodeId:
        return self.trees[part].finest(self.plan.place[person])

    def closed(self, *chosen: int | None) -> bytes:
        """The padded plaintext of part 0; options from 0, None for no answer, questions that are not named too."""
        part = self.manifest.draft.questionnaire.parts[0]
        values = bytes(0 if option is None else option + 1 for option in chosen)
        return values.ljust(part.size, b"\0")

    def words(self, text: str, part: int = 1) -> bytes:
        """The padded plaintext of an open part."""
        return text.encode().ljust(self.manifest.draft.questionnaire.parts[part].size, b"\0")

    def member(self, person: str, code: int | None = None) -> "Member":
        """The client of a person of the roster, with a wallet code made from a number (default: one of her own)."""
        secret = sha256(f"{person} {code}".encode()).digest()[:16]
        return Member(self, person, WalletSecrets(WalletCode(secret), self.manifest.hash))


@dataclass
class Member:
    """What a client makes of its tokens. Tokens are signed directly with the issuers' keys, which is faster."""

    made: MadeRound
    person: str
    secrets: WalletSecrets

    @cached_property
    def place(self) -> NodeId:
        return self.made.plan.place[self.person]

    def sk(self, part: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secrets.envelope_seed(part))

    def pk(self, part: int) -> bytes:
        return self.sk(part).public_key().public_bytes_raw()

    def nonce(self, part: int) -> bytes:
        return self.secrets.admission_nonce(part)

    def admission(self, part: int) -> Tokens:
        """The admission tokens of all issuers."""
        return self._tokens(None, part, self.nonce(part))

    def group(self, part: int, node: NodeId | None = None) -> tuple[Tokens, ...]:
        """The group tokens from the root down to `node` (default: her finest one)."""
        finest = self.made.trees[part].finest(self.place) if node is None else node
        path = self.made.trees[part].keyed_path(finest)
        return tuple(self._tokens(step, part, tokens.group_nonce(self.pk(part))) for step in path)

    def outer(self, part: int, plaintext: bytes, revision: int = 0, node: NodeId | None = None) -> Outer:
        """The opened outer layer; `node` is another keyed node of her path than her finest."""
        manifest, pk = self.made.manifest, self.pk(part)
        inner = envelope.seal_inner(manifest.aggregate_key, manifest.hash, part, pk, plaintext)
        sig = envelope.sign_ballot(self.sk(part), manifest.hash, part, inner)
        named = self.made.trees[part].finest(self.place) if node is None else node
        return Outer(revision, named, pk, self.group(part, named), sig, inner)

    def seal(self, part: int, outer: Outer) -> Envelope:
        manifest = self.made.manifest
        sealed = envelope.seal_outer(
            manifest.gate_key, manifest.hash, part, self.nonce(part), outer, manifest.layouts[part]
        )
        return Envelope(part, self.nonce(part), self.admission(part), sealed)

    def envelope(self, part: int, plaintext: bytes, revision: int = 0) -> Envelope:
        """A whole envelope of padded answers (`made.closed`, `made.words`); `encode(layout)` gives the log's bytes."""
        return self.seal(part, self.outer(part, plaintext, revision))

    def encoded(self, part: int, plaintext: bytes, revision: int = 0) -> bytes:
        return self.envelope(part, plaintext, revision).encode(self.made.manifest.layouts[part])

    def _tokens(self, node: NodeId | None, part: int, nonce: bytes) -> Tokens:
        made, of_part = self.made, None if node is None else part
        return tuple(
            _token(
                made.signing_keys[issuer, node, of_part],
                nonce,
                tokens.challenge_digest(issuer, made.manifest.hash, made.parties.origin),
            )
            for issuer in made.parties.issuer_names
        )


def make_round(
    issuers: int = 1,
    people: Mapping[tuple[str, ...], int] | None = None,
    *,
    round_id: str = "spring",
    roster: Roster | None = None,
    changes: Mapping[str, Any] | None = None,
    among: Installation | None = None,
    log: Log | None = None,
    first_key: int = 0,
    partitions: int = 1,
    trial: bool = False,
) -> MadeRound:
    """An agreed round: drafted, offered, proposed and accepted in `log` (default: a new memory log).

    `people` per group path makes the roster, or a whole `roster` is handed in; `changes` replaces members of
    `draft_body`; `among` is an installation that is there already.
    """
    installed = among or installation(issuers, trial=trial)
    parties, log = installed.parties, log or MemoryLog()
    roster = roster or roster_of(PEOPLE if people is None else people, depth=4)
    body = draft_body(parties, **(changes or {}))
    ks = [part["k"] for part in body["questionnaire"]["parts"]]
    planned = plan(roster, min(ks), body["rate"])
    trees = [PartTree(planned.nodes, k) for k in ks]
    for topic in (topics.ROUNDS, topics.nodes(round_id), topics.batches(round_id)):
        log.create(topic)
    log.create(topics.envelopes(round_id), partitions)

    def say(kind: Kind, author: str, of: dict[str, Any]) -> str:
        jws = records.sign(kind, round_id, author, of, installed.identities[author])
        log.append(topics.ROUNDS, jws.encode())
        return records.digest(jws)

    drafted = say(Kind.DRAFT, parties.lead.name, body)
    gate_key, aggregate_key = hpke_key(2 * first_key), hpke_key(2 * first_key + 1)
    bodies: dict[str, dict[str, Any]] = {
        "gate": {"draft": drafted, "key": b64(gate_key.public)},
        "aggregate": {"draft": drafted, "key": b64(aggregate_key.public)},
    }
    signing_keys: dict[tuple[str, NodeId | None, int | None], blind_rsa.PrivateKey] = {}
    offered: dict[str, list[dict[str, Any]]] = {}
    for issuer in parties.issuer_names:
        addresses = [(None, None), *((n.id, p) for n in planned.nodes for p, t in enumerate(trees) if n.id in t.keyed)]
        for node, part in addresses:
            signing_keys[issuer, node, part] = rsa_key(first_key + len(signing_keys))
        items = [
            nodes.offer(
                node,
                [_public(signing_keys.get((issuer, node.id, part))) for part in range(len(trees))],
                [
                    _names_hash(round_id, issuer, roster, planned, tree, node.id, part)
                    for part, tree in enumerate(trees)
                ],
            )
            for node in planned.nodes
        ]
        packed = bundle.pack(items)
        log.append(topics.nodes(round_id), *packed.records)
        offered[issuer] = nodes.parse_offered(items)
        admission_key = b64(signing_keys[issuer, None, None].public.modulus_bytes)
        bodies[issuer] = {"draft": drafted, "admission_key": admission_key, "nodes": packed.reference}
    for author, offer in bodies.items():
        say(Kind.OFFER, author, offer)
    composed = compose(round_id, parties, body, bodies, offered)
    say(Kind.MANIFEST, parties.lead.name, {"manifest": composed.manifest.body})
    for author in parties.authors:
        say(Kind.ACCEPT, author, {"manifest": composed.manifest.fingerprint})
    reader = RoundsReader(log, installed.book)
    reader.refresh()
    return MadeRound(
        round_id,
        installed,
        log,
        reader,
        composed,
        roster,
        planned,
        signing_keys,
        gate_key,
        aggregate_key,
        first_key + len(signing_keys),
    )


def _salt(round_id: str, issuer: str, node: NodeId, part: int) -> bytes:
    return sha256(f"salt {round_id} {issuer} {node} {part}".encode()).digest()


def _names(roster: Roster, planned: Plan, tree: PartTree, node: NodeId) -> list[str]:
    return sorted(person.name for person in roster.people if tree.finest(planned.place[person.id]) == node)


def _names_hash(
    round_id: str, issuer: str, roster: Roster, planned: Plan, tree: PartTree, node: NodeId, part: int
) -> str | None:
    if not tree.own.get(node):
        return None
    return b64(nodes.names_hash(_salt(round_id, issuer, node, part), _names(roster, planned, tree, node)))


def _public(key: blind_rsa.PrivateKey | None) -> str | None:
    return None if key is None else b64(key.public.modulus_bytes)


@cache
def _token(key: blind_rsa.PrivateKey, nonce: bytes, challenge_digest: bytes) -> bytes:
    """A token as it comes out of blinding and finalizing, with a salt that follows from the nonce."""
    pk = key.public
    message = tokens.token_input(nonce, challenge_digest, pk.key_id)
    salt = (sha256(nonce).digest() * 2)[: blind_rsa.SALT]
    encoded = blind_rsa.emsa_pss_encode(message, salt, pk.bits - 1)
    return int(key._power(gmpy2.mpz(int.from_bytes(encoded)))).to_bytes(blind_rsa.SIZE)
