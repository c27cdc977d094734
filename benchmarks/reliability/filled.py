"""A site of several years (benchmarks.load), made once for each size and database and copied; and one with nothing."""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import FILE, Loaded, load

from .site import POSTGRESQL, Site, Sites, taken_away

ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many cohorts of how many people. pool: how many of the one in the middle can sign in."""

    cohorts: int
    people: int
    pool: int

    @property
    def name(self) -> str:
        """As folder and as database."""
        return f"filled_{self.cohorts}_{self.people}_{self.pool}"


YEARS = Size(cohorts=50, people=240, pool=24)
"""Ten years of five cohorts, each ten times as large as one is. Their calendars are the same: that changes no size."""

SMALL = Size(cohorts=2, people=24, pool=6)


@contextlib.contextmanager
def filled(sites: Sites, kind: str, size: Size) -> Iterator[tuple[Site, Loaded]]:
    """A copy of a filled site, not started yet; ended and taken away afterwards."""
    template = _template(sites, kind, size)
    if kind == POSTGRESQL:
        sites.server().run(ALONE.format(size.name))  # a template must have nobody in it
    with bare(sites, kind, template=size.name) as site:
        shutil.copytree(template, site.folder, dirs_exist_ok=True)
        yield site, Loaded.read(template / FILE)


@contextlib.contextmanager
def bare(sites: Sites, kind: str, *, template: str = "template0") -> Iterator[Site]:
    """A site with an empty folder. template: from which its PostgreSQL database is made."""
    name = f"bare{next(_numbers)}"
    folder, server = sites.folder / name, sites.server() if kind == POSTGRESQL else None
    folder.mkdir(mode=0o700)
    if server is not None:
        server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    site = Site(folder, server, name, before=())
    with taken_away(site):
        yield site


def _template(sites: Sites, kind: str, size: Size) -> Path:
    folder = sites.folder / f"{kind}-{size.name}"
    if not (folder / FILE).exists():
        folder.mkdir(mode=0o700)
        url = None
        if kind == POSTGRESQL:
            sites.server().run(f"CREATE DATABASE {size.name} TEMPLATE template0")
            url = f"{sites.server().address}/{size.name}"
        load(folder, people=size.people, cohorts=size.cohorts, pool=size.pool, database_url=url)
        (folder / "keys").rename(folder / "data-keys")  # where a site looks for them
    return folder
