import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, String, create_engine, insert, inspect, select, text, update
from sqlalchemy.exc import ProgrammingError

from lms.accounts.models import Person, PersonKey
from lms.accounts.services import codes
from lms.app import create_app
from lms.assessments.models import Attempt
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import WRITES, db, transaction
from lms.kernel.errors import Misconfigured
from lms.kernel.waiting import PATIENCE
from lms.messaging import services as messaging
from tests.cast import DAY, NOW, make_cast
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


def test_keys_that_outlived_their_database_stay(tmp_path):
    """Who removes the data folder of a demo, or restores a database elsewhere, leaves the file of keys behind."""
    settings, key = settings_for(tmp_path), PersonKey(person_id=uuid4(), wrapped=b"wrapped")
    with create_app(settings, clock=FixedClock(NOW)).app_context():
        migrations.upgrade()
        with transaction():
            db.session.add(key)
        db.session.remove()
        db.engine.dispose()
    for file in settings.data_dir.glob("lms.sqlite*"):
        file.unlink()

    with create_app(settings, clock=FixedClock(NOW)).app_context():
        migrations.upgrade()
        migrations.check()

        assert db.session.scalars(select(PersonKey.wrapped)).all() == [b"wrapped"]
        db.session.remove()
        db.engine.dispose()


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


def reflected():
    metadata = MetaData()
    metadata.reflect(db.engine)
    return {name: table for name, table in metadata.tables.items() if name != "alembic_version"}


def stored():
    """Every row of every table as it stands, whatever the schema is."""
    db.session.remove()
    with db.engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for name, table in reflected().items()
        }


@contextmanager
def writing():
    """A connection that may change something, which others may not (lms.kernel.db)."""
    with db.engine.connect().execution_options(**{WRITES: PATIENCE}) as connection, connection.begin():
        yield connection


def change(table, row_id, **values):
    found = reflected()[table]
    with writing() as connection:
        assert connection.execute(update(found).where(found.c.id == row_id).values(**values)).rowcount == 1


@pytest.fixture
def before_a_year(empty):
    """A database of 0002 with people, cohorts, work, a code and a job; each cohort's version differs from the other."""
    migrations.upgrade()
    with transaction():
        cast = make_cast()
        codes.invite(db.session.get_one(Person, cast.stranger.id), by=None, at=NOW)
        messaging.enqueue("sweeping.sweep", at=NOW)
    db.session.remove()
    migrations.downgrade("0002")
    rows = stored()
    first, second = (row["id"] for row in rows["courses_version"])
    change("courses_version", first, required_languages=["en", "ar"], allowed_languages=["fr"], naming="alias")
    change("courses_version", second, required_languages=["fr"], allowed_languages=[], naming="name", completion={})
    for row in rows["cohorts_enrolment"]:
        change("cohorts_enrolment", row["id"], since_at=NOW - row["id"] * DAY)
    return stored()


def test_what_stood_before_a_year_stands_after_it_and_after_going_back(before_a_year):
    assert all(before_a_year[name] for name in ("cohorts_enrolment", "accounts_invitation", "messaging_job"))
    migrations.upgrade()
    migrations.check()
    now = stored()
    for name, rows in before_a_year.items():
        assert [{column: new[column] for column in old} for old, new in zip(rows, now[name], strict=True)] == rows
    migrations.downgrade("0002")
    assert stored() == before_a_year


def test_a_cohort_of_before_follows_its_own_version(before_a_year):
    migrations.upgrade()
    versions = {row["id"]: row for row in before_a_year["courses_version"]}
    cohorts = stored()["cohorts_cohort"]
    assert len({cohort["version_id"] for cohort in cohorts}) == 2
    for cohort in cohorts:
        version = versions[cohort["version_id"]]
        assert cohort["languages"] == [*version["required_languages"], *version["allowed_languages"]]
        assert (cohort["naming"], cohort["completion"]) == (version["naming"], version["completion"])
        assert (cohort["places"], cohort["hours"], cohort["changes"], cohort["closed_at"]) == (24, None, 0, None)


def test_whoever_has_a_place_before_has_come_on_the_day_she_got_it(before_a_year):
    migrations.upgrade()
    places = stored()["cohorts_enrolment"]
    assert len({place["since_at"] for place in places}) == len(places) > 1
    assert [place["agreed_at"] for place in places] == [place["since_at"] for place in places]
    assert all(place[column] is None for place in places for column in ("group_id", "sending_id", "released_at"))


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


@contextmanager
def somebody_works_with(table):
    """Somebody else's transaction: it read a table, and under SQLite it writes."""
    engine = create_engine(db.engine.url)
    with engine.connect() as other:
        if engine.dialect.name == "sqlite":
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
        yield
    engine.dispose()


def test_a_migration_that_waits_for_somebody_gives_up_and_changes_nothing(empty, monkeypatch):
    monkeypatch.setattr(migrations, "LOCK_PATIENCE", timedelta(milliseconds=300))
    migrations.upgrade()
    with somebody_works_with("assessments_attempt"), pytest.raises(Misconfigured, match="nothing was changed"):
        migrations.downgrade("0003")
    migrations.check()
    db.session.remove()
    migrations.downgrade("0003")


def test_a_migration_that_gives_way_so_that_somebody_else_can_go_on_changes_nothing(empty):
    """Each holds a table that the other wants: PostgreSQL ends the one that it finds first, the migration."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody holds half of it")
    migrations.upgrade()
    db.session.remove()
    lock = "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE"
    engine = create_engine(db.engine.url)
    with ThreadPoolExecutor(1) as others, engine.connect() as other:
        other.exec_driver_sql("SET deadlock_timeout = '1min'")
        other.exec_driver_sql(lock.format("cohorts_cohort"))
        with pytest.raises(Misconfigured, match="nothing was changed"), migrations._connection() as mine:
            mine.exec_driver_sql("SET LOCAL deadlock_timeout = '100ms'")
            mine.exec_driver_sql(lock.format("cohorts_enrolment"))
            going_on = others.submit(other.exec_driver_sql, lock.format("cohorts_enrolment"))
            while not other_waits(mine):
                pass
            mine.exec_driver_sql(lock.format("cohorts_cohort"))
        going_on.result(60)
    engine.dispose()
    migrations.check()


def other_waits(connection):
    ours = "SELECT oid FROM pg_database WHERE datname = current_database()"
    waits = connection.exec_driver_sql(f"SELECT 1 FROM pg_locks WHERE NOT granted AND database IN ({ours})")
    return waits.first() is not None


def test_an_owner_of_its_own_waits_no_longer(tmp_path, worker):
    need("postgresql")
    url = postgres.make_database(os.environ[POSTGRES], f"waiting_{worker}")
    owner = f"{url}?application_name=owner"
    app = create_app(settings_for(tmp_path, url, LMS_MIGRATION_URL=owner), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with migrations._connection() as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "3s"
        db.session.remove()
        db.engine.dispose()


def test_an_attempt_that_code_of_before_opens_belongs_to_its_cohort(empty):
    migrations.upgrade()
    with transaction():
        make_cast()
    place = stored()["cohorts_enrolment"][-1]
    version = next(row for row in stored()["cohorts_cohort"] if row["id"] == place["cohort_id"])["version_id"]
    known = {"enrolment_id": place["id"], "version_id": version, "node_id": "quiz", "kind": "quiz", "number": 1}
    known |= {"public_id": uuid4(), "state": "open", "language": "en", "seed": 1, "drawn": [], "opened_at": NOW}
    with writing() as connection:
        connection.execute(insert(Attempt).values(grace_days=3, **known))

    assert [row["cohort_id"] for row in stored()["assessments_attempt"]] == [place["cohort_id"]]
