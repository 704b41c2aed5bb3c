"""The built page is served as it was built, or not at all."""

from pathlib import Path

import pytest

from services.page.built import FOLDER, read
from shared.settings import BadSettings
from tests.pages_made import FILES, ROOT, built, listing


def test_a_page_as_it_was_built_is_read_whole(tmp_path: Path) -> None:
    assert read(built(tmp_path)) == {**FILES, "hashes.json": listing(FILES)}


def test_what_lies_beside_it_is_not_read(tmp_path: Path) -> None:
    (built(tmp_path) / "secret.txt").write_text("not a part of the page")
    assert "secret.txt" not in read(tmp_path)


def test_every_file_that_was_changed_or_is_gone_is_named(tmp_path: Path) -> None:
    built(tmp_path)
    (tmp_path / "index.html").write_bytes(FILES["index.html"].replace(b"Klankbord", b"Klankboord"))
    (tmp_path / "icon.svg").unlink()
    with pytest.raises(BadSettings) as raised:
        read(tmp_path)
    assert sorted(str(raised.value).splitlines()) == [
        "KLANKBORD_PAGE: icon.svg: No such file or directory",
        "KLANKBORD_PAGE: index.html is not what hashes.json says",
    ]


def test_where_nothing_was_built_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        BadSettings, match=r"^KLANKBORD_PAGE has no built page: hashes.json: No such file or directory$"
    ):
        read(tmp_path / "nowhere")


def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (built(tmp_path / "built") / "hashes.json").write_text('{"index.html": "' + "0" * 64 + '", "../x.js": ""}')
    with pytest.raises(BadSettings, match=r"^KLANKBORD_PAGE: hashes.json: a path that no file of the page can have$"):
        read(tmp_path / "built")


def test_the_page_is_looked_for_where_it_is_built() -> None:
    assert FOLDER == ROOT / "clients" / "web" / "built"
