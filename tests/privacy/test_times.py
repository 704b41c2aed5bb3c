"""Nothing that is kept tells when somebody collected or answered.

Times of changing files are not looked at: they tell when a service last wrote, as whoever watches the disk can see.
"""

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import pytest

from deploy.trial import holdings
from deploy.trial.holdings import Piece, views
from shared import dates
from tests.privacy.round_played import Left

CHANCE = 3
"""Places with the same four bytes as a time before that is no chance: in some megabytes of random bytes there is one
with a probability of a few percent, while times of arrival would stand in every record."""


@pytest.fixture(scope="session")
def kept(left: Left) -> list[Piece]:
    """Every file and every value, while the services ran and after they had ended."""
    roots = (left.running, left.root)
    raw = [piece for root in roots for piece in holdings.raw(root, left.services)]
    return list(
        {
            piece.value: piece for piece in (*raw, *chain(*(holdings.pieces(root, left.services) for root in roots)))
        }.values()
    )


def seconds_of(left: Left) -> set[int]:
    """All POSIX seconds in which anybody collected or answered, without those that stand in the round's rules."""
    spans = (left.collecting, left.answering)
    acted = {second for began, ended in spans for second in range(int(began), int(ended) + 1)}
    draft = left.manifest.draft
    return acted - {draft.opens, draft.answer_from, draft.closes, draft.counting_from}


def texts(second: int) -> Iterator[bytes]:
    """How people and programs write a second down; milliseconds only add digits."""
    moment = datetime.fromtimestamp(second, UTC)
    yield str(second).encode()
    for pattern in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y%m%dT%H%M%S", "%H:%M:%S", "%d/%b/%Y:%H:%M:%S"):
        yield moment.strftime(pattern).encode()


def is_a_time(view: bytes, seconds: set[int]) -> Iterator[str]:
    """How a number of eight bytes somewhere in `view` can be read as one of these seconds."""
    scales = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
    first, last = min(seconds), max(seconds) + 1
    for order in (">", "<"):
        for name, scale in scales.items():
            if any(
                first * scale <= number < last * scale
                for number in _numbers(view, f"{order}q", first * scale, last * scale)
            ):
                yield f"{order}{name}"
        if any(first <= number < last for number in _numbers(view, f"{order}d", first, last)):
            yield f"{order}double"


def _numbers(view: bytes, form: str, first: int, last: int) -> Iterator[float]:
    """All numbers of eight bytes that share the bytes that all of a span have alike, to look at few of them."""
    low, high = struct.pack(form.replace("<", ">"), first), struct.pack(form.replace("<", ">"), last)
    alike = next((place for place in range(8) if low[place] != high[place]), 8)
    start, skip = (low[:alike], 0) if form[0] == ">" else (low[:alike][::-1], 8 - alike)
    for match in re.finditer(b"(?=" + re.escape(start) + b")", view):
        at = match.start() - skip
        if 0 <= at <= len(view) - 8:
            yield struct.unpack_from(form, view, at)[0]


def test_no_text_anywhere_tells_a_second_in_which_somebody_acted(left: Left, kept: list[Piece]) -> None:
    spelled = [text for second in seconds_of(left) for text in texts(second)]
    wanted = re.compile(b"|".join(map(re.escape, spelled)))
    found = [(piece.owner, piece.place) for piece in kept for view in views(piece.value) if wanted.search(view)]
    assert found == []


def test_no_number_of_eight_bytes_does(left: Left, kept: list[Piece]) -> None:
    seconds = seconds_of(left)
    found = [(piece.owner, piece.place, how) for piece in kept for how in is_a_time(piece.value, seconds)]
    assert found == []


def test_no_number_of_four_bytes_does_in_one_record_after_the_other(left: Left, kept: list[Piece]) -> None:
    seconds = seconds_of(left)
    wanted = {form: [struct.pack(form, second) for second in seconds] for form in (">I", "<I")}
    # With what stands around it, for each value lies in several files.
    found = {
        (form, piece.value[match.start() - 8 : match.end() + 8])
        for piece in kept
        for form, numbers in wanted.items()
        for match in re.finditer(b"|".join(map(re.escape, numbers)), piece.value)
    }
    assert len(found) < CHANCE, found


def test_pages_of_metrics_tell_only_when_the_log_was_looked_at(left: Left) -> None:
    for pages in left.metrics:
        for page in pages.values():
            lines = [line for line in page.splitlines() if "_last_look" not in line and not line.startswith("#")]
            assert not any(abs(float(line.rpartition(" ")[2])) > 1e9 for line in lines)


def test_this_search_sees_every_spelling_of_a_time() -> None:
    second = dates.parse("2026-03-02T09:15:00Z")
    for text in texts(second):
        assert (
            text
            in b"at 2026-03-02T09:15:00Z 2026-03-02 09:15:00 20260302T091500 02/Mar/2026:09:15:00 "
            + str(second).encode()
        )
    for packed in (
        struct.pack(form, number)
        for form, number in (
            (">q", second),
            ("<q", second),
            (">q", second * 1_000 + 250),
            ("<q", second * 1_000_000 + 5),
            (">d", second + 0.25),
            ("<d", second + 0.5),
        )
    ):
        assert len(list(is_a_time(b"abc" + packed + b"xyz", {second, second + 3}))) == 1
        assert list(is_a_time(b"abc" + packed + b"xyz", {second + 10})) == []
