"""What the page's client makes the real services take and the command line reads, and the other way round."""

from pathlib import Path

import pytest

from clients.cli import answering, wallet_json
from clients.cli.counting import Fate
from clients.cli.wallet import Entry, Wallet
from shared import codes, tokens
from shared.codes import WalletCode
from shared.rounds import State
from tests.clients.web.page import Page, PageFailure
from tests.rounds_made import CLOSES, OPENS, PEOPLE
from tests.system import tallies
from tests.system.forging import composed
from tests.system.house import House
from tests.system.members import Crowd, Vote

ANSWERS: dict[str, answering.Answer] = {"q0": 4, "q1": 3, "q2": 0, "keep": " De vrijdag\r\nen de koffie 🙂"}
WORDS = "De vrijdag\nen de koffie 🙂"
"""How they are sent: without white space around, and with one kind of line break."""


def agree(house: House) -> None:
    """HR's part of the story, up to a round that everybody has agreed on."""
    house.staff(PEOPLE)
    house.everybody_looks()
    house.draft("spring")
    house.settle()


def access(house: House, person: str) -> dict[str, str]:
    return {issuer: code.text for issuer, code in house.codes[person].items()}


def wallet_of(page: Page) -> tuple[str, Entry]:
    """The page's wallet file, and what the command line reads in it."""
    file: str = page.call("wallet")
    entries = wallet_json.loads(file.encode())
    assert wallet_json.dumps(entries).decode() == file
    return file, entries["spring"]


@pytest.mark.parametrize("issuers", [1, 2])
def test_a_page_and_a_command_line_answer_one_round_and_know_each_others_wallets(tmp_path: Path, issuers: int) -> None:
    with House(tmp_path, issuers) as house, Page(house) as page:
        agree(house)
        crowd = Crowd(house, "spring")
        manifest = crowd.manifest

        # p0 collects in the page. The command line reads her wallet: a token of every issuer for every step.
        collected = page.call("collect", round="spring", access=access(house, "p0"))
        assert collected["check"] == manifest.check_code
        assert "Name 0" in collected["names"][0]
        _, entry = wallet_of(page)
        for part, ticket in enumerate(entry.tickets):
            nonce = tokens.group_nonce(ticket.sk.public_key().public_bytes_raw())
            for place, (issuer, admission_key) in enumerate(manifest.admission_keys.items()):
                digest = manifest.challenge_digests[place]
                assert tokens.verify(admission_key, ticket.nonce, digest, ticket.admission[place])
                for step, of_node in enumerate(ticket.group):
                    key = composed(house, "spring").group_key(issuer, step, part)
                    assert tokens.verify(key, nonce, digest, of_node[place])

        # Her code typed into the command line asks for the same tokens and gets them.
        code = codes.parse(WalletCode, collected["key"])
        assert isinstance(code, WalletCode)
        elsewhere, client = Wallet(), crowd.client("p0")
        client.collect(
            manifest, client.membership(manifest, house.codes["p0"]), house.codes["p0"], elsewhere, typed=code
        )
        assert dict(elsewhere.items())["spring"].tickets == entry.tickets

        # p1 and others collect with the command line, whose file the page reads and writes in the same bytes.
        colleagues = [f"p{number}" for number in (*range(1, 8), *range(12, 18))]
        crowd.collect(*colleagues)
        file_of_p1 = wallet_json.dumps(dict(crowd.wallet("p1").items())).decode()

        # p0 answers in the page, asking nobody but ingest.
        house.clock.now = OPENS + 3600
        before = len(page.asked)
        assert page.call("answer", round="spring", answers=ANSWERS) is True
        assert all("https://ingest.example/" in request for request in page.asked[before:])
        file_of_p0, entry = wallet_of(page)
        assert (entry.answered, entry.last_revision) == (True, 256)
        assert sorted(map(len, house.envelopes("spring"))) == sorted(layout.envelope for layout in manifest.layouts)
        given = answering.plaintexts(manifest.draft.questionnaire, {**ANSWERS, "keep": WORDS})
        votes = [Vote("p0", part, 256, text, entry.sent[part][-1].counted) for part, text in enumerate(given)]

        # p1 answers in the page with his file, and changes it with the command line.
        assert page.call("open", file=file_of_p1) == file_of_p1
        page.call("answer", round="spring", answers={"q0": 1, "keep": "Weg ermee"})
        by_pages = set(house.envelopes("spring"))
        crowd.wallets["p1"] = Wallet(wallet_json.loads(page.call("wallet").encode()))
        crowd.answer("p1", [2, 2, 2], "Changed my mind")
        for number, person in enumerate(colleagues[1:]):
            crowd.answer(person, [number % 5, (number + 2) % 5, number % 3 or None], f"Words of {person}")

        # The round closes, and the release is the plain tally of everybody's last version.
        votes += crowd.winners(one for one in house.envelopes("spring") if one not in by_pages)
        house.clock.now = CLOSES + manifest.draft.grace
        house.settle()
        assert house.phase("spring") is State.RELEASED
        assert house.alarms == set()
        tallies.check(house, "spring", votes)

        # Both clients find what the page sent in the signed list.
        page.call("open", file=file_of_p0)
        counted = page.call("counted", round="spring")
        assert counted == {"fates": ["counted", "counted"], "alarm": None, "listed": len(votes)}
        crowd.wallets["p0"] = Wallet(wallet_json.loads(file_of_p0.encode()))
        assert crowd.fates("p0") == crowd.fates("p1") == (Fate.COUNTED, Fate.COUNTED)


def test_a_key_of_the_command_line_gets_the_same_tokens_in_a_page(tmp_path: Path) -> None:
    with House(tmp_path, issuers=2) as house, Page(house) as page:
        agree(house)
        crowd = Crowd(house, "spring")
        client, codes_of = crowd.client("p12"), house.codes["p12"]
        made = client.collect(crowd.manifest, client.membership(crowd.manifest, codes_of), codes_of, Wallet())
        wallet = Wallet()
        client.collect(crowd.manifest, client.membership(crowd.manifest, codes_of), codes_of, wallet, typed=made)
        page.call("collect", round="spring", access=access(house, "p12"), key=made.text)
        assert wallet_of(page)[1].tickets == dict(wallet.items())["spring"].tickets


def test_what_the_services_refuse_the_page_says_in_their_words(tmp_path: Path) -> None:
    with House(tmp_path) as house, Page(house) as page:
        agree(house)
        codes_of_p0 = access(house, "p0")

        def failure(call: str, **arguments: object) -> dict[str, object]:
            with pytest.raises(PageFailure) as failed:
                page.call(call, round="spring", **arguments)
            return failed.value.words

        stranger = {"hr": codes.AccessCode(bytes(16)).text}
        assert failure("collect", access=stranger)["word"] == "unknown-code"
        assert failure("answer", answers={})["reason"] == "not-collected"
        page.call("collect", round="spring", access=codes_of_p0)
        assert failure("answer", answers={})["word"] == "not-open-yet"
        assert failure("counted")["word"] == "unknown-round"
        page.call("open", file='{"rounds":{},"v":1}')
        assert failure("collect", access=codes_of_p0)["reason"] == "already-collected"
        key = codes.WalletCode(bytes(16)).text
        assert failure("collect", access=codes_of_p0, key=key)["reason"] == "already-collected"
        house.clock.now = CLOSES
        assert failure("collect", access=access(house, "p1"))["word"] == "not-collecting"
