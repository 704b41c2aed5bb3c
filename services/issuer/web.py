"""An issuer on HTTP: rounds for everybody, tokens for members, the rest for HR. docs/protocol.md, "HTTP"."""

import hmac
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, NoReturn

from flask import Flask, Response, request
from marshmallow import Schema, fields

from services.issuer.core import Broken, Fault, Refusal, Refused, Request
from services.issuer.desk import Desk
from services.issuer.hr import LARGEST_ROSTER, CodesSchema, Hr, PlanSchema, RoundSchema
from services.issuer.metrics import Metrics
from services.issuer.unavailable import DatabaseUnavailable
from shared import blind_rsa, cors, draft, published
from shared.canonical import b64, unb64
from shared.parties import Parties
from shared.problem import Problem, bearer, credential, document, read_json
from shared.schema import Bytes
from shared.serve import create_app

RETRY_AFTER = {"Retry-After": "5"}
"""Seconds after which a client tries again; clients add a random wait of their own."""

_SMALL = 16 * 1024
"""Bytes of a request without lists of people or questions."""
_MESSAGE = 4 * -(-blind_rsa.SIZE // 3) + 8
"""Bytes that a blinded message takes in JSON, with quotes, comma and a little white space."""

_STATUS = {
    Refusal.UNKNOWN_ROUND: 404,
    Refusal.UNKNOWN_CODE: 401,
    Refusal.UNKNOWN_KEY: 401,
    Refusal.NOT_A_MEMBER: 403,
    Refusal.NOT_COLLECTING: 409,
    Refusal.OTHER_MANIFEST: 409,
    Refusal.MALFORMED: 400,
    Refusal.ALREADY_COLLECTED: 409,
}

Json = dict[str, Any]


class TokensSchema(Schema):
    """A member's request; how many messages there must be is for the core to say."""

    manifest = Bytes(32, required=True)
    blinded = fields.List(Bytes(blind_rsa.SIZE), required=True)


def create(desk: Desk, hr: Hr, metrics: Metrics, parties: Parties, admin_key: bytes) -> Flask:
    """The application; `parties` is the current generation, `admin_key` what HR's calls bear."""
    app = create_app("issuer")

    @app.after_request
    def allow_pages(response: Response) -> Response:
        response.headers.update(cors.headers(request.headers.get("Origin"), parties.pages))
        return response

    @app.errorhandler(DatabaseUnavailable)
    def come_back(_error: DatabaseUnavailable) -> Response:
        metrics.refused(Fault.DATABASE)
        return document(Problem(503, Fault.DATABASE, "The database is not available; nothing was done.", RETRY_AFTER))

    @app.errorhandler(OSError)
    def look_first(_error: OSError) -> Response:
        """The journal's disk is full or broken. A record that was there at the very end may be kept all the same."""
        metrics.refused(Fault.DATABASE)
        detail = "The disk refused; see how the round stands before trying again."
        return document(Problem(503, Fault.DATABASE, detail, RETRY_AFTER))

    _public(app, desk)
    _member(app, desk, metrics)
    _admin(app, hr, metrics, admin_key)
    return app


def _public(app: Flask, desk: Desk) -> None:
    def known() -> published.Published:
        if (rounds := desk.published) is None:
            raise Problem(503, Fault.LOG, "The log has not been read yet.", RETRY_AFTER)
        return rounds

    @app.get("/rounds")
    def rounds() -> Json:
        return published.listing(known(), desk.now())

    @app.get("/rounds/<round_id>")
    def one_round(round_id: str) -> Json:
        of = known().get(round_id)
        if of is None:
            raise Problem(404, Refusal.UNKNOWN_ROUND, "There is no such round.")
        return published.document(of, desk.now())


def _member(app: Flask, desk: Desk, metrics: Metrics) -> None:
    @app.get("/rounds/<round_id>/membership")
    def membership(round_id: str) -> Json:
        shown = desk.membership(round_id, bearer())
        return shown if isinstance(shown, dict) else _refuse(shown)

    @app.post("/rounds/<round_id>/tokens")
    def collect(round_id: str) -> Json:
        code = bearer()
        try:
            body = read_json(TokensSchema(), _SMALL + desk.most_messages(round_id) * _MESSAGE)
        except Problem:
            metrics.refused(Refusal.MALFORMED)
            raise
        asked = Request(body["manifest"], tuple(unb64(message) for message in body["blinded"]))
        outcome = desk.collect(round_id, code, asked)
        if isinstance(outcome, Refused | Broken):
            _refuse(outcome)
        return {"signatures": [b64(signature) for signature in outcome.signatures]}


def is_hr(authorization: str, admin_key: bytes) -> bool:
    """Whether an Authorization header bears HR's key."""
    return _same(credential(authorization), admin_key)


def _same(given: str, admin_key: bytes) -> bool:
    return hmac.compare_digest(sha256(given.encode()).digest(), sha256(admin_key).digest())


def _admin(app: Flask, hr: Hr, metrics: Metrics, admin_key: bytes) -> None:
    def for_hr(view: Callable[..., Json | tuple[Json, int]]) -> Callable[..., Json | tuple[Json, int]]:
        @wraps(view)
        def guarded(**arguments: str) -> Json | tuple[Json, int]:
            if not _same(bearer(), admin_key):
                metrics.refused(Refusal.UNKNOWN_KEY)
                raise Problem(401, Refusal.UNKNOWN_KEY, "This is not the admin key.", {"WWW-Authenticate": "Bearer"})
            return view(**arguments)

        return guarded

    @app.put("/admin/roster")
    @for_hr
    def put_roster() -> Json:
        request.max_content_length = LARGEST_ROSTER
        return hr.import_roster(request.get_data(cache=False))

    @app.get("/admin/roster")
    @for_hr
    def show_roster() -> Json:
        return hr.roster()

    @app.post("/admin/plan")
    @for_hr
    def preview() -> Json:
        return hr.plan(read_json(PlanSchema(), _SMALL))

    @app.post("/admin/codes")
    @for_hr
    def new_codes() -> Json:
        return hr.codes(read_json(CodesSchema(), _SMALL)["renew"])

    @app.post("/admin/rounds")
    @for_hr
    def draft_round() -> tuple[Json, int]:
        body = read_json(RoundSchema(), 2 * draft.MAX_BYTES)
        hr.draft(body["round"], body["draft"])
        return {}, 202

    @app.post("/admin/rounds/<round_id>/cancel")
    @for_hr
    def cancel_round(round_id: str) -> tuple[Json, int]:
        hr.cancel(round_id)
        return {}, 202

    @app.get("/admin/rounds")
    @for_hr
    def status() -> Json:
        return hr.status()


def _refuse(outcome: Refused | Broken) -> NoReturn:
    if isinstance(outcome, Broken):
        raise Problem(503, outcome.fault, outcome.detail, RETRY_AFTER)
    headers = {"WWW-Authenticate": "Bearer"} if outcome.reason is Refusal.UNKNOWN_CODE else {}
    raise Problem(_STATUS[outcome.reason], outcome.reason, outcome.detail, headers)
