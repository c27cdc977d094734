"""Run the fault programs and print one table: `make reliability`, or `python -m bench.reliability --only R1 --quick`.

Without --only and --quick the table is written to docs/reliability.md.
"""

import argparse
import importlib
import os
import platform
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from .report import Line
from .site import POSTGRESQL, SQLITE, NotHere, Sites

PROGRAMS = {
    "R1": "r01_killed",
    "R2": "r02_syncs",
    "R4": "r04_full_disk",
    "R5": "r05_read_only",
    "R6": "r06_database_gone",
    "R10": "r10_orders",
    "R11": "r11_two_devices",
    "R12": "r12_two_markers",
    "R13": "r13_deadline",
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
    lines, failed = [], False
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
                print(f"{line.test:<34} {line.database:<11} {line.verdict:<8} {line.figures}"
                      f"  [{time.monotonic() - begun:.0f} s]", flush=True)  # fmt: skip
    finally:
        sites.close()
    if not asked.quick and asked.only == list(PROGRAMS) and asked.database is None and not failed:
        DOCUMENT.write_text(document(lines))
        print(f"written: {DOCUMENT}")
    if failed or any(line.holds is False for line in lines):
        sys.exit(1)


def document(lines: list[Line]) -> str:
    """The page of docs/."""
    day = datetime.now(UTC).date()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, {memory:.0f} GB"
    rows = "\n".join(
        f"| {line.test} | {line.database} | {line.figures} | {line.criterion} | {line.verdict} |" for line in lines
    )
    return TEXT.format(day=day, machine=machine, rows=rows, python=platform.python_version())


TEXT = """# Reliability: what was broken on purpose, and what was lost

If the page said "saved", it is saved, whatever dies next; if it did not, the page keeps it and tries again. The programs
in `bench/reliability/` run the product as an operator does (`lms serve`, two processes, a demo year of 24 and more
people), break something, and compare what people were told with what the database holds.

Written by `make reliability` on {day}; {machine}, Python {python}. A smaller run of the same programs is part of
`make check` (`tests/reliability/`).

| Test | Database | Figures | Pass criterion | Verdict |
|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    main()
