"""The law of authors: whatever happens to process and log, nothing is said twice, and what was said comes back.

A gate lives with a log that others write to as well. It is killed between any two appends, its log is away, rolled
back to any earlier state topic by topic, and in between it does what is due. What it would say differs each time.
"""

import shutil
import tempfile
from collections import defaultdict
from contextlib import suppress
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared import bundle, records, topics
from shared.author import Author, Trouble
from shared.journal import Journal
from shared.log.port import LogUnavailable
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import State, fold
from tests.lives_made import Offers, Said, batch_body, cut_body, life, make_offers
from tests.rounds_made import CLOSES
from tests.shaky_log import Killed, ShakyLog

BATCHES = topics.batches("spring")
NOW = CLOSES + 1000
OWN = (Kind.OFFER, Kind.ACCEPT, Kind.CUT, Kind.BATCH)
_UNTIL_AGREED = (Kind.DRAFT, Kind.OFFER, Kind.MANIFEST, Kind.ACCEPT)


@cache
def offers() -> Offers:
    return make_offers()


@cache
def of_others() -> tuple[Said, ...]:
    return tuple(said for said in life(offers()) if said.author != "gate" and said.kind in _UNTIL_AGREED)


class Model(RuleBasedStateMachine):
    """`said`: every record of the gate that was ever seen in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.log = ShakyLog()
        self.log.create(topics.ROUNDS)
        self.tries = 0
        self.said: dict[Kind, set[str]] = defaultdict(set)
        self.missing_chunks: set[bytes] = set()
        self.start()

    def teardown(self) -> None:
        self.others_see_to_theirs()
        for _ in range(10):
            self.look()
            self.do_what_is_due()
        folded = fold(self.log.values(topics.ROUNDS), offers().installed.book)
        assert folded.rounds["spring"].phase is State.COUNTED
        assert folded.alarms == ()
        batch = folded.rounds["spring"].record(Kind.BATCH)
        assert batch is not None
        assert bundle.names(batch.body["bundle"], self.log.values(BATCHES))
        assert self.look() == [], "all is well"
        self.journal.close()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        self.journal = Journal(self.folder / "journal")
        self.author = Author("gate", offers().installed.identities["gate"], self.journal, self.log)
        self.reader = RoundsReader(self.log, offers().installed.book)

    # What happens.

    @initialize()
    def begin(self) -> None:
        self.others_see_to_theirs()

    @rule()
    def others_see_to_theirs(self) -> None:
        """Honest authors append what the log lacks of theirs."""
        self.log.create(topics.ROUNDS)
        there = set(self.log.values(topics.ROUNDS))
        self.log.append(topics.ROUNDS, *(said.raw for said in of_others() if said.raw not in there))

    @rule()
    def work(self) -> None:
        """A look, and what is due."""
        lost = self.acknowledged() - self.own_in_log()
        reasons = lost | self.missing_of_others() | self.missing_chunks
        alarms = self.look()
        assert bool(lost) <= bool(alarms), "an acknowledged record vanished, and nobody said so"
        assert bool(alarms) <= bool(reasons), "a false alarm"
        self.missing_chunks = set()
        self.do_what_is_due()

    @rule(appends=st.integers(0, 3), after=st.booleans())
    def be_killed(self, appends: int, after: bool) -> None:
        """In the middle of a look, or if it appends less, at its end."""
        self.log.strike(appends, after=after, error=Killed)
        with suppress(Killed):
            self.look()
        self.log.calm()
        self.journal.close()
        self.start()

    @rule(appends=st.integers(0, 3), after=st.booleans())
    def fail(self, appends: int, after: bool) -> None:
        """An append is not acknowledged, whether or not it came through; the process goes on."""
        self.log.strike(appends, after=after, error=lambda: LogUnavailable("away"))
        with suppress(LogUnavailable):
            self.look()
        self.log.calm()

    @rule()
    def be_away(self) -> None:
        self.log.away = True
        try:
            self.look()
            raise AssertionError("the log is away")
        except LogUnavailable:
            self.log.away = False

    @rule(length=st.integers(0, 20))
    def roll_back_the_records(self, length: int) -> None:
        self.log.put_back(topics.ROUNDS, length)

    @precondition(lambda self: self.log.values(BATCHES))
    @rule(length=st.one_of(st.none(), st.integers(0, 3)))
    def roll_back_the_chunks(self, length: int | None) -> None:
        before = set(self.log.values(BATCHES))
        self.log.put_back(BATCHES, length)
        self.missing_chunks |= before - set(self.log.values(BATCHES))

    # What must hold.

    @invariant()
    def nothing_was_ever_said_twice(self) -> None:
        for raw in self.own_in_log():
            self.said[records.peek(raw).kind].add(raw.decode())
        for kind, texts in self.said.items():
            assert len(texts) == 1, f"two different {kind}s"
            assert texts == {self.journal.record("spring", kind)}

    @invariant()
    def the_log_is_consistent(self) -> None:
        folded = fold(self.log.values(topics.ROUNDS), offers().installed.book)
        assert folded.alarms == ()
        assert folded.foreign == 0
        raw = self.log.values(topics.ROUNDS)
        assert len(set(raw)) == len(raw), "something was appended twice"

    # Helpers.

    def look(self) -> list[Trouble]:
        return [alarm.trouble for alarm in self.author.reconcile(self.reader.refresh(), NOW)]

    def do_what_is_due(self) -> None:
        of = self.reader.refresh().rounds.get("spring")
        if of is None:
            return
        self.tries += 1
        match of.phase:
            case State.DRAFTED if not self.author.said(of.id, Kind.OFFER):
                self.author.say(of.id, Kind.OFFER, offers().bodies["gate"])
            case State.PROPOSED if not self.author.said(of.id, Kind.ACCEPT):
                self.author.say(of.id, Kind.ACCEPT, {"manifest": offers().composed.manifest.fingerprint})
            case State.SCHEDULED if not self.author.said(of.id, Kind.CUT):
                self.author.say(of.id, Kind.CUT, cut_body(offers().composed.manifest.fingerprint, self.tries))
            case State.CUT if not self.author.said(of.id, Kind.BATCH):
                cut = of.record(Kind.CUT)
                assert cut is not None
                packed = bundle.pack([bytes([self.tries % 256]) * 300_000, bytes(300_000), b"last"])
                body = batch_body(cut.digest, packed.reference)
                self.author.say(of.id, Kind.BATCH, body, {BATCHES: packed.records})

    def own_in_log(self) -> set[bytes]:
        raw = self.log.values(topics.ROUNDS)
        return {one for one in raw if records.peek(one).author == "gate"}

    def acknowledged(self) -> set[bytes]:
        """What the gate knows to have been in the log."""
        texts = (self.journal.record("spring", kind) for kind in OWN if self.journal.acknowledged("spring", kind))
        return {jws.encode() for jws in texts if jws is not None}

    def missing_of_others(self) -> set[bytes]:
        return {said.raw for said in of_others()} - set(self.log.values(topics.ROUNDS))


def test_whatever_happens_nothing_is_said_twice_and_what_was_said_comes_back() -> None:
    run_state_machine_as_test(Model, settings=settings(max_examples=25, stateful_step_count=30, deadline=None))
