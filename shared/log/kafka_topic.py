"""A topic as Kafka knows it: its id and leaders, the settings that it must have, and the requests about it.

A record is appended with timestamp 0, and a topic that deletes by time would delete it within minutes. So no topic of
ours has a `retention.ms`, and one that was given another is refused: its records are gone or going.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kafka import errors
from kafka.protocol.admin import CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest
from kafka.protocol.consumer import FetchRequest, ListOffsetsRequest
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.producer import ProduceRequest
from kafka.record.default_records import DefaultRecordBatchBuilder

from shared.log.kafka_records import BadRecords, batches
from shared.log.port import Entry, LogDamaged, LogForbidden, LogUnavailable, NoSuchTopic

LARGEST_BATCH = 1_048_588
"""Bytes. Kafka's own default; a record of MAX_RECORD and what is around it fit in."""

PAGE = 1024 * 1024
"""Bytes of records asked for at a time; a broker gives at least one batch, however large."""

REQUIRED: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str(2**63 - 1),
    "compression.type": "uncompressed",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": str(LARGEST_BATCH),
}
"""What every topic has: nothing is deleted but by name, what was acknowledged is not lost to a broker that does not
have it, and no time of arrival is kept.

`uncompressed` because whoever may write could else write what a reader lacks the library for.
"""

_WAIT = 100
"""Milliseconds that a broker may hold back an answer for want of records: one that leads since a moment ago."""

_REPLICAS = "min.insync.replicas"

_TOPIC_RESOURCE = 2
_WRITE = 4
_LATEST = -1
_ALL_REPLICAS = -1

_VERSION_WITH_IDS = 10
"""Of Metadata; Kafka 2.8."""


@dataclass(frozen=True)
class Topic:
    """`brokers`: all that are up.

    For each partition `leaders` has the number of the broker to ask, `copies` how many brokers are to keep it, and
    `in_step` which of these have everything in it.
    """

    name: str
    id: UUID
    leaders: tuple[int, ...]
    copies: tuple[int, ...]
    in_step: tuple[frozenset[int], ...]
    brokers: frozenset[int]

    def by_leader(self, partitions: Sequence[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for partition in partitions:
            found.setdefault(self.leaders[partition], []).append(partition)
        return found

    @property
    def brokers_in_step(self) -> frozenset[int]:
        return frozenset().union(*self.in_step)

    def is_kept(self, up: Collection[int], replicas: int) -> bool:
        """Whether, of each partition, the leader and so many of those in step are among the brokers that are `up`.

        As for Kafka itself, `replicas` are never more than there are to be.
        """
        return all(
            leader in up and len(brokers.intersection(up)) >= min(replicas, copies)
            for leader, copies, brokers in zip(self.leaders, self.copies, self.in_step, strict=True)
        )


def metadata(name: str, rights: bool = False) -> Any:
    """`rights`: ask for `check_writable`, too."""
    topic = MetadataRequest.MetadataRequestTopic(name=name)
    return MetadataRequest(
        topics=[topic],
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=False,
        include_topic_authorized_operations=rights,
        min_version=_VERSION_WITH_IDS,
    )


def found(name: str, answer: Any) -> Topic:
    """The topic in an answer to `metadata`; NoSuchTopic, errors.LeaderNotAvailableError, errors.KafkaError."""
    (topic,) = answer.topics
    try:
        _check(topic)
    except errors.UnknownTopicOrPartitionError:
        raise NoSuchTopic(name) from None
    partitions = sorted(topic.partitions, key=lambda each: each.partition_index)
    leaders = tuple(each.leader_id for each in partitions)
    if min(leaders, default=-1) < 0:
        raise errors.LeaderNotAvailableError
    return Topic(
        name,
        topic.topic_id,
        leaders,
        copies=tuple(len(each.replica_nodes) for each in partitions),
        in_step=tuple(frozenset(each.isr_nodes) for each in partitions),
        brokers=frozenset(broker.node_id for broker in answer.brokers),
    )


def check_writable(answer: Any) -> None:
    """Whether an answer to `metadata` says that this user may append; errors.KafkaError."""
    (topic,) = answer.topics
    _check(topic)
    if _WRITE not in topic.authorized_operations:
        raise errors.TopicAuthorizationFailedError


def settings(name: str) -> Any:
    resource = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=_TOPIC_RESOURCE, resource_name=name, configuration_keys=[*REQUIRED, _REPLICAS]
    )
    return DescribeConfigsRequest(resources=[resource], include_synonyms=False, include_documentation=False)


def checked_settings(name: str, answer: Any) -> int:
    """How many brokers must have what is acknowledged.

    Refuses with LogDamaged a topic whose settings are not ours; NoSuchTopic, errors.KafkaError.
    """
    (result,) = answer.results
    try:
        _check(result)
    except errors.UnknownTopicOrPartitionError:
        raise NoSuchTopic(name) from None
    except errors.AuthorizationError:
        raise LogForbidden(f"{name}: Kafka does not let its settings be seen (the right DESCRIBE_CONFIGS)") from None
    there = {config.name: config.value for config in result.configs}
    for setting, value in REQUIRED.items():
        if there.get(setting) != value:
            raise LogDamaged(f"{name}: {setting} is {there.get(setting)} and must be {value}")
    return int(there[_REPLICAS])


def creation(name: str, partitions: int, replicas: int, deadline: float) -> Any:
    """`replicas` of the brokers keep each partition, and more than half of them have what is acknowledged."""
    durable = {_REPLICAS: str(replicas // 2 + 1)}
    if replicas == 1:
        # With nobody else who has it, what is acknowledged must be on the disk.
        durable["flush.messages"] = "1"
    topic = CreateTopicsRequest.CreatableTopic
    configs = [topic.CreatableTopicConfig(name=key, value=value) for key, value in {**REQUIRED, **durable}.items()]
    new = topic(name=name, num_partitions=partitions, replication_factor=replicas, assignments=[], configs=configs)
    return CreateTopicsRequest(topics=[new], timeout_ms=milliseconds(deadline), validate_only=False)


def check_created(name: str, answer: Any) -> None:
    """Fine if it was there already; errors.KafkaError, and LogUnavailable with what a person must know."""
    try:
        _check(answer.topics[0])
    except errors.TopicAlreadyExistsError:
        return
    except errors.InvalidReplicationFactorError:
        raise LogUnavailable(f"{name}: fewer brokers are up than the address file says in replicas") from None


def deletion(name: str, deadline: float) -> Any:
    state = DeleteTopicsRequest.DeleteTopicState(name=name)
    return DeleteTopicsRequest(topics=[state], topic_names=[name], timeout_ms=milliseconds(deadline))


def check_deleted(answer: Any) -> None:
    """Fine if it was not there; errors.KafkaError."""
    with suppress(errors.UnknownTopicOrPartitionError):
        _check(answer.responses[0])


def ends(topic: Topic, partitions: Sequence[int]) -> Any:
    """What the offset after the last record of these partitions is, as far as all replicas have it."""
    of = ListOffsetsRequest.ListOffsetsTopic
    asked = [of.ListOffsetsPartition(partition_index=number, timestamp=_LATEST) for number in partitions]
    return ListOffsetsRequest(replica_id=-1, isolation_level=0, topics=[of(name=topic.name, partitions=asked)])


def ended(answers: Sequence[Any]) -> dict[int, int]:
    """The offset of each partition in answers to `ends`; errors.KafkaError."""
    offsets: dict[int, int] = {}
    for answer in answers:
        for result in answer.topics[0].partitions:
            _check(result)
            offsets[result.partition_index] = result.offset
    return offsets


def fetching(topic: Topic, partition: int, offset: int) -> Any:
    """A page of records from an offset on, at which there are some."""
    of = FetchRequest.FetchTopic
    asked = of.FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=PAGE)
    return FetchRequest(
        max_wait_ms=_WAIT,
        min_bytes=1,
        max_bytes=PAGE,
        isolation_level=0,
        topics=[of(topic=topic.name, topic_id=topic.id, partitions=[asked])],
        forgotten_topics_data=[],
    )


def producing(topic: Topic, partition: int, records: bytes, deadline: float) -> Any:
    """Append a batch to a partition, acknowledged when all replicas in step have it."""
    of = ProduceRequest.TopicProduceData
    data = [of.PartitionProduceData(index=partition, records=records)]
    return ProduceRequest(
        transactional_id=None,
        acks=_ALL_REPLICAS,
        timeout_ms=milliseconds(deadline),
        topic_data=[of(name=topic.name, topic_id=topic.id, partition_data=data)],
    )


def batch(records: Sequence[bytes]) -> tuple[bytes, int]:
    """As many records from the first on as fit into one batch, with timestamp 0, no key and no headers; how many."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=LARGEST_BATCH,
    )
    count = 0
    for record in records:
        if builder.append(count, timestamp=0, key=None, value=record, headers=[]) is None:
            break
        count += 1
    return bytes(builder.build()), count


def produced(answer: Any) -> Exception | None:
    """The error in an answer to `producing`, None if the batch is in the log."""
    (result,) = answer.responses[0].partition_responses
    return errors.for_code(result.error_code)() if result.error_code else None


def fetched(topic: Topic, partition: int, offset: int, answer: Any) -> tuple[list[Entry], int]:
    """The records of a page from an offset on, and the offset after them; LogDamaged, errors.KafkaError.

    What a record has beside its value is not looked at: who reads judges the value. One without any is empty.
    """
    _check(answer)
    result = answer.responses[0].partitions[0]
    try:
        _check(result)
    except errors.OffsetOutOfRangeError:
        raise LogDamaged(f"{topic.name}: partition {partition} has lost its records from {offset} on") from None
    page: list[Entry] = []
    following = offset
    try:
        for batch in batches(bytes(result.records or b"")):
            entries = (Entry(partition, at, value) for at, value in enumerate(batch.values, batch.start))
            page.extend(entry for entry in entries if entry.offset >= offset)
            following = batch.stop
    except BadRecords as error:
        raise LogDamaged(f"{topic.name}: partition {partition} is corrupt at {following} or after it") from error
    return page, following


def milliseconds(deadline: float) -> int:
    """What is left until then (as of time.monotonic), for a broker."""
    return max(1, int((deadline - time.monotonic()) * 1000))


def _check(answer: Any) -> None:
    kind = errors.for_code(answer.error_code)
    if kind is not errors.NoError:
        raise kind(*filter(None, [getattr(answer, "error_message", None)]))
