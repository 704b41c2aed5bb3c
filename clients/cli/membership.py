"""Where a person's answers can count: what the issuers say about her, checked against the rules that everybody signed.

Nothing here is taken on an issuer's word: each node of her path is proven to be in the signed tree, the nodes form a
path, no group is below a minimum, and the names of those she is counted with fit the signed hash and number. Her own
eyes do the rest: she knows who her colleagues are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from clients.cli.outcomes import Alarm, AlarmReason
from shared import merkle
from shared.blind_rsa import PublicKey
from shared.canonical import unb64
from shared.manifest import Manifest
from shared.nodes import BadNodes, names_hash, parse_composed
from shared.partition import K_FLOOR
from shared.schema import Bytes, Flag, whole
from shared.tree import NodeKind


@dataclass(frozen=True)
class Group:
    """One node of the path. `size` counts all people in it; `own` per part those whom no smaller group holds."""

    id: int
    kind: NodeKind
    label: str
    size: int
    own: tuple[int | None, ...]
    keys: Mapping[str, tuple[PublicKey | None, ...]] = field(repr=False)
    """By issuer, per part."""
    name_hashes: Mapping[str, Sequence[str | None]] = field(repr=False)
    """By issuer, per part: base64url."""


@dataclass(frozen=True)
class Place:
    """Where the answers to one part can count."""

    path: tuple[Group, ...]
    """The groups with a key, the whole company first; an envelope carries a token for each."""
    names: tuple[str, ...] = field(repr=False)
    """Sorted names of those whose finest group is the last of the path, herself among them."""

    @property
    def finest(self) -> Group:
        return self.path[-1]


@dataclass(frozen=True)
class Membership:
    """What all issuers say alike. `collected`: issuers that say that her tokens have been collected."""

    language: str
    path: tuple[Group, ...]
    places: tuple[Place, ...]
    collected: frozenset[str]


class _Step(Schema):
    class Meta:
        unknown = EXCLUDE

    node = fields.Str(required=True)
    proof = fields.List(Bytes(merkle.HASH), required=True)


class _Place(Schema):
    class Meta:
        unknown = EXCLUDE

    finest = whole(min=0)
    names = fields.List(fields.Str(), required=True)
    salt = Bytes(32, required=True)


class MembershipSchema(Schema):
    """What an issuer answers to `GET /rounds/<id>/membership`."""

    class Meta:
        unknown = EXCLUDE

    issuer = fields.Str(required=True)
    language = fields.Str(required=True)
    collected = Flag(required=True)
    path = fields.List(fields.Nested(_Step), required=True)
    parts = fields.List(fields.Nested(_Place), required=True)


class Malformed(ValueError):
    """Not an answer of the agreed shape."""


def parse(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The shape of an issuer's answer; Malformed."""
    try:
        loaded: dict[str, Any] = MembershipSchema().load(answer)
    except ValidationError as error:
        raise Malformed from error
    return loaded


def check(manifest: Manifest, answers: Mapping[str, Mapping[str, Any]]) -> Membership:
    """The membership in parsed answers, one of each issuer by name; an Alarm for whatever does not hold."""
    first_name = manifest.parties.lead.name
    path = _path(manifest, answers[first_name]["path"])
    for name, answer in answers.items():
        if answer["issuer"] != name:
            raise Alarm(AlarmReason.WRONG_GROUPS, name)
        if [step["node"] for step in answer["path"]] != [step["node"] for step in answers[first_name]["path"]]:
            raise Alarm(AlarmReason.DIFFERENT_GROUPS, f"{first_name}, {name}")
    _check_keys(manifest, path)
    parts = range(len(manifest.draft.questionnaire.parts))
    if any(len(answer["parts"]) != len(parts) for answer in answers.values()):
        raise Alarm(AlarmReason.WRONG_GROUPS, "parts")
    return Membership(
        language=answers[first_name]["language"],
        path=path,
        places=tuple(_place(manifest, path, part, answers) for part in parts),
        collected=frozenset(name for name, answer in answers.items() if answer["collected"]),
    )


def _path(manifest: Manifest, steps: Sequence[Mapping[str, Any]]) -> tuple[Group, ...]:
    """The groups from the company down, each proven to be in the tree and to lie in the one before."""
    smallest = max(K_FLOOR, manifest.draft.smallest_k)
    above: dict[str, Any] | None = None
    path: list[Group] = []
    for step in steps:
        item = step["node"].encode("utf-8", "surrogatepass")
        try:
            node = parse_composed(item)
            proven = merkle.check(
                manifest.node_root, manifest.node_count, node["id"], item, [unb64(one) for one in step["proof"]]
            )
        except BadNodes:
            proven = False
        if not proven or node["parent"] != (above["id"] if above else None):
            raise Alarm(AlarmReason.WRONG_GROUPS, f"path {len(path)}")
        if node["size"] < smallest:
            raise Alarm(AlarmReason.SMALL_GROUP, f"{node['label']}: {node['size']}")
        if above and node["size"] > above["size"]:
            raise Alarm(AlarmReason.WRONG_GROUPS, node["label"])
        path.append(_group(manifest, node))
        above = node
    if not path:
        raise Alarm(AlarmReason.WRONG_GROUPS, "path")
    return tuple(path)


def _group(manifest: Manifest, node: Mapping[str, Any]) -> Group:
    parts = len(manifest.draft.questionnaire.parts)
    issuers = manifest.parties.issuer_names
    per_part = [node["own"], *node["keys"].values(), *node["names"].values()]
    if node["keys"].keys() != set(issuers) or node["names"].keys() != set(issuers):
        raise Alarm(AlarmReason.WRONG_KEYS, node["label"])
    if any(len(each) != parts for each in per_part):
        raise Alarm(AlarmReason.WRONG_KEYS, node["label"])
    try:
        keys = {
            issuer: tuple(None if key is None else PublicKey.from_modulus(unb64(key)) for key in node["keys"][issuer])
            for issuer in issuers
        }
    except ValueError:
        raise Alarm(AlarmReason.WRONG_KEYS, node["label"]) from None
    return Group(
        node["id"], NodeKind(node["kind"]), node["label"], node["size"], tuple(node["own"]), keys, node["names"]
    )


def _check_keys(manifest: Manifest, path: Sequence[Group]) -> None:
    """A key where the minimum is reached, of every issuer alike, and no key twice: a key alone names its group."""
    moduli = [key.n for key in manifest.admission_keys.values()]
    for group in path:
        for part, asked in enumerate(manifest.draft.questionnaire.parts):
            keys = [group.keys[issuer][part] for issuer in manifest.parties.issuer_names]
            there = [key.n for key in keys if key is not None]
            expected = group.size >= asked.k
            # Only a merge group may be without a key although it is large enough: see PartTree.keyed.
            if there and (not expected or len(there) != len(keys)):
                raise Alarm(AlarmReason.WRONG_KEYS if expected else AlarmReason.SMALL_GROUP, group.label)
            if not there and expected and group.kind is not NodeKind.MERGE:
                raise Alarm(AlarmReason.WRONG_KEYS, group.label)
            moduli += there
    if len(set(moduli)) != len(moduli):
        raise Alarm(AlarmReason.WRONG_KEYS, "duplicate")


def _place(manifest: Manifest, path: Sequence[Group], part: int, answers: Mapping[str, Mapping[str, Any]]) -> Place:
    lead = manifest.parties.lead.name
    keyed = tuple(group for group in path if group.keys[lead][part] is not None)
    if not keyed or keyed[0] is not path[0] or len(keyed) > manifest.layouts[part].slots:
        raise Alarm(AlarmReason.WRONG_KEYS, f"part {part}")
    finest = keyed[-1]
    names = answers[lead]["parts"][part]["names"]
    for issuer, answer in answers.items():
        said = answer["parts"][part]
        if said["finest"] != finest.id:
            raise Alarm(AlarmReason.WRONG_GROUPS, finest.label)
        if said["names"] != names:
            raise Alarm(AlarmReason.DIFFERENT_MEMBERS, f"{lead}, {issuer}: {finest.label}")
        if not _fits(finest, part, issuer, said):
            raise Alarm(AlarmReason.WRONG_MEMBERS, finest.label)
    return Place(keyed, tuple(names))


def _fits(finest: Group, part: int, issuer: str, said: Mapping[str, Any]) -> bool:
    """Whether these are as many names as the rules say, and exactly those that they say."""
    own, expected = finest.own[part], finest.name_hashes[issuer][part]
    if own is None or expected is None or len(said["names"]) != own:
        return False
    try:
        return names_hash(unb64(said["salt"]), said["names"]) == unb64(expected)
    except ValueError:  # Names that have no canonical form.
        return False
