"""What the log in SQLite files promises beyond the contract: its files, and what happens when something is wrong."""

import os
import shutil
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from shared.log import open_log
from shared.log.port import LogDamaged, LogUnavailable, NoSuchTopic
from shared.log.sqlite import SqliteLog
from shared.log.topic_file import connect
from tests.contract.logs import OPEN_FILES, append_from_a_fork, create_and_delete, elsewhere, open_files, running

TOPIC = "envelopes.2026-q4"
ON_LINUX = pytest.mark.skipif(not OPEN_FILES.exists(), reason="only Linux lists the open files of a process")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(folder, timeout=0.2)) as log:
        log.create(TOPIC)
        log.append(TOPIC, b"first")
        yield log


def test_many_records_fit_into_one_append_of_an_old_sqlite(folder: Path, log: SqliteLog) -> None:
    """Before 3.32 a statement took 999 variables."""
    with log._opened(TOPIC) as file:
        file.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        file.append(number.to_bytes(2) for number in range(1_000))
    assert log.end(TOPIC) == (1_001,)


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / f"{TOPIC}.db"


def values(log: SqliteLog, topic: str = TOPIC) -> list[bytes]:
    return [entry.value for entry in log.read(topic)]


def by_hand(file: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(file, isolation_level=None))


def copy(source: Path | str, target: Path) -> None:
    # By another process: a process that closes a database file it has open loses SQLite's locks on it.
    subprocess.run(["cp", "-R", source, target], check=True)


def restore(saved: Path, folder: Path) -> None:
    """Put a saved copy in place as the class says: remove all, then copy."""
    for file in folder.iterdir():
        file.unlink()
    copy(f"{saved}/.", folder)


def test_nobody_else_may_look_into_the_folder_or_its_files(folder: Path) -> None:
    before = os.umask(0)
    try:
        with closing(SqliteLog(folder)) as log:
            log.create(TOPIC)
            log.append(TOPIC, b"record")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == {f"{TOPIC}.db{end}": 0o600 for end in ("", "-wal", "-shm")}


def test_a_file_holds_an_offset_and_the_record_and_nothing_else(log: SqliteLog, file: Path) -> None:
    with by_hand(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("partition_0",)]
        cursor = connection.execute("SELECT * FROM partition_0")
        assert [column[0] for column in cursor.description] == ["offset", "value"]
        assert cursor.fetchall() == [(0, b"first")]


def test_a_commit_returns_only_when_the_disk_has_it(log: SqliteLog, file: Path) -> None:
    with closing(connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: fsync after each commit


def test_a_deleted_topic_leaves_no_file(log: SqliteLog, folder: Path) -> None:
    log.delete(TOPIC)
    assert list(folder.iterdir()) == []


@ON_LINUX
def test_what_was_deleted_here_is_let_go_of_at_once(log: SqliteLog) -> None:
    assert TOPIC in " ".join(open_files())
    log.delete(TOPIC)
    assert TOPIC not in " ".join(open_files())


@ON_LINUX
def test_what_another_process_deleted_is_let_go_of_at_the_next_read_of_anything(log: SqliteLog, folder: Path) -> None:
    log.create("rounds")
    with elsewhere(f"sqlite:{folder}") as other:
        other.call("delete", TOPIC)

    assert TOPIC in " ".join(open_files())
    assert list(log.read("rounds")) == []
    assert TOPIC not in " ".join(open_files())


def test_processes_that_create_and_delete_one_topic_at_once_do_not_mix_its_files(log: SqliteLog, folder: Path) -> None:
    url = f"sqlite:{folder}"
    churn = (create_and_delete, url, "rounds", 60, 3)
    with running(*churn), running(*churn):
        create_and_delete(url, "rounds", 60, 3)
    assert not list(folder.glob("rounds*"))


def test_a_deletion_that_was_cut_short_brings_nothing_back(log: SqliteLog, folder: Path, file: Path) -> None:
    wal = file.with_name(f"{file.name}-wal")
    assert b"first" in wal.read_bytes()
    left_over = folder.parent / "left-over"
    copy(wal, left_over)
    log.delete(TOPIC)
    copy(left_over, wal)
    with pytest.raises(NoSuchTopic):
        log.end(TOPIC)
    log.create(TOPIC)
    assert values(log) == []


def test_a_creation_that_was_cut_short_can_be_done_again(log: SqliteLog, folder: Path) -> None:
    (folder / "rounds.db.new").write_bytes(b"unfinished")
    (folder / "rounds.db.new-journal").write_bytes(b"unfinished")
    with pytest.raises(NoSuchTopic):
        log.end("rounds")
    log.create("rounds")
    log.append("rounds", b"record")
    assert values(log, "rounds") == [b"record"]
    assert not list(folder.glob("*.new*"))


def test_a_lock_that_is_held_too_long_stops_appending_but_not_reading(log: SqliteLog, file: Path) -> None:
    with by_hand(file) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LogUnavailable, match="SQLITE_BUSY"):
            log.append(TOPIC, b"second", b"third")
        assert values(log) == [b"first"]
        holder.execute("ROLLBACK")
    log.append(TOPIC, b"second")
    assert values(log) == [b"first", b"second"]


def test_a_file_that_another_keeps_for_itself_is_unavailable(log: SqliteLog, file: Path) -> None:
    log.close()
    with by_hand(file) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("INSERT INTO partition_0 VALUES (1, x'00')")
        for use in (lambda: log.append(TOPIC, b"record"), lambda: log.read(TOPIC), lambda: log.end(TOPIC)):
            with pytest.raises(LogUnavailable):
                use()
    assert log.end(TOPIC) == (2,)


def test_threads_do_not_wait_one_after_the_other_for_a_lock_that_is_held_too_long(log: SqliteLog, file: Path) -> None:
    threads = 20
    with by_hand(file) as holder, ThreadPoolExecutor(threads) as pool:
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for append in [pool.submit(log.append, TOPIC, b"record") for _ in range(threads)]:
            assert isinstance(append.exception(), LogUnavailable)
        assert time.monotonic() - began < threads * 0.2 / 2
    assert values(log) == [b"first"]


def test_a_full_disk_stops_appending_undoes_what_was_begun_and_not_reading(log: SqliteLog, folder: Path) -> None:
    with elsewhere(f"sqlite:{folder}") as other:
        other.call("append", TOPIC, b"second")
        other.call("limit", 300_000)
        with pytest.raises(LogUnavailable):
            for _ in range(100):
                other.call("append", TOPIC, *[b"x" * 20_000] * 3)
        (end,) = other.call("end", TOPIC)
        assert end < 300
        assert end % 3 == 2
        assert len(other.call("read", TOPIC)) == end
        with pytest.raises(LogUnavailable):
            other.call("create", "rounds", 1000)
        with pytest.raises(NoSuchTopic):
            other.call("end", "rounds")
        other.call("limit", None)
        other.call("append", TOPIC, b"after")
        other.call("create", "rounds")
    assert len(values(log)) == end + 1
    assert values(log)[-1] == b"after"
    assert log.end("rounds") == (0,)


def test_a_folder_that_is_gone_is_unavailable_and_not_made_again(log: SqliteLog, folder: Path) -> None:
    shutil.rmtree(folder)
    for use in (lambda: log.append(TOPIC, b"record"), lambda: log.create("rounds"), lambda: log.end(TOPIC)):
        with pytest.raises(LogUnavailable):
            use()
    assert not folder.exists()


def foreign(file: Path) -> None:
    with by_hand(file) as connection:
        connection.execute("CREATE TABLE partition_0 (offset INTEGER PRIMARY KEY, value BLOB)")


def no_database(file: Path) -> None:
    file.write_bytes(b"Klog" * 4096)


def empty(file: Path) -> None:
    file.touch()


@pytest.mark.parametrize("put", [foreign, no_database, empty])
def test_a_file_that_is_not_of_this_log_is_refused_and_left_as_it_is(
    log: SqliteLog, folder: Path, put: Callable[[Path], None]
) -> None:
    put(folder / "rounds.db")
    before = (folder / "rounds.db").read_bytes()
    log.create("rounds")
    for use in (lambda: log.append("rounds", b"record"), lambda: log.read("rounds"), lambda: log.end("rounds")):
        with pytest.raises(LogDamaged, match="rounds"):
            use()
    assert (folder / "rounds.db").read_bytes() == before


def test_a_file_that_is_damaged_inside_is_refused_when_the_damage_is_met(log: SqliteLog, file: Path) -> None:
    log.append(TOPIC, *[bytes(3000)] * 200)
    log.close()
    content = bytearray(file.read_bytes())
    content[8192:-8192] = b"\xff" * (len(content) - 16384)
    file.write_bytes(content)
    with pytest.raises(LogDamaged, match="SQLITE_CORRUPT"):
        values(log)


def test_a_log_that_is_put_back_under_running_processes_shows_them_what_is_there_now(
    log: SqliteLog, folder: Path, tmp_path: Path
) -> None:
    with elsewhere(f"sqlite:{folder}") as other:
        assert other.call("end", TOPIC) == (1,)
        copy(folder, tmp_path / "saved")
        other.call("append", TOPIC, b"second")
        log.append(TOPIC, b"third")
        restore(tmp_path / "saved", folder)
        assert log.end(TOPIC) == other.call("end", TOPIC) == (1,)
        other.call("append", TOPIC, b"another second")
        assert values(log) == [b"first", b"another second"]
    with closing(SqliteLog(folder)) as later:
        assert values(later) == [b"first", b"another second"]


def test_a_log_whose_older_files_are_renamed_into_place_is_noticed_too(
    log: SqliteLog, folder: Path, file: Path, tmp_path: Path
) -> None:
    log.close()
    copy(folder, tmp_path / "saved")
    log.append(TOPIC, b"second")
    folder.rename(tmp_path / "newer")
    (tmp_path / "saved").rename(folder)
    assert values(log) == [b"first"]


def test_a_reader_never_mixes_two_states_of_a_log(log: SqliteLog, folder: Path, tmp_path: Path) -> None:
    log.append(TOPIC, *[b"old"] * 100)
    copy(folder, tmp_path / "saved")
    reading = log.read(TOPIC)
    assert next(reading).value == b"first"
    restore(tmp_path / "saved", folder)
    with pytest.raises(LogUnavailable, match="replaced"):
        list(reading)


def test_a_write_ahead_file_that_somebody_removed_takes_nothing_acknowledged_along(
    log: SqliteLog, folder: Path, file: Path
) -> None:
    for end in ("-wal", "-shm"):
        file.with_name(f"{file.name}{end}").unlink()
    log.append(TOPIC, b"second")
    with elsewhere(f"sqlite:{folder}") as other:
        assert [entry.value for entry in other.call("read", TOPIC)] == [b"first", b"second"]


@ON_LINUX
def test_a_process_that_forks_and_its_child_can_both_go_on(log: SqliteLog, folder: Path) -> None:
    with running(append_from_a_fork, f"sqlite:{folder}", TOPIC):
        pass
    assert sorted(values(log)) == [b"after", b"before", b"child", b"first", b"parent"]


def test_a_log_that_was_closed_kept_everything(log: SqliteLog, folder: Path) -> None:
    log.close()
    assert [path.name for path in folder.iterdir()] == [f"{TOPIC}.db"]
    with closing(open_log(f"sqlite:{folder}")) as again:
        assert [entry.value for entry in again.read(TOPIC)] == [b"first"]


@pytest.mark.parametrize("url", ["", "sqlite:", "memory:", "/folder", "other://user:secret@host"])
def test_an_address_of_no_log_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:") as refused:
        open_log(url)
    assert "secret" not in str(refused.value)
