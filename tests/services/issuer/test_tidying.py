"""What an issuer deletes leaves the disk: at once, or as soon as nobody is in the way."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from services.issuer.database import Database
from services.issuer.people import People
from services.issuer.planned import Address
from services.issuer.roster import Person, Roster
from services.issuer.store import Store
from services.issuer.tables import SERVED
from services.issuer.unavailable import DatabaseUnavailable
from tests.services.issuer.databases import opened

PAGE = 4096
"""Bytes of a page of SQLite's, unless told otherwise."""

WRAPPED = b"a wrapped key that nobody may find again" * 5


def on_disk(file: Path) -> bytes:
    return b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_dropped_keys_are_in_no_file_any_more(in_file: Database, file: Path) -> None:
    store = Store(in_file)
    store.add_keys("spring", {Address(node, 0): WRAPPED for node in range(40)})
    assert WRAPPED in on_disk(file)
    store.drop_keys("spring")
    assert WRAPPED[:20] not in on_disk(file)


def test_whoever_left_the_roster_is_in_no_file_after_the_next_look(in_file: Database, file: Path) -> None:
    people = People(in_file)
    before, after = (Person(one, f"Name of {one}", f"{one}@velda.example", "nl", ()) for one in ("gone", "here"))
    people.replace(Roster("Velda", ("company",), (before,)))
    people.set_codes({"gone": b"the hash of a code that is void."})
    people.replace(Roster("Velda", ("company",), (after,)))
    Store(in_file).tidy()
    assert b"Name of gone" not in on_disk(file)
    assert b"the hash of a code" not in on_disk(file)
    assert b"Name of here" in on_disk(file)


def test_while_somebody_reads_it_is_said_and_done_the_next_time(in_file: Database, file: Path) -> None:
    store = Store(in_file)
    store.add_keys("spring", {Address(0, 0): WRAPPED})
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM signing_keys").fetchall() == [(1,)]
        with pytest.raises(DatabaseUnavailable):
            store.drop_keys("spring")
        with pytest.raises(DatabaseUnavailable):
            store.tidy()
        assert store.count_keys("spring") == 0
        assert WRAPPED in on_disk(file)
    store.tidy()
    assert WRAPPED[:20] not in on_disk(file)


def test_what_a_process_left_when_it_was_killed_is_tidied_by_the_next(file: Path) -> None:
    with closing(opened(f"sqlite:///{file}")) as killed:
        store = Store(killed)
        store.tidy()
        store.add_keys("spring", {Address(0, 0): WRAPPED})
        # All of `drop_keys` but its last step.
        with killed.deleting() as db:
            db.exec_driver_sql("DELETE FROM signing_keys")
        assert WRAPPED in on_disk(file)
        with closing(opened(f"sqlite:///{file}")) as next_one:
            Store(next_one).tidy()
            assert WRAPPED[:20] not in on_disk(file)


def test_rows_lie_in_the_order_of_their_keys_whatever_the_order_in_which_they_came(
    in_file: Database, file: Path
) -> None:
    requests = {f"p{number:03}": bytes([number]) * 32 for number in range(100)}
    people = list(requests)
    for person in people[::3] + people[1::3] + people[2::3]:
        with in_file.writing() as db:
            db.execute(insert(SERVED), {"round": "spring", "person": person, "request": requests[person]})
    Store(in_file).drop_keys("spring")
    raw = file.read_bytes()
    places = {person: raw.index(request) for person, request in requests.items()}
    lying = sorted(people, key=places.__getitem__)
    for page in range(len(raw) // PAGE):
        there = [person for person in lying if places[person] // PAGE == page]
        assert there in (sorted(there), sorted(there, reverse=True))


def test_when_nothing_was_deleted_there_is_nothing_to_do(in_file: Database, file: Path) -> None:
    store = Store(in_file)
    store.tidy()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store.tidy()
