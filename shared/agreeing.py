"""What issuers, gate and aggregate all do until a round is agreed: look at everything, then accept or make it void."""

from enum import StrEnum

from shared.author import Author
from shared.bundle import BrokenBundle
from shared.compositions import Compositions
from shared.draft import BadDraft
from shared.draft import check as check_draft
from shared.log.port import NoSuchTopic
from shared.manifest import BadManifest
from shared.manifest import check as check_manifest
from shared.nodes import BadNodes
from shared.records import Kind
from shared.rounds import DEAD, Fold, Round, RoundId, State


class VoidReason(StrEnum):
    """Why a party makes a round void before it is agreed."""

    BAD_DRAFT = "bad-draft"
    BAD_MANIFEST = "bad-manifest"
    TREES_DIFFER = "trees-differ"
    ROSTER = "roster"
    LATE = "late"


def acceptable_draft(of: Round, now: float) -> str | None:
    """What is wrong with a draft before anything is offered for it, in words; None if nothing is."""
    try:
        check_draft(of.draft, trial=of.parties.trial, now=now)
    except BadDraft as error:
        return str(error)
    return None


def may_offer(of: Round, author: Author) -> bool:
    """Whether this party still has to offer something for the round."""
    return of.phase is State.DRAFTED and not author.said(of.id, Kind.OFFER) and not author.said(of.id, Kind.VOID)


def decide(fold: Fold, of: Round, author: Author, compositions: Compositions, now: float) -> str | None:
    """Accept a proposed manifest, or make the round void; says why in the latter case.

    Does nothing if the round is not proposed, or this party has decided before, or its nodes are still on their way.
    """
    if of.phase is not State.PROPOSED or author.said(of.id, Kind.ACCEPT) or author.said(of.id, Kind.VOID):
        return None
    assert of.manifest is not None  # noqa: S101 - a proposed round has one
    try:
        offered = compositions.offered(of)
        recomputed = compositions.recompute(of, offered)
        earlier = _earlier(fold, of, author)
        manifests = [other.manifest for other in earlier if other.manifest is not None]
        known_keys = frozenset().union(
            *(compositions.keys_of(fold.rounds[other]) for other in _proposed_before(fold, of))
        )
        check_manifest(of.manifest, recomputed, offered, manifests, known_keys, now)
        _check_own(of, author)
    except (BrokenBundle, NoSuchTopic):
        return None
    except (BadManifest, BadNodes, BadDraft) as error:
        author.say(of.id, Kind.VOID, {"reason": VoidReason.BAD_MANIFEST})
        return str(error)
    author.say(of.id, Kind.ACCEPT, {"manifest": of.manifest.fingerprint})
    return None


def _earlier(fold: Fold, of: Round, author: Author) -> list[Round]:
    """Living rounds that were proposed before this one, and all that this party has itself accepted."""
    before = set(_proposed_before(fold, of))
    accepted = set(author.rounds(Kind.ACCEPT))
    return [
        other
        for other in fold.rounds.values()
        if other.id != of.id and ((other.id in before and other.phase not in DEAD) or other.id in accepted)
    ]


def _proposed_before(fold: Fold, of: Round) -> list[RoundId]:
    """Rounds whose manifests stand earlier in the log."""
    return fold.proposed_order[: fold.proposed_order.index(of.id)]


def _check_own(of: Round, author: Author) -> None:
    """The offer that the log shows under this party's name is the one that it made."""
    mine, shown = author.own(of.id, Kind.OFFER), of.offers[author.name]
    if mine is None or mine.digest != shown.digest:
        raise BadManifest("the offer under my name is not mine")
