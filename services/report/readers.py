"""Who may read what of the results. Nothing here protects anybody's answer: everything that is published is safe.

Without a key for readers everything is open to whoever reaches the service, which is what a trial does. With one, the
company's totals are open to everybody, with what anybody needs to check the count; groups and comments need the key.
"""

from enum import Enum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from services.report.results import Results
from shared.questionnaire import Reader
from shared.secret_files import UnsafeFile, read_secret
from shared.settings import PREFIX, BadSettings
from shared.tree import NodeId

USER = "hr"
"""The only user name of HTTP Basic authentication (RFC 7617)."""

SHORTEST = 16
"""Characters of a key: guessing it over HTTP is hopeless then if it is random, as docs/operations.md asks."""


class Access(Enum):
    """What a request may see."""

    ALL = "all"
    COMPANY = "company"


class ReadKey:
    """The key from a file; it never leaves this object."""

    def __init__(self, key: str) -> None:
        self._hash = sha256(key.encode()).digest()

    @classmethod
    def load(cls, path: Path) -> "ReadKey":
        """BadSettings if the file is missing, can be read by others, or holds less than SHORTEST characters."""
        try:
            key = read_secret(path).decode().strip()
        except (OSError, UnicodeDecodeError):
            raise BadSettings(f"{PREFIX}READ_KEY_FILE cannot be read") from None
        except UnsafeFile as error:
            raise BadSettings(f"{PREFIX}READ_KEY_FILE: {error}") from None
        if len(key) < SHORTEST:
            raise BadSettings(f"{PREFIX}READ_KEY_FILE holds fewer than {SHORTEST} characters")
        return cls(key)

    def fits(self, user: str | None, key: str | None) -> bool:
        """Whether these are the credentials; takes as long for a near miss as for any other."""
        return user == USER and compare_digest(sha256((key or "").encode()).digest(), self._hash)


def may_see_group(results: Results, access: Access, node: NodeId) -> bool:
    """Numbers of a group: everybody sees the company's."""
    return access is Access.ALL or node == results.nodes[0].id


def may_see_comments(results: Results, access: Access, part: int, node: NodeId) -> bool:
    """Comments: everybody sees the company's own, if the round said before it began that everyone reads them."""
    everyone = Reader.EVERYONE in results.parts[part].readers
    return access is Access.ALL or (everyone and node == results.nodes[0].id)
