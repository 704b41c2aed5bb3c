"""Kafka's server as jars: found in this project's cache, or brought once with Maven.

No scripts come with the jars; their classes are called with `java` itself.
"""

import os
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from deploy import packages

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
CACHE = _HERE.parent.parent / "var" / "kafka"
"""Outside of version control; what is there can be deleted at any time."""

_JAVA = 17
"""The oldest Java that Kafka 4 runs on."""

_BRINGING = 600
"""Seconds that Maven may take; it takes some 7 s on a good line and a minute or two when it comes by itself."""

_WORDS = (
    f"Kafka needs Java {_JAVA} or newer and, once, Maven to bring it (Debian and Ubuntu: apt install "
    "default-jre-headless maven; Fedora: dnf install java-latest-openjdk-headless maven; "
    "macOS: brew install openjdk maven)"
)


class NoKafka(RuntimeError):
    """There is no Kafka to be had here; the message says in plain words what is missing and how to have it."""


def jars(install: bool = False) -> Path:
    """The folder with the jars; NoKafka. `install`: use the system's package manager if Java or Maven is missing."""
    # Named after what it was made of, so that another version is another folder.
    folder = CACHE / f"lib-{sha256(_POM.read_bytes()).hexdigest()[:12]}"
    needed = [] if folder.exists() else ["mvn"]
    if install and not (_has_java() and all(map(shutil.which, needed))):
        try:
            packages.install("default-jre-headless", "maven")
        except packages.NotInstalled as error:
            raise NoKafka(f"{error}. {_WORDS}") from None
    if not _has_java():
        raise NoKafka(f"Java is missing or too old. {_WORDS}")
    if not all(map(shutil.which, needed)):
        raise NoKafka(f"Maven is missing. {_WORDS}")
    if needed:
        _bring(folder)
    return folder


def _has_java() -> bool:
    if not shutil.which("java"):
        return False
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    return version is not None and int(version[1]) >= _JAVA


def _bring(folder: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = CACHE / f"{folder.name}.{os.getpid()}"
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            ["mvn", "-B", "-q", "-f", str(_POM), *goal],
            capture_output=True,
            text=True,
            check=False,
            timeout=_BRINGING,
        )
        if done.returncode:
            raise NoKafka(f"Maven could not bring Kafka: {_last_line(done.stdout)}")
        # Whole or not at all; if somebody else was faster, theirs is the same.
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    except subprocess.TimeoutExpired:
        raise NoKafka(f"Maven did not bring Kafka within {_BRINGING} s") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _last_line(text: str) -> str:
    errors = [line for line in text.splitlines() if "ERROR" in line]
    return (errors or text.splitlines() or ["it did not say why"])[0]
