"""One data set measured: each act in each loop on a server and data of its own, the floors, the rushes."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path

from . import table
from .acts import ACTS, FLOOR_END, FLOORS, STAFF_PAGES, Act
from .inside import Inside
from .load import Loaded
from .loops import Driver
from .server import Database, Server, busy_seconds, floor, product
from .table import Row

WARM_USERS, MOST_WARM_SECONDS = 8, 2.0
LARGEST_COPIED = 50_000
"""Enrolments up to which acts that write are measured too: each loop works in a copy of its own."""

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
