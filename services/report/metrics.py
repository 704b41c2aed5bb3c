"""What ops sees of report. Nobody's reading is counted, and nothing has a label for a group or a round."""

from collections import Counter

from prometheus_client import CollectorRegistry, Gauge

from services.report.library import Shelf
from services.report.verify import Doubt
from shared.apart import WAITING
from shared.reading import CHANGED_PAST
from shared.rounds import AlarmReason, Fold, State

_PREFIX = "klankbord_report_"


class Metrics:
    """Of one process, since its start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refused = self._gauge("refused", "Releases that are not shown because they cannot be true.", "reason")
        self._rounds = self._gauge("rounds", "Agreed rounds.", "state")
        self._alarms = self._gauge("alarms", "What nobody honest does.", "reason")
        self._comments = self._gauge("comments_missing", "Releases whose comments are gone before their date.")
        self._look = self._gauge("last_look", "POSIX seconds of the last whole look at the log.")
        self._waiting = self._gauge("waiting_rounds", WAITING)
        self._foreign = self._gauge("foreign_records", "Records in the log that no party signed.")

    def looked(self, shelf: Shelf, fold: Fold, now: float, waiting: int = 0) -> None:
        """After a look at the log; `waiting`: rounds that it could not read all of."""
        doubts = Counter(shown.doubt for shown in shelf.rounds if shown.doubt)
        for doubt in Doubt:
            self._refused.labels(doubt).set(doubts[doubt])
        states = Counter(shown.state for shown in shelf.rounds)
        for state in State:
            self._rounds.labels(state).set(states[state])
        alarms = Counter(alarm.reason for alarm in fold.alarms)
        for reason in AlarmReason:
            self._alarms.labels(reason).set(alarms[reason])
        self._alarms.labels(CHANGED_PAST).set(shelf.changed_pasts)
        self._comments.set(sum(shown.comments_missing for shown in shelf.rounds))
        self._foreign.set(fold.foreign)
        self._waiting.set(waiting)
        if not waiting:
            self._look.set(now)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, text, labels, registry=self.registry)
