"""What is left of an append while brokers come and go: what one partition did not take is tried again by itself."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from kafka import errors

from shared.log.kafka_client import NotSent
from shared.log.kafka_topic import Topic
from shared.log.port import LogUnavailable

NOTHING_DONE = (
    errors.UnknownTopicOrPartitionError,
    errors.UnknownTopicIdError,
    errors.InconsistentTopicIdError,
    errors.NotEnoughReplicasError,
    errors.TopicAuthorizationFailedError,
    NotSent,
)
"""What an append ends with when the log has none of it. `NotLeader` is not among them: a broker says that too when it
had appended, and another took over before it was acknowledged.
"""


class Rest:
    """Of the records of one append those that are not in the log yet, by partition."""

    def __init__(self, records: Sequence[bytes]) -> None:
        self._records = records
        self._topic: UUID | None = None
        self._begun = False
        self.waiting: dict[int, list[bytes]] = {}

    def scatter(self, topic: Topic) -> None:
        """Choose a partition, another one at each try until some of them are in the log; LogUnavailable if the topic
        was replaced then.

        One for all: another one is another write to a broker's disk, and another that may be away.
        """
        if not self._begun:
            self._topic, self.waiting = topic.id, {secrets.randbelow(len(topic.leaders)): list(self._records)}
        elif self._topic != topic.id:
            raise LogUnavailable(f"{topic.name} was replaced: only a part was appended")

    def drop(self, partition: int, count: int) -> None:
        """The first records of a partition are in the log."""
        self._begun = True
        del self.waiting[partition][:count]
        if not self.waiting[partition]:
            del self.waiting[partition]
