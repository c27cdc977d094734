"""How long a request waits for the database, and what it does when another one waited in vain."""

import os
import signal
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as TurnTimeout

from lms.app import create_app
from lms.kernel import migrations, waiting
from lms.kernel.db import db, transaction
from tests.at_once import at_once
from tests.conftest import POSTGRES, need, settings_for
from tests.tools import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def own_app(request, tmp_path, worker):
    """An application whose database nobody else uses."""
    url = None
    if request.param == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"lms_waiting_{worker}")
    app = create_app(settings_for(tmp_path, url))
    with app.app_context():
        migrations.upgrade()
        db.session.remove()
        db.engine.dispose()
    yield app
    with app.app_context():
        db.engine.dispose()


def is_sqlite(app):
    return app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")


@contextmanager
def locked(app):
    """Somebody else writes, and does not finish."""
    with closing(sqlite3.connect(app.extensions["settings"].data_dir / "lms.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_without_a_request_work_waits_longer(own_app):
    with own_app.app_context():
        assert waiting.usual_patience() == waiting.PATIENCE
    with own_app.test_request_context():
        assert waiting.usual_patience() == waiting.REQUEST_PATIENCE


def test_after_one_request_waited_in_vain_others_wait_shortly(own_app, monkeypatch):
    with own_app.test_request_context():
        waiting.note_silence()
        assert waiting.is_silent() and waiting.usual_patience() == waiting.SHORT_PATIENCE
    with own_app.app_context():
        waiting.note_silence()
        assert not waiting.is_silent()
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", -1.0)
    with own_app.test_request_context():
        waiting.note_silence()
        assert not waiting.is_silent()


def test_a_lock_that_is_not_given_back_is_not_waited_for_beyond_patience(own_app):
    if not is_sqlite(own_app):
        pytest.skip("SQLite only")
    with own_app.test_request_context():
        with locked(own_app), pytest.raises(OperationalError, match="locked"), transaction():
            pass
        assert waiting.is_silent()
        with transaction():
            pass


def test_those_who_write_at_once_all_have_their_turn(own_app):
    """Eight of one process, each with a write that takes longer than SQLite sleeps between two looks at its lock."""

    def write(is_ready):
        is_ready()
        for _ in range(4):
            with transaction(patience=timedelta(seconds=30)):
                db.session.execute(text("UPDATE accounts_person SET shown_name = shown_name"))
                time.sleep(0.02)

    with own_app.app_context():
        db.engine.dispose()
    assert at_once(own_app, *[write] * 8) == [None] * 8


@contextmanager
def turn_taken(app):
    """Another thread of this process writes, and does not finish."""
    held, over = threading.Event(), threading.Event()

    def hold():
        with app.app_context(), transaction():
            held.set()
            over.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    try:
        yield
    finally:
        over.set()
        holder.join()


def test_a_thread_that_writes_without_end_is_not_waited_for_beyond_patience(own_app):
    if not is_sqlite(own_app):
        pytest.skip("SQLite only")
    with own_app.test_request_context(), turn_taken(own_app):
        with pytest.raises(TurnTimeout), transaction():
            pass
        assert waiting.is_silent(), "the others do not each wait in full"


def test_who_did_not_want_to_wait_does_not_make_the_others_hurry(own_app):
    if not is_sqlite(own_app):
        pytest.skip("SQLite only")
    with own_app.test_request_context(), turn_taken(own_app):
        with pytest.raises(TurnTimeout), transaction(patience=waiting.SHORT_PATIENCE):
            pass
        assert not waiting.is_silent()


def test_what_was_waited_for_the_turn_is_not_waited_again_for_the_lock(own_app):
    if not is_sqlite(own_app):
        pytest.skip("SQLite only")
    with own_app.app_context(), transaction(patience=timedelta(seconds=30)):
        assert db.session.execute(text("PRAGMA busy_timeout")).scalar_one() < 30_000


def test_a_frozen_server_is_not_waited_for_beyond_patience(own_app):
    if is_sqlite(own_app):
        pytest.skip("PostgreSQL only")
    with own_app.test_request_context():
        backend = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(OperationalError):
                db.session.execute(text("SELECT 1"))
            assert waiting.is_silent()
            db.session.remove()
            with pytest.raises(OperationalError, match="a moment ago"):
                db.session.execute(text("SELECT 1"))
        finally:
            os.kill(backend, signal.SIGCONT)
        time.sleep(waiting.PAUSE_SECONDS)
        db.session.remove()
        assert db.session.execute(text("SELECT 1")).scalar_one() == 1


def test_only_requests_tell_the_server_to_be_quick(own_app):
    if is_sqlite(own_app):
        pytest.skip("PostgreSQL only")
    found = []
    for context in (own_app.test_request_context, own_app.app_context):
        with context():
            found.append(
                [db.session.execute(text(f"SHOW {name}_timeout")).scalar_one() for name in ("lock", "statement")]
            )
            db.session.remove()
            db.engine.dispose()
    assert found == [["1125ms", "1500ms"], ["10s", "0"]]


def test_a_connection_that_may_only_read_is_not_kept(own_app):
    if is_sqlite(own_app):
        pytest.skip("PostgreSQL only; SQLite in tests/reliability")
    with own_app.app_context():
        name = db.engine.url.database
        owner = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        db.engine.dispose()
        with pytest.raises(InternalError, match="read-only"), transaction():
            db.session.execute(text("CREATE TABLE tests_none (id int)"))
        with owner.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
        owner.dispose()
        with transaction():
            db.session.execute(text("CREATE TABLE tests_none (id int)"))
