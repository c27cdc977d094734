"""For how long a command keeps others from writing."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from .site import Site

LOOK_SECONDS = 0.01
BLOCKING = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
    WHERE granted AND relkind = 'r' AND NOT relnamespace = 'pg_catalog'::regnamespace
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
"""Locks that a writer would wait for. A table that is only being made is in nobody's catalogue yet, and not found."""


class Watch(threading.Thread):
    """Looks all the time whether a writer would have to wait. longest: seconds without an end."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site, self._over, self.longest = site, threading.Event(), 0.0

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Until it is over."""
        if self._site.server is None:
            with closing(sqlite3.connect(self._site.file, isolation_level=None, timeout=0)) as database:
                self._look(lambda: _is_locked(database))
        else:
            address = f"{self._site.server.address}/{self._site.database}"
            with psycopg.connect(address, autocommit=True) as server:
                self._look(lambda: bool((server.execute(BLOCKING).fetchone() or (0,))[0]))

    def _look(self, is_locked: Callable[[], bool]) -> None:
        since: float | None = None
        while not self._over.is_set():
            now = time.monotonic()
            since = (since or now) if is_locked() else None
            if since is not None:
                self.longest = max(self.longest, time.monotonic() - since)
            self._over.wait(LOOK_SECONDS)


def _is_locked(database: sqlite3.Connection) -> bool:
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    database.execute("ROLLBACK")
    return False
