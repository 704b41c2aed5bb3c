"""`python -m services.page`: serve the employees' page."""

import os
import sys
from functools import partial
from multiprocessing.util import Finalize

from flask import Flask

from services.page import web
from services.page.config import Config
from services.page.metrics import Metrics
from shared import listening, metrics_port
from shared.health import Word
from shared.serve import configure_logging, serve
from shared.settings import BadSettings


def build(config: Config) -> Flask:
    """Everything that the answering process has; closed when that process ends."""
    configure_logging()
    metrics = Metrics(len(config.files), config.book)
    port = metrics_port.start(config.metrics, metrics.registry, lambda: Word.READY)
    Finalize(None, port.server_close, exitpriority=1)
    return web.create(config.files, config.book, tls=config.web.certificate is not None)


def main() -> int:
    """The exit code: 0 after SIGTERM or SIGINT, 2 if it cannot run like this."""
    if sys.argv[1:]:
        print("there are no arguments", file=sys.stderr)
        return 2
    try:
        config = Config.read(os.environ)
        listening.check(LISTEN=config.web.listen, METRICS=config.metrics)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    configure_logging()
    serve(partial(build, config), config.web)
    return 0


if __name__ == "__main__":
    sys.exit(main())
