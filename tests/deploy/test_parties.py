"""The first parties.json, from what the parties tell each other."""

import pytest

from deploy.parties import main
from shared.canonical import b64
from shared.parties import Book

KEYS = [b64(bytes([number]) * 32) for number in (0xF8, 2, 0xFB, 0xFA, 5)]
"""Two of them begin with a sign that commands take for an option's."""


def words(**changes: str) -> list[str]:
    given = {"gate": KEYS[2], "aggregate": KEYS[3], "report": "https://report.example"} | changes
    return [
        f"--issuer=hr,https://hr.example,{KEYS[0]}",
        f"--issuer=council,https://council.example,{KEYS[4]}",
        f"--ingest=https://ingest.example,{KEYS[1]}",
        "--page=https://page.example",
        *(f"--{name}={value}" for name, value in given.items()),
    ]


def test_what_is_told_is_what_every_service_reads(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([*words(), "--trial"]) == 0
    parties = Book.load(capfdbinary.readouterr().out).current
    assert parties.issuer_names == ("hr", "council")
    assert [b64(party.key) for party in (*parties.issuers, parties.ingest, parties.gate, parties.aggregate)] == [
        KEYS[0],
        KEYS[4],
        *KEYS[1:4],
    ]
    assert (parties.report_url, parties.pages, parties.trial) == (
        "https://report.example",
        ("https://page.example",),
        True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gate": "no key"}, "gate: the key is not what keygen prints\n"),
        ({"gate": KEYS[3]}, ""),
        ({"report": "report.example"}, ""),
        ({"ingest": "https://ingest.example"}, "URL,KEY is needed"),
    ],
)
def test_what_is_no_description_is_told_in_one_line(
    changes: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(**changes)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1 and said in shown.err
