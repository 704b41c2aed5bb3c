"""The doors of a trial: one page for whoever just started it, with a way in for each who has to do with Klankbord.

Served by the trial's own process, on 127.0.0.1: it knows everything about the example, as its only hand.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Self

from flask import Flask, Response, render_template, request
from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.trial import holdings, quarters
from deploy.trial.doors import find_me, texts
from deploy.trial.doors.find_me import SHORTEST, Held, TooShort
from deploy.trial.doors.visits import Visits
from deploy.trial.installation import Installation
from shared.serve import create_app

FOLDER = Path(__file__).parent
STYLES = FOLDER.parents[2] / "services" / "report" / "pages" / "style.css"
"""The look of the results, which are one door further."""

_LONGEST = 1000
"""Characters of what somebody can look for."""

_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class House:
    """What is behind the doors."""

    root: Path
    """The trial's folder."""
    services: tuple[str, ...]
    report_url: str
    page_url: str | None
    """Of the employee's page."""
    metrics: Mapping[str, str]
    """By service where Prometheus finds it."""

    @classmethod
    def of(cls, installation: Installation) -> Self:
        return cls(
            installation.root,
            tuple(installation.services),
            installation.book.current.report_url,
            next(iter(installation.book.current.pages), None),
            {name: f"http://{one.metrics}/metrics" for name, one in installation.services.items()},
        )


def create(house: House, visits: Visits) -> Flask:
    """The application."""
    app = create_app("doors")
    app.template_folder = str(FOLDER)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @app.get("/")
    @app.get("/somebody")  # Where a browser goes that asks for the same page again, in the other language perhaps.
    def doors() -> str:
        return _page("doors.html", house=house, visit=visits.current(), now=time.time(), visitor=None)

    @app.post("/somebody")
    def somebody() -> str:
        visit = visits.current()
        visitor = visits.somebody() if visit is not None and time.time() < visit.closes else None
        return _page("doors.html", house=house, visit=visit, now=time.time(), visitor=visitor, asked=True)

    @app.get("/find-me")
    def ask() -> str:
        return _page("find_me.html", wanted=[], searched=False)

    @app.post("/find-me")
    def find() -> str:
        wanted = [request.form.get(what, "")[:_LONGEST].strip() for what in ("name", "words")]
        found = [(text, _search(house, text)) for text in wanted if text]
        return _page("find_me.html", wanted=found, searched=True, services=(*house.services, holdings.LOG))

    @app.get("/style.css")
    def style() -> Response:
        styles = STYLES.read_bytes() + (FOLDER / "doors.css").read_bytes()
        return Response(styles, content_type="text/css; charset=utf-8")

    return app


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: the terminal is for the story, and who looks for what is nobody's business."""


@contextmanager
def served(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The address at which it answers until the block ends."""
    server = make_server(host, port, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, name="doors", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _search(house: House, text: str) -> dict[str, list[Held]] | None:
    """By owner what it holds; None if the text is too short to be looked for."""
    try:
        held = find_me.search(holdings.pieces(house.root, house.services), text)
    except TooShort:
        return None
    return {owner: [one for one in held if one.owner == owner] for owner in (*house.services, holdings.LOG)}


def _page(template: str, **values: object) -> str:
    asked = request.args.get("lang")
    language = asked if asked in texts.LANGUAGES else request.accept_languages.best_match(texts.LANGUAGES) or "en"

    def say(key: str, **of: object) -> str:
        return texts.say(language, key, **of)

    return render_template(
        template,
        t=say,
        language=language,
        other=next(one for one in texts.LANGUAGES if one != language),
        clock=quarters.clock,
        shortest=SHORTEST,
        log=holdings.LOG,
        **values,
    )
