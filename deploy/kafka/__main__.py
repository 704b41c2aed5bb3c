"""`make kafka`: bring Kafka if need be, start one node and keep it until it is interrupted."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from deploy.kafka.addresses import write_address
from deploy.kafka.broker import ADMIN, Broker, BrokerFailed
from deploy.kafka.server import CACHE, NoKafka


def main() -> int:
    """The exit code: 0 after SIGINT or SIGTERM, 1 if there is no Kafka to be had or it ends by itself."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="trial-", dir=CACHE))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        password = secrets.token_urlsafe(24)
        print("Getting Kafka ready ...", flush=True)
        with Broker.prepare(folder, {ADMIN: password}, install=True) as broker:
            print(f"Kafka answers at {broker.servers} until you press Ctrl-C; what it keeps goes with it.")
            print(
                f"Services use it with KLANKBORD_LOG=kafka:{write_address(folder, broker.servers, ADMIN, password)}",
                flush=True,
            )
            broker.wait()
        print(f"Kafka ended by itself: see {folder / 'server.log'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        shutil.rmtree(folder)
        return 0
    except NoKafka as error:
        print(error, file=sys.stderr)
        shutil.rmtree(folder)
        return 1
    except BrokerFailed as error:
        print(error, file=sys.stderr)
        return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
