"""The whole story of one answer, with the real services, the real client and real keys."""

from pathlib import Path
from typing import Any

import pytest

from clients.cli import answering
from clients.cli.counting import Fate
from clients.cli.wallet import Wallet
from shared import topics
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import CLOSES, ERASE_AT, OPENS, PEOPLE, RESULTS_UNTIL
from tests.system import tallies
from tests.system.house import House
from tests.system.members import Crowd
from tests.system.moments import COUNTING, Moments


@pytest.mark.parametrize("issuers", [1, 2])
def test_one_answer_from_the_roster_to_the_page_and_back_to_the_one_who_gave_it(tmp_path: Path, issuers: int) -> None:
    """Everything that happens to the answer of p0, who works in Payments, among those of 13 colleagues.

                     roster, draft
    HR ------------------------------> issuers           gate             aggregate
                                          |  offer         | offer            | offer
                                          |  manifest      |                  |
                                          |  accept        | accept           | accept
                                          v                v                  v
    ============================ rounds ============================== agreed, check code on the poster
                                          |
    p0  -- access code, blinded --------> |
        <------------- blind signatures --+      the issuer does not see what it signs

        ... hours later, without any login ...

    p0   answers -> inner envelope (aggregate's) -> outer envelope (gate's) -> ingest: admission token holds
        <------------------------------------------------------ receipt --+
                                                                           v
    ============================ envelopes ==================================================================
                                                           | cut           (closing and grace are over)
                                                           v
                                          takes off the outer envelopes, counts, divides; forgets its key
                                                           |
    ============================ batches ==== a lot for Payments, a lot for Risk, each of at least five =====
                                                                              | opening
                                                                              v
                                                     checks it all, opens, adds up; forgets its key
                                                                              |
    ============================ releases, words =================== the signed release =====================
                                                                              v
    p0  <---- the list of all counted entries, hers among them ----------- report ----> HR, everybody
    """
    with House(tmp_path, issuers, partitions=3) as house:
        # HR imports the roster, hands out access codes, and drafts a round.
        house.staff(PEOPLE)
        house.everybody_looks()
        house.draft("spring")
        assert house.hr("GET", "/admin/rounds")["on_their_way"] == ["spring"]

        # Each issuer plans the groups from its own roster and makes keys; gate and aggregate make theirs; all accept.
        house.settle()
        of, authors = house.of("spring"), set(house.installed.parties.authors)
        assert of.state(house.clock()) is State.SCHEDULED
        assert of.authors_of(Kind.OFFER) == of.authors_of(Kind.ACCEPT) == authors
        assert all(house.has_key(author, "spring") for author in authors)

        # p0 sees the rules, which all parties have signed, and in which groups of which size her answers can count.
        crowd = Crowd(house, "spring")
        client, access, wallet = crowd.client("p0"), house.codes["p0"], Wallet()
        crowd.wallets["p0"] = wallet
        (listed,) = client.rounds()
        rules = client.rules(listed.round_id).manifest
        assert rules.fingerprint == listed.fingerprint
        membership = client.membership(rules, access)
        assert [(group.label, group.size) for group in membership.path] == [("Velda", 20), ("Payments", 12)]
        assert "Name 0" in membership.places[0].names

        # She collects her tokens, and puts the wallet away. So do her colleagues; the services know that and no more.
        client.collect(rules, membership, access, wallet)
        colleagues = [f"p{number}" for number in (*range(1, 8), *range(12, 18))]
        crowd.collect(*colleagues)

        # The round opens. Without any login she seals both parts twice and posts them; ingest gives receipts.
        house.clock.now = OPENS + 3600
        rules_again = client.rules_to_answer("spring", wallet).manifest
        assert rules_again.hash == rules.hash
        plaintexts = answering.plaintexts(rules.draft.questionnaire, {"q0": 4, "q1": 4, "q2": 0, "keep": "De vrijdag"})
        sealed = client.seal(rules, wallet, plaintexts, house.clock())
        crowd.note("p0", sealed, plaintexts)
        client.send(rules, wallet, list(sealed))
        entry = wallet.get("spring")
        assert entry is not None
        assert entry.answered
        assert {len(one) for one in house.envelopes("spring")} == {layout.envelope for layout in rules.layouts}

        # Her colleagues answer as well, and one of them changes his mind the day after.
        for number, person in enumerate(colleagues):
            crowd.answer(person, [number % 5, (number + 2) % 5, number % 3 or None], f"Words of {person}")
        house.clock.now += 86_400
        crowd.answer("p1", [4, 4, 4], "Other words of p1")
        envelopes = house.envelopes("spring")
        assert len(envelopes) == 2 * (1 + len(colleagues) + 1)

        # The round closes. After the grace the gate cuts, counts and divides, and aggregate opens and adds up.
        house.clock.now = CLOSES
        house.settle()
        assert house.of("spring").state(house.clock()) is State.CLOSING
        house.clock.now = CLOSES + rules.draft.grace
        house.settle()
        assert house.phase("spring") is State.RELEASED
        assert house.alarms == set()
        assert not any(house.has_key(author, "spring") for author in authors)

        # What is released is the plain tally of the last revisions, and lies in two cells of at least five.
        tallies.check(house, "spring", crowd.winners(envelopes))
        numbers, words, counted = tallies.released(house, "spring")
        assert [(cell.part, cell.n) for cell in numbers.cells] == [(0, 8), (0, 6), (1, 14)]
        assert {result.node for result in numbers.results} <= {0, 1, 2}
        assert "De vrijdag" in {comment.text for comment in words}

        # Report shows it to HR, and p0 finds both her parts in the signed list that everybody gets.
        shown = results(house)
        assert shown["check_code"] == rules.check_code
        assert [part["counted"] for part in shown["parts"]] == [14, 14]
        assert "De vrijdag" in [text for of_cell in shown["comments"] for text in of_cell["texts"]]
        assert "Velda" in page(house, "/results/spring")
        assert client.fates("spring", wallet) == (Fate.COUNTED, Fate.COUNTED)
        assert {one.counted for one in sealed} <= set(counted.counted)
        assert crowd.fates("p1") == (Fate.COUNTED, Fate.COUNTED)

        # At its dates everything goes that could still be opened or read one day; the signed records stay.
        house.clock.now = ERASE_AT
        house.settle()
        assert house.log.copy().keys() == {
            topics.ROUNDS,
            *(name("spring") for name in (topics.nodes, topics.releases, topics.words)),
        }
        house.clock.now = RESULTS_UNTIL
        house.settle()
        assert house.log.copy().keys() == {topics.ROUNDS}
        assert house.of("spring").state(house.clock()) is State.ERASED
        assert house.alarms == set()


def test_a_round_that_nobody_answered_is_released_and_shown_as_nothing(moments: Moments, tmp_path: Path) -> None:
    house, _ = moments.again("open", tmp_path)
    with house:
        house.clock.now = COUNTING
        house.settle()
        tallies.check(house, "spring", [])
        assert not any(group["units"] for group in results(house)["groups"])
        assert results(house)["published"] is False
        assert "Velda" in page(house, "/results/spring")


def test_fewer_answers_than_the_minimum_are_counted_and_never_opened(moments: Moments, tmp_path: Path) -> None:
    house, crowd = moments.again("open", tmp_path)
    with house:
        house.everybody_looks()
        four = ["p0", "p1", "p12", "p13"]
        crowd.collect(*four)
        for number, person in enumerate(four):
            crowd.answer(person, [number, number, number], f"Words of {person}")
        house.clock.now = COUNTING
        house.settle()
        tallies.check(house, "spring", crowd.winners(house.envelopes("spring")))
        assert not any(group["units"] for group in results(house)["groups"])
        assert results(house)["published"] is False
        assert [part["held_back"] for part in results(house)["parts"]] == [4, 4]
        assert {crowd.fates(person) for person in four} == {(Fate.HELD_BACK, Fate.HELD_BACK)}
        assert not any(house.has_key(author, "spring") for author in house.installed.parties.authors)


def results(house: House) -> dict[str, Any]:
    """What report says of the round, as a program reads it."""
    return house.web.get("report", house.installed.parties.report_url, "/rounds/spring")


def page(house: House, path: str) -> str:
    """What a person sees."""
    app = house.services["report"].app
    assert app is not None
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    return answer.text
