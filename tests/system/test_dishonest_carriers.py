"""Ingest and the log's operator: they carry what they cannot read, and what they drop or change is found."""

from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from clients.cli.counting import Fate
from clients.cli.outcomes import Alarm, AlarmReason
from shared import receipt, records, topics
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import OPENS
from tests.system import tallies
from tests.system.forging import STRANGER
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import ANSWERING, COUNTING, PAYMENTS, RISK, Moments
from tests.system.mortal import Copy

POST = r"POST https://ingest.example/envelopes$"


# Ingest.


def test_an_envelope_that_was_dropped_after_its_receipt_is_missed_in_the_list(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        crowd.collect("p8")
        before = house.log.copy()
        crowd.answer("p8", [1, 1, 1], "Dropped")
        assert {crowd.sealed[one].person for one in crowd.received} >= {"p8"}
        house.log.put_back(before)
        count(house)
        assert crowd.fates("p8") == (Fate.MISSING, Fate.MISSING)
        assert crowd.fates(PAYMENTS[0]) == (Fate.COUNTED, Fate.COUNTED)


def signed_by_a_stranger(house: House, crowd: Crowd) -> str:
    return receipt.issue(crowd.manifest, sha256(next(iter(crowd.sealed))).digest(), STRANGER)


def of_another_envelope(house: House, crowd: Crowd) -> str:
    return receipt.issue(
        crowd.manifest, sha256(house.envelopes("spring")[0]).digest(), house.installed.identities["ingest"]
    )


@pytest.mark.parametrize("forge", [signed_by_a_stranger, of_another_envelope])
def test_a_forged_receipt_is_an_alarm(moments: Moments, tmp_path: Path, forge: Any) -> None:
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        house.lie(POST, lambda _: {"receipt": forge(house, crowd)})
        with pytest.raises(Alarm) as alarm:
            crowd.answer(PAYMENTS[0], [4, 4, 4])
        assert alarm.value.reason is AlarmReason.BAD_RECEIPT


def test_an_envelope_under_another_admission_does_not_open(moments: Moments, tmp_path: Path) -> None:
    """Ingest has seen many admission tokens; it can neither use nor mix them."""
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        one, other = (next(at for at, vote in crowd.sealed.items() if vote.person == who) for who in ("p0", "p12"))
        mixed = one[:2] + other[2 : 2 + 32 + 256] + one[2 + 32 + 256 :]
        house.log.append(topics.envelopes("spring"), mixed)
        count(house)
        assert refused(house)[crowd.sealed[one].part] == {"cannot-open": 1}
        tallies.check(house, "spring", crowd.winners(crowd.sealed))


# The log's operator.


def test_order_repetition_and_foreign_records_change_nothing(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("closed", tmp_path)
    with house:
        random, copy = Random(3), house.log.copy()
        ((*envelopes,),), ((*rounds,),) = copy[topics.envelopes("spring")], copy[topics.ROUNDS]
        honest = list(envelopes)
        envelopes += [*envelopes[::2], random.randbytes(len(honest[0])), b"", honest[0][:-1], honest[0] + b"\0"]
        rounds += [
            *rounds[::2],
            b"no record",
            records.sign(Kind.STOP, "spring", "gate", {"reason": "x"}, STRANGER).encode(),
        ]
        random.shuffle(envelopes)
        house.log.put_back({**copy, topics.envelopes("spring"): (tuple(envelopes),), topics.ROUNDS: (tuple(rounds),)})
        house.settle()
        tallies.check(house, "spring", crowd.winners(honest))
        assert sum(sum(of.values()) for of in refused(house)) == 4
        assert house.fold().foreign == 2


def test_records_in_another_order_tell_the_same_round(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("released", tmp_path)
    with house:
        house.settle()
        copy = house.log.copy()
        for seed in range(10):
            ((*rounds,),) = copy[topics.ROUNDS]
            Random(seed).shuffle(rounds)
            house.log.put_back({**copy, topics.ROUNDS: (tuple(rounds),)})
            assert house.phase("spring") is State.RELEASED
            assert not house.fold().alarms
        house.settle()
        assert ("gate", "changed-past") in house.alarms


def test_an_envelope_that_goes_before_the_cut_is_missed_by_its_owner(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("closed", tmp_path)
    with house:
        house.log.put_back(without(house, crowd, RISK[0]))
        house.settle()
        assert crowd.fates(RISK[0]) == (Fate.MISSING, Fate.MISSING)
        assert crowd.fates(RISK[1]) == (Fate.COUNTED, Fate.COUNTED)


def test_an_envelope_that_goes_after_the_cut_keeps_the_gate_from_counting(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("closed", tmp_path)
    with house:
        house.look("gate")
        assert tallies.bound_to(house, "spring") == house.envelopes("spring")
        whole = house.log.copy()
        house.log.put_back(without(house, crowd, RISK[0]))
        house.settle()
        assert house.phase("spring") is State.CUT
        assert house.alarms == {("gate", "other-envelopes")}
        assert house.has_key("gate", "spring")
        # Put back what belongs there, and behind it what has come since.
        cut = [one for one in house.log.records() if one not in whole[topics.ROUNDS][0]]
        house.log.put_back({**whole, topics.ROUNDS: ((*whole[topics.ROUNDS][0], *cut),)})
        house.clock.now += 3600
        house.settle()
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))


def test_a_log_rolled_back_after_the_release_gets_the_same_bytes_and_no_second_count(
    moments: Moments, tmp_path: Path
) -> None:
    """With one envelope fewer the log's operator would subtract two releases and read one answer."""
    house, crowd = moments.again("closed", tmp_path)
    with house:
        before = without(house, crowd, RISK[0])
        house.settle()
        first = house.log.copy()
        house.log.put_back(before)
        house.settle()
        assert set(house.log.records()) == set(first[topics.ROUNDS][0])
        for name in ("batches", "releases", "words"):
            assert set(house.log.copy()[f"{name}.spring"][0]) == set(first[f"{name}.spring"][0])
        assert all(len(texts) == 1 for texts in house.signed().values())
        assert {(name, "changed-past") for name in ("ingest", "gate", "aggregate", "report")} <= house.alarms
        assert {("gate", "lost-record"), ("aggregate", "lost-record")} <= house.alarms


def test_a_log_rolled_back_between_two_processes_is_noticed_too(moments: Moments, tmp_path: Path) -> None:
    """Nobody remembers what was read; the journals do."""
    house, _ = moments.again("closed", tmp_path)
    with house:
        before = house.log.copy()
        house.settle()
        house.log.put_back(before)
        for name in house.names:
            house.restart(name)
        house.settle()
        assert house.alarms == {("gate", "lost-record"), ("aggregate", "lost-record")} | {
            ("aggregate", "missing-predecessor"),
            ("gate", "missing-predecessor"),
        }


def test_a_log_rolled_back_to_before_the_agreement_is_as_it_was_when_the_round_opens(
    moments: Moments, tmp_path: Path
) -> None:
    """Also the topic of envelopes, which no journal has: else nobody could answer."""
    house, crowd = moments.again("drafted", tmp_path)
    with house:
        before = house.log.copy()
        house.settle()
        house.log.put_back(before)
        house.settle()
        assert house.of("spring").state(house.clock()) is State.SCHEDULED
        assert {("gate", "lost-record"), ("gate", "no-envelopes")} <= house.alarms
        house.clock.now = OPENS
        house.everybody_looks()
        crowd.collect(*ANSWERING)
        for number, person in enumerate(ANSWERING):
            crowd.answer(person, [number % 5, 1, 2])
        count(house)
        tallies.check(house, "spring", crowd.winners(crowd.received))


def test_a_log_rolled_back_to_before_the_agreement_of_an_open_round_ends_it(moments: Moments, tmp_path: Path) -> None:
    """Its envelopes are gone: better none of them counts than those that are sent anew."""
    house, _ = moments.again("drafted", tmp_path / "drafted")
    before = house.log.copy()
    house, _ = moments.again("answered", tmp_path / "answered")
    with house:
        house.log.put_back(before)
        house.settle()
        assert house.phase("spring") is State.VOID
        assert not any(house.has_key(author, "spring") for author in house.installed.parties.authors)
        assert ("gate", "lost-record") in house.alarms


def test_a_record_that_was_replaced_is_put_back(moments: Moments, tmp_path: Path) -> None:
    """Nobody but its author can write another one; what the operator can do is to take it away."""
    house, crowd = moments.again("released", tmp_path)
    with house:
        house.settle()
        copy, release = house.log.copy(), house.of("spring").record(Kind.RELEASE)
        assert release is not None
        forged = records.sign(Kind.RELEASE, "spring", "aggregate", release.body, STRANGER)
        changed = tuple(forged.encode() if one == release.jws.encode() else one for one in copy[topics.ROUNDS][0])
        house.log.put_back({**copy, topics.ROUNDS: (changed,)})
        house.settle()
        assert house.of("spring").record(Kind.RELEASE) == release
        assert ("aggregate", "lost-record") in house.alarms
        assert crowd.fates(PAYMENTS[0]) == (Fate.COUNTED, Fate.COUNTED)


def test_numbers_that_were_changed_in_the_log_are_not_shown(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("released", tmp_path)
    with house:
        copy = house.log.copy()
        ((*chunks,),) = copy[topics.releases("spring")]
        changed = tuple(chunk.replace(b'"n":7', b'"n":6') for chunk in chunks)
        assert changed != tuple(chunks)
        house.log.put_back({**copy, topics.releases("spring"): (changed,)})
        house.look("report")
        answer = house.web.get("report", house.installed.parties.report_url, "/rounds")
        assert [one["verified"] for one in answer["rounds"]] == [False]


def without(house: House, crowd: Crowd, person: str) -> Copy:
    """The log as it is, but for one person's envelopes."""
    copy, topic = house.log.copy(), topics.envelopes("spring")
    kept = tuple(one for one in copy[topic][0] if crowd.sealed[one].person != person)
    assert len(kept) == len(copy[topic][0]) - 2
    return {**copy, topic: (kept,)}


def count(house: House) -> None:
    house.clock.now = COUNTING
    house.settle()
    assert house.phase("spring") is State.RELEASED


def refused(house: House) -> list[dict[str, int]]:
    """Of each part the envelopes that did not count, by reason."""
    batch = house.of("spring").record(Kind.BATCH)
    assert batch is not None
    return [of_part["refused"] for of_part in batch.body["parts"]]
