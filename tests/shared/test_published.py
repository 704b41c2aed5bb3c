"""What everybody may see of rounds, and from when on."""

from functools import cache

from shared import published
from shared.manifest import verify_published
from shared.records import Kind
from shared.rounds import fold
from shared.topics import ROUNDS
from tests.rounds_made import CLOSES, NOW, OPENS, RESULTS_UNTIL, MadeRound, make_round


@cache
def made() -> MadeRound:
    return make_round(issuers=2)


def test_an_agreed_round_is_listed_with_its_dates_and_fingerprint() -> None:
    draft = made().manifest.draft.body
    assert published.listing(published.snapshot(made().fold), OPENS) == {
        "rounds": [
            {
                "round": "spring",
                "state": "open",
                "period": draft["period"],
                "title": draft["title"],
                "opens": draft["opens"],
                "answer_from": draft["answer_from"],
                "closes": draft["closes"],
                "fingerprint": made().manifest.fingerprint,
            }
        ]
    }


def test_a_client_can_verify_what_is_shown() -> None:
    shown = published.document(made().of, OPENS)
    assert shown.keys() == {"round", "state", "manifest", "accepts"}
    assert verify_published(shown["manifest"], shown["accepts"], made().parties) == made().manifest


def test_states_follow_the_clock() -> None:
    states = [published.document(made().of, now)["state"] for now in (NOW, OPENS, CLOSES - 1, CLOSES)]
    assert states == ["scheduled", "open", "open", "closing"]


def test_a_round_is_shown_only_when_everybody_has_accepted_and_then_for_ever() -> None:
    other = make_round(round_id="summer")
    before = published.snapshot(other.fold)
    assert list(before) == ["summer"]
    other.say(Kind.CANCEL, "hr", {})
    assert published.document(published.snapshot(other.fold)["summer"], RESULTS_UNTIL)["state"] == "cancelled"
    assert published.document(before["summer"], OPENS)["state"] == "open"


def test_a_round_that_lacks_an_accept_is_not_there() -> None:
    records = [entry.value for entry in made().log.read(ROUNDS)]
    incomplete = fold(records[:-1], made().book)
    assert list(incomplete.rounds) == ["spring"]
    assert published.snapshot(incomplete) == {}
