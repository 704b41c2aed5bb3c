"""The log in Apache Kafka: for production, and wherever services run on several machines.

A topic is one of Kafka's, found by name and then used by its id, so that one that was deleted or replaced is noticed
at the next request (when appending from Kafka 4.1 on). Records have no key, no headers and timestamp 0. There is no
consumer group, and no offset is left with the brokers.

Nothing is appended twice by itself: when no broker says whether it has a record, LogUnavailable says so.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from kafka import errors

from shared.log import kafka_topic as requests
from shared.log import port
from shared.log.kafka_appending import NOTHING_DONE, Rest
from shared.log.kafka_client import Client, Connected, NotSent, failure
from shared.log.kafka_topic import Topic
from shared.log.port import End, Entry, LogUnavailable, NoSuchTopic

_RECHECK = 5.0
"""Seconds after which a topic's settings are looked at again; Kafka deletes by time every five minutes."""

_FIRST_PAUSE = 0.002
_PAUSE = 0.1
"""Seconds between two tries, the first and the longest: a topic is made in milliseconds, and another broker has taken
over within seconds.
"""

_NO_CONNECTION = (
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    errors.NodeNotReadyError,
    errors.NotEnoughReplicasError,
)
"""When one of these lasts the client is given up: the next one learns anew which brokers there are."""

_OTHER_BROKERS = (errors.UnknownBrokerIdError, errors.SaslAuthenticationFailedError)
"""After one of these it is given up at once."""

_PASSING = (errors.RetriableError, errors.UnknownBrokerIdError)

_Result = TypeVar("_Result")


class _Again(Exception):
    """Nothing was done, and it may be another time; the reason is the cause."""


@dataclass(frozen=True)
class _Known:
    """A topic, how many of its brokers must have what is acknowledged, and when that and its settings were seen."""

    topic: Topic
    replicas: int
    looked: float


class KafkaLog:
    """Implements `shared.log.port.Log`. Connects when it is first used, and again whenever it must."""

    def __init__(self, address: Path, timeout: float = 8.0) -> None:
        """Use what an address file says (shared/log/kafka_address.py); BadAddress.

        `timeout` in seconds is how long a call takes at most, and each page of a read. Ingest has 20 s for an answer,
        in which it may wait for the append of others before its own.
        """
        self._connected = Connected(address.absolute())
        self._timeout = timeout
        self._known: dict[str, _Known] = {}
        """Topics whose settings were looked at."""

    def append(self, topic: str, *records: bytes) -> None:
        port.check_topic(topic)
        port.check_records(records)
        deadline = self._deadline()
        if records:
            rest = Rest(records)
            self._patiently(topic, deadline, lambda client: self._append(client, topic, rest, deadline))
        else:
            self._patiently(topic, deadline, lambda client: self._check_appending(client, topic, deadline))

    def _append(self, client: Client, name: str, rest: Rest, deadline: float) -> None:
        topic = self._usable(client, name, deadline).topic
        rest.aim(topic)
        while rest.records:
            batch, count = requests.batch(rest.records)
            try:
                self._produce(client, topic, rest.partition, batch, deadline)
            except BaseException:
                self._known.pop(name, None)
                raise
            rest.drop(count)

    def _produce(self, client: Client, topic: Topic, partition: int, batch: bytes, deadline: float) -> None:
        """Append a batch; _Again if the log surely does not have it, LogUnavailable if it may."""
        leader = topic.leaders[partition]
        request = requests.producing(topic, partition, batch, deadline)
        answer = client.ask_all({leader: request}, deadline)[leader]
        if isinstance(answer, Exception) and not isinstance(answer, NotSent):
            raise LogUnavailable(f"{topic.name}: Kafka did not say whether it has a record") from answer
        refused = answer if isinstance(answer, NotSent) else requests.produced(answer)
        if isinstance(refused, NOTHING_DONE):
            raise _Again from refused
        if refused is not None:
            raise LogUnavailable(f"{topic.name}: {type(refused).__name__}") from refused

    def _check_appending(self, client: Client, name: str, deadline: float) -> None:
        """Whether this user may append, and enough brokers can be reached that keep what is appended."""
        there = self._usable(client, name, deadline, anew=True)
        nodes = there.topic.brokers_in_step
        answers = client.ask_all(dict.fromkeys(nodes, requests.metadata(name, rights=True)), deadline)
        up = {node for node, answer in answers.items() if not isinstance(answer, Exception)}
        for node in up:
            requests.check_writable(answers[node])
        if not there.topic.is_kept(up, there.replicas):
            # Enough of them may be up, and this client have heard of one too little.
            reasons = (_reason(answer) for answer in answers.values() if isinstance(answer, Exception))
            other = next((reason for reason in reasons if isinstance(reason, _OTHER_BROKERS)), None)
            raise _Again from other or errors.NotEnoughReplicasError()

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        port.check_topic(topic)
        found, end = self._ends(topic)
        return self._entries(found, port.span(start, stop, end))

    def _entries(self, topic: Topic, spans: list[range]) -> Iterator[Entry]:
        for partition, offsets in enumerate(spans):
            while offsets:
                page, following = self._page(topic, partition, offsets.start)
                for entry in page:
                    if entry.offset < offsets.stop:
                        yield entry
                offsets = range(following, offsets.stop)

    def _page(self, topic: Topic, partition: int, offset: int) -> tuple[list[Entry], int]:
        """Some records from an offset on, where there are some, and the offset after them."""
        deadline = self._deadline()
        now = topic

        def fetch(client: Client) -> tuple[list[Entry], int]:
            nonlocal now
            try:
                answer = client.ask(requests.fetching(now, partition, offset), deadline, now.leaders[partition])
                page = requests.fetched(now, partition, offset, answer)
            except (errors.RetriableError, NotSent) as error:
                now = self._find(client, topic.name, deadline)
                if now.id != topic.id:
                    raise LogUnavailable(f"{topic.name} was replaced while it was read") from error
                raise _Again from error
            if page[1] == offset:
                raise _Again
            return page

        return self._patiently(topic.name, deadline, fetch)

    def end(self, topic: str) -> End:
        port.check_topic(topic)
        return self._ends(topic)[1]

    def _ends(self, name: str) -> tuple[Topic, End]:
        deadline = self._deadline()

        def ask(client: Client) -> tuple[Topic, End]:
            topic = self._usable(client, name, deadline, anew=True).topic
            return topic, self._end(client, topic, deadline)

        return self._patiently(name, deadline, ask)

    def _end(self, client: Client, topic: Topic, deadline: float) -> End:
        asked = topic.by_leader(range(len(topic.leaders)))
        answers = client.ask_all({node: requests.ends(topic, each) for node, each in asked.items()}, deadline)
        for answer in answers.values():
            if isinstance(answer, Exception):
                raise answer
        offsets = requests.ended(list(answers.values()))
        return tuple(offsets[number] for number in range(len(topic.leaders)))

    def create(self, topic: str, partitions: int = 1) -> None:
        port.check_topic(topic)
        port.check_partitions(partitions)
        deadline = self._deadline()

        def make(client: Client) -> None:
            try:
                there = self._find(client, topic, deadline)
            except NoSuchTopic:
                request = requests.creation(topic, partitions, self._connected.address.replicas, deadline)
                requests.check_created(topic, client.ask(request, deadline))
                raise _Again from None
            if any(each != there.id for each in self._seen(client, there, deadline)):
                raise _Again
            self._end(client, there, deadline)  # A broker knows of a topic a moment before it leads it.

        self._patiently(topic, deadline, make)

    def delete(self, topic: str) -> None:
        port.check_topic(topic)
        deadline = self._deadline()

        def remove(client: Client) -> None:
            try:
                there = self._find(client, topic, deadline)
            except NoSuchTopic:
                return
            requests.check_deleted(client.ask(requests.deletion(topic, deadline), deadline))
            if any(each == there.id for each in self._seen(client, there, deadline)):
                raise _Again

        self._patiently(topic, deadline, remove)

    def close(self) -> None:
        self._connected.close()

    def _usable(self, client: Client, name: str, deadline: float, anew: bool = False) -> "_Known":
        """A topic whose settings are right; `anew`: as it is now, and not as it was a moment ago."""
        known = self._known.get(name)
        now = time.monotonic()
        old = known is None or now - known.looked >= _RECHECK
        if known is not None and not anew and not old:
            return known
        there = self._find(client, name, deadline)
        if known is None or known.topic.id != there.id or old:
            replicas = requests.checked_settings(name, client.ask(requests.settings(name), deadline))
            known = _Known(there, replicas, now)
        self._known[name] = replace(known, topic=there)
        return self._known[name]

    def _find(self, client: Client, name: str, deadline: float) -> Topic:
        return requests.found(name, client.ask(requests.metadata(name), deadline))

    def _seen(self, client: Client, topic: Topic, deadline: float) -> list[UUID | None]:
        """The id of the topic of that name as each broker knows it, None for none; of those that can be reached."""
        seen: list[UUID | None] = []
        for answer in client.ask_all(
            {node: requests.metadata(topic.name) for node in topic.brokers}, deadline
        ).values():
            if isinstance(answer, NotSent):
                continue
            if isinstance(answer, Exception):
                raise answer
            try:
                seen.append(requests.found(topic.name, answer).id)
            except NoSuchTopic:
                seen.append(None)
        return seen

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout

    def _patiently(self, topic: str, deadline: float, attempt: Callable[[Client], _Result]) -> _Result:
        """Try again until the deadline what failed for a reason that may pass, with Kafka's errors as the log's own."""
        pause = _FIRST_PAUSE
        while True:
            client = None
            try:
                client = self._connected.client(deadline)
                return attempt(client)
            except (errors.KafkaError, NotSent, _Again) as error:
                reason = _reason(error)
                passing = reason is None or isinstance(reason, _PASSING)
                late = time.monotonic() + pause > deadline
                if isinstance(reason, _OTHER_BROKERS) or (late and isinstance(reason, _NO_CONNECTION)):
                    # The next client begins with the servers and the password that the address file has by then.
                    self._connected.give_up(client)
                if late or not passing:
                    raise failure(reason, topic, self._connected.address) from error
            time.sleep(pause)
            pause = min(2 * pause, _PAUSE)


def _reason(error: BaseException | None) -> BaseException | None:
    """What Kafka said, or None if it only was not yet as it should be."""
    while isinstance(error, (NotSent, _Again)):
        error = error.__cause__
    return error
