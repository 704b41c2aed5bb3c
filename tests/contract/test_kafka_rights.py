"""Who may do what on a real Kafka, after `python -m deploy.kafka.setup`: rights.toml, and nothing else.

Expected here is what the docs' table says, read from its text.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    NewPartitions,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from kafka.errors import AuthorizationError, KafkaError
from kafka.structs import OffsetAndMetadata

from deploy.kafka import rights, setup
from deploy.kafka.administrator import administrator
from shared.log.kafka import KafkaLog
from shared.log.kafka_address import Address
from shared.log.port import Log, LogForbidden, NoSuchTopic
from tests.kafka_here import PASSWORDS, address_file, admin, empty

SERVICES = {"issuer-hr": "issuer", "issuer-council": "issuer"} | {
    name: name for name in ("ingest", "gate", "aggregate", "report")
}
"""The users that are tried, and the name that the table has for each."""

TOPICS = {"rounds": "rounds"} | {
    f"{kind}.spring": f"{kind}.<round>" for kind in ("nodes", "envelopes", "batches", "releases", "words")
}
ROW = re.compile(r"^\| `([a-z]+(?:\.<round>)?)` \|(.*)\|$", re.MULTILINE)
OPERATIONS = ("append", "read", "create", "delete")


def documented() -> dict[tuple[str, str], set[str]]:
    """Who may, for each operation and topic, as docs/operations.md says it."""
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    found = {}
    for topic, row in ROW.findall(text):
        for operation, cell in zip(OPERATIONS, row.split("|"), strict=True):
            found[operation, topic] = set(cell.strip(" -").split(", ")) - {""}
    return found


ALLOWED = documented()


@dataclass
class Secured:
    """The real broker after the setup: each user's log, and the client for what the port has no verbs for."""

    logs: dict[str, KafkaLog]
    admins: dict[str, KafkaAdminClient]
    master: KafkaLog
    secrets: Path
    address: Path


def password(user: str) -> str:
    return PASSWORDS.get(user, f"the-password-of-{user}")


def secrets(folder: Path) -> Path:
    folder.mkdir()
    for user in SERVICES:
        file = folder / f"{user}.password"
        file.touch(0o600)
        file.write_text(password(user))
    return folder


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("rights")
    empty()
    address = address_file(folder / "admin")
    passwords = secrets(folder / "secrets")
    assert setup.main([str(address), str(passwords)]) == 0
    with ExitStack() as stack:
        files = {user: address_file(folder / user, user, password(user)) for user in SERVICES}
        yield Secured(
            {user: stack.enter_context(closing(KafkaLog(file))) for user, file in files.items()},
            {user: stack.enter_context(closing(administrator(Address.read(file)))) for user, file in files.items()},
            stack.enter_context(closing(KafkaLog(address))),
            passwords,
            address,
        )
    with admin() as client:
        client.delete_acls([everything()])


def everything() -> ACLFilter:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


@pytest.fixture
def topics(secured: Secured) -> None:
    """Each kind of topic is there, with one record."""
    for topic in TOPICS:
        secured.master.create(topic)
        if secured.master.end(topic) == (0,):
            secured.master.append(topic, b"record")


def is_refused(use: Callable[..., object], *arguments: Any) -> bool:
    """Whether Kafka refuses it for want of a right, and not for another reason."""
    try:
        use(*arguments)
    except (LogForbidden, AuthorizationError):
        return True
    return False


def fail_if_failed(outcome: dict[str, list[type[KafkaError]]]) -> None:
    for error in outcome["failed"]:
        raise error


def fail_if_told(outcome: dict[str, str | None]) -> None:
    """For answers that hold what Kafka says as a text."""
    for message in filter(None, outcome.values()):
        assert re.search("authorization failed|needs ALTER permission", message), message
        raise AuthorizationError(message)


def test_the_table_for_people_is_the_file() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    assert rights.markdown() in text
    assert len(ALLOWED) == len(OPERATIONS) * len(TOPICS)


def test_the_protocols_page_gives_the_same_topics_to_the_same_services() -> None:
    """Its columns are created by, written by, read by, deleted when."""
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
    rows = {topic: row.split("|") for topic, row in ROW.findall(text) if row.count("|") == 3}
    assert rows.keys() == set(TOPICS.values())
    for topic, cells in rows.items():
        creates, appends, reads, _ = map(services_in, cells)
        assert creates == ALLOWED["create", topic] == ALLOWED["delete", topic]
        assert appends == ALLOWED["append", topic]
        # Whoever creates and writes a topic reads its own, as the text below the table says.
        assert reads | (appends & creates) == ALLOWED["read", topic]


def services_in(cell: str) -> set[str]:
    everybody = set(SERVICES.values())
    return (
        everybody if cell.strip() == "all" else everybody & set(re.findall("[a-z]+", cell.replace("issuers", "issuer")))
    )


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("user", SERVICES)
def test_a_service_appends_and_reads_what_the_table_says(secured: Secured, user: str, topic: str) -> None:
    log, row, service = secured.logs[user], TOPICS[topic], SERVICES[user]
    may_append, may_read = service in ALLOWED["append", row], service in ALLOWED["read", row]
    assert is_refused(log.append, topic, b"another") is not may_append
    assert is_refused(lambda: list(log.read(topic))) is not may_read
    assert is_refused(log.end, topic) is not (may_append or may_read)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("user", SERVICES)
def test_a_service_creates_and_deletes_what_the_table_says(secured: Secured, user: str, topic: str) -> None:
    log, row, service = secured.logs[user], TOPICS[topic], SERVICES[user]
    secured.master.delete(topic)
    assert is_refused(log.create, topic) is (service not in ALLOWED["create", row])
    assert is_there(secured.master, topic) is (service in ALLOWED["create", row])
    secured.master.create(topic)
    assert is_refused(log.delete, topic) is (service not in ALLOWED["delete", row])
    assert is_there(secured.master, topic) is (service not in ALLOWED["delete", row])


def is_there(log: Log, topic: str) -> bool:
    try:
        log.end(topic)
    except NoSuchTopic:
        return False
    return True


BEYOND: dict[str, Callable[[KafkaAdminClient, str], object]] = {
    "change its settings": lambda client, topic: fail_if_told(
        client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "1"})], raise_on_unknown=False
        )["topic"]
    ),
    "add partitions": lambda client, topic: client.create_partitions({topic: NewPartitions(2)}),
    "leave an offset behind": lambda client, topic: client.alter_group_offsets(
        "group", {TopicPartition(topic, 0): OffsetAndMetadata(0, "", -1)}
    ),
}


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize("what", BEYOND)
@pytest.mark.parametrize("user", SERVICES)
def test_no_service_may_do_anything_else_with_any_topic(secured: Secured, user: str, what: str) -> None:
    for topic in TOPICS:
        assert is_refused(BEYOND[what], secured.admins[user], topic)


@pytest.mark.parametrize("user", SERVICES)
def test_no_service_may_make_topics_of_other_names_users_or_rights(secured: Secured, user: str) -> None:
    for topic in ("rounds-2", "rounds.spring", "envelope", "other.spring"):
        assert is_refused(secured.logs[user].create, topic)
    client = secured.admins[user]
    acl = ACL(f"User:{user}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "*"))
    assert is_refused(lambda: fail_if_failed(client.create_acls([acl])))
    assert is_refused(client.describe_acls, everything())
    change = UserScramCredentialUpsertion("gate", "SCRAM-SHA-256", "mine")
    assert is_refused(lambda: fail_if_told(client.alter_user_scram_credentials([change])))


def test_the_setup_takes_away_what_is_not_in_the_file(secured: Secured, capsys: pytest.CaptureFixture[str]) -> None:
    def right(user: str, operation: ACLOperation, topic: str, kind: ACLResourcePatternType) -> ACL:
        pattern = ResourcePattern(ResourceType.TOPIC, topic, kind)
        return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)

    literal, prefixed = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
    ours = [
        right("ingest", ACLOperation.READ, "envelopes.", prefixed),
        right("stranger", ACLOperation.READ, "words.spring", literal),
        right("issuer-gone", ACLOperation.WRITE, "rounds", literal),
        right("report", ACLOperation.READ, "something-else", literal),
    ]
    theirs = right("stranger", ACLOperation.READ, "invoices", literal)
    everywhere = right("stranger", ACLOperation.READ, "*", literal)
    cluster = ResourcePattern(ResourceType.CLUSTER, "kafka-cluster")
    over_all = ACL("User:stranger", "*", ACLOperation.ALTER, ACLPermissionType.ALLOW, cluster)
    of_all = ACL("User:*", "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.GROUP, "*"))
    harmless = ACL("User:stranger", "*", ACLOperation.DESCRIBE, ACLPermissionType.ALLOW, cluster)
    foreign = (theirs, everywhere, over_all, of_all, harmless)
    with admin() as client:
        client.create_acls([*ours, *foreign])
        assert setup.main([str(secured.address), str(secured.secrets)]) == 1
        said = capsys.readouterr()
        assert "rights: 0 given, 4 taken away" in said.out
        assert said.err.splitlines() == [
            f"somebody else has a right on topics of ours, or all have one: {line}"
            for line in ("User:* READ *", "User:stranger ALTER kafka-cluster", "User:stranger READ *")
        ]
        there = client.describe_acls(everything())[0]
        assert set(there) == rights.acls(SERVICES) | set(foreign)
        client.delete_acls([setup.only(each) for each in foreign])
    assert setup.main([str(secured.address), str(secured.secrets)]) == 0
    assert "rights: 0 given, 0 taken away" in capsys.readouterr().out


def test_the_setup_says_so_when_kafka_refuses_nothing(secured: Secured, capsys: pytest.CaptureFixture[str]) -> None:
    """Here by a right of everybody; allow.everyone.if.no.acl.found has the same effect, and no broker tells of it."""
    cluster = ResourcePattern(ResourceType.CLUSTER, "kafka-cluster")
    of_all = ACL("User:*", "*", ACLOperation.CREATE, ACLPermissionType.ALLOW, cluster)
    with admin() as client:
        client.create_acls([of_all])
        assert setup.main([str(secured.address), str(secured.secrets)]) == 1
        assert capsys.readouterr().err.startswith("Kafka lets aggregate do what no right of rights.toml allows: see ")
        client.delete_acls([setup.only(of_all)])
    assert setup.main([str(secured.address), str(secured.secrets)]) == 0


def test_the_setup_names_in_one_line_what_it_lacks(
    secured: Secured, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = secrets(tmp_path / "secrets")

    def said(address: Path = secured.address) -> tuple[int, str]:
        code = setup.main([str(address), str(folder)])
        return code, capsys.readouterr().err

    (folder / "gate.password").rename(folder / "gatekeeper.password")
    assert said() == (
        2,
        "secrets: gatekeeper: users of Kafka are ingest, gate, aggregate, report and issuer-<its name>\n",
    )
    (folder / "gatekeeper.password").unlink()
    assert said() == (2, "secrets: not there: gate.password\n")
    (folder / "gate.password").write_text("readable")
    (folder / "gate.password").chmod(0o644)
    assert said() == (2, "secrets: gate.password can be read by others: chmod 600\n")
    (folder / "gate.password").chmod(0o600)
    assert said(address_file(tmp_path / "no", "stranger")) == (1, "rounds: Kafka does not allow this to 'stranger'\n")
    wrong = address_file(tmp_path / "wrong", "admin", "not it")
    assert said(wrong) == (1, "Kafka refuses the user 'admin' or its password\n")
