"""The gate at work: one batch of every round, whatever happens to the process, the log and the key."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from services.gate.metrics import Trap
from shared import dates, records, topics
from shared.author import Trouble
from shared.canonical import b64
from shared.envelope import counted_entry, open_inner
from shared.journal import Journal, JournalLocked
from shared.log.memory import MemoryLog
from shared.log.port import MAX_RECORD, Log, LogUnavailable, NoSuchTopic
from shared.loop import Stopping
from shared.records import Kind
from shared.rounds import State
from shared.sealing_key import SealingKey
from shared.secret_files import RoundSecrets
from shared.topics import batches, envelopes
from tests.rounds_made import CLOSES, ERASE_AT, NOW, OPENS, MadeRound, make_round
from tests.services.gate.gates import AFTER, Bell, Crash, Fuse, House, agreed, copied, everything

PAYMENTS = tuple(f"p{number}" for number in range(12))
RISK = tuple(f"p{number}" for number in range(12, 20))


@cache
def spring() -> MadeRound:
    return make_round(issuers=2)


def answers(made: MadeRound, people: Sequence[str], words: bool = True, revision: int = 0) -> Iterator[bytes]:
    for person in people:
        member = made.member(person)
        yield member.encoded(0, made.closed(1, 2), revision)
        if words:
            yield member.encoded(1, made.words(f"words of {person}"), revision)


@cache
def answered() -> MemoryLog:
    """Five of Payments, one of them twice, and seven of Risk, all in both parts; and one record that is junk."""
    made = spring()
    log = copied(made.log, *everything(made))
    log.append(envelopes(made.id), *answers(made, PAYMENTS[:5]), *answers(made, RISK[:7]))
    log.append(envelopes(made.id), *answers(made, PAYMENTS[:1], revision=256), b"\x01\x00junk")
    return log


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = spring()
    there = agreed(made, tmp_path, copied(answered(), *everything(made)))
    yield there
    there.close()


def without(log: Log, made: MadeRound, unwanted: Callable[[records.Record], bool]) -> MemoryLog:
    """The log as its operator would like it to have been."""
    other = copied(log, *everything(made)[1:])
    other.create(topics.ROUNDS)
    for entry in log.read(topics.ROUNDS):
        if not unwanted(records.peek(entry.value)):
            other.append(topics.ROUNDS, entry.value)
    return other


def test_after_the_grace_the_gate_cuts_opens_and_hands_on_sealed_answers_by_cell(house: House) -> None:
    """
    envelopes.spring:  12 x scores, 12 x words, the two of p0 once more, junk
    cut:               27 records                                        (the end is fixed before anything is opened)
    batch:             scores: Payments 5, Risk 7      words: the company 12 (Payments has 5, below its k of 10)
    """
    made, gate = house.made, house.started()
    house.settle(gate)
    (cut,) = house.said(Kind.CUT)
    assert [(partition["end"], partition["count"]) for partition in cut.body["partitions"]] == [(27, 27)]
    record, batch = house.batch()
    assert record.body["cut"] == cut.digest
    payments, risk = made.finest("p0", 0), made.finest("p12", 0)
    assert [(lot.part, lot.node, len(lot.entries)) for lot in batch.lots] == [
        (0, payments, 5),
        (0, risk, 7),
        (1, 0, 12),
    ]
    assert record.body["parts"] == [
        {"lots": 2, "counted": 12, "held_back": 0, "refused": {"malformed": 1}},
        {"lots": 1, "counted": 12, "held_back": 0, "refused": {}},
    ]
    words = Counter(
        open_inner(made.aggregate_key, made.manifest.hash, 1, entry.pk, entry.inner).rstrip(b"\0").decode()
        for entry in batch.lots[2].entries
    )
    assert words == Counter(f"words of {person}" for person in (*PAYMENTS[:5], *RISK[:7]))
    assert house.round().phase is State.COUNTED
    assert house.key() is None
    assert not house.alarms()


def test_records_that_do_not_count_are_told_once_by_reason(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.log.append(envelopes(house.made.id), b"", bytes(MAX_RECORD))
    house.settle(house.started())
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["envelopes.spring: 3 records do not count: malformed 3"]


def test_before_closing_and_grace_are_over_nothing_is_cut(house: House) -> None:
    gate = house.started()
    for house.now in (NOW, OPENS, CLOSES, CLOSES + 299):
        house.settle(gate)
        assert not house.said(Kind.CUT)
    house.now = CLOSES + 300
    house.settle(gate)
    assert len(house.said(Kind.CUT)) == 1


def test_what_comes_after_the_cut_is_not_counted(house: House) -> None:
    gate, made = house.started(), house.made
    gate.tick()  # The cut is in the journal.
    house.log.append(envelopes(made.id), *answers(made, PAYMENTS[5:]))
    house.settle(gate)
    assert sum(len(lot.entries) for lot in house.batch()[1].lots) == 24
    assert not house.alarms()


def test_a_crash_at_any_step_and_a_restart_give_the_same_batch(house: House, tmp_path: Path) -> None:
    whole = Fuse()
    house.settle(house.started(whole))
    expected, _ = house.batch()
    assert whole.steps > 30
    made = house.made
    for steps in range(whole.steps):
        home = tmp_path / f"crash-{steps}"
        home.mkdir()
        other = agreed(made, home, copied(answered(), *everything(made)))
        with pytest.raises(Crash):
            other.settle(other.started(Fuse(steps)))
        other.settle(other.started())
        assert other.batch()[0].jws == expected.jws
        assert not other.said(Kind.STOP)
        assert other.key() is None
        other.close()


def test_two_crashes_in_a_row_change_nothing_either(house: House, tmp_path: Path) -> None:
    house.settle(house.started())
    expected, _ = house.batch()
    for first, second in ((7, 3), (12, 5), (20, 2)):
        home = tmp_path / f"crash-{first}-{second}"
        home.mkdir()
        other = agreed(house.made, home, copied(answered(), *everything(house.made)))
        for steps in (first, second):
            with pytest.raises(Crash):
                other.settle(other.started(Fuse(steps)))
        other.settle(other.started())
        assert other.batch()[0].jws == expected.jws
        other.close()


def test_a_log_that_is_rolled_back_gets_the_same_batch_again_and_an_alarm(house: House) -> None:
    before = copied(house.log, *everything(house.made))
    gate = house.started()
    house.settle(gate)
    expected, _ = house.batch()
    # Its operator takes everything back, and with it one envelope, to subtract one batch from the other.
    kept = [entry.value for entry in before.read(envelopes(house.made.id))][1:]
    before.delete(envelopes(house.made.id))
    before.create(envelopes(house.made.id))
    before.append(envelopes(house.made.id), *kept)
    house.log = before
    house.settle(gate)
    assert {record.jws for record in house.said(Kind.BATCH)} == {expected.jws}
    assert house.batch()[0].jws == expected.jws
    assert not house.said(Kind.STOP)
    assert house.alarms()[Trouble.LOST] >= 1
    assert house.alarms()["changed-past"] >= 1


def test_envelopes_other_than_those_of_the_cut_stop_the_work_until_they_are_back(house: House) -> None:
    gate, made = house.started(), house.made
    gate.tick()  # The cut is in the journal.
    complete = copied(house.log, *everything(made))
    other = [entry.value for entry in house.log.read(envelopes(made.id))]
    for changed, partitions in (
        (other[1:], 1),
        ([other[1], other[0], *other[2:]], 1),
        ([*other[:-1], b"other junk"], 1),
        (other, 2),
    ):
        house.log.delete(envelopes(made.id))
        house.log.create(envelopes(made.id), partitions)
        house.log.append(envelopes(made.id), *changed)
        house.now += 61
        house.settle(gate)
        assert not house.said(Kind.BATCH)
        assert house.key() is not None
        assert house.alarms()[Trap.OTHER_ENVELOPES] == 1
    house.log = complete
    house.now += 61
    house.settle(gate)
    assert len(house.batch()[1].lots) == 3


def test_a_topic_of_envelopes_that_is_gone_is_an_alarm_and_nothing_is_said(house: House) -> None:
    house.log.delete(envelopes(house.made.id))
    house.settle(house.started())
    assert not house.said(Kind.CUT)
    assert house.alarms()[Trap.NO_ENVELOPES] == 1


def test_a_log_that_is_away_is_waited_for(house: House) -> None:
    class Away(MemoryLog):
        def append(self, topic: str, *values: bytes) -> None:
            raise LogUnavailable("away")

    gate, there = house.started(), house.log
    away = Away()
    for topic in everything(house.made):
        away.create(topic)
        for entry in there.read(topic):
            MemoryLog.append(away, topic, entry.value)
    house.log = away
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            gate.tick()  # The first says the cut; it can not be appended.
    house.log = there
    house.settle(gate)
    assert len(house.batch()[1].lots) == 3


def test_a_lost_key_stops_the_round_after_the_cut(house: House) -> None:
    RoundSecrets(house.home / "rounds").destroy(house.made.id)
    gate = house.started()
    house.now = OPENS
    house.settle(gate)
    assert house.alarms() == {Trap.KEY_MISSING: 1}
    assert not house.said(Kind.STOP)
    house.now = AFTER
    house.settle(gate)
    assert [record.body for record in house.said(Kind.STOP)] == [{"reason": "key-lost"}]
    assert house.round().phase is State.STOPPED
    assert not house.said(Kind.BATCH)


def test_another_key_is_as_good_as_none(house: House) -> None:
    secrets = RoundSecrets(house.home / "rounds")
    secrets.destroy(house.made.id)
    secrets.create(house.made.id, SealingKey.generate(ERASE_AT).to_bytes())
    house.settle(house.started())
    assert [record.body for record in house.said(Kind.STOP)] == [{"reason": "key-lost"}]
    assert house.key() is None


def test_a_damaged_key_is_as_good_as_none_and_keeps_no_other_from_being_destroyed(house: House) -> None:
    folder = house.home / "rounds"
    (folder / f"{house.made.id}.key").write_bytes(b"damaged")
    RoundSecrets(folder).create("zomer", SealingKey.generate(int(house.now)).to_bytes())
    house.settle(house.started())
    assert [record.body for record in house.said(Kind.STOP)] == [{"reason": "key-lost"}]
    assert not list(folder.iterdir())


def test_more_envelopes_than_people_stop_the_round(house: House) -> None:
    made = house.made
    invented = [made.member("p12", code).encoded(0, made.closed()) for code in range(2)]
    house.log.append(envelopes(made.id), *invented)  # Risk has eight people; seven have answered.
    house.settle(house.started())
    assert [record.body for record in house.said(Kind.STOP)] == [{"reason": "overfull"}]
    assert house.round().phase is State.STOPPED
    assert not house.said(Kind.BATCH)
    assert house.key() is None


def test_of_a_part_with_too_few_envelopes_only_counted_entries_go_on(tmp_path: Path) -> None:
    made = spring()
    house = agreed(made, tmp_path, copied(made.log, *everything(made)))
    house.log.append(envelopes(made.id), *answers(made, PAYMENTS[:4]), *answers(made, RISK[:5], words=False))
    house.settle(house.started())
    record, batch = house.batch()
    assert [(lot.part, lot.node, len(lot.entries)) for lot in batch.lots] == [(0, 0, 9)]
    assert [(row["lots"], row["counted"], row["held_back"]) for row in record.body["parts"]] == [(1, 9, 0), (0, 0, 4)]
    sealed = [made.member(person).pk(1) for person in PAYMENTS[:4]]
    assert len(batch.held_back[1]) == len(sealed)
    assert all(entry not in b"".join(batch.held_back[1]) for entry in sealed)
    house.close()


def test_what_is_held_back_is_what_a_client_looks_for(tmp_path: Path) -> None:
    made = spring()
    house = agreed(made, tmp_path, copied(made.log, *everything(made)))
    member = made.member("p0")
    outer = member.outer(1, made.words("mine"))
    house.log.append(envelopes(made.id), member.seal(1, outer).encode(made.manifest.layouts[1]))
    house.settle(house.started())
    assert house.batch()[1].held_back == {1: (counted_entry(made.manifest.hash, 1, outer.pk, outer.inner),)}
    house.close()


def test_a_round_without_answers_has_an_empty_batch(tmp_path: Path) -> None:
    made = spring()
    house = agreed(made, tmp_path, copied(made.log, *everything(made)))
    house.settle(house.started())
    _, batch = house.batch()
    assert (batch.lots, batch.held_back) == ((), {})
    house.close()


def test_envelopes_may_lie_in_any_number_of_partitions(tmp_path: Path) -> None:
    made = make_round(issuers=1, partitions=3)
    house = agreed(made, tmp_path)
    house.log.append(envelopes(made.id), *answers(made, PAYMENTS[:9]), *answers(made, RISK[:6]))
    house.settle(house.started())
    (cut,) = house.said(Kind.CUT)
    assert sum(partition["count"] for partition in cut.body["partitions"]) == 30
    assert len(cut.body["partitions"]) == 3
    assert sum(len(lot.entries) for lot in house.batch()[1].lots) == 30
    house.close()


def test_the_order_of_the_log_does_not_show_in_the_lots(house: House, tmp_path: Path) -> None:
    house.settle(house.started())
    other = copied(answered(), *everything(house.made))
    reverse = [entry.value for entry in other.read(envelopes(house.made.id))][::-1]
    other.delete(envelopes(house.made.id))
    other.create(envelopes(house.made.id))
    other.append(envelopes(house.made.id), *reverse)
    home = tmp_path / "other"
    home.mkdir()
    turned = agreed(house.made, home, other)
    turned.settle(turned.started())
    assert turned.batch()[1] == house.batch()[1]
    turned.close()


@pytest.mark.parametrize("author", ["hr", "aggregate"])
def test_the_key_goes_as_soon_as_the_log_shows_that_the_round_has_ended(house: House, author: str) -> None:
    gate, made = house.started(), house.made
    house.now = OPENS
    house.settle(gate)
    assert house.key() is not None
    kind, body = (Kind.CANCEL, {}) if author == "hr" else (Kind.STOP, {"reason": "overfull"})
    jws = records.sign(kind, made.id, author, body, made.identities[author])
    house.log.append(topics.ROUNDS, jws.encode())
    gate.tick()
    assert house.key() is None
    house.now = AFTER
    house.settle(gate)
    assert not house.said(Kind.CUT)


def test_a_cancellation_that_came_after_the_cut_destroys_nothing(house: House) -> None:
    made, steps = house.made, 0
    while not house.said(Kind.CUT):
        steps += 1
        with pytest.raises(Crash):
            house.settle(house.started(Fuse(steps)))
    assert house.key() is not None
    jws = records.sign(Kind.CANCEL, made.id, "hr", {}, made.identities["hr"])
    house.log.append(topics.ROUNDS, jws.encode())
    house.settle(house.started())
    assert len(house.batch()[1].lots) == 3


def test_a_cut_that_lost_against_a_cancellation_is_followed_by_nothing(house: House) -> None:
    gate, made = house.started(), house.made
    gate.tick()  # The cut is in the journal and not yet in the log.
    jws = records.sign(Kind.CANCEL, made.id, "hr", {}, made.identities["hr"])
    house.log.append(topics.ROUNDS, jws.encode())
    house.settle(gate)
    assert house.said(Kind.CUT)
    assert not house.said(Kind.BATCH)
    assert house.key() is None


def test_at_the_date_of_erasure_key_envelopes_and_batch_go(house: House) -> None:
    gate, made = house.started(), house.made
    house.settle(gate)
    assert list((house.home / "journal" / made.id).glob("batch.*.000000"))
    house.now = ERASE_AT
    house.settle(gate)
    for topic in (envelopes(made.id), batches(made.id)):
        with pytest.raises(NoSuchTopic):
            house.log.end(topic)
    assert not list((house.home / "journal" / made.id).glob("batch.*.000000"))
    assert len(house.said(Kind.BATCH)) == 1
    assert not house.alarms()


def test_a_key_does_not_outlive_its_date_even_if_the_log_knows_nothing(house: House) -> None:
    house.log = MemoryLog()
    house.now = ERASE_AT
    house.started().tick()
    assert house.key() is None


def test_with_an_empty_journal_the_gate_counts_nothing_that_another_one_accepted(house: House) -> None:
    """Else a folder that was put back from a copy could make a second batch of a log that was rolled back."""
    for path in sorted((house.home / "journal").rglob("*"), reverse=True):
        if path.name != "lock":
            path.rmdir() if path.is_dir() else path.unlink()
    house.settle(house.started())
    assert not house.said(Kind.CUT)
    assert house.alarms()[Trap.FOREIGN_ACCEPT] == 1


def test_a_cut_that_the_journal_does_not_know_is_not_worked_on(house: House) -> None:
    made = house.made
    nothing = {"end": 0, "count": 0, "sha256": b64(bytes(32))}
    body = {"manifest": made.manifest.fingerprint, "partitions": [nothing]}
    house.log.append(topics.ROUNDS, records.sign(Kind.CUT, made.id, "gate", body, made.identities["gate"]).encode())
    house.settle(house.started())
    assert not house.said(Kind.BATCH)
    assert house.alarms()[Trap.FOREIGN_CUT] == 1


def test_another_cut_than_that_of_the_journal_is_not_worked_on(house: House) -> None:
    """As if the log's operator had found a copy of the gate's key, or a gate of the past had been put back."""
    made, gate = house.made, house.started()
    gate.tick()  # The cut is in the journal.
    one = {"end": 1, "count": 1, "sha256": b64(bytes(32))}
    body = {"manifest": made.manifest.fingerprint, "partitions": [one]}
    house.log.append(topics.ROUNDS, records.sign(Kind.CUT, made.id, "gate", body, made.identities["gate"]).encode())
    house.settle(gate)
    assert not house.said(Kind.BATCH)
    assert house.alarms()[Trap.FOREIGN_CUT] == 1
    assert house.alarms()[Trouble.CONTRADICTION] == 1


def test_a_key_goes_if_the_log_shows_a_batch_that_the_journal_does_not_know(house: House) -> None:
    made, gate = house.made, house.started()
    house.settle(gate)
    counted = copied(house.log, *everything(made))
    home = house.home / "restored"
    home.mkdir()
    restored = agreed(made, home, counted)
    restored.settle(restored.started())
    assert restored.key() is None
    assert len(restored.said(Kind.BATCH)) == 1
    restored.close()


def test_the_gate_agrees_to_a_round_and_makes_its_topics_before_it_accepts(tmp_path: Path) -> None:
    made = spring()
    own = {Kind.OFFER, Kind.ACCEPT}
    drafted = without(
        made.log, made, lambda record: record.kind not in (Kind.DRAFT, Kind.OFFER) or record.author == "gate"
    )
    drafted.delete(envelopes(made.id))
    drafted.delete(batches(made.id))
    house = House(made, tmp_path, drafted, now=NOW, partitions=4)
    key = SealingKey(made.gate_key.to_bytes(), ERASE_AT)
    RoundSecrets(tmp_path / "rounds").create(made.id, key.to_bytes())  # As after a crash just before the offer.
    gate = house.started()
    house.settle(gate)
    assert [record.body["key"] for record in house.said(Kind.OFFER)] == [b64(made.gate_key.public)]
    assert not house.said(Kind.ACCEPT)
    for entry in made.log.read(topics.ROUNDS):
        record = records.peek(entry.value)
        if record.author != "gate" and record.kind not in (Kind.DRAFT, Kind.OFFER):
            house.log.append(topics.ROUNDS, entry.value)
    gate.tick()
    assert len(house.log.end(envelopes(made.id))) == 4
    assert len(house.log.end(batches(made.id))) == 1
    assert not house.said(Kind.ACCEPT)
    house.settle(gate)
    assert house.round().phase is State.SCHEDULED
    assert {record.kind for kind in own for record in house.said(kind)} == own
    house.close()


def test_a_key_that_is_lost_before_the_accept_makes_the_round_void(tmp_path: Path) -> None:
    made = spring()
    log = without(made.log, made, lambda record: record.kind is Kind.ACCEPT)
    house = agreed(made, tmp_path, log)
    (tmp_path / "journal" / made.id / "accept.jws").unlink()
    RoundSecrets(tmp_path / "rounds").destroy(made.id)
    house.now = NOW
    house.settle(house.started())
    assert house.round().phase is State.VOID
    assert not house.said(Kind.ACCEPT)
    house.close()


def test_a_draft_that_no_party_may_accept_is_made_void(tmp_path: Path) -> None:
    made = spring()
    log = without(made.log, made, lambda record: record.kind is not Kind.DRAFT)
    house = House(made, tmp_path, log, now=OPENS)
    house.settle(house.started())
    assert house.round().phase is State.VOID
    assert house.key() is None
    house.close()


def test_a_stop_at_any_step_loses_nothing(house: House, tmp_path: Path) -> None:
    whole = Fuse()
    house.settle(house.started(whole))
    expected, _ = house.batch()
    for steps in range(0, whole.steps - 1, 3):
        home = tmp_path / f"stop-{steps}"
        home.mkdir()
        other = agreed(house.made, home, copied(answered(), *everything(house.made)))
        with pytest.raises(Stopping):
            other.settle(other.started(Bell(steps, other.stop)))
        other.stop.clear()
        other.settle(other.started())
        assert other.batch()[0].jws == expected.jws
        other.close()


def test_two_gates_do_not_share_a_journal(house: House) -> None:
    house.started()
    with pytest.raises(JournalLocked):
        Journal(house.home / "journal")


def test_dates_of_the_made_round_are_those_of_the_draft() -> None:
    assert spring().manifest.draft.counting_from < AFTER < ERASE_AT
    assert dates.text(ERASE_AT) == spring().manifest.draft.body["erase_at"]
