"""R15: a backup is taken while people save, restored to a new site, and compared with what they had been told.

The commands are those of docs/operating.md. PostgreSQL: `pg_dump` in its own format, one of the data and, afterwards,
one of the keys, which go elsewhere. SQLite: `VACUUM INTO`, of the data and then of the keys. It reads one moment of the
file and writes a new one; under write-ahead logging nobody who writes waits for somebody who reads. The other way, the
backup API of SQLite (`.backup`), reads one moment too when it copies all pages in one step, but takes free pages along
as they are; in smaller steps it begins again whenever somebody saves, and need not end. Both are measured.

Keys last: whoever came while the data were copied has her key then; the other way round she would have none.
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from benchmarks.load import Loaded
from lms.kernel.db import db
from tests.tools.postgres import find_binaries

from .client import Taker
from .filled import SMALL, YEARS, bare, filled
from .r06_database_gone import Insister
from .report import Line
from .site import POSTGRESQL, Site, Sites
from .stored import answers_of, attempt_of, check_whole, operation_of

NAME = "R15 backup while people save"
CRITERION = "missing 0, doubled 0, stale 0; p99 of saves during the backup < 500 ms; the copy is whole and gets ready"
MOST_MS = 500
PAUSE, SHORT_PAUSE = 2.0, 0.2
"""Seconds between two answers of a person: so few that the machine is busy, so many that they do not queue anyway."""

GENTLY = ("nice", "-n", "19")
"""People come first: packing a copy takes more of the processor than anything that they do."""

DATA, KEYS = "data.backup", "keys.backup"
VACUUM = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', sys.argv[2:])"
COPY = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
KEYSTORE_FILE = "person-keys.sqlite"
ALL_KEYS = "people without a key: 0"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to take a backup. take: into a folder, of a site."""

    name: str
    take: Callable[[Site, Path], None]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One backup: where it lies, from when to when it was taken, and how much each had been told before."""

    way: Way
    folder: Path
    begun: float
    ended: float
    told: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restored copy holds of what was acknowledged before its backup began. restore, ready: seconds."""

    acknowledged: int
    missing: int
    doubled: int
    stale: int
    restore: float
    ready: float
    is_whole: bool


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """24 people on a site of ten years, three backups of each way; quick: 6 people on a small site, two backups."""
    size, times, calm, pause = (SMALL, 2, 1.0, SHORT_PAUSE) if quick else (YEARS, 3, 15.0, PAUSE)
    with filled(sites, kind, size) as (site, loaded):
        site.start()
        savers = [Insister(taker, seed, pause=pause) for seed, taker in enumerate(_takers(site, loaded, size.pool))]
        begun = time.monotonic()
        for saver in savers:
            saver.start()
        time.sleep(calm)
        before = _seconds(savers, [(begun, time.monotonic())])
        taken = [_take(site, way, savers, times, number) for way in _ways(kind) for number in range(times)]
        for saver in savers:
            saver.stop.set()
        for saver in savers:
            saver.join()
        found = _restore(sites, kind, taken[times - 1], loaded, [saver.taker for saver in savers])
    p99 = {way.name: _p99(_seconds(savers, _spans(taken, way))) for way in _ways(kind)}
    first = next(iter(p99.values()))
    figures = (
        f"{size.cohorts * size.people:,} places, {len(savers)} clients; {_told(taken, savers, p99)}; without a backup"
        f" p99 {_p99(before):.0f} ms; restored in {found.restore:.1f} s, ready after {found.ready:.1f} s:"
        f" {found.acknowledged} acknowledged before, missing {found.missing}, doubled {found.doubled}, stale"
        f" {found.stale}, {'whole, every key there' if found.is_whole else 'NOT whole'};"
        f" {sum(saver.broken for saver in savers)} broken answers"
    )
    is_same = found.acknowledged > 0 and not (found.missing or found.doubled or found.stale)
    holds = is_same and found.is_whole and (quick or first < MOST_MS)  # a busy machine saves slowly
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def _takers(site: Site, loaded: Loaded, people: int) -> list[Taker]:
    task = UUID(loaded.pages["quiz"].rpartition("/")[2])
    return [Taker(site.client().sign_in(one.login, one.password), task).open() for one in loaded.pool[:people]]


def _ways(kind: str) -> list[Way]:
    if kind == POSTGRESQL:
        return [Way(name="pg_dump", take=_dump)]
    return [
        Way(name="VACUUM INTO", take=lambda site, folder: _copy_files(VACUUM, site, folder)),
        Way(name="backup API", take=lambda site, folder: _copy_files(COPY, site, folder)),
    ]


def _take(site: Site, way: Way, savers: Sequence[Insister], times: int, number: int) -> Taken:
    folder = site.folder / f"backup-{way.name.replace(' ', '-')}-{number}"
    folder.mkdir()
    told = [len(saver.taker.acknowledged) for saver in savers]
    begun = time.monotonic()
    way.take(site, folder)
    ended = time.monotonic()
    if number < times - 1:
        shutil.rmtree(folder)
    return Taken(way=way, folder=folder, begun=begun, ended=ended, told=told)


def _dump(site: Site, folder: Path) -> None:
    assert site.server is not None
    address = f"{site.server.address}/{site.database}"
    _run("pg_dump", "--format=custom", "--exclude-schema=keystore", f"--file={folder / DATA}", address)
    _run("pg_dump", "--format=custom", "--schema=keystore", f"--file={folder / KEYS}", address)


def _copy_files(code: str, site: Site, folder: Path) -> None:
    keystore = site.folder / "data-keys" / KEYSTORE_FILE
    for source, target in ((site.file, DATA), (keystore, KEYS)):
        subprocess.run([*GENTLY, sys.executable, "-c", code, str(source), str(folder / target)], check=True)


def _run(program: str, *arguments: str) -> None:
    binaries = find_binaries()
    assert binaries is not None
    done = subprocess.run([*GENTLY, binaries / program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _restore(sites: Sites, kind: str, taken: Taken, loaded: Loaded, takers: Sequence[Taker]) -> Restored:
    """Bring a backup to a new site, start it, and compare."""
    with bare(sites, kind) as copy:
        begun = time.monotonic()
        _put_back(copy, taken.folder)
        restore = time.monotonic() - begun
        ready = copy.start()
        counts = _compare(copy, takers, taken.told)
        is_whole = copy.command("db", "check").returncode == 0 and ALL_KEYS in copy.command("doctor").stdout
        first = loaded.pool[0]
        today = copy.client().sign_in(first.login, first.password).get("/en/today")
        return Restored(
            acknowledged=sum(taken.told),
            missing=counts["missing"],
            doubled=counts["doubled"],
            stale=counts["stale"],
            restore=restore,
            ready=ready,
            is_whole=is_whole and today.status == 200,
        )


def _put_back(copy: Site, backup: Path) -> None:
    """As docs/operating.md says. The rest of the folder of keys comes from where its copies are kept."""
    data, keys = copy.folder / "data", copy.folder / "data-keys"
    data.mkdir(mode=0o750)
    shutil.copytree(backup.parent / "data-keys", keys, ignore=shutil.ignore_patterns(f"{KEYSTORE_FILE}*"))
    if copy.server is None:
        shutil.copy(backup / DATA, copy.file)
        shutil.copy(backup / KEYS, keys / KEYSTORE_FILE)
        return
    for part in (DATA, KEYS):
        address = f"--dbname={copy.server.address}/{copy.database}"
        _run("pg_restore", "--exit-on-error", "--no-owner", address, str(backup / part))


def _compare(copy: Site, takers: Sequence[Taker], told: Sequence[int]) -> Counter[str]:
    """Of what each had been told: what is not there, there twice, or replaced by something older."""
    counts: Counter[str] = Counter()
    with copy.inside():
        check_whole(copy)
        if copy.server is None:
            assert not db.session.connection().exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        for taker, count in zip(takers, told, strict=True):
            attempt = attempt_of(taker.attempt)
            rows, saves = answers_of(attempt), taker.acknowledged[:count]
            stored = {row.operation_id for row in rows}
            counts["missing"] += sum(operation_of(attempt, save) not in stored for save in saves)
            counts["doubled"] += sum(n - 1 for n in Counter((row.question, row.sequence) for row in rows).values())
            heads = {row.question: row.sequence for row in sorted(rows, key=lambda row: row.sequence)}
            newest = {attempt.drawn[save.number - 1]: save.sequence for save in saves}
            counts["stale"] += sum(heads.get(question, -1) < last for question, last in newest.items())
    return counts


def _spans(taken: Sequence[Taken], way: Way) -> list[tuple[float, float]]:
    return [(one.begun, one.ended) for one in taken if one.way.name == way.name]


def _seconds(savers: Sequence[Insister], spans: Sequence[tuple[float, float]]) -> list[float]:
    """How long each save took that was under way in one of these spans."""
    return [
        seconds
        for saver in savers
        for at, _status, seconds, _told in list(saver.seen)
        if any(at < ended and at + seconds > begun for begun, ended in spans)
    ]


def _p99(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100)[-1] if len(seconds) > 1 else 0.0


def _told(taken: Sequence[Taken], savers: Sequence[Insister], p99: Mapping[str, float]) -> str:
    parts = []
    for name, figure in p99.items():
        spans = [(one.begun, one.ended) for one in taken if one.way.name == name]
        longest = max(ended - begun for begun, ended in spans)
        count = len(_seconds(savers, spans))
        parts.append(f"{name} {longest:.1f} s, {count} saves meanwhile, p99 {figure:.0f} ms")
    return "; ".join(parts)
