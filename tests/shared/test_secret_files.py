import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.canonical import b64
from shared.secret_files import RoundSecrets, UnsafeFile, load_identity, make_identity, read_secret
from tests.crashes import failing, killed_before_each_call


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes_raw()


def test_an_identity_is_made_once_and_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "home" / "identity.key"
    made = make_identity(path)
    assert raw(load_identity(path)) == raw(made)
    with pytest.raises(FileExistsError):
        make_identity(path)
    assert raw(load_identity(path)) == raw(made)
    assert raw(make_identity(tmp_path / "other.key")) != raw(made)


def test_keys_and_their_folders_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_identity(tmp_path / "home" / "identity.key")
        RoundSecrets(tmp_path / "rounds").create("spring", b"secret")
    finally:
        os.umask(before)
    assert mode(tmp_path / "home") == mode(tmp_path / "rounds") == 0o700
    assert mode(tmp_path / "home" / "identity.key") == mode(tmp_path / "rounds" / "spring.key") == 0o600


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777])
def test_a_key_that_others_could_reach_is_refused(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "spring.key"
    make_identity(path)
    path.chmod(bits)
    for read in (load_identity, read_secret, lambda _path: RoundSecrets(tmp_path).load("spring")):
        with pytest.raises(UnsafeFile, match="chmod 600"):
            read(path)
    path.chmod(0o400)
    load_identity(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "identity.key"
    make_identity(path)
    os.chown(path, 12345, -1)
    with pytest.raises(UnsafeFile, match="another user"):
        load_identity(path)


@pytest.mark.parametrize(
    "content", [b"", b"secret-text", b"\xff\xfe", b64(bytes(31)).encode(), b64(bytes(33)).encode()]
)
def test_what_is_no_key_is_refused_without_being_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "identity.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UnsafeFile) as error:
        load_identity(path)
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_missing_identity_is_simply_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_identity(tmp_path / "identity.key")


# Secrets of rounds.


def test_a_round_has_one_secret_until_it_is_destroyed(tmp_path: Path) -> None:
    secrets = RoundSecrets(tmp_path)
    assert secrets.load("spring") is None
    secrets.create("spring", b"first")
    with pytest.raises(FileExistsError):
        secrets.create("spring", b"second")
    secrets.create("autumn", b"")
    assert (secrets.load("spring"), secrets.load("autumn")) == (b"first", b"")
    assert list(RoundSecrets(tmp_path).rounds()) == ["autumn", "spring"]
    assert secrets.destroy("spring")
    assert not secrets.destroy("spring")
    assert secrets.load("spring") is None
    assert list(secrets.rounds()) == ["autumn"]


@pytest.mark.parametrize("round_id", ["", "../x", "a/b", "Spring", "a\n"])
def test_what_is_no_rounds_id_never_becomes_a_file(tmp_path: Path, round_id: str) -> None:
    secrets = RoundSecrets(tmp_path / "rounds")
    attempts: list[Callable[[], object]] = [
        lambda: secrets.create(round_id, b"x"),
        lambda: secrets.load(round_id),
        lambda: secrets.destroy(round_id),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="id"):
            attempt()


def test_other_files_beside_them_are_nobodys_secret(tmp_path: Path) -> None:
    for name in ("spring.served", "notes", "Spring.key", ".hidden.key", "spring.key.old"):
        (tmp_path / name).write_bytes(b"x")
    assert list(RoundSecrets(tmp_path).rounds()) == []
    assert len(list(tmp_path.iterdir())) == 5


def test_a_secret_is_made_as_a_whole_or_not_at_all_and_nothing_is_left_lying(tmp_path: Path) -> None:
    steps = 0
    for _ in killed_before_each_call(lambda: RoundSecrets(tmp_path).create("spring", b"secret")):
        steps += 1
        assert RoundSecrets(tmp_path).load("spring") in (None, b"secret")
        assert {path.name for path in tmp_path.iterdir()} <= {"spring.key"}
        RoundSecrets(tmp_path).destroy("spring")
    assert steps > 5


def test_a_secret_half_destroyed_never_comes_back_as_zeros(tmp_path: Path) -> None:
    RoundSecrets(tmp_path).create("spring", b"secret")
    steps = 0
    for _ in killed_before_each_call(lambda: RoundSecrets(tmp_path).destroy("spring")):
        steps += 1
        there = RoundSecrets(tmp_path)
        assert there.load("spring") in (None, b"secret")
        assert {path.name for path in tmp_path.iterdir()} == {f"{name}.key" for name in there.rounds()}
        there.destroy("spring")
        there.create("spring", b"secret")
    assert steps > 7
    assert list(tmp_path.iterdir()) == []


def test_a_destruction_that_failed_is_done_again_without_a_new_start(tmp_path: Path) -> None:
    secrets, step, failed = RoundSecrets(tmp_path), 0, True
    while failed:
        secrets.create("spring", b"secret")
        failed = False
        with failing(step, errno.EIO):
            try:
                secrets.destroy("spring")
            except OSError:
                failed = True
        assert list(secrets.rounds()) == ["spring"] or not list(tmp_path.iterdir())
        for round_id in list(secrets.rounds()):
            secrets.destroy(round_id)
        assert list(tmp_path.iterdir()) == []
        step += 1
    assert step > 5
