"""From a draft and the roster to what an issuer offers for a round: its tree, with a key and hashed names per part."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.issuer.core import addresses, attached
from services.issuer.keys import RoundSecret
from services.issuer.plan import Plan, PlanError, PlanProblem, plan
from services.issuer.planned import ADMISSION, Address, Planned
from services.issuer.roster import Roster
from shared import bundle, nodes
from shared.blind_rsa import PrivateKey
from shared.canonical import b64
from shared.draft import Draft
from shared.rounds import RoundId
from shared.tree import NodeId, PartTree


def tree(roster: Roster, ks: Sequence[int], rate: int) -> Plan:
    """The tree for parts with these minima, at `rate` percent of response; PlanError."""
    if len(roster.people) < max(ks):
        detail = f"{len(roster.people)} people, but nothing of a part is shown below {max(ks)}"
        raise PlanError(PlanProblem.SMALL, detail)
    return plan(roster, min(ks), rate)


def prepare(round_id: RoundId, digest: str, draft: Draft, roster: Roster) -> tuple[Planned, Plan]:
    """What a round is to be, by its draft (with its record's digest) and the roster as it is now; PlanError."""
    ks = tuple(part.k for part in draft.questionnaire.parts)
    planned = tree(roster, ks, draft.rate)
    keys = len(addresses([PartTree(planned.nodes, k) for k in ks]))
    return Planned(round_id, digest, planned.nodes, ks, keys, draft.counting_from, draft.erase_at), planned


def offer(
    planned: Planned,
    keys: Mapping[Address, PrivateKey],
    secret: RoundSecret,
    names: Mapping[NodeId, Sequence[str]],
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """The body of the offer and the chunks that go before it; `names` by the node that people are attached to."""
    moduli = {at: b64(key.public.modulus_bytes) for at, key in keys.items()}
    hashes: dict[Address, str] = {}
    for part, tree in enumerate(planned.trees()):
        for finest, places in attached(planned.nodes, tree).items():
            own = [name for place in places for name in names.get(place, ())]
            if own:
                at = Address(finest, part)
                hashes[at] = b64(nodes.names_hash(secret.salt(at), own))
    parts = range(len(planned.ks))
    items = (
        nodes.offer(
            node,
            [moduli.get(Address(node.id, part)) for part in parts],
            [hashes.get(Address(node.id, part)) for part in parts],
        )
        for node in planned.nodes
    )
    packed = bundle.pack(items)
    return {"draft": planned.draft, "admission_key": moduli[ADMISSION], "nodes": packed.reference}, packed.records
