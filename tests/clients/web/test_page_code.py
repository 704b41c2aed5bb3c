"""The page's own tests, which run in Node: protocol, client, and every refusal."""

import json
import os
import subprocess

from tests.clients.web.page import WEB, node


def test_the_lock_file_says_what_to_install_and_not_from_where() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 50
    assert all("integrity" in one and "resolved" not in one for one in packages.values())


def test_every_package_is_named_with_its_exact_version() -> None:
    package = json.loads((WEB / "package.json").read_text())
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(version[0].isdigit() for version in versions.values())


def test_the_code_of_the_page_passes_its_own_tests() -> None:
    vitest = WEB / "node_modules" / "vitest" / "vitest.mjs"
    done = subprocess.run(
        [node(), str(vitest), "run", "--reporter=dot"],
        cwd=WEB,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,  # Seconds: twenty times as long as it takes on two idle cores.
    )
    assert done.returncode == 0, done.stdout + done.stderr
