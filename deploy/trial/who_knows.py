"""What each service holds about one visitor, as a table, from the real files of a running trial."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from clients.cli.outcomes import BadInput
from clients.cli.wallet import Entry
from clients.cli.wallet_file import WalletFile
from deploy.trial import holdings
from deploy.trial.holdings import LOG
from deploy.trial.tale import Tale
from deploy.trial.visitor import Visitor
from shared.parties import Book

IDENTITY = ("name", "mail", "group", "code", "collected")
"""What says who she is. Nobody who holds any of it may hold any of ANSWERS."""
ANSWERS = ("posted", "lot", "counted")
"""What belongs to her answers."""

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "title": {
        "en": "What is held about you ({name}) in {round}, found by searching every file of every service:",
        "nl": "Wat er over jou ({name}) ligt in {round}, gevonden door elk bestand van elke dienst te doorzoeken:",
    },
    "name": {"en": "your name", "nl": "je naam"},
    "mail": {"en": "your mail address", "nl": "je mailadres"},
    "group": {"en": "where you belong", "nl": "waar je bij hoort"},
    "code": {"en": "a hash of your access code", "nl": "een hash van je toegangscode"},
    "collected": {"en": "that you collected, not when", "nl": "dat je hebt opgehaald, niet wanneer"},
    "posted": {"en": "your sealed answers, as posted", "nl": "je verzegelde antwoorden, zoals gepost"},
    "lot": {
        "en": "your sealed answers, among their cell's",
        "nl": "je verzegelde antwoorden, tussen die van hun groep",
    },
    "counted": {"en": "your lines in the list of what counted", "nl": "je regels in de lijst van wat telde"},
    "nothing": {"en": "nothing about you", "nl": "niets over jou"},
    LOG: {"en": "the log", "nl": "logboek"},
    "apart": {
        "en": "Nothing that says who you are lies with anything of your answers. What leads to them is in {wallet}\n"
        "only, which is yours: with it they can be found among the others, and not be opened.",
        "nl": "Wat zegt wie je bent ligt nergens bij iets van je antwoorden. Wat daarheen leidt staat alleen in\n"
        "{wallet}, van jou: daarmee zijn ze tussen de andere te vinden, en niet te openen.",
    },
    "one-hand": {
        "en": "In a trial all services are in one hand, which can put everything together. In earnest they are not.",
        "nl": "In een proef zijn alle diensten in één hand, die alles bij elkaar kan leggen. In het echt niet.",
    },
    "together": {
        "en": "WRONG: {owners} holds who you are and something of your answers. Please report this.",
        "nl": "NIET GOED: bij {owners} ligt wie je bent én iets van je antwoorden. Meld dit.",
    },
    "no-wallet": {"en": "{wallet} cannot be read.", "nl": "{wallet} kan niet gelezen worden."},
    "not-yet": {"en": "Answer first: make visit", "nl": "Geef eerst antwoord: make visit"},
}


def show(tale: Tale, root: Path, wallet_path: Path, visitor: Visitor) -> int:
    """Print the table; 1 if there is nothing to look for yet, or if it is not as it should be."""

    def text(key: str, **values: object) -> str:
        return _TEXTS[key][tale.language].format(**values)

    try:
        collected = [(name, entry) for name, entry in WalletFile.open(wallet_path).items() if entry.collected]
    except BadInput:
        print(text("no-wallet", wallet=wallet_path))
        return 1
    if not collected:
        print(text("not-yet"))
        return 1
    round_id, entry = collected[-1]
    parties = Book.load((root / "parties.json").read_bytes()).current
    services = [*parties.issuer_names, "ingest", "gate", "aggregate", "report", *(["page"] if parties.pages else [])]
    held = holdings_of(holdings.pieces(root, services), visitor.person, visitor.name, visitor.mail, entry)
    print(text("title", name=visitor.name, round=round_id))
    rows = [
        (text(owner) if owner == LOG else owner, text(what), ", ".join(places))
        for owner in (*services, LOG)
        for what, places in (held.get(owner) or {"nothing": []}).items()
    ]
    print("\n".join(_table(rows)))
    if together := [owner for owner, of in held.items() if of.keys() & set(IDENTITY) and of.keys() & set(ANSWERS)]:
        print(text("together", owners=", ".join(together)))
        return 1
    print(text("apart", wallet=wallet_path))
    print(text("one-hand"))
    return 0


def holdings_of(
    pieces: Iterable[holdings.Piece], person: str, name: str, mail: str, entry: Entry
) -> dict[str, dict[str, list[str]]]:
    """By owner, and by what it holds about a person (IDENTITY, then ANSWERS), the places where it lies.

    `person` is her id in the roster, `entry` what her wallet knows of a round in which she has collected.
    """
    needles: dict[str, list[bytes]] = {
        "name": [name.encode()],
        "mail": [mail.encode()],
        "person": [holdings.cell(person)],
        "posted": [form for ticket in entry.tickets for form in holdings.spellings(ticket.nonce)],
        "lot": [
            form for ticket in entry.tickets for form in holdings.spellings(ticket.sk.public_key().public_bytes_raw())
        ],
        "counted": [form for of_part in entry.sent for one in of_part for form in holdings.spellings(one.counted)],
    }
    held: dict[str, dict[str, list[str]]] = {}
    for what, places in holdings.occurrences(pieces, needles).items():
        for owner, place in sorted(places):
            held.setdefault(owner, {}).setdefault(_meaning(what, place), []).append(place)
    order = (*IDENTITY, *ANSWERS)
    return {owner: {what: of[what] for what in order if what in of} for owner, of in held.items()}


def _meaning(what: str, place: str) -> str:
    """What it tells about a person that something of hers stands in a place; of her id the table decides."""
    if what != "person":
        return what
    return {"codes": "code", "served": "collected"}.get(place.rpartition(": ")[2], "group")


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    """Lines of three columns; a service's name stands in its first line only."""
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines, before = [], ""
    for owner, what, where in rows:
        lines.append(f"  {owner if owner != before else '':{widths[0]}}  {what:{widths[1]}}  {where}".rstrip())
        before = owner
    return lines
