"""What the log says, verified and ready to be shown; rebuilt from the log whenever that changes, kept nowhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from services.report.results import Results
from services.report.verify import Contents, Doubt, check
from shared import nodes, release_items, topics
from shared.apart import Apart
from shared.bundle import BrokenBundle
from shared.compositions import Compositions
from shared.log.port import Log, NoSuchTopic
from shared.manifest import BadManifest
from shared.nodes import BadNodes
from shared.parties import Book
from shared.reading import Bundles, RoundsReader
from shared.records import Kind
from shared.release_items import BadRelease
from shared.rounds import Alarm, Fold, Round, RoundId, State


@dataclass(frozen=True)
class Shown:
    """One agreed round. A released one has either `results` or a `doubt` that says why they are not shown."""

    of: Round
    state: State
    results: Results | None = None
    doubt: Doubt | None = None
    comments_deleted: bool = False
    """At their date, as agreed; where they are missing before it, `comments_missing` says so."""
    comments_missing: bool = False
    alarms: tuple[Alarm, ...] = ()

    @property
    def id(self) -> RoundId:
        return self.of.id


@dataclass(frozen=True)
class Shelf:
    """All agreed rounds at one moment, the latest first. `foreign`: records in the log that no party signed."""

    rounds: tuple[Shown, ...] = ()
    foreign: int = 0
    changed_pasts: int = 0

    @cached_property
    def by_id(self) -> Mapping[RoundId, Shown]:
        return {shown.id: shown for shown in self.rounds}

    @cached_property
    def results(self) -> tuple[Results, ...]:
        return tuple(shown.results for shown in self.rounds if shown.results)


_Mark = tuple[object, ...]
"""What a loaded release depends on: while it is the same, nothing is read again."""


class Library:
    """Reads the log; `shelf` is replaced as a whole, so that whoever serves it needs no lock."""

    def __init__(self, log: Log, book: Book, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._reader = RoundsReader(log, book)
        self._compositions = Compositions(log)
        self._bundles = Bundles(log)
        self._loaded: dict[RoundId, tuple[_Mark, Shown]] = {}
        self.shelf = Shelf()
        self.looked_at = float("-inf")
        self.apart = self._new_look()

    def refresh(self) -> Fold:
        """Look again; LogUnavailable leaves everything as it was.

        Where a topic of one round cannot be read, what was known of the round stays; `apart` knows which ones wait.
        """
        self.apart = self._new_look()
        fold, now = self._reader.refresh(), self._clock()
        rounds = [self._shown(of, fold, now) for of in fold.rounds.values() if of.agreed]
        rounds = [shown for shown in rounds if shown.state is not State.ERASED]
        rounds.sort(key=lambda shown: (shown.of.draft.closes, shown.id), reverse=True)
        self.shelf = Shelf(tuple(rounds), fold.foreign, self._reader.changed_pasts)
        self.looked_at = self._clock()
        return fold

    def _shown(self, of: Round, fold: Fold, now: float) -> Shown:
        state = of.state(now)
        alarms = tuple(alarm for alarm in fold.alarms if alarm.round_id == of.id)
        if state is not State.RELEASED:
            self._loaded.pop(of.id, None)
            return Shown(of, state, alarms=alarms)
        with self.apart.round(of.id):
            mark = self._mark(of, now)
            if self._loaded.get(of.id, (None,))[0] != mark:
                self._loaded[of.id] = (mark, self._load(of, now))
        return replace(self._known(of, now), alarms=alarms)

    def _known(self, of: Round, now: float) -> Shown:
        """What was loaded of a release, unless it was another one, or has comments whose date is over."""
        mark, shown = self._loaded.get(of.id, ((None,), None))
        overdue = now >= of.draft.words_until and shown is not None and not shown.comments_deleted
        if shown is None or overdue or mark[0] != of.there(Kind.RELEASE).digest:
            return Shown(of, State.RELEASED, doubt=Doubt.MISSING)
        return shown

    def _new_look(self) -> Apart:
        return Apart(lambda: self._log.end(topics.ROUNDS))

    def _mark(self, of: Round, now: float) -> _Mark:
        ends = [self._end(topic) for topic in (topics.nodes(of.id), topics.releases(of.id), topics.words(of.id))]
        return (of.there(Kind.RELEASE).digest, *ends, now >= of.draft.words_until, self._reader.changed_pasts)

    def _end(self, topic: str) -> tuple[int, ...]:
        try:
            return self._log.end(topic)
        except NoSuchTopic:
            return ()

    def _load(self, of: Round, now: float) -> Shown:
        deleted = now >= of.draft.words_until
        try:
            composed = self._compositions.of(of)
            contents = self._contents(of, deleted=deleted)
        except BrokenBundle:
            return Shown(of, State.RELEASED, doubt=Doubt.MISSING)
        except (BadManifest, BadNodes, BadRelease):
            return Shown(of, State.RELEASED, doubt=Doubt.MALFORMED)
        said = of.there(Kind.BATCH).body["parts"]
        manifest = composed.manifest
        if doubt := check(manifest.draft.questionnaire.parts, composed.part_trees, said, contents):
            return Shown(of, State.RELEASED, doubt=doubt)
        results = Results(
            manifest, [nodes.node_of(node) for node in composed.nodes], composed.part_trees, said, contents
        )
        missing = contents.words is None and not deleted
        return Shown(of, State.RELEASED, results, None, comments_deleted=deleted, comments_missing=missing)

    def _contents(self, of: Round, *, deleted: bool) -> Contents:
        """What the release names; BrokenBundle if numbers or counted entries are not there."""
        release = of.there(Kind.RELEASE)
        body = release.body
        cells, entries = self._bundles.unpack(topics.releases(of.id), body["cells"], body["counted"])
        numbers, counted = release_items.decode_numbers(cells), release_items.decode_counted(entries)
        words = None
        if not deleted:
            try:
                (of_words,) = self._bundles.unpack(topics.words(of.id), body["words"])
                words = release_items.decode_words(of_words)
            except BrokenBundle:
                pass  # The numbers can be shown without; the page says what is missing.
        return Contents(numbers, words, counted)
