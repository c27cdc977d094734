import os
from contextlib import contextmanager

import psycopg
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String, inspect, text
from sqlalchemy.exc import ProgrammingError

from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from lms.kernel.errors import Misconfigured
from tests.cast import NOW, make_cast
from tests.conftest import POSTGRES, need, settings_for
from tests.tools import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path, worker):
    """An application on an empty database."""
    url = None
    if request.param == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"migrations_{worker}")
    app = create_app(settings_for(tmp_path, url), clock=FixedClock(NOW))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables():
    db.session.rollback()
    seen = inspect(db.engine)
    return set(seen.get_table_names()) | {f"keystore.{name}" for name in keystore_tables(seen)}


def keystore_tables(seen):
    return seen.get_table_names(schema="keystore") if "keystore" in seen.get_schema_names() else []


@contextmanager
def no_rows_lost():
    def counted():
        return {
            t: db.session.execute(text(f"SELECT count(*) FROM {t}")).scalar()
            for t in sorted(tables() - {"alembic_version"})
        }

    before = counted()
    yield
    assert counted() == before


def test_head_equals_the_models(empty):
    migrations.upgrade()
    migrations.check()


def test_a_database_without_migrations_is_refused(empty):
    with pytest.raises(Misconfigured, match="lms db upgrade"):
        migrations.check()


def test_a_table_that_nobody_declared_is_found(empty):
    migrations.upgrade()
    with transaction():
        db.session.execute(text("CREATE TABLE stray (id INTEGER)"))
    with pytest.raises(Misconfigured, match="differs from the models"):
        migrations.check()


def test_upgrading_again_changes_nothing_and_keeps_every_row(empty):
    migrations.upgrade()
    with transaction():
        make_cast()
    with no_rows_lost():
        migrations.upgrade()


def test_down_and_up_again_leaves_nothing_behind(empty):
    migrations.upgrade()
    with transaction():
        make_cast()
    db.session.remove()
    migrations.downgrade("base")
    assert tables() == {"alembic_version"}
    migrations.upgrade()
    migrations.check()


def test_altering_a_table_by_copying_it_loses_no_child_row(tmp_path):
    """SQLite's way of altering a table drops it; with foreign keys on, its children would go with it."""
    app = create_app(settings_for(tmp_path), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            make_cast()
        db.session.remove()
        with no_rows_lost(), migrations._connection() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("accounts_person", recreate="always") as person:
                person.alter_column("shown_name", type_=String(200))
        assert db.session.execute(text("PRAGMA foreign_keys")).scalar() == 1
        db.session.remove()
        db.engine.dispose()


def _delete_people():
    with migrations._connection() as connection:
        connection.execute(text("DELETE FROM accounts_person"))


def test_a_migration_that_would_leave_orphans_is_undone(tmp_path):
    app = create_app(settings_for(tmp_path), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            make_cast()
        db.session.remove()
        with no_rows_lost(), pytest.raises(Misconfigured, match="would leave .* rows"):
            _delete_people()
        db.session.remove()
        db.engine.dispose()


def test_the_owner_migrates_and_the_application_may_only_add_deeds(tmp_path, worker):
    need("postgresql")
    url = postgres.make_database(os.environ[POSTGRES], f"owned_{worker}")
    role = f"app_{worker}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"DROP ROLE IF EXISTS {role}")
        owner.execute(f"CREATE ROLE {role} LOGIN")
    as_role = url.replace("//lms@", f"//{role}@")
    app = create_app(settings_for(tmp_path, as_role, LMS_MIGRATION_URL=url), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        assert migrations.is_at_head()
        with transaction():
            make_cast()
        with pytest.raises(ProgrammingError, match="permission denied"), transaction():
            db.session.execute(text("DELETE FROM audit_entry"))
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"DROP OWNED BY {role}")
        owner.execute(f"DROP ROLE {role}")
