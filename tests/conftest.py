"""The world of a test: an application on SQLite or PostgreSQL with the standard cast, rolled back after each test."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, create_engine, event

from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import WRITES, db, transaction
from lms.kernel.waiting import PATIENCE
from lms.settings import Settings, read_settings
from tests.assessments.taught import Taught, make_taught
from tests.cast import NOW, Cast, make_cast
from tests.client import Visitor
from tests.tools import postgres

POSTGRES = "LMS_TEST_POSTGRES"
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")
_open = ExitStack()
ENABLED_BY = {
    "postgresql": "the package postgresql (server binaries)",
    "chromium": "the package chromium",
    "pdftoppm": "the package poppler-utils",
    "zbarimg": "the package zbar-tools",
    "soffice": "the package libreoffice-calc-nogui",
    "khal": "the package khal",
    "vdirsyncer": "the package vdirsyncer",
    "openssl": "the package openssl",
}


# How fast something is, is measured by benchmarks: on a busy machine a deadline says nothing about the code.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Start one throw-away PostgreSQL for all workers of this run."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        address = _open.enter_context(postgres.server())
        os.environ[POSTGRES] = address or ""


def pytest_unconfigure(config: pytest.Config) -> None:
    _open.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say by name what was skipped and what would enable it."""
    missing = [name for name in ENABLED_BY if not _has(name)]
    for name in missing:
        terminalreporter.write_line(f"not run here: tests with {name}; enabled by {ENABLED_BY[name]}")


def _has(name: str) -> bool:
    return bool(os.environ.get(POSTGRES)) if name == "postgresql" else shutil.which(name) is not None


def need(name: str) -> None:
    """Skip where a server or browser is missing; in `.ci/run` a missing one is a failure."""
    if not _has(name):
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing, and in CI every test must run")
        pytest.skip(f"needs {ENABLED_BY[name]}")


def settings_for(folder: Path, database_url: str | None = None, **more: str) -> Settings:
    """Settings of a test: everything in one folder."""
    environ = {"LMS_ENV": "test", "LMS_DATA_DIR": str(folder / "data"), "LMS_WORKERS": "2"}
    if database_url:
        environ["LMS_DATABASE_URL"] = database_url
    return read_settings({**environ, **more})


@pytest.fixture(scope="session")
def worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@dataclass
class World:
    """An application with a migrated database and the standard cast in it."""

    app: Flask
    clock: FixedClock
    cast: Cast


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[World]:
    url = None
    if request.param == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"lms_{worker}")
    clock = FixedClock(NOW)
    app = create_app(settings_for(tmp_path_factory.mktemp(request.param), url), clock=clock)
    with app.app_context():
        migrations.upgrade()
        with transaction():
            cast = make_cast()
    yield World(app, clock, cast)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    """The application; whatever is written is undone afterwards, commits included."""
    world.clock.at = NOW
    with world.app.app_context():
        engine = db.engine
    engines = db._app_engines[world.app]
    with engine.connect().execution_options(**{WRITES: PATIENCE}) as connection:
        outer = connection.begin()
        engines[None] = connection
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        try:
            yield world.app
        finally:
            engines[None] = engine
            outer.rollback()


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """The same inside an application context, for rules, queries and services. Not for requests."""
    with app.app_context():
        yield app


@pytest.fixture
def clock(world: World) -> FixedClock:
    return world.clock


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app)


@pytest.fixture
def as_participant(app: Flask, cast: Cast) -> Visitor:
    """Cedar, who reads in English."""
    return Visitor(app).signed_in(cast.cedar)


@pytest.fixture
def statements(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """Count statements: what the database is asked, without the frame of transactions."""

    @contextmanager
    def seen() -> Iterator[list[str]]:
        found: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            if not statement.startswith(FRAME):
                found.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return seen


@pytest.fixture
def database_gone(app: Flask) -> Iterator[Callable[[], None]]:
    """Take the database away, really: from the call on, no connection can be made."""
    engines = db._app_engines[app]
    before = engines[None]

    def take_away() -> None:
        engines[None] = create_engine("sqlite:////nowhere/at/all.sqlite")

    yield take_away
    engines[None] = before


@pytest.fixture
def taught(app: Flask, cast: Cast) -> Taught:
    """A course with tasks, its cohort, three participants, a facilitator and a coordinator."""
    app.extensions.pop("catalogues", None)
    with app.app_context(), transaction():
        return make_taught(cast)
