"""`python -m services.issuer` hands out tokens. Behind it `keygen` and `adminkey` make its two keys, and `migrate` its
tables, or upgrades them.
"""

import os
import sys
from functools import partial
from multiprocessing.util import Finalize

from flask import Flask

from services.issuer import admin_key, starting, web
from services.issuer.config import Config
from services.issuer.database import Database
from services.issuer.desk import Desk
from services.issuer.hr import LARGEST_ROSTER, Hr
from services.issuer.keys import Secrets
from services.issuer.loop import Loop
from services.issuer.making import KeyMaker
from services.issuer.metrics import Metrics
from services.issuer.people import People
from services.issuer.store import Store
from services.issuer.watch import Watch
from shared import clock, keygen, listening, metrics_port
from shared.asgi import Limit
from shared.author import Author
from shared.journal import Journal, JournalLocked
from shared.log import open_log
from shared.reading import RoundsReader
from shared.serve import configure_logging, serve
from shared.settings import BadSettings


def build(config: Config) -> Flask:
    """Everything that the answering process has; closed when that process ends."""
    configure_logging()
    parties = config.book.current
    party = next(issuer for issuer in parties.issuers if issuer.name == config.name)
    database = Database(config.database)
    journal = Journal(config.home / "journal", alone=not database.shared)
    log = open_log(config.log)
    author = Author(config.name, keygen.identity(config.home, party), journal, log)
    people, store, secrets = People(database), Store(database), Secrets(config.home / "rounds")
    maker, metrics = KeyMaker(store, config.key_threads), Metrics()
    desk = Desk(config.name, store, secrets, metrics, clock.now)
    reader = RoundsReader(log, config.book)
    loop = Loop(config.name, log, reader, author, people, store, secrets, maker, desk, metrics, clock.now)
    hr = Hr(config.name, parties, author, people, store, desk, metrics)
    watch = Watch(loop.tick, config.poll)
    watch.start()
    port = metrics_port.start(config.metrics, metrics.registry, watch.word)
    for priority, close in enumerate(
        (journal.close, database.close, log.close, maker.cancel, watch.stop, port.server_close)
    ):
        Finalize(None, close, exitpriority=priority)
    return web.create(desk, hr, metrics, parties, config.admin_key)


def main() -> int:
    if sys.argv[1:] == ["adminkey"]:
        return admin_key.make(os.environ)
    if sys.argv[1:] == ["migrate"]:
        return starting.migrate(os.environ)
    if (code := keygen.handle(sys.argv[1:], os.environ, ("adminkey", "migrate"))) is not None:
        return code
    configure_logging()
    try:
        config = Config.read(os.environ)
        listening.check(LISTEN=config.web.listen, METRICS=config.metrics)
        # Looked at here already, where what is wrong can be said in one line.
        database = Database(config.database)
        Journal(config.home / "journal", alone=not database.shared).close()
        Secrets(config.home / "rounds")
        if not starting.wait_for(database, config.name, config.poll):
            return 0
        database.close()
    except (BadSettings, JournalLocked, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    roster = Limit(LARGEST_ROSTER, partial(web.is_hr, admin_key=config.admin_key))
    serve(partial(build, config), config.web, {"/admin/roster": roster})
    return 0


if __name__ == "__main__":
    sys.exit(main())
