"""A PostgreSQL server that keeps what it acknowledged (fsync on), and that can be stopped, frozen and filled up."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.tools.postgres import find_binaries, free_port, server_user

OPTIONS = (
    "listen_addresses=127.0.0.1", "max_connections=80", "fsync=on", "synchronous_commit=on", "full_page_writes=on",
)  # fmt: skip
START_SECONDS = 60


class Postgres:
    """One server of our own in a folder, on a free port. Who may come in knows a password drawn for it alone."""

    def __init__(self, folder: Path) -> None:
        binaries = find_binaries()
        assert binaries is not None
        self.folder, self.port, self._binaries = folder, free_port(), binaries
        self._user = {"user": name} if (name := server_user()) else {}
        self._password, told = secrets.token_urlsafe(16), folder / "password"
        folder.mkdir(mode=0o700)
        told.touch(mode=0o600)
        told.write_text(self._password)
        if self._user:
            for one in (folder, told):
                shutil.chown(one, self._user["user"])
        command = [binaries / "initdb", "-D", folder / "data", "-U", "lms", "-A", "scram-sha-256", "-E", "UTF8"]
        subprocess.run([*command, f"--pwfile={told}"], check=True, capture_output=True, cwd="/", **self._user)
        told.unlink()

    @property
    def address(self) -> str:
        """Its address without a database name: to be handed on in the environment, not where `ps` shows it."""
        return f"postgresql://lms:{self._password}@127.0.0.1:{self.port}"

    @property
    def owner(self) -> str | None:
        """The user of the machine who runs it, where that is another one."""
        return self._user.get("user")

    def start(self) -> None:
        """Start and wait until it answers."""
        data = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        options = [part for option in OPTIONS for part in ("-c", option)]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", *data, *options], stdout=log, stderr=log, cwd="/", **self._user
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(f"{self.address}/postgres").close()
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """Stop at once, as `pg_ctl stop -m immediate` does; SIGINT stops in order."""
        self.thaw()
        self._process.send_signal(number)
        self._process.wait(30)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Ask the server something as its owner, outside a transaction."""
        with psycopg.connect(f"{self.address}/{database}", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def processes(self) -> list[int]:
        """The server and everything that it started."""
        return [self._process.pid, *children(self._process.pid)]

    def freeze(self, *, everything: bool) -> None:
        """SIGSTOP for the server alone (it then takes no new connection), or for each of its processes."""
        for pid in self.processes() if everything else self.processes()[:1]:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let everything go on."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def children(pid: int) -> list[int]:
    """The processes that a process started, oldest first."""
    with contextlib.suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own of so many bytes (tmpfs). Raises PermissionError where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        raise PermissionError("mounting a tmpfs is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every byte that is left on the disk of a folder; the file that takes it."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return filler
