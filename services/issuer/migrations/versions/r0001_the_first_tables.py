"""The tables as they were made before there were migrations; a database that has them begins here."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

ROUND = sa.String(40)
PERSON = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("levels", sa.Text, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("person", PERSON, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mail", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "codes",
        sa.Column("person", PERSON, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rounds",
        sa.Column("round", ROUND, primary_key=True),
        sa.Column("draft", sa.String(43), nullable=False),
        sa.Column("nodes", sa.LargeBinary, nullable=False),
        sa.Column("ks", sa.Text, nullable=False),
        sa.Column("keys", sa.Integer, nullable=False),
        sa.Column("keys_until", sa.BigInteger, nullable=False),
        sa.Column("erase_at", sa.BigInteger, nullable=False),
        sa.Column("served", sa.Integer, nullable=False),
        sa.Column("shares_day", sa.Integer),
        sa.Column("shares", sa.Text),
    )
    op.create_table(
        "members",
        sa.Column("round", ROUND, primary_key=True),
        sa.Column("person", PERSON, primary_key=True),
        sa.Column("node", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("members_of_node", "members", ["round", "node"])
    op.create_table(
        "signing_keys",
        sa.Column("round", ROUND, primary_key=True),
        sa.Column("node", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "served",
        sa.Column("round", ROUND, primary_key=True),
        sa.Column("person", PERSON, primary_key=True),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notes",
        sa.Column("round", ROUND, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
