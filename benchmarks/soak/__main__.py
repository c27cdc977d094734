"""The soak: `make soak`, or `python -m benchmarks.soak`. Half an hour, 240 people, backups while they work.

`lms serve` with two processes and `lms worker` beside it, as an operator runs them. People sign in, read, answer, hand
in, sign out and in again, with some seconds of thinking between two acts; a facilitator marks, a coordinator looks at
how everybody stands. Every five minutes a backup is taken and opened. Afterwards everything that was acknowledged is
looked up. It holds when

- no answer was another than the page that was asked for, and the servers' logs tell of no error;
- nothing that was acknowledged is missing, in the database at the end and in each backup of what was told before it;
- memory of the product's processes is flat (benchmarks/soak/steady.py). That of a PostgreSQL server is only told: it
  fills the memory that it is given for pages, and stops there.

Prints a table by minute and a line that sums up, as they stand in docs/performance.md; ends with 1 when it does not
hold. Times are told and not judged: R17 judges them.

    python -m benchmarks.soak --database postgresql --minutes 3 --people 60
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.inside import Inside
from benchmarks.load import Loaded, load
from benchmarks.loops import Driver
from benchmarks.server import ROOT, Database, Server, busy_seconds, database, environ_of, memory_bytes, product

from .backups import Backup, Copier
from .standing import missing
from .steady import MOST_GROWTH_PERCENT, Sampler, growth_percent, is_flat

LOOK_SECONDS = 10.0
BACKUP_MINUTES = 5.0
WITHIN_SECONDS = 60.0
THINKING_SECONDS = 6.0
STOP_SECONDS = 60
TOLD_SECONDS = 2
"""After which everything of a minute has been said."""

MEBIBYTE = 1 << 20
CORES = len(os.sched_getaffinity(0))
FAULT_IN_LOG = re.compile(r" (?:ERROR|CRITICAL) |Traceback|job \d+ of kind \S+ failed")
COLUMNS = ("minute", "requests", "saves", "save p95 ms", "memory MiB", "WAL MiB", "errors", "backup")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asked for. backup_seconds: between the beginnings of two backups."""

    people: int
    seconds: float
    backup_seconds: float
    thinking: float

    @property
    def within(self) -> float:
        """In how many seconds everybody comes."""
        return min(WITHIN_SECONDS, self.seconds / 4)


class People:
    """The process that plays the people, listened to in a thread: what it said last, and at the end everything."""

    def __init__(self, driver: Driver, asked: Wanted) -> None:
        self._driver = driver
        self.last: dict[str, Any] = {"acknowledged": {}, "minutes": []}
        self._thread = threading.Thread(target=self._listen, args=(asked,), daemon=True)
        self._thread.start()

    def _listen(self, asked: Wanted) -> None:
        with contextlib.suppress(RuntimeError, ValueError):  # ended, or no longer listened to: told by `done`
            self.last = self._driver.ask("soak", within=asked.within, seconds=asked.seconds, thinking=asked.thinking)
            while not self.last.get("done"):
                self.last = self._driver.read()

    @property
    def are_at_work(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

    def done(self) -> dict[str, Any]:
        """Everything that was acknowledged. Raises RuntimeError when the process ended before."""
        self._thread.join()
        if not self.last.get("done"):
            raise RuntimeError("the process that plays the people ended")
        return self.last


@dataclass
class Soak:
    """One soak on one data set."""

    where: Database
    loaded: Loaded
    asked: Wanted
    backups: dict[int, Backup] = field(default_factory=dict)
    """By the minute in which each began."""

    def run(self) -> "Outcome":
        """All of it; prints each minute when it is over."""
        self._copier = Copier(where=self.where, loaded=self.loaded, folder=self.where.folder)
        before = self._copier.counts()
        logs = [self.where.folder / name for name in ("server.log", "worker.log")]
        people = self._people()
        every = min(LOOK_SECONDS, self.asked.seconds / 30)
        with (
            product(self.loaded, logs[0]) as server,
            worker(self.loaded, logs[1]) as pid,
            Driver("benchmarks.soak.people") as driver,
        ):
            driver.ask("people", port=server.port, pages=self.loaded.pages, marks=self.loaded.marks, people=people)
            cpu = self._cpu_of_others(server)
            memory = Sampler(lambda: server.memory_bytes() + memory_bytes(pid), every)
            wal = Sampler(self._wal_bytes, every)
            with memory, wal:
                crowd = People(driver, self.asked)
                self._look_on(crowd, before, memory, wal)
            told = crowd.done()
            others = self._cpu_of_others(server) - cpu - told["own_cpu"]
            database_bytes = memory_bytes(self.where.server.processes()[0]) if self.where.server else 0
        return Outcome(
            kind=self.where.kind,
            asked=self.asked,
            told=told,
            memory=memory,
            wal=wal,
            database_bytes=database_bytes,
            backups=list(self.backups.values()),
            missing=missing(self.loaded, told),
            faults_in_logs=[line for log in logs for line in log.read_text().splitlines() if FAULT_IN_LOG.search(line)],
            others_percent=max(0.0, 100 * others / (told["seconds"] * CORES)),
        )

    def _people(self) -> dict[str, list[dict[str, str]]]:
        """Everybody signs in by herself; staff, who need a second factor, have a session."""
        staff = [self.loaded.facilitator, self.loaded.coordinator]
        sessions = Inside(self.loaded).sessions(staff)
        people = {one.role: [{"login": one.login, "token": token}] for one, token in zip(staff, sessions, strict=True)}
        return people | {"stranger": [{"login": one.login, "password": one.password} for one in self.loaded.pool]}

    def _look_on(self, crowd: People, before: dict[str, int], memory: Sampler, wal: Sampler) -> None:
        """Print each minute, and take backups at their times, until everybody has ended."""
        begun, due, shown = time.monotonic(), self.asked.backup_seconds, 0
        _print_row(COLUMNS)
        _print_row(["---"] * len(COLUMNS))
        while crowd.are_at_work:
            time.sleep(0.5)
            passed = time.monotonic() - begun
            if due <= passed < self.asked.seconds:
                self.backups[int(due / 60)] = self._copier.take(before, crowd.last["acknowledged"])
                due += self.asked.backup_seconds
            for number in range(shown, int((passed - TOLD_SECONDS) / 60)):
                self._print_minute(number, crowd, memory, wal)
                shown += 1
        for number in range(shown, len(crowd.last["minutes"])):
            self._print_minute(number, crowd, memory, wal)

    def _print_minute(self, number: int, crowd: People, memory: Sampler, wal: Sampler) -> None:
        minutes = crowd.last["minutes"]
        found = minutes[number] if number < len(minutes) else {"requests": 0, "saves": 0, "p95_ms": None, "faults": 0}
        sizes = [one.mean_between(number * 60, number * 60 + 60) for one in (memory, wal)]
        sizes[1] = None if self.where.server else sizes[1]
        backup = self.backups.get(number)
        _print_row([
            number + 1,
            found["requests"],
            found["saves"],
            "" if found["p95_ms"] is None else f"{found['p95_ms']:.0f}",
            *("" if one is None else f"{one / MEBIBYTE:.1f}" for one in sizes),
            found["faults"],
            backup or "",
        ])  # fmt: skip

    def _wal_bytes(self) -> float:
        if self.where.server:
            return 0.0
        file = self._copier.database
        with contextlib.suppress(FileNotFoundError):
            return float(file.with_name(f"{file.name}-wal").stat().st_size)
        return 0.0

    def _cpu_of_others(self, server: Server) -> float:
        return busy_seconds() - server.cpu_seconds() - self.where.cpu_seconds


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a soak found. told: by the process that played the people."""

    kind: str
    asked: Wanted
    told: dict[str, Any]
    memory: Sampler
    wal: Sampler
    database_bytes: int
    backups: Sequence[Backup]
    missing: Sequence[str]
    faults_in_logs: Sequence[str]
    others_percent: float

    @property
    def faults(self) -> list[str]:
        """Everything that went wrong, in words."""
        of_backups = [fault for backup in self.backups for fault in backup.faults]
        return [*self.told["faults"], *of_backups, *self.missing[:5], *self.faults_in_logs[:5]]

    @property
    def holds(self) -> bool:
        """Whether everything does; memory of a run too short to tell is not judged."""
        is_clean = not self.told["errors"] and not self.faults and bool(self.told["kept"]) and bool(self.backups)
        return is_clean and is_flat(self.memory.samples, self.asked.seconds) is not False

    def __str__(self) -> str:
        told, asked = self.told, self.asked
        counts = told["acknowledged"]
        whole = sum(not one.faults for one in self.backups)
        longest = max((one.seconds for one in self.backups), default=0.0)
        p95 = "none" if told["p95_ms"] is None else f"{told['p95_ms']:.0f} ms"
        return (
            f"{self.kind}, {asked.people} people, {asked.seconds / 60:g} minutes:"
            f" {sum(told['statuses'].values()):,} requests, {told['saves']:,} saves, p95 {p95} with the next page;"
            f" {counts['answers']:,} answers, {counts['hand-ins']:,} hand-ins and marks on {len(told['marked'])} texts"
            f" acknowledged, {len(self.missing)} missing; {told['errors']} errors, {len(self.faults_in_logs)} in the"
            f" logs; {whole} of {len(self.backups)} backups whole, the longest took {longest:.1f} s; memory"
            f" {self._memory()}; {self._database()}; of the machine the client took"
            f" {100 * told['own_cpu'] / told['seconds'] / CORES:.0f} %, others {self.others_percent:.0f} %:"
            f" {'holds' if self.holds else 'DOES NOT HOLD'}"
        )

    def _memory(self) -> str:
        growth = growth_percent(self.memory.samples, self.asked.seconds)
        is_judged = is_flat(self.memory.samples, self.asked.seconds) is not None
        limit = f"less than {MOST_GROWTH_PERCENT:g} %" if is_judged else "not judged, the run was too short"
        return f"{self.memory.median / MEBIBYTE:.0f} MiB, {growth:+.1f} % in the last two thirds ({limit})"

    def _database(self) -> str:
        if self.kind == "sqlite":
            return f"WAL at most {self.wal.most / MEBIBYTE:.1f} MiB"
        return f"the PostgreSQL server {self.database_bytes / MEBIBYTE:.0f} MiB at the end"


def _print_row(cells: Sequence[object]) -> None:
    shown = (f"{one:,}" if isinstance(one, int) else str(one) for one in cells)
    sys.stdout.write(f"| {' | '.join(shown)} |\n")
    sys.stdout.flush()


@contextlib.contextmanager
def worker(loaded: Loaded, log: Path) -> Iterator[int]:
    """`lms worker` over a data set; its process id."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    command = [sys.executable, "-m", "lms", "worker"]
    with log.open("ab") as file:
        process = subprocess.Popen(command, cwd=ROOT, env={**clean, **environ_of(loaded)}, stdout=file, stderr=file)
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended:\n{log.read_text()[-3000:]}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def main() -> None:
    """Run one soak; end with 1 when it does not hold."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--people", type=int, default=240)
    options.add_argument("--thinking", type=float, default=THINKING_SECONDS, metavar="SECONDS")
    given = options.parse_args()
    os.umask(0o077)  # what is written holds passphrases
    asked = Wanted(
        people=given.people,
        seconds=given.minutes * 60,
        backup_seconds=min(BACKUP_MINUTES, given.minutes / 3) * 60,
        thinking=given.thinking,
    )
    with tempfile.TemporaryDirectory(prefix="lms-soak-") as name, database(given.database, Path(name)) as where:
        people = asked.people
        loaded = load(where.folder, people=people, pool=people, database_url=where.empty("soak"))
        outcome = Soak(where=where, loaded=loaded, asked=asked).run()
    sys.stdout.write(f"\n{outcome}\n")
    sys.stdout.write("".join(f"- {fault}\n" for fault in outcome.faults))
    if not outcome.holds:
        sys.exit(1)


if __name__ == "__main__":
    main()
