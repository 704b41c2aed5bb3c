"""What happens before an issuer answers anybody."""

import subprocess
import sys

_ASKED_TO_END = """
import os, signal
from services.issuer import migrating, starting

class Shared:
    shared = True

migrating.prepare = lambda _database: os.kill(os.getpid(), signal.SIGTERM)
migrating.claim = lambda _database, _name: None
print(starting.wait_for(Shared(), "hr", 0.01))
"""


def test_who_is_asked_to_end_while_the_database_gets_ready_does_not_begin_to_serve() -> None:
    ended = subprocess.run([sys.executable, "-c", _ASKED_TO_END], capture_output=True, text=True, timeout=30)
    assert (ended.stdout, ended.returncode) == ("False\n", 0)
