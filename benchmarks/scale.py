"""One round through real services on a real Kafka: time, cryptography, bytes in the log, memory.

    python -m benchmarks scale [envelopes]          5,000 if no number is given; 100,000 take some ten minutes

Every service is a process of its own (gate and aggregate with a worker per core), the log one node of Kafka with four
partitions for the envelopes. One issuer, a closed part and an open one, teams of 50, half as many people as envelopes:
everybody answers. A round with a fifth of the envelopes goes before, so that what grows can be told from what does not;
gate and aggregate have workers from 10,000 envelopes on, so compare their memory only from 50,000 on. The temporary
folder (TMPDIR) takes some 15 kB for each envelope, and should lie on a disk.

Per stage: seconds by the clock, the wait for the service's next look at the log included; processor seconds of the
service whose work it is, with its workers; and how many of these the bare operations of its cryptography take by
themselves, measured in the same run. Tokens are not collected but signed directly (benchmarks/electorate.py), so the
memory of an issuer that is asked for them is not in here. Memory is the most that was resident at any moment of a
round: of the largest process, and of all together.
"""

import os
import platform
import signal
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import monotonic

from benchmarks.crypto import Operations, busy
from benchmarks.electorate import TEAM
from benchmarks.ingest import MIB
from benchmarks.one_round import Pace, Played, Stage, Suite, play
from benchmarks.processes import Families, Peak, named
from clients.cli.client import Client
from clients.cli.connection import Web, open_connection
from deploy.trial.__main__ import EXPECTED
from deploy.trial.hr import HumanResources
from deploy.trial.installation import Installation, install, principals
from deploy.trial.kept import kept
from shared import blind_rsa, topics

ENVELOPES = 5_000
LEAST = 5_000
"""So that also the small round has groups on four levels."""
SMALL = 5
"""How many times smaller that round is."""
SLOWER = 1.6
"""How many times slower than in that round each step may be: others may use this machine, too."""
PARTS = 2
PARTITIONS = 4
POLL = "0.5"
"""Seconds between two looks at the log, of each service; the default of 2 would only add waiting."""

KAFKA = "Kafka"


def measure(envelopes: int) -> None:
    """Play both rounds and print what they took."""
    operations = Operations()
    key = busy(blind_rsa.generate, 8)
    # With all cores an envelope and its request each took about a fortieth of a key: there is room to spare.
    pace = Pace(2 * key, key / 15, key / 15)
    with (
        tempfile.TemporaryDirectory(prefix="klankbord-") as name,
        kept(Path(name), "kafka", principals(1).values()) as log,
    ):
        installation = install(Path(name), partitions=PARTITIONS, poll=POLL, log=log)
        try:
            installation.start()
            with closing(log.open()) as opened, Families(_roots(installation)) as families:
                web = Web(open_connection, plain=True)
                hr, client = HumanResources(web, installation), Client(web, installation.book)
                suite = Suite(installation, hr, client, families, opened)
                small = play(suite, "small", _people(envelopes // SMALL), pace)
                print_stages(small, operations)
                whole = play(suite, "whole", _people(envelopes), small.pace.times(SLOWER))
                print_stages(whole, operations)
                print_log(suite, whole)
                print_memory(small, whole)
        finally:
            ended = installation.stop()
    assert not any(ended.values()), ended


def _people(envelopes: int) -> int:
    """In whole teams."""
    return envelopes // PARTS // TEAM * TEAM


def _roots(installation: Installation) -> dict[str, int]:
    """The first process of each service and of Kafka, all of which this process has started."""
    services = {name: of.process.pid for name, of in installation.services.items() if of.process is not None}
    return services | {KAFKA: named(os.getpid(), "java")}


def bare(of: Played, operations: Operations) -> dict[str, float]:
    """By stage the processor seconds of its cryptography alone."""
    layouts, number, tokens = of.manifest.layouts, of.made.envelopes, of.made.tokens
    assert of.cells * TEAM == number  # Each team is a cell: its token and the root's stand in the batch.
    verify, ballot = busy(operations.verify_token), busy(operations.verify_signature)
    outer = sum(busy(operations.opening(layout.opened)) for layout in layouts) / len(layouts)
    inner = sum(busy(operations.opening(layout.answers_size)) for layout in layouts) / len(layouts)
    return {
        "keys": of.keys * busy(blind_rsa.generate, 8),
        "posting": number * (verify + busy(operations.sign)),
        "batch": number * (outer + ballot) + tokens * verify,
        "check": number * (2 * verify + ballot),
        "release": number * inner,
    }


def print_stages(of: Played, operations: Operations) -> None:
    floors, made = bare(of, operations), of.made
    print(
        f"\n{made.envelopes:,} envelopes of {of.people:,} people in teams of {TEAM}; {of.keys:,} signing keys, "
        f"{made.tokens / made.envelopes:.0f} tokens an envelope"
    )
    print(f"  {'stage':10}{'service':11}{'seconds':>9}{'processor':>11}{'cryptography':>16}")
    for stage in of.stages:
        spent = stage.spent.get(stage.service, made.signing + made.sealing)
        floor = floors.get(stage.name)
        share = "" if floor is None else f"{floor:9.1f} {floor / spent:6.0%}"
        line = f"  {stage.name:10}{stage.service:11}{stage.seconds:9.1f}{spent:11.1f}{share:16}  {_note(of, stage)}"
        print(line.rstrip(), flush=True)
    blindly = made.tokens * busy(operations.blind_sign, 100)
    print(f"  an issuer that signs these tokens blindly needs {blindly:.0f} s of processors for nothing but that")


def _note(of: Played, stage: Stage) -> str:
    """What else is known of a stage."""
    work, made, posted = of.work, of.made, of.posted
    match stage.name:
        case "keys":
            return f"{work['issuer keys_seconds']:.1f} s until all were made"
        case "tokens":
            return f"not a service's: {made.signing:.1f} s of signing, {made.sealing:.1f} s of sealing"
        case "posting":
            rate = posted.number / posted.seconds
            return f"{rate:,.0f}/s; Kafka took {stage.spent[KAFKA]:.1f} s of processors, the load {posted.spent:.1f} s"
        case "cut":
            return f"{work['gate cut']:.1f} s of it reading"
        case "batch":
            opening, rest = work["gate open"], work["gate batch"]
            return f"{opening:.1f} s of it opening, {rest:.1f} s dividing and storing"
        case "check" | "release":
            working = work["aggregate check" if stage.name == "check" else "aggregate open"]
            return f"{working:.1f} s of it without reading the batch and storing"
    return ""


def print_log(suite: Suite, of: Played) -> None:
    print("\nbytes for each envelope   in records   on the broker's disk")
    for topic in (topics.nodes, topics.envelopes, topics.batches, topics.releases, topics.words):
        name = topic(of.manifest.round_id)
        records = sum(len(entry.value) for entry in suite.log.read(name))
        files = suite.installation.log.files.glob(f"{name}-*/*.log")
        disk = sum(path.stat().st_size for path in files)
        print(f"  {name.partition('.')[0]:20}{records / of.made.envelopes:14,.0f}{disk / of.made.envelopes:23,.0f}")


def print_memory(small: Played, whole: Played) -> None:
    few, many = small.made.envelopes, whole.made.envelopes
    print(f"\nmemory, MiB: largest process and all   {few:9,} envelopes {many:9,} envelopes   more, for each envelope")
    for name, after in whole.peaks.items():
        before = small.peaks[name]
        more = [(getattr(after, of) - getattr(before, of)) / (many - few) for of in ("largest", "together")]
        print(f"  {name:30}{_mib(before):>28}{_mib(after):>20}{more[0]:12,.0f} and {more[1]:,.0f} bytes")


def _mib(peak: Peak) -> str:
    return f"{peak.largest / MIB:,.0f} and {peak.together / MIB:,.0f}"


def main() -> int:
    envelopes = int(sys.argv[1]) if len(sys.argv) > 1 else ENVELOPES
    if envelopes < LEAST:
        print(f"at least {LEAST} envelopes", file=sys.stderr)
        return 2
    # SIGTERM ends it as Ctrl-C does, with everything that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = monotonic()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {PARTITIONS} partitions", flush=True)
    try:
        measure(envelopes)
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\nboth releases equal the plain tally of what was answered, and list exactly what was posted")
    print(f"all of it took {monotonic() - began:,.0f} s, with waiting until rounds open and close")
    return 0


if __name__ == "__main__":
    sys.exit(main())
