"""The file that HR imports: what it means, and every way in which it can be wrong."""

import csv
import io
import random
from collections.abc import Sequence
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issuer.plan import plan
from services.issuer.roster import (
    CELL_MAX,
    PEOPLE_MAX,
    SHOWN,
    TOLD_MAX,
    Person,
    Problem,
    Roster,
    RosterError,
    RosterProblem,
    parse,
)

HEADER = "person,name,mail,language,company,division,department,leads"


def sheet(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def person(number: int, *groups: str, leads: str = "") -> str:
    """A row of HEADER's eight cells."""
    levels = [*groups, "", "", ""][:3]
    return ",".join([f"p{number}", f"Name {number}", f"p{number}@example.test", "nl", *levels, leads])


def problems(data: bytes) -> list[tuple[int, int, RosterProblem]]:
    with pytest.raises(RosterError) as refused:
        parse(data)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


def paths(*rows: str) -> list[tuple[str, ...]]:
    return [read.path for read in parse(sheet(*rows)).people]


def test_a_row_is_a_person_in_her_groups_below_the_company() -> None:
    roster = parse(sheet("p1,Ann Smit,ann@example.test,NL,Velda,Finance,Payments,"))
    assert roster == Roster(
        "Velda",
        ("company", "division", "department"),
        (Person("p1", "Ann Smit", "ann@example.test", "nl", ("Finance", "Payments")),),
    )


def test_a_row_whose_finest_levels_are_empty_is_attached_to_the_inner_group() -> None:
    assert paths(person(1, "Velda", "Finance"), person(2, "Velda")) == [("Finance",), ()]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_files_from_spreadsheets_are_read_as_they_come(start: bytes, delimiter: str, newline: str) -> None:
    rows = [HEADER, person(1, "Velda", "Finance"), "", person(2, "Velda", "Zorg é"), ",,,,,,,", ""]
    text = newline.join(rows).replace(",", delimiter)
    assert [read.path for read in parse(start + text.encode()).people] == [("Finance",), ("Zorg é",)]


def test_a_quoted_cell_may_hold_delimiters_and_doubled_quotes() -> None:
    row = 'p1,"Smit, ""Ann""",a@example.test,nl,"Velda","R&D, Gent",,'
    assert parse(sheet(row)).people[0].name == 'Smit, "Ann"'
    assert paths(row) == [("R&D, Gent",)]


def test_a_name_typed_in_two_ways_is_one_group() -> None:
    composed, decomposed = "Financi\u00ebn", "Financie\u0308n"
    assert paths(
        person(1, "Velda", composed), person(2, "Velda", f" {decomposed} "), person(3, "Velda", "A\u00a0 B")
    ) == [(composed,), (composed,), ("A B",)]


cells = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8)


@settings(deadline=None)
@given(st.lists(st.lists(cells, max_size=2), min_size=1, max_size=6), st.sampled_from(",;"), st.booleans())
def test_whatever_a_csv_writer_writes_is_read_back(groups: list[list[str]], delimiter: str, quoted: bool) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(["person", "name", "mail", "language", "company", "division", "team"])
    for number, path in enumerate(groups):
        writer.writerow(
            [number, f"N {number}", f"{number}@example.test", "en", "Velda", *path, *[""] * (2 - len(path))]
        )
    read = parse(written.getvalue().encode()).people
    assert [person.id for person in read] == [str(number) for number in range(len(groups))]
    assert [person.path for person in read] == [tuple(normalize("NFC", name) for name in path) for path in groups]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=4), st.booleans())
def test_any_bytes_are_read_or_refused_with_problems(lines: list[bytes], with_header: bool) -> None:
    data = b"\n".join([HEADER.encode(), person(1, "Velda").encode()] * with_header + lines)
    try:
        assert parse(data).people
    except RosterError as refused:
        assert refused.problems
        assert all(problem.line >= 1 and problem.column >= 1 for problem in refused.problems)


def test_a_leader_counts_with_those_directly_in_the_group_above() -> None:
    team = person(1, "Velda", "Finance", "Payments")
    assert paths(
        team,
        person(2, "Velda", "Finance", "Payments", leads="Payments"),
        person(3, "Velda", "Finance", "Payments", leads="Finance"),
        person(4, "Velda", "Finance", leads="Payments"),
        person(5, "Velda", leads="Payments"),
        person(6, "Velda", "Finance", leads="Velda"),
    ) == [("Finance", "Payments"), ("Finance",), (), ("Finance",), ("Finance",), ()]


def test_a_led_group_may_be_named_by_its_path_with_or_without_the_company() -> None:
    assert paths(
        person(1, "Velda", "Finance", "Support"),
        person(2, "Velda", "Sales", "Support"),
        person(3, "Velda", leads="Sales/Support"),
        person(4, "Velda", leads="Velda/Finance/Support"),
    )[2:] == [("Sales",), ("Finance",)]


def test_a_plain_name_is_enough_where_only_one_such_group_lies_on_the_leaders_path_or_below() -> None:
    teams = [person(1, "Velda", "Finance", "Support"), person(2, "Velda", "Sales", "Support")]
    assert paths(*teams, person(3, "Velda", "Sales", leads="Support"))[2] == ("Sales",)
    assert problems(sheet(*teams, person(3, "Velda", leads="Support"))) == [(4, 8, RosterProblem.AMBIGUOUS)]


@pytest.mark.parametrize("leads", ["Nowhere", "Sales", "Velda/Sales", "Finance/Sales"])
def test_nobody_leads_a_group_that_is_unknown_or_lies_elsewhere(leads: str) -> None:
    rows = [person(1, "Velda", "Sales"), person(2, "Velda", "Finance", leads=leads)]
    assert problems(sheet(*rows)) == [(3, 8, RosterProblem.LEADS)]


def test_a_company_column_alone_is_enough_and_leads_is_not_needed() -> None:
    row = "p1,Ann,a@example.test,nl,Velda"
    assert parse(sheet(row, header="person,name,mail,language,Bedrijf")).levels == ("Bedrijf",)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("id,name,mail,language,company", 1),
        ("person,mail,name,language,company", 2),
        ("person,name,mail,language", 5),
        ("person,name,mail,language,leads", 5),
        ("person,name,mail,language,company,leads,team", 6),
        ("person,name,mail,language,company,team,Team", 7),
        ("person,name,mail,language,company,", 6),
        ("person\tname\tmail\tlanguage\tcompany", 1),
    ],
)
def test_a_wrong_header_is_named_by_its_column(header: str, column: int) -> None:
    assert (1, column, RosterProblem.HEADER) in problems(sheet(person(1, "Velda"), header=header))


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("p9,Ann,a@example.test,nl,Velda,Finance,Payments", 7, RosterProblem.RAGGED),
        ("p9,Ann,a@example.test,nl,Velda,Finance,Payments,,", 8, RosterProblem.RAGGED),
        (",Ann,a@example.test,nl,Velda,,,", 1, RosterProblem.EMPTY),
        ("p9,,a@example.test,nl,Velda,,,", 2, RosterProblem.EMPTY),
        ("p9,Ann,,nl,Velda,,,", 3, RosterProblem.EMPTY),
        ("p9,Ann,a@example.test,,Velda,,,", 4, RosterProblem.EMPTY),
        ("p1,Ann,a@example.test,nl,Velda,,,", 1, RosterProblem.DUPLICATE),
        ("p9,Ann,example.test,nl,Velda,,,", 3, RosterProblem.MAIL),
        ("p9,Ann,a@b@example.test,nl,Velda,,,", 3, RosterProblem.MAIL),
        ("p9,Ann,a b@example.test,nl,Velda,,,", 3, RosterProblem.MAIL),
        ("p9,Ann,a@example.test,fr,Velda,,,", 4, RosterProblem.LANGUAGE),
        ("p9,Ann,a@example.test,nl,,,,", 5, RosterProblem.LEVEL),
        ("p9,Ann,a@example.test,nl,,Finance,,", 5, RosterProblem.LEVEL),
        ("p9,Ann,a@example.test,nl,Velda,,Payments,", 6, RosterProblem.LEVEL),
        ("p9,Ann,a@example.test,nl,Other,,,", 5, RosterProblem.COMPANY),
        ("p9,An\tn,a@example.test,nl,Velda,,,", 2, RosterProblem.CONTROL),
        ("p9,Ann,a@example.test,nl,Velda,Fin\u200bance,,", 6, RosterProblem.CONTROL),
        ("p9,Ann,a@example.test,nl,Velda,Fin\u202eance,,", 6, RosterProblem.CONTROL),
        (f"p9,Ann,a@example.test,nl,Velda,{'x' * (CELL_MAX + 1)},,", 6, RosterProblem.LONG),
        ('p9,An"n,a@example.test,nl,Velda,,,', 2, RosterProblem.QUOTES),
        ('p9,"Ann,a@example.test,nl,Velda,,,', 2, RosterProblem.QUOTES),
        ('p9,"An"n,a@example.test,nl,Velda,,,', 2, RosterProblem.QUOTES),
    ],
)
def test_a_wrong_row_is_named_by_line_column_and_reason(row: str, column: int, reason: RosterProblem) -> None:
    assert problems(sheet(person(1, "Velda"), row)) == [(3, column, reason)]


def test_a_byte_that_is_not_utf_8_is_named_by_line_and_byte() -> None:
    assert problems(sheet(person(1, "Velda")) + b"\np9,Ann\xe9,a@example.test,nl,Velda,,,") == [
        (3, 7, RosterProblem.ENCODING)
    ]
    assert problems(HEADER.encode("utf-16")) == [(1, 1, RosterProblem.ENCODING)]


def test_a_header_that_cannot_be_read_is_not_looked_for_further_down() -> None:
    assert problems("person,name,mail,language,sociëteit".encode("latin-1") + b"\np1,Ann,a@example.test,nl,Velda") == [
        (1, 31, RosterProblem.ENCODING)
    ]


def test_all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines() -> None:
    assert problems(
        sheet(
            person(1, "Velda", "Finance"),
            "p2,,nobody,fr,Velda,,Payments,",
            person(1, "Other"),
            'p3,"lone',
            person(4, "Velda", leads="Nowhere"),
        )
        + b"\n\xff"
    ) == [
        (3, 2, RosterProblem.EMPTY),
        (3, 3, RosterProblem.MAIL),
        (3, 4, RosterProblem.LANGUAGE),
        (3, 6, RosterProblem.LEVEL),
        (4, 1, RosterProblem.DUPLICATE),
        (4, 5, RosterProblem.COMPANY),
        (5, 2, RosterProblem.QUOTES),
        (6, 8, RosterProblem.LEADS),
        (7, 1, RosterProblem.ENCODING),
    ]


def test_of_a_file_full_of_problems_the_first_thousand_are_told() -> None:
    rows = [f"p{number},Ann,a@example.test,xx,Velda,,," for number in range(TOLD_MAX + 1)]
    assert problems(sheet(*rows)) == [(line + 2, 4, RosterProblem.LANGUAGE) for line in range(TOLD_MAX)]
    with pytest.raises(RosterError, match="more than 1000 problems, the first in line 2, column 4"):
        parse(sheet(*rows))
    assert len(problems(sheet(*rows[1:]))) == TOLD_MAX


@pytest.mark.parametrize(
    "data",
    [
        sheet() + b"\na" * 5_000_000,
        sheet() + b"\n,,,,,,," * 1_000_000,
        sheet() + b"\n" + b'"' * 10_000_000,
        sheet() + b"\n" + b"," * 10_000_000,
        bytes(10_000_000),
        random.Random(1).randbytes(10_000_000),
        sheet(person(1, "Velda")) + b"\n,,,,Velda" * PEOPLE_MAX,
    ],
    ids=["short lines", "empty lines", "quotes", "commas", "zeros", "noise", "too many"],
)
def test_ten_megabytes_of_anything_else_are_refused_without_much_ado(data: bytes) -> None:
    assert 1 <= len(problems(data)) <= TOLD_MAX


def test_of_groups_with_one_name_the_first_ten_are_listed() -> None:
    rows = [person(number, "Velda", f"D{number:03}", "Team") for number in range(200)]
    with pytest.raises(RosterError) as refused:
        parse(sheet(*rows, person(999, "Velda", leads="Team")))
    assert refused.value.problems[0].reason is RosterProblem.AMBIGUOUS
    assert refused.value.problems[0].text.count("Velda/") == SHOWN


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", HEADER.encode()])
def test_a_file_without_people_is_refused(data: bytes) -> None:
    assert problems(data) == [(1, 1, RosterProblem.EMPTY)]


def test_names_and_addresses_are_in_no_repr_and_no_problem() -> None:
    rows: Sequence[str] = ["p1,Ann Smit,ann@example.test,nl,Velda,,,", "p1,Ann Smit,ann@@example.test,xx,Velda,,,"]
    with pytest.raises(RosterError) as refused:
        parse(sheet(*rows))
    told = [str(refused.value), *map(repr, refused.value.problems), repr(parse(sheet(rows[0])))]
    told.append(repr(parse(sheet(rows[0])).people[0]))
    assert not [text for text in told if "Smit" in text or "ann@" in text]
    assert isinstance(refused.value.problems[0], Problem)


def test_what_is_imported_can_be_planned() -> None:
    roster = parse(sheet(*(person(number, "Velda", "Finance", f"Team {number % 2}") for number in range(20))))
    assert [node.label for node in plan(roster, 5, 75).nodes] == ["Velda", "Team 0", "Team 1"]
