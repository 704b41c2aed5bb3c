"""Rounds made of records alone: everything is signed and follows from each other, but nobody can sign a token.

    offers = make_offers()                     a draft and everybody's offers, of 20 people and two parts
    life(offers)                               its records from the draft to the release, in order
    install(log, life(offers), offers)         in a log, with the nodes

Moduli are numbers that pass for RSA keys and cost nothing, so tests may have hundreds; tests.rounds_made has real ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from random import Random
from typing import Any, NamedTuple

from shared import bundle, nodes, records, topics
from shared.blind_rsa import PublicKey
from shared.bundle import Bundle
from shared.canonical import b64
from shared.log.port import Log
from shared.manifest import Composed, compose
from shared.records import Kind
from shared.tree import Node, NodeKind, PartTree
from tests.rounds_made import Installation, draft_body, installation

TREE = (
    Node(0, None, NodeKind.GROUP, "Velda", 20),
    Node(1, 0, NodeKind.GROUP, "Payments", 12),
    Node(2, 0, NodeKind.GROUP, "Risk", 8),
)
"""Risk is too small for comments (k 10): part 1 has no key for it."""


@cache
def modulus(number: int) -> str:
    """base64url of 256 bytes that any party takes for a modulus; different numbers give different ones."""
    random = Random(number)
    while True:
        n = random.getrandbits(2048) | 1 << 2047 | 1
        try:
            return b64(PublicKey(n).modulus_bytes)
        except ValueError:
            continue


def thirty_two(*what: object) -> str:
    """32 bytes in base64url that stand for a key, a hash or a draft."""
    return b64(sha256(repr(what).encode()).digest())


def offered_nodes(
    tree: Sequence[Node], ks: Sequence[int], issuer: str, first_key: int
) -> tuple[list[dict[str, Any]], int]:
    """An issuer's nodes with keys and hashes where they belong, and the number of the next key."""
    trees = [PartTree(tree, k) for k in ks]
    offered, number = [], first_key
    for node in tree:
        keys: list[str | None] = []
        names: list[str | None] = []
        for part, of_part in enumerate(trees):
            keyed = node.id in of_part.keyed
            keys.append(modulus(number) if keyed else None)
            number += keyed
            names.append(thirty_two(issuer, node.id, part) if of_part.own.get(node.id) else None)
        offered.append(nodes.parse_offered([nodes.offer(node, keys, names)])[0])
    return offered, number


@dataclass(frozen=True)
class Offers:
    """A draft and what everybody offers for it."""

    round_id: str
    installed: Installation
    draft: dict[str, Any]
    bodies: Mapping[str, dict[str, Any]]
    """Of the offers by author."""
    nodes: Mapping[str, list[dict[str, Any]]]
    bundles: Mapping[str, Bundle]
    """Of the nodes by issuer."""

    @cached_property
    def composed(self) -> Composed:
        return compose(self.round_id, self.installed.parties, self.draft, self.bodies, self.nodes)

    def sign(self, kind: Kind, author: str, body: dict[str, Any]) -> "Said":
        jws = records.sign(kind, self.round_id, author, body, self.installed.identities[author])
        return Said(kind, author, jws.encode())


class Said(NamedTuple):
    """A signed record."""

    kind: Kind
    author: str
    raw: bytes

    @property
    def digest(self) -> str:
        return records.digest(self.raw.decode())


def make_offers(
    issuers: int = 1,
    *,
    round_id: str = "spring",
    among: Installation | None = None,
    tree: Sequence[Node] = TREE,
    first_key: int = 0,
    **changes: Any,
) -> Offers:
    """`changes` replaces members of the draft; rounds that share a log need other `first_key`s (40 keys each)."""
    installed = among or installation(issuers)
    parties = installed.parties
    body = draft_body(parties, **changes)
    drafted = records.sign(Kind.DRAFT, round_id, parties.lead.name, body, installed.identities[parties.lead.name])
    named = {"draft": records.digest(drafted)}
    bodies: dict[str, dict[str, Any]] = {}
    of_issuers, bundles, number = {}, {}, first_key
    ks = [part["k"] for part in body["questionnaire"]["parts"]]
    for issuer in parties.issuer_names:
        admission_key = modulus(number)
        of_issuers[issuer], number = offered_nodes(tree, ks, issuer, number + 1)
        bundles[issuer] = pack(of_issuers[issuer])
        bodies[issuer] = named | {"admission_key": admission_key, "nodes": bundles[issuer].reference}
    for author in ("gate", "aggregate"):
        bodies[author] = named | {"key": thirty_two("hpke", author, round_id, first_key)}
    return Offers(round_id, installed, body, bodies, of_issuers, bundles)


def pack(offered: Iterable[dict[str, Any]]) -> Bundle:
    return bundle.pack(nodes.offer(nodes.node_of(node), node["keys"], node["names"]) for node in offered)


def life(offers: Offers) -> list[Said]:
    """All records of a round that goes well, in order."""
    lead, authors = offers.installed.parties.lead.name, list(offers.installed.parties.authors)
    said = [offers.sign(Kind.DRAFT, lead, offers.draft)]
    said += [offers.sign(Kind.OFFER, author, offers.bodies[author]) for author in authors]
    manifest = offers.composed.manifest
    said.append(offers.sign(Kind.MANIFEST, lead, {"manifest": manifest.body}))
    said += [offers.sign(Kind.ACCEPT, author, {"manifest": manifest.fingerprint}) for author in authors]
    said.append(offers.sign(Kind.CUT, "gate", cut_body(manifest.fingerprint)))
    said.append(offers.sign(Kind.BATCH, "gate", batch_body(said[-1].digest)))
    said.append(offers.sign(Kind.OPENING, "aggregate", {"batch": said[-1].digest}))
    said.append(offers.sign(Kind.RELEASE, "aggregate", release_body(said[-1].digest)))
    return said


def cut_body(fingerprint: str, end: int = 0) -> dict[str, Any]:
    return {"manifest": fingerprint, "partitions": [{"end": end, "count": end, "sha256": thirty_two("cut", end)}]}


def batch_body(cut: str, reference: Mapping[str, Any] | None = None) -> dict[str, Any]:
    parts = [{"lots": 0, "counted": 0, "held_back": 0, "refused": {}}] * 2
    return {"cut": cut, "bundle": dict(reference or bundle.pack([]).reference), "parts": parts}


def release_body(opening: str) -> dict[str, Any]:
    empty = bundle.pack([]).reference
    return {"opening": opening, "cells": empty, "words": empty, "counted": empty}


def up_to(said: Sequence[Said], kind: Kind) -> list[Said]:
    """The records of a life up to the last of a kind."""
    return list(said[: max(place for place, one in enumerate(said) if one.kind is kind) + 1])


def install(log: Log, said: Iterable[Said], offers: Offers) -> None:
    """Append records, and the nodes that the offers name, to a log."""
    log.create(topics.ROUNDS)
    log.create(topics.nodes(offers.round_id))
    for packed in offers.bundles.values():
        log.append(topics.nodes(offers.round_id), *packed.records)
    log.append(topics.ROUNDS, *(one.raw for one in said))
