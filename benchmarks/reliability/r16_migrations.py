"""R16: every migration down and up again on a database of ten years, one by one, by the product's own commands.

Each goes down, up and down once more before the next. What both schemas know must hold the same afterwards; what only
the newer one knows must be found again, or its migration says in its docstring that going down loses it, and what to
do. An insert that knows only the older schema must pass in the newer one, or the docstring says that it cannot.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from alembic.script import Script, ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import IntegrityError

from lms.__main__ import Application, lms
from lms.kernel.db import WRITES, db
from lms.kernel.migrations import LOCK_PATIENCE

from .filled import SMALL, YEARS, filled
from .locks import Watch
from .report import Line
from .site import Site, Sites
from .sums import Sums, changed, gone, listed, sums, tables

NAME = "R16 migrations down and up"
CRITERION = (
    "0 columns changed in meaning; each step < 5 s under lock; gives up behind somebody's lock; what going down loses,"
    " and what older code cannot do beside it, is declared"
)
MOST_SECONDS = 5.0
GIVES_UP_SECONDS = 20.0
"""Three of patience; the rest is the start of a command on a busy machine, where there is no other end to it."""

LOSES = re.compile(r"Going\s+down\s+loses\s+what[^.]*:\s+make\s+a\s+copy\s+first")
CANNOT = re.compile(r"Code\s+of\s+\d+\s+cannot")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command, and for how many seconds others could not write."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found about one migration. refused: into which tables older code can put nothing."""

    script: Script
    steps: list[Step]
    changed: list[str]
    lost: list[str]
    refused: list[str]

    @property
    def faults(self) -> list[str]:
        """What nobody declared."""
        told = self.script.module.__doc__ or ""
        lost = [] if LOSES.search(told) else self.lost
        refused = [] if CANNOT.search(told) else self.refused
        return [f"{self.script.revision}: {one}" for one in (*self.changed, *lost, *refused)]


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """Ten years of five cohorts of 240 people; quick: two cohorts of 24."""
    size = SMALL if quick else YEARS
    with filled(sites, kind, size) as (site, _loaded):
        whole = sums(site)
        command = partial(_at_once, site) if quick else partial(_by_itself, site)
        waited, is_told = _gives_up(site, command)
        found = list(_walk(site, command, whole))
        is_whole = not command("upgrade") and not command("check")
    steps, faults = [step for one in found for step in one.steps], [fault for one in found for fault in one.faults]
    longest = max(steps, key=lambda step: step.seconds)
    rows = sum(table.rows for table in whole.values())
    declared = [one.script.revision for one in reversed(found) if one.lost]
    beside = [one.script.revision for one in reversed(found) if one.refused]
    figures = (
        f"{size.cohorts} cohorts of {size.people}: {rows:,} rows, {sum(t.rows > 0 for t in whole.values())} of"
        f" {len(whole)} tables filled; {len(steps)} steps, longest under lock {longest.seconds:.2f} s ({longest.name});"
        f" changed {sum(len(one.changed) for one in found)}; going down loses (declared): {', '.join(declared)};"
        f" older code cannot work beside (declared): {', '.join(beside) or 'none'};"
        f" behind somebody's lock gave up after {waited:.1f} s; undeclared {len(faults)}"
        f"{': ' + '; '.join(faults[:5]) if faults else ''}"
    )
    is_soon = waited < GIVES_UP_SECONDS and longest.seconds < MOST_SECONDS
    holds = is_told and not faults and is_whole and (quick or is_soon)  # a busy machine migrates slowly
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


Command = Callable[..., str]
"""Runs `lms db …`, and gives what it was refused for, or nothing."""


def _by_itself(site: Site, *arguments: str) -> str:
    """As an operator does."""
    done = site.command("db", *arguments)
    return done.stderr or "refused" if done.returncode else ""


def _at_once(site: Site, *arguments: str) -> str:
    """The same command in this process, which need not be started each time."""
    made = Application()
    done = CliRunner().invoke(lms, ["db", *arguments], obj=made, env=site.environ)
    if made.made is not None:
        with made.made.app_context():
            db.engine.dispose()
    return str(done.exception or "refused") if done.exit_code else ""


def _walk(site: Site, command: Command, before: Sums) -> Iterator[Found]:
    """From the newest migration to the oldest. before: what stands at the newest."""
    scripts = list(ScriptDirectory(str(Path(__file__).parents[2] / "migrations")).walk_revisions())
    for script in scripts:
        lower = str(script.down_revision or "base")
        steps = [_step(site, command, "downgrade", lower)]
        below = sums(site)
        steps.append(_step(site, command, "upgrade", "head"))  # what the product itself finds again, it finds there
        if script is not scripts[0]:
            steps.append(_step(site, command, "downgrade", script.revision))
        after = sums(site)
        refused = _refused(site, below)
        steps.append(_step(site, command, "downgrade", lower))
        again = sums(site)
        differs = [*changed(before, below), *changed(below, after), *changed(after, again)]
        yield Found(script=script, steps=steps, changed=differs, lost=gone(before, below, after), refused=refused)
        before = again


def _step(site: Site, command: Command, direction: str, revision: str) -> Step:
    with Watch(site) as watch:
        refusal = command(direction, revision)
    assert not refusal, refusal
    return Step(name=f"{direction} {revision}", seconds=watch.longest)


def _refused(site: Site, older: Sums) -> list[str]:
    """Into which tables code that knows the older schema can put no row. Nothing of it stays."""
    known = {name: sorted(table.columns) for name, table in older.items()}
    with site.inside(), db.engine.connect().execution_options(**{WRITES: LOCK_PATIENCE}) as connection:
        present = {name: columns for name, _key, columns in tables(inspect(connection))}
        missing = [f"{name} misses columns" for name in known if not {*known[name]} <= {*present.get(name, ())}]
        refused = [name for name in known if not missing and not _takes(connection, name, known[name], older)]
        connection.rollback()
    return missing + refused


def _takes(connection: Connection, name: str, columns: list[str], older: Sums) -> bool:
    """Whether a row comes in that says nothing of other columns: one that is there already, so that it only knocks."""
    if not older[name].rows:
        return not _demands(connection, name, columns)
    some = f"SELECT {listed(columns)} FROM {name} LIMIT 1"
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(
                f"INSERT INTO {name} ({listed(columns)}) SELECT * FROM ({some}) AS one WHERE true"
                " ON CONFLICT DO NOTHING"
            )
    except IntegrityError:
        return False
    return True


def _demands(connection: Connection, name: str, columns: list[str]) -> bool:
    """Whether an empty table has further columns that must be filled and do not fill themselves."""
    schema, _, table = name.rpartition(".")
    return any(
        not column["nullable"] and column["default"] is None
        for column in inspect(connection).get_columns(table, schema=schema or None)
        if column["name"] not in columns
    )


def _gives_up(site: Site, command: Command) -> tuple[float, bool]:
    """How long a command takes that waits for somebody's lock, and whether it then says that nothing was changed."""
    begun = time.monotonic()
    with _locked(site):
        refusal = command("downgrade", "-1")
    seconds = time.monotonic() - begun
    return seconds, "nothing was changed" in refusal and not command("check")


@contextmanager
def _locked(site: Site) -> Iterator[None]:
    """Somebody has read what every table leads to and has not ended yet; under SQLite somebody writes."""
    if site.server is None:
        with closing(sqlite3.connect(site.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(f"{site.server.address}/{site.database}") as other_one:
        other_one.execute("LOCK TABLE accounts_person, assessments_attempt IN ACCESS SHARE MODE")
        yield
