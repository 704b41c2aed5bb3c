"""A real PostgreSQL on this machine: a system package, started in a folder of its own behind a Unix socket.

<folder>/data/        the cluster; nothing is synced to disk, for nobody needs it after the run
<folder>/server.log   what the server said
"""

import os
import pwd
import shutil
import subprocess
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import packages, watcher

if TYPE_CHECKING:
    import psycopg

ADMIN = "admin"
"""The super user. Everybody needs a password."""

_PATIENCE = 60.0
"""Seconds for a start or an end; a quarter of one is usual."""

_PAUSE = 0.02
"""Seconds between two looks at whether it has started."""

_WORDS = (
    "The tests need PostgreSQL's programs, 13 or newer (Debian and Ubuntu: apt install postgresql; "
    "Fedora: dnf install postgresql-server; macOS: brew install postgresql)"
)

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # So that tests see what a server that notes them would tell.
    "track_commit_timestamp": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class NoPostgresql(RuntimeError):
    """There is none to be had here; the message says in plain words what is missing and how to have it."""


class Server:
    """Starts and ends nothing but its own processes; what it keeps survives `stop`."""

    def __init__(self, folder: Path, programs: Path, password: str) -> None:
        """Use `prepare`."""
        self.folder = folder
        self.password = password
        self._programs = programs
        self._user = _user()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    @classmethod
    def prepare(cls, folder: Path, password: str, install: bool = False) -> "Server":
        """A server that is ready to start, in an empty folder; NoPostgresql. `install`: with apt-get, if it may."""
        if (programs := _programs()) is None and install:
            try:
                packages.install("postgresql")
            except packages.NotInstalled as error:
                raise NoPostgresql(f"{error}. {_WORDS}") from None
            programs = _programs()
        if programs is None:
            raise NoPostgresql(f"PostgreSQL is missing. {_WORDS}")
        check_driver()
        server = cls(folder, programs, password)
        secret = folder / "password"
        secret.write_text(password)
        if server._user is not None:
            for path in (folder, secret):
                shutil.chown(path, server._user)
        options = ["--auth=scram-sha-256", f"--username={ADMIN}", f"--pwfile={secret}"]
        done = server._run("initdb", *options, "--encoding=UTF8", "--locale=C", "--no-sync", str(folder / "data"))
        secret.unlink()
        if done.returncode:
            raise NoPostgresql(f"initdb failed: {done.stderr.strip()}")
        return server

    def start(self) -> None:
        """Back when it answers."""
        arguments = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                user=self._user,
                group=self._user and pwd.getpwnam(self._user).pw_gid,
                extra_groups=[] if self._user else None,
            )
        # An immediate shutdown: killed, it would leave its children to find out for themselves.
        self._watcher = watcher.watch(self._process.pid, "QUIT")
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'server.log').read_text()}")
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """End it in good order, whoever is connected; `start` brings it back."""
        self._end(2)

    def crash(self) -> None:
        """End it at once, as a fault of its own would."""
        self._end(3)

    def admin(self, database: str = "postgres") -> "psycopg.Connection":
        """A connection of the super user; each statement is a transaction."""
        import psycopg

        return psycopg.connect(
            host=str(self.folder), user=ADMIN, password=self.password, dbname=database, autocommit=True
        )

    def _end(self, signal: int) -> None:
        if self._process is not None:
            self._process.send_signal(signal)
            self._process.wait(_PATIENCE)
            self._process = None
        if self._watcher is not None:
            watcher.forget(self._watcher)
            self._watcher = None

    def _answers(self) -> bool:
        import psycopg

        try:
            self.admin().close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._programs / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            # It looks at where it is started, and may not see where we are.
            cwd=self.folder,
            user=self._user,
            group=self._user and pwd.getpwnam(self._user).pw_gid,
            extra_groups=[] if self._user else None,
        )


def check_driver() -> None:
    """NoPostgresql if there is no libpq, without which psycopg cannot even be imported."""
    try:
        import_module("psycopg")
    except ImportError:
        raise NoPostgresql("libpq is missing (Debian and Ubuntu: apt install libpq5)") from None


def _programs() -> Path | None:
    """Where the server's programs are: Debian keeps those of each version in a folder of its own."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or (shutil.which("initdb") and Path(shutil.which("initdb") or ""))
    return found.parent if found else None


def _user() -> str | None:
    """Whose processes they are: PostgreSQL refuses to run as root. None: ours."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
