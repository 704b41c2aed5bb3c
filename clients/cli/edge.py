"""Everything that a command touches outside itself, in one value: tests hand in another."""

import io
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from getpass import getpass
from random import Random
from typing import TextIO

from clients.cli.connection import Connect, open_connection
from shared import clock


@dataclass(frozen=True)
class Edge:
    """Environment, streams, clock, randomness and network."""

    environ: Mapping[str, str] = field(repr=False)
    stdin: TextIO = field(repr=False)
    stdout: TextIO = field(repr=False)
    stderr: TextIO = field(repr=False)
    secret: Callable[[str], str]
    """Asks for a line without showing what is typed."""
    connect: Connect
    now: Callable[[], float]
    sleep: Callable[[float], None]
    random: Random = field(repr=False)

    @classmethod
    def real(cls) -> "Edge":
        """Of this process."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # A terminal without some letter is no reason to stop.
        stdin = sys.stdin or io.StringIO()  # There is none if it was closed.
        if isinstance(stdin, io.TextIOWrapper):
            stdin.reconfigure(errors="surrogateescape")  # Whoever reads it says what is wrong with it.
        return cls(
            environ=os.environ,
            stdin=stdin,
            stdout=sys.stdout,
            stderr=sys.stderr,
            secret=getpass,
            connect=open_connection,
            now=clock.now,
            sleep=time.sleep,
            random=secrets.SystemRandom(),
        )
