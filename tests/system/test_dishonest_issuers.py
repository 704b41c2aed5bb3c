"""An issuer that shows one member something else, or signs for people who do not exist; and what a sole one can do."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clients.cli import sealing
from clients.cli.collecting import Ticket
from clients.cli.counting import Fate
from clients.cli.outcomes import Alarm, AlarmReason, Refusal
from shared import canonical, records, topics
from shared.canonical import b64
from shared.codes import WalletCode
from shared.records import Kind
from shared.rounds import State
from tests.keys import rsa_key
from tests.rounds_made import installation
from tests.system import tallies
from tests.system.forging import Stuffer
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import COUNTING, PAYMENTS, RISK, Moments

TEAM_RISK = 2

# What it shows to one member.


def group_of_her_own(said: Any) -> Any:
    """Another group than the rules have, with people who are all the issuer's own."""
    return with_last_node(said, lambda node: node | {"label": "Payments, evenings", "size": 5})


def key_of_her_own(said: Any) -> Any:
    """One by which her envelope would be known again."""
    return with_last_node(said, lambda node: node | {"keys": {"hr": [b64(rsa_key(500).public.modulus_bytes)] * 2}})


def with_last_node(said: Any, change: Callable[[Any], Any]) -> Any:
    *steps, last = said["path"]
    node = canonical.dumps(change(json.loads(last["node"]))).decode()
    return said | {"path": [*steps, last | {"node": node}]}


def made_up_colleague(said: Any) -> Any:
    first, *others = said["parts"]
    return said | {"parts": [first | {"names": sorted([*first["names"][1:], "Nobody At All"])}, *others]}


def signature_with_another_key(said: Any) -> Any:
    return {"signatures": [said["signatures"][1], *said["signatures"][1:]]}


def rules_of_her_own(said: Any) -> Any:
    """The same with a gate key that somebody else has; nobody but the lead has signed that."""
    record = records.peek(said["manifest"].encode())
    body = {"manifest": record.body["manifest"] | {"gate_key": b64(bytes(31) + b"\1")}}
    return said | {"manifest": records.sign(Kind.MANIFEST, "spring", "hr", body, installation().identities["hr"])}


@pytest.mark.parametrize(
    ("path", "change", "reason"),
    [
        ("/rounds/spring/membership", group_of_her_own, AlarmReason.WRONG_GROUPS),
        ("/rounds/spring/membership", key_of_her_own, AlarmReason.WRONG_GROUPS),
        ("/rounds/spring/membership", made_up_colleague, AlarmReason.WRONG_MEMBERS),
        ("/rounds/spring/tokens", signature_with_another_key, AlarmReason.BAD_TOKEN),
        ("/rounds/spring$", rules_of_her_own, AlarmReason.NOT_AGREED),
    ],
)
def test_what_is_shown_to_one_member_alone_is_an_alarm(
    moments: Moments, tmp_path: Path, path: str, change: Callable[[Any], Any], reason: AlarmReason
) -> None:
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        house.lie(f"https://hr.example{path}", change)
        with pytest.raises(Alarm) as alarm:
            crowd.collect("p7")
        assert alarm.value.reason is reason


def test_rules_of_her_own_are_an_alarm_even_if_ingest_shows_them_too(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        house.lie("/rounds/spring$", rules_of_her_own)
        with pytest.raises(Alarm, match="not-agreed"):
            crowd.collect("p7")


def test_whoever_finds_her_tokens_collected_is_alarmed(moments: Moments, tmp_path: Path) -> None:
    """The issuer, or whoever has her access code, has voted in her place: she sees it, nobody else does."""
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        thief = Crowd(house, "spring")
        thief.collect("p7")
        client, access = crowd.client("p7"), house.codes["p7"]
        with pytest.raises(Alarm) as alarm:
            places = client.membership(crowd.manifest, access)
            client.collect(crowd.manifest, places, access, crowd.wallet("p7"), WalletCode(bytes(16)))
        assert alarm.value.reason is AlarmReason.ALREADY_COLLECTED
        house.look("hr")
        assert house.alarms == {("hr", "already-collected")}


def test_two_issuers_must_say_the_same_about_a_member(moments_of_two: Moments, tmp_path: Path) -> None:
    house, crowd = moments_of_two.again("open", tmp_path)
    with house:
        house.everybody_looks()
        house.lie("https://council.example/rounds/spring/membership", lambda said: said | {"path": said["path"][:1]})
        with pytest.raises(Alarm, match="different-groups"):
            crowd.collect("p7")


# For whom it signs.


def test_one_of_two_issuers_stuffs_nothing(moments_of_two: Moments, tmp_path: Path) -> None:
    """Neither through ingest nor, with the help of the log's operator, past it."""
    house, crowd = moments_of_two.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        before = house.envelopes("spring")
        for number in range(5):
            made_up = twice(Stuffer(house, "hr").ticket(number, 0, TEAM_RISK))
            vote = sealing.seal(crowd.manifest, 0, made_up, bytes(16), 0)
            with pytest.raises(Refusal, match="bad-token"):
                post(house, vote.body)
            house.log.append(topics.envelopes("spring"), vote.encoded)
        house.clock.now = COUNTING
        house.settle()
        batch = house.of("spring").record(Kind.BATCH)
        assert batch is not None
        assert batch.body["parts"][0]["refused"] == {"bad-admission": 5}
        tallies.check(house, "spring", crowd.winners(before))


def twice(ticket: Ticket) -> Ticket:
    """What one issuer has signed, in place of the other's tokens, too."""
    return replace(ticket, admission=ticket.admission * 2, group=tuple(of_node * 2 for of_node in ticket.group))


def test_a_sole_issuer_can_stuff_the_box_and_nobody_can_tell(moments: Moments, tmp_path: Path) -> None:
    """docs/threat-model.md: with one issuer its operator is trusted not to. Six of eight in Risk have answered."""
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        stuff(house, crowd, 2)
        house.clock.now = COUNTING
        house.settle()
        assert house.phase("spring") is State.RELEASED
        assert house.alarms == set()
        numbers, _, _ = tallies.released(house, "spring")
        assert [cell.n for cell in numbers.cells if (cell.part, cell.node) == (0, TEAM_RISK)] == [len(RISK) + 2]
        assert crowd.fates(RISK[0]) == (Fate.COUNTED, Fate.COUNTED)


def test_more_envelopes_than_people_end_the_round_unopened(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("answered", tmp_path)
    with house:
        house.everybody_looks()
        stuff(house, crowd, 3)
        house.clock.now = COUNTING
        house.settle()
        stop = house.of("spring").record(Kind.STOP)
        assert stop is not None
        assert (stop.author, stop.body) == ("gate", {"reason": "overfull"})
        assert house.of("spring").record(Kind.BATCH) is None


def test_a_sole_issuer_that_refuses_everybody_else_reads_the_last_answer(moments: Moments, tmp_path: Path) -> None:
    """docs/threat-model.md, "What is not protected", 3: four made-up votes of "no answer" around one true one."""
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        house.lie("https://hr.example/rounds/spring/tokens", lambda _: {"signatures": []})
        with pytest.raises(Alarm):
            crowd.collect(RISK[1])  # The victims of the refusal see it.
        house.lies.clear()
        crowd.collect(RISK[0])
        crowd.answer(RISK[0], [3, 0, 1])
        crowd.collect(*PAYMENTS)
        for number, person in enumerate(PAYMENTS):
            crowd.answer(person, [number % 5, (number + 1) % 5, (number + 2) % 5])
        stuff(house, crowd, 7, lambda number: bytes([1 + number % 2, 1 + number % 2, 1 + number % 2]) + bytes(13))
        house.clock.now = COUNTING
        house.settle()
        numbers, _, _ = tallies.released(house, "spring")
        (scale,) = (one for one in numbers.results if (one.node, one.unit) == (TEAM_RISK, "safety"))
        mine = {"q0": (0, 4, 3, 0, 0, 0), "q1": (0, 4, 3, 0, 0, 0)}
        rest = {
            name: [all_ - own for all_, own in zip(scale.histograms[name], mine[name], strict=True)] for name in mine
        }
        assert rest == {"q0": [0, 0, 0, 0, 1, 0], "q1": [0, 1, 0, 0, 0, 0]}


def stuff(
    house: House, crowd: Crowd, votes: int, plaintext: Callable[[int], bytes] = lambda _: bytes([1, 2, 3]) + bytes(13)
) -> None:
    """Votes for scores by people of Risk who do not exist."""
    stuffer = Stuffer(house, "hr")
    for number in range(votes):
        made_up = stuffer.ticket(number, 0, TEAM_RISK)
        post(house, sealing.seal(crowd.manifest, 0, made_up, plaintext(number), 0).body)


def post(house: House, body: dict[str, Any]) -> None:
    ingest = house.installed.parties.ingest
    house.web.post(ingest.name, ingest.url, "/envelopes", body)
