"""What is left of an append while brokers come and go: what the log surely does not have is tried again."""

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
    """Of the records of one append those that are not in the log yet, and the partition that they go to.

    One for all: another one would be another write to a broker's disk, and another that may be away.
    """

    def __init__(self, records: Sequence[bytes]) -> None:
        self.records = list(records)
        self.partition = 0
        self._topic: UUID | None = None
        self._begun = False

    def aim(self, topic: Topic) -> None:
        """Choose a partition, at each try another one until some of the records are in the log.

        LogUnavailable if the topic was replaced after that.
        """
        if not self._begun:
            self._topic, self.partition = topic.id, secrets.randbelow(len(topic.leaders))
        elif self._topic != topic.id:
            raise LogUnavailable(f"{topic.name} was replaced: only a part was appended")

    def drop(self, count: int) -> None:
        """The first `count` records are in the log."""
        self._begun = True
        del self.records[:count]
