"""`klankbord`: take part in a round, check that it was counted, or, as HR, plan rounds. Exit codes: outcomes.Exit."""

import os
import sys
from collections.abc import Sequence

from clients.cli import arguments, texts
from clients.cli.console import Console
from clients.cli.edge import Edge
from clients.cli.outcomes import Alarm, BadInput, Exit, Refusal, Unavailable
from clients.cli.session import Session

INTERRUPTED = 130
"""What shells give for a command that Ctrl-C ended."""


NOT_READ = 141
"""What shells give for a command whose reader went away, as `head` does."""


def main(argv: Sequence[str] | None = None, edge: Edge | None = None) -> int:
    """Run one command and give its exit code; every problem is one line on standard error."""
    argv, edge = sys.argv[1:] if argv is None else argv, edge or Edge.real()
    try:
        code = _run(argv, edge)
        edge.stdout.flush()
    except BrokenPipeError:
        # What is still held back goes nowhere, so that Python does not try once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ
    return code


def _run(argv: Sequence[str], edge: Edge) -> int:
    console = Console(edge, arguments.language_of(argv, texts.language_of(edge.environ)))
    try:
        options = arguments.parser(console.language).parse_args(argv)
        if not hasattr(options, "run"):
            raise BadInput("no-command", command=getattr(options, "group", "klankbord"))
        options.run(Session(edge, console, options))
    except SystemExit as helped:  # argparse has printed its help.
        return int(helped.code or 0)
    except BadInput as bad:
        console.problem(console.text(bad.text, **bad.values))
        return Exit.USAGE
    except Refusal as refusal:
        console.problem(_refused(console, refusal))
        return Exit.REFUSED
    except Alarm as alarm:
        what = console.text(f"alarm-{alarm.reason}")
        console.problem(console.text("alarm", what=what, detail=alarm.detail or alarm.reason))
        return Exit.ALARM
    except Unavailable as unavailable:
        console.problem(console.text(f"unavailable-{unavailable.trouble}", service=unavailable.service))
        return Exit.UNAVAILABLE
    except KeyboardInterrupt:
        console.problem(console.text("interrupted"))
        return INTERRUPTED
    return Exit.OK


def _refused(console: Console, refusal: Refusal) -> str:
    """In the reader's language where this client knows the word; else as the service said it."""
    keys = (f"refused-{refusal.service}-{refusal.word}", f"refused-{refusal.word}", "refused")
    values = {"service": refusal.service, "word": refusal.word, "detail": refusal.detail}
    return console.text(next(filter(texts.has, keys)), **values)


if __name__ == "__main__":
    sys.exit(main())
