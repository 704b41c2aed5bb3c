import multiprocessing
import os
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shared.journal import CHUNKS, Journal, JournalConflict, JournalLocked, destroy, write_durably
from shared.records import Kind
from tests.crashes import failing, killed_before_each_call

CHUNK = {"batches.spring": [b"first", b"second"]}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal")
    yield opened
    opened.close()


def chunks_of(journal: Journal, kind: Kind = Kind.BATCH) -> dict[str, list[bytes]]:
    return {topic: [path.read_bytes() for path in paths] for topic, paths in journal.chunks("spring", kind).items()}


def test_what_was_stored_is_there_again_after_a_restart(tmp_path: Path) -> None:
    before = Journal(tmp_path / "deep" / "journal")
    before.store("spring", Kind.BATCH, "a.b.c", CHUNK)
    before.store("autumn", Kind.CUT, "d.e.f", {})
    before.acknowledge("autumn", Kind.CUT)
    before.close()
    after = Journal(tmp_path / "deep" / "journal")
    assert list(after.entries()) == [("autumn", Kind.CUT), ("spring", Kind.BATCH)]
    assert after.record("spring", Kind.BATCH) == "a.b.c"
    assert chunks_of(after) == CHUNK
    assert after.acknowledged("autumn", Kind.CUT)
    assert not after.acknowledged("spring", Kind.BATCH)
    after.close()


def test_entries_come_in_the_order_of_a_rounds_life(journal: Journal) -> None:
    for kind in reversed(Kind):
        journal.store("spring", kind, f"{kind}.b.c", {})
    assert [kind for _, kind in journal.entries()] == list(Kind)


def test_a_second_record_of_a_kind_is_refused_for_ever(journal: Journal) -> None:
    journal.store("spring", Kind.BATCH, "a.b.c", CHUNK)
    journal.store("spring", Kind.BATCH, "a.b.c", {"batches.spring": [b"other"]})
    assert chunks_of(journal) == CHUNK, "the same record again changes nothing"
    with pytest.raises(JournalConflict):
        journal.store("spring", Kind.BATCH, "x.y.z", CHUNK)
    assert journal.record("spring", Kind.BATCH) == "a.b.c"
    journal.store("spring", Kind.CUT, "x.y.z", {})


def test_of_threads_that_store_at_once_one_wins_and_the_others_are_told(journal: Journal) -> None:
    barrier, stored, refused = threading.Barrier(6), list[str](), list[str]()

    def store(jws: str) -> None:
        barrier.wait()
        try:
            journal.store("spring", Kind.DRAFT, jws, {})
            stored.append(jws)
        except JournalConflict:
            refused.append(jws)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=store, args=(f"{number}.b.c",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert stored == [journal.record("spring", Kind.DRAFT)]
    assert len(refused) == 5


def test_of_several_processes_that_share_a_journal_all_store_and_one_leads(tmp_path: Path) -> None:
    first, second = (Journal(tmp_path / "journal", alone=False) for _ in range(2))
    assert not (first._lock or second._lock)
    second.store("spring", Kind.DRAFT, "a.b.c", {})
    assert first.lead() and first.lead() and not second.lead()
    assert first.record("spring", Kind.DRAFT) == "a.b.c"
    second.store("spring", Kind.CANCEL, "d.e.f", CHUNK)
    assert list(first.entries()) == [("spring", Kind.DRAFT), ("spring", Kind.CANCEL)]
    with pytest.raises(JournalConflict):
        first.store("spring", Kind.CANCEL, "x.y.z", {})
    with pytest.raises(JournalLocked, match="led by another"):
        second.acknowledge("spring", Kind.DRAFT)
    with pytest.raises(JournalLocked, match="led by another"):
        second.forget_chunks("spring", "batches.spring")
    first.acknowledge("spring", Kind.DRAFT)
    with pytest.raises(JournalLocked, match="in use"):
        Journal(tmp_path / "journal")
    first.close()
    with pytest.raises(JournalLocked):
        first.lead()
    assert second.lead()
    second.acknowledge("spring", Kind.CANCEL)
    second.close()


def test_of_processes_that_store_at_once_one_wins_and_the_others_are_told(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    barrier, outcomes = fork.Barrier(4), fork.Queue()

    def store(number: int) -> None:
        journal = Journal(tmp_path / "journal", alone=False)
        won = []
        for round_number in range(25):
            barrier.wait(20)
            with suppress(JournalConflict):
                journal.store(f"round-{round_number}", Kind.DRAFT, f"{number}.b.c", CHUNK)
                won.append(round_number)
        outcomes.put(won)

    processes = [fork.Process(target=store, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    won = [outcomes.get(timeout=20) for _ in processes]
    for process in processes:
        process.join(20)
    assert sorted(number for each in won for number in each) == list(range(25))


def test_what_a_crash_left_is_removed_by_whoever_leads_next_and_by_nobody_else(tmp_path: Path) -> None:
    leading = Journal(tmp_path / "journal")
    (tmp_path / "journal" / "spring").mkdir()
    leftover = tmp_path / "journal" / "spring" / "batch.batches.spring.000000"
    leftover.write_bytes(b"of a process that is in the middle of storing")
    waiting = Journal(tmp_path / "journal", alone=False)
    assert not waiting.lead() and leftover.exists()
    leading.close()
    assert waiting.lead() and not leftover.exists()
    waiting.close()


@pytest.mark.parametrize("round_id", ["", "..", "../x", "a/b", "A", ".x", "a" * 41, "a\n"])
def test_what_is_no_rounds_id_never_becomes_a_folder(journal: Journal, tmp_path: Path, round_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        journal.store(round_id, Kind.CUT, "a.b.c", {})
    assert {path.name for path in (tmp_path / "journal").iterdir()} == {"lock", "storing"}


@pytest.mark.parametrize("topic", ["", "../x", "a.b.c", "A", "batches.spring\n"])
def test_what_is_no_topic_never_becomes_a_file(journal: Journal, topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        journal.store("spring", Kind.BATCH, "a.b.c", {topic: [b"x"]})
    assert not journal.has("spring", Kind.BATCH)


def test_more_chunks_than_six_digits_number_are_refused(journal: Journal) -> None:
    with pytest.raises(ValueError, match="chunks"):
        journal.store("spring", Kind.BATCH, "a.b.c", {"batches.spring": [b""] * (CHUNKS + 1)})


def test_topics_and_kinds_whose_names_begin_alike_are_kept_apart(journal: Journal) -> None:
    topics = ["nodes.spring", "nodes.spring-1", "nodes.spring-000001", "nodes", "nodes-000001.spring"]
    journal.store("spring", Kind.OFFER, "a.b.c", {topic: [topic.encode()] for topic in topics})
    journal.store("spring", Kind.BATCH, "a.b.c", {"nodes.spring": [b"of the batch"]})
    assert chunks_of(journal, Kind.OFFER) == {topic: [topic.encode()] for topic in topics}
    journal.forget_chunks("spring", "nodes.spring")
    assert chunks_of(journal, Kind.OFFER) == {topic: [topic.encode()] for topic in topics[1:]}
    assert chunks_of(journal) == {}
    assert journal.record("spring", Kind.OFFER) == "a.b.c"


def test_chunks_of_other_rounds_are_not_forgotten(journal: Journal) -> None:
    for round_id in ("spring", "spring-1"):
        journal.store(round_id, Kind.BATCH, "a.b.c", {f"batches.{round_id}": [b"x"]})
    journal.forget_chunks("spring", "batches.spring")
    journal.forget_chunks("unknown", "batches.unknown")
    assert chunks_of(journal) == {}
    assert list(journal.chunks("spring-1", Kind.BATCH)) == ["batches.spring-1"]


def test_chunks_keep_their_order_beyond_ten_and_a_hundred(journal: Journal) -> None:
    parts = [str(number).encode() for number in range(120)]
    journal.store("spring", Kind.BATCH, "a.b.c", {"batches.spring": parts})
    assert chunks_of(journal)["batches.spring"] == parts


def test_foreign_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    foreign = [folder / "lost+found" / "cut.jws", folder / ".git" / "draft.jws", folder / "Spring" / "cut.jws"]
    foreign += [folder / "notes", folder / "spring" / "notes.txt", folder / "spring" / "unknown.jws"]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("foreign")
    journal = Journal(folder)
    journal.store("spring", Kind.CUT, "a.b.c", {})
    assert list(journal.entries()) == [("spring", Kind.CUT)]
    assert all(path.read_text() == "foreign" for path in foreign)
    journal.close()


def test_nobody_else_can_read_what_is_stored_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        journal = Journal(tmp_path / "journal")
        journal.store("spring", Kind.BATCH, "a.b.c", CHUNK)
        journal.acknowledge("spring", Kind.BATCH)
        journal.close()
    finally:
        os.umask(before)
    for path in [tmp_path / "journal", *(tmp_path / "journal").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


# One process.


def test_a_second_journal_of_the_same_folder_is_refused(tmp_path: Path, journal: Journal) -> None:
    for _ in range(2):
        with pytest.raises(JournalLocked):
            Journal(tmp_path / "journal")
    journal.close()
    journal.close()
    Journal(tmp_path / "journal").close()


def test_a_closed_journal_stores_nothing(journal: Journal) -> None:
    journal.close()
    with pytest.raises(JournalLocked):
        journal.store("spring", Kind.CUT, "a.b.c", {})


def _try_to_open(folder: Path, answers: "multiprocessing.SimpleQueue[str]") -> None:
    try:
        Journal(folder).close()
        answers.put("opened")
    except JournalLocked:
        answers.put("locked")


def test_another_process_is_refused_too(tmp_path: Path, journal: Journal) -> None:
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.SimpleQueue()
    process = spawn.Process(target=_try_to_open, args=(tmp_path / "journal", answers))
    process.start()
    assert answers.get() == "locked"
    process.join()


def test_a_fork_has_no_voice_of_its_own(journal: Journal) -> None:
    """It inherits the lock: what it said could contradict what its parent says."""
    journal.store("spring", Kind.CUT, "a.b.c", {})

    def in_the_child() -> None:
        attempts: list[Callable[[], None]] = [
            lambda: journal.store("spring", Kind.BATCH, "a.b.c", {}),
            lambda: journal.acknowledge("spring", Kind.CUT),
            lambda: journal.forget_chunks("spring", "batches.spring"),
        ]
        for attempt in attempts:
            with suppress(JournalLocked):
                attempt()
                raise AssertionError("the fork could write")

    assert list(killed_before_each_call(in_the_child)) == []
    assert [kind for _, kind in journal.entries()] == [Kind.CUT]


# Crashes.


def fill(folder: Path) -> None:
    """What a gate does, as far as its journal knows."""
    journal = Journal(folder)
    with suppress(JournalConflict):
        journal.store("spring", Kind.CUT, f"cut.{os.getpid()}.c", {})
    journal.acknowledge("spring", Kind.CUT)
    with suppress(JournalConflict):
        journal.store("spring", Kind.BATCH, f"batch.{os.getpid()}.c", CHUNK)
    journal.acknowledge("spring", Kind.BATCH)
    journal.close()


def test_a_record_is_there_as_a_whole_or_not_at_all_wherever_the_process_is_killed(tmp_path: Path) -> None:
    folder, steps = tmp_path / "journal", 0
    for _ in killed_before_each_call(lambda: fill(folder)):
        steps += 1
        seen = {kind: path.read_text() for kind in Kind if (path := folder / "spring" / f"{kind}.jws").exists()}
        journal = Journal(folder)
        assert dict.fromkeys(kind for _, kind in journal.entries()) == dict.fromkeys(seen)
        assert chunks_of(journal) == (CHUNK if Kind.BATCH in seen else {})
        left = [path.name for path in folder.rglob("*") if path.name.endswith(".new")]
        assert left == [], "what a crash left may be somebody's words"
        journal.close()
        fill(folder)
        journal = Journal(folder)
        assert {kind: journal.record("spring", kind) for kind in seen} == seen, "never another one"
        assert chunks_of(journal) == CHUNK
        assert len(list(journal.entries())) == 2
        journal.close()
        shutil.rmtree(folder)
    assert steps > 40


def test_a_full_disk_is_an_error_and_leaves_no_half_record(tmp_path: Path) -> None:
    step, failed = 0, True
    while failed:
        folder = tmp_path / str(step)
        journal = Journal(folder)
        with failing(step):
            try:
                journal.store("spring", Kind.BATCH, "a.b.c", CHUNK)
                failed = False
            except OSError as error:
                assert "No space left" in str(error)
        if not journal.has("spring", Kind.BATCH):
            assert list(journal.entries()) == []
        assert [path for path in folder.rglob("*") if path.name.endswith(".new")] == []
        journal.store("spring", Kind.BATCH, "a.b.c", CHUNK)
        assert chunks_of(journal) == CHUNK
        journal.close()
        step += 1
    assert step > 20


def test_chunks_that_no_record_names_are_gone_when_the_journal_is_opened_again(
    tmp_path: Path, journal: Journal
) -> None:
    journal.store("spring", Kind.CUT, "a.b.c", {})
    orphan = tmp_path / "journal" / "spring" / "release.words.spring.000000"
    orphan.write_bytes(b"somebody's words")
    assert chunks_of(journal, Kind.RELEASE) != {}
    journal.close()
    Journal(tmp_path / "journal").close()
    assert not orphan.exists()


# Files.


@pytest.mark.parametrize("before", [None, b"before"])
def test_a_file_has_its_old_content_or_its_new_wherever_the_process_is_killed(
    tmp_path: Path, before: bytes | None
) -> None:
    path = tmp_path / "file"
    contents = set()
    for _ in killed_before_each_call(lambda: write_durably(path, b"after")):
        contents.add(path.read_bytes() if path.exists() else None)
        path.unlink(missing_ok=True)
        if before is not None:
            write_durably(path, before)
    assert contents <= {None, before, b"after"}
    assert b"after" in contents
    assert path.read_bytes() == b"after"


def test_a_file_is_on_disk_before_it_gets_its_name_and_its_name_before_anybody_goes_on(tmp_path: Path) -> None:
    with failing(1000) as made:
        write_durably(tmp_path / "file", b"content")
    named = made.index("replace")
    assert made[:named].count("fsync") == made[named:].count("fsync") == 1
    assert made[named - 1] == made[-1] == "fsync"


def test_a_secret_is_there_as_a_whole_or_not_at_all_wherever_the_process_is_killed(tmp_path: Path) -> None:
    path, secret = tmp_path / "spring.key", bytes(range(32))
    write_durably(path, secret)
    for _ in killed_before_each_call(lambda: destroy(path)):
        assert not path.exists() or path.read_bytes() == secret
        destroy(path)
        assert list(tmp_path.iterdir()) == []
        write_durably(path, secret)
    assert list(tmp_path.iterdir()) == []


def test_a_destroyed_secret_is_overwritten_before_it_is_removed(tmp_path: Path) -> None:
    path, other_name = tmp_path / "spring.key", tmp_path / "kept"
    write_durably(path, b"secret")
    other_name.hardlink_to(path)
    destroy(path)
    assert other_name.read_bytes() == bytes(6)
    destroy(path)
    destroy(tmp_path / "nowhere" / "spring.key")
