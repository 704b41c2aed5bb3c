"""The secrets of a round: wrapping, salts, the counter beside them, and keys made in the background."""

import stat
import threading
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issuer.database import Database
from services.issuer.keys import DamagedKey, NoCounter, RoundSecret, Secrets
from services.issuer.making import BATCH, KeyMaker
from services.issuer.planned import ADMISSION, Address
from services.issuer.store import Store
from shared import blind_rsa
from shared.blind_rsa import PrivateKey
from shared.secret_files import UnsafeFile
from tests.keys import rsa_key
from tests.services.issuer.databases import writing_elsewhere
from tests.services.issuer.issuers import until

UNTIL = 1_800_000_000
"""When the keys go, in POSIX seconds."""

ADDRESSES = st.builds(Address, st.integers(-1, 2000), st.integers(-1, 15))


@given(ADDRESSES)
def test_a_wrapped_key_opens_at_its_own_address(at: Address) -> None:
    secret = RoundSecret.generate("spring", UNTIL)
    assert secret.unwrap(at, secret.wrap(at, rsa_key())).to_bytes() == rsa_key().to_bytes()


@given(ADDRESSES, ADDRESSES)
def test_a_wrapped_key_opens_nowhere_else(at: Address, other: Address) -> None:
    secret = RoundSecret.generate("spring", UNTIL)
    wrapped = secret.wrap(at, rsa_key())
    elsewhere = [RoundSecret.generate("spring", UNTIL), replace(secret, round_id="summer")]
    for wrong, place in [(one, at) for one in elsewhere] + ([(secret, other)] if other != at else []):
        with pytest.raises(DamagedKey):
            wrong.unwrap(place, wrapped)
    with pytest.raises(DamagedKey):
        secret.unwrap(at, wrapped[:-1])


@given(st.lists(ADDRESSES, unique=True, min_size=2))
def test_every_address_of_every_round_has_a_salt_of_its_own(addresses: list[Address]) -> None:
    secret = RoundSecret.generate("spring", UNTIL)
    other = replace(secret, round_id="summer")
    salts = {of.salt(at) for of in (secret, other) for at in addresses}
    assert len(salts) == 2 * len(addresses) and {len(salt) for salt in salts} == {32}
    assert RoundSecret.from_bytes("spring", secret.to_bytes()).salt(addresses[0]) == secret.salt(addresses[0])


def test_the_date_stands_in_the_file_itself_and_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.create("spring", UNTIL)
    loaded = secrets.load("spring")
    assert loaded is not None and loaded.keys_until == UNTIL
    (tmp_path / "spring.key").write_bytes(loaded.to_bytes()[:-1])
    assert secrets.load("spring") is None
    assert secrets.rounds() == ["spring"]


def test_secrets_stand_in_no_text() -> None:
    secret = RoundSecret("spring", b"w" * 32, b"s" * 32, UNTIL)
    assert "www" not in repr(secret) and "sss" not in repr(secret)


def test_the_files_of_a_round_are_its_owners_alone_and_are_gone_when_destroyed(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "rounds")
    made = secrets.create("spring", UNTIL)
    files = sorted((tmp_path / "rounds").iterdir())
    assert [file.name for file in files] == ["spring.key", "spring.served"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert Secrets(tmp_path / "rounds").load("spring") == made
    assert secrets.rounds() == ["spring"]
    assert secrets.destroy("spring")
    assert not list((tmp_path / "rounds").iterdir())
    assert secrets.load("spring") is None and not secrets.destroy("spring")


def test_secrets_are_made_once(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    made = secrets.create("spring", UNTIL)
    secrets.raise_served("spring", 3)
    with pytest.raises(FileExistsError):
        secrets.create("spring", UNTIL)
    assert secrets.load("spring") == made
    assert secrets.served("spring") == 3


def test_secrets_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.create("spring", UNTIL)
    (tmp_path / "spring.key").chmod(0o640)
    with pytest.raises(UnsafeFile):
        secrets.load("spring")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 10**15), max_size=8))
def test_the_counter_is_the_most_that_it_was_ever_raised_to(raised: list[int]) -> None:
    with TemporaryDirectory() as folder:
        secrets = Secrets(Path(folder))
        secrets.create("spring", UNTIL)
        assert secrets.served("spring") == 0
        for place, served in enumerate(raised, 1):
            secrets.raise_served("spring", served)
            assert Secrets(Path(folder)).served("spring") == max(raised[:place])


def test_threads_never_lower_the_counter(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.create("spring", UNTIL)

    def work(start: int) -> None:
        for served in range(start, 100, 4):
            secrets.raise_served("spring", served)
            assert secrets.served("spring") >= served

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert secrets.served("spring") == 99


@pytest.mark.parametrize("content", [b"", b"12\n", b"x" * 17, b"0" * 40, b"-000000000000001\n"])
def test_a_counter_that_cannot_be_read_is_never_taken_for_zero(tmp_path: Path, content: bytes) -> None:
    secrets = Secrets(tmp_path)
    secrets.create("spring", UNTIL)
    (tmp_path / "spring.served").write_bytes(content)
    with pytest.raises(NoCounter):
        secrets.served("spring")
    with pytest.raises(NoCounter):
        secrets.raise_served("spring", 5)


def test_a_counter_that_is_missing_is_never_taken_for_zero(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.create("spring", UNTIL)
    (tmp_path / "spring.served").unlink()
    with pytest.raises(NoCounter):
        secrets.served("spring")


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


PLACES = [ADMISSION, *(Address(node, part) for node in range(50) for part in range(2))]
"""More than one batch."""


def test_keys_are_made_with_a_real_generator_and_can_sign(store: Store) -> None:
    maker, secret = KeyMaker(store, threads=2), RoundSecret.generate("spring", UNTIL)
    maker.make(secret, PLACES[:3])
    until(lambda: not maker.busy)
    keys = [secret.unwrap(at, wrapped) for at, wrapped in store.keys("spring").items()]
    assert len({key.public.n for key in keys}) == 3 == maker.made
    assert maker.seconds > 0
    for key in keys:
        blind_rsa.blind_sign(key, (2).to_bytes(blind_rsa.SIZE))


def test_a_maker_that_was_stopped_goes_on_where_it_was(store: Store) -> None:
    secret, gate, calls = RoundSecret.generate("spring", UNTIL), threading.Event(), count(1)

    def generate() -> PrivateKey:
        if next(calls) > BATCH + 4:
            gate.wait()
        return rsa_key()

    maker = KeyMaker(store, 2, generate)
    maker.make(secret, PLACES)
    until(lambda: store.count_keys("spring") == BATCH)
    assert maker.busy
    threading.Timer(0.01, gate.set).start()
    maker.cancel("spring")
    assert not maker.busy
    stored = store.keys("spring")
    assert len(stored) == BATCH
    fresh = KeyMaker(store, 2, rsa_key)
    fresh.make(secret, PLACES)
    until(lambda: not fresh.busy)
    assert fresh.made == len(PLACES) - BATCH
    assert store.made("spring") == set(PLACES)
    assert store.keys("spring").items() >= stored.items()


def test_stopping_another_round_stops_nothing(store: Store) -> None:
    maker = KeyMaker(store, 2, rsa_key)
    maker.make(RoundSecret.generate("spring", UNTIL), PLACES)
    maker.cancel("summer")
    until(lambda: not maker.busy)
    assert store.count_keys("spring") == len(PLACES)


def test_one_round_is_worked_on_at_a_time(store: Store) -> None:
    gate = threading.Event()

    def generate() -> PrivateKey:
        gate.wait()
        return rsa_key()

    maker = KeyMaker(store, 2, generate)
    maker.make(RoundSecret.generate("spring", UNTIL), PLACES[:2])
    maker.make(RoundSecret.generate("summer", UNTIL), PLACES[:2])
    gate.set()
    until(lambda: not maker.busy)
    assert (store.count_keys("spring"), store.count_keys("summer")) == (2, 0)


def test_a_locked_database_stops_the_making_until_it_is_asked_for_again(store: Store, address: str) -> None:
    secret, maker = RoundSecret.generate("spring", UNTIL), KeyMaker(store, 2, rsa_key)
    with writing_elsewhere(address):
        maker.make(secret, PLACES)
        until(lambda: not maker.busy)
        assert maker.made == 0
    maker.make(secret, PLACES)
    until(lambda: not maker.busy)
    assert store.made("spring") == set(PLACES)
