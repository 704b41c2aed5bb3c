"""Employees: one has one vote in each part, in her own group; what some of them can work out together is shown, too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clients.cli import sealing
from clients.cli.collecting import Ticket
from clients.cli.outcomes import Refusal
from clients.cli.sealing import Sealed
from shared import dates, hpke
from shared.canonical import b64
from shared.envelope import NONCE
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import OPENS, questionnaire_body
from tests.system import tallies
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import COUNTING, PAYMENTS, RISK, Lived, Moments

ME, OTHER, THIRD = "p7", "p18", "p19"
"""Of Payments and twice of Risk; all three have tokens and have not answered."""

COMPANY, TEAM_PAYMENTS, TEAM_RISK = 0, 1, 2
SCORES, WORDS = 0, 1


@pytest.fixture
def gathered(moments: Moments, tmp_path: Path) -> Iterator[Lived]:
    """An open round in which 13 have answered, and three more have collected."""
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        crowd.collect(ME, OTHER, THIRD)
        yield house, crowd


def tickets(crowd: Crowd, person: str) -> tuple[Ticket, ...]:
    entry = crowd.wallet(person).get("spring")
    assert entry is not None
    return entry.tickets


def seal(crowd: Crowd, ticket: Ticket, part: int = SCORES, revision: int = 0) -> Sealed:
    return sealing.seal(crowd.manifest, part, ticket, bytes([5, 5, 5]).ljust(sizes(crowd)[part], b"\0"), revision)


def sizes(crowd: Crowd) -> list[int]:
    return [part.size for part in crowd.manifest.draft.questionnaire.parts]


def post(house: House, sealed: Sealed) -> None:
    ingest = house.installed.parties.ingest
    house.web.post(ingest.name, ingest.url, "/envelopes", sealed.body)


# Tokens that are not hers, or not for this.


def group_tokens_of_another(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], group=tickets(crowd, OTHER)[SCORES].group, finest=TEAM_RISK)


def another_group_with_her_own_tokens(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], finest=TEAM_RISK)


def group_tokens_of_another_part(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], group=tickets(crowd, ME)[WORDS].group)


def group_token_of_the_company_for_her_team(crowd: Crowd) -> Ticket:
    mine = tickets(crowd, ME)[SCORES]
    return replace(mine, group=(mine.group[0], mine.group[0]))


def fewer_tokens_than_her_path(crowd: Crowd) -> Ticket:
    mine = tickets(crowd, ME)[SCORES]
    return replace(mine, group=mine.group[:1])


def a_group_that_does_not_exist(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], finest=77)


def key_of_another_part(crowd: Crowd) -> Ticket:
    """A second envelope key that the issuers have never seen in this part."""
    return replace(tickets(crowd, ME)[SCORES], seed=tickets(crowd, ME)[WORDS].seed)


@pytest.mark.parametrize(
    ("mix", "word"),
    [
        (group_tokens_of_another, "bad-token"),
        (another_group_with_her_own_tokens, "bad-token"),
        (group_tokens_of_another_part, "bad-token"),
        (group_token_of_the_company_for_her_team, "bad-token"),
        (fewer_tokens_than_her_path, "wrong-path"),
        (a_group_that_does_not_exist, "wrong-path"),
        (key_of_another_part, "bad-token"),
    ],
)
def test_an_envelope_with_mixed_group_tokens_does_not_count(
    gathered: Lived, mix: Callable[[Crowd], Ticket], word: str
) -> None:
    house, crowd = gathered
    post(house, seal(crowd, mix(crowd)))
    assert refused(house) == [{word: 1}, {}]
    only_the_others_count(house, crowd)


def admission_of_another_part(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], admission=tickets(crowd, ME)[WORDS].admission)


def admission_of_another(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], admission=tickets(crowd, OTHER)[SCORES].admission)


def another_nonce(crowd: Crowd) -> Ticket:
    return replace(tickets(crowd, ME)[SCORES], nonce=bytes(NONCE))


@pytest.mark.parametrize("mix", [admission_of_another_part, admission_of_another, another_nonce])
def test_an_envelope_with_mixed_admission_is_not_taken(gathered: Lived, mix: Callable[[Crowd], Ticket]) -> None:
    house, crowd = gathered
    with pytest.raises(Refusal, match="bad-token"):
        post(house, seal(crowd, mix(crowd)))


def test_tokens_of_another_round_are_not_taken(gathered: Lived) -> None:
    house, crowd = gathered
    house.draft("summer", questionnaire=questionnaire_body("x"), **later())
    house.settle()
    elsewhere = Crowd(house, "summer")
    elsewhere.collect(ME)
    entry = elsewhere.wallet(ME).get("summer")
    assert entry is not None
    with pytest.raises(Refusal, match="bad-token"):
        post(house, seal(crowd, entry.tickets[SCORES]))


def later() -> dict[str, str]:
    """Dates of a round that opens an hour after the first one."""
    return {"opens": dates.text(OPENS + 3600), "answer_from": dates.text(OPENS + 3600)}


def test_somebodys_envelope_under_ones_own_admission_does_not_open(gathered: Lived) -> None:
    """Whoever could copy an answer that she cannot read could make it count twice."""
    house, crowd = gathered
    mine, hers = seal(crowd, tickets(crowd, ME)[SCORES]), crowd.bodies[next(iter(crowd.sealed))]
    part = hers["part"]
    own = tickets(crowd, ME)[part]
    copied = hers | {"a": b64(own.nonce), "tokens": [b64(token) for token in own.admission]}
    post(house, replace(mine, body=copied))
    assert refused(house)[part] == {"cannot-open": 1}
    only_the_others_count(house, crowd)


# What is hers.


def test_any_group_of_her_own_path_may_be_named_and_counts_once(gathered: Lived) -> None:
    house, crowd = gathered
    mine = tickets(crowd, ME)[SCORES]
    coarse = seal(crowd, replace(mine, finest=COMPANY, group=mine.group[:1]))
    post(house, coarse)
    post(house, seal(crowd, mine, revision=1))
    post(
        house,
        replace(coarse, body=seal(crowd, replace(mine, finest=COMPANY, group=mine.group[:1]), revision=2).body),
    )
    assert refused(house) == [{}, {}]
    house.settle()
    numbers, _, _ = tallies.released(house, "spring")
    # Her last one: of the company and no team. One answer is no cell, so a team's answers join it.
    assert sum(cell.n for cell in numbers.cells if cell.part == SCORES) == len(PAYMENTS) + len(RISK) + 1


def test_a_thousand_envelopes_are_one_vote(gathered: Lived) -> None:
    house, crowd = gathered
    mine, taken = tickets(crowd, ME)[SCORES], []
    for revision in range(1000):
        one = seal(crowd, mine, revision=revision)
        try:
            post(house, one)
        except Refusal as refusal:
            assert refusal.word == "too-many"
            break
        taken.append(one)
    assert len(taken) == 16
    with pytest.raises(Refusal, match="too-many"):
        post(house, seal(crowd, mine, revision=1001))
    post(house, taken[0])  # The same bytes are no other envelope.
    count(house)
    _, _, counted = tallies.released(house, "spring")
    assert [one.counted in counted.counted for one in taken] == [False] * 15 + [True]


def test_what_cannot_be_opened_counts_as_no_answer_and_sinks_nobody_elses(gathered: Lived) -> None:
    house, crowd = gathered
    crowd.collect("p8")
    garbage = sealing.seal(
        replace(crowd.manifest, aggregate_key=hpke.SecretKey.generate().public),
        SCORES,
        tickets(crowd, "p8")[SCORES],
        bytes(16),
        0,
    )
    post(house, garbage)
    post(house, sealing.seal(crowd.manifest, SCORES, tickets(crowd, ME)[SCORES], b"\xff" * 16, 0))
    count(house)
    numbers, _, _ = tallies.released(house, "spring")
    (payments,) = (one for one in numbers.results if (one.node, one.unit) == (TEAM_PAYMENTS, "safety"))
    assert payments.n == len(PAYMENTS) + 2
    assert [histogram[0] for histogram in payments.histograms.values()] == [2, 2]


# Together.


def test_all_but_one_of_a_group_can_work_out_the_last_answer(moments: Moments, tmp_path: Path) -> None:
    """docs/threat-model.md, "What is not protected", 1: nothing stops them from telling each other."""
    house, crowd = moments.again("released", tmp_path)
    victim, *colluders = RISK
    with house:
        numbers, _, _ = tallies.released(house, "spring")
        (published,) = (one for one in numbers.results if (one.node, one.unit) == (TEAM_RISK, "safety"))
        rest = list(published.histograms["q0"])
        for person in colluders:
            rest[answer_of(crowd, person)] -= 1
        assert sum(rest) == 1
        assert rest.index(1) == answer_of(crowd, victim)


def answer_of(crowd: Crowd, person: str) -> int:
    """The byte that stands for what she answered to q0."""
    (vote,) = (one for one in crowd.sealed.values() if (one.person, one.part) == (person, SCORES))
    return vote.plaintext[0]


def test_a_group_of_which_fewer_than_k_answer_is_never_shown_alone(moments: Moments, tmp_path: Path) -> None:
    """So a whole group but one must answer and tell: three friends and their victim are not enough."""
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        four = RISK[:4]
        crowd.collect(*four, *PAYMENTS)
        for person in (*four, *PAYMENTS):
            crowd.answer(person, [answers(person), 1, 2], "")
        count(house)
        numbers, _, _ = tallies.released(house, "spring")
        assert {cell.node for cell in numbers.cells} == {COMPANY}
        assert {result.node for result in numbers.results} <= {COMPANY}


def answers(person: str) -> int:
    return int(person[1:]) % 5


def count(house: House) -> None:
    house.clock.now = COUNTING
    house.settle()
    assert house.phase("spring") is State.RELEASED


def refused(house: House) -> list[dict[str, int]]:
    """Of each part the envelopes that did not count, by reason."""
    count(house)
    batch = house.of("spring").record(Kind.BATCH)
    assert batch is not None
    return [of_part["refused"] for of_part in batch.body["parts"]]


def only_the_others_count(house: House, crowd: Crowd) -> None:
    tallies.check(house, "spring", crowd.winners(crowd.sealed))
