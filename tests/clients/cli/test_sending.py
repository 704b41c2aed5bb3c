"""Sending: sealed parts reach the log one by one, in random order, and whatever breaks off can go on."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.cli import answering, sealing
from clients.cli.client import Client
from clients.cli.collecting import Ticket
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Refusal, Trouble, Unavailable
from clients.cli.posting import ATTEMPTS
from clients.cli.sealing import Sealed
from clients.cli.wallet import Entry, Wallet
from shared import envelope, receipt, topics
from shared.canonical import unb64
from shared.codes import WalletCode
from shared.envelope import Envelope
from shared.manifest import Manifest
from tests.clients.cli.suite import Suite, running, unavailable
from tests.keys import ed25519_key
from tests.rounds_made import OPENS, make_round, questionnaire_body

MADE = make_round().manifest


def many_parts(open_parts: int = 4) -> dict[str, Any]:
    """A questionnaire with so many open parts beside the closed one, so that orders can differ."""
    body = questionnaire_body()
    closed, words = body["parts"]
    body["parts"] = [closed]
    for number in range(open_parts):
        text = {"nl": f"Open vraag {number}", "en": f"Open question {number}"}
        body["parts"].append(words | {"id": f"words{number}", "questions": [{"id": f"open{number}", "text": text}]})
    return body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(tmp_path_factory.mktemp("sending"), issuers=2, questionnaire=many_parts()) as suite:
        suite.open()
        yield suite


@pytest.fixture
def suite(world: Suite) -> Suite:
    """The same services for all tests here, honest again; each test has a person of its own."""
    world.changes.clear()
    world.down.clear()
    world.asked.clear()
    world.connections.clear()
    world.slept.clear()
    return world


def ready(suite: Suite, person: str, seed: int = 1) -> tuple[Client, Wallet]:
    """A client with the tokens of a person."""
    client, wallet, access = suite.client(seed), Wallet(), suite.access(person)
    code = WalletCode(sha256(person.encode()).digest()[:16])
    client.collect(suite.manifest, client.membership(suite.manifest, access), access, wallet, code)
    suite.asked.clear()
    suite.connections.clear()
    return client, wallet


def plaintexts(suite: Suite, **given_: Any) -> tuple[bytes, ...]:
    return answering.plaintexts(suite.manifest.draft.questionnaire, given_)


def entry(wallet: Wallet) -> Entry:
    found = wallet.get("spring")
    assert found is not None
    return found


def logged(suite: Suite) -> list[bytes]:
    return [one.value for one in suite.world.log.read(topics.envelopes("spring"))]


def test_all_parts_arrive_each_on_a_connection_of_its_own(suite: Suite) -> None:
    client, wallet = ready(suite, "p0")
    before = len(logged(suite))
    client.answer(suite.manifest, wallet, plaintexts(suite, q0=2), OPENS)
    assert len(logged(suite)) == before + 5
    assert suite.connections == ["https://ingest.example"] * 5
    assert entry(wallet).answered
    assert {body["part"] for body in suite.posted()} == set(range(5))
    arrived = [Envelope.decode(raw, suite.manifest.layouts) for raw in logged(suite)[before:]]
    assert {one.nonce for one in arrived} == {ticket.nonce for ticket in entry(wallet).tickets}


def test_envelopes_of_a_part_have_one_length_whatever_is_said_and_whoever_says_it(suite: Suite) -> None:
    lengths: dict[int, set[int]] = {}
    for person, words in (("p1", ""), ("p15", "x" * 250)):
        client, wallet = ready(suite, person)
        client.answer(suite.manifest, wallet, plaintexts(suite, open0=words), OPENS)
        for request in suite.asked:
            lengths.setdefault(json.loads(request.content)["part"], set()).add(len(request.content))
    assert all(len(of_part) == 1 for of_part in lengths.values())


def test_order_and_pauses_are_drawn_by_lot(suite: Suite) -> None:
    orders, pauses = set(), []
    for seed, person in enumerate(("p2", "p3", "p4")):
        client, wallet = ready(suite, person, seed)
        suite.slept.clear()
        client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
        orders.add(tuple(body["part"] for body in suite.posted()))
        assert len(suite.slept) == 4
        pauses += suite.slept
    assert len(orders) == 3
    assert all(2 <= pause <= 8 for pause in pauses)
    assert len(set(pauses)) == len(pauses)


def test_revision_and_counted_entry_are_written_down_before_anything_is_posted(suite: Suite) -> None:
    kept: list[tuple[int, Entry]] = []

    class Watched(Wallet):
        def put(self, round_id: str, entry: Entry) -> None:
            kept.append((len(suite.posted()), entry))
            super().put(round_id, entry)

    client, wallet = ready(suite, "p5")
    watched = Watched(dict(wallet.items()))
    client.answer(suite.manifest, watched, plaintexts(suite), OPENS + 2 * 3600)
    posted, first = kept[0]
    assert posted == 0
    assert [(one.revision, one.acknowledged) for of_part in first.sent for one in of_part] == [(512, False)] * 5
    assert [posted for posted, _ in kept[1:]] == [1, 2, 3, 4, 5]
    assert [sum(one.acknowledged for (one,) in entry.sent) for _, entry in kept[1:]] == [1, 2, 3, 4, 5]


def test_a_retry_posts_the_same_bytes_and_waits_as_long_as_it_was_told(suite: Suite) -> None:
    client, wallet = ready(suite, "p6")
    suite.down["ingest.example"] = [None, unavailable(7), unavailable(), httpx.Response(500)]
    before = len(logged(suite))
    client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
    assert len(logged(suite)) == before + 5
    bodies = [request.content for request in suite.asked]
    assert len(bodies) == 9
    assert len(set(bodies[:5])) == 1
    assert len(set(bodies)) == 5
    network, told, busy, broken = suite.slept[:4]
    assert 2 <= network <= 3
    assert 7 <= told <= 10.5
    assert 8 <= busy <= 12
    assert 16 <= broken <= 24


def test_a_client_gives_up_after_a_while_and_can_go_on_with_the_rest(suite: Suite) -> None:
    client, wallet = ready(suite, "p7")
    sealed = client.seal(suite.manifest, wallet, plaintexts(suite), OPENS)
    suite.down["ingest.example"] = [None] * ATTEMPTS
    left: list[int] = []
    with pytest.raises(Unavailable) as raised:
        client.send(suite.manifest, wallet, sealed, left.append)
    assert raised.value.trouble is Trouble.NETWORK
    assert len(suite.asked) == ATTEMPTS
    assert len(sealed) == 5
    bodies = {one.part: one.body for one in sealed}
    suite.asked.clear()
    client.send(suite.manifest, wallet, sealed, left.append)
    assert sealed == []
    assert left == [4, 3, 2, 1, 0]
    assert {body["part"]: body for body in suite.posted()} == bodies
    assert entry(wallet).answered


def test_some_parts_can_be_sent_now_and_the_others_later(suite: Suite) -> None:
    client, wallet = ready(suite, "p8")
    sealed = client.seal(suite.manifest, wallet, plaintexts(suite), OPENS)
    two = sealed[:2]
    client.send(suite.manifest, wallet, two)
    assert two == []
    assert sum(one.acknowledged for of_part in entry(wallet).sent for one in of_part) == 2
    assert not entry(wallet).answered
    client.send(suite.manifest, wallet, sealed[2:])
    assert len(suite.posted()) == len({body["part"] for body in suite.posted()}) == 5
    assert entry(wallet).answered


def test_a_wait_that_is_too_long_is_left_to_the_person(suite: Suite) -> None:
    client, wallet = ready(suite, "p9")
    suite.down["ingest.example"] = [unavailable(3600)]
    with pytest.raises(Unavailable) as raised:
        client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
    assert raised.value.retry_after == 3600
    assert len(suite.asked) == 1


def forged(suite: Suite, body: dict[str, Any], **changes: Any) -> str:
    """A receipt for an envelope as it was posted, but for `changes`."""
    manifest: Manifest = changes.get("manifest", suite.manifest)
    outer = unb64(body["outer"])
    posted = Envelope(body["part"], unb64(body["a"]), tuple(map(unb64, body["tokens"])), outer)
    encoded = posted.encode(suite.manifest.layouts[body["part"]])
    return receipt.issue(
        manifest, sha256(changes.get("encoded", encoded)).digest(), changes.get("key", ingest_key(suite))
    )


def ingest_key(suite: Suite) -> Any:
    return suite.world.installed.identities["ingest"]


@pytest.mark.parametrize("lie", ["key", "encoded", "manifest", "nothing", "number", "cut short"])
def test_a_forged_receipt_is_an_alarm(suite: Suite, lie: str) -> None:
    client, wallet = ready(suite, "p10")
    entry_before = entry(wallet)
    other = make_round(issuers=2, first_key=40, round_id="other").manifest

    def answer(value: Any) -> Any:
        body = suite.posted()[-1]
        return {
            "key": {"receipt": forged(suite, body, key=ed25519_key(50))},
            "encoded": {"receipt": forged(suite, body, encoded=b"something else")},
            "manifest": {"receipt": forged(suite, body, manifest=other)},
            "nothing": {},
            "number": {"receipt": 7},
            "cut short": {"receipt": value["receipt"][:-2]},
        }[lie]

    suite.lies(r"POST https://ingest.example/envelopes", answer)
    with pytest.raises(Alarm) as raised:
        client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
    assert raised.value.reason is AlarmReason.BAD_RECEIPT
    assert len(suite.asked) == 1
    assert not any(one.acknowledged for of_part in entry(wallet).sent for one in of_part)
    assert entry_before.sent == ((),) * 5


def test_the_forgery_above_without_a_lie_would_pass(suite: Suite) -> None:
    client, wallet = ready(suite, "p11")
    suite.lies(r"POST https://ingest.example/envelopes", lambda value: {"receipt": forged(suite, suite.posted()[-1])})
    client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
    assert entry(wallet).answered


def test_a_change_is_sealed_anew_in_all_parts_with_a_higher_revision(suite: Suite) -> None:
    client, wallet = ready(suite, "p12")
    client.answer(suite.manifest, wallet, plaintexts(suite, q0=1), OPENS + 3600)
    client.answer(suite.manifest, wallet, plaintexts(suite, q0=2), OPENS + 3600)
    client.answer(suite.manifest, wallet, plaintexts(suite, q0=2), OPENS + 5 * 3600)
    for of_part in entry(wallet).sent:
        assert [one.revision for one in of_part] == [256, 257, 5 * 256]
        assert len({one.counted for one in of_part}) == 3
        assert all(one.acknowledged for one in of_part)


@given(last=st.integers(-1, 2**20), now=st.integers(0, 10**7))
def test_a_new_revision_is_above_the_last_and_never_behind_the_hours_of_another_device(last: int, now: int) -> None:
    revision = sealing.next_revision(MADE, last, OPENS + now)
    assert revision > last
    assert revision >= 256 * (now // 3600)
    assert revision in (last + 1, 256 * (now // 3600))


def test_a_clock_that_is_slow_makes_no_revision_below_zero() -> None:
    assert sealing.next_revision(MADE, -1, OPENS - 10**6) == 0


def test_sealing_says_what_the_gate_and_aggregate_will_find() -> None:
    made = make_round(issuers=2)
    member = made.member("p15")
    ticket = Ticket(
        member.nonce(0), member.secrets.envelope_seed(0), made.finest("p15", 0), member.admission(0), member.group(0)
    )
    plaintext = made.closed(1, None, 4)
    sealed: Sealed = sealing.seal(made.manifest, 0, ticket, plaintext, 77)
    posted = Envelope.decode(sealed.encoded, made.manifest.layouts)
    assert posted.encode(made.manifest.layouts[0]) == sealed.encoded
    opened = envelope.open_outer(
        made.gate_key, made.manifest.hash, 0, posted.nonce, posted.outer, made.manifest.layouts[0]
    )
    assert (opened.revision, opened.node, opened.pk) == (77, made.finest("p15", 0), member.pk(0))
    assert envelope.verify_ballot(opened.pk, made.manifest.hash, 0, opened.inner, opened.sig)
    assert envelope.counted_entry(made.manifest.hash, 0, opened.pk, opened.inner) == sealed.counted
    assert envelope.open_inner(made.aggregate_key, made.manifest.hash, 0, opened.pk, opened.inner) == plaintext
    again = sealing.seal(made.manifest, 0, ticket, plaintext, 77)
    assert again.counted != sealed.counted
    assert again.body["outer"] != sealed.body["outer"]


def test_answering_before_collecting_or_under_other_rules_is_refused(suite: Suite) -> None:
    client, wallet = ready(suite, "p13")
    with pytest.raises(BadInput):
        client.answer(suite.manifest, Wallet(), plaintexts(suite), OPENS)
    other = make_round(issuers=2).manifest
    with pytest.raises(Alarm) as raised:
        client.answer(other, wallet, plaintexts(suite), OPENS)
    assert raised.value.reason is AlarmReason.CHANGED_RULES
    assert suite.asked == []


def test_what_ingest_refuses_is_passed_on_with_its_word(tmp_path: Path) -> None:
    with running(tmp_path) as suite:
        client, wallet = ready(suite, "p0")
        with pytest.raises(Refusal) as raised:
            client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
        assert raised.value.word == "not-open-yet"
        suite.world.clock.now = suite.manifest.draft.closes
        suite.refresh()
        with pytest.raises(Refusal) as raised:
            client.answer(suite.manifest, wallet, plaintexts(suite), OPENS)
        assert raised.value.word == "closed"
        assert len(suite.asked) == 2


def test_the_system_draws_order_pauses_and_codes_unless_a_test_does(suite: Suite) -> None:
    plain = Client(suite.client().web, suite.world.installed.book)
    assert isinstance(plain.random, SystemRandom)
    assert plain.pause == (2.0, 8.0)
