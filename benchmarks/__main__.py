"""`make bench`: every benchmark, one after the other, each in a process of its own.

    python -m benchmarks                 all of them but those that need a Kafka
    python -m benchmarks ingest scale    some of them

Each measures its floor or peer in the same run, because machines are noisy: compare ratios, not seconds.
"""

import subprocess
import sys
from pathlib import Path

ORDER = ("crypto", "log", "disclosure", "totals", "cover", "issuer", "ingest", "gate", "aggregate")
ON_KAFKA = ("scale",)
"""Some minutes each; they bring a Kafka if there is none (make kafka)."""


def main(chosen: list[str]) -> int:
    there = {path.stem for path in Path(__file__).parent.glob("*.py")}
    unknown = [name for name in chosen if name not in ORDER + ON_KAFKA]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(ORDER + ON_KAFKA)}", file=sys.stderr)
        return 2
    failed = []
    for name in chosen or [name for name in ORDER if name in there]:
        print(f"\n{name}\n{'-' * len(name)}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
