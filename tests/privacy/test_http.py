"""What HTTP tells about whoever asks: nothing but what she asks for, and ingest tells everybody the same."""

import json
import logging
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

import pytest

from clients.cli.connection import Web, open_connection
from clients.cli.outcomes import Unavailable
from deploy.trial import holdings
from shared import topics
from shared.envelope import Envelope
from shared.log.memory import MemoryLog
from tests.privacy.attacks import ATTACKS, MARK
from tests.privacy.needles import Needles
from tests.privacy.people import EMPTY, LONG
from tests.privacy.recording import Exchange
from tests.privacy.round_played import BEFORE_ANY_ROUND, ROUND, Left
from tests.services.ingest.desks import body_of, envelope_of, place, spring

OF_ONE_ANSWER = {b"date", b"content-length"}
"""Response headers that differ from answer to answer: the clock of the service, and the length of the body."""

_STAFF = ("hr", "reader")


def employees(left: Left) -> list[Exchange]:
    return [one for one in left.exchanges if one.who not in _STAFF]


def by(key: Callable[[Exchange], str], exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    found: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        found[key(exchange)].append(exchange)
    return found


@pytest.mark.parametrize("service", ["issuer-1", "issuer-2", "ingest", "report"])
def test_everybody_sends_the_same_headers_but_for_the_code_that_the_issuer_needs(left: Left, service: str) -> None:
    asked = by(lambda one: one.method, (one for one in employees(left) if one.service == service))
    for method, exchanges in asked.items():
        seen = {
            tuple(header for header in one.sent_headers if header[0] not in (b"Authorization", b"Content-Length"))
            for one in exchanges
        }
        assert len(seen) == 1, method
        assert len({one.who for one in exchanges}) > 1 or service == "report"
        if not service.startswith("issuer"):
            assert not any(name == b"Authorization" for one in exchanges for name, _ in one.sent_headers)


def test_everybody_posts_bodies_of_one_length_whatever_she_wrote_and_wherever_she_belongs(left: Left) -> None:
    posted = [one for one in employees(left) if one.path == "/envelopes"]
    assert {left.people[EMPTY].id, left.people[LONG].id} < {one.who for one in posted}
    assert {person.team for person in left.people if person.id in {one.who for one in posted}} == {
        "Rood",
        "Groen",
        "Blauw",
        "",
    }
    by_part = by(lambda one: str(json.loads(one.sent)["part"]), posted)
    assert sorted(by_part) == ["0", "1", "2"]
    for of_part in by_part.values():
        assert len({len(one.sent) for one in of_part}) == 1
        assert len({len(one.request) for one in of_part}) == 1


def test_all_envelopes_of_a_part_have_one_length_in_the_log(left: Left) -> None:
    lengths: defaultdict[int, set[int]] = defaultdict(set)
    layouts = left.manifest.layouts
    for record in holdings.records(left.root, f"envelopes.{ROUND}"):
        lengths[Envelope.decode(record, layouts).part].add(len(record))
    assert lengths == {part: {layouts[part].envelope} for part in range(3)}


def test_ingest_answers_everybody_with_the_same_headers_and_a_receipt_of_one_length(left: Left) -> None:
    accepted = [one for one in employees(left) if one.path == "/envelopes"]
    assert {one.status for one in accepted} == {202}
    assert len({len(one.body) for one in accepted}) == 1
    assert len({_lasting(one) for one in accepted}) == 1
    # The observer also asks before the round is agreed.
    asked = by(
        lambda one: str(one.status), (one for one in employees(left) if one.service == "ingest" and one.method == "GET")
    )
    assert asked.keys() <= {"200", "404"}
    assert all(one.who == "observer" for one in asked.get("404", ()))
    for of_status in asked.values():
        assert len({_lasting(one) for one in of_status}) == 1


@pytest.mark.parametrize("service", ["issuer-1", "issuer-2", "ingest", "report"])
def test_no_service_hands_out_anything_by_which_a_browser_would_be_known_again(left: Left, service: str) -> None:
    exchanges = [one for one in left.exchanges if one.service == service]
    names = {name.lower() for one in exchanges for name, _ in one.headers}
    assert not names & {b"set-cookie", b"etag", b"last-modified", b"x-request-id", b"report-to", b"nel", b"location"}
    for one in exchanges:
        assert (b"cache-control", b"no-store") in {(name.lower(), value) for name, value in one.headers}, one.path


@pytest.mark.parametrize("service", ["issuer-1", "issuer-2", "ingest", "report"])
def test_broken_requests_are_answered_to_who_sent_them_and_told_to_nobody_else(left: Left, service: str) -> None:
    """That nothing of them is kept or printed is seen in test_traces."""
    answers = left.attacks[service]
    assert answers.keys() == ATTACKS.keys()
    assert len([answer for answer in answers.values() if answer]) > len(ATTACKS) // 2
    for name, answer in answers.items():
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert MARK not in head, name
        assert b"set-cookie" not in head, name
        assert b"raceback" not in answer and b".py" not in answer, name


def test_ingest_prints_nothing_whatever_is_sent_to_it(left: Left) -> None:
    assert left.said("ingest") == [BEFORE_ANY_ROUND]


def test_what_breaks_in_ingest_is_said_without_a_word_of_what_was_sent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever an exception quotes: the envelope itself, in this log that nobody has ever written."""
    caplog.set_level(logging.DEBUG)

    class Broken(MemoryLog):
        def append(self, topic: str, *records: bytes) -> None:
            if records:
                raise RuntimeError(f"{topic} {records!r} {records[0].hex()}")

    broken = Broken()
    for topic in (topics.ROUNDS, topics.envelopes("spring")):
        broken.create(topic)
        for entry in spring().log.read(topic):
            MemoryLog.append(broken, topic, entry.value)
    there, envelope = place(broken), envelope_of()
    answered = there.client.post("/envelopes", json=body_of(envelope), environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answered.status_code == 503
    needles = Needles()
    needles.add("envelope", envelope.nonce, envelope.outer, *envelope.admission, hashed=True)
    needles.add("address", b"192.0.2.7")
    printed = capfd.readouterr()
    assert "RuntimeError" in caplog.text
    for said in (caplog.text.encode(), answered.data, printed.out.encode(), printed.err.encode()):
        assert needles.within(said) == set()


def test_what_the_client_sends_does_not_depend_on_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes on the wire, with another language, a proxy, a password file and a certificate bundle configured."""
    body = {"v": 1}
    plain = _on_the_wire(lambda address: _post(address, body))
    for name, value in (
        ("LANG", "nl_NL.UTF-8"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("NETRC", "netrc"),
        ("SSL_CERT_FILE", "nowhere.pem"),
        ("USER", "w12"),
    ):
        monkeypatch.setenv(name, value)
    elsewhere = _on_the_wire(lambda address: _post(address, body))
    assert plain == elsewhere
    assert plain.endswith(b'\r\n\r\n{"v":1}')


def _lasting(one: Exchange) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name, value) for name, value in one.headers if name.lower() not in OF_ONE_ANSWER)


def _post(address: str, body: object) -> None:
    with pytest.raises(Unavailable):
        Web(open_connection).post("ingest", address, "/envelopes", body)


def _on_the_wire(ask: Callable[[str], None]) -> bytes:
    """What somebody who listens in for a service gets, its own address replaced."""
    taken: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                taken.append(connection.recv(65536))
                if b"\r\n\r\n" in taken[0] and taken[0].endswith(b"\r\n\r\n"):
                    taken.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        port = server.getsockname()[1]
        ask(f"http://127.0.0.1:{port}")
        thread.join()
    return b"".join(taken).replace(str(port).encode(), b"PORT")
