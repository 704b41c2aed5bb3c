"""Two processes of one issuer, with one database and one home (docs/decisions/0007-replicas-share-one-home.md)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.issuer.unavailable import DatabaseUnavailable
from shared import records, topics
from shared.records import Kind
from shared.rounds import State
from tests import postgresql_here
from tests.organisations import roster as roster_of
from tests.rounds_made import CLOSES, ERASE_AT, PEOPLE, questionnaire_body
from tests.services.issuer.databases import backed_up
from tests.services.issuer.issuers import Running, World, csv, hr_draft, word, world
from tests.services.issuer.members import Member


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    """A world whose issuer has a round agreed; its first process leads."""
    with postgresql_here.fresh() as address:
        made = world(tmp_path, databases=lambda _home: address, patience=10)
        made.agree()
        yield made
        made.stop()


@pytest.fixture
def other(one: World) -> Iterator[Running]:
    """The second process."""
    replica = one.lead.replica()
    replica.tick()
    yield replica
    replica.stop()


def said(one: World) -> list[tuple[str, Kind]]:
    """What the issuer has in the log, repeats included."""
    found = [records.peek(entry.value) for entry in one.log.read(topics.ROUNDS)]
    return [(record.round_id, record.kind) for record in found if record.author == "hr"]


def test_both_serve_and_each_person_exactly_once(one: World, other: Running) -> None:
    first, second = Member(one.lead, "p0"), Member(other, "p0", wallet="another")
    answer = first.collect().get_json()
    assert first.at(other).collect().get_json() == answer
    assert word(second.collect(), 409) == word(second.at(one.lead).collect(), 409) == "already-collected"
    assert Member(other, "p1").vouched()
    for issuer in (one.lead, other):
        assert issuer.store.served("spring") == issuer.secrets.served("spring") == 2


def at_once(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of these answers when all of them begin together, in any order."""
    barrier, answers = threading.Barrier(len(work)), list[Any]()

    def begin(each: Callable[[], Any]) -> None:
        barrier.wait()
        answers.append(each())

    threads = [threading.Thread(target=begin, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_requests_at_both_at_once_one_is_answered_and_that_one_at_both(one: World, other: Running) -> None:
    for person in ("p0", "p1", "p2"):
        members = [Member(one.lead, person, wallet=str(number)) for number in range(4)]
        bodies = [member.body() for member in members]
        answers = at_once(
            [
                partial(member.at(issuer).collect, body)
                for member, body in zip(members, bodies, strict=True)
                for issuer in (one.lead, other)
            ]
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 6
        assert len({answer.text for answer in answers if answer.status_code == 200}) == 1
    assert other.store.served("spring") == 3


def test_the_second_says_nothing_by_itself_and_leads_when_the_first_has_ended(one: World, other: Running) -> None:
    before = said(one)
    for _ in range(3):
        other.tick()
    assert said(one) == before and not other.author.leads()
    one.lead.stop()
    one.issuers[0] = other
    one.agree("summer", first_key=20, questionnaire=questionnaire_body("other"))
    assert [kind for round_id, kind in said(one) if round_id == "summer"] == [
        Kind.DRAFT,
        Kind.OFFER,
        Kind.MANIFEST,
        Kind.ACCEPT,
    ]
    assert said(one)[: len(before)] == before
    assert other.metrics.raised == []


def test_the_second_goes_on_with_keys_where_the_first_was_ended(tmp_path: Path) -> None:
    with postgresql_here.fresh() as address:
        made = world(tmp_path, databases=lambda _home: address)
        made.draft()
        made.lead.tick()
        made.lead.tick()
        second = made.lead.replica()
        second.tick()
        secret = made.lead.secrets.load("spring")
        assert secret is not None and not made.of.agreed
        made.lead.stop()
        made.issuers[0] = second
        made.settle()
        assert made.of.agreed and second.secrets.load("spring") == secret
        assert second.metrics.raised == []
        made.stop()


def test_what_hr_asks_of_the_second_is_done_by_the_first_and_once(one: World, other: Running) -> None:
    body = {"round": "summer", "draft": hr_draft(one, questionnaire=questionnaire_body("other"))}
    assert other.admin("POST", "/admin/rounds", json=body).status_code == 202
    assert word(one.lead.admin("POST", "/admin/rounds", json=body), 409) == "round-exists"
    one.settle("summer", first_key=20)
    assert one.round("summer").agreed
    other.tick()
    for issuer in (other, one.lead, other):
        assert issuer.admin("POST", "/admin/rounds/summer/cancel").status_code == 202
    one.lead.tick()
    one.lead.tick()
    assert one.round("summer").phase is State.CANCELLED
    assert said(one).count(("summer", Kind.DRAFT)) == said(one).count(("summer", Kind.CANCEL)) == 1


def test_of_two_drafts_of_one_name_at_both_the_slower_is_told_that_there_was_one(
    one: World, other: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = questionnaire_body("other")
    first, second = (hr_draft(one, questionnaire=questions, period=period) for period in ("2026-11", "2026-12"))
    # The other one has looked just before.
    monkeypatch.setattr(other.author, "said", lambda *_: False)
    assert one.lead.admin("POST", "/admin/rounds", json={"round": "summer", "draft": first}).status_code == 202
    assert word(other.admin("POST", "/admin/rounds", json={"round": "summer", "draft": second}), 409) == "round-exists"


def test_roster_and_codes_are_the_same_at_both(one: World, other: Running) -> None:
    bigger = roster_of({**PEOPLE, ("New",): 6})
    assert other.admin("PUT", "/admin/roster", data=csv(bigger)).status_code == 200
    one.lead.give_codes(roster_of(PEOPLE))
    ask = [partial(issuer.admin, "POST", "/admin/codes", json={"renew": False}) for issuer in (one.lead, other)]
    given = [answer.get_json()["codes"] for answer in at_once(ask)]
    # Whichever was first gave all six, and the other one none that would make them void.
    assert sorted(map(len, given)) == [0, 6]


def test_keys_go_at_their_time_even_if_the_first_hangs(one: World, other: Running) -> None:
    Member(other, "p0").tokens()
    one.clock.now = CLOSES + 299
    other.tick()
    assert other.secrets.rounds() == ["spring"]
    one.clock.now = CLOSES + 300
    other.tick()
    assert not list((one.lead.home / "rounds").iterdir()) and other.store.count_keys("spring") == 0
    one.lead.tick()
    one.clock.now = ERASE_AT
    other.tick()
    assert other.store.planned("spring") is None
    one.lead.tick()
    assert one.lead.metrics.raised == other.metrics.raised == []


def test_a_second_that_starts_disturbs_nothing_that_the_first_is_in_the_middle_of(one: World) -> None:
    for unfinished in (".summer.key.new", ".summer.served.new"):
        (one.lead.home / "rounds" / unfinished).write_bytes(b"not yet whole")
    with closing(one.lead.replica().database):
        assert len(list((one.lead.home / "rounds").glob(".*.new"))) == 2


def test_a_database_that_was_put_back_is_noticed_by_both_whichever_served(one: World, other: Running) -> None:
    Member(one.lead, "p0").tokens()
    for issuer in (one.lead, other):
        issuer.database.close()
    put_back = backed_up(one.lead.address)
    Member(other, "p1").tokens()
    bodies = {person: Member(one.lead, person).body() for person in ("p1", "p2")}
    for issuer in (one.lead, other):
        issuer.database.close()
    put_back()
    for issuer in (one.lead, other):
        for person, body in bodies.items():
            assert word(Member(issuer, person).collect(body), 503) == "database-restored"
        assert {"round": "spring", "reason": "database-restored"} in issuer.hr.status()["alarms"]


def test_while_one_writes_for_too_long_the_other_tells_its_members_to_come_back(one: World) -> None:
    other = replace(one.lead, patience=0.1)
    other.tick()
    member = Member(other, "p0")
    body = member.body()
    with one.lead.database.writing():
        assert word(member.collect(body), 503) == "database-unavailable"
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            other.store.set_note("spring", "a note")
    assert member.vouched()
    other.stop()
