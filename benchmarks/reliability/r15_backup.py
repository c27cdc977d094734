"""R15: a backup is taken while people save, restored to a new site, and compared with what they had been told.

The commands are those of docs/operating.md, as they stand there. PostgreSQL: `pg_dump` in its own format, one of the
data and, afterwards, one of the keys, which go elsewhere. SQLite: `VACUUM INTO`, of the data and then of the keys. It
reads one moment of the file and writes a new one; under write-ahead logging nobody who writes waits for somebody who
reads. Each copy is encrypted to a key that the site does not have. The other way, measured beside it as it is, the
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
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.load import Loaded
from lms.accounts.models import KnownDevice, Session
from lms.kernel.db import db

from .client import Taker
from .copies import Copies, Place, is_possible
from .filled import SMALL, YEARS, bare, filled
from .r06_database_gone import Insister
from .report import Line
from .site import POSTGRESQL, NotHere, Site, Sites
from .stored import answers_of, attempt_of, check_whole, operation_of

NAME = "R15 backup while people save"
CRITERION = (
    "missing 0, doubled 0, stale 0; p99 of saves during the backup < 500 ms; the copy is whole,"
    " gets ready and lets nobody in who was signed in"
)
MOST_MS = 500
PAUSE, SHORT_PAUSE = 2.0, 0.2
"""Seconds between two answers of a person: so few that the machine is busy, so many that they do not queue anyway."""

GENTLY = ("nice", "-n", "19")
COPY = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
KEYSTORE_FILE = "person-keys.sqlite"
ALL_KEYS = "people without a key: 0"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to take a backup. take: into new copies, of a site."""

    name: str
    take: Callable[[Site, Copies], None]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One backup: where it lies, from when to when it was taken, and how much each had been told before."""

    way: Way
    copies: Copies
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
    if not is_possible():
        raise NotHere("needs openssl")
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
        f" {found.stale}, {'whole, every key there, every session ended' if found.is_whole else 'NOT whole'};"
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
        return [Way(name="pg_dump", take=_by_the_page)]
    return [Way(name="VACUUM INTO", take=_by_the_page), Way(name="backup API", take=_by_the_api)]


def _take(site: Site, way: Way, savers: Sequence[Insister], times: int, number: int) -> Taken:
    copies = Copies(folder=site.folder / f"backup-{way.name.replace(' ', '-')}-{number}").prepare()
    told = [len(saver.taker.acknowledged) for saver in savers]
    begun = time.monotonic()
    way.take(site, copies)
    ended = time.monotonic()
    if number < times - 1:
        shutil.rmtree(copies.folder)
    return Taken(way=way, copies=copies, begun=begun, ended=ended, told=told)


def _place(site: Site) -> Place:
    address = f"{site.server.address}/{site.database}" if site.server else None
    return Place(data_dir=site.folder / "data", keys_dir=site.folder / "data-keys", address=address)


def _by_the_page(site: Site, copies: Copies) -> None:
    copies.take(_place(site))


def _by_the_api(site: Site, copies: Copies) -> None:
    keystore = site.folder / "data-keys" / KEYSTORE_FILE
    for source, target in ((site.file, "data"), (keystore, "keys")):
        file = copies.folder / target / target
        subprocess.run([*GENTLY, sys.executable, "-c", COPY, str(source), str(file)], check=True)


def _restore(sites: Sites, kind: str, taken: Taken, loaded: Loaded, takers: Sequence[Taker]) -> Restored:
    """Bring a backup to a new site, start it, and compare."""
    with bare(sites, kind) as copy:
        begun = time.monotonic()
        taken.copies.restore(_place(copy))
        restore = time.monotonic() - begun
        is_closed = _lets_nobody_in(copy)
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
            is_whole=is_whole and is_closed and today.status == 200,
        )


def _lets_nobody_in(copy: Site) -> bool:
    """Whether every session has ended and every device is forgotten: all who were copied at work were signed in."""
    with copy.inside():
        return not any(db.session.scalar(select(func.count()).select_from(one)) for one in (Session, KnownDevice))


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
