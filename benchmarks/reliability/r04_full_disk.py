"""R4: the disk of the database is full."""

import random
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from .client import Answer, Taker
from .database import fill, small_disk
from .r01_killed import takers_of
from .report import Line
from .site import SQLITE, NotHere, Sites
from .stored import compare

NAME = "R4 the disk is full"
CRITERION = "503 with Retry-After and the sentence, never a false 200; saves again without a restart; whole"
SENTENCE = "Keep this page open"
PAGE_SENTENCE = "Keep the page open"
MOST_BEFORE_FULL = 600


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """SQLite: the data folder on a small tmpfs. PostgreSQL: a tablespace there."""
    refusals, draw, parent = 10 if quick else 50, random.Random(4), Path(tempfile.mkdtemp(prefix="lms-full-"))
    parent.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, parent, ignore_errors=True)
        try:
            disk = stack.enter_context(small_disk(parent / "site" / "data", "24m"))
        except PermissionError as refused:
            raise NotHere(str(refused)) from None
        if kind == SQLITE:
            site = stack.enter_context(sites.site(kind, folder=parent / "site"))
        else:
            server = sites.server()
            if server.owner:
                disk.parent.chmod(0o755)
                shutil.chown(disk, server.owner)
            server.run(f"CREATE TABLESPACE small LOCATION '{disk}'")
            stack.callback(server.run, "DROP TABLESPACE small")
            site = stack.enter_context(sites.site(kind, tablespace="small"))
        site.start()
        (taker,) = takers_of(site, 1)
        for _ in range(5):
            assert taker.send(taker.think(draw)).status == 200
        filler = fill(disk)
        before, kept = _until_refused(taker, draw), len(taker.acknowledged)
        answers = [taker.send(taker.think(draw)) for _ in range(refusals)]
        told = [is_told(answer) for answer in answers if answer.status != 200]
        page = taker.send(taker.think(draw), accept="text/html")
        is_page_told = page.status == 503 and PAGE_SENTENCE in page.text and bool(page.headers["Retry-After"])
        reading = taker.client.get(f"/en/t/{taker.task}/q/1").status
        filler.unlink()
        after = [taker.send(taker.think(draw)).status for _ in range(10)]
        found = compare(site, [taker])
    figures = (
        f"full after {before} more saves; {len(told)} saves refused, {sum(told)} of them told as they should,"
        f" {len(taker.acknowledged) - kept - after.count(200)} saved meanwhile; reading {reading};"
        f" freed: {after.count(200)} of 10 saved at once; {found}"
    )
    holds = bool(told) and all(told) and is_page_told and reading == 200 and after == [200] * 10 and found.holds
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def is_told(answer: Answer) -> bool:
    """Whether a script is told that nothing was saved, and what to do."""
    is_said = answer.is_json and SENTENCE in str(answer.told.get("text"))
    return answer.status == 503 and is_said and bool(answer.headers["Retry-After"])


def _until_refused(taker: Taker, draw: random.Random) -> int:
    """There may be room in what the database already took."""
    for count in range(MOST_BEFORE_FULL):
        if taker.send(taker.think(draw)).status != 200:
            return count
    raise AssertionError("the disk never got full")
