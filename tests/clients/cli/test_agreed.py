"""A client takes the rules of a round from nobody alone: everybody has signed them, and everybody shows the same."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from clients.cli.collecting import Ticket
from clients.cli.outcomes import Alarm, AlarmReason, Refusal, Trouble, Unavailable
from clients.cli.wallet import Entry, Wallet
from shared import canonical, records
from shared.canonical import b64
from shared.manifest import Manifest
from shared.parties import Book, describe, endorse, write
from shared.records import Kind
from tests.clients.cli.suite import Suite, changed, running, unavailable
from tests.rounds_made import installation

ROUND = r"GET https://{}\.example/rounds/spring$"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(tmp_path_factory.mktemp("agreed"), issuers=2) as suite:
        yield suite


@pytest.fixture
def suite(world: Suite) -> Suite:
    """The same services for all tests here, honest again."""
    world.changes.clear()
    world.down.clear()
    world.asked.clear()
    return world


def signed_by_all(suite: Suite, body: dict[str, Any], round_id: str = "spring") -> dict[str, Any]:
    """What would be published if every party had signed these rules."""
    keys, lead = suite.world.installed.identities, suite.world.installed.parties.lead.name
    fingerprint = b64(sha256(canonical.dumps(body)).digest())
    return {
        "round": round_id,
        "state": "open",
        "manifest": records.sign(Kind.MANIFEST, round_id, lead, {"manifest": body}, keys[lead]),
        "accepts": [
            records.sign(Kind.ACCEPT, round_id, author, {"manifest": fingerprint}, keys[author])
            for author in suite.world.installed.parties.authors
        ],
    }


def alarm(suite: Suite) -> Alarm:
    with pytest.raises(Alarm) as raised:
        suite.client().rules("spring")
    return raised.value


def test_honest_services_show_one_set_of_rules(suite: Suite) -> None:
    agreed = suite.client().rules("spring")
    assert agreed.manifest == suite.manifest
    assert agreed.state == "scheduled"
    assert [request.url.host for request in suite.asked] == ["hr.example", "council.example", "ingest.example"]


def test_the_list_of_rounds_is_shown_as_it_comes(suite: Suite) -> None:
    (listed,) = suite.client().rounds()
    assert (listed.round_id, listed.state, listed.fingerprint) == ("spring", "scheduled", suite.manifest.fingerprint)
    assert listed.title == {"nl": "Pulse", "en": "Pulse"}


@pytest.mark.parametrize("missing", ["hr", "council", "gate", "aggregate"])
def test_the_accept_of_every_author_is_demanded(suite: Suite, missing: str) -> None:
    def without(value: Any) -> Any:
        return value | {"accepts": [one for one in value["accepts"] if records.peek(one.encode()).author != missing]}

    suite.lies(ROUND.format("ingest"), without)
    found = alarm(suite)
    assert found.reason is AlarmReason.NOT_AGREED
    assert missing in found.detail


def test_an_accept_signed_by_somebody_else_does_not_count(suite: Suite) -> None:
    keys = suite.world.installed.identities
    forged = records.sign(Kind.ACCEPT, "spring", "gate", {"manifest": suite.manifest.fingerprint}, keys["hr"])

    def forge(value: Any) -> Any:
        kept = [one for one in value["accepts"] if records.peek(one.encode()).author != "gate"]
        return value | {"accepts": [*kept, forged]}

    suite.lies(ROUND.format("hr"), forge)
    assert alarm(suite).reason is AlarmReason.NOT_AGREED


def test_rules_that_the_lead_did_not_sign_are_refused(suite: Suite) -> None:
    keys = suite.world.installed.identities
    forged = records.sign(Kind.MANIFEST, "spring", "hr", {"manifest": suite.manifest.body}, keys["council"])
    suite.lies(ROUND.format("hr"), lambda value: value | {"manifest": forged})
    assert alarm(suite).reason is AlarmReason.NOT_AGREED


@pytest.mark.parametrize("liar", ["hr", "council", "ingest"])
def test_two_sets_of_rules_for_one_round_are_an_alarm_even_if_all_have_signed_both(suite: Suite, liar: str) -> None:
    body = changed(suite.manifest.body, "draft", "title", "en", to="Another title")
    suite.says(ROUND.format(liar), signed_by_all(suite, body))
    assert alarm(suite).reason is AlarmReason.DIFFERENT_RULES


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("draft", "questionnaire", "parts", 0, "k"), 4),
        (("draft", "questionnaire", "parts", 1, "k"), 1),
        (("draft", "grace"), 59),
        (("draft", "repeat_days"), 13),
        (("draft", "closes"), "2026-03-01T00:00:00Z"),
        (("suites", "seal"), "0x647a X-Wing"),
        (("v",), 2),
        (("parts", 0, "envelope_length"), 10_000),
        (("parts", 0, "slots"), 3),
    ],
)
def test_rules_below_a_floor_are_refused_even_if_everybody_signed_them(
    suite: Suite, path: tuple[str | int, ...], value: Any
) -> None:
    body = changed(suite.manifest.body, *path, to=value)
    for party in ("hr", "council", "ingest"):
        suite.says(ROUND.format(party), signed_by_all(suite, body))
    assert alarm(suite).reason is AlarmReason.NOT_AGREED


def test_the_rules_of_another_round_are_refused(suite: Suite) -> None:
    body = changed(suite.manifest.body, "round", to="summer")
    for party in ("hr", "council", "ingest"):
        suite.says(ROUND.format(party), signed_by_all(suite, body, "summer"))
    assert alarm(suite).reason is AlarmReason.NOT_AGREED


def test_rules_under_parties_that_the_user_does_not_know_are_refused(suite: Suite) -> None:
    for path, value in ((("draft", "generation"), 2), (("draft", "parties"), b64(bytes(32)))):
        suite.changes.clear()
        body = changed(suite.manifest.body, *path, to=value)
        suite.says(ROUND.format("hr"), signed_by_all(suite, body))
        assert alarm(suite).reason is AlarmReason.NOT_AGREED


def test_the_users_own_parties_decide_and_not_those_that_services_would_like(suite: Suite) -> None:
    client = replace(suite.client(), book=installation(2, trial=True).book)
    with pytest.raises(Alarm) as raised:
        client.rules("spring")
    assert raised.value.reason is AlarmReason.NOT_AGREED


@pytest.mark.parametrize("manifest", ["", "a.b.c", "x", 7])
def test_what_is_no_record_is_refused_without_breaking(suite: Suite, manifest: object) -> None:
    suite.lies(ROUND.format("hr"), lambda value: value | {"manifest": manifest})
    with pytest.raises((Alarm, Unavailable)):
        suite.client().rules("spring")


@pytest.mark.parametrize("path", ["state", "manifest", "accepts"])
def test_an_answer_without_its_members_is_nonsense(suite: Suite, path: str) -> None:
    suite.lies(ROUND.format("hr"), lambda value: {name: one for name, one in value.items() if name != path})
    with pytest.raises(Unavailable) as raised:
        suite.client().rules("spring")
    assert raised.value.trouble is Trouble.NONSENSE


def test_a_list_that_is_none_is_nonsense(suite: Suite) -> None:
    suite.says(r"GET https://hr.example/rounds$", {"rounds": [{"round": "../admin"}]})
    with pytest.raises(Unavailable) as raised:
        suite.client().rounds()
    assert raised.value.trouble is Trouble.NONSENSE


def test_an_unknown_round_is_a_refusal_and_a_silent_service_is_named(suite: Suite) -> None:
    with pytest.raises(Refusal) as refused:
        suite.client().rules("winter")
    assert (refused.value.word, refused.value.service) == ("unknown-round", "hr")
    suite.down["council.example"] = [unavailable(3)]
    with pytest.raises(Unavailable) as raised:
        suite.client().rules("spring")
    assert (raised.value.service, raised.value.trouble, raised.value.retry_after) == ("council", Trouble.BUSY, 3.0)


def collected(manifest: Manifest) -> Wallet:
    """A wallet as collecting leaves it, as far as this matters here."""
    ticket = Ticket(bytes(32), bytes(32), 0, (), ())
    return Wallet({"spring": Entry(manifest.hash, 0, tickets=(ticket,), sent=((),))})


def test_before_answering_only_ingest_is_asked_and_must_show_the_rules_of_collecting(suite: Suite) -> None:
    wallet = collected(suite.manifest)
    assert suite.client().rules_to_answer("spring", wallet).manifest == suite.manifest
    assert {request.url.host for request in suite.asked} == {"ingest.example"}
    body = changed(suite.manifest.body, "draft", "title", "en", to="Another title")
    suite.says(ROUND.format("ingest"), signed_by_all(suite, body))
    with pytest.raises(Alarm) as raised:
        suite.client().rules_to_answer("spring", wallet)
    assert raised.value.reason is AlarmReason.CHANGED_RULES


def test_a_later_generation_of_parties_does_not_change_how_a_round_is_judged(tmp_path: Path) -> None:
    with running(tmp_path) as suite:
        installed = suite.world.installed
        parties = installed.parties
        first = describe(
            list(parties.issuers),
            parties.ingest,
            parties.gate,
            parties.aggregate,
            parties.report_url,
            parties.pages,
        )
        second = first | {"generation": 2}
        endorsements = {name: endorse(second, key) for name, key in installed.identities.items()}
        client = replace(suite.client(), book=Book.load(write([(first, {}), (second, endorsements)])))
        assert client.rules("spring").manifest == suite.manifest
