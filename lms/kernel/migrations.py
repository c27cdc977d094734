"""Bringing the database to the schema this version needs, and checking that it is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import OperationalError

from .db import KEYSTORE, WRITES, db, is_locked
from .errors import Misconfigured
from .waiting import milliseconds

LOCK_PATIENCE = timedelta(seconds=3)
"""Whoever comes after a migration that waits for a lock waits behind it, so it gives up soon (docs/operating.md)."""


def upgrade(revision: str = "head") -> None:
    """Migrate upwards, in one transaction."""
    with _config() as config:
        command.upgrade(config, revision)


def downgrade(revision: str) -> None:
    """Migrate downwards, in one transaction."""
    with _config() as config:
        command.downgrade(config, revision)


def check() -> None:
    """Raise Misconfigured unless the database is at the head and equals the models."""
    if not is_at_head():
        raise Misconfigured("The database is not at the newest migration; run: lms db upgrade")
    with _config() as config:
        try:
            command.check(config)
        except CommandError as difference:
            raise Misconfigured(f"The database differs from the models: {difference}") from None


def is_at_head() -> bool:
    """Whether every migration has been applied."""
    return _current() == _newest()


def standing() -> str:
    """At which migration the database is, as a sentence."""
    current, newest = _current(), _newest()
    if current == newest:
        return "The database is at the newest migration."
    if not current:
        return "The database has no tables of this product any more."
    return f"The database is at migration {', '.join(sorted(current))}; the newest is {', '.join(sorted(newest))}."


def _current() -> set[str]:
    return set(MigrationContext.configure(db.session.connection()).get_current_heads())


def _newest() -> set[str]:
    return set(ScriptDirectory.from_config(_plain_config()).get_heads())


def _plain_config() -> Config:
    config = Config(stdout=StringIO())  # what Alembic prints is said by ours, once
    config.set_main_option("script_location", str(_folder()))
    return config


@contextmanager
def _config() -> Iterator[Config]:
    config = _plain_config()
    with _connection() as connection:
        config.attributes["connection"] = connection
        config.attributes["metadata"] = db.metadata
        yield config


@contextmanager
def _connection() -> Iterator[Connection]:
    """A connection of the database's owner, in a transaction that writes."""
    url, own_url = current_app.config["MIGRATION_URL"], current_app.config["SQLALCHEMY_DATABASE_URI"]
    engine = db.engine if url == own_url else create_engine(url)
    try:
        opened = engine.connect().execution_options(**{WRITES: LOCK_PATIENCE})
        with opened as connection, _without_cascades(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(LOCK_PATIENCE)}")
            yield connection
            _check_references(connection)
            if url != own_url:
                _grant(connection, str(make_url(own_url).username))
    except OperationalError as fault:
        if not is_locked(fault.orig):
            raise
        raise Misconfigured("Others work with the database; nothing was changed. Try again, or stop them.") from None
    finally:
        if engine is not db.engine:
            engine.dispose()


@contextmanager
def _without_cascades(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by copying and dropping it; with foreign keys on, that would delete every child row."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise Misconfigured(f"The migration would leave {len(orphans)} rows without what they belong to; undone.")


def _grant(connection: Connection, role: str) -> None:
    """What the application's own role may do with what the owner made: everything with rows, but only add deeds."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for schema in ("public", KEYSTORE):
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}")
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}")
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}")
    for table in current_app.config["INSERT_ONLY_TABLES"]:
        connection.exec_driver_sql(f"REVOKE UPDATE, DELETE ON {table} FROM {quoted}")


def _folder() -> Path:
    folder: Path = current_app.config["MIGRATIONS"]
    return folder
