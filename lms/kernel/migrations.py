"""Bringing the database to the schema this version needs, and checking that it is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, create_engine

from .db import WRITES, db
from .errors import Misconfigured


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
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    heads = set(ScriptDirectory.from_config(config).get_heads())
    return set(MigrationContext.configure(db.session.connection()).get_current_heads()) == heads


@contextmanager
def _config() -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    with _connection() as connection:
        config.attributes["connection"] = connection
        config.attributes["metadata"] = db.metadata
        yield config


@contextmanager
def _connection() -> Iterator[Connection]:
    """A connection of the database's owner, in a transaction that writes."""
    url = current_app.config["MIGRATION_URL"]
    engine = db.engine if url == current_app.config["SQLALCHEMY_DATABASE_URI"] else create_engine(url)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection
    if engine is not db.engine:
        engine.dispose()


def _folder() -> Path:
    folder: Path = current_app.config["MIGRATIONS"]
    return folder
