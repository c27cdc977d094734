"""Where the time of an act goes: `python -m benchmarks.profiles`, in this process, without a server, with warm caches.

For each act: the least CPU of some tries, the calls of Python functions (the same on every machine), and by cProfile
the share of the time that is spent in templates, in each library, in the database and in our own code. A profile slows
down calls and not what is done in C, so shares say where to look and are no times.
"""

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .acts import BY_NAME, Act
from .inside import Inside
from .load import load
from .table import as_table

TRIES, PROFILED, WARM, POOL = 40, 10, 5, 12
PLACES = {
    "sqlite3": "database",
    "brotli": "compression",
    "/sqlalchemy/": "SQLAlchemy",
    "/flask_sqlalchemy/": "SQLAlchemy",
    ".html": "templates",
    "/jinja2/": "templates",
    "markupsafe": "templates",
    "/werkzeug/": "Flask",
    "/flask/": "Flask",
    "/flask_login/": "Flask",
    "/wtforms/": "forms",
    "/flask_wtf/": "forms",
    "/babel/": "Babel",
    "/flask_babel/": "Babel",
    "/cryptography/": "sealing",
    "AESGCM": "sealing",
    "/lms/": "ours",
    "/benchmarks/": "",
    "/asyncio/": "",
}
"""Where a function stands, by what its file or its name in C has in it; the first that fits. Empty: not ours to pay."""

ACTS = (
    *("Today", "outline", "lesson", "save and next", "autosave"),
    *("queue", "mark", "gradebook", "participants", "dashboard"),
)


def place_of(file: str, name: str) -> str:
    """To what a function belongs."""
    where = name if file == "~" else file
    return next((place for part, place in PLACES.items() if part in where), "Python and others")


def shares(profile: cProfile.Profile) -> Counter[str]:
    """Per cent of the time that was spent in each place itself, what it calls elsewhere not counted."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if place := place_of(file, name):
            spent[place] += own
    whole = sum(spent.values())
    return Counter({place: 100 * seconds / whole for place, seconds in spent.items()})


def measure(inside: Inside, act: Act) -> dict[str, object]:
    """One act again and again, by the next person when somebody has come to the end."""
    logins = {"facilitator": [inside.loaded.facilitator], "coordinator": [inside.loaded.coordinator]}
    people = logins.get(act.role) or inside.loaded.pool
    visitors = [inside.visitor(login, token) for login, token in zip(people, inside.sessions(people), strict=True)]
    for visitor in visitors:
        asyncio.run(act.prepare(visitor, inside.course))

    def do() -> None:
        ready = next(visitor for visitor in visitors if act.is_ready(visitor))
        asyncio.run(act.do(ready, inside.course))

    for _ in range(WARM):
        do()
    least, profile = min(_timed(do) for _ in range(TRIES)), cProfile.Profile()
    for _ in range(PROFILED):
        profile.runcall(do)
    calls = pstats.Stats(profile).total_calls / PROFILED  # type: ignore[attr-defined]
    return {"page": act.name, "cpu_ms": least * 1000, "calls": round(calls)} | dict(shares(profile))


def _timed(do: Callable[[], None]) -> float:
    begun = time.process_time()
    do()
    return time.process_time() - begun


def main() -> None:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=1_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="lms-profiles-") as folder:
        inside = Inside(load(Path(folder), people=asked.people, pool=POOL))
        rows = [measure(inside, BY_NAME[name]) for name in ACTS]
    places = [place for place in dict.fromkeys(PLACES.values()) if place] + ["Python and others"]
    columns = [("page", "page"), ("cpu_ms", "least CPU ms"), ("calls", "calls"), *((one, f"{one} %") for one in places)]
    print(as_table(columns, rows))


if __name__ == "__main__":
    main()
