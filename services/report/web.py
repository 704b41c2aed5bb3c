"""The results on HTTP: pages for people, JSON and CSV for programs, and what anybody needs to check them."""

import gzip
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from flask import Flask, Response, render_template, request

from services.report import texts
from services.report.document import document
from services.report.kept import Kept
from services.report.library import Library, Shown
from services.report.pages import FOLDER
from services.report.pages.group import doubted_view, group_view
from services.report.pages.models import GroupView
from services.report.pages.rounds import lines, warnings
from services.report.readers import Access, ReadKey, may_see_group
from services.report.results import Results
from services.report.table import table
from shared import cors, release_items
from shared.canonical import b64
from shared.parties import Parties
from shared.problem import Problem
from shared.problem import document as problem_document
from shared.questionnaire_schema import LANGUAGES
from shared.records import Kind
from shared.rounds import State
from shared.serve import create_app

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing from anywhere else, and no script at all."""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="results", charset="UTF-8"'}


def create(library: Library, parties: Parties, key: ReadKey | None) -> Flask:
    """The application. `parties` is the current generation; without `key` everybody may see everything."""
    app = create_app("report")
    app.template_folder = str(FOLDER)
    kept = Kept()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers.update(cors.headers(request.headers.get("Origin"), parties.pages))
        return response

    @app.errorhandler(Problem)
    def refused(problem: Problem) -> Response:
        if not request.path.startswith("/results/") or not _wants_page():
            return problem_document(problem)
        sentence = texts.say(_language(), "not-allowed" if problem.status == 401 else "not-found")
        page = _page("refused.html", trial=parties.trial, sentence=sentence, warnings=[])
        return Response(page, problem.status, headers=problem.headers, content_type="text/html; charset=utf-8")

    @app.get("/")
    def rounds_page() -> str:
        language = _language()
        shelf = library.shelf
        return _page(
            "rounds.html",
            trial=parties.trial,
            lines=lines(shelf, language),
            warnings=warnings(shelf, None, language),
            at_list=True,
        )

    @app.get("/results/<round_id>", defaults={"node": 0})
    @app.get("/results/<round_id>/<int:node>")
    def group_page(round_id: str, node: int) -> str:
        shelf, language = library.shelf, _language()
        shown = _released(library, round_id)
        if shown.results is None:
            return _group_page(shown, doubted_view(shelf, shown, language))
        results = _group(shown.results, node, key)
        view = group_view(shelf, shown, results, node, _access(key), language, _sort(results))
        return _group_page(shown, view)

    @app.get("/sign-in")
    def sign_in() -> Response:
        if _access(key) is not Access.ALL:
            _challenge()
        return Response(status=303, headers={"Location": f"/?lang={_language()}"})

    @app.get("/rounds")
    def rounds() -> dict[str, Any]:
        released = (shown for shown in library.shelf.rounds if shown.state is State.RELEASED)
        return {"rounds": [_summary(shown) for shown in released]}

    @app.get("/rounds/<round_id>")
    def one_round(round_id: str) -> Response:
        shown = _released(library, round_id)
        results, access = _verified(shown), _access(key)
        others = [other for other in library.shelf.results if other is not results]

        def make() -> str:
            return json.dumps(document(shown, results, others, access), ensure_ascii=False)

        name = ("json", round_id, access, shown.alarms)
        return _packed(kept.get(name, (results, *others), make), "application/json")

    @app.get("/rounds/<round_id>/table.csv")
    def numbers(round_id: str) -> Response:
        results, access, language = _verified(_released(library, round_id)), _access(key), _language()
        body = kept.get(("csv", round_id, access, language), (results,), partial(table, results, access, language))
        response = _packed(body, "text/csv; charset=utf-8; header=present")
        response.headers["Content-Disposition"] = f'attachment; filename="{round_id}.csv"'
        return response

    @app.get("/rounds/<round_id>/release")
    def release(round_id: str) -> dict[str, Any]:
        return {"records": _records(_released(library, round_id))}

    @app.get("/rounds/<round_id>/counted")
    def counted(round_id: str) -> dict[str, Any]:
        entries = _verified(_released(library, round_id)).contents.counted
        return {"entries": [b64(item) for item in release_items.encode_counted(entries)]}

    for name, kind in (("style.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml")):
        app.add_url_rule(f"/{name}", name, partial(_file, (FOLDER / name).read_bytes(), kind))
    return app


def _file(content: bytes, kind: str) -> Response:
    return Response(content, content_type=kind, headers={"Cache-Control": "max-age=300"})


def _packed(body: bytes, kind: str) -> Response:
    """An answer that was kept as gzip, unpacked for whoever cannot."""
    if request.accept_encodings.quality("gzip"):
        return Response(body, content_type=kind, headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), content_type=kind)


def _page(template: str, *, trial: bool, **values: object) -> str:
    language = _language()
    other = next(one for one in LANGUAGES if one != language)
    # Only what this service itself has put there may come back in the link to the other language.
    query = f"?lang={other}" + (f"&sort={sort}" if (sort := request.args.get("sort", "")).isdigit() else "")
    return render_template(
        template,
        t=partial(texts.say, language),
        language=language,
        other_language=other,
        other_href=request.path + query,
        trial=trial,
        **values,
    )


def _group_page(shown: Shown, view: GroupView) -> str:
    return _page("group.html", trial=shown.of.parties.trial, view=view, warnings=view.warnings, at_list=False)


def _wants_page() -> bool:
    """Whether whoever asks can read a page, as browsers say; who says nothing is taken for one."""
    return "Accept" not in request.headers or request.accept_mimetypes.accept_html


def _language() -> str:
    return texts.chosen(request.headers.get("Accept-Language"), request.args.get("lang"))


def _sort(results: Results) -> int | None:
    asked = request.args.get("sort", "")
    # Compared as text: a number of thousands of digits is not even read.
    return int(asked) if asked in map(str, range(len(results.units))) else None


def _access(key: ReadKey | None) -> Access:
    """Wrong credentials are refused; none at all give the company's totals."""
    if key is None:
        return Access.ALL
    if "Authorization" not in request.headers:
        return Access.COMPANY
    sent = request.authorization
    if sent is None or not key.fits(sent.username, sent.password):
        _challenge()
    return Access.ALL


def _challenge() -> NoReturn:
    raise Problem(401, "no-credentials", "Groups and comments need the key for readers.", _CHALLENGE)


def _released(library: Library, round_id: str) -> Shown:
    shown = library.shelf.by_id.get(round_id)
    if shown is None or shown.state is not State.RELEASED:
        raise Problem(404, "unknown-round", "There is no such result, or none any more.")
    return shown


def _verified(shown: Shown) -> Results:
    if shown.results is None:
        detail = "The result does not agree with what was signed, and is not shown."
        raise Problem(409, "not-verified", detail, reason=str(shown.doubt))
    return shown.results


def _group(results: Results, node: int, key: ReadKey | None) -> Results:
    if node >= len(results.nodes):
        raise Problem(404, "unknown-group", "There is no such group in this round.")
    if not may_see_group(results, _access(key), node):
        _challenge()
    return results


def _summary(shown: Shown) -> Mapping[str, Any]:
    draft, manifest = shown.of.draft.body, shown.of.manifest
    return {
        "round": shown.id,
        "state": str(shown.state),
        **{name: draft[name] for name in ("period", "title", "opens", "closes")},
        "fingerprint": manifest.fingerprint if manifest else "",
        "verified": shown.results is not None,
    }


def _records(shown: Shown) -> list[str]:
    """What a client checks: the rules, everybody's yes to them, and the chain from cut to release."""
    of = shown.of
    found = [
        of.record(Kind.MANIFEST),
        *(of.record(Kind.ACCEPT, author) for author in of.parties.authors),
        *(of.record(kind) for kind in (Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE)),
    ]
    return [record.jws for record in found if record]
