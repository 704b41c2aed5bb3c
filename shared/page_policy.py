"""The headers with which the employees' page is served: what a browser lets it do, on every answer the same.

They follow from parties.json alone, so that whoever has that file can tell what they must be (`klankbord verify-page`).
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.parties import Book, Parties

POLICY = "Content-Security-Policy"

TRANSPORT = {"Strict-Transport-Security": "max-age=63072000"}
"""Under TLS, for two years: nobody on the network may answer instead of the host without it (RFC 6797)."""

TRUSTED = "klankbord"
"""The name of the one Trusted Types policy that the page may make: it needs one to start its worker, and for nothing
else."""

_OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "usb",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
"""What a browser could do for a page, and does not for this one (the Permissions Policy standard). Only what Chromium
knows on every system: it complains in its console of others, where people look for what is wrong."""

_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")
"""Nothing with a character that means something in a policy: one `*` would allow the whole world."""


class BadAddress(ValueError):
    """An address in parties.json that cannot stand in a policy; the message names whose it is."""


def headers(book: Book) -> Mapping[str, str]:
    """What stands on every answer of the page's host, refusals too; BadAddress."""
    return {
        POLICY: policy(book),
        "Permissions-Policy": ", ".join(f"{name}=()" for name in _OFF),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Origin-Agent-Cluster": "?1",
    }


def policy(book: Book) -> str:
    """The Content-Security-Policy: its own files and the parties' services, and nothing else; BadAddress."""
    connect = " ".join(("'self'", *services(book)))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "worker-src 'self'",
            f"connect-src {connect}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {TRUSTED}",
        )
    )


def services(book: Book) -> tuple[str, ...]:
    """The origins that the page may ask; BadAddress.

    Of two generations, for a round is judged with the one that its draft names, and lasts some weeks. Not of all:
    an address of long ago may be anybody's by now.
    """
    before = book.get(book.current.generation - 1)
    return tuple(dict.fromkeys(origin for one in (book.current, before) if one for origin in _origins(one)))


def _origins(parties: Parties) -> tuple[str, ...]:
    """Of everybody whom employees reach, in the order of parties.json."""
    addresses = [(party.name, party.url) for party in (*parties.issuers, parties.ingest)]
    return tuple(_origin(name, address) for name, address in (*addresses, ("report", parties.report_url)))


def _origin(name: str, address: str) -> str:
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not _ORIGIN.fullmatch(origin):
        raise BadAddress(f"the address of {name} is no plain one")
    return origin
