"""The public face of rounds: what issuers and ingest both show, so that a client can compare.

Rounds appear when everybody has accepted them, and stay, whatever becomes of them (docs/protocol.md, "HTTP").
"""

from collections.abc import Mapping
from typing import Any

from shared.records import Kind
from shared.rounds import Fold, Round, RoundId

Published = Mapping[RoundId, Round]
"""Agreed rounds in the order of their drafts."""


def snapshot(fold: Fold) -> Published:
    """Those of a fold, for threads that answer requests while another one refreshes it."""
    return {of.id: of for of in fold.rounds.values() if of.agreed}


def listing(rounds: Published, now: float) -> dict[str, Any]:
    """The body of `GET /rounds`."""
    return {"rounds": [_summary(of, now) for of in rounds.values()]}


def document(of: Round, now: float) -> dict[str, Any]:
    """The body of `GET /rounds/<id>`: the manifest's record, and the accept of every author."""
    manifest = of.record(Kind.MANIFEST)
    accepts = (of.record(Kind.ACCEPT, author) for author in of.parties.authors)
    return {
        "round": of.id,
        "state": str(of.state(now)),
        "manifest": manifest.jws if manifest else "",
        "accepts": [accept.jws for accept in accepts if accept],
    }


def _summary(of: Round, now: float) -> dict[str, Any]:
    drafted = of.draft.body
    return {
        "round": of.id,
        "state": str(of.state(now)),
        **{name: drafted[name] for name in ("period", "title", "opens", "answer_from", "closes")},
        "fingerprint": of.manifest.fingerprint if of.manifest else "",
    }
