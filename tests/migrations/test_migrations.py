import os
from contextlib import contextmanager

import pytest
from sqlalchemy import inspect, text

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
