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
import contextlib
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from . import table
from .acts import ACTS, FLOOR_END, FLOORS, STAFF_PAGES, Act
from .inside import Inside, hash_ms
from .load import FILE, Loaded, load
from .loops import Driver
from .server import Database, Server, busy_seconds, database, floor, product
from .table import Row

WARM_USERS, MOST_WARM_SECONDS = 8, 2.0
LARGEST_COPIED = 50_000
"""Enrolments up to which acts that write are measured too: each loop works in a copy of its own."""

MOST_POOL = 2_000
MOST_PREPARED = {"quiz start": 600, "hand-in": 300}
LEAST_PREPARED = 48
SLOW = {"sign-in": 0.1}
"""Part of the rate of arrivals for acts that cost more by nature."""

MEBIBYTE = 1 << 20
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A way of asking. users: of a closed loop; rate: arrivals a second of an open one."""

    users: int = 0
    rate: float = 0.0

    @property
    def name(self) -> str:
        """How it is called in the table."""
        return f"closed {self.users}" if self.users else f"open {self.rate:g}/s"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asked for."""

    loops: Sequence[Loop]
    only: Sequence[str]
    runs: int
    seconds: float
    rushes: Sequence[int]
    within: float
    thinking: float

    @property
    def growth(self) -> "Wanted":
        """Of a data set that is there to see whether pages of staff grow: one user, who only reads. Rushes stay."""
        only = [name for name in STAFF_PAGES if not self.only or name in self.only]
        return replace(self, loops=[one for one in self.loops if one.users == 1], only=only)

    def acts(self, loaded: Loaded) -> list[Act]:
        """Which acts are measured on a data set."""
        if self.only:
            return [act for act in ACTS if act.name in self.only]
        return [act for act in ACTS if not act.writes or loaded.enrolments <= LARGEST_COPIED]

    @property
    def warm_seconds(self) -> float:
        """How long each act is done before it is measured: both processes compile templates and statements then."""
        return min(self.seconds, MOST_WARM_SECONDS)

    @property
    def most_users(self) -> int:
        """Of all loops."""
        return max((loop.users for loop in self.loops), default=1)


@dataclass
class Bench:
    """Measures one data set."""

    where: Database
    loaded: Loaded
    wanted: Wanted
    folder: Path
    serve: Callable[[Loaded, Path], contextlib.AbstractContextManager[Server]] = product
    memory: dict[str, list[int]] = field(default_factory=dict)
    processes: int = 0

    def rows(self) -> list[Row]:
        """Every act in every loop, gathered over the runs."""
        acts = self.wanted.acts(self.loaded)
        counted, size = self._statements(acts), Inside(self.loaded).page_bytes("lesson")
        runs = []
        for number in range(1, self.wanted.runs + 1):
            run: list[Row] = []
            for loop in self.wanted.loops:
                say(f"{self.where.kind}, {self.loaded.enrolments:,} enrolments, run {number}, {loop.name}")
                run += self._floors(loop, size) + self.measured(acts, loop)
            runs.append(run)
        return [row | {"statements": counted.get(row["page"])} for row in table.gather(runs)]

    def memory_rows(self) -> list[Row]:
        """Memory after each loop."""
        return [
            self._told(loop=loop, processes=self.processes, pss_mib=table.spread([one / MEBIBYTE for one in values]))
            for loop, values in self.memory.items()
        ]

    def first_visits(self) -> list[Row]:
        """Requests and bytes of first visits."""
        visits = Inside(self.loaded).first_visit()
        return [self._told(page=one.page, requests=one.requests, bytes=one.bytes) for one in visits]

    def _told(self, **more: object) -> Row:
        of = {"database": self.where.kind, "enrolments": self.loaded.enrolments, "cohorts": self.loaded.cohorts}
        return {**of, **more}

    @contextlib.contextmanager
    def _data(self, acts: Sequence[Act]) -> Iterator[Loaded]:
        """A copy to be worked in; the data set itself where nothing but sessions is written."""
        if any(act.writes for act in acts):
            with self.where.copy(self.loaded) as copied:
                yield copied
        else:
            yield self.loaded

    def _statements(self, acts: Sequence[Act]) -> dict[str, int]:
        say(f"{self.where.kind}: statements")
        found = {}
        for act in acts:
            with self._data([act]) as loaded:
                found[act.name] = Inside(loaded).statements(act)
        return found

    def _people(self, loaded: Loaded, pool: int) -> dict[str, list[dict[str, str]]]:
        """Who there is, with a session each. readers: as many as there are users, each in a browser of her own."""
        most = max(self.wanted.most_users, WARM_USERS)
        logins = {
            "participant": loaded.pool[:pool],
            "reader": list(islice(cycle(loaded.pool), most)),
            "facilitator": [loaded.facilitator] * most,
            "coordinator": [loaded.coordinator] * most,
        }
        tokens = iter(Inside(loaded).sessions([one for all_ in logins.values() for one in all_]))
        people = {role: [{"login": one.login, "token": next(tokens)} for one in all_] for role, all_ in logins.items()}
        strangers = islice(cycle(loaded.pool), most)
        return people | {"stranger": [{"login": one.login, "password": one.password} for one in strangers]}

    def measured(self, acts: Sequence[Act], loop: Loop) -> list[Row]:
        """Each act in one loop, on a server and a copy of the data of its own."""
        pool = min(len(self.loaded.pool), max(MOST_PREPARED.values()))
        with self._data(acts) as loaded:
            people = self._people(loaded, pool)
            with self.serve(loaded, self.folder / "server.log") as server, Driver() as driver:
                told = {"pages": loaded.pages, "marks": loaded.marks, "people": people}
                driver.ask("people", port=server.port, **told)
                rows = [self._measure(driver, server, act, loop, pool) for act in acts]
                self.memory.setdefault(loop.name, []).append(server.memory_bytes())
                self.processes = server.processes
        return rows

    def _floors(self, loop: Loop, size: int) -> list[Row]:
        rows = []
        for number, act in enumerate(FLOORS, 1):
            address = self.where.empty_file("floors")
            with floor(number, self.folder, address, size) as server, Driver() as driver:
                people: dict[str, list[dict[str, str]]] = {"visitor": [{}] * max(self.wanted.most_users, WARM_USERS)}
                driver.ask("people", port=server.port, pages={"floor": "/"}, marks={"floor": FLOOR_END}, people=people)
                rows.append(self._measure(driver, server, act, loop, 0))
                self.memory.setdefault(f"{loop.name}, floor {number}", []).append(server.memory_bytes())
        return rows

    def _measure(self, driver: Driver, server: Server, act: Act, loop: Loop, pool: int) -> Row:
        """Warm up, prepare, measure: CPU of the server from just before to just after."""
        warm, share = self._shares(act, loop, pool)
        faults = driver.ask("prepare", act=act.name, share=warm)["faults"]
        driver.ask("closed", act=act.name, users=WARM_USERS, seconds=self.wanted.warm_seconds, share=warm)
        faults += driver.ask("prepare", act=act.name, share=share)["faults"]
        cpu, database_cpu, busy = server.cpu_seconds(), self.where.cpu_seconds, busy_seconds()
        if loop.users:
            told = driver.ask("closed", act=act.name, users=loop.users, seconds=self.wanted.seconds, share=share)
        else:
            rate = loop.rate * SLOW.get(act.name, 1)
            told = driver.ask("open", act=act.name, rate=rate, seconds=self.wanted.seconds, share=share)
        cpu, database_cpu = server.cpu_seconds() - cpu, self.where.cpu_seconds - database_cpu
        others = busy_seconds() - busy - cpu - database_cpu - told.pop("own_cpu")
        told["faults"], told["errors"] = [*faults[:1], *told["faults"]], len(faults) + told["errors"]
        row = self._told(page=act.name, loop=loop.name, requests_per_act=act.requests, **told)
        row["others_percent"] = max(0.0, 100 * others / (told["seconds"] * CORES))
        if row["acts"]:
            row["cpu_ms"] = cpu * 1000 / row["acts"]
        if row["acts"] and self.where.server:
            row["database_cpu_ms"] = database_cpu * 1000 / row["acts"]
        return row

    def _shares(self, act: Act, loop: Loop, pool: int) -> tuple[list[int] | None, list[int] | None]:
        """Whom the warming up uses up, and who is measured. Who only reads can do both."""
        if act.role != "participant":
            return None, None
        kept_back = min(max(pool // 10, 2), WARM_USERS)
        least = max(LEAST_PREPARED, 2 * loop.users)
        most = MOST_PREPARED.get(act.name, least)
        return [pool - kept_back, pool], [0, min(pool - kept_back, max(most, 1))]

    def rush(self, people: int) -> Row:
        """Everybody begins the quiz; afterwards every answer that was acknowledged is looked up."""
        say(f"{self.where.kind}, {self.loaded.enrolments:,} enrolments, rush of {people:,}")
        with self.where.copy(self.loaded) as loaded:
            everybody = self._people(loaded, people)
            with product(loaded, self.folder / "server.log") as server, Driver() as driver:
                driver.ask("people", port=server.port, pages=loaded.pages, marks=loaded.marks, people=everybody)
                for page in ("Today", "lesson"):
                    driver.ask("closed", act=page, users=WARM_USERS, seconds=self.wanted.warm_seconds)
                cpu, database_cpu, busy = server.cpu_seconds(), self.where.cpu_seconds, busy_seconds()
                told = driver.ask("rush", people=people, within=self.wanted.within, thinking=self.wanted.thinking)
                cpu, database_cpu = server.cpu_seconds() - cpu, self.where.cpu_seconds - database_cpu
                others = busy_seconds() - busy - cpu - database_cpu - told["own_cpu"]
                memory = server.memory_bytes()
            tokens = {one["login"]: one["token"] for one in everybody["participant"]}
            missing = Inside(loaded).missing(tokens, told["kept"])
        start, save = told["acts"]["quiz start"], told["acts"]["save and next"]
        figures = {
            f"{name}_{figure}": one.get(figure)
            for name, one in (("start", start), ("save", save))
            for figure in ("p50_ms", "p95_ms", "p99_ms")
        }
        return self._told(
            people=people,
            within_seconds=self.wanted.within,
            thinking_seconds=self.wanted.thinking,
            seconds=told["seconds"],
            others_percent=max(0.0, 100 * others / (told["seconds"] * CORES)),
            **figures,
            cpu_ms=cpu * 1000 / max(start["requests"] + save["requests"], 1),
            pss_mib=memory / MEBIBYTE,
            acts=start["acts"] + save["acts"],
            acknowledged=len(told["kept"]),
            missing=len(missing),
            errors=start["errors"] + save["errors"],
            faults=[*start["faults"], *save["faults"], *missing[:5]],
        )


def say(what: str) -> None:
    """How far it is, for somebody who looks on."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


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
