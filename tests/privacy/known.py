"""Every secret and every personal thing of the round that was played, named by what it is, ready to be looked for."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256

from clients.cli.collecting import Ticket
from clients.cli.sealing import Sealed
from shared import envelope
from shared.canonical import unb64
from shared.envelope import Outer
from shared.hpke import SecretKey
from shared.partition import partition
from shared.tree import NodeId
from shared.wallet_secrets import WalletSecrets
from tests.privacy.attacks import MARK
from tests.privacy.needles import Needles
from tests.privacy.people import CHANGING, word
from tests.privacy.recording import NETWORK
from tests.privacy.round_played import Left, Part


class Known:
    """What is known of a round to those who played it."""

    def __init__(self, left: Left) -> None:
        self._left = left

    @cached_property
    def needles(self) -> Needles:
        needles = Needles()
        self._people(needles)
        self._collected(needles)
        self._answered(needles)
        self._services(needles)
        return needles

    def _people(self, needles: Needles) -> None:
        for person in self._left.people:
            needles.add("person id", person.id.encode())
            needles.add("name", person.name.encode())
            needles.add("mail", person.mail.encode())
            for code in self._left.codes[person.id].values():
                needles.add("access code", *_typed(code.text), code.secret)
                needles.add("hash of an access code", *_hashes(code.secret, code.text.encode()))
            if not person.answers:
                needles.add("unsaid", *(text.encode() for text in (person.keep, person.change) if text))
        needles.add("network address", NETWORK.encode())
        needles.add("attack", MARK)

    def _collected(self, needles: Needles) -> None:
        for part in self._left.parts.values():
            needles.add("wallet", *_typed(part.code.text), part.code.secret)
            needles.add("wallet", *_hashes(part.code.secret, part.code.text.encode()))
            secrets = WalletSecrets(part.code, self._left.manifest.hash)
            for asked in (one for of_issuer in part.asked.values() for one in of_issuer):
                needles.add("blinded message", asked.blinded.message)
                needles.add("wallet", int(asked.blinded.inverse).to_bytes(256))
                for number in range(len(self._left.manifest.layouts)):
                    needles.add("wallet", *(secrets.salt(number, issuer, asked.pk) for issuer in self._left.issuers))
            for number, ticket in enumerate(self._tickets(part)):
                needles.add("wallet", ticket.seed, hashed=True)
                self._ticket(needles, part, number, ticket)

    def _ticket(self, needles: Needles, part: Part, number: int, ticket: Ticket) -> None:
        """What she collected for one part: its use decides who may see it."""
        pk = ticket.sk.public_key().public_bytes_raw()
        if not part.sealed:
            tokens = [token for of_node in ticket.group for token in of_node]
            needles.add("unused ticket", ticket.nonce, pk, *ticket.admission, *tokens)
            return
        needles.add("admission nonce", ticket.nonce, hashed=True)
        needles.add("admission token", *ticket.admission, hashed=True)
        cell = self.cell(number, ticket.finest)
        held_back = " of a part held back" if cell is None else ""
        needles.add(f"envelope key{held_back}", pk, hashed=True)
        tree = self._left.composed.part_trees[number]
        for place, (node, tokens_of_node) in enumerate(zip(tree.keyed_path(ticket.finest), ticket.group, strict=True)):
            if cell is None:
                what = f"group token{held_back}"
            elif place == 0 or node == tree.vouching(cell):
                what = "token of the company or the cell"
            else:
                what = "token of a finer group"
            needles.add(what, *tokens_of_node, hashed=True)

    def _answered(self, needles: Needles) -> None:
        for part in (one for one in self._left.parts.values() if one.sealed):
            person = part.person
            for sealed in (one for of_time in part.sealed for one in of_time):
                counts = sealed in part.sealed[-1]
                held_back = self.cell(sealed.part, self._tickets(part)[sealed.part].finest) is None
                needles.add("outer layer", unb64(sealed.body["outer"]), hashed=True)
                needles.add("hash of an envelope", *_hashes(sealed.encoded))
                opened = self._opened(sealed)
                handed_on = counts and not held_back
                needles.add("inner layer" if handed_on else "inner layer of no lot", opened.inner, hashed=True)
                needles.add("signature" if handed_on else "signature of no lot", opened.sig, hashed=True)
                listed = "counted entry" if not held_back else "entry held back"
                needles.add(listed if counts else "withdrawn entry", sealed.counted, hashed=True)
            choices = bytes(1 + option for option in person.choices)
            needles.add("choices", choices)
            for shown in (person.choices, choices):
                for separator in (",", ", "):
                    needles.add_whole("choices", separator.join(map(str, shown)).encode())
            if person.keep:
                needles.add("comment", person.keep.encode())
                needles.add("unsaid", *_hashes(person.keep.encode()))
            needles.add("unsaid", person.change.encode())
        needles.add("unsaid", word(CHANGING, "withdrawn").encode())

    def _services(self, needles: Needles) -> None:
        left = self._left
        needles.add("round key", *left.round_keys.values(), hashed=True)
        # The wrapping key and the salting key of an issuer, one behind the other.
        needles.add("round key", *(left.round_keys[issuer][32:] for issuer in left.issuers))
        needles.add("wrapped signing key", *left.wrapped_keys)
        for service in left.services:
            home = left.root / service
            if (home / "identity.key").exists():
                needles.add("identity key", unb64((home / "identity.key").read_text().strip()))
            if (home / "admin.key").exists():
                needles.add("admin key", (home / "admin.key").read_bytes())

    def cell(self, part: int, finest: NodeId) -> NodeId | None:
        """The cell in which the answers of those with this finest node are opened; None: they are held back."""
        return self._cells[part][finest]

    @cached_property
    def _cells(self) -> list[dict[NodeId, NodeId | None]]:
        answered = [part for part in self._left.parts.values() if part.sealed]
        return [
            partition(tree, Counter(self._tickets(part)[number].finest for part in answered))
            for number, tree in enumerate(self._left.composed.part_trees)
        ]

    def _tickets(self, part: Part) -> tuple[Ticket, ...]:
        entry = part.wallet.get(self._left.manifest.round_id)
        assert entry is not None
        return entry.tickets

    def _opened(self, sealed: Sealed) -> Outer:
        """What the gate sees inside."""
        manifest = self._left.manifest
        secret = SecretKey(self._left.round_keys["gate"][:32])
        nonce, outer = unb64(sealed.body["a"]), unb64(sealed.body["outer"])
        return envelope.open_outer(secret, manifest.hash, sealed.part, nonce, outer, manifest.layouts[sealed.part])


def _typed(text: str) -> Iterator[bytes]:
    """A code as people type it, without the prefix that all have."""
    for spelled in (text[3:], text[3:].replace("-", "")):
        yield from (spelled.encode(), spelled.lower().encode())


def _hashes(*values: bytes) -> Iterator[bytes]:
    return (sha256(value).digest() for value in values)
