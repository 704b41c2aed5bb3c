"""The employees' page beside a running suite: served by a host that knows nothing, and let in by the others."""

from pathlib import Path

import httpx

from clients.cli.__main__ import main
from shared.page_files import PARTIES
from shared.page_policy import POLICY
from tests.pages_made import FILES, built
from tests.process.suite import suite


def test_the_page_is_served_and_may_speak_to_whom_it_must(tmp_path: Path) -> None:
    with suite(tmp_path / "suite", issuers=2, page=built(tmp_path / "built")) as running:
        installation = running.installation
        page = installation.services["page"]
        assert installation.book.current.pages == (page.url,)
        answer = httpx.get(page.url)
        assert answer.content == FILES["index.html"]
        assert httpx.get(f"{page.url}/{PARTIES}").content == installation.parties_file.read_bytes()
        (allowed,) = (one for one in answer.headers[POLICY].split("; ") if one.startswith("connect-src "))
        for name in ("issuer-1", "issuer-2", "ingest", "report"):
            url = installation.services[name].url
            assert url in allowed.split()
            asked = httpx.get(f"{url}/rounds", headers={"Origin": page.url})
            assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, page.url)
        assert installation.services["gate"].listen not in allowed
        # It was given no folder of its own, and made none.
        assert not page.home.exists()
        words = ["--parties", str(installation.parties_file), "--hashes", str(tmp_path / "built" / "hashes.json")]
        assert main(["verify-page", page.url, *words]) == 0
    # Its server says so when a busy machine keeps it from ending in time.
    assert [
        line for line in page.said.read_text().splitlines() if not line.startswith("[WARNING] Killing worker-")
    ] == []


def test_without_a_built_page_the_suite_is_what_it_was(tmp_path: Path) -> None:
    with suite(tmp_path / "suite") as running:
        assert "page" not in running.installation.services
        assert running.installation.book.current.pages == ()
