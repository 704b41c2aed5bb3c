"""Everything that a command touches outside itself, in one value: tests hand in another."""

import io
import os
import secrets
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from getpass import GetPassWarning, getpass
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
        if isinstance(stdin, io.TextIOWrapper) and stdin.errors != "surrogateescape":
            # Whoever reads it says what is wrong with it. Once: after the first read this cannot be set any more.
            stdin.reconfigure(errors="surrogateescape")
        return cls(
            environ=os.environ,
            stdin=stdin,
            stdout=sys.stdout,
            stderr=sys.stderr,
            secret=partial(_secret, stdin),
            connect=open_connection,
            now=clock.now,
            sleep=time.sleep,
            random=secrets.SystemRandom(),
        )


def _secret(stdin: TextIO, prompt: str) -> str:
    """A line that is not shown while it is typed; where there is no terminal at all, the next one of standard input."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(prompt)
        except GetPassWarning:
            line = stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
