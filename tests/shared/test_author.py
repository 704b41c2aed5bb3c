from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared import bundle, topics
from shared.author import Author, AuthorAlarm, Trouble
from shared.bundle import Bundle
from shared.draft import BadDraft
from shared.journal import Journal, JournalConflict
from shared.log.port import Log, LogUnavailable, NoSuchTopic, RecordTooLarge
from shared.log.sqlite import SqliteLog
from shared.reading import RoundsReader
from shared.records import Foreign, Kind
from shared.rounds import State
from tests.crashes import killed_before_each_call
from tests.keys import ed25519_key
from tests.lives_made import Said, batch_body, cut_body, install, life, make_offers, release_body, thirty_two
from tests.rounds_made import CLOSES, ERASE_AT, RESULTS_UNTIL
from tests.shaky_log import Killed, ShakyLog

OFFERS = make_offers()
STORY = tuple(life(OFFERS))
FINGERPRINT = OFFERS.composed.manifest.fingerprint
BATCH = bundle.pack([bytes([number]) * 300_000 for number in range(3)])
BATCHES = topics.batches("spring")
LATER = CLOSES + 1000


def raws(*kinds: Kind, by: str | None = None, but: str = "") -> list[bytes]:
    """Records of the story by kind, in order."""
    return [said.raw for said in STORY if said.kind in kinds and by in (None, said.author) and said.author != but]


AGREED = (Kind.DRAFT, Kind.OFFER, Kind.MANIFEST, Kind.ACCEPT)


@dataclass
class Gate:
    """The gate, alone with a log."""

    folder: Path
    log: Log
    journal: Journal
    author: Author
    reader: RoundsReader

    @classmethod
    def start(cls, folder: Path, log: Log) -> "Gate":
        journal = Journal(folder)
        author = Author("gate", OFFERS.installed.identities["gate"], journal, log)
        return cls(folder, log, journal, author, RoundsReader(log, OFFERS.installed.book))

    def restarted(self) -> "Gate":
        self.journal.close()
        return Gate.start(self.folder, self.log)

    def reconcile(self, now: float = LATER) -> list[Trouble]:
        """One look and what follows from it."""
        return [alarm.trouble for alarm in self.author.reconcile(self.reader.refresh(), now)]

    def say_cut(self, end: int = 0) -> None:
        self.author.say("spring", Kind.CUT, cut_body(FINGERPRINT, end))

    def say_batch(self, packed: Bundle = BATCH) -> None:
        cut = self.author.own("spring", Kind.CUT)
        assert cut is not None
        body = batch_body(cut.digest, packed.reference)
        self.author.say("spring", Kind.BATCH, body, {BATCHES: packed.records})

    @property
    def phase(self) -> State:
        return self.reader.refresh().rounds["spring"].phase

    def values(self, topic: str = topics.ROUNDS) -> list[bytes]:
        try:
            return [entry.value for entry in self.log.read(topic)]
        except NoSuchTopic:
            return []

    def own(self, kind: Kind) -> bytes:
        jws = self.journal.record("spring", kind)
        assert jws is not None
        return jws.encode()


@pytest.fixture
def log() -> ShakyLog:
    made = ShakyLog()
    install(made, [], OFFERS)
    return made


@pytest.fixture
def gate(tmp_path: Path, log: ShakyLog) -> Iterator[Gate]:
    log.append(topics.ROUNDS, *raws(*AGREED))
    started = Gate.start(tmp_path / "journal", log)
    yield started
    started.journal.close()


def counted(gate: Gate) -> Gate:
    """A gate whose cut and batch are in the log, acknowledged."""
    for say in (gate.say_cut, gate.say_batch):
        say()
        assert gate.reconcile() == []
        assert gate.reconcile() == []
    assert gate.phase is State.COUNTED
    return gate


def test_what_a_process_that_does_not_lead_has_said_is_appended_by_the_one_that_does(gate: Gate, log: ShakyLog) -> None:
    journal = Journal(gate.folder, alone=False)
    other = Author("gate", OFFERS.installed.identities["gate"], journal, log)
    assert gate.author.leads() and not other.leads()
    other.say("spring", Kind.CUT, cut_body(FINGERPRINT, 0))
    assert gate.author.said("spring", Kind.CUT)
    assert gate.reconcile() == []
    assert gate.phase is State.CUT
    gate.journal.close()
    assert other.leads()
    # It has not seen what the one before has appended, and does not append it again.
    before = gate.values()
    assert other.reconcile(gate.reader.refresh(), LATER) == [] and gate.values() == before
    journal.close()


# Said once, appended until it is there.


def test_what_is_said_is_stored_first_and_appended_by_the_next_reconcile(gate: Gate) -> None:
    before = gate.values()
    gate.say_cut()
    assert gate.author.said("spring", Kind.CUT)
    assert gate.author.rounds(Kind.CUT) == ["spring"]
    assert gate.values() == before
    assert not gate.journal.acknowledged("spring", Kind.CUT)
    assert gate.reconcile() == []
    assert gate.values() == [*before, gate.own(Kind.CUT)]
    assert gate.journal.acknowledged("spring", Kind.CUT)
    assert gate.phase is State.CUT


def test_nothing_is_appended_twice_however_often_it_is_reconciled(gate: Gate) -> None:
    counted(gate)
    before, chunks = gate.values(), gate.values(BATCHES)
    for _ in range(3):
        assert gate.reconcile() == []
    assert gate.restarted().reconcile() == []
    assert gate.values() == before
    assert gate.values(BATCHES) == chunks


def test_a_fold_of_before_the_append_is_no_reason_to_append_again_or_to_sound_an_alarm(gate: Gate) -> None:
    """The look after an append may fail: then the old fold is all there is."""
    gate.say_cut()
    stale = gate.reader.refresh()
    for _ in range(3):
        assert gate.author.reconcile(stale, LATER) == []
    assert gate.values().count(gate.own(Kind.CUT)) == 1
    assert gate.reconcile() == []
    assert gate.values().count(gate.own(Kind.CUT)) == 1


def test_chunks_are_in_the_log_before_the_record_that_names_them(gate: Gate, log: ShakyLog) -> None:
    gate.say_cut()
    gate.reconcile()
    gate.reconcile()
    gate.say_batch()
    for appends in range(len(BATCH.records)):
        log.strike(1, after=False, error=lambda: LogUnavailable("away"))
        with pytest.raises(LogUnavailable):
            gate.reconcile()
        assert gate.values(BATCHES) == list(BATCH.records[: appends + 1])
        assert gate.own(Kind.BATCH) not in gate.values()
    assert gate.reconcile() == []
    assert gate.values(BATCHES) == list(BATCH.records), "what was appended before is not appended again"
    assert gate.phase is State.COUNTED


def test_an_append_that_was_not_acknowledged_but_came_through_is_not_repeated(gate: Gate, log: ShakyLog) -> None:
    gate.say_cut()
    log.strike(0, after=True, error=lambda: LogUnavailable("away"))
    with pytest.raises(LogUnavailable):
        gate.reconcile()
    assert not gate.journal.acknowledged("spring", Kind.CUT)
    assert gate.reconcile() == []
    assert gate.journal.acknowledged("spring", Kind.CUT)
    assert gate.values().count(gate.own(Kind.CUT)) == 1


def test_a_second_different_statement_is_refused(gate: Gate) -> None:
    gate.say_cut()
    gate.say_cut()
    with pytest.raises(JournalConflict):
        gate.say_cut(end=1)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.CUT, {"manifest": FINGERPRINT}),
        (Kind.VOID, {"reason": "Too late!"}),
        (Kind.OFFER, {"draft": thirty_two("d")}),
        (Kind.DRAFT, {"generation": 1}),
        (Kind.RELEASE, release_body(thirty_two("o")) | {"more": 1}),
    ],
)
def test_what_no_reader_would_take_is_never_signed_for_good(gate: Gate, kind: Kind, body: dict[str, object]) -> None:
    with pytest.raises((Foreign, BadDraft)):
        gate.author.say("spring", kind, body)
    assert not gate.author.said("spring", kind)


def test_what_no_log_would_take_is_never_signed_for_good(gate: Gate) -> None:
    gate.say_cut()
    with pytest.raises(RecordTooLarge):
        gate.say_batch(Bundle(BATCH.reference, (bytes(600_000),)))
    many = {"manifest": {"x": "y" * 500_000}}
    with pytest.raises(RecordTooLarge):
        gate.author.say("spring", Kind.MANIFEST, many)
    assert gate.author.rounds(Kind.BATCH) == gate.author.rounds(Kind.MANIFEST) == []


# What the log's operator may do.


def test_a_lost_record_is_an_alarm_and_the_same_bytes_are_appended_again(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    cut, batch = gate.own(Kind.CUT), gate.own(Kind.BATCH)
    log.put_back(topics.ROUNDS, len(raws(*AGREED)))
    assert gate.reconcile() == [Trouble.LOST, Trouble.MISSING_PREDECESSOR]
    assert gate.reconcile() == [Trouble.LOST]
    assert gate.reconcile() == []
    assert gate.values()[-2:] == [cut, batch]
    assert gate.phase is State.COUNTED


def test_a_loss_while_the_gate_was_down_is_an_alarm_too(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    log.put_back(topics.ROUNDS, len(gate.values()) - 1)
    after = gate.restarted()
    assert after.reconcile() == [Trouble.LOST]
    assert after.phase is State.COUNTED


def test_what_was_never_acknowledged_is_appended_without_an_alarm(gate: Gate) -> None:
    gate.say_cut()
    after = gate.restarted()
    assert after.reconcile() == []
    assert after.phase is State.CUT


def test_a_log_that_lost_everything_gets_everything_back_as_its_predecessors_come_back(
    gate: Gate, log: ShakyLog
) -> None:
    counted(gate)
    log.put_back(topics.ROUNDS, None)
    log.put_back(BATCHES, None)
    assert gate.reconcile() == [Trouble.MISSING_PREDECESSOR, Trouble.MISSING_PREDECESSOR]
    assert gate.values() == []
    log.create(topics.ROUNDS)
    log.append(topics.ROUNDS, *raws(*AGREED))
    assert gate.reconcile() == [Trouble.LOST, Trouble.MISSING_PREDECESSOR]
    assert gate.reconcile() == [Trouble.LOST]
    assert gate.values(BATCHES) == list(BATCH.records)
    assert gate.reconcile() == []


def test_a_missing_predecessor_is_an_alarm_also_for_what_was_never_acknowledged(gate: Gate, log: ShakyLog) -> None:
    """It was there when the record was signed: the log has lost it."""
    gate.say_cut()
    log.put_back(topics.ROUNDS, 1)
    assert gate.reconcile() == [Trouble.MISSING_PREDECESSOR]
    assert gate.own(Kind.CUT) not in gate.values()


def other(kind: Kind, body: dict[str, object], author: str = "gate") -> Said:
    return OFFERS.sign(kind, author, body)


def test_a_different_own_record_in_the_log_is_an_alarm_and_nothing_is_appended(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    agreed = len(raws(*AGREED))
    log.put_back(topics.ROUNDS, agreed, (other(Kind.CUT, cut_body(FINGERPRINT, 5)).raw,))
    before = gate.values()
    for _ in range(2):
        assert gate.reconcile() == [Trouble.CONTRADICTION, Trouble.OTHER_PREDECESSOR]
    assert gate.values() == before


def test_a_different_own_record_counts_as_such_also_if_the_right_one_stands_behind_it(
    gate: Gate, log: ShakyLog
) -> None:
    gate.say_cut()
    log.append(topics.ROUNDS, other(Kind.CUT, cut_body(FINGERPRINT, 5)).raw, gate.own(Kind.CUT))
    assert gate.reconcile() == [Trouble.CONTRADICTION]


def test_an_author_does_not_follow_a_log_with_another_past(tmp_path: Path, log: ShakyLog) -> None:
    """A dishonest gate and the log's operator show aggregate a second batch after it has opened the first."""
    log.append(topics.ROUNDS, *raws(*AGREED, Kind.CUT, Kind.BATCH))
    journal = Journal(tmp_path / "journal")
    author = Author("aggregate", OFFERS.installed.identities["aggregate"], journal, log)
    reader = RoundsReader(log, OFFERS.installed.book)
    (batch,) = (said for said in STORY if said.kind is Kind.BATCH)
    (cut,) = (said for said in STORY if said.kind is Kind.CUT)
    author.say("spring", Kind.OPENING, {"batch": batch.digest})
    author.reconcile(reader.refresh(), LATER)
    assert reader.refresh().rounds["spring"].phase is State.OPENING
    second = other(Kind.BATCH, batch_body(cut.digest, BATCH.reference))
    log.put_back(topics.ROUNDS, len(raws(*AGREED, Kind.CUT)), (second.raw,))
    alarm = AuthorAlarm("spring", Kind.OPENING, Trouble.OTHER_PREDECESSOR)
    assert author.reconcile(reader.refresh(), LATER) == [alarm]
    opening = author.own("spring", Kind.OPENING)
    assert opening is not None
    log.append(topics.ROUNDS, opening.jws.encode())
    assert author.reconcile(reader.refresh(), LATER) == [alarm], "also if somebody else appends it"
    assert log.values(topics.ROUNDS)[-2:] == [second.raw, opening.jws.encode()]
    journal.close()


def test_a_record_that_the_log_has_but_nobody_takes_is_not_appended_for_ever(tmp_path: Path, log: ShakyLog) -> None:
    """Its key is that of another generation: each look would add one more copy."""
    log.append(topics.ROUNDS, *raws(*AGREED))
    journal = Journal(tmp_path / "journal")
    author = Author("gate", ed25519_key(70), journal, log)
    reader = RoundsReader(log, OFFERS.installed.book)
    author.say("spring", Kind.STOP, {"reason": "overfull"})
    assert author.reconcile(reader.refresh(), LATER) == []
    for _ in range(3):
        assert author.reconcile(reader.refresh(), LATER) == [AuthorAlarm("spring", Kind.STOP, Trouble.NOT_VALID)]
    assert len(log.values(topics.ROUNDS)) == len(raws(*AGREED)) + 1
    journal.close()


def test_a_lead_whose_draft_the_log_replaced_stays_with_its_own(tmp_path: Path, log: ShakyLog) -> None:
    journal = Journal(tmp_path / "journal")
    author = Author("hr", OFFERS.installed.identities["hr"], journal, log)
    reader = RoundsReader(log, OFFERS.installed.book)
    author.say("spring", Kind.DRAFT, OFFERS.draft)
    assert author.reconcile(reader.refresh(), LATER) == []
    second = other(Kind.DRAFT, OFFERS.draft | {"period": "other"}, "hr")
    log.put_back(topics.ROUNDS, 0, (second.raw,))
    assert author.reconcile(reader.refresh(), LATER) == [AuthorAlarm("spring", Kind.DRAFT, Trouble.CONTRADICTION)]
    log.put_back(topics.ROUNDS, None)
    assert author.reconcile(reader.refresh(), LATER) == [AuthorAlarm("spring", Kind.DRAFT, Trouble.LOST)]
    own = author.own("spring", Kind.DRAFT)
    assert own is not None
    assert log.values(topics.ROUNDS) == [own.jws.encode()]
    journal.close()


# Chunks.


@pytest.mark.parametrize("left", [None, 0, 1, 3])
def test_lost_chunks_are_an_alarm_and_come_back(gate: Gate, log: ShakyLog, left: int | None) -> None:
    counted(gate)
    log.put_back(BATCHES, left)
    assert gate.reconcile() == [Trouble.LOST_CHUNKS]
    assert sorted(gate.values(BATCHES)) == sorted(BATCH.records)
    assert gate.reconcile() == []


def test_lost_chunks_are_found_after_a_restart_also_if_others_took_their_place(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    log.put_back(BATCHES, 1, (b"x", b"y", b"z"))
    after = gate.restarted()
    assert after.reconcile() == [Trouble.LOST_CHUNKS]
    assert set(BATCH.records) <= set(after.values(BATCHES))
    assert after.reconcile() == []


def test_chunks_are_not_read_again_at_every_look(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    counted(gate)
    read, honest = list[str](), gate.log.read

    def noted(topic: str) -> Iterator[object]:
        read.append(topic)
        return honest(topic)

    monkeypatch.setattr(gate.log, "read", noted)
    gate.reconcile()
    gate.reconcile()
    assert set(read) == {topics.ROUNDS}


def test_nothing_is_appended_after_the_deletion_date_of_its_topic(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    log.delete(BATCHES)
    assert gate.reconcile(now=ERASE_AT) == []
    assert gate.restarted().reconcile(now=ERASE_AT) == []
    with pytest.raises(NoSuchTopic):
        log.end(BATCHES)


def test_a_record_whose_chunks_have_had_their_time_still_comes_back(gate: Gate, log: ShakyLog) -> None:
    """Else opening and release, which follow from it, would never count again."""
    counted(gate)
    log.delete(BATCHES)
    log.put_back(topics.ROUNDS, len(raws(*AGREED, Kind.CUT)))
    assert gate.reconcile(now=ERASE_AT) == [Trouble.LOST]
    assert gate.phase is State.COUNTED
    assert gate.values(BATCHES) == []


def test_a_release_comes_back_without_the_comments_that_may_not_be_shown_any_more(
    tmp_path: Path, log: ShakyLog
) -> None:
    offers = make_offers(words_until="2026-03-20T00:00:00Z")
    story = life(offers)
    log.append(topics.ROUNDS, *(said.raw for said in story[:-1]))
    words, numbers = topics.words("spring"), topics.releases("spring")
    journal = Journal(tmp_path / "journal")
    author = Author("aggregate", offers.installed.identities["aggregate"], journal, log)
    reader = RoundsReader(log, offers.installed.book)
    author.say("spring", Kind.RELEASE, release_body(story[-2].digest), {numbers: [b"numbers"], words: [b"words"]})
    assert author.reconcile(reader.refresh(), LATER) == []
    assert (log.values(numbers), log.values(words)) == ([b"numbers"], [b"words"])
    author.forget_chunks("spring", words)
    log.delete(words)
    log.put_back(numbers, None)
    log.put_back(topics.ROUNDS, len(story) - 1)
    late = offers.composed.manifest.draft.words_until
    assert author.reconcile(reader.refresh(), late) == [AuthorAlarm("spring", Kind.RELEASE, Trouble.LOST)]
    assert (log.values(numbers), log.values(words)) == ([b"numbers"], [])
    assert author.reconcile(reader.refresh(), RESULTS_UNTIL) == []
    journal.close()


def test_forgotten_chunks_stay_forgotten_also_if_the_clock_goes_back(gate: Gate, log: ShakyLog) -> None:
    counted(gate)
    gate.author.forget_chunks("spring", BATCHES)
    log.delete(BATCHES)
    assert gate.reconcile() == []
    assert gate.restarted().reconcile() == []
    assert gate.values(BATCHES) == []


# Being killed.


def live(folder: Path, log_folder: Path) -> None:
    """What a gate does from offer to batch, with fresh objects; its batch would be another one each time."""
    log = SqliteLog(log_folder)
    gate = Gate.start(folder, log)
    for _ in range(3):
        gate.reconcile()
        if not gate.author.said("spring", Kind.CUT):
            gate.say_cut(end=len(list(log_folder.iterdir())) + _number(folder))
        elif gate.phase is State.CUT and not gate.author.said("spring", Kind.BATCH):
            gate.say_batch(bundle.pack([str(_number(folder)).encode()]))
    gate.journal.close()
    log.close()


def _number(folder: Path) -> int:
    """Another one at each run."""
    counter = folder.with_name("runs")
    counter.write_text(number := f"{int(counter.read_text()) + 1 if counter.exists() else 1}")
    return int(number)


def test_wherever_a_gate_is_killed_it_never_says_two_different_things(tmp_path: Path) -> None:
    folder, log_folder, steps = tmp_path / "journal", tmp_path / "log", 0

    def begin() -> None:
        log = SqliteLog(log_folder)
        install(log, (said for said in STORY if said.kind in AGREED), OFFERS)
        log.close()

    begin()
    for step in killed_before_each_call(lambda: live(folder, log_folder)):
        steps += 1
        if step % 3:
            continue  # The journal's own test stops at each call; here every third is enough.
        live(folder, log_folder)
        live(folder, log_folder)
        log = SqliteLog(log_folder)
        fold = RoundsReader(log, OFFERS.installed.book).refresh()
        assert fold.rounds["spring"].phase is State.COUNTED
        assert fold.alarms == ()
        batch = fold.rounds["spring"].record(Kind.BATCH)
        assert batch is not None
        assert bundle.names(batch.body["bundle"], [entry.value for entry in log.read(BATCHES)])
        for topic in (topics.ROUNDS, BATCHES, topics.nodes("spring")):
            log.delete(topic)
        log.close()
        begin()
        _forget(folder)
    assert steps > 30


def _forget(folder: Path) -> None:
    for path in (folder / "spring").iterdir():
        path.unlink()


def test_killed_between_append_and_acknowledgement_it_goes_on_as_if_nothing_had_been(gate: Gate, log: ShakyLog) -> None:
    gate.say_cut()
    for after in (False, True):
        log.strike(0, after=after, error=Killed)
        with pytest.raises(Killed):
            gate.reconcile()
        gate = gate.restarted()
    assert gate.reconcile() == []
    assert gate.values().count(gate.own(Kind.CUT)) == 1
    assert gate.phase is State.CUT
    gate.journal.close()
