"""PostgreSQL keeps samples of values for its planner, beyond the rows themselves: none of what tells of a person."""

from alembic import op

revision = "r0002"
down_revision = "r0001"

SAMPLED = {
    "people": ("person", "name", "mail", "language", "path"),
    "codes": ("person", "digest"),
    "members": ("person", "name", "language"),
    "served": ("person", "request"),
    "signing_keys": ("wrapped",),
    "notes": ("text",),
}


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for table, columns in SAMPLED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
