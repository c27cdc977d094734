"""The benchmark: `make bench`, or `python -m benchmarks --help`.

For each database and size it loads a data set. On one of them (`--whole`) it drives each act in each loop against `lms
serve` with two processes, with both floors in the same run and under the same server; on the others one user looks at
the pages of staff, which must cost the same at any size. Each loop has a server and a copy of the data of its own, so
that no loop meets what another has written. Prints a table; `--json` keeps everything for `benchmarks.compare` and
`benchmarks.plot`. Server, database and client share the machine: what the client takes is said.

    python -m benchmarks --quick
    python -m benchmarks --million --json new.json
    python -m benchmarks --people 1000 --database postgresql --only lesson --users 24
"""

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import table
from .acts import ACTS
from .bench import Bench, Loop, Wanted, say
from .inside import hash_ms
from .load import FILE, Loaded, load
from .server import Database, database

MOST_POOL = 2_000


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--people", type=int, nargs="+", metavar="N", help="in each cohort; one data set for each N")
    options.add_argument("--cohorts", type=int, default=1, metavar="N")
    options.add_argument("--pool", type=int, metavar="N", help="how many can sign in; 2,000 at the most without it")
    options.add_argument("--million", action="store_true", help="beside the others: 2,000 cohorts of 500")
    options.add_argument(
        "--whole", type=int, metavar="N", help="the set in which every act is measured; 1,000 without it"
    )
    options.add_argument("--set", type=Path, nargs="+", default=[], metavar="FOLDER", help="loaded before, on SQLite")
    options.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    options.add_argument("--users", type=int, nargs="*", metavar="N", help="closed loops; 1 24 200 without it")
    options.add_argument("--rate", type=float, nargs="*", metavar="N", help="open loops, acts a second; 40 without it")
    options.add_argument("--rush", type=int, nargs="*", metavar="N", help="200 1000 2000 without it")
    options.add_argument("--within", type=float, metavar="SECONDS", help="in which a rush begins; 60 without it")
    options.add_argument("--thinking", type=float, metavar="SECONDS", help="between two saves; 6 without it")
    options.add_argument("--seconds", type=float, help="of each loop; 3 without it")
    options.add_argument("--runs", type=int, help="3 without it")
    options.add_argument("--only", nargs="+", choices=[act.name for act in ACTS], default=[], metavar="ACT")
    options.add_argument("--quick", action="store_true", help="24 people, one short run, SQLite: does it work at all")
    options.add_argument("--json", type=Path, metavar="FILE")
    asked = options.parse_args(arguments)
    defaults = QUICK if asked.quick else FULL
    for name, value in defaults.items():
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    if asked.quick:
        asked.database = asked.database[:1]
    return asked


QUICK: dict[str, Any] = {
    "people": [24], "users": [1, 24], "rate": [20.0], "rush": [24], "within": 3.0, "thinking": 0.3, "seconds": 0.5,
    "runs": 1, "whole": 24,
}  # fmt: skip
FULL: dict[str, Any] = {
    "people": [24, 1_000, 10_000], "users": [1, 24, 200], "rate": [40.0], "rush": [200, 1_000, 2_000], "within": 60.0,
    "thinking": 6.0, "seconds": 3.0, "runs": 3, "whole": 1_000,
}  # fmt: skip
MILLION = {"people": 500, "cohorts": 2_000}


class Report:
    """What was found so far; kept in the file after each data set."""

    def __init__(self, asked: argparse.Namespace, arguments: Sequence[str]) -> None:
        self._file: Path | None = asked.json
        self.found: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "command": shlex.join(["python", "-m", "benchmarks", *arguments]),
            "machine": table.machine(),
            "versions": table.versions(None),
            "hash_ms": hash_ms(),
            "runs": asked.runs,
            "seconds": asked.seconds,
            "rows": [],
            "memory": [],
            "first_visits": [],
            "rushes": [],
        }

    def add(self, bench: Bench) -> None:
        """Measure a data set. Each rush is held once for each database, in the smallest set with people enough."""
        if bench.where.server:
            (version,), *_ = bench.where.server.run("SHOW server_version")
            self.found["versions"] = table.versions(str(version))
        self.found["rows"] += bench.rows()
        self.found["memory"] += bench.memory_rows()
        self.found["first_visits"] += bench.first_visits()
        for people in bench.wanted.rushes:
            held = [one["people"] for one in self.found["rushes"] if one["database"] == bench.where.kind]
            if people <= len(bench.loaded.pool) and people not in held:
                self.found["rushes"].append(bench.rush(people))
        if self._file:
            self._file.write_text(json.dumps(self.found, ensure_ascii=False, indent=1) + "\n")


def data_sets(asked: argparse.Namespace, where: Database, folder: Path) -> Iterator[Loaded]:
    """Those that were made before, or new ones. One of PostgreSQL lies in the server of this run."""
    for one in asked.set:
        loaded = Loaded.read(one / FILE)
        if loaded.database_url.startswith(where.kind):
            yield loaded
    sizes = [{"people": people, "cohorts": asked.cohorts} for people in asked.people if not asked.set]
    for size in [*sizes, *([MILLION] if asked.million else ())]:
        say(f"{where.kind}: {size['cohorts']:,} cohorts of {size['people']:,}")
        name = "set_{cohorts}_of_{people}".format(**size)
        pool = min(size["people"], asked.pool or MOST_POOL)
        yield load(folder / name, **size, pool=pool, database_url=where.empty(name))


def main() -> None:
    """Measure, and print the table."""
    os.umask(0o077)  # what is written holds passphrases
    asked = parse()
    wanted = Wanted(
        loops=[*(Loop(users=users) for users in asked.users), *(Loop(rate=rate) for rate in asked.rate)],
        only=asked.only,
        runs=asked.runs,
        seconds=asked.seconds,
        rushes=asked.rush,
        within=asked.within,
        thinking=asked.thinking,
    )
    report = Report(asked, sys.argv[1:])
    for kind in asked.database:
        with tempfile.TemporaryDirectory(prefix="lms-bench-") as name, database(kind, Path(name)) as where:
            for loaded in data_sets(asked, where, Path(name)):
                is_whole = loaded.enrolments == asked.whole or len(asked.set or asked.people) == 1 and not asked.million
                report.add(Bench(where, loaded, wanted if is_whole else wanted.growth, Path(name)))
    sys.stdout.write(table.as_text(report.found))


if __name__ == "__main__":
    main()
