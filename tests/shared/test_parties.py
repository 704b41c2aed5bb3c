from collections.abc import Callable
from typing import Any

import pytest

from shared import canonical
from shared.canonical import b64
from shared.parties import BadParties, Book, Party, describe, endorse, write
from tests.keys import ed25519_key
from tests.rounds_made import Installation, installation

MADE = installation(2, pages=("https://page.example", "null"))


def described(made: Installation = MADE, **more: Any) -> dict[str, Any]:
    parties = made.parties
    return describe(
        parties.issuers,
        parties.ingest,
        parties.gate,
        parties.aggregate,
        parties.report_url,
        parties.pages,
        **more,
    )


def load(body: dict[str, Any]) -> Book:
    return Book.load(write([(body, {})]))


def test_what_was_written_is_read_again() -> None:
    parties = Book.load(MADE.file).current
    assert parties == MADE.parties
    assert parties.issuer_names == ("hr", "council")
    assert parties.lead.name == "hr"
    assert list(parties.authors) == ["hr", "council", "gate", "aggregate"]
    assert parties.origin == "ingest.example"
    assert not parties.trial


def test_ingest_signs_no_records() -> None:
    assert "ingest" not in MADE.parties.authors
    assert MADE.book.named("ingest") == ()
    assert MADE.book.named("gate") == (MADE.parties.gate,)


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"generation": "1"},
        {"issuers": []},
        {"issuers": described()["issuers"] * 5},
        {"ingest": described()["gate"]},
        {"aggregate": described()["aggregate"] | {"key": described()["gate"]["key"]}},
        {"aggregate": described()["aggregate"] | {"name": "hr"}},
        {"aggregate": described()["aggregate"] | {"name": "Aggregate"}},
        {"aggregate": described()["aggregate"] | {"key": "short"}},
        {"trial": 1},
        {"trial": None},
        {"report_url": "report.example"},
        {"pages": ["https://page.example/"]},
        {"pages": ["https://page.example/index.html"]},
        {"pages": ["*"]},
        {"more": 1},
    ],
    ids=lambda change: str(change)[:40],  # What follows are keys, others in each run.
)
def test_a_generation_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadParties):
        load(described() | change)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "ftp://ingest.example",
        "ingest.example",
        "https://user:secret@ingest.example",
        "https://ingest.example/",
        "https://ingest.example?x",
        "https://ingest.example#x",
        "https://ingest.example:99999",
        "https://[::1",
        "https://ingest.exam ple",
        "https://ingést.example",
        "https://" + "x" * 200,
    ],
)
def test_an_address_that_no_client_could_use_is_refused(url: str) -> None:
    with pytest.raises(BadParties) as error:
        load(described() | {"ingest": described()["ingest"] | {"url": url}})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://[::1]:8443", "https://company.example/klankbord"])
def test_addresses_have_a_host_and_perhaps_a_port_and_a_path(url: str) -> None:
    assert load(described() | {"report_url": url}).current.report_url == url


@pytest.mark.parametrize("spoil", [lambda data: data + b"x", lambda data: data.replace(b":", b": "), lambda _data: b""])
def test_a_file_that_is_not_canonical_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadParties):
        Book.load(spoil(MADE.file))


# Generations.

GATE = ed25519_key(60)


def second() -> dict[str, Any]:
    """The same with another gate."""
    key = b64(GATE.public_key().public_bytes_raw())
    return described(generation=2) | {"gate": {"name": "gate", "url": "", "key": key}}


def endorsements(of: dict[str, Any]) -> dict[str, str]:
    return {name: endorse(of, key) for name, key in MADE.identities.items()}


def test_a_later_generation_counts_when_everybody_of_the_one_before_endorses_it() -> None:
    book = Book.load(write([(described(), {}), (second(), endorsements(second()))]))
    assert book.current.generation == 2
    assert book.get(1) == MADE.parties
    assert book.get(2) == book.current
    assert book.get(3) is None
    assert {party.key for party in book.named("gate")} == {MADE.parties.gate.key, book.current.gate.key}


@pytest.mark.parametrize("missing", MADE.identities)
def test_one_missing_endorsement_is_enough_to_refuse_it(missing: str) -> None:
    signed = endorsements(second())
    del signed[missing]
    with pytest.raises(BadParties, match=missing):
        Book.load(write([(described(), {}), (second(), signed)]))


@pytest.mark.parametrize("forged", MADE.identities)
def test_an_endorsement_by_a_stranger_or_of_something_else_is_refused(forged: str) -> None:
    other = second() | {"report_url": "https://other.example"}
    for endorsement in (endorse(second(), GATE), endorse(other, MADE.identities[forged])):
        with pytest.raises(BadParties, match=forged):
            Book.load(write([(described(), {}), (second(), endorsements(second()) | {forged: endorsement})]))


def test_generations_have_no_gaps_and_no_repetition() -> None:
    for numbers in ([1, 3], [1, 1], [2], [0], [2, 1]):
        entries = [(described() | {"generation": number}, endorsements(second())) for number in numbers]
        with pytest.raises(BadParties):
            Book.load(write(entries))


def test_the_digest_covers_every_member() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"report_url": "https://other.example"},
        {"pages": []},
        {"trial": True},
        {"issuers": described()["issuers"][::-1]},
    ]
    assert len({load(described() | change).current.digest for change in changes}) == len(changes)


def test_a_file_is_what_describe_and_write_make_of_it() -> None:
    assert canonical.loads(MADE.file.strip()) == {"generations": [{"parties": described(), "endorsements": {}}]}
    assert Party("gate", "", bytes(32)).key == bytes(32)
