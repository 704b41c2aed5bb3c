"""What ops sees of the gate says nothing about a group or a single envelope."""

from collections import Counter

from prometheus_client import generate_latest

from services.gate.core import Reason
from services.gate.metrics import Metrics, Work
from tests.rounds_made import OPENS, make_round


def shown(metrics: Metrics) -> dict[str, str]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_numbers_that_employees_move_stand_still_until_enough_have() -> None:
    metrics = Metrics()
    metrics.envelopes("spring", 4)
    metrics.refused(Counter({Reason.BAD_TOKEN: 4, Reason.MALFORMED: 7}))
    assert shown(metrics)['klankbord_gate_envelopes{round="spring"}'] == "0.0"
    assert shown(metrics)['klankbord_gate_refused{reason="bad-token"}'] == "0.0"
    assert shown(metrics)['klankbord_gate_refused{reason="malformed"}'] == "5.0"
    metrics.envelopes("spring", 5)
    assert shown(metrics)['klankbord_gate_envelopes{round="spring"}'] == "5.0"


def test_labels_are_reasons_states_kinds_of_work_and_rounds_only() -> None:
    metrics = Metrics()
    metrics.looked(make_round().fold, OPENS, 1)
    metrics.progress("spring", 3)
    with metrics.timed(Work.OPEN):
        pass
    labels = {name.partition("{")[2].partition("=")[0] for name in shown(metrics)}
    assert labels == {"", "reason", "state", "round", "work"}
    assert shown(metrics)['klankbord_gate_rounds{state="open"}'] == "1.0"
    assert shown(metrics)["klankbord_gate_round_keys"] == "1.0"
    assert shown(metrics)['klankbord_gate_progress{round="spring"}'] == "3.0"


def test_the_gate_is_ready_when_it_has_looked_or_got_on_with_its_work() -> None:
    looked, worked, idle = Metrics(), Metrics(), Metrics()
    looked.looked(make_round().fold, OPENS, 0)
    worked.progress("spring", 1)
    assert [metrics.word(2) for metrics in (looked, worked, idle)] == ["ready", "ready", "starting"]
