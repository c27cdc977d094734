"""The product on either database, as an operator runs it: `lms serve` with two processes, on a demo year of its own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from lms.app import create_app
from lms.cohorts.models import CalendarEntry, Cohort
from lms.kernel.db import db
from lms.settings import read_settings
from tests.live import _clean_environment
from tests.tools.postgres import find_binaries, free_port

from .client import Client
from .database import Postgres, children

SQLITE, POSTGRESQL = "sqlite", "postgresql"
START_SECONDS = 60


class NotHere(Exception):
    """What a test needs and this machine does not have or does not allow."""


class Site:
    """One copy of the demo year, served on a port of its own."""

    def __init__(self, folder: Path, server: Postgres | None, database: str | None, *, before: tuple[str, ...]) -> None:
        self.folder, self.server, self.database = folder, server, database
        self.port, self._before = free_port(), before
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def kind(self) -> str:
        """Which database."""
        return POSTGRESQL if self.server else SQLITE

    @property
    def file(self) -> Path:
        """The file of the database, under SQLite."""
        return self.folder / "data" / "lms.sqlite"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `lms` beside it, as its operator does."""
        environ = {**_clean_environment(), **self.environ}
        command, folder = [sys.executable, "-m", "lms", *arguments], Path(__file__).parents[2]
        return subprocess.run(command, env=environ, capture_output=True, text=True, cwd=folder)

    @property
    def environ(self) -> dict[str, str]:
        """Its settings."""
        own = {"LMS_ENV": "demo", "LMS_DATA_DIR": str(self.folder / "data"), "LMS_PORT": str(self.port)}
        if self.server:
            own["LMS_DATABASE_URL"] = f"{self.server.address}/{self.database}"
        return own

    def start(self) -> float:
        """Serve, and wait until it is ready; how many seconds that took."""
        environ = {**_clean_environment(), **self.environ, "LMS_WORKERS": "2"}
        begun = time.monotonic()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._before, sys.executable, "-m", "lms", "serve"],
                cwd=Path(__file__).parents[2],
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_ready()
        return time.monotonic() - begun

    def wait_until_ready(self) -> None:
        """Until the site says that it can work."""
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.02)
        raise RuntimeError(f"the site did not get ready:\n{self.log()[-3000:]}")

    def _is_ready(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/readyz"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def log(self) -> str:
        """What it said."""
        return (self.folder / "server.log").read_text()

    @property
    def master(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that answer people."""
        return children(self.master)

    def kill(self) -> None:
        """End everything as a power cut would."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.master, signal.SIGKILL)
        self._process.wait()

    def is_running(self) -> bool:
        """Whether the process that was started is still the same one."""
        return self._process is not None and self._process.poll() is None

    @cached_property
    def app(self) -> Flask:
        """The same application in this process, for looking into its database."""
        return create_app(read_settings({**self.environ, "LMS_WORKERS": "2"}))

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Look into the database; no connection is kept afterwards."""
        with self.app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def forget(self) -> None:
        """Keep no connection of this process open."""
        if "app" in vars(self):
            with self.app.app_context():
                db.engine.dispose()

    @cached_property
    def told(self) -> dict[str, object]:
        """The accounts and pages that the demo wrote down."""
        found: dict[str, object] = json.loads((self.folder / "data" / "demo-accounts.json").read_text())
        return found

    def client(self) -> Client:
        """Somebody who is not signed in."""
        return Client(self.port)

    def account(self, login: str) -> tuple[str, str]:
        """Sign-in name and passphrase; the pool shares that of the first account."""
        accounts = {one["login"]: one["password"] for one in self.told["accounts"]}  # type: ignore[attr-defined]
        first = next(iter(accounts.values()))
        return login, accounts.get(login, first)

    def task(self, node_id: str, *, of_pool: bool = True) -> UUID:
        """The address of a task, in the cohort of the pool or that of the named accounts."""
        which = func.max(Cohort.id) if of_pool else func.min(Cohort.id)
        with self.inside():
            return db.session.scalars(
                select(CalendarEntry.public_id).where(
                    CalendarEntry.node_id == node_id, CalendarEntry.cohort_id == select(which).scalar_subquery()
                )
            ).one()


@contextlib.contextmanager
def taken_away(site: Site) -> Iterator[None]:
    """In the end the site is stopped, and its database and folder are taken away."""
    try:
        yield
    finally:
        site.forget()
        if site.is_running():
            site.kill()
        if site.server is not None:
            site.server.thaw()
            site.server.run(f"DROP DATABASE {site.database} WITH (FORCE)")
        shutil.rmtree(site.folder, ignore_errors=True)


class Sites:
    """Makes sites: the demo year is built once for each database and copied."""

    def __init__(self, *, people: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lms-reliability-"))
        self._folder.chmod(0o755)
        self._people, self._count = people, 0
        self._server: Postgres | None = None
        self._is_built: set[str] = set()

    @property
    def folder(self) -> Path:
        """Where sites of this run lie; taken away in the end."""
        return self._folder

    def server(self) -> Postgres:
        """The PostgreSQL server of this run. Raises NotHere."""
        if self._server is None:
            if find_binaries() is None:
                raise NotHere("needs the package postgresql (server binaries)")
            self._server = Postgres(self._folder / "postgres")
            self._server.start()
        return self._server

    def close(self) -> None:
        """Take everything away."""
        if self._server is not None:
            self._server.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def site(
        self, kind: str, *, before: tuple[str, ...] = (), folder: Path | None = None, tablespace: str | None = None
    ) -> Iterator[Site]:
        """A fresh copy of the demo year, not started yet; ended and taken away afterwards.

        before: what stands before the command; folder: where it lies; tablespace: of its PostgreSQL database.
        """
        self._build(kind)
        self._count += 1
        name = f"site{self._count}"
        folder = folder or self._folder / name
        shutil.copytree(self._folder / f"template-{kind}", folder, dirs_exist_ok=True)
        if kind == POSTGRESQL:
            where = f" TABLESPACE {tablespace}" if tablespace else ""
            self.server().run(f"CREATE DATABASE {name} TEMPLATE template_demo{where}")
        site = Site(folder, self.server() if kind == POSTGRESQL else None, name, before=before)
        with taken_away(site):
            yield site

    def _build(self, kind: str) -> None:
        if kind in self._is_built:
            return
        folder = self._folder / f"template-{kind}"
        folder.mkdir(mode=0o700, exist_ok=True)
        environ = {**_clean_environment(), "LMS_ENV": "demo", "LMS_DATA_DIR": str(folder / "data")}
        if kind == POSTGRESQL:
            self.server().run("DROP DATABASE IF EXISTS template_demo")
            self.server().run("CREATE DATABASE template_demo")
            environ["LMS_DATABASE_URL"] = f"{self.server().address}/template_demo"
        people = str(self._people)
        command = [sys.executable, "-m", "lms", "demo", "--no-serve", "--participants", people, "--pool", people]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        assert done.returncode == 0, done.stderr
        self._is_built.add(kind)


def as_everybody() -> tuple[str, ...]:
    """What makes root obey the modes of files as everybody else does. Raises NotHere."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise NotHere("as root this needs setpriv (the package util-linux)")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
