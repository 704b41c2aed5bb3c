"""`make bench`: every benchmark, one after the other, each in a process of its own.

    python -m benchmarks                 all of them but those that need a Kafka
    python -m benchmarks ingest scale    some of them
    python -m benchmarks gate --full     one of them, with arguments of its own

Each measures its floor or peer in the same run, because machines are noisy: compare ratios, not seconds.
"""

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

ORDER = ("crypto", "log", "disclosure", "totals", "cover", "issuer", "ingest", "gate", "aggregate", "page")
ON_KAFKA = ("scale",)
"""Some minutes each; they bring a Kafka if there is none (make kafka)."""


def main(arguments: list[str]) -> int:
    chosen = list(takewhile(str.isalpha, arguments))
    own = arguments[len(chosen) :]
    there = {path.stem for path in Path(__file__).parent.glob("*.py")}
    unknown = [name for name in chosen if name not in ORDER + ON_KAFKA]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(ORDER + ON_KAFKA)}", file=sys.stderr)
        return 2
    if own and len(chosen) != 1:
        print(f"{own[0]} is for one benchmark: name one before it", file=sys.stderr)
        return 2
    failed = []
    for name in chosen or [name for name in ORDER if name in there]:
        print(f"\n{name}\n{'-' * len(name)}", flush=True)
        # Not -m: worker processes would import the benchmark again, with all that made its data.
        run = [sys.executable, "-c", f"from benchmarks import {name}; {name}.main()", *own]
        if subprocess.run(run, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
