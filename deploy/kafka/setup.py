"""`python -m deploy.kafka.setup ADMIN.toml SECRETS`: make a Kafka ready for Klankbord, or bring it up to date.

ADMIN.toml is an address file (docs/operations.md) of a super user. SECRETS is a folder with a file `<user>.password` of
mode 0600 for each user of a service (deploy/kafka/rights.py says how they are named). Afterwards

- each of them is a SCRAM user with that password,
- the topic `rounds` is there,
- our topics and these users have the rights of rights.toml, and no other; that Kafka holds to them is tried.

It can be run again at any time: after a password or rights.toml was changed, or when an issuer joins. A user whose
file is not there any more keeps the password and loses all rights.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    NewTopic,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from kafka.errors import AuthorizationError, KafkaError, NoError

from deploy.kafka import rights
from deploy.kafka.administrator import administrator
from shared import topics
from shared.log.kafka import KafkaLog
from shared.log.kafka_address import Address, BadAddress, read_password
from shared.log.port import LogError, LogForbidden, LogUnavailable, NoSuchTopic

_ITERATIONS = 4096
"""What Kafka asks for at least. More would slow down each connection; our passwords are random and long."""

_PATIENCE = 120.0
"""Seconds for a broker that is starting."""

_PAUSE = 0.5
"""Seconds between two tries to reach it."""

_KNOWN = 20.0
"""Seconds until every broker knows a new user; it takes milliseconds."""

_NOBODYS = "klankbord-tries-whether-this-is-refused"
"""A topic that nobody makes."""

_ALL = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


class SetupFailed(RuntimeError):
    """One line that says what Kafka refused."""


def main(words: Sequence[str] | None = None) -> int:
    """0; 1 if Kafka is away or refuses, or if others reach our topics; 2 for a file that is not as it must be."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kafka.setup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("admin", type=Path, metavar="ADMIN.toml", help="address file of a super user")
    parser.add_argument("secrets", type=Path, metavar="SECRETS", help="folder with <user>.password for each service")
    chosen = parser.parse_args(words)
    try:
        Address.read(chosen.admin)
        passwords = read_passwords(chosen.secrets)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        changed = prepare(chosen.admin, passwords)
    except (LogError, SetupFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"users: {', '.join(sorted(passwords))}")
    print(f"topic: {topics.ROUNDS}")
    print(f"rights: {len(changed.given)} given, {len(changed.taken)} taken away")
    for line in sorted(map(_told, changed.taken)):
        print(f"  taken away: {line}")
    for line in sorted(map(_told, changed.foreign)):
        print(f"somebody else has a right on topics of ours, or all have one: {line}", file=sys.stderr)
    return 1 if changed.foreign else 0


def read_passwords(folder: Path) -> dict[str, str]:
    """The users and their passwords; BadAddress (a ValueError) for a folder that does not say them all."""
    files = sorted(folder.glob("*.password"))
    try:
        roles = {rights.role(file.stem) for file in files}
    except ValueError as error:
        raise BadAddress(f"{folder.name}: {error}") from None
    if missing := [role for role in rights.ROLES if role not in roles]:
        names = (f"{role}-<name>.password" if role == "issuer" else f"{role}.password" for role in missing)
        raise BadAddress(f"{folder.name}: not there: {', '.join(names)}")
    return {file.stem: read_password(folder.name, file) for file in files}


def prepare(admin: Path, passwords: Mapping[str, str]) -> "Changed":
    """Do it all, with the address file of a super user and the users' passwords; LogError, SetupFailed."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # What matters comes as an exception.
    try:
        with closing(KafkaLog(admin)) as log:
            _reach(log)
            address = Address.read(admin)
            with closing(administrator(address)) as client:
                # First what nobody may: a user who is new can do nothing for a moment, and never too much.
                changed = set_rights(client, passwords)
                set_users(client, address.mechanism, passwords)
            check_refusing(address, *min(passwords.items()))
            log.create(topics.ROUNDS)
    except KafkaError as error:
        raise SetupFailed(f"Kafka: {type(error).__name__}") from error
    return changed


def _reach(log: KafkaLog) -> None:
    """Wait until a broker answers; LogError. kafka-python's own client does not say that a password is wrong."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            log.end(topics.ROUNDS)
        except LogForbidden:
            raise
        except LogUnavailable:
            if time.monotonic() > deadline:
                raise
        except NoSuchTopic:
            return
        else:
            return
        time.sleep(_PAUSE)


def set_users(client: KafkaAdminClient, mechanism: str, passwords: Mapping[str, str]) -> None:
    """Make these SCRAM users, or give them these passwords; SetupFailed, KafkaError."""
    users = [
        UserScramCredentialUpsertion(user, mechanism, password, _ITERATIONS) for user, password in passwords.items()
    ]
    for user, error in client.alter_user_scram_credentials(users).items():
        if error:
            raise SetupFailed(f"Kafka does not take the user {user}: {error.splitlines()[0][:200]}")


def check_refusing(address: Address, user: str, password: str) -> None:
    """See that Kafka refuses a service what no right allows it; SetupFailed, KafkaError.

    With allow.everyone.if.no.acl.found, which brokers do not tell, each service could give itself every right.
    """
    deadline = time.monotonic() + _KNOWN
    while True:
        try:
            with closing(administrator(replace(address, user=user, password=password))) as client:
                client.create_topics([NewTopic(_NOBODYS, 1, 1)], validate_only=True)
        except AuthorizationError:
            return
        except KafkaError:
            if time.monotonic() > deadline:
                raise
        else:
            raise SetupFailed(
                f"Kafka lets {user} do what no right of rights.toml allows: see allow.everyone.if.no.acl.found and "
                "super.users of its brokers, and the rights of User:*"
            )
        time.sleep(_PAUSE)


@dataclass(frozen=True)
class Changed:
    """What `set_rights` did."""

    given: frozenset[ACL]
    taken: frozenset[ACL]
    foreign: frozenset[ACL]
    """Rights that others have on our topics among many more, and our users with everybody: not ours to take away, but
    somebody must look.
    """


def set_rights(client: KafkaAdminClient, principals: Iterable[str]) -> Changed:
    """Give these users the rights of rights.toml, and take away every other right of our users or on our topics.

    SetupFailed, KafkaError. What others may do with other topics of the same Kafka is left alone.
    """
    wanted = rights.acls(principals)
    there = set(client.describe_acls(_ALL)[0])
    ours = {acl for acl in there if rights.is_ours(acl)}
    foreign = {acl for acl in there - ours if rights.reaches_ours(acl)}
    # First taken away: what is forbidden must not be allowed for longer than what is allowed is missing.
    for _, _, error in client.delete_acls([only(acl) for acl in ours - wanted]):
        if error is not NoError:
            raise SetupFailed(f"Kafka keeps a right: {error.__name__}")
    if failed := client.create_acls(list(wanted - ours))["failed"]:
        raise SetupFailed(f"Kafka does not give a right: {failed[0].__name__}")
    return Changed(frozenset(wanted - ours), frozenset(ours - wanted), frozenset(foreign))


def only(acl: ACL) -> ACLFilter:
    """A filter that this right matches and no other."""
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, acl.resource_pattern)


def _told(acl: ACL) -> str:
    return f"{acl.principal} {acl.operation.name} {acl.resource_pattern.resource_name}"


if __name__ == "__main__":
    sys.exit(main())
