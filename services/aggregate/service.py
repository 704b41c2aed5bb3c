"""What the process is made of: configure, build, run, close."""

import os
import sys

from services.aggregate.config import Config
from services.aggregate.loop import Aggregate, Means
from services.aggregate.metrics import Metrics
from shared import clock, keygen, listening, loop, metrics_port
from shared.author import Author
from shared.journal import Journal, JournalLocked
from shared.log import open_log
from shared.secret_files import RoundSecrets
from shared.serve import configure_logging
from shared.settings import BadSettings
from shared.stopping import StoppingLog


def main() -> int:
    """The exit code: 0 after SIGTERM or SIGINT, 2 if it cannot run like this."""
    if (code := keygen.handle(sys.argv[1:], os.environ)) is not None:
        return code
    try:
        config = Config.read(os.environ)
        listening.check(METRICS=config.metrics)
        log = open_log(config.log)
        journal = Journal(config.home / "journal")
        secrets = RoundSecrets(config.home / "rounds")
    except (BadSettings, JournalLocked, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    configure_logging()
    stop = loop.stop_on_signals()
    metrics = Metrics()
    stopping = StoppingLog(log, stop)
    aggregate = Aggregate(
        Means(
            log=stopping,
            book=config.book,
            author=Author(config.book.current.aggregate.name, config.identity, journal, stopping),
            secrets=secrets,
            metrics=metrics,
            clock=clock.now,
            processes=config.processes,
            stop=stop,
        )
    )
    port = metrics_port.start(config.metrics, metrics.registry, lambda: metrics.word(config.poll))
    loop.run_or_end(aggregate.tick, stop, config.poll, metrics.health)
    port.shutdown()
    port.server_close()
    journal.close()
    log.close()
    return 0
