"""What an issuer keeps: portable SQL for SQLite and PostgreSQL. No time of any member's action is stored.

issuer              whose database it is
company, people     the roster as it was last imported
codes               per person the SHA-256 of the 16 bytes of her access code
rounds              what was planned: the tree, the minimum of each part, and when keys and rows go
members             who is attached to which node of a round's tree, with the names as they were then
signing_keys        private keys, wrapped (services/issuer/keys.py)
served              whose request was answered in which round: its SHA-256
notes               per round a sentence for HR on why it came to nothing
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

_ROUND = String(40)
_PERSON = String(200)

ISSUER = Table(
    "issuer",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
)

COMPANY = Table(
    "company",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("levels", Text, nullable=False),
)

PEOPLE = Table(
    "people",
    METADATA,
    Column("person", _PERSON, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("path", Text, nullable=False),
    sqlite_with_rowid=False,
)

CODES = Table(
    "codes",
    METADATA,
    Column("person", _PERSON, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    sqlite_with_rowid=False,
)

ROUNDS = Table(
    "rounds",
    METADATA,
    Column("round", _ROUND, primary_key=True),
    Column("draft", String(43), nullable=False),
    Column("nodes", LargeBinary, nullable=False),
    Column("ks", Text, nullable=False),
    Column("keys", Integer, nullable=False),
    Column("keys_until", BigInteger, nullable=False),
    Column("erase_at", BigInteger, nullable=False),
    Column("served", Integer, nullable=False),
    Column("shares_day", Integer),
    Column("shares", Text),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("round", _ROUND, primary_key=True),
    Column("person", _PERSON, primary_key=True),
    Column("node", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Index("members_of_node", "round", "node"),
    sqlite_with_rowid=False,
)

SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("round", _ROUND, primary_key=True),
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# Without row numbers, which would tell in which order members collected; see also Database.tidy.
SERVED = Table(
    "served",
    METADATA,
    Column("round", _ROUND, primary_key=True),
    Column("person", _PERSON, primary_key=True),
    Column("request", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

NOTES = Table("notes", METADATA, Column("round", _ROUND, primary_key=True), Column("text", Text, nullable=False))
