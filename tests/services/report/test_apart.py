"""One round's broken topic, and what report shows of it and of the others."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.report.library import Library
from services.report.metrics import Metrics
from services.report.verify import Doubt
from services.report.watch import Watch
from shared import topics
from shared.apart import RoundsWait
from shared.log.sqlite import SqliteLog
from shared.reading import RoundsReader
from tests.broken_topics import damaged, log_in
from tests.releases_made import hand_out
from tests.rounds_made import MadeRound, make_round
from tests.services.report.rounds_shown import LATER, TEAMS, WORDS_UNTIL, counted, template

SPRING, AUTUMN = "spring", "autumn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> SqliteLog:
    return log_in(folder)


def released(log: SqliteLog) -> MadeRound:
    """The usual round, released, in such a log; and one that people are answering."""
    made = template()
    for topic in (topics.ROUNDS, topics.nodes(made.id)):
        log.create(topic)
        log.append(topic, *(entry.value for entry in made.log.read(topic)))
    reader = RoundsReader(log, made.book)
    reader.refresh()
    made = replace(made, log=log, reader=reader)
    hand_out(made, counted())
    return made


@pytest.mark.parametrize("topic", [topics.nodes(SPRING), topics.releases(SPRING), topics.words(SPRING)])
def test_what_was_shown_of_a_round_stays_while_a_topic_of_it_cannot_be_read(
    log: SqliteLog, folder: Path, topic: str
) -> None:
    made = released(log)
    now = [float(LATER)]
    library, metrics = Library(log, made.book, lambda: now[0]), Metrics()
    watch = Watch(library, metrics, 2)
    watch.look()
    before = library.shelf.by_id[SPRING].results
    assert before is not None
    with damaged(folder, topic):
        make_round(people=TEAMS, round_id=AUTUMN, among=made.installation, log=log, first_key=made.next_key)
        with pytest.raises(RoundsWait, match=f"^{topic}: "):
            watch.look()
        assert library.shelf.by_id[SPRING].results is before
        assert AUTUMN in library.shelf.by_id, "what comes of other rounds is shown"
        assert metrics.registry.get_sample_value("klankbord_report_waiting_rounds") == 1
        assert library.looked_at == LATER
        now[0] = WORDS_UNTIL
        with pytest.raises(RoundsWait):
            watch.look()
        assert library.shelf.by_id[SPRING].results is None, "comments are gone at their date whatever is broken"
    watch.look()
    assert library.shelf.by_id[SPRING].comments_deleted
    assert metrics.registry.get_sample_value("klankbord_report_waiting_rounds") == 0


def test_of_a_round_that_could_not_be_read_yet_that_is_said(log: SqliteLog, folder: Path) -> None:
    made = released(log)
    library = Library(log, made.book, lambda: LATER)
    with damaged(folder, topics.releases(SPRING)):
        library.refresh()
        assert library.shelf.by_id[SPRING].doubt is Doubt.MISSING
    library.refresh()
    assert library.shelf.by_id[SPRING].results is not None
