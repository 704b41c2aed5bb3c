"""The gate alone: aggregate refuses every batch that could give anybody away, and members find what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clients.cli.counting import Fate
from clients.cli.outcomes import Refusal
from shared import envelope, hpke
from shared.batch_items import Batch, Entry, Lot
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import CLOSES
from tests.system import tallies
from tests.system.forging import Hands, Taken, lot
from tests.system.house import House
from tests.system.moments import PAYMENTS, Moments

ELSE = ("hr", "ingest", "aggregate", "report")
"""Everybody but the gate."""

SCORES, WORDS = 0, 1
COMPANY, TEAM_PAYMENTS, TEAM_RISK = 0, 1, 2


def changed(batch: Batch, node: int, change: Callable[[tuple[Entry, ...]], list[Entry]]) -> Batch:
    """Another lot of scores for a node."""
    lots = [
        lot(one.part, one.node, change(one.entries)) if (one.part, one.node) == (SCORES, node) else one
        for one in batch.lots
    ]
    return Batch(tuple(lots), batch.held_back)


def moved(batch: Batch) -> Batch:
    """One answer of Payments in the lot of Risk."""
    payments = next(one for one in batch.lots if one.node == TEAM_PAYMENTS)
    smaller = changed(batch, TEAM_PAYMENTS, lambda entries: list(entries[1:]))
    return changed(smaller, TEAM_RISK, lambda entries: [*entries, payments.entries[0]])


def in_two_lots(batch: Batch) -> Batch:
    """One answer of Payments in its lot, and in one for the whole company."""
    payments = next(one for one in batch.lots if one.node == TEAM_PAYMENTS)
    entries = [Entry(one.pk, one.root, None, one.sig, one.inner) for one in payments.entries]
    return Batch((Lot(SCORES, COMPANY, tuple(entries)), *batch.lots), batch.held_back)


def beside_a_lot(batch: Batch) -> Batch:
    """One answer less in a lot, said to be held back."""
    fewer = changed(batch, TEAM_PAYMENTS, lambda entries: list(entries[1:]))
    return Batch(fewer.lots, {SCORES: (bytes(16),)})


def other_answer(batch: Batch) -> Batch:
    """The gate's own answer under a member's key."""

    def change(entries: tuple[Entry, ...]) -> list[Entry]:
        first, *rest = entries
        return [Entry(first.pk, first.root, first.cell, first.sig, bytes(len(first.inner))), *rest]

    return changed(batch, TEAM_PAYMENTS, change)


@pytest.mark.parametrize(
    ("forge", "word"),
    [
        (lambda batch: changed(batch, TEAM_PAYMENTS, lambda entries: [*entries, entries[0]]), "malformed-batch"),
        (in_two_lots, "repeated-key"),
        (lambda batch: changed(batch, TEAM_PAYMENTS, lambda entries: list(entries[:4])), "below-minimum"),
        (moved, "bad-token"),
        (beside_a_lot, "held-back"),
        (other_answer, "bad-signature"),
    ],
    ids=["repeated", "repeated in two lots", "below the minimum", "of another cell", "held back", "changed"],
)
def test_a_batch_that_could_give_somebody_away_ends_the_round_unopened(
    moments: Moments, tmp_path: Path, forge: Callable[[Batch], Batch], word: str
) -> None:
    house, _ = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        hands.hand_over(hands.cut(), forge(hands.honest(hands.taken())))
        house.settle()
        nothing_was_opened(house, word)


def test_a_batch_whose_record_says_other_numbers_ends_the_round_unopened(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        batch = hands.honest(hands.taken())
        scores, words = hands.numbers(batch)
        hands.hand_over(hands.cut(), batch, [scores | {"counted": scores["counted"] + 1}, words])
        house.settle()
        nothing_was_opened(house, "wrong-numbers")


def nothing_was_opened(house: House, word: str) -> None:
    stop = house.of("spring").record(Kind.STOP, "aggregate")
    assert stop is not None
    assert stop.body == {"reason": word}
    assert house.phase("spring") is State.STOPPED
    assert not house.has_key("aggregate", "spring")
    assert house.of("spring").record(Kind.OPENING) is None


def test_the_same_hands_with_an_honest_batch_are_opened(moments: Moments, tmp_path: Path) -> None:
    """Else the tests above could not fail."""
    house, crowd = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        hands.hand_over(hands.cut(), hands.honest(hands.taken()))
        house.settle()
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))


def test_whoever_was_left_out_finds_it_in_the_list(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        victim = PAYMENTS[0]
        hers = {one.counted for one in crowd.sealed.values() if one.person == victim}
        kept = [one for one in hands.taken() if hands.counted_entry(one.part, one.outer) not in hers]
        hands.hand_over(hands.cut(), hands.honest(kept))
        house.settle()
        assert house.phase("spring") is State.RELEASED
        assert crowd.fates(victim) == (Fate.MISSING, Fate.MISSING)
        assert crowd.fates(PAYMENTS[1]) == (Fate.COUNTED, Fate.COUNTED)


def test_whoever_was_counted_with_an_earlier_answer_finds_that_too(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("answered", tmp_path, *ELSE)
    with house:
        house.everybody_looks()
        hands = Hands(house)
        first = hands.taken()
        crowd.answer(PAYMENTS[0], [4, 4, 4], "Something else")
        house.clock.now = CLOSES + 300
        hands.hand_over(hands.cut(), hands.honest(first))
        house.settle()
        assert crowd.fates(PAYMENTS[0]) == (Fate.OLDER, Fate.OLDER)


def test_a_batch_without_a_cut_never_takes_effect(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        hands.hand_over("A" * 43, hands.honest(hands.taken()))
        house.settle()
        assert house.phase("spring") is State.SCHEDULED
        assert house.of("spring").record(Kind.OPENING) is None


def test_a_batch_before_closing_is_opened_after_it_only_and_answering_ends_in_sight_of_all(
    moments: Moments, tmp_path: Path
) -> None:
    house, crowd = moments.again("answered", tmp_path, *ELSE)
    with house:
        house.everybody_looks()
        hands = Hands(house)
        hands.hand_over(hands.cut(), hands.honest(hands.taken()))
        house.clock.now = CLOSES - 1
        house.settle()
        assert house.phase("spring") is State.COUNTED
        with pytest.raises(Refusal, match="closed"):
            crowd.answer(PAYMENTS[0], [4, 4, 4])
        house.clock.now = CLOSES
        house.settle()
        assert house.phase("spring") is State.RELEASED


def test_a_second_batch_is_ignored_and_everybody_is_alarmed(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        cut, taken = hands.cut(), hands.taken()
        first = hands.hand_over(cut, hands.honest(taken))
        house.settle()
        hands.hand_over(cut, hands.honest(taken[1:]))
        house.settle()
        batch = house.of("spring").record(Kind.BATCH)
        assert batch is not None
        assert batch.digest == first
        assert house.alarms == {(name, "contradiction") for name in ELSE}
        assert sum(len(texts) for (_, kind, _), texts in house.said.items() if kind is Kind.RELEASE) == 1
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))


def test_which_lawful_lots_are_made_is_the_gates_choice_and_nobody_can_tell(moments: Moments, tmp_path: Path) -> None:
    """docs/threat-model.md, "What is not protected", 2: the whole company in one lot, though two were possible."""
    house, crowd = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        taken = hands.taken()
        coarse = [
            lot(part, COMPANY, [hands.entry(part, one.outer, COMPANY) for one in of(taken, part)]) for part in (0, 1)
        ]
        hands.hand_over(hands.cut(), Batch(tuple(coarse), {}))
        house.settle()
        assert house.alarms == set()
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))


def of(taken: list[Taken], part: int) -> list[Taken]:
    return [one for one in taken if one.part == part]


def test_the_gate_cannot_open_an_answer(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("closed", tmp_path, *ELSE)
    with house:
        hands = Hands(house)
        one = hands.taken()[0]
        with pytest.raises(hpke.CannotOpen):
            envelope.open_inner(hands.key, hands.manifest.hash, one.part, one.outer.pk, one.outer.inner)
