"""R6: the database is stopped, started again, and frozen; under SQLite somebody holds its lock."""

import random
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress

from .client import BROKEN, Taker
from .r01_killed import takers_of
from .r04_full_disk import is_told
from .report import Line
from .site import Site, Sites
from .stored import compare

NAME = "R6 the database is gone or frozen"
CRITERION = "every answer in < 3 s; 503 told as not saved; no hung worker; saves again without a restart"
MOST_SECONDS = 3.0
PAUSE = 0.2


class Insister(threading.Thread):
    """Saves on, sends each answer until it is acknowledged, and notes how long every answer took."""

    def __init__(self, taker: Taker, seed: int, *, pause: float = PAUSE) -> None:
        super().__init__(daemon=True)
        self.taker, self.draw, self.stop = taker, random.Random(seed), threading.Event()
        self.pause = pause
        self.seen: list[tuple[float, int, float, bool]] = []
        self.broken = 0

    def run(self) -> None:
        save = self.taker.think(self.draw)
        while not self.stop.is_set():
            at = time.monotonic()
            try:
                answer = self.taker.send(save)
            except BROKEN:
                self.broken += 1
                continue
            self.seen.append((at, answer.status, answer.seconds, answer.status == 200 or is_told(answer)))
            if answer.status == 200:
                save = self.taker.think(self.draw)
            self.stop.wait(self.pause)


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """12 people save all the time; a thirteenth looks at pages and at /readyz."""
    people, seconds = (6, 3.5) if quick else (12, 10.0)
    with sites.site(kind) as site:
        site.start()
        takers, workers = takers_of(site, people), site.workers
        savers = [Insister(taker, seed) for seed, taker in enumerate(takers)]
        for saver in savers:
            saver.start()
        told = [_phase(site, savers, name, fault, seconds) for name, fault in _faults(site)]
        for saver in savers:
            saver.stop.set()
        for saver in savers:
            saver.join()
        same = site.workers == workers
        faults = sorted(set(re.findall(r"unexpected error, code \S+: (.*)", site.log())))
        found = compare(site, takers)
    longest = max(slowest for _, slowest, _, _ in told)
    parts = "; ".join(text for text, _, _, _ in told)
    broken = sum(saver.broken for saver in savers)
    figures = (
        f"{people} clients; {parts}; {broken} broken answers; workers {'the same' if same else 'replaced'}; {found}"
        f"{f'; faults of ours: {faults}' if faults else ''}"
    )
    is_well_told = all(well for _, _, well, _ in told) and all(is_back for _, _, _, is_back in told)
    holds = longest < MOST_SECONDS and is_well_told and same and not broken and found.holds
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


Fault = Callable[[Site], AbstractContextManager[None]]


def _faults(site: Site) -> list[tuple[str, Fault]]:
    if site.server is None:
        return [("lock held by another program", _locked)]
    return [
        ("stopped and started", _stopped),
        ("server frozen", lambda of: _frozen(of, everything=False)),
        ("every process frozen", lambda of: _frozen(of, everything=True)),
    ]


def _phase(
    site: Site, savers: list[Insister], name: str, fault: Fault, seconds: float
) -> tuple[str, float, bool, bool]:
    """What was answered while the fault lasted, the slowest answer, whether all were told well, and are back."""
    pages: list[float] = []
    begun = time.monotonic()
    with fault(site):
        until = begun + seconds
        while time.monotonic() < until:
            for path in (f"/en/t/{savers[0].taker.task}", "/readyz"):
                with suppress(*BROKEN):
                    pages.append(savers[0].taker.client.get(path).seconds)
            time.sleep(PAUSE)
    ended = time.monotonic()
    counts = [len(saver.taker.acknowledged) for saver in savers]
    back = 0.0
    while any(len(s.taker.acknowledged) <= n for s, n in zip(savers, counts, strict=True)) and back < 20:
        time.sleep(0.02)
        back = time.monotonic() - ended
    seen = [one for saver in savers for one in list(saver.seen) if begun <= one[0] < ended]
    refused = [one for one in seen if one[1] != 200]
    slowest = max([one[2] for one in seen] + pages)
    odd = sorted({one[1] for one in seen if not one[3]})
    text = (
        f"{name} {ended - begun:.0f} s: {len(seen)} saves answered ({len(refused)} with 503), slowest answer"
        f" {slowest:.2f} s, all saving again after {back:.2f} s{f', told otherwise: {odd}' if odd else ''}"
    )
    return text, slowest, all(one[3] for one in seen), back < 20


@contextmanager
def _locked(site: Site) -> Iterator[None]:
    with closing(sqlite3.connect(site.file, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=5000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _stopped(site: Site) -> Iterator[None]:
    assert site.server is not None
    site.server.stop()
    yield
    site.server.start()


@contextmanager
def _frozen(site: Site, *, everything: bool) -> Iterator[None]:
    assert site.server is not None
    site.server.freeze(everything=everything)
    try:
        yield
    finally:
        site.server.thaw()
