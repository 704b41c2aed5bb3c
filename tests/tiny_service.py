"""The smallest service: `python -m tests.tiny_service <fifo> [broken]`, configured like any other.

/fast answers at once; /slow when something is written into the FIFO.
"""

import os
import sys
from functools import partial
from pathlib import Path

from flask import Flask, request

from shared.serve import Web, configure_logging, create_app, serve
from shared.settings import BadSettings, Settings


def build(fifo: Path, broken: bool) -> Flask:
    configure_logging()
    if broken:
        raise RuntimeError("it cannot be built")
    app = create_app("tiny")

    @app.get("/fast")
    def fast() -> dict[str, str]:
        return {"scheme": request.scheme, "pid": str(os.getpid())}

    @app.get("/slow")
    def slow() -> str:
        return fifo.read_text()

    return app


def main() -> int:
    settings = Settings(os.environ)
    try:
        web = Web.read(settings)
        settings.done()
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    serve(partial(build, Path(sys.argv[1]), "broken" in sys.argv), web)
    return 0


if __name__ == "__main__":
    sys.exit(main())
