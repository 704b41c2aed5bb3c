"""What is left of an append when the log has taken some of its records, and whether it would take any."""

from uuid import uuid4

import pytest

from shared.log.kafka_appending import Rest
from shared.log.kafka_topic import Topic
from shared.log.port import LogUnavailable

RECORDS = [number.to_bytes(2) for number in range(300)]
ALL = frozenset({1, 2, 3})


def topic(partitions: int = 3) -> Topic:
    return Topic("envelopes.spring", uuid4(), (1, 2, 3)[:partitions], (3,) * partitions, (ALL,) * partitions, ALL)


def test_all_records_go_to_one_partition_and_to_another_one_at_another_try() -> None:
    rest, there, chosen = Rest(RECORDS), topic(), set()
    for _ in range(100):
        rest.aim(there)
        chosen.add(rest.partition)
        assert rest.records == RECORDS
    assert chosen == {0, 1, 2}


def test_what_was_taken_does_not_wait_any_more_and_the_rest_goes_where_it_went() -> None:
    rest, there = Rest(RECORDS), topic()
    rest.aim(there)
    partition = rest.partition
    rest.drop(7)
    for _ in range(100):
        rest.aim(there)
        assert (rest.partition, rest.records) == (partition, RECORDS[7:])


def test_a_topic_that_was_replaced_before_anything_was_taken_gets_everything() -> None:
    rest = Rest(RECORDS)
    rest.aim(topic(3))
    rest.aim(topic(1))
    assert (rest.partition, rest.records) == (0, RECORDS)


def test_a_topic_that_was_replaced_in_the_middle_gets_no_half_of_an_append() -> None:
    rest = Rest(RECORDS)
    rest.aim(topic())
    rest.drop(1)
    with pytest.raises(LogUnavailable, match=r"^envelopes\.spring was replaced: only a part was appended$"):
        rest.aim(topic())


@pytest.mark.parametrize(
    ("up", "replicas", "kept"),
    [
        ({1, 2, 3}, 2, True),
        ({1, 2}, 2, False),  # Nobody leads the third partition.
        ({1, 2, 3}, 3, True),
        ({1, 2, 3}, 4, True),  # Kafka asks for no more than there are.
        (set(), 1, False),
    ],
)
def test_a_topic_is_kept_as_long_as_each_partition_is_led_and_kept_by_enough(
    up: set[int], replicas: int, kept: bool
) -> None:
    assert topic().is_kept(up, replicas) is kept


def test_brokers_that_have_fallen_behind_keep_nothing() -> None:
    behind = Topic("rounds", uuid4(), (1,), (3,), (frozenset({1}),), ALL)
    assert behind.brokers_in_step == {1}
    assert behind.is_kept({1, 2, 3}, 1)
    assert not behind.is_kept({1, 2, 3}, 2)
