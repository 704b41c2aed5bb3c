"""A process may end between any two things that last: the next one goes on, and what comes out is the same.

For each part of a round's life, for each service, for every n: the service dies before its n-th durable operation and
is started again. Nobody else notices, nothing is signed twice, and no alarm is raised.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.cli.outcomes import Refusal, Unavailable
from shared import topics
from shared.records import Kind
from shared.rounds import State
from tests.rounds_made import CLOSES, ERASE_AT, OPENS, PEOPLE, RESULTS_UNTIL
from tests.system import tallies
from tests.system.house import House
from tests.system.members import Crowd

ANSWERING = [f"p{number}" for number in (0, 1, 2, 3, 4, 12, 13, 14, 15, 16)]
"""Five in Payments and five in Risk: two lots for the scores, one for the words."""


class Saved:
    """A house at some moment, to be lived in again and again."""

    def __init__(self, house: House, crowd: Crowd) -> None:
        self._house = house
        self._crowd = crowd

    def again(self, folder: Path) -> tuple[House, Crowd]:
        house = self._house.copy(folder)
        return house, self._crowd.moved_to(house)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Saved]]:
    """One round with two issuers, at four moments of its life."""
    found: dict[str, Saved] = {}
    house = House(tmp_path_factory.mktemp("staffed"), 2)
    crowd = Crowd(house, "spring")

    def save(name: str) -> None:
        folder = tmp_path_factory.mktemp(name)
        found[name] = Saved(house, crowd)
        nonlocal_house = house.copy(folder)
        return nonlocal_house

    with house:
        house.staff(PEOPLE)
        house.everybody_looks()
    yield found
