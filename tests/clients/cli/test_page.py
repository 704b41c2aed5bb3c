"""`klankbord verify-page`: what is the published page is said to be, and nothing else is, over a real connection."""

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from clients.cli import as_a_browser, page, page_checking, page_html
from clients.cli.connection import open_connection
from clients.cli.outcomes import Exit, Trouble, Unavailable
from clients.cli.page_checking import Differs, Published
from clients.cli.page_fetching import LARGEST, PATIENCE, Browser
from deploy.compose.authority import Authority
from shared import page_files
from shared.page_policy import POLICY
from shared.parties import Book, describe, endorse, write
from tests.clients.cli.page_hosts import Answer, Change, Headers, Host, hosting
from tests.pages_made import FILES, INDEX, environment, listing, running
from tests.rounds_made import installation

SCRIPT = "/assets/index-DiwrgTda.js"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with hosting(tmp_path) as made:
        yield made


def test_the_published_page_is_said_to_be_it_with_its_check_code_and_what_this_does_not_show(host: Host) -> None:
    ran = host.verify()
    assert (ran.code, ran.err) == (Exit.OK, "")
    same, limits = ran.out.splitlines()
    assert page.check_code(listing(FILES)) in same and host.origin in same
    assert "for this device" in limits


def test_a_real_host_serves_the_published_page(tmp_path: Path) -> None:
    with running(environment(tmp_path), tmp_path / "said") as real:
        (tmp_path / "hashes.json").write_bytes(listing(FILES))
        ran = Host(tmp_path, real.url).verify(language="nl")
    assert (ran.code, ran.err) == (Exit.OK, ""), ran


def test_over_tls_the_host_has_to_say_that_there_is_no_other_way_and_be_who_it_says(tmp_path: Path) -> None:
    authority = Authority.make("an authority of the tests", time.time())
    pem = tmp_path / "page.pem"
    pem.write_bytes(authority.issue(["127.0.0.1"], time.time()))
    environ = environment(tmp_path, TLS_CERTIFICATE=str(pem), TLS_KEY=str(pem))
    (tmp_path / "hashes.json").write_bytes(listing(FILES))
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    with running(environ, tmp_path / "said") as real:
        trusted = Host(tmp_path, real.url, connect=lambda _: httpx.HTTPTransport(verify=trusting)).verify()
        unknown = Host(tmp_path, real.url).verify()
        wrong = Host(tmp_path, real.url.replace("127.0.0.1", "localhost")).verify()
    assert real.url.startswith("https:") and (trusted.code, trusted.err) == (Exit.OK, "")
    assert (unknown.code, wrong.code) == (Exit.UNAVAILABLE, Exit.UNAVAILABLE)
    with hosting(tmp_path) as plain, closing(open_connection(plain.origin)) as transport:
        # Served without TLS, and so without this header, it is looked at as if it had come over TLS.
        got = Browser(plain.origin, "en", transport).get("/")
    missing = page_checking.of_headers({"/": got}, {}, tls=True)
    assert "Strict-Transport-Security" in {one.where for one in missing if one.kind is Differs.MISSING_HEADER}


def changing(body: bytes) -> Change:
    return lambda answer, _: answer.saying(body)


def packing(body: bytes) -> Change:
    return lambda answer, _: answer.saying(body).adding("Content-Encoding", "gzip")


def with_index(old: bytes, new: bytes) -> Change:
    assert old in INDEX
    return changing(INDEX.replace(old, new))


def header(name: str, value: str | None) -> Change:
    """With another value, or without it."""

    def change(answer: Answer, _: Headers) -> Answer:
        without = answer.without(name)
        return without if value is None else without.adding(name, value)

    return change


@pytest.mark.parametrize(
    ("path", "change", "line"),
    [
        (SCRIPT, lambda answer, _: answer.saying(FILES[SCRIPT[1:]] + b" "), f"{SCRIPT}: is not what was published."),
        ("/", with_index(b"Klankbord", b"Klankborc"), "/: is not what was published."),
        ("/icon.svg", lambda answer, _: answer.saying(FILES["icon.svg"][:-1]), "/icon.svg: is not what was published."),
        (
            "/icon.svg",
            lambda answer, _: Answer(404, answer.headers, answer.body),
            "/icon.svg: is not served (status 404).",
        ),
        (
            SCRIPT,
            lambda answer, _: replace(answer.saying(b"").adding("Location", "https://elsewhere.example/"), status=302),
            f"{SCRIPT}: is not served (status 302).",
        ),
        (
            "/",
            with_index(b"</body>", b'<script src="https://evil.example/x.js"></script></body>'),
            "index.html names an address elsewhere: https://evil.example/x.js",
        ),
        (
            "/",
            with_index(b"</body>", b"<script>steal()</script></body>"),
            "index.html holds a script of its own: <script>",
        ),
        ("/", with_index(b"<body>", b"<body onload=x()>"), "index.html holds a script of its own: <body onload>"),
        ("/", with_index(b"<body>", b'<iframe srcdoc="x">'), "index.html holds a script of its own: <iframe srcdoc>"),
        ("/", with_index(b"<body>", b'<body style="x">'), "index.html holds a style of its own: <body>"),
        ("/", with_index(b"/icon.svg", b"//evil.example/i"), "index.html names an address elsewhere: //evil.example/i"),
        ("/", with_index(b"/icon.svg", b"data:,x"), "index.html names an address elsewhere: data:,x"),
        ("/", with_index(b"/icon.svg", b"https://[x"), "index.html names an address elsewhere: https://[x"),
        (
            "/",
            with_index(b"</body>", b"<script src=/assets/more.js></script></body>"),
            "index.html names a file that the published page does not have: /assets/more.js",
        ),
        ("/", with_index(b"<body>", b'<base href="/x/">'), "index.html steers the browser: <base>"),
        ("/", with_index(b"<body>", b"<meta http-equiv=refresh>"), "index.html steers the browser: <meta>"),
        ("/parties.json", changing(installation().file), "/parties.json: is another file than yours."),
        ("/parties.json", changing(b"{}"), "/parties.json: is another file than yours."),
        (
            "/hashes.json",
            changing(listing({**FILES, "assets/tracker-00000000.js": b""})),
            "/assets/tracker-00000000.js: the published page has no such file.",
        ),
        ("/hashes.json", changing(b"nonsense"), "/hashes.json: the host's list is another than the published one."),
        ("*", header(POLICY, None), f"{POLICY} is missing (/ +6)."),
        (SCRIPT, header(POLICY, None), f"{POLICY} is missing ({SCRIPT})."),
        ("/", header(POLICY, "default-src *"), f"{POLICY} is not what it must be (/: default-src *)."),
        ("*", header("Referrer-Policy", None), "Referrer-Policy is missing (/ +6)."),
        ("/", header("Cache-Control", "immutable"), "Cache-Control is not what it must be (/: immutable)."),
        (SCRIPT, header("Content-Type", "text/html"), f"Content-Type is not what it must be ({SCRIPT}: text/html)."),
        ("/", header("Set-Cookie", "you=7"), "set-cookie has no business there (/: you=7)."),
        ("/", header("ETag", '"you"'), 'etag has no business there (/: "you").'),
        ("/", header("Link", "<https://x>; rel=preload"), "link has no business there (/: <https://x>; rel=preload)."),
    ],
)
def test_whatever_is_different_is_said_in_one_line_and_is_an_alarm(
    host: Host, path: str, change: Change, line: str
) -> None:
    host.changes[path] = change
    ran = host.verify()
    assert ran.code == Exit.ALARM
    assert line in ran.out.splitlines()
    assert ran.err.startswith("ALARM. The page is not as it was published") and ran.err.count("\n") == 1


def test_a_policy_that_is_sent_twice_or_widened_is_seen(host: Host) -> None:
    host.changes["/"] = lambda answer, _: answer.adding(POLICY, "default-src *")
    assert host.verify().code == Exit.ALARM

    def widened(answer: Answer, _: Headers) -> Answer:
        policy = dict(answer.headers)[POLICY]
        return answer.without(POLICY).adding(POLICY, policy.replace("connect-src", "connect-src https://evil.example"))

    host.changes["/"] = widened
    assert "https://evil.example" in host.verify().out


def test_a_host_that_serves_something_else_to_whoever_is_no_browser_is_served_by_this_command_as_by_a_browser(
    host: Host,
) -> None:
    """The changed page goes to browsers only: what no browser sends gets the published one."""

    def to_browsers(answer: Answer, headers: Headers) -> Answer:
        of = {name.lower(): value for name, value in headers}
        browser = (
            "Chrome/" in of.get("user-agent", "")
            and of.get("sec-fetch-dest") == "document"
            and of.get("sec-fetch-mode") == "navigate"
            and "zstd" in of.get("accept-encoding", "")
            and '"Chromium"' in of.get("sec-ch-ua", "")
            and "klankbord" not in str(headers)
        )
        return answer.saying(INDEX + b"<!-- changed -->") if browser else answer

    host.changes["/"] = to_browsers
    ran = host.verify()
    assert ran.code == Exit.ALARM and "/: is not what was published." in ran.out


def test_a_host_that_serves_one_person_a_changed_page_is_not_found_out_by_others(host: Host) -> None:
    """What cannot be helped: her browser is told from this command by whatever the host knows of her."""
    changed = INDEX + b"<!-- changed -->"
    hers = {**dict(as_a_browser.headers(host.origin, "/", "en")), "Accept-Language": "de-DE,de;q=0.9"}

    def to_her(answer: Answer, headers: Headers) -> Answer:
        return answer.saying(changed) if dict(headers)["Accept-Language"] == hers["Accept-Language"] else answer

    host.changes["/"] = to_her
    assert httpx.get(host.origin, headers=hers).content == changed
    assert host.verify().code == host.verify(language="nl").code == Exit.OK


def test_what_only_this_command_asks_for_comes_last_and_all_of_it_over_one_connection(host: Host) -> None:
    assert host.verify().code == Exit.OK
    assert [path for path, _ in host.asked] == [
        "/",
        "/icon.svg",
        "/assets/index-BcDeFgH1.css",
        SCRIPT,
        "/assets/worker-x_Y-z012.js",
        "/parties.json",
        "/hashes.json",
    ]
    assert len(set(host.connections)) == 1


def test_a_code_in_the_link_stays_here(host: Host) -> None:
    assert host.verify(url=f"{host.origin}/#KA-geheim").code == Exit.OK
    assert "geheim" not in str(host.asked)
    before = len(host.asked)
    for bad in ("/?code=geheim", "/collect", "/x/../"):
        ran = host.verify(url=host.origin + bad)
        assert (ran.code, ran.out) == (Exit.USAGE, "") and "geheim" not in ran.err
    for bad in ("page.example", "ftp://page.example", "https://", "https://x@page.example", "https://page.example:x"):
        assert host.verify(url=bad).code == Exit.USAGE
    assert len(host.asked) == before


def generations(folder: Path, origin: str, **changes: object) -> bytes:
    """The person's own parties.json with a generation more, which everybody endorsed."""
    first = json.loads((folder / "parties.json").read_bytes())["generations"][0]["parties"]
    second = first | {"generation": 2} | changes
    of = installation(pages=[origin])
    return write([(first, {}), (second, {name: endorse(second, key) for name, key in of.identities.items()})])


def test_newer_parties_that_everybody_endorsed_are_told_from_other_ones(host: Host) -> None:
    newer = generations(host.folder, host.origin)
    host.changes["/parties.json"] = changing(newer)
    ran = host.verify()
    assert ran.code == Exit.ALARM
    assert "newer than yours (generation 2)" in ran.out
    # The other way round the host serves old ones.
    (host.folder / "parties.json").write_bytes(newer)
    host.changes["/parties.json"] = lambda answer, _: answer
    host.changes["/parties.json"] = changing(write([(json.loads(newer)["generations"][0]["parties"], {})]))
    assert "/parties.json: is another file than yours." in host.verify().out


def test_a_page_that_the_parties_do_not_know_is_said_to_be_unknown(host: Host) -> None:
    parties = installation(pages=[host.origin]).parties
    other = describe(
        parties.issuers, parties.ingest, parties.gate, parties.aggregate, parties.report_url, ["https://page.example"]
    )
    (host.folder / "parties.json").write_bytes(write([(other, {})]))
    ran = host.verify()
    assert ran.code == Exit.ALARM
    assert f"{host.origin}: your parties.json has no page with this address." in ran.out


def test_what_is_packed_in_another_way_or_with_something_behind_it_is_not_what_was_published(host: Host) -> None:
    plain = FILES[SCRIPT[1:]]
    packings = [gzip.compress(plain) + b"more", gzip.compress(plain)[:-4], b"no gzip", gzip.compress(plain + b"!")]
    for packed in packings:
        host.changes[SCRIPT] = packing(packed)
        assert f"{SCRIPT}: is not what was published." in host.verify().out
    host.changes[SCRIPT] = packing(gzip.compress(plain))
    assert host.verify().code == Exit.OK


def test_a_huge_answer_and_one_that_unpacks_to_one_are_not_read_to_their_end(host: Host) -> None:
    host.changes["/"] = lambda answer, _: answer.saying(b"x" * (LARGEST + 1))
    assert "/: is far too large." in host.verify().out
    host.changes["/"] = packing(gzip.compress(bytes(64 * LARGEST)))
    assert "/: is far too large." in host.verify().out


@pytest.mark.parametrize(("status", "words"), [(503, "busy"), (500, "broken")])
def test_a_host_that_is_out_of_order_is_no_alarm(host: Host, status: int, words: str) -> None:
    host.changes["/"] = lambda answer, _: Answer(status, answer.headers, answer.body)
    ran = host.verify()
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert words in ran.err


def test_what_was_seen_before_the_host_went_away_is_an_alarm_all_the_same(host: Host) -> None:
    host.changes["/"] = with_index(b"Klankbord", b"Klankborc")
    host.changes["/parties.json"] = lambda answer, _: Answer(503, answer.headers, answer.body)
    assert host.verify().code == Exit.ALARM


def test_nobody_there_is_no_alarm(tmp_path: Path) -> None:
    with hosting(tmp_path) as gone:
        pass
    ran = gone.verify()
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert "cannot be reached" in ran.err


def test_plain_http_is_only_for_this_machine(tmp_path: Path) -> None:
    with hosting(tmp_path) as host:
        ran = host.verify(url="http://page.example")
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert "not encrypted" in ran.err


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """A host that begins an answer and then sends a byte now and then, for ever; its origin."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(first)
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_a_host_that_never_ends_keeps_nobody(first: bytes) -> None:
    assert PATIENCE <= 60
    installed = installation()
    published = Published(listing(FILES), page_files.parse(listing(FILES)), installed.file, installed.book)
    with dripping(first) as origin, closing(open_connection(origin)) as transport:
        browser = Browser(origin, "nl", transport, patience=0.3)
        with pytest.raises(Unavailable) as raised:
            next(page_checking.differences(browser, published))
    assert raised.value.trouble is Trouble.NETWORK


@pytest.mark.parametrize("content", [b"", b"{}", b'{"index.html": 1}'])
def test_hashes_that_are_none_are_refused_before_anything_is_sent(host: Host, content: bytes) -> None:
    (host.folder / "hashes.json").write_bytes(content)
    ran = host.verify()
    assert (ran.code, ran.out, host.asked) == (Exit.USAGE, "", [])
    assert "list of hashes" in ran.err and ran.err.count("\n") == 1


def test_whatever_a_host_says_is_one_line_without_control_characters(host: Host) -> None:
    host.changes["/"] = changing(b'<script src="https://evil.example/\x1b[2J\n' + b"x" * 999 + b'"></script>')
    ran = host.verify()
    line = next(line for line in ran.out.splitlines() if "elsewhere" in line)
    assert "\x1b" not in ran.out and len(line) < 400


@pytest.mark.parametrize("mark", [b"<!", b"<a ", b"<", b"<!--", b"<script", b"<svg><![CDATA[", b"&#"])
def test_html_that_is_made_to_be_slow_is_not(mark: bytes) -> None:
    began = time.monotonic()
    page_html.oddities(mark * (LARGEST // len(mark)), "https://page.example", ())
    assert time.monotonic() - began < 5


def test_many_differences_are_not_all_said(host: Host) -> None:
    scripts = b"".join(b"<script src=https://x%d.example/></script>" % number for number in range(5000))
    host.changes["/"] = changing(scripts)
    ran = host.verify()
    assert ran.code == Exit.ALARM and ran.out.count("\n") <= page.MOST + 1


def test_the_book_of_the_person_decides_and_not_that_of_the_host(host: Host) -> None:
    """Other parties on the host with a policy that fits them."""
    other = generations(host.folder, host.origin, report_url="https://evil.example")
    policy = Book.load(other)
    assert policy.current.report_url == "https://evil.example"
    (host.folder / "parties.json").write_bytes(other)
    assert "is not what it must be" in host.verify().out
