"""The issuer's database in containers, on a real PostgreSQL: what its image runs, and the address that is made."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from services.issuer import starting
from tests import postgresql_here
from tests.deploy.volumes_made import made


def test_the_issuer_owns_its_database_and_nothing_else_and_the_administrator_has_no_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = postgresql_here.here()
    made(tmp_path)
    address = tmp_path / "issuer" / "database.url"
    url = make_url(address.read_text().strip())
    assert (url.host, url.port) == ("postgres", 5432)
    here = url.set(host=None, port=None, query={"host": str(server.folder)})
    address.write_text(here.render_as_string(hide_password=False))
    with closing(server.admin()) as admin:
        try:
            for statement in (tmp_path / "database" / "issuer.sql").read_text().strip().split("\n"):
                admin.execute(statement.encode())
            assert starting.migrate({"KLANKBORD_DATABASE_FILE": str(address)}) == 0
            asked = "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = %s"
            assert admin.execute(asked, ("issuer",)).fetchone() == (False,)
            # The image leaves the administrator's in the environment of the server.
            asked = "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = CURRENT_USER"
            assert admin.execute(asked).fetchone() == (True,)
        finally:
            admin.execute("DROP DATABASE IF EXISTS issuer")
            admin.execute("DROP ROLE IF EXISTS issuer")
            admin.execute(f"ALTER ROLE CURRENT_USER PASSWORD '{server.password}'".encode())
    assert "the tables are those of revision" in capsys.readouterr().out
