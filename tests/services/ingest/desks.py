"""Ingest over a memory log, with real tokens, a clock that tests set, and Flask's own client."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.ingest import web
from services.ingest.desk import Desk
from services.ingest.metrics import Metrics
from services.ingest.watch import Watch
from shared import topics
from shared.canonical import b64
from shared.envelope import Envelope
from shared.log.memory import MemoryLog
from shared.log.port import Log
from shared.reading import RoundsReader
from tests.rounds_made import OPENS, MadeRound, make_round

TYPE = "urn:klankbord:problem:"


@cache
def spring() -> MadeRound:
    return make_round(issuers=2)


@dataclass
class Place:
    """Clocks in seconds: `now` since 1970, `elapsed` of one that nobody sets."""

    made: MadeRound
    log: Log
    now: float = OPENS + 1.0
    elapsed: float = 0.0
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        key = self.made.identities["ingest"]
        self.desk = Desk(self.log, key, self.metrics, lambda: self.now, lambda: self.elapsed)
        reader = RoundsReader(self.log, self.made.book)
        self.watch = Watch(reader, self.made.parties.ingest, self.desk, self.metrics, 2)
        self.client: FlaskClient = web.create(self.desk, self.metrics, self.made.parties).test_client()

    def post(self, body: Any) -> TestResponse:
        return self.client.post("/envelopes", json=body)

    def logged(self) -> list[bytes]:
        return [entry.value for entry in self.log.read(topics.envelopes(self.made.id))]

    def shown(self, name: str) -> dict[str, float]:
        """A metric's samples that are not 0, by the value of their label."""
        return {
            next(iter(sample.labels.values()), ""): sample.value
            for metric in self.metrics.registry.collect()
            for sample in metric.samples
            if sample.name == f"klankbord_ingest_{name}" and sample.value
        }


def place(log: Log | None = None) -> Place:
    """Ingest in an open round, having looked at the log once."""
    there = Place(spring(), log or copied(spring().log))
    there.watch.look()
    return there


def copied(log: Log, into: MemoryLog | None = None) -> MemoryLog:
    other = MemoryLog() if into is None else into
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        other.create(topic)
        for entry in log.read(topic):
            other.append(topic, entry.value)
    return other


def body_of(envelope: Envelope, **changes: Any) -> dict[str, Any]:
    """What a client posts."""
    return {
        "v": 1,
        "round": "spring",
        "part": envelope.part,
        "a": b64(envelope.nonce),
        "tokens": [b64(token) for token in envelope.admission],
        "outer": b64(envelope.outer),
    } | changes


@cache
def envelope_of(person: str = "p0", revision: int = 0, part: int = 0) -> Envelope:
    made = spring()
    plaintext = made.words("words") if part else made.closed(1, 2)
    return made.member(person).envelope(part, plaintext, revision)


def word(response: TestResponse) -> str:
    """The word of a problem document."""
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert problem["status"] == response.status_code
    assert problem["type"].startswith(TYPE)
    return str(problem["type"].removeprefix(TYPE))
