"""What only a PostgreSQL can do to an issuer: be raced for by processes, go away, come back, keep traces."""

import logging
import multiprocessing
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from multiprocessing.queues import Queue
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError

from services.issuer.database import Database
from services.issuer.people import People
from services.issuer.planned import ADMISSION
from services.issuer.store import Store
from services.issuer.tables import PEOPLE, SERVED
from services.issuer.unavailable import DatabaseUnavailable
from tests import postgresql_here
from tests.organisations import roster as roster_of
from tests.rounds_made import PEOPLE as TEAMS
from tests.services.issuer.databases import opened
from tests.services.issuer.issuers import World, word, world
from tests.services.issuer.members import Member
from tests.services.issuer.test_store import digest, plan_round

RACED_FOR = [f"p{number}" for number in range(12)]
THREADS = 5


@pytest.fixture
def address() -> Iterator[str]:
    with postgresql_here.fresh() as made:
        yield made


@pytest.fixture
def one(tmp_path: Path, address: str) -> Iterator[World]:
    made = world(tmp_path, databases=lambda _home: address, patience=10)
    made.agree()
    yield made
    made.stop()


def race(address: str, seed: str, ready: "Queue[str]", go: "Queue[str]", outcomes: "Queue[list[Outcome]]") -> None:
    """In a process of its own: threads that all mark the same people, each with requests of its own, and each twice."""
    with closing(Database(address)) as database:
        store, found = Store(database), list[Outcome]()
        database_is_there = store.served("spring")
        assert database_is_there == 0

        def work(number: int) -> None:
            for person in RACED_FOR:
                request = digest(f"{seed} {number} {person}")
                for _ in range(2):
                    marked = store.mark("spring", person, request)
                    assert marked is not None
                    found.append((person, request, marked.request, marked.served))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        ready.put(seed)
        go.get(timeout=60)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes.put(found)


Outcome = tuple[str, bytes, bytes | None, int]
"""A person, the request that was made for her, the one that counts, and how many were served then."""


def test_of_all_threads_of_two_processes_one_serves_each_person(address: str) -> None:
    # At the server's default level they would not see what those before them did.
    name = postgresql_here.database_of(address)
    postgresql_here.do(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    try:
        check_race(address)
    finally:
        postgresql_here.do(f"ALTER DATABASE {name} RESET default_transaction_isolation")


def check_race(address: str) -> None:
    with closing(opened(address)) as database:
        store = Store(database)
        plan_round(database)
        spawn = multiprocessing.get_context("spawn")
        ready, go, outcomes = spawn.Queue(), spawn.Queue(), spawn.Queue()
        processes = [spawn.Process(target=race, args=(address, seed, ready, go, outcomes)) for seed in ("one", "two")]
        for process in processes:
            process.start()
        for _ in processes:
            ready.get(timeout=60)
        for _ in processes:
            go.put("go")
        found = [outcome for _ in processes for outcome in outcomes.get(timeout=60)]
        for process in processes:
            process.join(60)
            assert process.exitcode == 0
        assert len(found) == 2 * THREADS * len(RACED_FOR) * 2
        counted = defaultdict(set)
        for person, _, counts, _ in found:
            counted[person].add(counts)
        assert all(len(requests) == 1 for requests in counted.values()) and counted.keys() == set(RACED_FOR)
        # Whoever won is told so both times, and nobody else ever.
        winners = [(person, made) for person, made, counts, _ in found if made == counts]
        assert sorted(winners) == sorted((person, counts) for person, (counts,) in counted.items() for _ in range(2))
        assert store.served("spring") == len(RACED_FOR) == max(served for *_, served in found)
        assert sum(store.collected("spring").values()) == len(RACED_FOR)


def test_what_is_read_is_of_one_moment_whatever_is_written_meanwhile(address: str) -> None:
    with closing(opened(address)) as database, closing(Database(address)) as other:
        People(database).replace(roster_of(TEAMS))
        with database.reading() as reader:
            before = reader.scalars(select(PEOPLE.c.person)).all()
            People(other).replace(roster_of({("New",): 7}))
            assert reader.scalars(select(PEOPLE.c.person)).all() == before
        assert People(database).roster() == roster_of({("New",): 7})


def test_a_database_that_was_stopped_is_waited_for_and_nothing_is_half_done(one: World) -> None:
    server, member = postgresql_here.here(), Member(one.lead, "p0")
    body = member.body()
    Member(one.lead, "p1").tokens()
    with pytest.raises(DatabaseUnavailable), one.lead.database.writing() as db:
        db.execute(insert(SERVED), {"round": "spring", "person": "p0", "request": digest("half")})
        server.stop()
    try:
        for answer in (
            member.collect(body),
            member.membership(),
            one.lead.admin("POST", "/admin/codes", json={"renew": True}),
            one.lead.admin("GET", "/admin/rounds"),
        ):
            assert word(answer, 503) == "database-unavailable" and answer.headers["Retry-After"] == "5"
        assert one.lead.client.get("/rounds").status_code == 200
        with pytest.raises(DatabaseUnavailable) as away:
            one.lead.loop.tick()
        assert "\n" not in str(away.value) and postgresql_here.PASSWORD not in str(away.value)
    finally:
        server.start()
    one.lead.tick()
    assert one.lead.store.served("spring") == one.lead.secrets.served("spring") == 1
    assert member.checked()["collected"] is False
    assert member.vouched()
    assert one.lead.metrics.raised == []


def test_a_server_that_was_restarted_between_two_requests_is_not_even_noticed(one: World) -> None:
    Member(one.lead, "p0").tokens()
    postgresql_here.here().stop()
    postgresql_here.here().start()
    assert Member(one.lead, "p0").collect().status_code == 200


@pytest.mark.parametrize(
    ("change", "back", "words"),
    [
        # As a standby does.
        (
            "ALTER ROLE klankbord SET default_transaction_read_only = on",
            "ALTER ROLE klankbord RESET default_transaction_read_only",
            "read-only transaction",
        ),
        ("ALTER TABLE served OWNER TO admin", "ALTER TABLE served OWNER TO klankbord", "permission denied"),
        (
            "ALTER ROLE klankbord CONNECTION LIMIT 0",
            "ALTER ROLE klankbord CONNECTION LIMIT -1",
            "too many connections",
        ),
        ("ALTER ROLE klankbord PASSWORD 'other'", "ALTER ROLE klankbord PASSWORD '{password}'", "password auth"),
    ],
)
def test_what_an_administrator_has_to_put_right_is_said_in_one_line_and_waited_for(
    address: str, change: str, back: str, words: str
) -> None:
    name = postgresql_here.database_of(address)
    with closing(opened(address)) as database:
        plan_round(database)
    with closing(Database(address)) as database:
        store = Store(database)
        postgresql_here.do(change, name)
        try:
            with pytest.raises(DatabaseUnavailable, match=words) as raised:
                store.mark("spring", "p0", digest("request"))
        finally:
            postgresql_here.do(back.format(password=postgresql_here.PASSWORD), name)
        assert "\n" not in str(raised.value) and postgresql_here.PASSWORD not in str(raised.value)
        database._engine.dispose()
        assert store.served("spring") == 0
        marked = store.mark("spring", "p0", digest("request"))
        assert marked is not None and marked.served == 1


def test_a_password_stands_in_no_text_and_no_log(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with closing(Database(address)) as database:
        shown = repr(database) + repr(database._engine) + repr(database._engine.url)
        Store(database).served("spring")
    wrong = make_url(address).set(password="a wrong p@ssword").render_as_string(hide_password=False)
    with closing(Database(wrong)) as database, pytest.raises(DatabaseUnavailable) as raised:
        Store(database).served("spring")
    everything = shown + caplog.text + str(raised.value) + repr(raised.value.__cause__)
    for secret in (postgresql_here.PASSWORD, "wrong p@ssword", "wrong+p", "wrong%20p", "p%40ss"):
        assert secret not in everything


def test_a_commit_is_on_disk_whatever_the_server_is_set_to(address: str) -> None:
    name = postgresql_here.database_of(address)
    postgresql_here.do(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        with closing(Database(address)) as database, database.writing() as db:
            assert db.scalar(text("SHOW synchronous_commit")) == "on"
    finally:
        postgresql_here.do(f"ALTER DATABASE {name} RESET synchronous_commit")


# What it must not keep


def test_after_closing_nothing_tells_in_which_order_members_collected(address: str) -> None:
    trace = text(
        "SELECT person, request, ctid::text AS place, xmin::text AS change, pg_xact_commit_timestamp(xmin) AS moment "
        "FROM served ORDER BY ctid"
    )
    with closing(opened(address)) as database:
        store = Store(database)
        plan_round(database)
        for person in ("p7", "p2", "p11", "p0", "p5"):
            store.mark("spring", person, digest(person))
        with database.reading() as db:
            before = db.execute(trace).all()
        # The server would tell all of it, so that this test can see whether it does.
        assert [row.person for row in before] == ["p7", "p2", "p11", "p0", "p5"]
        assert len({row.moment for row in before}) == 5
        store.drop_keys("spring")
        with database.reading() as db:
            after = db.execute(trace).all()
        assert [row.person for row in after] == sorted(row.person for row in before)
        assert len({row.change for row in after}) == 1 and len({row.moment for row in after}) == 1
        assert {(row.person, row.request) for row in after} == {(row.person, row.request) for row in before}


def test_what_is_erased_is_in_no_table_and_no_statistics_any_more(address: str) -> None:
    needles = [b"Name 7", sha256(b"asked").digest(), b"a wrapped key" * 9, b"a note of HR"]
    name = postgresql_here.database_of(address)
    with closing(opened(address)) as database:
        with database.reading() as db:
            number = db.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        folder = postgresql_here.here().folder / "data" / "base" / str(number)
        people, store = People(database), Store(database)
        people.replace(roster_of(TEAMS))
        people.set_codes({"p7": digest("p7")})
        plan_round(database)
        store.mark("spring", "p7", sha256(b"asked").digest())
        store.add_keys("spring", {ADMISSION: b"a wrapped key" * 9})
        store.set_note("spring", "a note of HR")
        postgresql_here.do("ANALYZE", name)
        postgresql_here.do("CHECKPOINT")
        assert all(found(folder, needle) for needle in needles)
        people.replace(roster_of({("Other",): 5}))
        store.erase("spring")
        postgresql_here.do("CHECKPOINT")
        assert not [needle for needle in needles if found(folder, needle)]


def found(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_a_role_made_as_the_page_on_operations_says_keeps_people_out_of_a_talkative_servers_log(address: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    statements = page.partition("```sql\n")[2].partition("```")[0].replace("klankbord", "documented").split(";\n")
    url = make_url(postgresql_here.url("documented", "a long random one")).set(username="documented")
    log = postgresql_here.here().folder / "server.log"
    for setting in (
        "log_statement = 'all'",
        "log_min_duration_statement = 0",
        "log_parameter_max_length_on_error = -1",
    ):
        postgresql_here.do(f"ALTER SYSTEM SET {setting}")
    postgresql_here.do("SELECT pg_reload_conf()")
    try:
        assert "p7@example.test" in told_of_people(log, address)
        for statement in filter(None, statements):
            postgresql_here.do(statement)
        said = told_of_people(log, url.render_as_string(hide_password=False))
        assert said.count("\n") == 1 and "duplicate key" in said and "p7" not in said
    finally:
        for statement in ("DROP DATABASE documented", "DROP ROLE documented", "ALTER SYSTEM RESET ALL"):
            postgresql_here.do(statement)
        postgresql_here.do("SELECT pg_reload_conf()")


def told_of_people(log: Path, address: str) -> str:
    """What the server's log says while an issuer works."""
    before = len(log.read_text())
    with closing(opened(address)) as database:
        store = Store(database)
        People(database).replace(roster_of(TEAMS))
        plan_round(database)
        store.mark("spring", "p7", digest("request"))
        with pytest.raises(IntegrityError), database.writing() as db:
            db.execute(insert(SERVED), {"round": "spring", "person": "p7", "request": digest("another")})
        store.erase("spring")
    return log.read_text()[before:]


def test_while_somebody_reads_a_table_tidying_waits_for_the_next_look_and_keeps_nobody_long(address: str) -> None:
    with closing(opened(address)) as database, closing(Database(address)) as dump:
        store = Store(database)
        plan_round(database)
        with dump.reading() as db:
            assert db.scalars(select(PEOPLE.c.person)).all() == []
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                store.erase("spring")
            assert store.planned("spring") is None
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                store.tidy()
            plan_round(database)
        with database.writing() as db:
            db.execute(delete(PEOPLE))
        store.tidy()
