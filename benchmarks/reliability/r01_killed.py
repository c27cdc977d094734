"""R1: the server is killed with SIGKILL, again and again, while people answer."""

import contextlib
import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Iterator

from .client import BROKEN, Save, Taker
from .report import Line
from .site import Site, Sites
from .stored import compare

NAME = "R1 killed while people save"
CRITERION = "lost 0, doubled 0, stale 0; back in < 2 s after each kill"
BACK_SECONDS = 2.0
REPEAT_SHARE = 0.1
TRY_AGAIN_SECONDS = 0.25
"""Twenty times sooner than the page's script does; asking all the time would take the time that a start needs."""
ACKNOWLEDGED = frozenset({200})
OVERTAKEN = frozenset({409})  # an old act sent again is told that a newer answer stands


class Saver(threading.Thread):
    """Saves one answer after the other; sends each until it is acknowledged, and some again on purpose."""

    def __init__(self, taker: Taker, seed: int, most: int) -> None:
        super().__init__(daemon=True)
        self.taker, self.draw, self.most = taker, random.Random(seed), most
        self.odd: dict[int, int] = {}
        self.resent = 0

    def run(self) -> None:
        acknowledged = self.taker.acknowledged
        while len(acknowledged) < self.most:
            self._until_told(self.taker.think(self.draw), ACKNOWLEDGED)
            if self.draw.random() < REPEAT_SHARE:
                self.resent += 1
                before = len(acknowledged)
                self._until_told(self.draw.choice(acknowledged[-5:]), ACKNOWLEDGED | OVERTAKEN)
                del acknowledged[before:]  # the same act is acknowledged once

    def _until_told(self, save: Save, told: frozenset[int]) -> None:
        while True:
            with contextlib.suppress(*BROKEN):
                answer = self.taker.send(save)
                if answer.status in told:
                    return
                self.odd[answer.status] = self.odd.get(answer.status, 0) + 1
            time.sleep(TRY_AGAIN_SECONDS)


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """24 people, 12 kills; quick: 6 people, 3 kills."""
    people, kills, saves = (6, 3, 50) if quick else (24, 12, 220)
    with sites.site(kind) as site:
        site.start()
        takers = takers_of(site, people)
        savers = [Saver(taker, seed, saves) for seed, taker in enumerate(takers)]
        begun = time.monotonic()
        for saver in savers:
            saver.start()
        back = list(_kill_often(site, savers, kills, random.Random(1)))
        for saver in savers:
            saver.join()
        seconds = time.monotonic() - begun
        found = compare(site, takers)
    odd = sum(sum(saver.odd.values()) for saver in savers)
    figures = (
        f"{kills} kills, {people} clients, {seconds:.0f} s, {found}, {sum(s.resent for s in savers)} repeats,"
        f" {odd} refused and sent again; restart {statistics.median(back):.2f} s, longest {max(back):.2f} s"
    )
    holds = found.holds and (quick or max(back) < BACK_SECONDS)  # a busy machine starts slowly
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def takers_of(site: Site, people: int, node: str = "m1-quiz") -> list[Taker]:
    """So many people of the pool, each with an open attempt."""
    task = site.task(node)
    return [
        Taker(site.client().sign_in(*site.account(f"pool{number}")), task).open() for number in range(1, people + 1)
    ]


def _kill_often(site: Site, savers: list[Saver], kills: int, draw: random.Random) -> Iterator[float]:
    """Kill a worker, the master, or both; how long the site was away each time. Spread over the work there is."""
    total = sum(saver.most for saver in savers)
    for number in range(kills):
        while sum(len(saver.taker.acknowledged) for saver in savers) < total * (number + draw.random()) / (kills + 1):
            time.sleep(0.02)
        victim = ("worker", "master", "all")[number % 3]
        begun = time.monotonic()
        if victim == "worker":
            os.kill(draw.choice(site.workers), signal.SIGKILL)
            site.wait_until_ready()
        else:
            if victim == "master":
                os.kill(site.master, signal.SIGKILL)
            site.kill()
            site.start()
        yield time.monotonic() - begun
