"""Whatever is sent to whichever address: a problem document with a stable type, no fault of ours, and nothing done."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shared.problem import TYPE
from tests.system.house import House
from tests.system.moments import Moments
from tests.system.running import ADMIN_KEY

SERVICES = ("hr", "ingest", "report")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")

NAMES = ("spring", "nowhere", "..", "%2e%2e%2f", "%00", "%ff", "Spring", "a" * 5000, "9" * 5000, "-1", "\u00e9", "<b>")
"""What may stand where a round's name or a group's number does."""

STRANGE = ("/", "//", "/nowhere", "/rounds/", "/rounds//", "/admin", "/admin/", "/index.html", "/.env", "/metrics")

BODIES = {
    "nothing": b"",
    "broken": b'{"round": ',
    "not UTF-8": b'{"round": "\xff"}',
    "duplicate": b'{"round":"a","round":"b"}',
    "NaN": b'{"part": NaN}',
    "infinity": b'{"part": 1e999}',
    "fraction": b'{"part": 1.5}',
    "long number": b'{"part": ' + b"9" * 10_000 + b"}",
    "surrogate": b'{"round": "\\ud800"}',
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 50_000,
    "no object": b'["spring"]',
    "null": b"null",
    "unknown member": b'{"who":"me"}',
    "10 MB": b" " * 10_000_000,
    "10 MB of JSON": b'{"round":"' + b"a" * 10_000_000 + b'"}',
}

CREDENTIALS = ("", "Bearer", "Bearer x", "Bearer \u00ff", "Basic ////", "Digest x", f"Bearer {ADMIN_KEY.decode()}")


@pytest.fixture(scope="module", params=["open", "released"])
def house(
    request: pytest.FixtureRequest, moments: Moments, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    house, _ = moments.again(request.param, tmp_path_factory.mktemp("hostile"), *SERVICES)
    with house:
        house.everybody_looks()
        yield house


def app_of(house: House, service: str) -> Flask:
    app = house.services[service].app
    assert app is not None
    return app


def paths(app: Flask) -> list[str]:
    """Every address that the service knows, with all kinds of names in it, and some that it does not know."""
    found = set(STRANGE)
    for rule in app.url_map.iter_rules():
        found |= {re.sub(r"<[^>]+>", name, str(rule)) for name in NAMES}
    return sorted(found)


def takers(app: Flask) -> list[tuple[str, str]]:
    """The addresses and methods that take a body."""
    rules = ((str(rule).replace("<round_id>", "spring"), rule.methods or ()) for rule in app.url_map.iter_rules())
    return sorted((path, method) for path, methods in rules for method in methods if method in ("POST", "PUT"))


def is_fine(answer: TestResponse, path: str) -> bool:
    """Done as asked, or refused in the agreed way; only the pages that people see are refused with a page."""
    if answer.status_code < 400:
        return True
    if answer.status_code >= 500:
        return False
    if answer.request.method == "HEAD":
        return not answer.data
    if path.startswith("/results/") and answer.content_type.startswith("text/html"):
        return True
    problem: dict[str, Any] = json.loads(answer.data)
    return (
        answer.content_type == "application/problem+json"
        and problem["status"] == answer.status_code
        and re.fullmatch(f"{TYPE}[a-z-]+", problem["type"]) is not None
        and problem.keys() >= {"type", "title", "status", "detail"}
    )


def kept(house: House) -> Any:
    """What must not change."""
    journals = {path.name for path in house.folder.glob("*/journal/*/*")}
    return house.log.copy(), journals, house.hr("GET", "/admin/roster"), house.hr("GET", "/admin/rounds")["rounds"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_method_at_every_address_is_answered_in_the_agreed_way(house: House, service: str) -> None:
    before, client = kept(house), app_of(house, service).test_client()
    for path in paths(app_of(house, service)):
        for method in METHODS:
            if (method, path) == ("POST", "/admin/rounds/spring/cancel"):
                continue  # With a right key it would cancel.
            for credentials in ("", "Bearer x"):
                answer = client.open(path, method=method, headers={"Authorization": credentials})
                assert is_fine(answer, path), (method, path[:60], credentials, answer.status, answer.data[:200])
    assert kept(house) == before


@pytest.mark.parametrize("name", BODIES)
def test_no_body_is_a_fault_of_ours_or_changes_anything(house: House, name: str) -> None:
    before = kept(house)
    for service in SERVICES:
        app = app_of(house, service)
        for path, method in takers(app):
            if path == "/admin/rounds/spring/cancel":
                continue
            for kind in ("application/json", "text/csv", "nonsense; charset=\u00ff", ""):
                headers = {"Authorization": f"Bearer {ADMIN_KEY.decode()}", "Content-Type": kind}
                answer = app.test_client().open(path, method=method, data=BODIES[name], headers=headers)
                assert is_fine(answer, path), (service, method, path, answer.status, answer.data[:200])
                assert answer.status_code in (400, 401, 413), (service, method, path, answer.status)
    assert kept(house) == before


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_no_credentials_are_a_fault_of_ours(house: House, credentials: str) -> None:
    for service in SERVICES:
        app = app_of(house, service)
        for path in ("/admin/roster", "/rounds/spring/membership", "/sign-in", "/results/spring", "/rounds/spring"):
            answer = app.test_client().get(path, headers={"Authorization": credentials})
            assert is_fine(answer, path), (service, path, credentials, answer.status, answer.data[:200])
