"""One round, saved at moments of its life: tests go on from there, each in a copy of its own.

staffed    HR has imported the roster and handed out codes
drafted    and drafted the round "spring"
open       everybody has agreed, and it has just opened
answered   13 people have collected and answered
closed     closing and grace are over; nobody has looked yet
released   everybody has worked
"""

from collections.abc import Callable
from pathlib import Path

from tests.rounds_made import CLOSES, OPENS, PEOPLE
from tests.system.house import House
from tests.system.members import Crowd

PAYMENTS = tuple(f"p{number}" for number in range(7))
RISK = tuple(f"p{number}" for number in range(12, 18))
ANSWERING = (*PAYMENTS, *RISK)
"""Enough for a lot of each team for the scores (from 5), and for one of words (from 10)."""

COUNTING = CLOSES + 300
"""After closing and grace."""

Lived = tuple[House, Crowd]


class Moments:
    """Saved houses; nobody is ever at home in these themselves."""

    def __init__(self, folder: Callable[[str], Path], issuers: int) -> None:
        self._folder = folder
        self._house = House(folder("house"), issuers)
        self._crowd = Crowd(self._house, "spring")
        self._saved: dict[str, Lived] = {}
        self._live()

    def again(self, moment: str, folder: Path, *names: str) -> Lived:
        """A copy to be entered, for only these services if any are named, and the people in it."""
        house, crowd = self._saved[moment]
        copy = house.copy(folder, *names)
        return copy, crowd.moved_to(copy)

    def _live(self) -> None:
        house, crowd = self._house, self._crowd
        with house:
            house.staff(PEOPLE)
            house.everybody_looks()
        self._save("staffed")
        with house:
            house.everybody_looks()
            # No cover: every question has a result wherever it can have one, in every run.
            house.draft("spring", cover=0)
        self._save("drafted")
        with house:
            house.settle()
            house.clock.now = OPENS
        self._save("open")
        with house:
            house.everybody_looks()
            crowd.collect(*ANSWERING)
            for number, person in enumerate(ANSWERING):
                crowd.answer(person, [number % 5, (number + 2) % 5, number % 3 or None], f"Words of {person}")
        self._save("answered")
        house.clock.now = COUNTING
        self._save("closed")
        with house:
            house.settle()
        self._save("released")

    def _save(self, moment: str) -> None:
        copy = self._house.copy(self._folder(moment))
        self._saved[moment] = copy, self._crowd.moved_to(copy)
