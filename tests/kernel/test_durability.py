import os

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine

from lms.__main__ import Application, lms
from lms.kernel.db import db
from lms.kernel.durability import weaknesses
from lms.kernel.errors import Misconfigured
from tests.conftest import POSTGRES, need
from tests.tools import postgres


def test_sqlite_that_syncs_at_checkpoints_only_is_named(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/some.sqlite")
    with engine.connect() as connection:
        assert weaknesses(connection) == []
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        assert weaknesses(connection) == ["SQLite synchronous is 1"]
    engine.dispose()


def test_our_own_sqlite_keeps_what_it_acknowledges_and_the_servers_of_tests_do_not(world, in_app):
    found = weaknesses(db.session.connection())
    if db.session.get_bind().dialect.name == "sqlite":
        assert found == []
    else:
        assert found == [f"PostgreSQL {name} is off" for name in ("fsync", "full_page_writes", "synchronous_commit")]


def test_production_is_not_served_on_a_database_that_forgets(tmp_path, monkeypatch, worker):
    need("postgresql")
    environ = {
        "LMS_ENV": "production",
        "LMS_DATA_DIR": str(tmp_path / "data"),
        "LMS_PUBLIC_URL": "https://learn.example.org",
        "LMS_DATABASE_URL": postgres.make_database(os.environ[POSTGRES], f"lms_forgets_{worker}"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = Application()
    try:
        CliRunner().invoke(lms, ["db", "upgrade"], obj=made, catch_exceptions=False)
        with pytest.raises(Misconfigured, match="PostgreSQL fsync is off"):
            CliRunner().invoke(lms, ["serve"], obj=made, catch_exceptions=False)
        report = CliRunner().invoke(lms, ["doctor"], obj=made).output
    finally:
        with made().app_context():
            db.engine.dispose()
    assert "FAULT  PostgreSQL fsync is off" in report
