"""Backups that are taken while people work, and whether they are whole: opened, checked, counted."""

import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from benchmarks.load import Loaded
from benchmarks.server import Database
from tests.tools.postgres import find_binaries

COUNTED = {
    "attempts": "SELECT count(*) FROM assessments_attempt",
    "answers": "SELECT count(*) FROM (SELECT DISTINCT attempt_id, question FROM assessments_step"
    " WHERE kind = 'answer') AS answered",
    "hand-ins": "SELECT count(*) FROM assessments_attempt WHERE handed_in_at IS NOT NULL",
}
"""What people are told is there, in the words of the database."""

RESTORED = "restored"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One backup. seconds: it took, without checking it; faults: what is wrong with it."""

    seconds: float
    size: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        told = f"{self.seconds:.1f} s, {self.size / 2**20:.1f} MiB"
        return f"{told}, {'whole' if not self.faults else '; '.join(self.faults)}"


@dataclass(frozen=True, kw_only=True)
class Copier:
    """Copies one database as it runs. folder: where copies lie, one at a time."""

    where: Database
    loaded: Loaded
    folder: Path

    @property
    def file(self) -> Path:
        """The file of a copy."""
        return self.folder / "backup"

    def take(self, before: Mapping[str, int], acknowledged: Mapping[str, int]) -> Backup:
        """Copy and check. before: rows when nobody worked yet; acknowledged: since then, when the copy is begun."""
        begun = time.monotonic()
        try:
            self._dump() if self.where.server else self._copy()
            seconds, size = time.monotonic() - begun, self.file.stat().st_size
            found, faults = self._restored() if self.where.server else self._opened()
        except (subprocess.CalledProcessError, sqlite3.Error) as fault:
            told = fault.stderr.decode() if isinstance(fault, subprocess.CalledProcessError) else str(fault)
            return Backup(seconds=time.monotonic() - begun, size=0, faults=(f"failed: {told.strip()[-200:]}",))
        finally:
            self.file.unlink(missing_ok=True)
        return Backup(seconds=seconds, size=size, faults=(*faults, *fewer(found, before, acknowledged)))

    def counts(self) -> dict[str, int]:
        """Rows in the database as it is now."""
        if self.where.server:
            return self._counted_by_server(self._name)
        with closing(sqlite3.connect(self.database)) as connection:
            return _counted(lambda statement: connection.execute(statement).fetchone()[0])

    @property
    def database(self) -> Path:
        """The file of the database, under SQLite."""
        return Path(self._name)

    @property
    def _name(self) -> str:
        return str(make_url(self.loaded.database_url).database)

    def _copy(self) -> None:
        """SQLite's own backup: one look at the file as it was at one moment; nobody waits for it."""
        with closing(sqlite3.connect(self.database)) as source, closing(sqlite3.connect(self.file)) as target:
            source.backup(target)

    def _opened(self) -> tuple[dict[str, int], list[str]]:
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute("PRAGMA integrity_check").fetchall()
            faults = [f"integrity: {row[0]}" for row in rows if row != ("ok",)]
            faults += [f"foreign key of {row[0]}" for row in connection.execute("PRAGMA foreign_key_check")]
            return _counted(lambda statement: connection.execute(statement).fetchone()[0]), faults

    def _dump(self) -> None:
        self._run("pg_dump", "--format=custom", f"--file={self.file}", f"--dbname={self._address(self._name)}")

    def _restored(self) -> tuple[dict[str, int], list[str]]:
        """Into a database of its own: that checks every key and constraint."""
        server = self.where.server
        assert server is not None
        self.where.empty(RESTORED)
        self._run("pg_restore", "--exit-on-error", f"--dbname={self._address(RESTORED)}", str(self.file))
        found = self._counted_by_server(RESTORED)
        server.run(f"DROP DATABASE {RESTORED} WITH (FORCE)")
        return found, []

    def _address(self, database: str) -> str:
        assert self.where.server is not None
        return f"{self.where.server.address}/{database}"

    def _counted_by_server(self, database: str) -> dict[str, int]:
        server = self.where.server
        assert server is not None
        return _counted(lambda statement: server.run(statement, database)[0][0])

    def _run(self, name: str, *arguments: str) -> None:
        binaries = find_binaries()
        assert binaries is not None
        subprocess.run([binaries / name, *arguments], check=True, capture_output=True)


def _counted(ask: Callable[[str], object]) -> dict[str, int]:
    return {name: int(str(ask(statement))) for name, statement in COUNTED.items()}


def fewer(found: Mapping[str, int], before: Mapping[str, int], acknowledged: Mapping[str, int]) -> list[str]:
    """Where a copy holds less than there was before and was acknowledged since."""
    return [
        f"{found.get(name, 0) - before[name]} {name} of {count} acknowledged"
        for name, count in acknowledged.items()
        if found.get(name, 0) - before[name] < count
    ]
