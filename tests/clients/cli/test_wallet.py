"""The wallet: what it remembers, and that its file is its owner's only and never half written."""

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.cli import wallet_json
from clients.cli.collecting import Ticket
from clients.cli.outcomes import BadInput
from clients.cli.wallet import Entry, Seen, Sent, Wallet
from clients.cli.wallet_file import WalletFile, write_private
from shared.codes import WalletCode

_bytes = st.binary(min_size=32, max_size=32)
_tokens = st.lists(st.binary(min_size=256, max_size=256), min_size=1, max_size=2).map(tuple)
_tickets = st.builds(Ticket, _bytes, _bytes, st.integers(0, 99), _tokens, st.lists(_tokens, max_size=2).map(tuple))
_sent = st.builds(Sent, st.integers(0, 2**32 - 1), st.binary(min_size=16, max_size=16), st.booleans())
_names = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=9), max_size=3).map(tuple)
_seen = st.builds(
    Seen, st.just("scores"), st.text(st.characters(codec="utf-8"), max_size=9), st.integers(1, 99), _names
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    tickets = draw(st.lists(_tickets, max_size=2).map(tuple))
    return Entry(
        manifest_hash=draw(_bytes),
        opens=draw(st.integers(0, 2**32)),
        code=draw(st.none() | st.builds(WalletCode, st.binary(min_size=16, max_size=16))),
        typed=draw(st.booleans()),
        tickets=tickets,
        sent=tuple(tuple(draw(st.lists(_sent, max_size=3))) for _ in tickets),
        groups=tuple(draw(st.lists(_seen, max_size=2))),
    )


ENTRY = Entry(bytes(32), 5, WalletCode(bytes(16)))
TICKET = Ticket(bytes(32), bytes(32), 0, (bytes(256),), ((bytes(256),),))


@settings(max_examples=30)
@given(st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True), entries(), max_size=2))
def test_a_file_gives_back_what_was_put_into_it(kept: dict[str, Entry]) -> None:
    assert wallet_json.loads(wallet_json.dumps(kept)) == kept


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "below" / "wallet.json"
    old = os.umask(0)
    try:
        WalletFile.open(path).put("spring", ENTRY)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert WalletFile.open(path).get("spring") == ENTRY
    assert [file.name for file in path.parent.iterdir()] == ["wallet.json"]


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wallet.json"
    WalletFile.open(path).put("spring", ENTRY)
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(BadInput) as raised:
            WalletFile.open(path)
        assert raised.value.text == "wallet-readable"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff", b'{"rounds":{},"v":2}', b'{"rounds":{"../x":{}},"v":1}', b'{"rounds":{"a":{}},"v":1}']
)
def test_a_damaged_file_is_refused_and_stays_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "wallet.json"
    write_private(path, data)
    with pytest.raises(BadInput) as raised:
        WalletFile.open(path)
    assert raised.value.text == "wallet-damaged"
    assert path.read_bytes() == data


def test_a_mistyped_code_in_the_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "wallet.json"
    code = ENTRY.code
    assert code is not None
    write_private(
        path, wallet_json.dumps({"spring": ENTRY}).replace(code.text.encode(), code.text[:-1].encode() + b"Z")
    )
    with pytest.raises(BadInput):
        WalletFile.open(path)


def test_a_file_that_cannot_be_replaced_keeps_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wallet.json"
    wallet = WalletFile.open(path)
    wallet.put("spring", ENTRY)

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput) as raised:
        wallet.put("summer", ENTRY)
    assert raised.value.text == "wallet-unwritable"
    assert wallet.get("summer") is None
    assert [name for name, _ in WalletFile.open(path).items()] == ["spring"]
    assert [file.name for file in tmp_path.iterdir()] == ["wallet.json"]


def test_a_private_file_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    write_private(path, b"one")
    with pytest.raises(FileExistsError):
        write_private(path, b"two")
    assert path.read_bytes() == b"one"


def test_rounds_are_listed_with_the_latest_opening_last() -> None:
    wallet = Wallet({"b": Entry(bytes(32), 9), "a": Entry(bytes(32), 3)})
    assert [name for name, _ in wallet.items()] == ["a", "b"]


def test_the_highest_revision_counts_and_one_with_a_receipt_may_be_asked_for() -> None:
    entry = Entry(bytes(32), 0, tickets=(TICKET, TICKET), sent=((), ()))
    assert entry.latest(0) is None
    assert not entry.answered
    first, second = Sent(0, bytes(16)), Sent(256, bytes(16))
    entry = entry.adding({0: first, 1: first}).acknowledging(0, 0).adding({0: second, 1: second})
    assert entry.latest(0) == second
    assert entry.latest(0, acknowledged=True) == Sent(0, bytes(16), True)
    assert entry.latest(1, acknowledged=True) is None
    assert entry.last_revision == 256
    assert not entry.answered
    entry = entry.acknowledging(0, 256).acknowledging(1, 256)
    assert entry.answered
    assert [len(of_part) for of_part in entry.sent] == [2, 2]


@pytest.mark.parametrize("member", ["typed", "acknowledged"])
@pytest.mark.parametrize("value", [b"0", b"1", b'"true"', b"null"])
def test_what_is_neither_true_nor_false_is_damage(tmp_path: Path, member: str, value: bytes) -> None:
    answered = Entry(bytes(32), 5, None, False, (TICKET,), ((Sent(0, bytes(16), True),),))
    whole = wallet_json.dumps({"spring": answered})
    damaged = re.sub(f'"{member}":(true|false)'.encode(), f'"{member}":'.encode() + value, whole, count=1)
    assert damaged != whole
    assert wallet_json.loads(whole) == {"spring": answered}
    with pytest.raises(ValueError, match="no wallet"):
        wallet_json.loads(damaged)
