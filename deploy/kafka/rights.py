"""rights.toml as Kafka's ACLs and as a table for people.

A principal is a user of Kafka: one per service and one per issuer.

    ingest  gate  aggregate  report          named as the service
    issuer-<its name in parties.json>        each issuer
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

ROLES = ("issuer", "ingest", "gate", "aggregate", "report")

_PREFIXED = ACLResourcePatternType.PREFIXED
"""A pattern for all names that begin with its own."""

_EVERYBODY = "User:*"
"""Our users among them."""

_OVER_ALL = frozenset(
    {
        ACLOperation.ALL,
        ACLOperation.ALTER,
        ACLOperation.ALTER_CONFIGS,
        ACLOperation.CLUSTER_ACTION,
        ACLOperation.CREATE,
        ACLOperation.DELETE,
    }
)
"""With the cluster itself: whoever may do one of these gives himself rights, reads as a broker does, or makes topics
of any name.
"""

_FILE = Path(__file__).parent / "rights.toml"

_OPERATIONS: Mapping[str, ACLOperation] = {
    "append": ACLOperation.WRITE,
    "read": ACLOperation.READ,
    "create": ACLOperation.CREATE,
    "delete": ACLOperation.DELETE,
}
"""What a right is called here, and by Kafka. Each lets a topic be described, too: its partitions and its end."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may do what with `topic`; a name, or with a dot at its end how names begin."""

    topic: str
    roles: Mapping[str, frozenset[str]]
    """For each of append, read, create, delete."""

    def of(self, role: str) -> frozenset[str]:
        return frozenset(operation for operation, roles in self.roles.items() if role in roles)


def table() -> tuple[Rights, ...]:
    """What rights.toml says, in its order."""
    values = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Rights(topic, {operation: frozenset(rows[operation]) for operation in _OPERATIONS})
        for topic, rows in values.items()
    )


def role(principal: str) -> str:
    """Of which service a principal is; ValueError for any other name."""
    found = "issuer" if principal.startswith("issuer-") else principal
    if found not in ROLES or principal == "issuer":
        raise ValueError(f"{principal}: users of Kafka are ingest, gate, aggregate, report and issuer-<its name>")
    return found


def acls(principals: Iterable[str]) -> set[ACL]:
    """All that these principals may do; ValueError for one that is none of ours."""
    return {acl for principal in principals for rights in table() for acl in _acls(rights, principal)}


def _acls(rights: Rights, principal: str) -> Iterator[ACL]:
    allowed = rights.of(role(principal))
    if not allowed:
        return
    pattern = _PREFIXED if rights.topic.endswith(".") else ACLResourcePatternType.LITERAL
    resource = ResourcePattern(ResourceType.TOPIC, rights.topic, pattern)
    # Who uses a topic looks at its settings first: one that deletes by itself is refused.
    for operation in [*(_OPERATIONS[each] for each in allowed), ACLOperation.DESCRIBE_CONFIGS]:
        yield ACL(f"User:{principal}", "*", operation, ACLPermissionType.ALLOW, resource)


def is_ours(acl: ACL) -> bool:
    """Whether it is a right of one of our users, or one on topics of ours and no others."""
    try:
        role(acl.principal.removeprefix("User:"))
    except ValueError:
        return _is_topic(acl) and any(_within(acl.resource_pattern, rights.topic) for rights in table())
    return True


def reaches_ours(acl: ACL) -> bool:
    """Whether it allows something with topics of ours, perhaps among others, or gives our users more than the table."""
    if acl.permission_type is not ACLPermissionType.ALLOW:
        return False
    if not _is_topic(acl):
        of_all = acl.resource_pattern.resource_type is ResourceType.CLUSTER and acl.operation in _OVER_ALL
        return of_all or acl.principal == _EVERYBODY
    name, prefixed = acl.resource_pattern.resource_name, acl.resource_pattern.pattern_type is _PREFIXED
    return any(
        _within(acl.resource_pattern, rights.topic) or name == "*" or (prefixed and rights.topic.startswith(name))
        for rights in table()
    )


def _is_topic(acl: ACL) -> bool:
    return bool(acl.resource_pattern.resource_type is ResourceType.TOPIC)


def _within(pattern: ResourcePattern, topic: str) -> bool:
    name: str = pattern.resource_name
    return name.startswith(topic) if topic.endswith(".") else name == topic


def markdown() -> str:
    """The table for docs/operations.md."""
    lines = ["| topic | " + " | ".join(_OPERATIONS) + " |", "|---" * (len(_OPERATIONS) + 1) + "|"]
    for rights in table():
        name = f"`{rights.topic}<round>`" if rights.topic.endswith(".") else f"`{rights.topic}`"
        cells = (", ".join(each for each in ROLES if each in rights.roles[operation]) for operation in _OPERATIONS)
        lines.append(f"| {name} | " + " | ".join(cell or "-" for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(markdown() + "\n")
