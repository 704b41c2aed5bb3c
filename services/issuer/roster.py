"""Who works where: the file that HR imports, and every problem in it at once.

One row per person, in UTF-8, cells separated by commas or semicolons and quoted as in RFC 4180, one line each:

    person,name,mail,language,company,division,department,leads
    p1,Ann Smit,ann@example.test,nl,Velda,Finance,Payments,
    p2,Bo Jansen,bo@example.test,en,Velda,Finance,Payments,Finance/Payments

After the four fixed columns comes one per level, coarse to fine, of any name; the first is the company. Whoever is
attached to an inner group leaves the finer levels empty. `leads`, if it is there, names a group on the person's own
path or below, by its name or, where that is not enough, by its path with slashes, with or without the company. She
counts with those directly in the group above it, so that a team's score is the team's.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice

FIXED = ("person", "name", "mail", "language")
LEADS = "leads"
LANGUAGES = ("nl", "en")

CELL_MAX = 200
"""Characters in a cell: generous for a name, and keeps the joint names of packed groups well below a record's size."""

LINE_MAX = 65_536
"""Bytes in a line: what a hundred of the longest cells take in letters of four bytes, and little enough to look at."""

PEOPLE_MAX = 500_000
"""Five times as many as were measured. A file of nothing but line ends would else take gigabytes."""

SHOWN = 10
"""Groups of one name that are listed for whoever has to choose among them."""

TOLD_MAX = 1000
"""Problems of a file that are told: nobody reads more, and a file of another kind has one in each of its cells."""

Row = tuple[int, list[str]]
"""A line's number and its cells."""

Path = tuple[str, ...]
"""A group: names from the level below the company on; the company itself is ()."""

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_LINES = re.compile(rb"\r\n|\r|\n")


class RosterProblem(StrEnum):
    """What is wrong with a cell, a line or the file."""

    ENCODING = "not-utf-8"
    QUOTES = "lone-quote"
    HEADER = "wrong-header"
    RAGGED = "other-number-of-cells"
    EMPTY = "empty"
    LONG = "too-long"
    CONTROL = "control-character"
    DUPLICATE = "duplicate"
    MAIL = "bad-mail"
    LANGUAGE = "unknown-language"
    LEVEL = "missing-level"
    COMPANY = "several-companies"
    LEADS = "unknown-group"
    AMBIGUOUS = "several-groups"


@dataclass(frozen=True, order=True)
class Problem:
    """`line` counts from 1, the header's; `column` counts cells from 1, or bytes if the line is not UTF-8."""

    line: int
    column: int
    reason: RosterProblem
    text: str


class RosterError(Exception):
    """Nothing was imported; `problems` in the order of the file, at most TOLD_MAX. No text repeats a person's data."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems)[:TOLD_MAX])
        first = self.problems[0]
        number = str(len(problems)) if len(problems) <= TOLD_MAX else f"more than {TOLD_MAX}"
        super().__init__(f"{number} problems, the first in line {first.line}, column {first.column}: {first.text}")


@dataclass(frozen=True)
class Person:
    """`path` names her groups from the level below the company on; a leader's ends above the group she leads."""

    id: str
    name: str = field(repr=False)
    mail: str = field(repr=False)
    language: str
    path: Path


@dataclass(frozen=True)
class Roster:
    """The levels' names, the company's column first, and the people in the order of the file."""

    company: str
    levels: tuple[str, ...]
    people: tuple[Person, ...] = field(repr=False)


def parse(data: bytes) -> Roster:
    """The roster in a file. RosterError with all problems if there is any, or with enough of them."""
    problems: list[Problem] = []
    rows = _rows(data.removeprefix(b"\xef\xbb\xbf"), problems)
    if len(rows) < 2 and not problems:
        problems.append(Problem(1, 1, RosterProblem.EMPTY, "a header and at least one person belong in the file"))
    if not rows or (problems and problems[0].line < rows[0][0]):
        raise RosterError(problems)  # Without a header nothing can be said about the rows.
    (line, names), *rows = rows
    if wrong := list(_wrong_header(line, names)):
        raise RosterError(problems + wrong)
    leads = names[-1].lower() == LEADS
    levels = tuple(names[len(FIXED) : len(names) - leads])
    whole = [row for row in rows if len(row[1]) == len(names)]
    of_rows = chain.from_iterable(chain(_bad_cells(row), _bad_levels(row, levels)) for row in whole)
    for found in (_ragged(rows, len(names)), of_rows, _duplicates(whole), _other_companies(whole)):
        problems += islice(found, TOLD_MAX + 1)
    if len(problems) > TOLD_MAX:
        raise RosterError(problems)
    paths = [_path(cells, levels) for _, cells in whole]
    if leads:
        paths = _above_led(whole, paths, problems)
    if problems:
        raise RosterError(problems)
    people = (
        Person(cells[0], cells[1], cells[2], cells[3].lower(), path)
        for (_, cells), path in zip(whole, paths, strict=True)
    )
    return Roster(whole[0][1][len(FIXED)], levels, tuple(people))


def _rows(data: bytes, problems: list[Problem]) -> list[Row]:
    """The lines that can be read and are not empty. A cell holds no line break, so each line is read on its own."""
    rows: list[Row] = []
    delimiter = ""
    for line, raw in enumerate(_LINES.split(data), 1):
        if len(rows) > PEOPLE_MAX or len(problems) > TOLD_MAX:
            problems.append(Problem(line, 1, RosterProblem.LONG, f"more than {PEOPLE_MAX} lines, or no roster at all"))
            break
        if len(raw) > LINE_MAX:
            problems.append(Problem(line, 1, RosterProblem.LONG, f"more than {LINE_MAX} bytes in a line"))
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            problems.append(Problem(line, error.start + 1, RosterProblem.ENCODING, "this byte is not UTF-8"))
            continue
        delimiter = delimiter or (text and (";" if text.count(";") > text.count(",") else ","))
        cells, lone = _cells(text, delimiter)
        if lone:
            text = "a quote stands at the start and end of a cell or is doubled"
            problems.append(Problem(line, len(cells), RosterProblem.QUOTES, text))
        elif any(cells):
            rows.append((line, cells))
    return rows


def _cells(text: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of a line, and whether the last of them has a quote where none belongs (what follows is not read)."""
    if '"' not in text:
        return [_clean(cell) for cell in text.split(delimiter or ",")], False
    cells: list[str] = []
    at = 0
    while True:
        quoted = _QUOTED.match(text, at)
        end = quoted.end() if quoted else (text + delimiter).index(delimiter, at)
        cells.append(_clean(quoted[1].replace('""', '"') if quoted else text[at:end]))
        if (not quoted and '"' in text[at:end]) or text[end : end + 1] not in ("", delimiter):
            return cells, True
        if end == len(text):
            return cells, False
        at = end + 1


def _clean(cell: str) -> str:
    """One spelling of a name: composed characters (NFC), single spaces, none at the ends."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell.replace("\u00a0", " "))
    return " ".join(part for part in cell.split(" ") if part)


def _wrong_header(line: int, names: Sequence[str]) -> Iterator[Problem]:
    for column, name in enumerate(FIXED, 1):
        if column > len(names) or names[column - 1].lower() != name:
            yield Problem(line, column, RosterProblem.HEADER, f"the column {name} belongs here")
    levels = names[len(FIXED) : -1] if names[-1].lower() == LEADS else names[len(FIXED) :]
    if not levels:
        yield Problem(line, len(FIXED) + 1, RosterProblem.HEADER, "the company's column belongs here")
    for place, name in enumerate(levels):
        folded = [other.lower() for other in [*FIXED, LEADS, *levels[:place]]]
        if not name or not name.isprintable() or len(name) > CELL_MAX or name.lower() in folded:
            text = "each level needs a name of its own; leads, if it is there, comes last"
            yield Problem(line, len(FIXED) + 1 + place, RosterProblem.HEADER, text)


def _ragged(rows: Sequence[Row], width: int) -> Iterator[Problem]:
    for line, cells in rows:
        if len(cells) != width:
            text = f"{len(cells)} cells where the header has {width}"
            yield Problem(line, min(len(cells), width), RosterProblem.RAGGED, text)


def _bad_cells(row: Row) -> Iterator[Problem]:
    line, cells = row
    for column, cell in enumerate(cells, 1):
        if not cell.isprintable():
            yield Problem(line, column, RosterProblem.CONTROL, "a character that cannot be seen")
        if len(cell) > CELL_MAX:
            yield Problem(line, column, RosterProblem.LONG, f"more than {CELL_MAX} characters")
        if column <= len(FIXED) and not cell:
            yield Problem(line, column, RosterProblem.EMPTY, f"no {FIXED[column - 1]}")
    if cells[2] and not _MAIL.fullmatch(cells[2]):
        yield Problem(line, 3, RosterProblem.MAIL, "not a mail address")
    if cells[3] and cells[3].lower() not in LANGUAGES:
        yield Problem(line, 4, RosterProblem.LANGUAGE, f"not one of {', '.join(LANGUAGES)}")


def _bad_levels(row: Row, levels: Sequence[str]) -> Iterator[Problem]:
    line, cells = row
    groups = cells[len(FIXED) : len(FIXED) + len(levels)]
    depth = max((at + 1 for at, name in enumerate(groups) if name), default=1)
    for at, name in enumerate(groups[:depth]):
        if not name:
            yield Problem(line, len(FIXED) + 1 + at, RosterProblem.LEVEL, f"no {levels[at]}")


def _duplicates(rows: Sequence[Row]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for line, cells in rows:
        if cells[0] and first.setdefault(cells[0], line) != line:
            yield Problem(line, 1, RosterProblem.DUPLICATE, f"the same person as in line {first[cells[0]]}")


def _other_companies(rows: Sequence[Row]) -> Iterator[Problem]:
    column = len(FIXED) + 1
    named = [(line, cells[column - 1]) for line, cells in rows if cells[column - 1]]
    for line, company in named:
        if company != named[0][1]:
            yield Problem(line, column, RosterProblem.COMPANY, f"another company than in line {named[0][0]}")


def _path(cells: Sequence[str], levels: Sequence[str]) -> Path:
    """Ends at the first level that is empty."""
    groups = cells[len(FIXED) + 1 : len(FIXED) + len(levels)]
    return tuple(groups[: groups.index("")] if "" in groups else groups)


def _above_led(rows: Sequence[Row], paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """Where everybody counts: leaders with those directly in the group above the one that they lead."""
    meant: defaultdict[str, set[Path]] = defaultdict(set)
    company = rows[0][1][len(FIXED)] if rows else ""
    for group in {path[:depth] for path in paths for depth in range(len(path) + 1)}:
        full = (company, *group)
        for name in (full[-1], "/".join(group), "/".join(full)):
            meant[name].add(group)
    counted: list[Path] = []
    for (line, cells), path in zip(rows, paths, strict=True):
        if cells[-1]:
            led = [group for group in meant[cells[-1]] if group[: len(path)] == path[: len(group)]]
            if len(led) == 1:
                path = led[0][:-1]
            elif led:
                text = "several groups are called so; write the path: " + ", ".join(
                    sorted("/".join((company, *group)) for group in led)[:SHOWN]
                )
                problems.append(Problem(line, len(cells), RosterProblem.AMBIGUOUS, text))
            else:
                text = "no group on this person's path or below it is called so"
                problems.append(Problem(line, len(cells), RosterProblem.LEADS, text))
        counted.append(path)
    return counted
