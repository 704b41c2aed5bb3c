"""`docker compose run --rm hr ...` and `employee ...`: the command `klankbord` in a container of its own."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from clients.cli.__main__ import main as klankbord
from clients.cli.edge import Edge
from deploy.compose.inside import HERE, connect_from, containers
from shared.parties import Book


def main() -> int:
    """The exit code of `klankbord`."""
    book = Book.load(Path(os.environ["KLANKBORD_PARTIES"]).read_bytes())
    return klankbord(edge=replace(Edge.real(), connect=connect_from(book.current, containers(os.environ[HERE]))))


if __name__ == "__main__":
    sys.exit(main())
