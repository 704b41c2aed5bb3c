"""A party's key is made once, kept to itself, and must be the one in parties.json."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared import keygen
from shared.canonical import b64, unb64
from shared.parties import Party
from shared.settings import BadSettings


def environ(home: Path) -> Mapping[str, str]:
    return {"KLANKBORD_HOME": str(home), "PATH": "/bin"}


def made(home: Path, capsys: pytest.CaptureFixture[str]) -> bytes:
    assert keygen.handle(["keygen"], environ(home)) == 0
    return unb64(capsys.readouterr().out.strip())


def test_without_arguments_the_service_is_to_run(tmp_path: Path) -> None:
    assert keygen.handle([], environ(tmp_path)) is None


def test_keygen_makes_a_key_that_only_its_owner_reads_and_prints_the_public_half(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    public = made(home, capsys)
    assert stat.S_IMODE((home / keygen.FILE).stat().st_mode) == 0o600
    key = keygen.identity(home, Party("gate", "", public))
    Ed25519PublicKey.from_public_bytes(public).verify(key.sign(b"x"), b"x")
    assert (home / keygen.FILE).read_text().strip() not in capsys.readouterr().out


def test_a_key_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = made(tmp_path, capsys)
    before = (tmp_path / keygen.FILE).read_bytes()
    assert keygen.handle(["keygen"], environ(tmp_path)) == 2
    said = capsys.readouterr().err
    assert said == f"identity.key exists already and is never replaced; its public key: {b64(public)}\n"
    (tmp_path / keygen.FILE).chmod(0o644)
    assert keygen.handle(["keygen"], environ(tmp_path)) == 2
    assert "cannot be used: identity.key can be read by others" in capsys.readouterr().err
    assert (tmp_path / keygen.FILE).read_bytes() == before


def test_the_words_that_a_service_has_besides_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keygen.handle(["--help"], environ(tmp_path), ("adminkey", "migrate")) == 2
    assert capsys.readouterr().err == "either no argument or: keygen, adminkey, migrate\n"


def test_other_arguments_a_missing_folder_and_one_that_cannot_be_made_end_with_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    for arguments, environment in (
        (["help"], environ(tmp_path)),
        (["keygen", "again"], environ(tmp_path)),
        (["keygen"], {}),
        (["keygen"], environ(file / "below")),
    ):
        assert keygen.handle(arguments, environment) == 2
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1
        assert captured.out == ""


def test_a_key_that_is_missing_foreign_open_to_others_or_none_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = made(tmp_path, capsys)
    file = tmp_path / keygen.FILE
    with pytest.raises(BadSettings, match=r"keygen"):
        keygen.identity(tmp_path / "elsewhere", Party("gate", "", public))
    with pytest.raises(BadSettings, match=r"parties.json has for gate"):
        keygen.identity(tmp_path, Party("gate", "", bytes(32)))
    file.chmod(0o640)
    with pytest.raises(BadSettings, match=r"others"):
        keygen.identity(tmp_path, Party("gate", "", public))
    file.chmod(0o600)
    file.write_bytes(b"no key\n")
    with pytest.raises(BadSettings, match=r"no Ed25519 key"):
        keygen.identity(tmp_path, Party("gate", "", public))
