"""What stands on docs/instruments.md about each instrument; `python -m tests.instruments_page PAGE` writes it there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from clients.cli.instruments import scored, validated
from shared.instrument import Instrument
from shared.instruments import shipped
from shared.questionnaire import PartKind

BEGIN, END = "<!-- instruments: begin -->", "<!-- instruments: end -->"


def block() -> str:
    """A table of all of them, and the words of each."""
    return "\n".join((BEGIN, "", *_table(), *(line for one in shipped().values() for line in _words(one)), END))


def _table() -> Iterator[str]:
    yield "| instrument | questions | scoring | validated | source | licence |"
    yield "|---|---|---|---|---|---|"
    for one in shipped().values():
        turned = sum(item.reverse for item in one.items)
        asked = f"{len(one.items)}, {turned} reversed" if turned else str(len(one.items))
        told = validated("en", one) if one.kind is PartKind.CLOSED else ""
        named = f"[`{one.id}`](#{one.id})"
        yield "| " + " | ".join((named, asked, scored("en", one), told, one.source, one.licence)) + " |"
    yield ""


def _words(one: Instrument) -> Iterator[str]:
    yield f"### {one.id}"
    yield ""
    yield f"*{one.title['nl']} / {one.title['en']}.* {one.about['en']}" + (f" {one.note['en']}" if one.note else "")
    yield ""
    closed = one.kind is PartKind.CLOSED
    yield "| question | Nederlands | English |" + (" scale |" if one.scales else "")
    yield "|---|---|---|" + ("---|" if one.scales else "")
    for item in one.items:
        name = f"`{item.id}`" + (" (R)" if closed and item.reverse else "")
        yield f"| {name} | {item.text['nl']} | {item.text['en']} |" + (f" {item.scale} |" if one.scales else "")
    yield ""


def main(path: Path) -> None:
    page = path.read_text("utf-8")
    path.write_text(re.sub(f"{BEGIN}.*{END}", lambda _match: block(), page, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
