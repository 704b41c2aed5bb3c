"""The process itself: `python -m services.page` is started, asked and ended."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.pages_made import FILES, environment, running


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.page", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


def test_it_serves_the_page_as_it_was_at_the_start_and_ends_cleanly(tmp_path: Path) -> None:
    with running(environment(tmp_path), tmp_path / "said") as host:
        (tmp_path / "built" / "index.html").write_bytes(b"changed meanwhile")
        (tmp_path / "parties.json").write_bytes(b"changed meanwhile")
        for path, content in (*FILES.items(), ("", FILES["index.html"])):
            assert httpx.get(f"{host.url}/{path}").content == content
        assert httpx.get(f"{host.url}/parties.json").json()["generations"]
        head = httpx.head(host.url)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["Content-Length"]) < len(FILES["index.html"])
        assert httpx.post(host.url, content=b"x").status_code == 405
        assert "klankbord_page_files 7.0" in host.metrics
        began = time.monotonic()
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(5) == 0
        assert time.monotonic() - began < 5
    assert (tmp_path / "said").read_text() == ""


def test_a_file_that_was_changed_on_disk_keeps_it_from_starting(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    script = tmp_path / "built" / "assets" / "index-DiwrgTda.js"
    script.write_bytes(script.read_bytes()[:-1] + b" ")
    ended = run(environ)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "KLANKBORD_PAGE: assets/index-DiwrgTda.js is not what hashes.json says\n"


def test_without_a_built_page_it_says_so(tmp_path: Path) -> None:
    ended = run(environment(tmp_path, PAGE=str(tmp_path / "nowhere")))
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith("KLANKBORD_PAGE has no built page")


def test_it_takes_no_arguments_and_makes_no_key(tmp_path: Path) -> None:
    ended = run(environment(tmp_path), "keygen")
    assert (ended.returncode, ended.stderr) == (2, "there are no arguments\n")
