"""A throw-away PostgreSQL server from the machine's own server binaries, for one test run."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=50 -c listen_addresses=127.0.0.1"
)


def find_binaries() -> Path | None:
    """The folder of initdb and postgres, or None where no server is installed."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        folder = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        if (Path(folder) / "initdb").exists():
            return Path(folder)
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[4])
    return installed[-1].parent if installed else None


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as another user of the machine."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server() -> Iterator[str | None]:
    """Start a server and give its address without a database name; None where there are no binaries."""
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="lms-pg-"))
    port = free_port()
    try:
        if user:
            shutil.chown(folder, user)
        run = (
            {"user": user, "check": True, "cwd": "/", "capture_output": True}
            if user
            else {"check": True, "capture_output": True}
        )
        data = folder / "data"
        subprocess.run([binaries / "initdb", "-D", data, "-U", "lms", "-A", "trust", "-E", "UTF8", "--no-sync"], **run)
        arguments = [
            binaries / "postgres",
            "-D",
            str(data),
            "-p",
            str(port),
            "-k",
            str(folder),
            *OPTIONS.split(),
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        process = subprocess.Popen(arguments, **quiet, **({"user": user} if user else {}))
        _wait(port, process)
        try:
            yield f"postgresql://lms@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(200):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://lms@127.0.0.1:{port}/postgres").close()
            return
        if process.poll() is not None:
            raise RuntimeError("the PostgreSQL server did not start")
        time.sleep(0.1)
    raise RuntimeError("the PostgreSQL server does not answer")


def make_database(address: str, name: str) -> str:
    """Make an empty database and give its address."""
    import psycopg

    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{address}/{name}"
