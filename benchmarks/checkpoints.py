"""What a save waits for under SQLite when its journal is brought over into the file: after how many pages, and by whom.

Saves as the product's: one row under a random name, one commit with one sync, beside somebody who reads all the time.
Whoever commits the page that fills the journal brings it over and is late by that much; a journal that nobody brings
over grows, and whoever reads looks through it.

    python -m benchmarks.checkpoints --saves 5000
"""

import argparse
import multiprocessing
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from .loops import percentile
from .table import as_table

ANSWER = b"x" * 600
"""About what a sealed answer takes."""

STANDING = 50_000
"""Rows that are there before, so that random names lie in many pages."""

PAUSE = 0.002
"""Seconds between two saves."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """pages: after how many whoever commits does it, 0 for never. every: seconds until a process of its own does."""

    name: str
    pages: int
    every: float = 0.0


POLICIES = (
    Policy(name="after 100 pages", pages=100),
    Policy(name="after 1,000 pages (SQLite's own, ours)", pages=1_000),
    Policy(name="after 10,000 pages", pages=10_000),
    Policy(name="a process each second, else after 10,000", pages=10_000, every=1.0),
    Policy(name="never", pages=0),
)


def opened(file: Path, pages: int) -> sqlite3.Connection:
    """A connection with the product's settings (lms.kernel.db)."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=10)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"wal_autocheckpoint={pages}"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def fill(file: Path) -> None:
    """The table of answers, with what was answered before."""
    with closing(opened(file, 1_000)) as connection:
        connection.execute("CREATE TABLE answer (id INTEGER PRIMARY KEY, operation BLOB UNIQUE, sealed BLOB)")
        connection.execute("BEGIN")
        rows = ((secrets.token_bytes(16), ANSWER) for _ in range(STANDING))
        connection.executemany("INSERT INTO answer (operation, sealed) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read_on(file: Path, stop: Event) -> None:
    """Somebody who reads, a short transaction at a time."""
    with closing(opened(file, 0)) as connection:
        while not stop.wait(PAUSE):
            connection.execute("SELECT count(*) FROM answer WHERE id > ?", (STANDING,)).fetchone()


def bring_over(file: Path, stop: Event, every: float) -> None:
    """The process of its own. PASSIVE: nobody waits for it."""
    with closing(opened(file, 0)) as connection:
        while not stop.wait(every):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def beside(file: Path, policy: Policy) -> Iterator[None]:
    """With those who work beside the one who saves."""
    stop = multiprocessing.Event()
    works = [multiprocessing.Process(target=read_on, args=(file, stop))]
    if policy.every:
        works.append(multiprocessing.Process(target=bring_over, args=(file, stop, policy.every)))
    for work in works:
        work.start()
    try:
        yield
    finally:
        stop.set()
        for work in works:
            work.join()


def measure(policy: Policy, saves: int) -> dict[str, object]:
    """Milliseconds that saves took, and how large the journal became."""
    with tempfile.TemporaryDirectory(prefix="lms-checkpoints-") as name:
        file = Path(name) / "answers.sqlite"
        fill(file)
        with beside(file, policy), closing(opened(file, policy.pages)) as connection:
            times = [save(connection) for _ in range(saves)]
            journal = file.with_name(f"{file.name}-wal").stat().st_size
    figures = {f"p{percent}": percentile(times, percent) * 1000 for percent in (50, 99)}
    return {"policy": policy.name, **figures, "longest": max(times) * 1000, "journal": journal / (1 << 20)}


def save(connection: sqlite3.Connection) -> float:
    """Save one answer; the seconds that it took."""
    time.sleep(PAUSE)
    begun = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO answer (operation, sealed) VALUES (?, ?)", (secrets.token_bytes(16), ANSWER))
    connection.execute("COMMIT")
    return time.perf_counter() - begun


def main() -> None:
    """Measure each policy, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--saves", type=int, default=5_000)
    asked = options.parse_args()
    columns = (("policy", "brought over"), ("p50", "p50 ms"), ("p99", "p99 ms"), ("longest", "longest ms"))
    rows = [measure(policy, asked.saves) for policy in POLICIES]
    sys.stdout.write(as_table((*columns, ("journal", "journal MiB")), rows) + "\n")


if __name__ == "__main__":
    main()
