"""Run the fault programs, `make reliability`, or one of them: `python -m benchmarks.reliability --only R1`.

Each renews its own lines in docs/reliability.md, unless it is --quick.
"""

import argparse
import importlib
import itertools
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

from .page import Run, renewed
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
    options.add_argument("--quick", action="store_true", help="smaller numbers, as in make check; the page stays")
    asked = options.parse_args()
    os.umask(0o077)  # what is written holds passphrases
    kinds = (SQLITE, POSTGRESQL) if asked.database is None else (asked.database,)
    holds = True
    sites = Sites(people=PEOPLE)
    try:
        for name, kind in itertools.product(asked.only, kinds):
            found = timed(name, kind, sites, quick=asked.quick)
            if found is None or found.line.holds is False:
                holds = False
            if found is not None:
                print(f"{found.line.test}\n{found}", flush=True)
                if not asked.quick and found.line.holds is not None:
                    DOCUMENT.write_text(renewed(DOCUMENT.read_text(), [found], machine()))
    finally:
        sites.close()
    if not holds:
        sys.exit(1)


def timed(name: str, kind: str, sites: Sites, *, quick: bool) -> Run | None:
    """What a program found and how long it took; None if it broke: its trace is told, and the others still run."""
    day, load, begun = datetime.now(UTC).date(), os.getloadavg()[0], time.monotonic()
    try:
        line = run(name, kind, sites, quick=quick)
    except Exception:  # noqa: BLE001 - the others still run
        traceback.print_exc()
        return None
    return Run(line=line, day=day, seconds=time.monotonic() - begun, load=max(load, os.getloadavg()[0]))


def machine() -> str:
    """What all this ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found, postgres = find_binaries(), "none"
    if found is not None:
        postgres = subprocess.run([found / "postgres", "--version"], capture_output=True, text=True).stdout.split()[2]
    return (
        f"Last run on {platform.system()} {platform.release()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres}."
    )


if __name__ == "__main__":
    main()
