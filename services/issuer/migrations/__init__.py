"""How the tables came to be what they are, step by step (Alembic); services/issuer/migrating.py takes the steps.

A change of tables.py comes with a new file in versions/: its own `revision`, the one before as `down_revision`, and
`upgrade` alone. There is no way back: a database of a newer version is refused. Steps name what they do themselves and
never import tables.py, which tells of today.
"""
