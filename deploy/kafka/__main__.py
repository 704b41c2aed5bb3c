"""`make kafka`: bring Kafka if need be, start one node and keep it until it is interrupted."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

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
            print(f"Services use it with KLANKBORD_LOG=kafka:{_address(folder, broker, password)}", flush=True)
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


def _address(folder: Path, broker: Broker, password: str) -> Path:
    secret = folder / "kafka.password"
    secret.touch(0o600)
    secret.write_text(password)
    file = folder / "kafka.toml"
    values = f'servers = ["{broker.servers}"]\nuser = "{ADMIN}"\npassword_file = "{secret.name}"\ntls = false\n'
    file.write_text(f"{values}replicas = 1\n")
    return file


if __name__ == "__main__":
    sys.exit(main())
