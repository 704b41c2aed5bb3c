"""`python -m services.ingest` takes envelopes; `python -m services.ingest keygen` makes its key."""

import os
import sys
from functools import partial
from multiprocessing.util import Finalize
from time import monotonic

from flask import Flask

from services.ingest import web
from services.ingest.config import Config
from services.ingest.desk import Desk
from services.ingest.metrics import Metrics
from services.ingest.watch import Watch
from shared import clock, keygen, listening, metrics_port
from shared.log import open_log
from shared.reading import RoundsReader
from shared.serve import configure_logging, serve
from shared.settings import BadSettings


def build(config: Config) -> Flask:
    """Everything that one answering process has; closed when that process ends."""
    configure_logging()
    log = open_log(config.log)
    metrics = Metrics()
    parties = config.book.current
    desk = Desk(log, keygen.identity(config.home, parties.ingest), metrics, clock.now, monotonic)
    watch = Watch(RoundsReader(log, config.book), parties.ingest, desk, metrics, config.poll)
    watch.start()
    port = metrics_port.start(config.metrics, metrics.registry, watch.word)
    Finalize(None, watch.stop, exitpriority=3)
    Finalize(None, port.server_close, exitpriority=2)
    Finalize(None, desk.close, exitpriority=2)
    Finalize(None, log.close, exitpriority=1)
    return web.create(desk, metrics, parties)


def main() -> int:
    if (code := keygen.handle(sys.argv[1:], os.environ)) is not None:
        return code
    configure_logging()
    try:
        config = Config.read(os.environ)
        listening.check(LISTEN=config.web.listen, METRICS=config.metrics)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    serve(partial(build, config), config.web)
    return 0


if __name__ == "__main__":
    sys.exit(main())
