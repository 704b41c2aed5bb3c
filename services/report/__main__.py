"""`python -m services.report`: show what was released."""

import os
import sys
from functools import partial
from multiprocessing.util import Finalize

from flask import Flask

from services.report import web
from services.report.config import Config
from services.report.library import Library
from services.report.metrics import Metrics
from services.report.readers import ReadKey
from services.report.watch import Watch
from shared import clock, listening, metrics_port
from shared.log import open_log
from shared.serve import configure_logging, serve
from shared.settings import BadSettings


def build(config: Config) -> Flask:
    """Everything that the answering process has; closed when that process ends."""
    configure_logging()
    log = open_log(config.log)
    metrics = Metrics()
    library = Library(log, config.book, clock.now)
    watch = Watch(library, metrics, config.poll)
    watch.start()
    port = metrics_port.start(config.metrics, metrics.registry, watch.word)
    Finalize(None, watch.stop, exitpriority=3)
    Finalize(None, port.server_close, exitpriority=2)
    Finalize(None, log.close, exitpriority=1)
    key = None if config.read_key_file is None else ReadKey.load(config.read_key_file)
    return web.create(library, config.book.current, key)


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
