"""The table of who knows what, about one visitor, from the real files of a running trial."""

from collections.abc import Mapping
from pathlib import Path

from clients.cli.wallet_file import WalletFile
from deploy.trial import holdings, story
from deploy.trial.tale import Tale
from shared.parties import Book

_LABELS: Mapping[str, Mapping[str, str]] = {
    "name": {"en": "your name", "nl": "je naam"},
    "mail": {"en": "your mail address", "nl": "je mailadres"},
    "nonce": {"en": "the mark that let your sealed answers in", "nl": "het teken waarmee je antwoorden binnenkwamen"},
    "key": {"en": "the key that signed your answers", "nl": "de sleutel die je antwoorden tekende"},
    "counted": {"en": "the entry by which you find them counted", "nl": "de regel waarmee je ze terugvindt"},
}


def show(tale: Tale, root: Path, wallet_path: Path) -> int:
    """Print, for each thing that belongs to the visitor, who holds it and where; 1 if she has not collected yet."""
    if not (root / "visitor.txt").exists():
        print(
            {"en": "There is no running trial with a visitor.", "nl": "Er draait geen proef met een bezoeker."}[
                tale.language
            ]
        )
        return 1
    _person, name, mail = (root / "visitor.txt").read_text("utf-8").splitlines()
    entry = WalletFile.open(wallet_path).get(story.VISITORS)
    if entry is None or not entry.collected:
        print({"en": "Collect and answer first.", "nl": "Haal eerst op en antwoord."}[tale.language])
        return 1
    needles = {
        "name": (name.encode(),),
        "mail": (mail.encode(),),
        "nonce": [form for ticket in entry.tickets for form in holdings.spellings(ticket.nonce)],
        "key": [
            form for ticket in entry.tickets for form in holdings.spellings(ticket.sk.public_key().public_bytes_raw())
        ],
        "counted": [form for of_part in entry.sent for one in of_part for form in holdings.spellings(one.counted)],
    }
    parties = Book.load((root / "parties.json").read_bytes()).current
    owners = [*parties.issuer_names, "ingest", "gate", "aggregate", "report"]
    found = holdings.occurrences(holdings.pieces(root, owners), needles)
    nothing = {"en": "nothing of this", "nl": "niets hiervan"}[tale.language]
    for owner in (*owners, "log"):
        print(f"{owner}:")
        held = [
            f"  {_LABELS[what][tale.language]}: {place} ({count}x)"
            for what, places in found.items()
            for (of, place), count in places.items()
            if of == owner
        ]
        print("\n".join(held) if held else f"  {nothing}")
    return 0
