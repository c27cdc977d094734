"""Backups that are taken while people work, as operators are told to, and whether they are whole: restored, counted."""

import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from benchmarks.load import Loaded
from benchmarks.reliability.copies import Copies, Place
from benchmarks.server import Database
from lms.kernel.db import KEYSTORE

COUNTED = {
    "attempts": "SELECT count(*) FROM assessments_attempt",
    "answers": "SELECT count(*) FROM (SELECT DISTINCT attempt_id, question FROM assessments_step"
    " WHERE kind = 'answer') AS answered",
    "hand-ins": "SELECT count(*) FROM assessments_attempt WHERE handed_in_at IS NOT NULL",
}
"""What people are told is there, in the words of the database."""

WITHOUT_KEY = (
    f"SELECT count(*) FROM accounts_person WHERE public_id NOT IN (SELECT person_id FROM {KEYSTORE}.person_key)"
)
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
    """Copies one site as it runs. folder: where copies lie, one at a time."""

    where: Database
    loaded: Loaded
    folder: Path

    def take(self, before: Mapping[str, int], acknowledged: Mapping[str, int]) -> Backup:
        """Copy and check. before: rows when nobody worked yet; acknowledged: since then, when the copy is begun."""
        folder = Path(tempfile.mkdtemp(prefix="backup-", dir=self.folder))
        copies = Copies(folder=folder / "copies").prepare()
        try:
            begun = time.monotonic()
            copies.take(self._place)
            seconds, size = time.monotonic() - begun, copies.size
            found, faults = self._restored(copies, folder)
        except (subprocess.CalledProcessError, sqlite3.Error) as fault:
            told = str(fault.stderr) if isinstance(fault, subprocess.CalledProcessError) else str(fault)
            return Backup(seconds=time.monotonic() - begun, size=0, faults=(f"failed: {told.strip()[-200:]}",))
        finally:
            shutil.rmtree(folder)
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

    @property
    def _place(self) -> Place:
        address = f"{self.where.server.address}/{self._name}" if self.where.server else None
        return Place(data_dir=self.loaded.data_dir, keys_dir=self.loaded.keys_dir, address=address)

    def _restored(self, copies: Copies, folder: Path) -> tuple[dict[str, int], list[str]]:
        """To a place of its own; what is counted there, and what is wrong with it."""
        place = Place(data_dir=folder / "data", keys_dir=folder / "keys", address=self.where.empty(RESTORED))
        copies.restore(place)
        if self.where.server is None:
            return _opened(place.data_dir / "lms.sqlite", place.keys_dir / "person-keys.sqlite")
        (without,), *_ = self.where.server.run(WITHOUT_KEY, RESTORED)
        found = self._counted_by_server(RESTORED)
        self.where.server.run(f"DROP DATABASE {RESTORED} WITH (FORCE)")
        return found, _keyless(without)

    def _counted_by_server(self, database: str) -> dict[str, int]:
        server = self.where.server
        assert server is not None
        return _counted(lambda statement: server.run(statement, database)[0][0])


def _opened(file: Path, keystore: Path) -> tuple[dict[str, int], list[str]]:
    """A PostgreSQL server checks every reference when it restores; SQLite has to be asked."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"ATTACH DATABASE ? AS {KEYSTORE}", (str(keystore),))
        rows = connection.execute("PRAGMA integrity_check").fetchall()
        faults = [f"integrity: {row[0]}" for row in rows if row != ("ok",)]
        faults += [f"foreign key of {row[0]}" for row in connection.execute("PRAGMA foreign_key_check")]
        faults += _keyless(connection.execute(WITHOUT_KEY).fetchone()[0])
        return _counted(lambda statement: connection.execute(statement).fetchone()[0]), faults


def _keyless(count: object) -> list[str]:
    return [f"{count} people without a key"] if count else []


def _counted(ask: Callable[[str], object]) -> dict[str, int]:
    return {name: int(str(ask(statement))) for name, statement in COUNTED.items()}


def fewer(found: Mapping[str, int], before: Mapping[str, int], acknowledged: Mapping[str, int]) -> list[str]:
    """Where a copy holds less than there was before and was acknowledged since."""
    return [
        f"{found.get(name, 0) - before[name]} {name} of {count} acknowledged"
        for name, count in acknowledged.items()
        if found.get(name, 0) - before[name] < count
    ]
