"""Checking afterwards: was each part of mine counted, according to a list that nobody can change or shorten unseen?

The release is a chain: rules (signed by all) <- cut <- batch (gate) <- opening <- release (aggregate), each naming the
hash of the one before. The last names the list of counted entries. A client always fetches the whole list, so that
asking tells nobody which entry is whose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from clients.cli import agreed
from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, AlarmReason, Trouble, Unavailable
from clients.cli.wallet import Entry
from shared import bundle, records
from shared.canonical import unb64
from shared.manifest import BadManifest, Manifest
from shared.parties import Book, Parties
from shared.records import Foreign, Kind, Record
from shared.release_items import BadRelease, decode_counted

REPORT = "report"
"""Its name for people; parties.json gives it none, for it signs nothing."""


class Fate(StrEnum):
    """What became of one part."""

    COUNTED = "counted"
    HELD_BACK = "held-back"  # nothing of this part was opened: too few answers in the whole company
    OLDER = "older"  # an earlier version of it was counted
    MISSING = "missing"
    NOT_SENT = "not-sent"


class _Release(Schema):
    class Meta:
        unknown = EXCLUDE

    records = fields.List(fields.Str(), required=True)


class _Counted(Schema):
    class Meta:
        unknown = EXCLUDE

    entries = fields.List(fields.Str(), required=True)


@dataclass(frozen=True)
class Checked:
    """A release that hangs together, and its list: every entry, and whether it was counted or held back."""

    manifest: Manifest
    listed: Mapping[bytes, bool] = field(repr=False)


def fetch(web: Web, book: Book, round_id: str, manifest_hash: bytes) -> Checked:
    """The release and the whole list, proven; Alarm, Refusal or Unavailable."""
    address = book.current.report_url
    release_said = web.get(REPORT, address, f"/rounds/{round_id}/release")
    counted_said = web.get(REPORT, address, f"/rounds/{round_id}/counted")
    try:
        texts = _Release().load(release_said)["records"]
        items = [unb64(entry) for entry in _Counted().load(counted_said)["entries"]]
    except (ValidationError, ValueError):
        raise Unavailable(REPORT, Trouble.NONSENSE) from None
    manifest, release = check_release(texts, book, round_id, manifest_hash)
    return Checked(manifest, check_list(release, items))


def check_release(texts: Sequence[str], book: Book, round_id: str, manifest_hash: bytes) -> tuple[Manifest, Record]:
    """The rules and the release record, if all is signed, hangs together and belongs to these rules; else an Alarm."""
    by_kind: dict[Kind, list[Record]] = {}
    try:
        for text in texts:
            record = records.peek(text.encode())
            by_kind.setdefault(record.kind, []).append(record)
        (proposed,) = by_kind[Kind.MANIFEST]
        parties = book.get(int(proposed.body["manifest"]["draft"]["generation"]))
        if parties is None:
            raise Alarm(AlarmReason.BAD_RELEASE, "parties.json")
        manifest = agreed.verify(proposed.jws, [one.jws for one in by_kind[Kind.ACCEPT]], parties)
        cut, batch, opening, release = (_signed(by_kind, kind, parties, round_id) for kind in _CHAIN)
    except (BadManifest, Foreign, KeyError, TypeError, ValueError) as error:
        raise Alarm(AlarmReason.BAD_RELEASE, type(error).__name__) from None
    if manifest.hash != manifest_hash:
        raise Alarm(AlarmReason.CHANGED_RULES, round_id)
    if not _linked(manifest, cut, batch, opening, release):
        raise Alarm(AlarmReason.BAD_RELEASE, round_id)
    return manifest, release


def check_list(release: Record, items: Sequence[bytes]) -> dict[bytes, bool]:
    """Every entry and whether it was counted; an Alarm unless these are exactly the items that the release signed."""
    try:
        same = bundle.pack(items).reference == release.body["counted"]
        entries = decode_counted(items)
    except (ValueError, BadRelease):
        same = False
    if not same:
        raise Alarm(AlarmReason.BAD_LIST, release.round_id)
    return dict.fromkeys(entries.counted, True) | dict.fromkeys(entries.held_back, False)


def fates(entry: Entry, listed: Mapping[bytes, bool]) -> tuple[Fate, ...]:
    """What became of each part of a wallet's entry."""
    return tuple(_fate(entry, part, listed) for part in range(len(entry.sent)))


def _fate(entry: Entry, part: int, listed: Mapping[bytes, bool]) -> Fate:
    latest = entry.latest(part, acknowledged=True)
    if latest is None and not any(one.counted in listed for one in entry.sent[part]):
        return Fate.NOT_SENT
    # A later one without a receipt may have arrived all the same, and then counts instead.
    valid = [one for one in entry.sent[part] if latest is None or one.revision >= latest.revision]
    found = [listed[one.counted] for one in valid if one.counted in listed]
    if found:
        return Fate.COUNTED if found[0] else Fate.HELD_BACK
    older = any(one.counted in listed for one in entry.sent[part])
    return Fate.OLDER if older else Fate.MISSING


_CHAIN = (Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE)


def _signed(by_kind: Mapping[Kind, Sequence[Record]], kind: Kind, parties: Parties, round_id: str) -> Record:
    (record,) = by_kind[kind]
    author = parties.gate if kind in (Kind.CUT, Kind.BATCH) else parties.aggregate
    records.verify(record, author, issuer=False)
    if record.author != author.name or record.round_id != round_id:
        raise Foreign("another author or round")
    return record


def _linked(manifest: Manifest, cut: Record, batch: Record, opening: Record, release: Record) -> bool:
    links = (
        (cut.body["manifest"], manifest.fingerprint),
        (batch.body["cut"], cut.digest),
        (opening.body["batch"], batch.digest),
        (release.body["opening"], opening.digest),
    )
    return all(named == before for named, before in links)
