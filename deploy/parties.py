"""`python -m deploy.parties` writes the first parties.json of an installation to standard output.

Every party has made its key where its service runs, and tells the public one; all look at the file before it is used.
"""

import argparse
import sys
from collections.abc import Sequence

from shared.canonical import unb64
from shared.parties import BadParties, Book, Party, describe, write


def main(words: Sequence[str] | None = None) -> int:
    """0, or 2 for a description that is none."""
    chosen = _arguments().parse_args(words)
    try:
        parties_json = write(
            [
                (
                    describe(
                        [party(*fields(issuer, "NAME,URL,KEY")) for issuer in chosen.issuer],
                        party("ingest", *fields(chosen.ingest, "URL,KEY")),
                        party("gate", "", chosen.gate),
                        party("aggregate", "", chosen.aggregate),
                        chosen.report,
                        chosen.page,
                        trial=chosen.trial,
                    ),
                    {},
                )
            ]
        )
        Book.load(parties_json)
    except (BadParties, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(parties_json)
    return 0


def party(name: str, url: str, key: str) -> Party:
    """A party whose public key is given as keygen prints it; ValueError."""
    try:
        return Party(name, url, unb64(key))
    except ValueError:
        raise ValueError(f"{name}: the key is not what keygen prints") from None


def fields(text: str, form: str) -> list[str]:
    """What stands between the commas of a text of such a form; ValueError."""
    words = text.split(",")
    if len(words) != form.count(",") + 1:
        raise ValueError(f"{form} is needed, not {text}")
    return words


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.parties", description=__doc__)
    parser.add_argument(
        "--issuer",
        action="append",
        required=True,
        metavar="NAME,URL,KEY",
        help="may be given several times; the first leads",
    )
    parser.add_argument("--ingest", required=True, metavar="URL,KEY", help="where answers are posted")
    parser.add_argument(
        "--gate",
        required=True,
        metavar="KEY",
        help="its public key, as keygen printed it; behind =, for it may begin with -",
    )
    parser.add_argument("--aggregate", required=True, metavar="KEY", help="likewise")
    parser.add_argument("--report", required=True, metavar="URL", help="where results are read")
    parser.add_argument("--page", action="append", default=[], metavar="URL", help="origin of a page for employees")
    parser.add_argument("--trial", action="store_true", help="one machine, one hand: every page says so")
    return parser


if __name__ == "__main__":
    sys.exit(main())
