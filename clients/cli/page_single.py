"""The page in one file, with the parties of an organisation in it: what it must be, byte for byte.

The build leaves klankbord.html with an empty place for parties.json, and with a policy that allows any service with
TLS, for it knows none. Filled in, it holds parties.json as it is and allows the services that are named there:

    <meta http-equiv="Content-Security-Policy" content="...; connect-src https://issuer.example https://...; ...">
    <script type="application/json" id="parties">{"generations":[...]}</script>

So whoever has the built page and parties.json can make the same file.
"""

from shared.page_policy import services
from shared.parties import Book

FROM_A_FILE = "null"
"""The origin of a page that was opened from a file, as browsers tell it to services (HTML, "opaque origin")."""

_TAG = b'<script type="application/json" id="parties">'
_PLACE = _TAG + b"</script>"
_ANYWHERE = b"connect-src https: http://localhost:* http://127.0.0.1:*;"


class NotBuilt(ValueError):
    """The built file has no such places, or more than one."""


class Unfit(ValueError):
    """The parties cannot stand in a page; the message says in one line why."""


def filled(built: bytes, parties: bytes, book: Book) -> bytes:
    """The file to hand out, for parties.json and what it says; NotBuilt, Unfit, and BadAddress of page_policy.

    Canonical JSON has one spelling, so what could end the script is refused and not written otherwise. An honest
    parties.json has no such character: names, keys and addresses (RFC 3986) are without it.
    """
    if built.count(_PLACE) != 1 or built.count(_ANYWHERE) != 1:
        raise NotBuilt("no place for parties.json")
    if b"<" in parties:
        raise Unfit("it holds a <, which could end the script that it stands in")
    origins = " ".join(services(book))
    page = built.replace(_ANYWHERE, f"connect-src {origins};".encode())
    return page.replace(_PLACE, _TAG + parties.strip() + b"</script>")


def parties_in(page: bytes) -> bytes:
    """What stands where parties.json belongs; nothing if there is no such place."""
    return page.partition(_TAG)[2].partition(b"</script>")[0]


def is_filled(page: bytes, built: bytes) -> bool:
    """Whether it is the built page with the parties that stand in it, whoever they are."""
    try:
        parties = parties_in(page)
        return page == filled(built, parties, Book.load(parties))
    except ValueError:  # Of Book.load and of filled.
        return False
