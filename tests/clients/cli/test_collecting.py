"""Collecting: everything follows from the wallet code, is asked for once, and what comes back is proven or an alarm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.cli import collecting
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Refusal, Trouble, Unavailable
from clients.cli.wallet import Entry, Wallet
from shared import blind_rsa
from shared.canonical import b64
from shared.codes import AccessCode, WalletCode
from shared.rounds import State
from shared.vouchers import GroupVouchers
from tests.clients.cli.suite import Suite, changed, running, unavailable
from tests.services.issuer.issuers import code_of

CODE = WalletCode(bytes(range(16)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(tmp_path_factory.mktemp("collecting"), issuers=2) as suite:
        yield suite


@pytest.fixture
def suite(world: Suite) -> Suite:
    """The same services for all tests here, honest again; each test has a person of its own."""
    world.changes.clear()
    world.down.clear()
    world.asked.clear()
    return world


def collect(suite: Suite, person: str, wallet: Wallet, typed: WalletCode | None = None, seed: int = 1) -> WalletCode:
    client, access = suite.client(seed), suite.access(person)
    return client.collect(suite.manifest, client.membership(suite.manifest, access), access, wallet, typed)


def entry(wallet: Wallet) -> Entry:
    found = wallet.get("spring")
    assert found is not None
    return found


def requests_for_tokens(suite: Suite) -> list[bytes]:
    return [request.content for request in suite.asked if request.url.path.endswith("/tokens")]


def test_the_tickets_hold_a_valid_token_of_every_issuer_for_every_step(suite: Suite) -> None:
    wallet = Wallet()
    collect(suite, "p15", wallet)
    composed = suite.world.lead.loop._compositions.of(suite.world.of)
    vouchers = GroupVouchers(composed)
    for part, ticket in enumerate(entry(wallet).tickets):
        assert vouchers.admits(ticket.nonce, ticket.admission)
        pk = ticket.sk.public_key().public_bytes_raw()
        assert vouchers.belongs_along(ticket.finest, part, pk, ticket.group)
    assert len({ticket.nonce for ticket in entry(wallet).tickets} | {t.seed for t in entry(wallet).tickets}) == 4


def test_the_same_code_typed_elsewhere_asks_the_same_and_gets_the_same(suite: Suite) -> None:
    here, there = Wallet(), Wallet()
    code = collect(suite, "p1", here)
    first = requests_for_tokens(suite)
    assert collect(suite, "p1", there, typed=code, seed=2) == code
    assert requests_for_tokens(suite) == first + first
    assert entry(there).tickets == entry(here).tickets
    assert entry(there).typed
    assert not entry(here).typed


def test_one_request_per_issuer_in_the_fixed_order(suite: Suite) -> None:
    client = suite.client()
    membership = client.membership(suite.manifest, suite.access("p2"))
    asked = collecting.requests(suite.manifest, membership, CODE)
    assert list(asked) == ["hr", "council"]
    for issuer, of_issuer in asked.items():
        keys = [
            key
            for part, place in enumerate(membership.places)
            for key in (
                suite.manifest.admission_keys[issuer],
                *(group.keys[issuer][part] for group in place.path),
            )
        ]
        assert [one.pk for one in of_issuer] == keys
    collect(suite, "p2", Wallet())
    assert len(requests_for_tokens(suite)) == 2


def test_requests_of_two_people_issuers_or_parts_have_nothing_in_common(suite: Suite) -> None:
    membership = suite.client().membership(suite.manifest, suite.access("p2"))
    seen = [
        one.blinded.message
        for code in (CODE, WalletCode(bytes(16)))
        for of_issuer in collecting.requests(suite.manifest, membership, code).values()
        for one in of_issuer
    ]
    assert len({message[:16] for message in seen}) == len(seen) == 2 * 2 * 6


def test_another_request_after_the_first_is_an_alarm_of_somebody_collecting_in_her_name(suite: Suite) -> None:
    collect(suite, "p3", Wallet())
    sent = len(requests_for_tokens(suite))
    with pytest.raises(Alarm) as raised:
        collect(suite, "p3", Wallet())
    assert raised.value.reason is AlarmReason.ALREADY_COLLECTED
    assert "hr" in raised.value.detail
    assert len(requests_for_tokens(suite)) == sent, "the membership told; nothing needed to be asked"
    with pytest.raises(Alarm) as raised:
        collect(suite, "p3", Wallet(), typed=CODE)
    assert raised.value.reason is AlarmReason.ALREADY_COLLECTED


def test_a_wrong_signature_is_an_alarm_and_is_never_tried_again(suite: Suite) -> None:
    wallet = Wallet()
    suite.lies(
        r"POST https://council.example/.*/tokens", lambda value: changed(value, "signatures", 2, to=b64(bytes(256)))
    )
    with pytest.raises(Alarm) as raised:
        collect(suite, "p4", wallet)
    assert (raised.value.reason, raised.value.detail) == (AlarmReason.BAD_TOKEN, "council")
    assert len(requests_for_tokens(suite)) == 2
    assert not entry(wallet).collected


@pytest.mark.parametrize(
    "change",
    [
        lambda signatures: signatures[:-1],
        lambda signatures: [*signatures, signatures[0]],
        lambda signatures: signatures[::-1],
        lambda signatures: [*signatures[:-1], b64(bytes(255))],
    ],
)
def test_signatures_in_another_number_order_or_length_are_an_alarm(suite: Suite, change: Any) -> None:
    suite.lies(r"POST https://hr.example/.*/tokens", lambda value: changed(value, "signatures", to=change))
    with pytest.raises(Alarm) as raised:
        collect(suite, "p5", Wallet(), typed=CODE)
    assert raised.value.reason is AlarmReason.BAD_TOKEN


@pytest.mark.parametrize("answer", [{}, {"signatures": 1}, {"signatures": [1]}, {"signatures": ["?"]}])
def test_what_is_no_list_of_signatures_is_nonsense(suite: Suite, answer: Any) -> None:
    suite.says(r"POST https://hr.example/.*/tokens", answer)
    with pytest.raises(Unavailable) as raised:
        collect(suite, "p6", Wallet(), typed=CODE)
    assert raised.value.trouble is Trouble.NONSENSE


def test_an_attempt_that_broke_off_is_taken_up_with_the_same_code(suite: Suite) -> None:
    wallet = Wallet()
    suite.down["council.example"] = [None]
    client, access = suite.client(), suite.access("p7")
    membership = suite.client().membership
    with pytest.raises(Unavailable):
        membership(suite.manifest, access)
    places = membership(suite.manifest, access)
    suite.down["council.example"] = [unavailable()]
    with pytest.raises(Unavailable):
        client.collect(suite.manifest, places, access, wallet)
    code = entry(wallet).code
    assert code is not None
    assert not entry(wallet).collected
    assert collect(suite, "p7", wallet, seed=99) == code
    assert entry(wallet).collected


def test_the_code_is_kept_before_anything_is_asked_and_forgotten_once_the_tokens_are_there(suite: Suite) -> None:
    kept: list[tuple[int, Entry]] = []

    class Watched(Wallet):
        def put(self, round_id: str, entry: Entry) -> None:
            kept.append((len(requests_for_tokens(suite)), entry))
            super().put(round_id, entry)

    code = collect(suite, "p8", Watched())
    (before, first), (after, last) = kept
    assert (before, first.code, first.collected) == (0, code, False)
    assert (after, last.code, last.collected) == (2, None, True)


def test_a_wallet_that_cannot_be_written_means_that_nothing_is_asked(suite: Suite) -> None:
    class Full(Wallet):
        def put(self, round_id: str, entry: Entry) -> None:
            raise BadInput("wallet-unwritable", file="wallet.json")

    with pytest.raises(BadInput):
        collect(suite, "p9", Full())
    assert requests_for_tokens(suite) == []


def test_a_round_is_collected_for_once_and_under_one_key(suite: Suite) -> None:
    wallet = Wallet()
    suite.down["hr.example"] = []
    client, access = suite.client(), suite.access("p10")
    places = client.membership(suite.manifest, access)
    suite.down["hr.example"] = [None]
    with pytest.raises(Unavailable):
        client.collect(suite.manifest, places, access, wallet)
    with pytest.raises(BadInput) as another:
        collect(suite, "p10", wallet, typed=CODE)
    assert another.value.text == "another-key"
    collect(suite, "p10", wallet)
    with pytest.raises(BadInput) as again:
        collect(suite, "p10", wallet)
    assert again.value.text == "collected-before"


def test_a_wallet_of_other_rules_is_an_alarm(suite: Suite) -> None:
    wallet = Wallet({"spring": Entry(bytes(32), 0, CODE)})
    with pytest.raises(Alarm) as raised:
        collect(suite, "p11", wallet)
    assert raised.value.reason is AlarmReason.CHANGED_RULES


def test_an_unknown_access_code_is_refused_by_the_issuer(suite: Suite) -> None:
    client = suite.client()
    with pytest.raises(Refusal) as raised:
        client.membership(suite.manifest, dict.fromkeys(("hr", "council"), AccessCode(bytes(16))))
    assert (raised.value.word, raised.value.service) == ("unknown-code", "hr")


def test_an_issuer_that_answers_no_membership_is_named(suite: Suite) -> None:
    suite.lies(r"GET https://council.example/.*/membership", lambda value: value | {"path": "x"})
    with pytest.raises(Unavailable) as raised:
        suite.client().membership(suite.manifest, suite.access("p12"))
    assert (raised.value.service, raised.value.trouble) == ("council", Trouble.NONSENSE)


def test_codes_travel_in_headers_and_the_wallet_code_does_not_travel(suite: Suite) -> None:
    wallet = Wallet()
    code = collect(suite, "p13", wallet)
    secrets = [code.secret, *(t.seed for t in entry(wallet).tickets), *(t.nonce for t in entry(wallet).tickets)]
    for request in suite.asked:
        raw = str(request.url).encode() + request.content + repr(request.headers.raw).encode()
        assert code_of("p13").text not in str(request.url)
        for secret in secrets:
            assert secret not in raw
            assert b64(secret).encode() not in raw
        assert code.text.encode() not in raw


def test_nothing_secret_is_in_a_repr(suite: Suite) -> None:
    wallet = Wallet()
    client, access = suite.client(), suite.access("p14")
    places = client.membership(suite.manifest, access)
    code = client.collect(suite.manifest, places, access, wallet)
    asked = collecting.requests(suite.manifest, places, code)
    ticket = entry(wallet).tickets[0]
    shown = repr((entry(wallet), code, asked, places, client, Entry(bytes(32), 0, code)))
    for secret in (
        code.secret,
        ticket.seed,
        ticket.nonce,
        ticket.admission[0],
        ticket.group[0][0],
        asked["hr"][0].input,
    ):
        assert repr(secret)[2:-1] not in shown
        assert b64(secret) not in shown
    assert code.text not in shown
    assert str(asked["hr"][0].blinded.inverse) not in shown
    assert "Name 14" not in shown


def test_collecting_ends_when_the_round_closes(tmp_path: Path) -> None:
    with running(tmp_path) as suite:
        client, access = suite.client(), suite.access("p0")
        places = client.membership(suite.manifest, access)
        suite.world.clock.now = suite.manifest.draft.closes + 1
        suite.refresh()
        assert suite.world.of.state(suite.world.clock.now) is State.CLOSING
        with pytest.raises(Refusal) as raised:
            client.collect(suite.manifest, places, access, Wallet())
        assert raised.value.word == "not-collecting"


def test_a_token_of_one_key_is_not_one_of_another(suite: Suite) -> None:
    """What `finalize` checks: a signature under a group's key for one part says nothing about another part."""
    membership = suite.client().membership(suite.manifest, suite.access("p16"))
    asked = collecting.requests(suite.manifest, membership, CODE)["hr"]
    with pytest.raises(blind_rsa.BadSignature):
        blind_rsa.finalize(asked[1].pk, asked[1].input, asked[4].blinded.message, asked[1].blinded.inverse)
