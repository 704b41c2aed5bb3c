"""The one error of a database that cannot do something now."""


class DatabaseUnavailable(Exception):
    """The database did not do it now (locked, full, damaged, away)."""
