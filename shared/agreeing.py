"""What issuers, gate and aggregate all do until a round is agreed: look at everything, then accept or make it void."""

from enum import StrEnum

from shared.author import Author
from shared.bundle import BrokenBundle, MissingChunk
from shared.compositions import Compositions
from shared.draft import BadDraft
from shared.draft import check as check_draft
from shared.manifest import BadManifest
from shared.manifest import check as check_manifest
from shared.nodes import BadNodes
from shared.records import Kind
from shared.rounds import DEAD, Fold, Round, RoundId, State, named, predecessor


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

    Does nothing if the round is not proposed, or this party has decided before, or its nodes are still on their way,
    or the log has lost a round that this party has accepted: then nobody can say what was asked before.
    """
    if of.phase is not State.PROPOSED or author.said(of.id, Kind.ACCEPT) or author.said(of.id, Kind.VOID):
        return None
    assert of.manifest is not None  # noqa: S101 - a proposed round has one
    if now >= of.draft.opens:
        return _void(of, author, VoidReason.LATE, "not everybody had accepted when the round should have opened")
    if not _remembers(fold, author):
        return None
    try:
        offered = compositions.offered(of)
        recomputed = compositions.recompute(of, offered)
        manifests = [other.manifest for other in _earlier(fold, of, author) if other.manifest is not None]
        known_keys = frozenset[str]().union(
            *(compositions.keys_of(fold.rounds[other]) for other in _proposed_before(fold, of))
        )
        check_manifest(of.manifest, recomputed, offered, manifests, known_keys, now)
        _check_own(of, author)
    except MissingChunk:
        return None
    except BadDraft as error:
        return _void(of, author, VoidReason.BAD_DRAFT, str(error))
    except (BadManifest, BadNodes, BrokenBundle) as error:
        return _void(of, author, VoidReason.BAD_MANIFEST, str(error))
    author.say(of.id, Kind.ACCEPT, {"manifest": of.manifest.fingerprint})
    return None


def _void(of: Round, author: Author, reason: VoidReason, why: str) -> str:
    author.say(of.id, Kind.VOID, {"reason": reason})
    return why


def _remembers(fold: Fold, author: Author) -> bool:
    """Whether the log still shows every manifest that this party has accepted.

    Else its operator could take a round away for a while, have the same people asked the same, and put it back.
    """
    for round_id in author.rounds(Kind.ACCEPT):
        accept, shown = author.own(round_id, Kind.ACCEPT), fold.rounds.get(round_id)
        if accept is None or shown is None or predecessor(Kind.ACCEPT, shown) != named(accept):
            return False
    return True


def _earlier(fold: Fold, of: Round, author: Author) -> list[Round]:
    """The rounds whose questions this one may not repeat.

    They were proposed before, or this party has accepted them, in whatever order the log shows them now; and they are
    not dead, or this party has itself handed on something of their answers: a log that shows such a round as void
    shows another past.
    """
    candidates = {*_proposed_before(fold, of), *author.rounds(Kind.ACCEPT)} - {of.id}
    return [
        other
        for other in fold.rounds.values()
        if other.id in candidates
        and (other.phase not in DEAD or any(author.said(other.id, kind) for kind in _HANDED_ON))
    ]


_HANDED_ON = (Kind.BATCH, Kind.OPENING, Kind.RELEASE)
"""What gate and aggregate say when answers leave their hands. Before that a dead round's answers stay sealed: their
keys are destroyed before anything else is said."""


def _proposed_before(fold: Fold, of: Round) -> list[RoundId]:
    """Rounds whose manifests took effect earlier in the log."""
    return fold.proposed_order[: fold.proposed_order.index(of.id)]


def _check_own(of: Round, author: Author) -> None:
    """The offer that the log shows under this party's name is the one that it made."""
    mine, shown = author.own(of.id, Kind.OFFER), of.offers[author.name]
    if mine is None or mine.digest != shown.digest:
        raise BadManifest("the offer under my name is not mine")
