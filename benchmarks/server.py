"""The product and the floors as processes of their own, under the same settings; their CPU and memory from /proc.

`lms serve` with two processes, as an operator starts it, behind one trusted hop. A floor is served by the same class
with the same options. CPU is what all processes of a server used (utime + stime, those included that ended); memory is
their proportional set size, in which what two processes share is counted once.
"""

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from gunicorn.config import Config
from sqlalchemy.engine import make_url

from benchmarks.reliability.database import Postgres, children
from lms.settings import Settings, read_settings
from lms.web.server import Server as ProductServer
from tests.tools.postgres import free_port

from .load import Loaded

KINDS = ("sqlite", "postgresql")
ROOT = Path(__file__).parents[1]
WORKERS = 2
START_SECONDS, STOP_SECONDS = 120, 20
TICKS = os.sysconf("SC_CLK_TCK")
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
UTIME = 11
"""Place of utime behind the name of the program in /proc/…/stat; stime, cutime and cstime follow."""


def environ_of(loaded: Loaded) -> dict[str, str]:
    """The settings with which a data set is served."""
    return {
        "LMS_ENV": "demo",
        "LMS_DATA_DIR": str(loaded.data_dir),
        "LMS_KEYS_DIR": str(loaded.keys_dir),
        "LMS_DATABASE_URL": loaded.database_url,
        "LMS_WORKERS": str(WORKERS),
        "LMS_PROXY_HOPS": "1",
    }


def family(pid: int) -> list[int]:
    """A process and everything that it started and that they started."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def cpu_seconds(pid: int) -> float:
    """CPU of a process and its family, those included that have ended."""
    return sum(_ticks(one) for one in family(pid)) / TICKS


def _ticks(pid: int) -> int:
    with contextlib.suppress(OSError):
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return sum(map(int, after_name[UTIME : UTIME + 4]))
    return 0


def busy_seconds() -> float:
    """CPU that everybody on this machine took since it was started."""
    with Path("/proc/stat").open() as file:
        user, nice, system, _idle, _waiting, *rest = map(int, file.readline().split()[1:])
    return (user + nice + system + sum(rest[:3])) / TICKS  # interrupts, and what the host took away


def memory_bytes(pid: int) -> int:
    """Proportional set size of a process and its family."""
    return sum(_pss(one) for one in family(pid))


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


class Server:
    """A server in a process group of its own, on a free port."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        ready: str,
        log: Path,
        port: int = 0,
        workers: int = WORKERS,
    ) -> None:
        self.port, self.log, self._workers = port or free_port(), log, workers
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env={**clean, **environ, "LMS_PORT": str(self.port)},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            self._wait(f"http://127.0.0.1:{self.port}{ready}")
        except BaseException:
            self.stop()
            raise

    def _wait(self, address: str) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if self.processes > self._workers and _answers(address):
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not get ready:\n{self.log.read_text()[-3000:]}")

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    @property
    def processes(self) -> int:
        """How many there are."""
        return len(family(self.pid))

    def cpu_seconds(self) -> float:
        """CPU of all its processes since they were started."""
        return cpu_seconds(self.pid)

    def memory_bytes(self) -> int:
        """Memory of all its processes now."""
        return memory_bytes(self.pid)

    def stop(self) -> None:
        """End it in order; whatever is left of its own group after some seconds, at once."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _answers(address: str) -> bool:
    """Whether a page can be read, or is kept for people who are signed in."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code == HTTPStatus.UNAUTHORIZED
    except OSError:
        return False


@contextlib.contextmanager
def product(loaded: Loaded, log: Path, *, workers: int = WORKERS) -> Iterator[Server]:
    """`lms serve` over a data set."""
    environ = {**environ_of(loaded), "LMS_WORKERS": str(workers)}
    server = Server(["lms", "serve"], environ, ready="/readyz", log=log, workers=workers)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def floor(number: int, folder: Path, database_url: str, size: int) -> Iterator[Server]:
    """A floor whose page has so many bytes, with its tables in a database that holds nothing else."""
    port = free_port()
    own = {"LMS_ENV": "demo", "LMS_DATA_DIR": str(folder / "floor"), "LMS_WORKERS": str(WORKERS), "LMS_PORT": str(port)}
    command = ["benchmarks.floors", "--number", str(number), "--bytes", str(size)]
    command += ["--gunicorn", json.dumps(gunicorn_options(read_settings(own)))]
    hidden = {"FLOOR_DATABASE_URL": database_url}  # `ps` shows arguments to everybody
    server = Server(command, hidden, ready="/", log=folder / "floor.log", port=port)
    try:
        yield server
    finally:
        server.stop()


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """What the product's own server sets, but for what it does between its processes."""
    found, usual = ProductServer(Flask("nothing"), settings).cfg, Config()
    assert found is not None
    changed = {name: one.get() for name, one in found.settings.items() if one.get() != usual.settings[name].get()}
    return {name: value for name, value in changed.items() if not callable(value)}


@dataclass(frozen=True, kw_only=True)
class Database:
    """Where data sets are made and copied. server: the PostgreSQL server of this run, or None for files of SQLite."""

    server: Postgres | None
    folder: Path

    @property
    def kind(self) -> str:
        """Which it is."""
        return "postgresql" if self.server else "sqlite"

    @property
    def cpu_seconds(self) -> float:
        """CPU of the database server; SQLite runs inside the product's processes."""
        return cpu_seconds(self.server.processes()[0]) if self.server else 0.0

    def empty(self, name: str) -> str | None:
        """The address of an empty database; None where SQLite makes its own file."""
        if self.server is None:
            return None
        self._anew(name, "template0")
        return f"{self.server.address}/{name}"

    def empty_file(self, name: str) -> str:
        """The address of an empty database, whichever kind: for the floors."""
        return self.empty(name) or f"sqlite:///{self.folder / name}.sqlite"

    @contextlib.contextmanager
    def copy(self, loaded: Loaded) -> Iterator[Loaded]:
        """The same data set once more, to be worked in; taken away afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            data_dir, keys_dir = Path(name) / "data", Path(name) / "keys"
            for source, target in ((loaded.data_dir, data_dir), (loaded.keys_dir, keys_dir)):
                shutil.copytree(source, target)
            yield replace(loaded, data_dir=data_dir, keys_dir=keys_dir, database_url=self._copy(loaded, data_dir))

    def _copy(self, loaded: Loaded, data_dir: Path) -> str:
        url = make_url(loaded.database_url)
        if self.server is None:
            return f"sqlite:///{data_dir / Path(str(url.database)).relative_to(loaded.data_dir)}"
        self._anew("copy", str(url.database))
        return f"{self.server.address}/copy"

    def _anew(self, name: str, template: str) -> None:
        assert self.server is not None
        with psycopg.connect(f"{self.server.address}/postgres", autocommit=True) as connection:
            connection.execute(ALONE, (template,))  # loading left connections behind, and a copy needs it to itself
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """SQLite, or a PostgreSQL server of our own that keeps what it acknowledged (fsync on)."""
    folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
    if kind == "sqlite":
        yield Database(server=None, folder=folder)
        return
    server = Postgres(folder / "postgres")
    server.start()
    try:
        yield Database(server=server, folder=folder)
    finally:
        server.stop(signal.SIGINT)
