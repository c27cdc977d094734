"""R5: nothing can be written to the database for a while."""

import os
import random
import signal
import time
from pathlib import Path

from .r01_killed import takers_of
from .r04_full_disk import is_told
from .report import Line
from .site import POSTGRESQL, Site, Sites, as_everybody
from .stored import compare

NAME = "R5 the database is read-only"
CRITERION = "reading goes on; saving answers 503 with the sentence; then saves again without a restart"


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """PostgreSQL by its own setting. SQLite: file and folder, for a server that is not root."""
    saves, draw = 10 if quick else 50, random.Random(5)
    with sites.site(kind, before=as_everybody() if kind != POSTGRESQL else ()) as site:
        site.start()
        (taker,) = takers_of(site, 1)
        for _ in range(5):
            assert taker.send(taker.think(draw)).status == 200
        close(site)
        pages = [taker.client.get(f"/en/t/{taker.task}{page}").status for page in ("", "/q/1", "/check")] * 3
        told = [is_told(taker.send(taker.think(draw))) for _ in range(saves)]
        reopen(site)
        after = [taker.send(taker.think(draw)).status for _ in range(10)]
        found = compare(site, [taker])
    figures = (
        f"{pages.count(200)} of {len(pages)} pages read; {sum(told)} of {saves} saves told as not saved;"
        f" writable again: {after.count(200)} of 10 saved (first answer {after[0]}); {found}"
    )
    # The first save may still meet a connection that was opened read-only; it is refused, kept by its page, sent again.
    holds = pages.count(200) == len(pages) and all(told) and after[1:] == [200] * 9 and found.holds
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def close(site: Site) -> None:
    """From now on nothing can be written. Open connections are ended: they would not notice."""
    if site.server:
        site.server.run(f"ALTER DATABASE {site.database} SET default_transaction_read_only = on")
        site.server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{site.database}'")
        return
    _set_mode(site, 0o440, 0o550)
    before = site.workers
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    while len(set(site.workers) - set(before)) < len(before):
        time.sleep(0.05)
    site.wait_until_ready()


def reopen(site: Site) -> None:
    """It can be written to again; nothing is restarted and no connection is ended."""
    if site.server:
        site.server.run(f"ALTER DATABASE {site.database} RESET default_transaction_read_only")
    else:
        _set_mode(site, 0o640, 0o750)


def _set_mode(site: Site, of_files: int, of_folder: int) -> None:
    for path in _files(site):
        path.chmod(of_files)
    site.file.parent.chmod(of_folder)


def _files(site: Site) -> list[Path]:
    return [path for path in site.file.parent.iterdir() if path.name.startswith(site.file.name)]
