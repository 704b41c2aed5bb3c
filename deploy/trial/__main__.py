"""`make run`, `make demo` and `who-knows`: the whole suite on one machine, with an example organisation."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from clients.cli.outcomes import Alarm, Refusal, Unavailable
from deploy.kafka.broker import BrokerFailed
from deploy.kafka.server import NoKafka
from deploy.kafka.setup import SetupFailed
from deploy.trial import outside, story, visit, visiting, who_knows
from deploy.trial.doors.app import House, create, served
from deploy.trial.doors.visits import Visits
from deploy.trial.hr import DidNotHappen
from deploy.trial.installation import DidNotStart
from deploy.trial.kept import KINDS
from deploy.trial.play import Options, Play, running
from deploy.trial.tale import Tale
from deploy.trial.visitor import Visitor
from shared.log.port import LogError
from shared.log.sqlite import SqliteLog
from shared.reading import RoundsReader

ROOT = Path("var/trial")
"""Where `make run` keeps its installation; made anew each time."""

VISIT = 300
"""Seconds for which each round for visitors is open."""

EXPECTED = (DidNotStart, DidNotHappen, NoKafka, BrokerFailed, SetupFailed, LogError, Alarm, Refusal, Unavailable)
"""What can go wrong with a trial, each with one line that says what."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.trial", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run_parser = verbs.add_parser("run", help="play the example, then rounds for visitors until Ctrl-C")
    demo_parser = verbs.add_parser("demo", help="play the example and leave everything in a folder")
    visit_parser = verbs.add_parser("visit", help="collect and answer in the running trial, as its visitor")
    visit_parser.add_argument("--code-file", help="file with the access code, instead of typing it")
    verbs.add_parser("counted", help="find the visitor's sealed answers among those that were counted")
    knows_parser = verbs.add_parser("who-knows", help="what each service of the running trial holds about the visitor")
    for one in (run_parser, demo_parser):
        one.add_argument("--issuers", type=int, default=1, choices=range(1, 5), help="how many issuers (default: 1)")
        one.add_argument("--log", default="sqlite", choices=KINDS, help="where the log is kept (default: sqlite)")
    run_parser.add_argument(
        "--visit", type=int, default=VISIT, help="seconds each round for visitors is open (default: 300)"
    )
    demo_parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet or is empty")
    demo_parser.add_argument(
        "--quarters", type=int, default=len(story.QUARTERS), choices=range(1, len(story.QUARTERS) + 1), help="how many"
    )
    knows_parser.add_argument("--wallet", type=Path, default=ROOT / "visitor.json", help="the visitor's wallet file")
    options = parser.parse_args(argv)
    tale = Tale()
    # SIGTERM ends a trial as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.verb == "run":
            return run(tale, Options(options.issuers, options.log), options.visit)
        if options.verb == "demo":
            return demo(tale, Options(options.issuers, options.log), options.out, story.QUARTERS[: options.quarters])
        if (visitor := Visitor.read(ROOT)) is None or (options.verb != "who-knows" and not _is_running()):
            tale.say("no-visit")
            return visit.NOT_YET
        if options.verb == "visit":
            more = ["--code-file", options.code_file] if options.code_file else []
            return visit.answer(tale, ROOT, visitor, time.time(), more)
        if options.verb == "counted":
            return visit.counted(tale, ROOT, visitor, time.time())
        return who_knows.show(tale, ROOT, options.wallet, visitor)
    except KeyboardInterrupt:
        return 0 if options.verb == "run" else 130
    except EXPECTED as error:
        tale.say("failed", why=error)
        return 1


def run(tale: Tale, options: Options, stays_open: int) -> int:
    """Play the quarters, then stay for visitors until interrupted."""
    if _is_running():
        tale.say("running", folder=ROOT)
        return 1
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True, mode=0o700)
    (ROOT / "pid").write_text(str(os.getpid()))
    try:
        with running(ROOT, tale, options) as installation:
            play = Play(tale, installation)
            play.prepare()
            for quarter in story.QUARTERS:
                play.quarter(quarter)
            tale.say("open-page", url=installation.book.current.report_url)
            visits = Visits()
            with served(create(House.of(installation), visits)) as url:
                tale.say("doors", url=url)
                visiting.receive(play, ROOT, visits, stays_open)
    finally:
        (ROOT / "pid").unlink(missing_ok=True)
        tale.say("ended")
    return 0


def demo(tale: Tale, options: Options, out: Path, played: Sequence[str]) -> int:
    """Play the quarters, check them from outside, and leave everything in `out`."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        tale.say("taken", folder=out)
        return 2
    with tempfile.TemporaryDirectory(prefix="klankbord-") as temporary:
        root = Path(temporary) / "trial"
        with running(root, tale, options) as installation:
            play = Play(tale, installation)
            play.prepare()
            for quarter in played:
                play.quarter(quarter)
            turnouts = {one.round_id: one.turnout for one in play.played}
            outside.export(installation, out, play.people, turnouts)
        _check(play, out)
    tale.say("checked")
    tale.say("left", folder=out)
    return 0


def _check(play: Play, out: Path) -> None:
    """DidNotHappen unless the releases in `out` equal the plain tally."""
    with closing(SqliteLog(out / "log")) as log:
        rounds = RoundsReader(log, play.installation.book).refresh().rounds
        for played in play.played:
            numbers, comments, _counted = outside.release(log, rounds[played.round_id])
            wrong = outside.differences(played.manifest, numbers, comments, played.turnout.answered)
            if wrong and not played.turnout.late:
                raise DidNotHappen(f"{played.round_id}: {'; '.join(wrong)}")


def _is_running() -> bool:
    try:
        os.kill(int((ROOT / "pid").read_text()), 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
