"""Whom `make run` has invited, in a file of the trial's folder: who she is, which round is hers, until when."""

from dataclasses import dataclass
from pathlib import Path

FILE = "visitor.txt"


@dataclass(frozen=True)
class Visitor:
    """One of the example's people, and the times of her round in POSIX seconds."""

    person: str
    name: str
    mail: str
    round_id: str
    closes: int
    counting_from: int

    def write(self, root: Path) -> None:
        """Leave it in a trial's folder, in one step: somebody may be reading who was invited before."""
        lines = (self.person, self.name, self.mail, self.round_id, str(self.closes), str(self.counting_from))
        new = root / f"{FILE}.new"
        new.write_text("\n".join(lines) + "\n", "utf-8")
        new.replace(root / FILE)

    @classmethod
    def read(cls, root: Path) -> "Visitor | None":
        """Who was invited in the trial of a folder; None if nobody is."""
        try:
            person, name, mail, round_id, closes, counting_from = (root / FILE).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None
        return cls(person, name, mail, round_id, int(closes), int(counting_from))
