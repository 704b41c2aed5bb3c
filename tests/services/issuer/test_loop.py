"""What an issuer does by itself, beside gate and aggregate as the tests play them, on a log in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from services.issuer import keys, making
from services.issuer.planned import ADMISSION, Address
from services.issuer.roster import Person, Roster
from services.issuer.unavailable import DatabaseUnavailable
from shared import journal, records, secret_files, topics
from shared.apart import RoundsWait
from shared.blind_rsa import PrivateKey
from shared.bundle import unpack
from shared.canonical import unb64
from shared.log.memory import MemoryLog
from shared.log.port import End, Entry, LogUnavailable, NoSuchTopic
from shared.manifest import Manifest, check, verify_published
from shared.nodes import names_hash, parse_offered
from shared.records import Kind
from shared.rounds import State
from tests.damaged_log import damage
from tests.keys import rsa_key
from tests.organisations import roster as roster_of
from tests.rounds_made import CLOSES, ERASE_AT, NOW, OPENS, PEOPLE, RESULTS_UNTIL, draft_body, questionnaire_body
from tests.services.issuer.databases import ON_BOTH, Databases
from tests.services.issuer.issuers import World, until, world

DAY = 86_400


@pytest.fixture
def one(tmp_path: Path, databases: Databases) -> Iterator[World]:
    made = world(tmp_path, databases=databases)
    yield made
    made.stop()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path, issuers=2)
    yield made
    made.stop()


def manifest_of(made: World, round_id: str = "spring") -> Manifest:
    """The agreed manifest as a client checks it."""
    of = made.round(round_id)
    manifest = of.record(Kind.MANIFEST)
    assert manifest is not None
    accepts = [record.jws for (kind, _), record in of.effective.items() if kind is Kind.ACCEPT]
    return verify_published(manifest.jws, accepts, made.installed.parties)


def said(made: World, author: str) -> list[Kind]:
    """The kinds of records that an author has in the log, repeats included."""
    found = [records.peek(entry.value) for entry in made.log.read(topics.ROUNDS)]
    return [record.kind for record in found if record.author == author]


def phase(made: World) -> State:
    return made.of.phase


def reason(made: World) -> tuple[str, str]:
    void = made.of.record(Kind.VOID)
    assert void is not None and phase(made) is State.VOID
    return void.author, void.body["reason"]


def test_a_round_comes_to_be_agreed_with_every_check_of_parties_and_clients(two: World) -> None:
    two.agree()
    manifest = manifest_of(two)
    chunks = [entry.value for entry in two.log.read(topics.nodes("spring"))]
    offered = {
        name: parse_offered(unpack(two.of.offers[name].body["nodes"], chunks)) for name in manifest.parties.issuer_names
    }
    for issuer in two.issuers:
        live = issuer.desk._live["spring"]
        check(manifest, live.composed, offered, [], frozenset(), NOW)
        assert said(two, issuer.name).count(Kind.OFFER) == 1
    assert said(two, "hr") == [Kind.DRAFT, Kind.OFFER, Kind.MANIFEST, Kind.ACCEPT]
    assert said(two, "council") == [Kind.OFFER, Kind.ACCEPT]


def test_the_keys_that_are_offered_are_those_that_the_issuer_can_sign_with(two: World) -> None:
    two.agree()
    for issuer in two.issuers:
        live, secret = issuer.desk._live["spring"], issuer.secrets.load("spring")
        assert secret is not None
        for at, wrapped in issuer.store.keys("spring").items():
            public = secret.unwrap(at, wrapped).public
            if at == ADMISSION:
                assert manifest_of(two).admission_keys[issuer.name] == public
            else:
                assert live.composed.group_key(issuer.name, at.node, at.part) == public


def test_the_names_that_are_offered_are_those_of_the_people_of_each_finest_node(one: World) -> None:
    one.agree()
    live, secret = one.lead.desk._live["spring"], one.lead.secrets.load("spring")
    assert secret is not None
    hashed = 0
    for node in live.composed.nodes:
        for part, expected in enumerate(node["names"]["hr"]):
            names = one.lead.store.names("spring", live.attached[part].get(node["id"], []))
            assert (expected is None) == (not names)
            if expected is not None:
                assert names_hash(secret.salt(Address(node["id"], part)), names) == unb64(expected)
                hashed += len(names)
    assert hashed == 2 * 20


def test_damaged_nodes_of_one_round_keep_no_later_one_from_being_agreed(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.agree()
    one.issuers[0] = one.lead.restarted()
    damage(monkeypatch, one.log, topics.nodes("spring"))
    one.draft("summer", questionnaire=questionnaire_body("x"))
    for _ in range(10):
        with pytest.raises(RoundsWait, match=r"^nodes\.spring is damaged$"):
            one.lead.tick()
        until(lambda: not one.lead.maker.busy)
        one.play_others("summer", first_key=2)
    assert one.round("summer").phase is State.SCHEDULED
    assert one.lead.desk._live.keys() == {"summer"}
    monkeypatch.undo()
    one.lead.tick()
    assert one.lead.desk._live.keys() == {"spring", "summer"}


def test_issuers_whose_rosters_differ_make_the_round_void_and_both_see_where(tmp_path: Path) -> None:
    other = roster_of({**PEOPLE, ("Risk",): 9})
    made = world(tmp_path, [roster_of(PEOPLE), other], issuers=2)
    made.draft()
    made.settle()
    assert reason(made) == ("hr", "trees-differ")
    for issuer in made.issuers:
        assert "'Velda'" in (issuer.store.note("spring") or "")
        assert issuer.secrets.rounds() == []
    made.stop()


def test_rosters_in_another_order_and_with_other_names_agree(tmp_path: Path) -> None:
    roster = roster_of(PEOPLE)
    people = [Person(one.id, f"{one.name} Jr", one.mail, "en", one.path) for one in reversed(roster.people)]
    made = world(tmp_path, [roster, Roster(roster.company, ("company", "area"), tuple(people))], issuers=2)
    made.agree()
    made.stop()


def test_an_issuer_without_a_roster_waits_and_says_so(two: World) -> None:
    council = two.issuers[1]
    with council.database.writing() as db:
        db.exec_driver_sql("DELETE FROM company")
    two.draft()
    two.settle()
    assert phase(two) is State.DRAFTED
    assert council.hr.status()["rounds"][0]["note"] == "There is no roster to plan from."
    council.people.replace(roster_of(PEOPLE))
    two.settle()
    assert phase(two) is State.SCHEDULED


def test_a_roster_that_cannot_be_planned_makes_the_round_void(tmp_path: Path) -> None:
    made = world(tmp_path, [roster_of(PEOPLE), roster_of({(): 9})], issuers=2)
    made.draft()
    made.settle()
    assert reason(made) == ("council", "roster")
    assert "9 people" in (made.issuers[1].store.note("spring") or "")
    made.stop()


def test_a_draft_that_breaks_a_floor_is_made_void_by_everybody_else_too(two: World) -> None:
    two.draft(grace=1)
    two.issuers[0].tick()
    two.issuers[1].tick()
    two.issuers[1].tick()
    assert reason(two) == ("council", "bad-draft")
    assert "grace" in (two.issuers[1].store.note("spring") or "")


def test_a_round_that_is_not_agreed_when_it_should_open_is_void(one: World) -> None:
    one.draft()
    for _ in range(3):
        one.lead.tick()
    assert phase(one) is State.DRAFTED
    one.clock.now = OPENS
    one.settle()
    assert reason(one) == ("hr", "late")
    assert one.lead.secrets.rounds() == []


def test_a_void_that_came_too_late_destroys_nothing_and_stops_no_collecting(one: World) -> None:
    one.draft()
    one.lead.tick()
    while phase(one) is not State.PROPOSED:
        one.play_others()
        one.lead.tick()
    one.lead.tick()
    one.clock.now = OPENS
    one.lead.tick()
    assert one.lead.author.said("spring", Kind.VOID)
    one.play_others()
    one.settle()
    assert said(one, "hr")[-1] is Kind.VOID
    assert phase(one) is State.SCHEDULED
    assert one.lead.secrets.rounds() == ["spring"]


def test_a_question_that_another_round_asks_at_that_time_makes_the_later_one_void(one: World) -> None:
    one.agree()
    one.draft("again")
    one.settle("again", first_key=10)
    assert one.round("again").phase is State.VOID
    assert "asked in round spring" in (one.lead.store.note("again") or "")
    one.agree("summer", first_key=20, questionnaire=questionnaire_body("other"))


@pytest.mark.parametrize(("kind", "author"), [(Kind.CANCEL, "hr"), (Kind.STOP, "gate")])
def test_keys_are_destroyed_when_cancel_or_stop_is_read_back_from_the_log(one: World, kind: Kind, author: str) -> None:
    one.agree()
    body = {"reason": "too-many"} if kind is Kind.STOP else {}
    if author == "hr":
        one.lead.hr.cancel("spring")
    else:
        one.say(kind, author, body)
    assert one.lead.secrets.rounds() == ["spring"]
    one.settle()
    one.lead.tick()
    assert phase(one) in (State.CANCELLED, State.STOPPED)
    assert one.lead.secrets.rounds() == [] and one.lead.store.count_keys("spring") == 0
    assert not list((one.lead.home / "rounds").iterdir())
    assert one.lead.store.planned("spring") is not None


def test_keys_are_destroyed_at_closing_and_grace_even_while_the_log_is_away(one: World) -> None:
    one.agree()
    restarted = one.issuers[0] = one.lead.restarted()
    restarted.reader._log = Away()
    for now, there in ((CLOSES + 299, True), (CLOSES + 300, False)):
        one.clock.now = now
        with pytest.raises(LogUnavailable):
            restarted.loop.tick()
        assert (restarted.secrets.rounds() == ["spring"]) is there


@ON_BOTH
def test_the_keys_of_all_rounds_are_destroyed_even_while_the_database_is_away(one: World) -> None:
    one.agree()
    one.agree("summer", first_key=20, questionnaire=questionnaire_body("other"))
    one.clock.now = CLOSES + 300
    one.lead.database._write.acquire()
    with pytest.raises(DatabaseUnavailable, match="in front"):
        one.lead.loop.tick()
    assert one.lead.secrets.rounds() == []
    one.lead.database._write.release()


def test_keys_are_destroyed_even_while_log_and_database_are_away(one: World) -> None:
    one.agree()
    restarted = one.issuers[0] = one.lead.restarted()
    restarted.reader._log = Away()
    one.clock.now = CLOSES + 300
    restarted.database._write.acquire()
    with pytest.raises((LogUnavailable, DatabaseUnavailable)):
        restarted.loop.tick()
    assert restarted.secrets.rounds() == []
    restarted.database._write.release()


def test_what_cannot_be_done_just_now_is_said_once_and_not_at_every_look(
    one: World, caplog: pytest.LogCaptureFixture
) -> None:
    one.issuers[0] = one.lead.restarted()
    told = "what was deleted lies in the database's files for now: other threads were in front for too long"
    for _ in range(2):
        with one.lead.database.deleting():
            for _ in range(3):
                one.lead.loop.tick()
        one.lead.loop.tick()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("services.")]
    assert said == [told, told]


@ON_BOTH
def test_at_erase_at_nothing_is_left_of_plan_and_members_and_later_of_the_nodes(one: World) -> None:
    one.agree()
    one.lead.store.mark("spring", "p0", bytes(32))
    one.clock.now = ERASE_AT - 1
    one.lead.tick()
    assert one.lead.store.served("spring") == 1
    one.clock.now = ERASE_AT
    one.lead.tick()
    assert one.lead.store.planned("spring") is None and one.lead.store.served("spring") == 0
    assert one.log.end(topics.nodes("spring")) != (0,)
    one.clock.now = RESULTS_UNTIL
    for _ in range(3):
        one.lead.tick()
    with pytest.raises(Exception, match="spring"):
        one.log.end(topics.nodes("spring"))
    assert not list((one.lead.home / "journal" / "spring").glob("*nodes*"))
    assert one.lead.metrics.raised == []


def test_nodes_that_come_back_with_an_older_log_are_deleted_again(one: World) -> None:
    one.agree()
    records = [entry.value for entry in one.log.read(topics.ROUNDS)]
    nodes = [entry.value for entry in one.log.read(topics.nodes("spring"))]
    one.clock.now = RESULTS_UNTIL
    one.lead.tick()
    one.log.delete(topics.ROUNDS)
    one.log.create(topics.ROUNDS)
    one.log.append(topics.ROUNDS, *records[:-1])
    one.log.create(topics.nodes("spring"))
    one.log.append(topics.nodes("spring"), *nodes)
    one.lead.tick()
    with pytest.raises(NoSuchTopic):
        one.log.end(topics.nodes("spring"))


def test_whatever_moment_the_process_ends_at_the_round_is_agreed_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in count():
        folder = tmp_path / str(moment)
        folder.mkdir()
        made, death = world(folder), Death(moment)
        made.draft()
        with monkeypatch.context() as patched:
            died = not death.spares(made, patched)
        made.issuers[0] = made.lead.restarted()
        made.settle()
        assert phase(made) is State.SCHEDULED
        assert made.lead.metrics.raised == []
        assert set(said(made, "hr")) == {Kind.DRAFT, Kind.OFFER, Kind.MANIFEST, Kind.ACCEPT}
        manifest_of(made)
        made.stop()
        if not died:
            break
    assert moment > 15


def test_making_keys_goes_on_where_an_ended_process_left_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BATCH", 1)
    go_on, numbers = threading.Event(), count()

    def generate() -> PrivateKey:
        if (number := next(numbers)) == 3:
            go_on.wait()
        return rsa_key(number)

    made = world(tmp_path, generate=generate)
    made.draft()
    made.lead.loop.tick()
    until(lambda: made.lead.store.count_keys("spring") == 3)
    assert made.lead.hr.status()["rounds"][0]["keys"] == {"made": 3, "of": 6}
    stored, maker = made.lead.store.keys("spring"), made.lead.maker
    threading.Thread(target=maker.cancel).start()
    go_on.set()
    until(lambda: not maker.busy)
    made.issuers[0] = made.lead.restarted()
    made.settle()
    assert phase(made) is State.SCHEDULED
    assert made.lead.store.keys("spring").items() >= stored.items()
    made.stop()


def test_a_log_that_was_rolled_back_gets_everything_again_and_an_alarm_is_raised(one: World) -> None:
    one.agree()
    before = [entry.value for entry in one.log.read(topics.ROUNDS)]
    one.log.delete(topics.ROUNDS)
    one.log.delete(topics.nodes("spring"))
    one.log.create(topics.ROUNDS)
    others = [record for record in before if records.peek(record).author in ("gate", "aggregate")]
    one.log.append(topics.ROUNDS, *others)
    one.settle()
    assert phase(one) is State.SCHEDULED
    assert sorted(entry.value for entry in one.log.read(topics.ROUNDS)) == sorted(before)
    assert {("spring", "lost-record"), (None, "changed-past")} <= set(one.lead.metrics.raised)
    assert one.lead.desk._live["spring"].composed.manifest.fingerprint == manifest_of(one).fingerprint


def test_keys_for_a_draft_that_the_log_no_longer_shows_are_made_anew(two: World) -> None:
    two.draft()
    council = two.issuers[1]
    two.lead.tick()
    council.tick()
    before, members = council.secrets.load("spring"), council.store.planned("spring")
    assert before is not None and members is not None and council.store.count_keys("spring") == 6
    two.log.delete(topics.ROUNDS)
    two.log.create(topics.ROUNDS)
    two.say(Kind.DRAFT, "hr", draft_body(two.installed.parties, cover=7))
    council.tick()
    assert council.secrets.load("spring") not in (None, before)
    planned = council.store.planned("spring")
    assert planned is not None and planned.draft != members.draft


def test_a_second_offer_in_its_name_is_an_alarm_and_is_not_accepted(one: World) -> None:
    one.draft()
    one.lead.tick()
    one.lead.tick()
    drafted = one.of.record(Kind.DRAFT)
    assert drafted is not None
    forged = {"draft": drafted.digest, "admission_key": "A" * 342, "nodes": {"chunks": 0, "index": []}}
    if one.of.record(Kind.OFFER, "hr") is None:
        one.say(Kind.OFFER, "hr", forged)
    one.settle()
    assert phase(one) is not State.SCHEDULED
    assert ("spring", "other-own-record") in one.lead.metrics.raised


def test_the_share_of_collected_is_noted_once_a_day_by_the_clock(tmp_path: Path) -> None:
    made = world(tmp_path, roster_of({("Payments",): 60, ("Risk",): 12}))
    made.agree()
    store = made.lead.store

    def shown() -> list[int]:
        made.lead.tick()
        return [unit["percent"] for unit in made.lead.hr.status()["rounds"][0]["collected"]["units"]]

    assert shown() == [0, 0]
    for number in range(30):
        store.mark("spring", f"p{number}", bytes(32))
        assert shown() == [0, 0]
    made.clock.now = (NOW // DAY + 1) * DAY - 1
    assert shown() == [0, 0]
    made.clock.now += 1
    assert shown() == [40, 50]
    store.mark("spring", "p40", bytes(32))
    made.issuers[0] = made.lead.restarted()
    store = made.lead.store
    assert shown() == [40, 50]
    made.stop()


def test_in_a_trial_the_share_is_shown_at_once(tmp_path: Path) -> None:
    made = world(tmp_path, roster_of({("Payments",): 60}), trial=True)
    made.agree()
    for number in range(12):
        made.lead.store.mark("spring", f"p{number}", bytes(32))
    made.lead.tick()
    assert made.lead.hr.status()["rounds"][0]["collected"]["units"][0]["percent"] == 20
    made.stop()


def test_of_a_company_below_fifty_no_share_is_shown(one: World) -> None:
    one.agree()
    one.lead.tick()
    assert one.lead.hr.status()["rounds"][0]["collected"]["units"] == []


def test_rows_that_somebody_took_out_of_the_database_are_an_alarm(one: World) -> None:
    one.agree()
    one.lead.store.mark("spring", "p0", bytes(32))
    with one.lead.database.writing() as db:
        db.exec_driver_sql("DELETE FROM served")
    one.clock.now += DAY
    one.lead.tick()
    assert ("spring", "database-restored") in one.lead.metrics.raised


def test_a_round_of_parties_without_this_issuer_is_left_alone(one: World, tmp_path: Path) -> None:
    one.lead.loop._name = "somebody-else"
    one.draft()
    for _ in range(3):
        one.lead.tick()
    assert said(one, "hr") == [Kind.DRAFT]
    assert one.lead.store.planned("spring") is None


class Killed(BaseException):
    """The process ends here."""


class Away(MemoryLog):
    """A log that cannot be reached."""

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        raise LogUnavailable(topic)


class Death:
    """Ends the process before its n-th file, transaction or record."""

    def __init__(self, writes: int) -> None:
        self._left = writes

    def spares(self, made: World, patched: pytest.MonkeyPatch) -> bool:
        """Whether the round is agreed before it comes."""
        lead, write, append = made.lead, journal.write_durably, made.log.append
        writing = lead.database.writing

        def dying_write(path: Path, data: bytes) -> None:
            self._pass()
            write(path, data)

        def dying_append(topic: str, *records: bytes) -> None:
            self._pass()
            append(topic, *records)

        @contextmanager
        def dying_writing() -> Iterator[Connection]:
            with writing() as connection:
                yield connection
                self._pass()

        for writer in (journal, keys, secret_files):
            patched.setattr(writer, "write_durably", dying_write)
        patched.setattr(made.log, "append", dying_append)
        patched.setattr(lead.database, "writing", dying_writing)
        try:
            for _ in range(9):
                lead.tick()
                self._left, left = 10**6, self._left
                made.play_others()
                self._left = left
        except Killed:
            return False
        return phase(made) is State.SCHEDULED

    def _pass(self) -> None:
        # Keys are made in threads of their own, which have a test of their own.
        if threading.current_thread() is threading.main_thread():
            if self._left == 0:
                raise Killed
            self._left -= 1
