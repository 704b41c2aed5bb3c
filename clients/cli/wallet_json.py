"""The wallet file's JSON, in canonical form.

    {"v": 1, "rounds": {round: {"manifest": hash, "opens": time, "code": text | null, "typed": bool,
        "tickets": [{"nonce", "seed", "finest", "admission": [token per issuer],
                     "group": [[token per issuer] per node of the path]} per part],
        "sent": [[{"revision", "counted", "acknowledged"}] per part],
        "groups": [{"part", "label", "size", "names"} per part]}}}

Bytes are base64url. What the members mean is said in wallet.py.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from clients.cli.collecting import Ticket
from clients.cli.wallet import Entry, Seen, Sent
from shared import blind_rsa, canonical, codes, dates
from shared.canonical import b64, unb64
from shared.codes import Mistake, WalletCode
from shared.envelope import COUNTED
from shared.schema import ROUND_ID, Bytes, Date, Flag, whole


class _Ticket(Schema):
    nonce = Bytes(32, required=True)
    seed = Bytes(32, required=True)
    finest = whole(min=0)
    admission = fields.List(Bytes(blind_rsa.SIZE), required=True)
    group = fields.List(fields.List(Bytes(blind_rsa.SIZE)), required=True)


class _Sent(Schema):
    revision = whole(min=0)
    counted = Bytes(COUNTED, required=True)
    acknowledged = Flag(required=True)


class _Seen(Schema):
    part = fields.Str(required=True)
    label = fields.Str(required=True)
    size = whole(min=1)
    names = fields.List(fields.Str(), required=True)


class _Entry(Schema):
    manifest = Bytes(32, required=True)
    opens = Date(required=True)
    code = fields.Str(required=True, allow_none=True)
    typed = Flag(required=True)
    tickets = fields.List(fields.Nested(_Ticket), required=True)
    sent = fields.List(fields.List(fields.Nested(_Sent)), required=True)
    groups = fields.List(fields.Nested(_Seen), required=True)


class _Wallet(Schema):
    v = fields.Int(required=True, strict=True, validate=validate.Equal(1))
    rounds = fields.Dict(
        keys=fields.Str(validate=validate.Regexp(f"{ROUND_ID.pattern}\\Z")), values=fields.Nested(_Entry), required=True
    )


def dumps(entries: Mapping[str, Entry]) -> bytes:
    """The file of entries by round id."""
    return canonical.dumps({"v": 1, "rounds": {name: _body(one) for name, one in entries.items()}}) + b"\n"


def loads(data: bytes) -> dict[str, Entry]:
    """The entries in a file's bytes; ValueError for whatever `dumps` does not write."""
    try:
        body = _Wallet().load(canonical.loads(data.strip()))
    except ValidationError as error:
        raise ValueError("no wallet") from error
    return {name: _entry(one) for name, one in body["rounds"].items()}


def _body(entry: Entry) -> dict[str, Any]:
    return {
        "manifest": b64(entry.manifest_hash),
        "opens": dates.text(entry.opens),
        "code": entry.code.text if entry.code else None,
        "typed": entry.typed,
        "tickets": [
            {
                "nonce": b64(ticket.nonce),
                "seed": b64(ticket.seed),
                "finest": ticket.finest,
                "admission": [b64(token) for token in ticket.admission],
                "group": [[b64(token) for token in of_node] for of_node in ticket.group],
            }
            for ticket in entry.tickets
        ],
        "sent": [
            [
                {"revision": one.revision, "counted": b64(one.counted), "acknowledged": one.acknowledged}
                for one in of_part
            ]
            for of_part in entry.sent
        ],
        "groups": [
            {"part": seen.part, "label": seen.label, "size": seen.size, "names": list(seen.names)}
            for seen in entry.groups
        ],
    }


def _entry(body: Mapping[str, Any]) -> Entry:
    code = codes.parse(WalletCode, body["code"]) if body["code"] is not None else None
    if isinstance(code, Mistake) or len(body["tickets"]) != len(body["sent"]):
        raise ValueError("no wallet")
    return Entry(
        manifest_hash=unb64(body["manifest"]),
        opens=dates.parse(body["opens"]),
        code=code,
        typed=body["typed"],
        tickets=tuple(
            Ticket(
                nonce=unb64(one["nonce"]),
                seed=unb64(one["seed"]),
                finest=one["finest"],
                admission=tuple(map(unb64, one["admission"])),
                group=tuple(tuple(map(unb64, of_node)) for of_node in one["group"]),
            )
            for one in body["tickets"]
        ),
        sent=tuple(
            tuple(Sent(one["revision"], unb64(one["counted"]), one["acknowledged"]) for one in of_part)
            for of_part in body["sent"]
        ),
        groups=tuple(Seen(one["part"], one["label"], one["size"], tuple(one["names"])) for one in body["groups"]),
    )
