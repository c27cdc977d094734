"""The database session, the types of columns, and the only place that commits.

SQLite (the default) and PostgreSQL behave alike here: a transaction that will write says so at its beginning, foreign
keys are enforced, and what was acknowledged is on the disk. Person keys live in a database of their own that is
attached under the schema name `keystore` (docs/decisions/0005).
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    SmallInteger,
    String,
    Uuid,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as TurnTimeout
from sqlalchemy.orm import DeclarativeBase, Mapper, registry
from sqlalchemy.types import TypeDecorator

from . import postgres
from .waiting import REQUEST_PATIENCE, milliseconds, note_silence, usual_patience

KEYSTORE = "keystore"
"""Schema of the person keys: an attached file under SQLite, a schema under PostgreSQL."""

WRITES = "lms_writes"
"""Marks a connection whose transaction will write; its value is how long to wait for the lock."""

IN_FULL = "lms_waited_in_full"
"""Marks one that will have waited as long as a request may when the lock is not got, the writers' turn included."""

WRITERS_TURN = "writers_turn"
"""Where an application keeps whose turn it is to write; None where the database sees to it."""

READ_ONLY = 8
"""What SQLite calls a database that may only be read."""

READ_ONLY_STATE = "25006"
"""What PostgreSQL calls it."""

BUSY = 5
"""What SQLite calls waiting for a lock in vain."""

BUSY_STATES = ("55P03", "40P01")
"""What PostgreSQL calls it: waiting for too long, or being the one of several, each waiting for another, to give up."""

Json = JSON().with_variant(JSONB(), "postgresql")
"""A column of plain JSON: titles by language, settings, ids, chosen options. Never words that somebody typed."""

JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""The same where there may be none: None is NULL and not the word `null`, so that constraints can ask for it."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite forgets zones, so UTC is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """A column of one word out of a StrEnum, stored as its value, without a constraint that would block new words."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Count(TypeDecorator[IntEnum]):
    """A column of one number out of an IntEnum."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, numbers: type[IntEnum]) -> None:
        super().__init__()
        self.numbers = numbers

    def process_bind_param(self, value: IntEnum | None, dialect: Dialect) -> int | None:
        return None if value is None else self.numbers(value).value

    def process_result_value(self, value: int | None, dialect: Dialect) -> IntEnum | None:
        return None if value is None else self.numbers(value)


class Base(DeclarativeBase):
    """Base of every model. A model that does not say which personal data it holds is refused."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime(), UUID: Uuid()},
        metadata=MetaData(
            naming_convention={
                "ix": "%(table_name)s_%(column_0_N_name)s_ix",
                "uq": "%(table_name)s_%(column_0_N_name)s_key",
                "ck": "%(table_name)s_%(constraint_name)s",
                "fk": "%(table_name)s_%(column_0_N_name)s_fk",
                "pk": "%(table_name)s_pk",
            }
        ),
    )

    holds_personal_data: ClassVar[Mapping[str, Any]]


@event.listens_for(Mapper, "instrument_class")
def _refuse_undeclared(mapper: Mapper[Any], model: type) -> None:
    """A model must say what it knows about people before it can exist (docs/house-style.md 13)."""
    if "holds_personal_data" not in vars(model):
        raise TypeError(f"{model.__name__} must declare holds_personal_data (docs/house-style.md 13)")


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:

    class Model(Base):
        """What mypy sees of `db.Model`."""

        __abstract__ = True
else:
    Model = db.Model


@contextmanager
def transaction(*, patience: timedelta | None = None) -> Iterator[None]:
    """Do one act: commit all of it, or nothing.

    Entered by views, cli and jobs only, once per request or unit of work, never one inside the other. What was read
    before belongs to an older snapshot: a service reads anew, with a lock, what its decision rests on. After a refusal
    the objects at hand keep what was loaded and belong to no session, so that the page can still be drawn.

    patience: how long to wait for somebody else's lock, in all; without one as is usual (kernel.waiting). Raises
    RuntimeError when something was changed outside.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted or session.info.get(WRITES):
        raise RuntimeError("an act must begin with nothing changed, and not inside another")
    session.commit()  # ends the reading snapshot
    whole = patience or usual_patience()
    with _writers_turn(whole) as left:
        session.info[WRITES] = True
        try:
            options = {WRITES: left, IN_FULL: whole >= REQUEST_PATIENCE}
            connection = session.connection(execution_options=options)
            if patience is not None and connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(patience)}")
            yield
            session.commit()
        except BaseException:
            session.expunge_all()
            session.rollback()
            raise
        finally:
            session.info.pop(WRITES, None)


@contextmanager
def _writers_turn(patience: timedelta) -> Iterator[timedelta]:
    """Under SQLite, which has one writer, let those of this process come one after the other; what is left of patience.

    Its own waiting is asking again after a sleep: of ten that wait, whoever asks at the right moment is next, and some
    never are. Raises sqlalchemy's TimeoutError, as the pool does when no connection comes free.
    """
    turn: threading.Lock | None = current_app.extensions[WRITERS_TURN]
    if turn is None:
        yield patience
        return
    begun = time.monotonic()
    if not turn.acquire(timeout=patience.total_seconds()):
        if patience >= REQUEST_PATIENCE:
            note_silence()
        raise TurnTimeout("another thread of this process writes")
    try:
        yield max(patience - timedelta(seconds=time.monotonic() - begun), timedelta())
    finally:
        turn.release()


def lock_name(name: bytes) -> None:
    """Let nobody else act on this name until the transaction ends. SQLite has one writer at a time anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(name[:8], signed=True))))


def turn_to(number: int, *, total: int, rows: int) -> tuple[int, int]:
    """Which page of a list is shown for the one that was asked for, and how many it has: both from 1.

    total: how many rows the list has. rows: how many stand on a page.
    """
    pages = max(-(-total // rows), 1)
    return min(max(number, 1), pages), pages


def connect_database(app: Flask, keystore: Path | None) -> None:
    """Open the application's engine and teach it our ways.

    keystore: the file of person keys for SQLite; None for PostgreSQL, where they are a schema.
    """
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "handle_error", _drop_read_only)
    is_sqlite = engine.dialect.name == "sqlite"
    app.extensions[WRITERS_TURN] = threading.Lock() if is_sqlite else None
    if is_sqlite:
        _teach_sqlite(engine, keystore)
    else:
        postgres.teach(engine)
        event.listen(engine, "begin", _begin_postgresql)
        app.teardown_appcontext(_end_reading)


def _end_reading(fault: BaseException | None) -> None:
    """Commit what was only read: after a rollback the driver would forget every statement that it has prepared.

    Nothing can have been written: a transaction that is no act is read only.
    """
    if fault is None and db.session.registry.has():
        with contextlib.suppress(SQLAlchemyError):  # a connection that is gone is put away as ever
            db.session.commit()


def is_read_only(fault: BaseException | None) -> bool:
    """Whether the driver says that nothing may be written now."""
    code, state = getattr(fault, "sqlite_errorcode", 0), getattr(fault, "sqlstate", None)
    return code & 0xFF == READ_ONLY or state == READ_ONLY_STATE


def is_locked(fault: BaseException | None) -> bool:
    """Whether the driver says that somebody else held a lock for too long, or would have for ever."""
    code, state = getattr(fault, "sqlite_errorcode", 0), getattr(fault, "sqlstate", None)
    return code & 0xFF == BUSY or state in BUSY_STATES


def _drop_read_only(context: ExceptionContext) -> None:
    # What was opened while nothing may be written stays so for its connection, whatever becomes of the database.
    if is_read_only(context.original_exception):
        if context.connection is not None:
            context.connection.connection.rollback()  # a cursor in a traceback would keep its locks after closing
        context.is_disconnect = True


def _teach_sqlite(engine: Engine, keystore: Path | None) -> None:
    def on_connect(connection: SqliteConnection, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
        if keystore is not None:
            connection.execute(f"ATTACH DATABASE ? AS {KEYSTORE}", (str(keystore),))
        for schema in ("main", KEYSTORE) if keystore is not None else ("main",):
            connection.execute(f"PRAGMA {schema}.journal_mode=WAL")
            connection.execute(f"PRAGMA {schema}.synchronous=FULL")
            connection.execute(f"PRAGMA {schema}.secure_delete=ON")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={milliseconds(usual_patience())}")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", _begin_sqlite)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails at once when somebody wrote in between.
    # One that will write therefore takes the lock at its beginning, and waits for it.
    patience = connection.get_execution_options().get(WRITES)
    if patience is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds(patience)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError:
        if connection.get_execution_options().get(IN_FULL):
            note_silence()
        raise


def _begin_postgresql(connection: Connection) -> None:
    # What is changed outside an act is refused, not written. The driver says so when it begins, with the first
    # statement. An act begins as the database is set up: an operator who lets it be read only keeps it so.
    may_write = WRITES in connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    driver.read_only = None if may_write else True
