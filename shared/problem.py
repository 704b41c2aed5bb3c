"""Refusals on HTTP: RFC 9457 problem documents whose type ends in the same word that the metric's label has."""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from shared.schema import first_error

TYPE = "urn:klankbord:problem:"
"""What every problem type begins with; the word behind it is stable."""

_WORDS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
}
"""What the framework refuses by itself. Python's own phrases change with its versions."""

_KEPT = frozenset({"Allow", "Retry-After"})
"""Headers of such refusals that mean something to whoever asked (RFC 9110)."""

_LOG = logging.getLogger(__name__)


class Problem(Exception):
    """A refusal: raise it anywhere below a view. `word` is the type, `detail` one sentence for people."""

    def __init__(self, status: int, word: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.word = word
        self.detail = detail
        self.headers = headers or {}
        self.more = more


def document(problem: Problem) -> Response:
    """The problem as a response."""
    body = {
        "type": TYPE + problem.word,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    response = Response(json.dumps(body | problem.more), problem.status, content_type="application/problem+json")
    response.headers.update(problem.headers)
    return response


def broken(error: BaseException) -> Response:
    """The answer to what nobody foresaw: it tells nothing, and is logged."""
    # Only where it happened: the message of an exception may quote what somebody sent.
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    _LOG.error("%s at %s", type(error).__name__, place)
    return document(Problem(500, "broken", "Something is broken on our side; nothing was done."))


def install(app: Flask) -> None:
    """Answer every error of the application with a problem document; 500 tells nothing and logs the traceback."""

    @app.errorhandler(Problem)
    def refused(problem: Problem) -> Response:
        return document(problem)

    @app.errorhandler(HTTPException)
    def refused_by_framework(error: HTTPException) -> Response | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        word = _WORDS.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "-")
        headers = {name: value for name, value in error.get_headers() if name in _KEPT}
        return document(Problem(status, word, error.description or HTTPStatus(status).phrase, headers))

    app.errorhandler(Exception)(broken)


def read_json(schema: Schema, limit: int) -> dict[str, Any]:
    """The request's body: strict JSON of at most `limit` bytes that fits the schema; else a Problem.

    Duplicate members, numbers that are not whole, lone surrogates and deep nesting are refused: no two readers may
    understand one body differently.
    """
    request.max_content_length = limit
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        # Before it is read, if it says how long it is; a word of our own, for Python's phrase for 413 has changed.
        raise Problem(413, "too-large", f"A body has at most {limit} bytes.") from None
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)
        if b"\\" in body:  # Only an escape can make a lone surrogate.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Problem(400, "malformed", "The body is not JSON.") from None
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        raise Problem(400, "malformed", first_error(error)) from None
    return loaded


def bearer() -> str:
    """What stands behind `Authorization: Bearer`; a Problem if there is nothing."""
    if not (found := credential(request.headers.get("Authorization", ""))):
        raise Problem(401, "no-credentials", "This needs a code.", {"WWW-Authenticate": "Bearer"})
    return found


def credential(authorization: str) -> str:
    """What stands behind `Bearer` in an Authorization header (RFC 6750 section 2.1); empty if nothing does."""
    scheme, _, found = authorization.partition(" ")
    return found.strip() if scheme.lower() == "bearer" else ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member occurs twice")
    return found


def _refuse(_text: str) -> None:
    raise ValueError("not JSON")
