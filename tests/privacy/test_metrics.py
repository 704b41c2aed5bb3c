"""What ops sees while people collect and answer: every page of metrics between any two of their actions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared import coarse
from tests.privacy.people import TEAMS
from tests.privacy.round_played import ROUND, Left

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels."""

Courses = Mapping[str, Mapping[Sample, Sequence[float | None]]]
"""By service, for each sample its value on page after page; None where it was not there."""

MOVED_BY_PEOPLE = {"klankbord_ingest_envelopes", "klankbord_gate_envelopes"}
"""In steps of five people and more."""

MEANS = {"klankbord_ingest_seconds"}
"""Moved only with the steps of the service's envelopes."""

MOVED_BY_THE_CLOCK = {"last_look", "rounds"}

ALARMING = ("klankbord_issuer_alarms", (("reason", "already-collected"),))
"""Somebody has collected in another's name: this is to be seen at once, and is 1 from then on."""

LABELS = {"reason", "round", "state", "work"}


@pytest.fixture(scope="session")
def courses(left: Left) -> Courses:
    pages = [{service: dict(_samples(page)) for service, page in of_all.items()} for of_all in left.metrics]
    found: defaultdict[str, dict[Sample, list[float | None]]] = defaultdict(dict)
    for service in left.services:
        for sample in {sample for of_all in pages for sample in of_all[service]}:
            found[service][sample] = [of_all[service].get(sample) for of_all in pages]
    return found


def _samples(page: str) -> Iterator[tuple[Sample, float]]:
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            yield (sample.name, tuple(sorted(sample.labels.items()))), sample.value


def _moves(course: Sequence[float | None]) -> list[int]:
    """The pages on which it is another than on the one before."""
    return [page for page in range(1, len(course)) if course[page] != course[page - 1]]


def test_no_number_moves_with_a_single_employee(left: Left, courses: Courses) -> None:
    acted = sum(len(part.sealed) > 0 for part in left.parts.values())
    possible = {coarse.steps(number) for number in range(acted + 1)}
    for service, of_service in courses.items():
        for sample, course in of_service.items():
            name = sample[0].removeprefix("klankbord_")
            if name.partition("_")[2] in MOVED_BY_THE_CLOCK or sample == ALARMING or sample[0] in MEANS:
                continue
            if sample[0] not in MOVED_BY_PEOPLE:
                assert _moves(course) == [], (service, sample)
                continue
            values = [value or 0 for value in course]
            assert set(values) <= possible, (service, sample)
            assert len(_moves(values)) <= len(possible) - 1 < acted / 5, (service, sample)


def test_envelopes_are_seen_only_when_five_people_and_more_have_sent_all_of_theirs(
    left: Left, courses: Courses
) -> None:
    """The last pages are those after each answer; the one who answered twice counts twice."""
    answers = sum(len(part.sealed) for part in left.parts.values())
    for service, name in (("ingest", "klankbord_ingest_envelopes"), ("gate", "klankbord_gate_envelopes")):
        course = courses[service][name, (("round", ROUND),)]
        shown = [value or 0 for value in course[-answers:]]
        assert all(value <= coarse.steps(number) for number, value in enumerate(shown, 1)), service
        assert max(shown) >= coarse.FIRST, service


def test_how_long_it_took_is_told_only_when_a_step_is(courses: Courses) -> None:
    steps = _moves(courses["ingest"]["klankbord_ingest_envelopes", (("round", ROUND),)])
    for sample, course in courses["ingest"].items():
        if sample[0] in MEANS:
            assert set(_moves(course)) <= set(steps)
            assert _moves(course)


def test_no_label_tells_of_a_group_or_a_person(left: Left, courses: Courses) -> None:
    names = {name for person in left.people for name in (person.id, person.name, person.mail)} | {*TEAMS} - {""}
    for of_service in courses.values():
        for _name, labels in of_service:
            assert {label for label, _ in labels} <= LABELS
            assert not {value for _, value in labels} & names
            assert all(value == ROUND for label, value in labels if label == "round")


def test_nothing_of_the_process_itself_is_shown(courses: Courses) -> None:
    """Processor seconds, open files and collected garbage move with every request."""
    for service, of_service in courses.items():
        kind = "issuer" if service.startswith("issuer") else service
        assert all(name.startswith(f"klankbord_{kind}_") for name, _ in of_service)
