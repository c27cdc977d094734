"""R17: ten times a cohort signs in within a minute and saves an answer every 5 seconds; then a thousand people.

Times are those of the product only while it has the machine: where others took more of it than the benchmark allows,
what falls short is told and not judged. What was acknowledged must stand in any case. Memory is judged as in the soak:
not before ten minutes, so here it is told.
"""

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inside import Inside
from benchmarks.load import Loaded, load
from benchmarks.loops import Driver
from benchmarks.server import Database, Server, busy_seconds, product
from benchmarks.soak.steady import Sampler, growth_percent, is_flat
from benchmarks.table import MOST_OTHERS_PERCENT

from .report import Line
from .site import POSTGRESQL, Sites
from .storm import LATER, SAVE, SIGN_IN

NAME = "R17 ten times a cohort at once"
CRITERION = (
    "save p95 < 300 ms, sign-in p95 < 2 s, 0 answers of 5xx, nothing acknowledged missing: each number of people"
)
MOST_SAVE_MS, MOST_SIGN_IN_MS = 300.0, 2000.0
EARLY = 4
"""People who have been at work before: both processes have met each page by then, as on any morning."""

EARLY_STORM = {"within": 0.2, "every": 0.2, "seconds": 2.0}
LOOKS = 90
"""At memory, in the time of one storm."""

MEBIBYTE = 1 << 20
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many people come within so many seconds and save every so often, until so many seconds after the last came.

    is_timed: figures are judged. Not those of a few seconds, in which memory still fills, and not in tests, which never
    time anything: there only what was acknowledged must stand.
    """

    people: int
    within: float
    every: float
    seconds: float
    is_timed: bool = True

    @property
    def length(self) -> float:
        """Of the whole, in seconds."""
        return self.within + self.seconds

    @property
    def times(self) -> dict[str, float]:
        """For the process that plays the people."""
        return {"within": self.within, "every": self.every, "seconds": self.seconds}


FULL = tuple(Load(people=people, within=60.0, every=5.0, seconds=120.0) for people in (240, 1_000))
QUICK = (Load(people=24, within=6.0, every=0.5, seconds=5.0, is_timed=False),)


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """240 people for two minutes after a minute of signing in, then 1,000; quick: 24 for 5 s after 6 s, not timed."""
    found = [judge(load, _measure(sites, kind, load)) for load in (QUICK if quick else FULL)]
    verdicts = [holds for _, holds in found]
    return Line(
        test=NAME,
        database=kind,
        figures="; ".join(text for text, _ in found),
        criterion=CRITERION,
        holds=None if None in verdicts and False not in verdicts else all(verdicts),
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was measured. told: by the process that plays the people; others_percent: of the machine, by strangers."""

    told: dict[str, Any]
    missing: list[str]
    memory: Sampler
    others_percent: float


def _measure(sites: Sites, kind: str, asked: Load) -> Found:
    """One storm against a fresh server on a data set of its own."""
    everybody = asked.people + EARLY
    with tempfile.TemporaryDirectory(prefix="lms-load-") as name:
        where = Database(server=sites.server() if kind == POSTGRESQL else None, folder=Path(name))
        loaded = load(where.folder, people=everybody, pool=everybody, database_url=where.empty("storm"))
        with product(loaded, where.folder / "server.log") as server, Driver("benchmarks.reliability.storm") as driver:
            driver.ask("people", port=server.port, pages=loaded.pages, marks=loaded.marks, people=_strangers(loaded))
            driver.ask("storm", share=[asked.people, everybody], **EARLY_STORM)
            before = _cpu_of_others(where, server)
            with Sampler(server.memory_bytes, every=asked.length / LOOKS) as memory:
                told = driver.ask("storm", share=[0, asked.people], **asked.times)
            others = _cpu_of_others(where, server) - before - told["own_cpu"]
        return Found(
            told=told,
            missing=_missing(loaded, told["kept"]),
            memory=memory,
            others_percent=max(0.0, 100 * others / (told["seconds"] * CORES)),
        )


def _strangers(loaded: Loaded) -> dict[str, list[dict[str, str]]]:
    return {"stranger": [{"login": one.login, "password": one.password} for one in loaded.pool]}


def _cpu_of_others(where: Database, server: Server) -> float:
    """CPU that neither the server nor its database took."""
    return busy_seconds() - server.cpu_seconds() - where.cpu_seconds


def _missing(loaded: Loaded, kept: list[dict[str, Any]]) -> list[str]:
    """What was acknowledged and does not stand, looked up when the server has ended."""
    inside = Inside(loaded)
    tokens = {one.login: token for one, token in zip(loaded.pool, inside.sessions(loaded.pool), strict=True)}
    return inside.missing(tokens, kept)


def judge(asked: Load, found: Found) -> tuple[str, bool | None]:
    """The figures of one number of people, and whether everything holds; None where others were to blame."""
    told = found.told
    growth = growth_percent(found.memory.samples, asked.length)
    errors = sum(one["errors"] for one in told["acts"].values())
    checks = {"missing": bool(told["kept"]) and not found.missing}
    timed = {
        "save": told["acts"][SAVE].get("p95_ms", math.inf) < MOST_SAVE_MS,
        "sign-in": told["acts"][SIGN_IN].get("p95_ms", math.inf) < MOST_SIGN_IN_MS and told["inside"] == asked.people,
        "answers": not errors and not told["broken"],
        "memory": is_flat(found.memory.samples, asked.length) is not False,
    }
    if asked.is_timed:
        checks |= timed
    failed = [name for name, holds in checks.items() if not holds]
    memory = f"memory {found.memory.median / MEBIBYTE:.0f} MiB, {growth:+.1f} %"
    figures = f"{_figures(asked, found, errors)}; {memory}{'' if asked.is_timed else ' (times not judged)'}"
    if not failed:
        return figures, True
    faults = [*(fault for one in told["acts"].values() for fault in one["faults"]), *found.missing]
    figures += f"; does not hold: {', '.join(failed)}{f' (e.g. {faults[0][:120]})' if faults else ''}"
    if found.others_percent > MOST_OTHERS_PERCENT and checks["missing"]:
        return f"{figures}: not judged, the machine was not quiet", None
    return figures, False


def _figures(asked: Load, found: Found, errors: int) -> str:
    told = found.told
    sign_in, save, later = (told["acts"][name] for name in (SIGN_IN, SAVE, LATER))
    client_percent = 100 * told["own_cpu"] / told["seconds"] / CORES
    return (
        f"{asked.people:,} people: {told['inside']:,} signed in, p95 {_ms(sign_in)}; {save['acts']:,} saves, p95"
        f" {_ms(save)} ({_ms(later)} when all were in), {len(told['kept']):,} answers to stand,"
        f" {len(found.missing)} missing; {told['requests']:,} requests, {told['broken']} of 5xx, {errors} faults; of"
        f" the machine the client took {client_percent:.0f} %, others {found.others_percent:.0f} %"
    )


def _ms(act: dict[str, Any]) -> str:
    return f"{act['p95_ms']:,.0f} ms" if "p95_ms" in act else "never"
