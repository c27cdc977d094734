"""The product under gunicorn with one, two and three processes, and under granian with two; threads are the same.

granian is no dependency of ours (docs/decisions/0024): `pip install granian` before this is asked for.

    python -m benchmarks.servers --seconds 3 --runs 3
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from flask import Flask

from lms.app import create_app
from lms.settings import read_settings
from lms.web.server import THREADS, give_memory_back
from tests.tools.postgres import free_port

from . import table
from .bench import MEBIBYTE, Bench, Loop, Wanted, say
from .load import Loaded, load
from .server import WORKERS, Database, Server, database, environ_of, product
from .table import Row

Serve = Callable[[Loaded, Path], contextlib.AbstractContextManager[Server]]
ACTS = ("lesson", "Today", "save and next", "sign-in")
LOOPS = (Loop(users=1), Loop(users=24), Loop(rate=40.0))
PEOPLE = 200
COLUMNS = (
    ("server", "server"), ("page", "page"), ("loop", "loop"), ("per_second", "acts/s"), ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"), ("cpu_ms", "CPU ms"), ("errors", "errors"),
    ("pss_mib", "MiB of all processes"), ("others_percent", "others %"),
)  # fmt: skip


@contextlib.contextmanager
def granian(loaded: Loaded, log: Path) -> Iterator[Server]:
    """The product under granian. Its processes are begun anew and not forked, so that each reads everything itself."""
    port = free_port()
    command = ["granian", "benchmarks.servers:application", "--factory", "--interface", "wsgi", "--no-ws"]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--port", str(port)]
    server = Server([*command, "--http", "1"], environ_of(loaded), ready="/readyz", log=log, port=port)
    try:
        yield server
    finally:
        server.stop()


def application() -> Flask:
    """What granian serves; freed memory goes back to the system as it does under `lms serve`."""
    give_memory_back()
    return create_app(read_settings(dict(os.environ)))


SERVERS: dict[str, Serve] = {
    **{f"gunicorn, {count} processes": partial(product, workers=count) for count in (1, 2, 3)},
    f"granian, {WORKERS} processes": granian,
}


def rows_under(name: str, where: Database, loaded: Loaded, wanted: Wanted, folder: Path) -> list[Row]:
    """Every act in every loop under one server. Memory is what the last act of a loop left behind."""
    bench = Bench(where, loaded, wanted, folder, serve=SERVERS[name])
    acts, runs = wanted.acts(loaded), []
    for number in range(1, wanted.runs + 1):
        say(f"{name}, run {number}")
        runs.append([row for loop in wanted.loops for row in bench.measured(acts, loop)])
    memory = {loop: table.spread([one / MEBIBYTE for one in values]) for loop, values in bench.memory.items()}
    return [row | {"server": name, "pss_mib": memory[row["loop"]]} for row in table.gather(runs)]


def main() -> None:
    """Measure, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=3.0, help="of each loop")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--only", nargs="+", choices=list(SERVERS), default=list(SERVERS), metavar="SERVER")
    asked = options.parse_args()
    os.umask(0o077)  # what is written holds passphrases
    wanted = Wanted(
        loops=LOOPS, only=ACTS, runs=asked.runs, seconds=asked.seconds, rushes=(), within=0.0, thinking=0.0
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="lms-servers-") as name, database("sqlite", Path(name)) as where:
        folder = Path(name)
        loaded = load(folder / "set", people=PEOPLE, pool=PEOPLE, database_url=where.empty("set"))
        found = [row for one in asked.only for row in rows_under(one, where, loaded, wanted, folder)]
    sys.stdout.write(table.as_table(COLUMNS, found) + "\n")


if __name__ == "__main__":
    main()
