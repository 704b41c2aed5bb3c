"""What a client must remember of a round between collecting, answering and checking."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clients.cli.collecting import Ticket
from shared.codes import WalletCode


@dataclass(frozen=True, slots=True)
class Sent:
    """One sealing of one part. It is written down before it is posted, so that a crash loses nothing."""

    revision: int
    counted: bytes = field(repr=False)
    """16 bytes: what the release lists if this one was counted."""
    acknowledged: bool = False
    """Ingest has given a receipt."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The group in which a part could count, as it was shown when the tokens were collected."""

    part: str
    label: str
    size: int
    names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything about one round. `tickets` and `sent` have one item per part, none before collecting."""

    manifest_hash: bytes
    opens: int
    """POSIX seconds."""
    code: WalletCode | None = field(default=None, repr=False)
    """Until the tokens are there; then None: with it an issuer could tell whose they are, with the tokens it cannot."""
    typed: bool = False
    """The code was typed in, not made here, so another device may know it."""
    tickets: tuple[Ticket, ...] = ()
    sent: tuple[tuple[Sent, ...], ...] = ()
    groups: tuple[Seen, ...] = ()

    @property
    def collected(self) -> bool:
        return bool(self.tickets)

    def latest(self, part: int, *, acknowledged: bool = False) -> Sent | None:
        """The sealing of a part with the highest revision; of those with a receipt if so asked."""
        known = [one for one in self.sent[part] if one.acknowledged or not acknowledged] if self.sent else []
        return max(known, key=lambda one: one.revision, default=None)

    @property
    def answered(self) -> bool:
        """Every part's last sealing has a receipt."""
        latest = [self.latest(part) for part in range(len(self.sent))]
        return bool(latest) and all(one is not None and one.acknowledged for one in latest)

    @property
    def last_revision(self) -> int:
        """The highest of all parts; -1 if nothing was sealed."""
        return max((one.revision for of_part in self.sent for one in of_part), default=-1)

    def adding(self, sealed: Mapping[int, Sent]) -> "Entry":
        """With new sealings, by part."""
        return replace(
            self, sent=tuple((*of, *([sealed[part]] if part in sealed else [])) for part, of in enumerate(self.sent))
        )

    def acknowledging(self, part: int, revision: int) -> "Entry":
        """With the receipt for one sealing."""
        of_part = tuple(replace(one, acknowledged=True) if one.revision == revision else one for one in self.sent[part])
        return replace(self, sent=(*self.sent[:part], of_part, *self.sent[part + 1 :]))


class Wallet:
    """The entries by round id, in memory only; wallet_file.py keeps them in a file."""

    def __init__(self, entries: Mapping[str, Entry] | None = None) -> None:
        self._entries = dict(entries or {})

    def get(self, round_id: str) -> Entry | None:
        return self._entries.get(round_id)

    def put(self, round_id: str, entry: Entry) -> None:
        """Keep an entry in place of the round's old one."""
        self._entries[round_id] = entry

    def items(self) -> tuple[tuple[str, Entry], ...]:
        """Rounds and their entries, the latest opening last."""
        return tuple(sorted(self._entries.items(), key=lambda item: item[1].opens))
