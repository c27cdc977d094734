"""Run the fault programs and print one table: `make reliability`, or one: `python -m benchmarks.reliability --only R1`.

Without --only and --quick the table is written to docs/reliability.md.
"""

import argparse
import importlib
import os
import platform
import sqlite3
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from tests.tools.postgres import find_binaries

from .report import Line
from .site import POSTGRESQL, SQLITE, NotHere, Sites

PROGRAMS = {
    "R1": "r01_killed",
    "R2": "r02_syncs",
    "R3": "r03_worker_killed",
    "R4": "r04_full_disk",
    "R5": "r05_read_only",
    "R6": "r06_database_gone",
    "R8": "r08_smtp_down",
    "R10": "r10_orders",
    "R11": "r11_two_devices",
    "R12": "r12_two_markers",
    "R13": "r13_deadline",
    "R15": "r15_backup",
    "R16": "r16_migrations",
    "R17": "r17_load",
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
PEOPLE = 24


def run(name: str, kind: str, sites: Sites, *, quick: bool) -> Line:
    """Run one program on one database; one that cannot run here says why."""
    program = importlib.import_module(f"{__package__}.{PROGRAMS[name]}")
    try:
        found: Line = program.run(sites, kind, quick=quick)
    except NotHere as reason:
        return Line(test=program.NAME, database=kind, figures=str(reason), criterion=program.CRITERION, holds=None)
    return found


def main() -> None:
    """Run what was asked for; exit with 1 when something failed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    options.add_argument("--database", choices=(SQLITE, POSTGRESQL))
    options.add_argument("--quick", action="store_true", help="smaller numbers, as in make check")
    asked = options.parse_args()
    os.umask(0o077)  # what is written holds passphrases
    lines, failed, load = [], False, [os.getloadavg()[0]]
    sites = Sites(people=PEOPLE)
    try:
        for name in asked.only:
            for kind in (SQLITE, POSTGRESQL) if asked.database is None else (asked.database,):
                begun = time.monotonic()
                try:
                    line = run(name, kind, sites, quick=asked.quick)
                except Exception:  # noqa: BLE001 - the others still run
                    traceback.print_exc()
                    failed = True
                    continue
                lines.append(line)
                load.append(os.getloadavg()[0])
                print(f"{line.test:<34} {line.database:<11} {line.verdict:<8} {line.figures}"
                      f"  [{time.monotonic() - begun:.0f} s]", flush=True)  # fmt: skip
    finally:
        sites.close()
    if not asked.quick and asked.only == list(PROGRAMS) and asked.database is None and not failed:
        DOCUMENT.write_text(document(lines, max(load)))
        print(f"written: {DOCUMENT}")
    if failed or any(line.holds is False for line in lines):
        sys.exit(1)


def document(lines: list[Line], load: float) -> str:
    """The page of docs/."""
    day = datetime.now(UTC).date()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = (
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, {memory:.0f} GB, load up to {load:.0f}"
    )
    rows = "\n".join(
        f"| {line.test} | {line.database} | {line.figures} | {line.criterion} | {line.verdict} |" for line in lines
    )
    return TEXT.format(day=day, machine=machine, rows=rows, python=platform.python_version(), **_versions())


def _versions() -> dict[str, str]:
    binaries = find_binaries()
    told = "none"
    if binaries is not None:
        told = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True).stdout.split()[2]
    return {"sqlite": sqlite3.sqlite_version, "postgres": told}


TEXT = """# Reliability: what was broken on purpose, and what was lost

If the page said "saved", it is saved, whatever dies next; if it did not, the page keeps it and tries again. The
programs in `benchmarks/reliability/` run the product as an operator does (`lms serve`, two processes, a demo year with
24 more people), break something, and compare what people were told with what the database holds.

Written by `make reliability` on {day}; {machine}, Python {python}, SQLite {sqlite}, PostgreSQL {postgres}. A smaller
run of the same programs is part of `make check` (`tests/reliability/`); one test alone: `make reliability ARGS="--only
R6 --database postgresql"`.

| Test | Database | Figures | Pass criterion | Verdict |
|---|---|---|---|---|
{rows}

## How to read it

- **R1**: a kill hits a worker, the master, or everything at once, in turn. Restart: from the kill until `/readyz`
  answers. Lost: acknowledged and not stored. Doubled: stored twice. Stale: what stands is not what its device was told
  last.
- **R2**: counted by strace in the processes that write: those of the site (SQLite), those of the server (PostgreSQL).
  In production `lms serve` refuses a database whose settings would lose acknowledged saves, and `lms doctor` names it.
- **R3**: `lms worker` is killed within a second of its having taken something up. A message that the mail server took
  just before is sent again, under the same Message-ID; what a dead worker held is free after ten minutes, which are
  skipped here.
- **R4**: a tmpfs that is filled to the last byte; under PostgreSQL a tablespace on it. Its journal lies elsewhere: a
  PostgreSQL whose journal has no room stops by itself, which is R6.
- **R5**: PostgreSQL by `default_transaction_read_only`; SQLite by the modes of files and folder, for a server without
  the rights of root. Connections are new when it begins; nothing is restarted when it ends.
- **R6**: a request waits a second and a half for a lock or an answer, then it is told that nothing was saved. After one
  waited in vain, the others of its process wait a fifth of a second for the next second (`lms/kernel/waiting.py`).
  A server without its processes frozen goes on with the connections that it has; only new ones wait.
- **R8**: nobody listens, every recipient is put off (4xx), the connection is taken and nothing said, each word takes
  half a second; in each of these people read and answer while a coordinator writes to all of them. Then the worker's
  clock is moved through an hour without mail and on until everything has left. A pause between two tries may be longer
  than the hour was.
- **R10**: each act says how long its device held it; two devices answered the same question at the same state.
- **R11**: the half in a browser is `tests/journeys/`. At one moment both may be told "saved": the next page shows that
  there are two answers, which counts, and how to settle it.
- **R12**: both say that they saw the other's marks, else only the first could save at all.
- **R13**: a decision is explained when what was received before the deadline stands in the attempt and what came after
  it beside it, or after her own hand-in; and when everything that was sent is stored.
- **R15**: three copies of ten years of data by the commands of [operating.md](operating.md), one after the other; the
  last is restored to a new site and compared with what had been acknowledged before it was begun. Each person answers
  every two seconds. Whole: `PRAGMA integrity_check` and every reference (PostgreSQL: restored without a fault), `lms db
  check`, `/readyz`, somebody signs in. That a restored copy sends no mail and brings no erased people back is the work
  of `lms backup` and `lms restore`, which are not built yet.
- **R16**: a digest of each column of each table, of whatever both schemas know, before and after. Each migration goes
  down, up and down once more. Under lock: as long as a writer would have to wait. What stands beside places (0004) is
  lost on the way down and counted anew by `lms db upgrade`, and must be the same. Declared: the docstring of the
  migration says it. Older code is tried by inserts that know only the older columns.
- **R17**: a sign-in lasts from opening its form until Today can be read, waiting and coming again included; a save from
  the moment at which she wanted to save. Missing: acknowledged, and not what stands. Memory is told
  and not judged: before ten minutes it fills (docs/performance.md). The people are played on the same cores.

## R14, time zones and changes of clocks

Nothing has to be broken for it: it is part of `make test`, on both databases. `tests/home/test_time_zones.py` types 42
local times of Port-au-Prince, Juba, Kabul, Yangon, Gaza, Cairo, Beirut and Oslo into the page of a cohort's dates: 21
that come once are kept and shown again as typed, 12 that clocks skip are refused with the next one that exists, 9 that
come twice are asked about, and each answer is its own moment. One deadline is shown to a participant in each of the
eight places by her own clock, with the offset of that day and with how long is left, on Today, in the outline and on
the quiz. `tests/cohorts/test_wallclock.py` takes every quarter of an hour around 21 changes of clocks there and back.
Pass criterion: at least 30 cases, and every moment comes back as it was.
"""


if __name__ == "__main__":
    main()
