from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import jws, records
from shared.canonical import b64, dumps
from shared.parties import Book, describe, endorse, write
from shared.records import Kind
from shared.rounds import Alarm, AlarmReason, Fold, Round, State, fold
from tests.keys import ed25519_key
from tests.lives_made import (
    Offers,
    Said,
    batch_body,
    cut_body,
    life,
    make_offers,
    release_body,
    thirty_two,
    up_to,
)
from tests.rounds_made import CLOSES, NOW, OPENS, RESULTS_UNTIL, draft_body, installation, questionnaire_body


@cache
def offers() -> Offers:
    return make_offers(issuers=2)


@cache
def story() -> tuple[Said, ...]:
    return tuple(life(offers()))


def raws(said: Sequence[Said]) -> list[bytes]:
    return [one.raw for one in said]


def fold_of(*said: Said) -> Fold:
    return fold(raws(said), offers().installed.book)


def spring(folded: Fold) -> Round:
    return folded.rounds["spring"]


def until(kind: Kind) -> list[Said]:
    return up_to(story(), kind)


def sign(kind: Kind, author: str, body: dict[str, Any]) -> Said:
    return offers().sign(kind, author, body)


def one(kind: Kind, author: str | None = None) -> Said:
    return next(said for said in story() if said.kind is kind and author in (None, said.author))


VOID = sign(Kind.VOID, "council", {"reason": "late"})
CANCEL = sign(Kind.CANCEL, "hr", {})
STOPS = {author: sign(Kind.STOP, author, {"reason": "overfull"}) for author in ("gate", "aggregate")}


def test_a_round_goes_through_its_states_record_by_record() -> None:
    folded, phases = Fold(offers().installed.book), list[State]()
    for said in story():
        folded.add(said.raw)
        if not phases or phases[-1] is not spring(folded).phase:
            phases.append(spring(folded).phase)
    assert phases == [
        State.DRAFTED,
        State.OFFERED,
        State.PROPOSED,
        State.SCHEDULED,
        State.CUT,
        State.COUNTED,
        State.OPENING,
        State.RELEASED,
    ]
    assert not folded.alarms
    assert not folded.foreign


def test_time_divides_an_agreed_round_and_erases_a_released_one() -> None:
    agreed, released = spring(fold_of(*until(Kind.ACCEPT))), spring(fold_of(*story()))
    assert agreed.state(NOW) is State.SCHEDULED
    assert agreed.state(OPENS - 1) is State.SCHEDULED
    assert agreed.state(OPENS) is State.OPEN
    assert agreed.state(CLOSES - 1) is State.OPEN
    assert agreed.state(CLOSES) is State.CLOSING
    assert released.state(RESULTS_UNTIL - 1) is State.RELEASED
    assert released.state(RESULTS_UNTIL) is State.ERASED


def test_a_round_is_agreed_only_when_the_last_author_has_accepted() -> None:
    accepts = [said for said in story() if said.kind is Kind.ACCEPT]
    before = until(Kind.MANIFEST)
    for missing in accepts:
        folded = fold_of(*before, *(said for said in accepts if said is not missing))
        assert spring(folded).phase is State.PROPOSED
        assert not spring(folded).agreed
    assert spring(fold_of(*before, *reversed(accepts))).agreed


def test_a_round_that_somebody_holds_does_not_change_while_the_fold_goes_on() -> None:
    folded = fold_of(*until(Kind.ACCEPT))
    held, everything = spring(folded), folded.rounds
    for said in story()[-4:]:
        folded.add(said.raw)
    assert held.phase is State.SCHEDULED
    assert held.record(Kind.CUT) is None
    assert spring(folded).phase is State.RELEASED
    for said in life(make_offers(2, round_id="other", among=offers().installed, first_key=100)):
        folded.add(said.raw)
    assert list(everything) == ["spring"], "iterated over by another thread at this moment, it must not grow"


# Ends.


@pytest.mark.parametrize("kind", [Kind.DRAFT, Kind.OFFER, Kind.MANIFEST])
def test_any_author_makes_a_round_void_before_it_is_agreed(kind: Kind) -> None:
    folded = fold_of(*until(kind), VOID)
    assert spring(folded).phase is State.VOID
    for said in story():
        folded.add(said.raw)
    assert spring(folded).phase is State.VOID


def test_nobody_ends_an_agreed_round_by_void() -> None:
    for author in offers().installed.parties.authors:
        void = sign(Kind.VOID, author, {"reason": "late"})
        for last in (Kind.ACCEPT, Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE):
            assert spring(fold_of(*until(last), void)).phase is spring(fold_of(*until(last))).phase
        assert spring(fold_of(*until(Kind.ACCEPT), void, *story()[-4:])).phase is State.RELEASED


@pytest.mark.parametrize("last", [Kind.DRAFT, Kind.OFFER, Kind.MANIFEST, Kind.ACCEPT])
def test_the_lead_cancels_a_round_until_the_cut(last: Kind) -> None:
    folded = fold_of(*until(last), CANCEL, *story())
    assert spring(folded).phase is State.CANCELLED


@pytest.mark.parametrize("last", [Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE])
def test_nobody_cancels_a_round_after_the_cut(last: Kind) -> None:
    folded = fold_of(*until(last), CANCEL, *story())
    assert spring(folded).phase is State.RELEASED


@pytest.mark.parametrize("author", STOPS)
@pytest.mark.parametrize("last", [Kind.ACCEPT, Kind.CUT, Kind.BATCH])
def test_gate_and_aggregate_stop_an_agreed_round_before_the_opening(last: Kind, author: str) -> None:
    assert spring(fold_of(*until(last), STOPS[author], *story())).phase is State.STOPPED


@pytest.mark.parametrize("author", STOPS)
@pytest.mark.parametrize("last", [Kind.OPENING, Kind.RELEASE])
def test_after_the_opening_nothing_stops(last: Kind, author: str) -> None:
    assert spring(fold_of(*until(last), STOPS[author], *story())).phase is State.RELEASED


def test_a_stop_that_comes_before_the_last_accept_waits_for_it() -> None:
    *before, last = until(Kind.ACCEPT)
    folded = fold_of(*before, STOPS["gate"])
    assert spring(folded).phase is State.PROPOSED
    folded.add(last.raw)
    assert spring(folded).phase is State.STOPPED


def test_of_two_ends_the_first_in_the_log_counts() -> None:
    assert spring(fold_of(*until(Kind.OFFER), CANCEL, VOID)).phase is State.CANCELLED
    assert spring(fold_of(*until(Kind.OFFER), VOID, CANCEL)).phase is State.VOID
    assert spring(fold_of(*until(Kind.ACCEPT), CANCEL, STOPS["gate"])).phase is State.CANCELLED
    assert spring(fold_of(*until(Kind.ACCEPT), STOPS["gate"], CANCEL)).phase is State.STOPPED


# What does not count.


def test_a_second_different_record_raises_an_alarm_and_changes_nothing() -> None:
    others = {
        Kind.DRAFT: ("hr", draft_body(offers().installed.parties, period="another")),
        Kind.OFFER: ("gate", offers().bodies["gate"] | {"key": thirty_two("another")}),
        Kind.ACCEPT: ("gate", {"manifest": thirty_two("another")}),
        Kind.CUT: ("gate", cut_body(offers().composed.manifest.fingerprint, end=7)),
        Kind.BATCH: ("gate", batch_body(one(Kind.CUT).digest, {"chunks": 9, "index": []})),
        Kind.OPENING: ("aggregate", {"batch": thirty_two("another")}),
        Kind.RELEASE: (
            "aggregate",
            release_body(one(Kind.OPENING).digest) | {"words": {"chunks": 1, "index": []}},
        ),
    }
    for kind, (author, body) in others.items():
        folded = fold_of(*story(), sign(kind, author, body))
        assert folded.alarms == (Alarm("spring", kind, author, AlarmReason.CONTRADICTION),)
        assert folded.rounds == fold_of(*story()).rounds


def test_a_second_manifest_does_not_replace_the_first() -> None:
    other = {"manifest": offers().composed.manifest.body | {"gate_key": thirty_two("another")}}
    folded = fold_of(*story(), sign(Kind.MANIFEST, "hr", other))
    assert folded.alarms == (Alarm("spring", Kind.MANIFEST, "hr", AlarmReason.CONTRADICTION),)
    assert spring(folded).manifest == offers().composed.manifest


def test_a_cut_of_another_manifest_is_an_alarm_and_the_right_one_still_counts() -> None:
    hostile = sign(Kind.CUT, "gate", cut_body(thirty_two("another")))
    folded = fold_of(*until(Kind.ACCEPT), hostile)
    assert folded.alarms == (Alarm("spring", Kind.CUT, "gate", AlarmReason.OTHER_PREDECESSOR),)
    assert spring(folded).phase is State.SCHEDULED
    for said in story()[-4:]:
        folded.add(said.raw)
    assert spring(folded).phase is State.RELEASED


@pytest.mark.parametrize(
    ("last", "kind", "author", "body"),
    [
        (Kind.DRAFT, Kind.OFFER, "gate", {"draft": thirty_two("x"), "key": thirty_two("y")}),
        (Kind.MANIFEST, Kind.ACCEPT, "gate", {"manifest": thirty_two("x")}),
        (Kind.CUT, Kind.BATCH, "gate", batch_body(thirty_two("x"))),
        (Kind.BATCH, Kind.OPENING, "aggregate", {"batch": thirty_two("x")}),
        (Kind.OPENING, Kind.RELEASE, "aggregate", release_body(thirty_two("x"))),
    ],
)
def test_a_record_that_follows_from_another_past_never_takes_effect(
    last: Kind, kind: Kind, author: str, body: dict[str, Any]
) -> None:
    hostile = sign(kind, author, body)
    folded = fold_of(*until(last), hostile)
    assert folded.alarms == (Alarm("spring", kind, author, AlarmReason.OTHER_PREDECESSOR),)
    assert folded.contains(hostile.raw.decode())
    assert fold_of(*until(last), hostile, *story()).rounds == fold_of(*story()).rounds


def test_a_record_that_is_merely_early_is_no_alarm() -> None:
    for said in story()[1:]:
        folded = fold_of(said, *until(Kind.DRAFT), said)
        assert folded.alarms == ()
        assert folded.contains(said.raw.decode())


def test_all_records_in_the_wrong_order_wait_for_each_other() -> None:
    folded = fold_of(*reversed(story()))
    assert spring(folded).phase is State.RELEASED
    assert folded.alarms == ()


def test_waiting_records_are_tried_in_log_order() -> None:
    first, second = (sign(Kind.CUT, "gate", cut_body(offers().composed.manifest.fingerprint, end)) for end in (1, 2))
    folded = fold_of(first, second, *until(Kind.ACCEPT))
    cut = spring(folded).record(Kind.CUT)
    assert cut is not None
    assert cut.digest == first.digest
    assert folded.alarms == (Alarm("spring", Kind.CUT, "gate", AlarmReason.CONTRADICTION),)


def strange() -> dict[str, bytes]:
    """What must be ignored, whoever wrote it and wherever it stands."""
    identities, cut = offers().installed.identities, one(Kind.CUT)
    fingerprint = offers().composed.manifest.fingerprint

    def signed(typ: str, payload: dict[str, object], author: str) -> bytes:
        return jws.sign(typ, payload, identities[author]).encode()

    def payload(author: str, body: object, **more: object) -> dict[str, object]:
        return {"round": "spring", "author": author, "body": body} | more

    head, body, signature = cut.raw.decode().split(".")
    stranger = records.sign(Kind.CUT, "spring", "gate", cut_body(fingerprint), ed25519_key(99)).encode()
    accept = {"manifest": fingerprint}
    return {
        "nothing": b"",
        "noise": b"\xff\x00 noise",
        "json": dumps({"round": "spring"}),
        "too short": f"{head}.{body}".encode(),
        "cut off": cut.raw[:-1],
        "another signature": f"{head}.{body}.{signature[::-1]}".encode(),
        "a stranger's": stranger,
        "another name": signed("klankbord-cut", payload("gate", cut_body(fingerprint)), "aggregate"),
        "ingest": signed("klankbord-void", payload("ingest", {"reason": "late"}), "ingest"),
        "nobody": signed("klankbord-void", payload("nobody", {"reason": "late"}), "gate"),
        "not its business": signed("klankbord-cut", payload("aggregate", cut_body(fingerprint)), "aggregate"),
        "not the lead": signed("klankbord-cancel", payload("council", {}), "council"),
        "another kind": signed("klankbord-accept", payload("gate", cut_body(fingerprint)), "gate"),
        "a receipt": signed("klankbord-receipt", payload("gate", accept), "gate"),
        "no prefix": signed("accept", payload("gate", accept), "gate"),
        "no kind": signed("klankbord-klankbord-accept", payload("gate", accept), "gate"),
        "more members": signed("klankbord-accept", payload("gate", accept, more=1), "gate"),
        "more in the body": signed("klankbord-accept", payload("gate", accept | {"more": 1}), "gate"),
        "no body": signed("klankbord-accept", payload("gate", None), "gate"),
        "a list": signed("klankbord-accept", payload("gate", []), "gate"),
        "a bad round": signed("klankbord-accept", payload("gate", accept, round="../spring"), "gate"),
        "a bad reason": signed("klankbord-void", payload("gate", {"reason": "Late!"}), "gate"),
        "a gate with nodes": signed("klankbord-offer", payload("gate", offers().bodies["hr"]), "gate"),
        "an issuer without": signed("klankbord-offer", payload("hr", offers().bodies["gate"]), "hr"),
        "a second author's draft": signed("klankbord-draft", payload("council", offers().draft), "council"),
        "other parties": signed(
            "klankbord-draft", payload("hr", offers().draft | {"parties": thirty_two("x")}, round="other"), "hr"
        ),
        "no generation": signed("klankbord-draft", payload("hr", offers().draft | {"generation": 2}, round="x"), "hr"),
        "a text for a generation": signed(
            "klankbord-draft", payload("hr", offers().draft | {"generation": "1"}, round="x"), "hr"
        ),
        "true for a generation": signed(
            "klankbord-draft", payload("hr", offers().draft | {"generation": True}, round="x"), "hr"
        ),
        "a bad draft": signed("klankbord-draft", payload("hr", {"generation": 1}, round="x"), "hr"),
    }


@pytest.mark.parametrize("what", strange())
def test_what_is_not_ours_is_counted_and_changes_nothing(what: str) -> None:
    raw = strange()[what]
    for place in (0, 1, 5, len(story())):
        folded = fold([*raws(story()[:place]), raw, *raws(story()[place:])], offers().installed.book)
        assert folded.foreign == 1
        assert folded.alarms == ()
        assert folded.rounds == fold_of(*story()).rounds


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"round": "other"},
        {"suites": {}},
        {"draft": {}},
        {"gate_key": "short"},
        {"parts": []},
        {"admission_keys": {}},
        {"more": 1},
    ],
    ids=str,
)
def test_a_manifest_that_is_none_of_this_round_takes_no_effect(change: dict[str, object]) -> None:
    bad = sign(Kind.MANIFEST, "hr", {"manifest": offers().composed.manifest.body | change})
    folded = fold_of(*until(Kind.OFFER), bad)
    assert spring(folded).phase is State.OFFERED
    assert folded.foreign == 1
    assert folded.proposed_order == []
    assert spring(fold_of(*until(Kind.OFFER), bad, *story())).phase is State.RELEASED


def test_a_manifest_of_another_draft_takes_no_effect() -> None:
    other = make_offers(2, among=offers().installed, period="another")
    bad = sign(Kind.MANIFEST, "hr", {"manifest": other.composed.manifest.body})
    assert spring(fold_of(*until(Kind.OFFER), bad)).phase is State.OFFERED


def test_a_round_is_judged_by_the_generation_that_its_draft_names() -> None:
    old = installation()
    first = describe(
        old.parties.issuers,
        old.parties.ingest,
        old.parties.gate,
        old.parties.aggregate,
        old.parties.report_url,
        old.parties.pages,
    )
    gate = ed25519_key(50)
    second = first | {
        "generation": 2,
        "gate": {"name": "gate", "url": "", "key": b64(gate.public_key().public_bytes_raw())},
    }
    endorsements = {name: endorse(second, key) for name, key in old.identities.items()}
    book = Book.load(write([(first, {}), (second, endorsements)]))
    before = make_offers(among=old)
    offer = {"draft": one_digest(before), "key": thirty_two("k")}
    with_new = records.sign(Kind.OFFER, "spring", "gate", offer, gate).encode()
    with_old = records.sign(Kind.OFFER, "spring", "gate", offer, old.identities["gate"]).encode()
    drafted = life(before)[0].raw
    for records_in_order in ([drafted, with_new, with_old], [with_new, with_old, drafted]):
        folded = fold(records_in_order, book)
        offered = folded.rounds["spring"].record(Kind.OFFER)
        assert offered is not None
        assert offered.jws == with_old.decode()
        assert folded.foreign == 1
        assert folded.refuses(records.digest(with_new.decode()))


def one_digest(of: Offers) -> str:
    return life(of)[0].digest


def test_manifests_are_ordered_by_when_they_took_effect() -> None:
    other = make_offers(
        2, round_id="other", among=offers().installed, first_key=100, questionnaire=questionnaire_body("2")
    )
    early = up_to(life(other), Kind.MANIFEST)
    *drafted_and_offered, manifest = early
    last_offer = drafted_and_offered.pop()
    folded = fold_of(*drafted_and_offered, manifest, *until(Kind.MANIFEST), last_offer)
    assert folded.proposed_order == ["spring", "other"], "a manifest that waited must not get in front afterwards"


# Floods.


def test_a_flood_of_records_that_wait_costs_time_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0
    honest = Fold._try

    def counted(self: Fold, record: records.Record) -> object:
        nonlocal tries
        tries += 1
        return honest(self, record)

    monkeypatch.setattr(Fold, "_try", counted)
    flood = [sign(Kind.RELEASE, "aggregate", release_body(thirty_two("flood", number))).raw for number in range(300)]
    fold([*raws(until(Kind.DRAFT)), *flood, *raws(story())], offers().installed.book)
    assert tries < 20 * len(flood), "once on arrival, and once for each record that took effect"


def test_what_no_party_has_signed_is_not_kept_until_its_round_is_drafted() -> None:
    flood = [
        records.sign(Kind.VOID, f"round-{number}", "gate", {"reason": "late"}, ed25519_key(99)).encode()
        for number in range(50)
    ]
    folded = fold(flood, offers().installed.book)
    assert folded.foreign == 50
    assert not folded._early
    assert not folded._waiting


# Laws.

ENDS = (VOID, CANCEL, *STOPS.values())
FOREIGN = tuple(strange().values())


@st.composite
def disturbed(draw: st.DrawFn, said: Sequence[bytes]) -> list[bytes]:
    """The records in their order, with foreign ones and repetitions between them."""
    mixed = list(said)
    for raw in draw(st.lists(st.sampled_from(FOREIGN), max_size=6)):
        mixed.insert(draw(st.integers(0, len(mixed))), raw)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(mixed) - 1))
        mixed.insert(draw(st.integers(place + 1, len(mixed))), mixed[place])
    return mixed


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """Any order of the records of a round, with any ends among them."""
    ends = draw(st.lists(st.sampled_from(ENDS), max_size=3, unique=True))
    return draw(st.permutations([*story(), *ends]))


@settings(max_examples=50, deadline=None)
@given(data=st.data(), history=histories())
def test_foreign_and_repeated_records_change_no_round(data: st.DataObject, history: list[Said]) -> None:
    plain = fold_of(*history)
    with_noise = fold(data.draw(disturbed(raws(history))), offers().installed.book)
    assert with_noise.rounds == plain.rounds
    assert with_noise.alarms == plain.alarms


AFTER = {
    None: {State.DRAFTED, State.VOID, State.CANCELLED},
    State.DRAFTED: {State.OFFERED, State.VOID, State.CANCELLED},
    State.OFFERED: {State.PROPOSED, State.VOID, State.CANCELLED},
    State.PROPOSED: {State.SCHEDULED, State.VOID, State.CANCELLED},
    State.SCHEDULED: {State.CUT, State.CANCELLED, State.STOPPED},
    State.CUT: {State.COUNTED, State.STOPPED},
    State.COUNTED: {State.OPENING, State.STOPPED},
    State.OPENING: {State.RELEASED},
}


def reachable(start: State | None) -> set[State | None]:
    found: set[State | None] = {start}
    for after in AFTER.get(start, ()):
        found |= reachable(after)
    return found


@settings(max_examples=30, deadline=None)  # Each folds some twenty logs.
@given(history=histories())
def test_every_prefix_of_a_log_leads_forward_and_what_took_effect_stays(history: list[Said]) -> None:
    folded = Fold(offers().installed.book)
    phase: State | None = None
    effective: dict[tuple[Kind, str], records.Record] = {}
    for number, said in enumerate(history, 1):
        folded.add(said.raw)
        at_once = fold_of(*history[:number])
        assert (folded.rounds, folded.alarms) == (at_once.rounds, at_once.alarms)
        if folded.rounds:
            after = spring(folded)
            assert after.phase in reachable(phase)
            assert effective.items() <= after.effective.items()
            phase, effective = after.phase, dict(after.effective)
    assert folded.alarms == ()


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(len(story()))))
def test_without_an_end_the_order_of_a_rounds_records_does_not_matter(order: list[int]) -> None:
    folded = fold_of(*(story()[place] for place in order))
    assert folded.rounds == fold_of(*story()).rounds
