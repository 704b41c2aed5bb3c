"""What the log in Kafka promises beyond the contract: how records are kept, and what happens when things go wrong."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ConfigResource,
    ConfigResourceType,
    OffsetSpec,
    ResourcePattern,
    ResourceType,
)

from shared.log import kafka_topic
from shared.log.kafka import KafkaLog
from shared.log.port import Entry, Log, LogDamaged, LogForbidden, LogUnavailable, NoSuchTopic
from tests.contract import kafka_batches
from tests.contract.logs import PATIENCE, running
from tests.kafka_here import PASSWORDS, address_file, admin, empty, here

TOPIC = "envelopes.2026-q4"
TIMEOUT = 2.0
"""Seconds: shorter than in services, so that waiting in vain takes less."""

Use = Callable[[Log], object]
VERBS: dict[str, Use] = {
    "append": lambda log: log.append(TOPIC, b"record"),
    "read": lambda log: log.read(TOPIC),
    "end": lambda log: log.end(TOPIC),
    "create": lambda log: log.create(TOPIC),
    "delete": lambda log: log.delete(TOPIC),
}
USES = {name: VERBS[name] for name in ("append", "read", "end")}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[KafkaLog]:
    empty()
    with closing(KafkaLog(address_file(tmp_path), timeout=TIMEOUT)) as log:
        log.create(TOPIC)
        yield log


def values(log: Log, topic: str = TOPIC) -> list[bytes]:
    return [entry.value for entry in log.read(topic)]


def credentials() -> dict[str, str]:
    """Of the administrator, for kafka-python's own clients."""
    return {
        "bootstrap_servers": here().servers,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "admin",
        "sasl_plain_password": PASSWORDS["admin"],
    }


def set_topic(topic: str, **settings: str) -> None:
    configs = {name.replace("_", "."): value for name, value in settings.items()}
    with admin() as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])


def poll(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_a_record_is_kept_with_timestamp_zero_and_without_key_and_headers(log: KafkaLog) -> None:
    log.append(TOPIC, b"first", b"second")
    with closing(KafkaConsumer(auto_offset_reset="earliest", enable_auto_commit=False, **credentials())) as consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        found = [next(consumer) for _ in range(2)]
    assert [(each.value, each.timestamp, each.key, each.headers) for each in found] == [
        (b"first", 0, None, []),
        (b"second", 0, None, []),
    ]


def test_what_is_appended_together_costs_one_write_to_one_partition(log: KafkaLog) -> None:
    topic = "envelopes.2027-q1"
    log.create(topic, 4)
    log.append(topic, *[b"record"] * 100)
    assert sorted(log.end(topic)) == [0, 0, 0, 100]


def test_records_of_long_ago_outlive_what_kafka_deletes_by_time(log: KafkaLog) -> None:
    log.create("rounds")
    for topic in (TOPIC, "rounds"):
        log.append(topic, *[b"record"] * 100)
    set_topic("rounds", retention_ms="1000")
    first = TopicPartition("rounds", 0)
    with admin() as client:
        poll(lambda: client.list_partition_offsets({first: OffsetSpec.EARLIEST})[first].offset == 100)
    assert len(values(log)) == 100


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000"),
        ("cleanup.policy", "compact"),
        ("message.timestamp.type", "LogAppendTime"),
        ("unclean.leader.election.enable", "true"),
    ],
)
def test_a_topic_that_deletes_or_tells_by_itself_is_refused_in_one_line(
    log: KafkaLog, tmp_path: Path, setting: str, value: str, use: str
) -> None:
    set_topic(TOPIC, **{setting: value})
    with (
        closing(KafkaLog(address_file(tmp_path))) as other,
        pytest.raises(LogDamaged, match=rf"^{TOPIC}: {setting} is {value} and must be \S+$"),
    ):
        USES[use](other)


def test_a_broker_that_is_away_is_unavailable_in_time_and_nothing_needs_a_restart_when_it_is_back(
    log: KafkaLog, tmp_path: Path
) -> None:
    log.append(TOPIC, *[b"x" * 500_000] * 4)
    reading = log.read(TOPIC)
    next(reading)
    broker = here()
    broker.kill()
    with pytest.raises(LogUnavailable):
        log.end(TOPIC)  # From here on it knows: an append in the very moment of the death is another story.
    try:
        with closing(KafkaLog(address_file(tmp_path), timeout=TIMEOUT)) as started_meanwhile:
            began = time.monotonic()
            with ThreadPoolExecutor(2 * len(VERBS)) as pool:
                tried = [pool.submit(use, each) for use in VERBS.values() for each in (log, started_meanwhile)]
            assert time.monotonic() - began < 2 * TIMEOUT
            for each in tried:
                with pytest.raises(LogUnavailable, match=f"no answer from Kafka at {broker.servers}"):
                    each.result()
            broker.start()
            for user in (log, started_meanwhile):
                user.append(TOPIC, b"after")
                assert values(user)[-1] == b"after"
    finally:
        if not broker.runs():
            broker.start()
    assert len(list(reading)) == 3
    assert log.end(TOPIC) == (6,)


def test_a_log_whose_servers_answer_nobody_is_opened_and_found_out_at_the_first_use(tmp_path: Path) -> None:
    file = address_file(tmp_path, servers="127.0.0.1:1")
    with (
        closing(KafkaLog(file, timeout=0.3)) as log,
        pytest.raises(LogUnavailable, match=r"no answer from Kafka at 127\.0\.0\.1:1"),
    ):
        log.end(TOPIC)


@pytest.mark.parametrize("use", VERBS)
def test_a_wrong_password_is_named_without_being_told_and_can_be_put_right(
    log: KafkaLog, tmp_path: Path, use: str
) -> None:
    folder = tmp_path / "wrong"
    with closing(KafkaLog(address_file(folder, password="hunter2"), timeout=TIMEOUT)) as mistaken:
        began = time.monotonic()
        with pytest.raises(LogForbidden) as refused:
            VERBS[use](mistaken)
        assert str(refused.value) == "Kafka refuses the user 'admin' or its password"
        assert time.monotonic() - began < TIMEOUT
        assert "hunter2" not in repr(mistaken.__dict__)
        address_file(folder)
        VERBS[use](mistaken)


@pytest.mark.parametrize("use", VERBS)
def test_who_has_no_rights_is_told_which_topic_and_user(log: KafkaLog, tmp_path: Path, use: str) -> None:
    with (
        closing(KafkaLog(address_file(tmp_path, "stranger"), timeout=TIMEOUT)) as stranger,
        pytest.raises(LogForbidden, match=f"^{TOPIC}: Kafka does not allow this to 'stranger'$"),
    ):
        VERBS[use](stranger)
    assert log.end(TOPIC) == (0,)


@contextmanager
def allowed(user: str, *operations: ACLOperation) -> Iterator[None]:
    """Rights to TOPIC, for a while."""
    pattern = ResourcePattern(ResourceType.TOPIC, TOPIC)
    rights = [ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern) for operation in operations]
    with admin() as client:
        client.create_acls(rights)
        try:
            yield
        finally:
            client.delete_acls([ACLFilter(f"User:{user}", "*", ACLOperation.ANY, ACLPermissionType.ANY, pattern)])


def test_who_may_not_see_a_topics_settings_is_told_which_right_is_missing(log: KafkaLog, tmp_path: Path) -> None:
    with (
        closing(KafkaLog(address_file(tmp_path, "gate"), timeout=TIMEOUT)) as gate,
        allowed("gate", ACLOperation.WRITE),
        pytest.raises(LogForbidden, match=f"^{TOPIC}: .*DESCRIBE_CONFIGS"),
    ):
        gate.append(TOPIC, b"record")


def test_who_may_only_write_appends_without_a_restart_once_the_right_is_given_and_cannot_read(
    log: KafkaLog, tmp_path: Path
) -> None:
    with closing(KafkaLog(address_file(tmp_path, "gate"), timeout=TIMEOUT)) as gate:
        with pytest.raises(LogForbidden):
            gate.append(TOPIC, b"record")
        with allowed("gate", ACLOperation.WRITE, ACLOperation.DESCRIBE_CONFIGS):
            gate.append(TOPIC, b"record")
            for refused in (lambda: values(gate), lambda: gate.delete(TOPIC)):
                with pytest.raises(LogForbidden, match=TOPIC):
                    refused()
    assert values(log) == [b"record"]


@pytest.mark.parametrize("operation", [ACLOperation.READ, ACLOperation.DESCRIBE])
def test_who_may_not_append_is_told_so_before_there_is_anything_to_append(
    log: KafkaLog, tmp_path: Path, operation: ACLOperation
) -> None:
    with closing(KafkaLog(address_file(tmp_path, "gate"), timeout=TIMEOUT)) as gate:
        with (
            allowed("gate", operation, ACLOperation.DESCRIBE_CONFIGS),
            pytest.raises(LogForbidden, match=f"^{TOPIC}: Kafka does not allow this to 'gate'$"),
        ):
            gate.append(TOPIC)
        with allowed("gate", ACLOperation.WRITE, ACLOperation.DESCRIBE_CONFIGS):
            gate.append(TOPIC)


def test_one_broker_is_enough_where_a_topic_has_no_others_whatever_it_asks_for(log: KafkaLog) -> None:
    set_topic(TOPIC, min_insync_replicas="2")
    log.append(TOPIC)
    log.append(TOPIC, b"record")
    assert values(log) == [b"record"]


@pytest.mark.parametrize("after", ["deleted", "replaced"])
def test_a_reader_finds_out_that_its_topic_was_deleted_or_replaced(log: KafkaLog, after: str) -> None:
    log.append(TOPIC, *[b"x" * 500_000] * 10)
    reading = log.read(TOPIC)
    next(reading)
    log.delete(TOPIC)
    if after == "replaced":
        log.create(TOPIC)
        log.append(TOPIC, *[b"y" * 500_000] * 10)
    seen: list[bytes] = []
    with pytest.raises(NoSuchTopic if after == "deleted" else LogUnavailable, match=TOPIC):
        seen.extend(entry.value[:1] for entry in reading)
    assert set(seen) <= {b"x"}


def test_records_that_somebody_removed_are_missed(log: KafkaLog) -> None:
    log.append(TOPIC, *[b"record"] * 10)
    with admin() as client:
        client.delete_records({TopicPartition(TOPIC, 0): 4})
    with pytest.raises(LogDamaged, match=f"^{TOPIC}: partition 0 has lost its records from 0 on$"):
        values(log)
    assert [entry.offset for entry in log.read(TOPIC, start=(4,))] == [4, 5, 6, 7, 8, 9]


def test_a_foreign_record_is_given_by_its_value_and_stops_nobody(log: KafkaLog) -> None:
    log.append(TOPIC, b"before")
    with closing(KafkaProducer(compression_type="gzip", **credentials())) as producer:
        producer.send(TOPIC, b"foreign", key=b"key", headers=[("name", b"value")]).get(PATIENCE)
        producer.send(TOPIC, None, key=b"key").get(PATIENCE)
    log.append(TOPIC, b"after")
    assert values(log) == [b"before", b"foreign", b"", b"after"]


@pytest.mark.parametrize("record", kafka_batches.ODD.values(), ids=kafka_batches.ODD)
def test_a_record_that_was_made_to_stop_readers_or_to_show_up_later_has_its_value_and_its_place(
    log: KafkaLog, record: bytes
) -> None:
    log.append(TOPIC, b"before")
    assert produce_raw(log, kafka_batches.of_records(record)) is None, "brokers take it"
    log.append(TOPIC, b"after")
    wanted = [Entry(0, 0, b"before"), Entry(0, 1, b"record"), Entry(0, 2, b"after")]
    assert list(log.read(TOPIC)) == wanted
    assert list(log.read(TOPIC, start=(1,), stop=(2,))) == wanted[1:2]
    log.append(TOPIC, *[b"more"] * 10)
    assert list(log.read(TOPIC, stop=(3,))) == wanted
    assert [entry.offset for entry in log.read(TOPIC)] == list(range(13))


def produce_raw(log: KafkaLog, batch: bytes) -> Exception | None:
    """What a broker says to a batch that no client of ours would make."""
    deadline = time.monotonic() + PATIENCE
    client = log._connected.client(deadline)
    topic = log._find(client, TOPIC, deadline)
    request = kafka_topic.producing(topic, 0, batch, deadline)
    return kafka_topic.produced(client.ask(request, deadline, topic.leaders[0]))


def test_a_topic_is_made_so_that_one_broker_has_on_disk_what_it_acknowledged(log: KafkaLog) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, TOPIC)
    with admin() as client:
        found = client.describe_configs([resource], config_filter="all")["topic"][TOPIC]
    assert found["flush.messages"]["value"] == "1"
    assert found["min.insync.replicas"]["value"] == "1"


def append_from_a_fork(file: Path) -> None:
    log = KafkaLog(file)
    log.append(TOPIC, b"before")
    child = os.fork()
    log.append(TOPIC, b"parent" if child else b"child")
    if child == 0:
        log.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    log.append(TOPIC, b"after")
    log.close()


def test_a_process_that_forks_and_its_child_can_both_go_on(log: KafkaLog, tmp_path: Path) -> None:
    with running(append_from_a_fork, address_file(tmp_path)):
        pass
    assert sorted(values(log)) == [b"after", b"before", b"child", b"parent"]


def test_nobody_sees_a_password_in_the_list_of_processes_or_in_the_brokers_folder(log: KafkaLog) -> None:
    folder = here().folder
    seen = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert any(str(folder).encode() in line for line in seen)
    for password in PASSWORDS.values():
        assert not any(password.encode() in line for line in seen)
        readable = [path for path in folder.glob("*.*") if password.encode() in path.read_bytes()]
        assert all(path.stat().st_mode & 0o077 == 0 for path in readable)
