"""The page on HTTP: files, and nothing that depends on who asks for them."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from flask import Flask, Response, request

from shared import page_files, page_policy
from shared.page_files import INDEX
from shared.parties import Book
from shared.serve import create_app


@dataclass(frozen=True)
class _File:
    plain: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    headers: Mapping[str, str]


def create(files: Mapping[str, bytes], book: Book, *, tls: bool) -> Flask:
    """The application; `files` by path, each served under its own name only, and index.html under / as well."""
    app = create_app("page")
    # No answer that sends a browser elsewhere, with what was asked for in it.
    app.url_map.merge_slashes = False
    always = dict(page_policy.headers(book)) | (page_policy.TRANSPORT if tls else {})

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(always)
        return response

    for path, content in files.items():
        view = partial(_answer, _file(path, content))
        for rule in (f"/{path}", "/") if path == INDEX else (f"/{path}",):
            app.add_url_rule(rule, rule, view, methods=["GET"], provide_automatic_options=False)
    return app


def _file(path: str, content: bytes) -> _File:
    headers = {
        "Content-Type": page_files.content_type(path),
        "Cache-Control": page_files.CACHING,
        "Vary": "Accept-Encoding",
    }
    return _File(content, gzip.compress(content, compresslevel=9, mtime=0), headers)


def _answer(file: _File) -> Response:
    packed = bool(request.accept_encodings.quality("gzip")) and len(file.packed) < len(file.plain)
    response = Response(file.packed if packed else file.plain, headers=file.headers)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
