"""Ingest on HTTP: the rounds, and the one call that employees' clients make without saying who they are."""

from typing import Any

from flask import Flask, Response, request

from services.ingest.core import LARGEST_BODY, PostSchema, Reason, Refused
from services.ingest.desk import Desk, Receipt
from services.ingest.metrics import Metrics
from shared import cors, published
from shared.parties import Parties
from shared.problem import Problem, document, read_json
from shared.serve import create_app, when_done

RETRY_AFTER = 5
"""Seconds after which a client tries again when the log is away; clients add a random wait of their own."""

_SCHEMA = PostSchema()

_ANSWERS = {
    Reason.TOO_LARGE: (413, "No envelope is that long."),
    Reason.MALFORMED: (400, "This is not an envelope."),
    Reason.UNKNOWN_ROUND: (404, "There is no such round."),
    Reason.NOT_OPEN_YET: (409, "This round does not take answers yet."),
    Reason.CLOSED: (410, "This round takes no more answers."),
    Reason.WRONG_LENGTH: (400, "An envelope of this part has another length."),
    Reason.BAD_TOKEN: (403, "An admission token does not hold."),
    Reason.TOO_MANY: (429, "Too many different envelopes for one admission."),
    Reason.LOG_UNAVAILABLE: (503, "The log did not confirm it in time; send the same envelope again."),
}


def create(desk: Desk, metrics: Metrics, parties: Parties) -> Flask:
    """The application; `parties` is the current generation, whose pages may call it."""
    app = create_app("ingest")

    @app.after_request
    def allow_pages(response: Response) -> Response:
        for name, value in cors.headers(request.headers.get("Origin"), parties.pages).items():
            response.headers[name] = value
        if "Origin" in request.headers:
            # A page cannot choose: its browser would send all parts of a person over one connection.
            response.headers["Connection"] = "close"
        return response

    @app.get("/rounds")
    def rounds() -> dict[str, Any]:
        return published.listing(_known(desk), desk.now())

    @app.get("/rounds/<round_id>")
    def one_round(round_id: str) -> dict[str, Any]:
        of = _known(desk).get(round_id)
        if of is None:
            raise _problem(Reason.UNKNOWN_ROUND)
        return published.document(of, desk.now())

    @app.post("/envelopes")
    def envelopes() -> Response:
        arrived = desk.elapsed()
        try:
            body = read_json(_SCHEMA, LARGEST_BODY)
        except Problem as problem:
            metrics.refused(Reason(problem.word))
            raise
        return when_done(desk.take(body, arrived), respond)

    def respond(answer: Receipt | Refused) -> Response:
        if isinstance(answer, Refused):
            metrics.refused(answer.reason)
            return document(_problem(answer.reason))
        # A receipt has only characters that JSON takes as they are.
        return Response(f'{{"receipt":"{answer.jws}"}}', 202, content_type="application/json")

    return app


def _known(desk: Desk) -> published.Published:
    if desk.rounds is None:
        raise _problem(Reason.LOG_UNAVAILABLE)
    return desk.rounds


def _problem(reason: Reason) -> Problem:
    status, detail = _ANSWERS[reason]
    retry = {"Retry-After": str(RETRY_AFTER)} if reason is Reason.LOG_UNAVAILABLE else {}
    return Problem(status, reason, detail, retry)
