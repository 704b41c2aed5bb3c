"""From the envelopes of a cut to the batch: read, open on all cores, keep what counts, divide, pack."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.gate import core
from services.gate.core import Opening, Reason, Refused, StopReason, Winners
from services.gate.cut import Tape, end_of, reaches
from services.gate.metrics import Metrics
from shared import batch_items, bundle, topics
from shared.log.port import Log
from shared.manifest import Composed
from shared.rounds import RoundId
from shared.stopping import check
from shared.workers import spread

_LOG = logging.getLogger(__name__)


class OtherEnvelopes(Exception):
    """The log's envelopes are not those that the cut names."""


@dataclass
class Tally:
    """What came of opening all envelopes of a cut."""

    winners: Winners = field(default_factory=dict, repr=False)
    refused: dict[int, Counter[Reason]] = field(default_factory=dict)
    """By part."""

    def add(self, result: core.Opened | Refused) -> None:
        if isinstance(result, Refused):
            self.refused.setdefault(result.part, Counter())[result.reason] += 1
        else:
            core.keep_latest(self.winners, result)


@dataclass(frozen=True)
class Batch:
    """The record's body, and the bundle's records for the topic."""

    body: Mapping[str, Any]
    records: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True)
class Counting:
    """What it is done with. All of it ends with Stopping when `stop` is set."""

    log: Log
    processes: int
    stop: threading.Event
    metrics: Metrics

    def open(self, round_id: RoundId, partitions: Sequence[Mapping[str, Any]], opening: Opening) -> Tally:
        """Open exactly what the cut names; OtherEnvelopes if that is not what is there, and then nothing is known."""
        topic = topics.envelopes(round_id)
        if not reaches(self.log.end(topic), partitions):
            raise OtherEnvelopes
        end, total = end_of(partitions), sum(partition["count"] for partition in partitions)
        tape, tally = Tape(end), Tally()
        records = tape.records(self.log.read(topic, stop=end))
        results = spread(core.open_all, opening, records, self.processes, self.stop)
        for result in self._told(round_id, results, total):
            tally.add(result)
        if tape.partitions != list(partitions):
            raise OtherEnvelopes
        return tally

    def batch(self, composed: Composed, tally: Tally, cut: str) -> Batch | StopReason:
        """The batch that follows the cut with this hash; a pure function of its arguments."""
        divisions = core.divide(composed, tally.winners)
        if divisions is None:
            return StopReason.OVERFULL
        packed = bundle.pack(self._checked(_items(composed, tally.winners, divisions)))
        rows = [division.row(tally.refused.get(division.part, {})) for division in divisions]
        return Batch({"cut": cut, "bundle": packed.reference, "parts": rows}, packed.records)

    def _told(self, round_id: RoundId, results: Iterable[core.Opened | Refused], total: int) -> Iterator[Any]:
        """The same results, and every tenth of the way a word to ops."""
        tenths = 0
        self.metrics.progress(round_id, tenths)
        for number, result in enumerate(results, 1):
            yield result
            if number * 10 // max(total, 1) > tenths:
                tenths = number * 10 // max(total, 1)
                self.metrics.progress(round_id, tenths)
                _LOG.info("round %s: %d0 %% of the envelopes opened", round_id, tenths)

    def _checked(self, items: Iterable[bytes]) -> Iterator[bytes]:
        for item in items:
            check(self.stop)
            yield item


def _items(composed: Composed, winners: Winners, divisions: Sequence[core.Division]) -> Iterator[bytes]:
    for lot in core.lots(composed, winners, divisions):
        yield from batch_items.encode([lot], {})
    yield from batch_items.encode([], core.held_back(composed, winners, divisions))
