"""One round's broken topic, and envelopes of the other rounds."""

from pathlib import Path

import pytest

from shared.apart import RoundsWait
from shared.health import Word
from shared.topics import envelopes
from tests.broken_topics import damaged, log_in
from tests.rounds_made import make_round
from tests.services.ingest.desks import Place, body_of, word


def test_envelopes_of_other_rounds_are_taken_while_those_of_one_cannot_be(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    first = make_round(round_id="autumn", log=log)
    second = make_round(among=first.installation, log=log, first_key=first.next_key)
    there = Place(second, log)
    bodies = [body_of(of.member("p0").envelope(0, of.closed(1)), round=of.id) for of in (first, second)]
    with damaged(tmp_path, envelopes("autumn")):
        with pytest.raises(RoundsWait, match=f"^{envelopes('autumn')}: "):
            there.watch.look()
        assert there.watch.word() is Word.STARTING, "no look was a whole one"
        assert there.shown("waiting_rounds") == {"": 1}
        assert there.shown("last_look") == {}
        answers = [there.post(body) for body in bodies]
        assert word(answers[0]) == "log-unavailable"
        assert answers[1].status_code == 202
    there.watch.look()
    assert there.shown("waiting_rounds") == {}
    assert there.post(bodies[0]).status_code == 202
    there.desk.close()
    log.close()
