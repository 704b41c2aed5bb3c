"""The committed page is what its source builds, byte for byte, wherever and as often as it is built."""

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.clients.web.page import WEB, node
from tests.left_out import without

MADE = ("built", "single")

LEFT_BEHIND = shutil.ignore_patterns("node_modules", "tests", *MADE)


def built(folder: Path) -> dict[str, bytes]:
    """What `npm run build` makes of a copy of the sources in `folder`, by path."""
    node()
    npm = shutil.which("npm") or without("Node", "npm is missing: install Node 20 or newer with npm")
    shutil.copytree(WEB, folder, ignore=LEFT_BEHIND)
    (folder / "node_modules").symlink_to(WEB / "node_modules")
    done = subprocess.run([npm, "run", "--silent", "build"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return found(folder)


def found(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for made in MADE
        for path in (folder / made).rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("build")
    return built(folder / "once"), built(folder / "deeper" / "and elsewhere")


def test_two_builds_have_the_same_bytes(twice: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    once, again = twice
    assert once.keys() == again.keys()
    assert [path for path in once if once[path] != again[path]] == []


def test_the_committed_page_is_what_the_source_builds(twice: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    once, _ = twice
    committed = found(WEB)
    assert {"built/index.html", "built/hashes.json", "single/klankbord.html"} < committed.keys()
    assert sorted(committed) == sorted(once), "commit what `npm run build` in clients/web makes"
    assert [path for path in once if once[path] != committed[path]] == []


def test_the_published_hashes_are_those_of_the_committed_page() -> None:
    hashes = json.loads((WEB / "built" / "hashes.json").read_bytes())
    files = {path.removeprefix("built/"): content for path, content in found(WEB).items() if path.startswith("built/")}
    del files["hashes.json"]
    assert hashes == {path: sha256(content).hexdigest() for path, content in files.items()}


def test_nothing_of_the_machine_that_built_it_stands_in_the_page() -> None:
    for path, content in found(WEB).items():
        for word in (str(WEB.parent).encode(), b"node_modules", b"sourceMappingURL"):
            assert word not in content, path
        assert re.search(rb"/(?:home|root|Users)/", content) is None, path
