"""One round's broken topic, and what an issuer does for its other rounds and for everybody's members."""

from contextlib import suppress
from pathlib import Path

import pytest

from shared import topics
from shared.apart import RoundsWait
from shared.log.port import NoSuchTopic
from shared.records import Kind
from shared.rounds import State
from tests.broken_topics import damaged, log_in
from tests.rounds_made import RESULTS_UNTIL, questionnaire_body
from tests.services.issuer.issuers import Running, World, until, world

SPRING, AUTUMN = topics.nodes("spring"), topics.nodes("autumn")


def waiting(issuer: Running) -> float | None:
    return issuer.metrics.registry.get_sample_value("klankbord_issuer_waiting_rounds")


def look(made: World) -> None:
    for _ in range(3):
        with suppress(RoundsWait):
            made.lead.tick()


def has_offered(made: World) -> bool:
    """After a few looks more."""
    look(made)
    return made.round("autumn").record(Kind.OFFER, "hr") is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_round_whose_groups_cannot_be_read_waits_alone_and_its_members_go_on(tmp_path: Path, folder: Path) -> None:
    made = world(tmp_path, log=log_in(folder))
    made.agree()
    other = {"questionnaire": questionnaire_body("autumn"), "period": "autumn"}
    made.draft("autumn", **other)
    with damaged(folder, SPRING):
        with pytest.raises(RoundsWait, match=f"^{SPRING}: "):
            made.lead.tick()
        until(lambda: has_offered(made))
        assert waiting(made.lead) == 1
        assert made.lead.desk._live.keys() == {"spring"}, "its groups were known"
        after = made.issuers[0] = made.lead.restarted()
        look(made)
        assert waiting(after) == 1
        assert after.desk._live.keys() == set(), "nothing is known of its groups"
        assert after.desk.rounds is not None and after.desk.rounds.keys() == {"spring", "autumn"}
    made.settle("autumn", first_key=10)
    assert made.round("autumn").phase is State.SCHEDULED
    assert made.lead.desk._live.keys() == {"spring", "autumn"}
    assert waiting(made.lead) == 0
    made.stop()


def test_nodes_are_deleted_at_their_date_whatever_is_broken(tmp_path: Path, folder: Path) -> None:
    made = world(tmp_path, log=log_in(folder))
    made.agree()
    with damaged(folder, SPRING):
        look(made)
        made.clock.now = RESULTS_UNTIL
        look(made)
        with pytest.raises(NoSuchTopic):
            made.log.end(SPRING)
    made.stop()
