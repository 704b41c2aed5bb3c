"""What ops sees of gate and aggregate after each look at the log."""

from dataclasses import replace

from prometheus_client import CollectorRegistry

from shared.party_gauges import PartyGauges
from shared.records import Kind
from shared.rounds import Alarm, AlarmReason
from tests.rounds_made import OPENS, make_round


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"klankbord_gate_{name}", labels)


def test_an_alarm_of_the_fold_counts_once_also_when_the_fold_has_begun_anew() -> None:
    gauges, fold = PartyGauges("gate"), make_round().fold
    one = Alarm("spring", Kind.DRAFT, "hr", AlarmReason.CONTRADICTION)
    other = replace(one, round_id="autumn")
    for alarms in ((one,), (one,), (), (other,), (one, other)):
        fold.alarms = alarms
        gauges.looked(fold, OPENS, 0)
    assert value(gauges.registry, "alarms", reason="contradiction") == 2


def test_states_keys_and_the_moment_are_those_of_the_last_look() -> None:
    gauges = PartyGauges("gate")
    gauges.looked(make_round().fold, OPENS, 3)
    assert value(gauges.registry, "rounds", state="open") == 1
    assert value(gauges.registry, "rounds", state="closing") == 0
    assert value(gauges.registry, "round_keys") == 3
    assert value(gauges.registry, "last_look") == OPENS


def test_a_party_is_ready_after_a_look_or_a_step_of_work_and_not_before() -> None:
    looked, worked, idle = PartyGauges("gate"), PartyGauges("gate"), PartyGauges("gate")
    looked.looked(make_round().fold, OPENS, 0)
    worked.alive()
    assert [gauges.word(2) for gauges in (looked, worked, idle)] == ["ready", "ready", "starting"]
    assert looked.word(-60) == "silent"


def test_a_look_that_left_rounds_waiting_was_not_a_whole_one() -> None:
    gauges = PartyGauges("gate")
    gauges.looked(make_round().fold, OPENS, 0, waiting=2)
    assert value(gauges.registry, "waiting_rounds") == 2
    assert value(gauges.registry, "last_look") == 0
    assert gauges.word(2) == "starting"
    gauges.looked(make_round().fold, OPENS, 0)
    assert value(gauges.registry, "waiting_rounds") == 0
    assert value(gauges.registry, "last_look") == OPENS
    assert gauges.word(2) == "ready"


def test_every_reason_stands_there_from_the_start_the_services_own_too() -> None:
    gauges = PartyGauges("gate", ["overslept"])
    for reason in ("overslept", "lost-record", "contradiction", "changed-past"):
        assert value(gauges.registry, "alarms", reason=reason) == 0
