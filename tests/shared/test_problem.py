import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields
from werkzeug.test import TestResponse

from shared.problem import TYPE, Problem, bearer, read_json
from shared.schema import whole
from shared.serve import create_app

LIMIT = 2000


class _Body(Schema):
    name = fields.Str(required=True)
    n = whole(min=0, max=9)


def application() -> Flask:
    app = create_app("test")

    @app.post("/read")
    def read() -> dict[str, Any]:
        return read_json(_Body(), LIMIT)

    @app.get("/refused")
    def refused() -> str:
        raise Problem(409, "already-collected", "Somebody has.", {"Retry-After": "5"}, since="noon")

    @app.get("/broken")
    def broken() -> str:
        raise ValueError("the answer of p7 is secret")

    @app.get("/members")
    def members() -> str:
        return bearer()

    @app.get("/folder/")
    def folder() -> str:
        return "folder"

    return app


@pytest.fixture
def client() -> FlaskClient:
    return application().test_client()


def problem(response: TestResponse) -> tuple[int, str]:
    """Status and word of a problem document."""
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return response.status_code, body["type"].removeprefix(TYPE)


def test_a_refusal_is_a_problem_document_with_its_word_and_more(client: FlaskClient) -> None:
    response = client.get("/refused")
    assert problem(response) == (409, "already-collected")
    assert response.headers["Retry-After"] == "5"
    assert json.loads(response.data)["since"] == "noon"


def test_what_the_framework_refuses_is_a_problem_document_too(client: FlaskClient) -> None:
    assert problem(client.get("/nowhere")) == (404, "not-found")
    response = client.get("/read")
    assert problem(response) == (405, "method-not-allowed")
    assert "POST" in response.headers["Allow"]
    assert client.get("/folder").status_code == 308


def test_what_is_broken_tells_nothing_and_logs_no_message(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = client.get("/broken")
    assert problem(response) == (500, "broken")
    assert "secret" not in response.text + caplog.text
    assert "ValueError at " in caplog.text
    assert "test_problem.py" in caplog.text


def test_every_answer_asks_to_be_kept_nowhere(client: FlaskClient) -> None:
    for path in ("/refused", "/nowhere", "/broken", "/folder/"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in headers


# Bodies.


def post(client: FlaskClient, body: bytes | str) -> TestResponse:
    return client.post("/read", data=body)


@settings(deadline=None)
@given(name=st.text(max_size=100), n=st.integers(0, 9), escaped=st.booleans())
def test_a_body_of_the_right_form_is_read(name: str, n: int, escaped: bool) -> None:
    body = json.dumps({"name": name, "n": n}, ensure_ascii=escaped)
    response = post(application().test_client(), body)
    assert json.loads(response.data) == {"name": name, "n": n}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "7",
        '{"name": "a"}',
        '{"name": "a", "n": 1, "more": 1}',
        '{"name": "a", "n": 1, "n": 1}',
        '{"name": "a", "n": 1, "\\u006e": 1}',
        '{"name": "a", "n": 1.0}',
        '{"name": "a", "n": 1e0}',
        '{"name": "a", "n": 1e999}',
        '{"name": "a", "n": NaN}',
        '{"name": "a", "n": -Infinity}',
        '{"name": "a", "n": "1"}',
        '{"name": "a", "n": true}',
        '{"name": "a", "n": 10}',
        '{"name": "\\ud800", "n": 1}',
        '{"name": "a", "n": 1} x',
        "{'name': 'a', 'n': 1}",
        "\ufeff" + '{"name": "a", "n": 1}',
        b'{"name": "\xff", "n": 1}',
        '{"name": "a", "n": ' + "[" * 900 + "]" * 900 + "}",
        '{"name": "a", "n": ' + "9" * 1900 + "}",
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_body_that_could_be_read_in_two_ways_or_has_another_form_is_refused(
    client: FlaskClient, body: bytes | str
) -> None:
    assert problem(post(client, body)) == (400, "malformed")


def test_nesting_that_exhausts_the_reader_is_refused() -> None:
    app = create_app("test")

    @app.post("/read")
    def read() -> dict[str, Any]:
        return read_json(_Body(), 10**6)

    assert problem(app.test_client().post("/read", data="[" * 200_000)) == (400, "malformed")


def test_a_body_that_is_too_long_is_refused_before_it_is_parsed(client: FlaskClient) -> None:
    fits = json.dumps({"name": "x" * (LIMIT - 20), "n": 1})
    assert len(fits) == LIMIT
    assert post(client, fits).status_code == 200
    assert problem(post(client, fits + " ")) == (413, "too-large")


def test_a_refusal_does_not_repeat_what_was_sent(client: FlaskClient) -> None:
    for body in ('{"name": "secret", "n": "secret"}', '{"name": 7, "n": 1}', "secret"):
        assert "secret" not in post(client, body).text


# Codes.


@pytest.mark.parametrize("header", ["Bearer KA-1", "bearer KA-1", "BEARER   KA-1  "])
def test_a_code_stands_behind_bearer(client: FlaskClient, header: str) -> None:
    assert client.get("/members", headers={"Authorization": header}).text == "KA-1"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic KA-1", "KA-1", "Bearer\tKA-1"])
def test_without_a_code_there_is_a_challenge(client: FlaskClient, header: str | None) -> None:
    response = client.get("/members", headers={} if header is None else {"Authorization": header})
    assert problem(response) == (401, "no-credentials")
    assert response.headers["WWW-Authenticate"] == "Bearer"
