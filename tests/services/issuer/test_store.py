"""Roster, codes and rounds in a real database of each kind."""

import sqlite3
import stat
import sys
import threading
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from services.issuer import offering
from services.issuer.database import Database, check
from services.issuer.people import People
from services.issuer.planned import ADMISSION, Address, Member, Planned
from services.issuer.roster import Person, Roster
from services.issuer.store import Shares, Standing, Store, Visitor
from services.issuer.tables import CODES, METADATA
from services.issuer.unavailable import DatabaseUnavailable
from shared import draft
from tests.organisations import roster as roster_of
from tests.organisations import rosters
from tests.rounds_made import ERASE_AT, PEOPLE, draft_body, installation
from tests.services.issuer.databases import new, opened, writing_elsewhere

DRAFT = draft.parse(draft_body(installation().parties))


def digest(person: str) -> bytes:
    return sha256(person.encode()).digest()


def whose(database: Database, code: bytes) -> str | None:
    """The person who has a code with this hash."""
    with database.reading() as db:
        return db.scalar(select(CODES.c.person).where(CODES.c.digest == code))


def member_of(database: Database, person: str, round_id: str = "spring") -> Member | None:
    """A person in a round, found by her code, which is that of her id."""
    visitor = Store(database).visitor(round_id, digest(person))
    return visitor.member if visitor else None


def plan_round(database: Database, round_id: str = "spring", roster: Roster | None = None) -> Planned:
    roster = roster or roster_of(PEOPLE)
    planned, places = offering.prepare(round_id, "D" * 43, DRAFT, roster)
    Store(database).add(planned, places, roster)
    return planned


MANY, FEW = settings(max_examples=20, deadline=None), settings(max_examples=4, deadline=None)
"""How many histories are tried in SQLite, and in PostgreSQL, where each takes longer."""

IMPORTED = st.lists(rosters(), min_size=1, max_size=3)
ASKED = st.lists(st.tuples(st.sampled_from(["p0", "p1", "p12"]), st.integers(0, 3)), max_size=12)


@MANY
@given(IMPORTED)
def test_the_roster_is_always_the_last_one_as_a_whole(imported: list[Roster]) -> None:
    check_rosters("sqlite", imported)


@FEW
@given(IMPORTED)
def test_the_roster_is_always_the_last_one_as_a_whole_in_postgresql(imported: list[Roster]) -> None:
    check_rosters("postgresql", imported)


def check_rosters(kind: str, imported: list[Roster]) -> None:
    with new(kind) as address, closing(opened(address)) as database:
        people = People(database)
        assert people.roster() is None and people.summary() is None and not people.imported()
        for roster in imported:
            people.replace(roster)
            assert people.roster() == roster and people.imported()


def test_a_summary_counts_people_groups_and_codes(database: Database) -> None:
    people = People(database)
    people.replace(roster_of({("A", "B"): 2, ("A", "C"): 1, (): 3}))
    people.set_codes({"p0": digest("p0")})
    summary = people.summary()
    assert summary is not None
    assert (summary.company, summary.people, summary.groups, summary.with_code) == ("Velda", 6, 4, 1)


def test_codes_stay_with_the_person_through_imports_and_go_when_she_leaves(database: Database) -> None:
    people = People(database)
    first = roster_of({("A",): 6})
    people.replace(first)
    people.set_codes({person.id: digest(person.id) for person in first.people})
    moved = Roster("Velda", first.levels, (Person("p0", "Other name", "n@example.test", "en", ("B",)),))
    people.replace(moved)
    assert whose(database, digest("p0")) == "p0"
    assert whose(database, digest("p1")) is None
    people.replace(first)
    assert whose(database, digest("p1")) is None
    everybody = {person.id: digest(f"new code of {person.id}") for person in first.people}
    assert people.set_codes(everybody, renew=False) == {"p1", "p2", "p3", "p4", "p5"}
    assert whose(database, digest("p0")) == "p0"


def test_the_code_of_somebody_who_left_stays_while_a_planned_round_counts_her(database: Database) -> None:
    people, store = People(database), Store(database)
    roster = roster_of(PEOPLE)
    people.replace(roster)
    people.set_codes({"p0": digest("p0"), "p1": digest("p1")})
    plan_round(database, roster=roster)
    people.replace(Roster(roster.company, roster.levels, roster.people[1:]))
    assert whose(database, digest("p0")) == "p0"
    store.erase("spring")
    assert whose(database, digest("p0")) is None
    assert whose(database, digest("p1")) == "p1"


def test_a_new_code_replaces_the_one_before(database: Database) -> None:
    people = People(database)
    people.replace(roster_of(PEOPLE))
    people.set_codes({"p0": digest("old"), "p1": digest("p1")})
    people.set_codes({"p0": digest("new")})
    assert whose(database, digest("old")) is None
    assert whose(database, digest("new")) == "p0"
    assert whose(database, digest("p1")) == "p1"
    people.set_codes({})


def test_a_planned_round_is_not_changed_by_another_roster(database: Database) -> None:
    people, store = People(database), Store(database)
    people.replace(roster_of(PEOPLE))
    people.set_codes({"p0": digest("p0"), "p1": digest("p1")})
    planned = plan_round(database)
    names = store.names_by_node("spring")
    people.replace(roster_of({("Other",): 7}))
    assert store.planned("spring") == planned
    assert store.names_by_node("spring") == names
    assert store.dates() == {"spring": (DRAFT.counting_from, ERASE_AT)}
    member = member_of(database, "p0")
    assert member is not None and member.language == "nl" and "p0" not in repr(member)


def test_a_visitor_is_told_apart_by_what_is_known_of_her(database: Database) -> None:
    people, store = People(database), Store(database)
    roster = roster_of(PEOPLE)
    newcomer = Person("new", "Newcomer", "new@example.test", "en", ("Risk",))
    people.replace(Roster(roster.company, roster.levels, (*roster.people, newcomer)))
    people.set_codes({person: digest(person) for person in ("p0", "p1", "new")})
    planned = plan_round(database, roster=roster)
    store.mark("spring", "p1", digest("request"))
    leaf = {node.label: node.id for node in planned.nodes}["Payments"]
    assert store.visitor("spring", digest("p0")) == Visitor(Member("p0", leaf, "nl"), Standing(None, 1))
    assert store.visitor("spring", digest("p1")) == Visitor(Member("p1", leaf, "nl"), Standing(digest("request"), 1))
    assert store.visitor("spring", digest("new")) == Visitor(None, Standing(None, 1))
    assert store.visitor("summer", digest("p0")) == Visitor(None, None)
    assert store.visitor("spring", digest("nobody")) is None


def test_names_are_found_by_the_nodes_of_people_however_many(database: Database) -> None:
    store = Store(database)
    planned = plan_round(database)
    every = sorted(person.name for person in roster_of(PEOPLE).people)
    assert store.names("spring", range(2000)) == every
    assert store.names("spring", []) == []
    by_node = store.names_by_node("spring")
    for node in planned.nodes:
        assert store.names("spring", [node.id]) == sorted(by_node.get(node.id, []))


def test_keys_are_found_by_node_and_count_for_their_round_only(database: Database) -> None:
    store = Store(database)
    keys = {ADMISSION: b"a"} | {Address(node, part): bytes([part]) for node in range(600) for part in range(2)}
    store.add_keys("spring", keys)
    store.add_keys("summer", {ADMISSION: b"other"})
    assert store.keys("spring") == keys and store.made("spring") == set(keys)
    assert store.keys("spring", [-1, 5]) == {at: key for at, key in keys.items() if at.node in (-1, 5)}
    assert store.keys("spring", range(-1, 600)) == keys
    store.drop_keys("spring")
    assert (store.count_keys("spring"), store.count_keys("summer")) == (0, 1)


@MANY
@given(ASKED)
def test_the_first_request_of_a_member_counts_for_ever_and_members_are_counted_once(
    asked: list[tuple[str, int]],
) -> None:
    check_requests("sqlite", asked)


@FEW
@given(ASKED)
def test_the_first_request_of_a_member_counts_for_ever_in_postgresql_too(asked: list[tuple[str, int]]) -> None:
    check_requests("postgresql", asked)


def check_requests(kind: str, asked: list[tuple[str, int]]) -> None:
    with new(kind) as address:
        first: dict[str, bytes] = {}
        for person, number in asked:
            # A new process each time: nothing is remembered but by the database.
            database = opened(address)
            store = Store(database)
            if not first:
                store.erase("spring")
                plan_round(database)
            request = digest(str(number))
            first.setdefault(person, request)
            assert store.mark("spring", person, request) == (first[person], len(first))
            assert store.mark("spring", person, digest("another")) == (first[person], len(first))
            assert store.served("spring") == len(first) == sum(store.collected("spring").values())
            database.close()


def test_of_many_threads_with_different_requests_one_wins(database: Database) -> None:
    store = Store(database)
    plan_round(database)
    outcomes: list[bytes | None] = []
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        marked = store.mark("spring", "p0", digest(str(number)))
        outcomes.append(marked and marked.request)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8 and len(set(outcomes)) == 1 and outcomes[0]
    assert store.served("spring") == 1


def test_collected_members_are_counted_where_they_are_attached(database: Database) -> None:
    store = Store(database)
    planned = plan_round(database)
    for person in ("p0", "p1", "p15"):
        store.mark("spring", person, digest(person))
    leaf = {node.label: node.id for node in planned.nodes}
    assert store.collected("spring") == {leaf["Payments"]: 2, leaf["Risk"]: 1}


def test_shares_and_notes_are_kept_by_round(database: Database) -> None:
    store = Store(database)
    plan_round(database)
    assert store.shares("spring") is None and store.note("spring") is None and store.shares("summer") is None
    for shares in (Shares(20_000, {0: 5}), Shares(20_001, {0: 10, 3: 100})):
        store.set_shares("spring", shares)
        assert store.shares("spring") == shares
    for note in ("one", "two"):
        store.set_note("spring", note)
        assert store.note("spring") == note


def test_in_a_round_that_the_database_does_not_know_nobody_is_marked(database: Database) -> None:
    store = Store(database)
    assert store.mark("spring", "p0", digest("request")) is None
    assert store.collected("spring") == {}
    plan_round(database)
    assert store.mark("spring", "p0", digest("request")) == Standing(digest("request"), 1)


def test_what_is_erased_is_in_no_file_any_more(in_file: Database, file: Path) -> None:
    store, database = Store(in_file), in_file
    plan_round(database)
    store.mark("spring", "p7", digest("request"))
    store.add_keys("spring", {ADMISSION: b"a wrapped key" * 20})
    store.set_note("spring", "a note")
    traces = [b"Name 7", digest("request"), b"a wrapped key", b"a note"]
    assert all(any(trace in content for content in _contents(file)) for trace in traces)
    store.erase("spring")
    assert not any(trace in content for trace in traces for content in _contents(file))
    assert store.planned("spring") is None and store.dates() == {}
    assert store.served("spring") == 0 and store.count_keys("spring") == 0
    store.erase("spring")


def test_another_round_is_not_erased_with_it(database: Database) -> None:
    store = Store(database)
    plan_round(database, "spring")
    summer = plan_round(database, "summer")
    store.mark("summer", "p0", digest("request"))
    store.erase("spring")
    assert store.planned("summer") == summer and store.served("summer") == 1


def test_the_files_are_their_owners_alone(in_file: Database, file: Path) -> None:
    People(in_file).replace(roster_of(PEOPLE))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == dict.fromkeys(("issuer.db", "issuer.db-wal", "issuer.db-shm"), 0o600)


def test_a_locked_database_changes_nothing_and_can_be_read(database: Database, address: str) -> None:
    people, store = People(database), Store(database)
    roster = roster_of(PEOPLE)
    people.replace(roster)
    plan_round(database)
    with writing_elsewhere(address):
        with pytest.raises(DatabaseUnavailable, match=r"locked|lock timeout"):
            people.replace(roster_of({("New",): 9}))
        with pytest.raises(DatabaseUnavailable):
            store.mark("spring", "p0", digest("request"))
        assert people.roster() == roster
        assert store.served("spring") == 0 and store.collected("spring") == {}
    assert store.mark("spring", "p0", digest("request")) == Standing(digest("request"), 1)


def test_a_thread_that_writes_for_too_long_is_not_waited_for(database: Database) -> None:
    with database.writing(), pytest.raises(DatabaseUnavailable, match="in front"):
        People(database).replace(roster_of(PEOPLE))


def test_an_import_that_does_not_fit_on_the_disk_changes_nothing(file: Path) -> None:
    small = opened(f"sqlite:///{file}")
    people, store = People(small), Store(small)
    before = roster_of({("A",): 5})
    people.replace(before)
    _limit_pages(small, file)
    with pytest.raises(DatabaseUnavailable, match="full"):
        people.replace(roster_of({("B",): 5000}))
    assert people.roster() == before
    with pytest.raises(DatabaseUnavailable, match="full"):
        plan_round(small, roster=roster_of({("B",): 5000}))
    assert store.planned("spring") is None and store.names_by_node("spring") == {}
    people.replace(roster_of({("C",): 5}))
    small.close()


def test_a_file_that_is_no_database_or_cannot_be_had_is_unavailable(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        opened(f"sqlite:///{file}")
    assert file.read_bytes() == b"no database" * 1000
    with pytest.raises(DatabaseUnavailable, match="No such file"):
        opened(f"sqlite:///{file.parent / 'nowhere' / 'issuer.db'}")


def test_a_file_that_is_damaged_inside_is_unavailable_when_the_damage_is_met(in_file: Database, file: Path) -> None:
    People(in_file).replace(roster_of({("A",): 2000}))
    in_file.tidy()
    in_file.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    again = Database(f"sqlite:///{file}", patience=0.1)
    with pytest.raises(DatabaseUnavailable, match="malformed"):
        People(again).roster()
    again.close()


def test_an_exception_in_a_transaction_undoes_all_of_it(database: Database) -> None:
    people = People(database)
    people.replace(roster_of(PEOPLE))
    with pytest.raises(RuntimeError), database.writing() as db:
        db.execute(METADATA.tables["people"].delete())
        raise RuntimeError
    assert people.roster() == roster_of(PEOPLE)


def test_no_message_of_an_error_repeats_what_was_stored(database: Database, address: str) -> None:
    with writing_elsewhere(address), pytest.raises(DatabaseUnavailable) as raised:
        People(database).replace(roster_of(PEOPLE))
    assert "Name" not in str(raised.value) and "p0" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_table_has_a_column_that_tells_when_a_member_did_anything() -> None:
    assert {column.name for column in METADATA.tables["served"].columns} == {"round", "person", "request"}
    whole = {
        (table.name, column.name)
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.name.endswith(("_at", "_day", "until", "time", "date"))
    }
    assert whole == {("rounds", "keys_until"), ("rounds", "erase_at"), ("rounds", "shares_day")}


@pytest.mark.parametrize("url", ["", "issuer.db", "nothing://here", "postgresql+nodriver://user:secret@host/db"])
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a database") as raised:
        check(url)
    assert "secret" not in str(raised.value)


def test_without_libpq_an_address_of_postgresql_is_refused_and_sqlite_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ValueError, match="libpq is not installed") as raised:
        check("postgresql://user:secret@host/db")
    assert "secret" not in str(raised.value)
    check("sqlite:///issuer.db")


def _contents(file: Path) -> list[bytes]:
    return [path.read_bytes() for path in file.parent.iterdir()]


def _limit_pages(database: Database, file: Path) -> None:
    """Let the file grow by a few pages only, as on a disk that is full."""
    with closing(sqlite3.connect(file)) as other:
        ((pages,),) = other.execute("PRAGMA page_count").fetchall()
    engine: Engine = database._engine

    @event.listens_for(engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    engine.dispose()
