"""`klankbord page-file`: the whole page in one file that anybody can make again, and that a browser can use."""

import html
import io
import os
import re
import stat
import subprocess
import sys
import tomllib
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

import httpx
import pytest

from clients.cli import page_single
from clients.cli.__main__ import main
from clients.cli.edge import Edge
from clients.cli.outcomes import Exit
from shared.parties import Book, describe, write
from tests.chromium_here import dom
from tests.clients.cli.suite import Ran
from tests.pages_made import ROOT
from tests.rounds_made import Installation, installation

BUILT = (ROOT / "clients" / "web" / "single" / "klankbord.html").read_bytes()
CONNECT = "connect-src https://hr.example https://council.example https://ingest.example https://report.example;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a parties.json that allows a page from a file."""
    (tmp_path / "parties.json").write_bytes(installed().file)
    return tmp_path


def installed(pages: Sequence[str] = ("https://page.example", "null")) -> Installation:
    return installation(2, pages=pages)


def command(folder: Path, *argv: str, language: str = "en") -> Ran:
    out, err = io.StringIO(), io.StringIO()
    edge = Edge(
        environ={"KLANKBORD_PARTIES": str(folder / "parties.json")},
        stdin=io.StringIO(),
        stdout=out,
        stderr=err,
        secret=lambda _: "",
        connect=lambda _: httpx.MockTransport(lambda asked: pytest.fail(str(asked.url))),
        now=lambda: 0.0,
        sleep=lambda _: None,
        random=Random(7),
    )
    return Ran(main([*argv, "--lang", language], edge), out.getvalue(), err.getvalue())


def made(folder: Path) -> Path:
    file = folder / "klankbord.html"
    assert command(folder, "page-file", str(file)).code == Exit.OK
    return file


def test_the_file_holds_parties_json_as_it_is_and_says_its_hash(folder: Path) -> None:
    file = folder / "klankbord.html"
    ran = command(folder, "page-file", str(file))
    assert (ran.code, ran.err) == (Exit.OK, "")
    page = file.read_bytes()
    assert page_single.parties_in(page) == (folder / "parties.json").read_bytes().strip()
    assert sha256(page).hexdigest() in ran.out and "verify-page klankbord.html" in ran.out


def test_whoever_has_the_same_parties_makes_the_same_bytes(folder: Path) -> None:
    first = made(folder).read_bytes()
    (folder / "klankbord.html").unlink()
    assert made(folder).read_bytes() == first


def test_but_for_the_parties_and_the_services_it_is_the_built_file(folder: Path) -> None:
    page = made(folder).read_bytes()
    parties = (folder / "parties.json").read_bytes().strip()
    emptied = page.replace(parties, b"").replace(
        CONNECT.encode(), b"connect-src https: http://localhost:* http://127.0.0.1:*;"
    )
    assert emptied == BUILT != page


@pytest.mark.skipif(os.name != "posix", reason="Modes of files are POSIX's.")
def test_everybody_may_read_it_and_nobody_else_write_it_whatever_the_umask(folder: Path) -> None:
    file = folder / "klankbord.html"
    subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0o077); {_RUN}", "page-file", str(file)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "KLANKBORD_PARTIES": str(folder / "parties.json")},
        check=True,
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


_RUN = "from clients.cli.__main__ import main; raise SystemExit(main())"


def test_a_file_that_is_there_is_left_as_it_is(folder: Path) -> None:
    (folder / "klankbord.html").write_text("mine")
    ran = command(folder, "page-file", str(folder / "klankbord.html"))
    assert ran.code == Exit.USAGE and "exists already" in ran.err
    assert (folder / "klankbord.html").read_text() == "mine"


def test_where_no_file_can_be_made_it_is_said(folder: Path) -> None:
    ran = command(folder, "page-file", str(folder / "nowhere" / "klankbord.html"))
    assert ran.code == Exit.USAGE and ran.err.count("\n") == 1


@pytest.mark.parametrize(("language", "words"), [("en", "--page=null"), ("nl", "generatie")])
def test_parties_that_allow_no_page_from_a_file_are_told_what_to_agree_on(
    folder: Path, language: str, words: str
) -> None:
    (folder / "parties.json").write_bytes(installed(["https://page.example"]).file)
    ran = command(folder, "page-file", str(folder / "klankbord.html"), language=language)
    assert ran.code == Exit.USAGE and '"null"' in ran.err and words in ran.err
    assert not (folder / "klankbord.html").exists()


@pytest.mark.parametrize("where", ["address", "endorsement"])
def test_nothing_in_parties_json_can_end_the_script(folder: Path, where: str) -> None:
    (folder / "parties.json").write_bytes(ending(where))
    Book.load((folder / "parties.json").read_bytes())
    ran = command(folder, "page-file", str(folder / "klankbord.html"))
    assert ran.code == Exit.USAGE and "could end the script" in ran.err
    assert not (folder / "klankbord.html").exists()


def ending(where: str) -> bytes:
    """A parties.json that is in order but for a closing tag."""
    current = installed().book.current
    url = "https://report.example/</script><script>alert(1)" if where == "address" else current.report_url
    parties = (current.issuers, current.ingest, current.gate, current.aggregate, url, current.pages)
    return write([(describe(*parties), {"</script>": ""} if where == "endorsement" else {})])


def test_a_file_as_it_was_handed_out_is_recognised(folder: Path) -> None:
    file = made(folder)
    ran = command(folder, "verify-page", str(file))
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert "exactly the page" in ran.out and sha256(file.read_bytes()).hexdigest() in ran.out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<script type="module">', b'<script type="module">alert(1);'),
        (CONNECT.encode(), b"connect-src https:;"),
        (b"default-src 'none'; ", b""),
        (b"</html>", b"</html> "),
    ],
)
def test_a_file_in_which_anything_was_changed_is_an_alarm(folder: Path, old: bytes, new: bytes) -> None:
    file = made(folder)
    page = file.read_bytes()
    assert page.count(old) == 1
    file.write_bytes(page.replace(old, new))
    ran = command(folder, "verify-page", str(file))
    assert ran.code == Exit.ALARM and f"{file}: is not what was published" in ran.out


def test_a_file_with_other_parties_is_an_alarm_that_says_so(folder: Path) -> None:
    file = made(folder)
    (folder / "parties.json").write_bytes(installed(["null"]).file)
    ran = command(folder, "verify-page", str(file))
    assert ran.code == Exit.ALARM and "parties.json: is another file than yours" in ran.out


def test_the_built_file_without_parties_is_told_apart(folder: Path) -> None:
    (folder / "empty.html").write_bytes(BUILT)
    ran = command(folder, "verify-page", str(folder / "empty.html"), language="nl")
    assert ran.code == Exit.ALARM and "zonder parties.json" in ran.out


def test_hashes_of_a_host_say_nothing_about_a_file(folder: Path) -> None:
    assert command(folder, "verify-page", str(made(folder)), "--hashes", "x.json").code == Exit.USAGE


def test_what_is_neither_a_file_nor_an_address_is_refused(folder: Path) -> None:
    ran = command(folder, "verify-page", str(folder / "nowhere.html"))
    assert ran.code == Exit.USAGE and "no address of a page" in ran.err


def test_the_policy_in_the_file_allows_its_own_script_and_style_and_the_parties_services(folder: Path) -> None:
    page = made(folder).read_text("utf-8")
    policy = html.unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[0])
    assert CONNECT in policy and "default-src 'none'" in policy and "unsafe" not in policy
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        inline = re.findall(rf'<{tag}(?: type="module")?>(.*?)</{tag}>', page, re.DOTALL)
        assert len(inline) == 1
        assert f"{directive} {hashed(inline[0])}" in policy
    assert not re.search(r'\s(?:src|href)="', page.partition("<body>")[0])


def test_a_browser_reads_the_parties_from_the_file_and_asks_their_services(folder: Path) -> None:
    """No service answers here; without parties there would be none to ask."""
    (folder / "empty.html").write_bytes(BUILT)
    for file, asked in ((made(folder), INGEST), (folder / "empty.html", PAGE)):
        said = shown(dom(file.as_uri(), folder / "profile"))
        assert any(sentence in said for sentence in asked), said


INGEST = ("De ontvangst is niet te bereiken", "The receiving desk cannot be reached")
PAGE = ("Deze pagina is niet te bereiken", "This page cannot be reached")


def shown(page: str) -> str:
    """What stands on the screen."""
    return page.partition('<div id="page">')[2].partition("<noscript>")[0]


PROBE = """
const said = [];
const say = (what) => { said.push(what); document.title = said.join("; "); };
document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) =>
  say(`${effectiveDirective} ${blockedURI}`));
const parties = JSON.parse(document.getElementById("parties").textContent);
say(`parties of generation ${parties.generations.length}`);
for (const url of ["https://elsewhere.example/", "http://127.0.0.1:9/", "https://ingest.example/rounds"])
  fetch(url).catch(() => say(`${url} failed`));
try { eval("1"); say("evaluated"); } catch { say("not evaluated"); }
"""


def test_a_browser_lets_the_file_ask_its_services_and_nobody_else(folder: Path) -> None:
    """Another script in the place of ours, which the policy is told to allow, tries it."""
    script = re.findall(r'<script type="module">(.*?)</script>', BUILT.decode(), re.DOTALL)[0]
    built = BUILT.decode().replace(script, PROBE).replace(hashed(script), hashed(PROBE)).encode()
    parties = (folder / "parties.json").read_bytes()
    (folder / "probe.html").write_bytes(page_single.filled(built, parties, Book.load(parties)))
    title = re.findall("<title>(.*?)</title>", dom((folder / "probe.html").as_uri(), folder / "profile"))[0]
    said = html.unescape(title).split("; ")
    assert {"parties of generation 1", "not evaluated", "https://ingest.example/rounds failed"} <= set(said)
    refused = [one for one in said if one.startswith("connect-src ")]
    assert refused == ["connect-src https://elsewhere.example/", "connect-src http://127.0.0.1:9/"]


def hashed(inline: str) -> str:
    """As a policy names a script or style that it allows."""
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


def test_a_browser_runs_nothing_that_was_added_to_the_file(folder: Path) -> None:
    file = made(folder)
    added = b"<script>document.title = 'added ran'</script><img src=x onerror=\"document.title='added ran'\"></body>"
    file.write_bytes(file.read_bytes().replace(b"</body>", added))
    page = dom(file.as_uri(), folder / "profile")
    assert any(sentence in shown(page) for sentence in INGEST) and "<title>added ran" not in page


def test_a_package_has_the_file() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    data = settings["tool"]["setuptools"]["package-data"]["clients"]
    assert any((ROOT / "clients" / "web" / "single" / "klankbord.html") in (ROOT / "clients").glob(one) for one in data)
