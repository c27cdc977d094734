"""R2: what is acknowledged is on the disk. A killed process does not show it (the kernel keeps the pages), so syncs are
counted."""

import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .r01_killed import takers_of
from .report import Line
from .site import POSTGRESQL, NotHere, Site, Sites
from .stored import compare

NAME = "R2 a sync for each save"
CRITERION = "at least 1 sync per acknowledged save; fsync and synchronous_commit on"
SYNCS = ("fsync", "fdatasync")


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """100 saves, one after the other."""
    saves, draw = 40 if quick else 200, random.Random(2)
    if shutil.which("strace") is None:
        raise NotHere("needs the package strace")
    with sites.site(kind) as site:
        site.start()
        (taker,) = takers_of(site, 1)
        taker.send(taker.think(draw))
        watched = site.server.processes() if site.server else site.workers
        with Syncs(watched, site.folder / "strace.txt") as syncs:
            before = len(taker.acknowledged)
            while len(taker.acknowledged) < before + saves:
                assert taker.send(taker.think(draw)).status == 200
        found = compare(site, [taker])
        settings = _settings(site)
    figures = f"{saves} saves, {syncs.count} syncs ({syncs.count / saves:.2f} per save); {settings}"
    return Line(
        test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=syncs.count >= saves and found.holds
    )


def _settings(site: Site) -> str:
    if site.kind != POSTGRESQL:
        return "synchronous=FULL"
    assert site.server is not None
    names = ("fsync", "synchronous_commit", "full_page_writes")
    return ", ".join(f"{name} {site.server.run(f'SHOW {name}')[0][0]}" for name in names)


class Syncs:
    """Counts how often processes ask the kernel to put something on the disk."""

    def __init__(self, pids: list[int], report: Path) -> None:
        self._pids, self._report, self.count = pids, report, 0

    def __enter__(self) -> "Syncs":
        which = [part for pid in self._pids for part in ("-p", str(pid))]
        command = ["strace", "-f", "-c", "-e", f"trace={','.join(SYNCS)}", "-o", str(self._report), *which]
        self._strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        told = "".join(self._strace.stderr.readline() for _ in self._pids)
        if "attached" not in told:
            self._strace.kill()
            self._strace.communicate()
            raise NotHere(f"tracing processes is not allowed here: {told.strip()[:120]}")
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._strace.send_signal(signal.SIGINT)
        self._strace.communicate(timeout=20)
        for line in self._report.read_text().splitlines():
            found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*\b(fsync|fdatasync)$", line)
            self.count += int(found[1]) if found else 0
