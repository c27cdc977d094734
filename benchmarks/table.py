"""Figures: from single runs to rows with their spread, and rows as a table for a page."""

import importlib.metadata
import os
import platform
import re
import sqlite3
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Figures = Mapping[str, Any]

SPREAD = (
    "per_second",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "cpu_ms",
    "database_cpu_ms",
    "client_cpu_ms",
    "share_percent",
    "others_percent",
)
"""What has a median, a lowest and a highest. Everything else is the same in each run, or is added up."""

MOST_OTHERS_PERCENT = 10
"""Of the machine's CPU, above which figures are not worth keeping."""

WORDS_OF_A_PAGE = re.compile(r" to '| instead of ")

KEY = ("database", "enrolments", "page", "loop")
PACKAGES = ("flask", "sqlalchemy", "flask-sqlalchemy", "flask-login", "gunicorn", "psycopg", "brotli", "argon2-cffi")
COLUMNS = (
    ("page", "page"), ("loop", "loop"), ("users", "users"), ("per_second", "acts/s"), ("share_percent", "% of floor 2"),
    ("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"), ("cpu_ms", "CPU ms"),
    ("database_cpu_ms", "DB CPU ms"), ("requests_per_act", "requests"), ("statements", "statements"),
    ("bytes", "bytes"), ("errors", "errors"), ("others_percent", "others %"),
)  # fmt: skip


def spread(values: Sequence[float]) -> Figures:
    """Median, lowest and highest of several runs."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def gather(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of several runs as one row each, in the order of the first run, with shares of the second floor."""
    for run in runs:
        add_shares(run)
    by_key: dict[tuple[Any, ...], list[Row]] = {}
    for row in (row for run in runs for row in run):
        by_key.setdefault(tuple(row[name] for name in KEY), []).append(row)
    return [_joined(rows) for rows in by_key.values()]


def add_shares(run: Iterable[Row]) -> None:
    """Acts a second of each page as per cent of those of the second floor in the same loop of the same run.

    In an open loop the rate is given, so it says nothing.
    """
    rows = list(run)
    floors = {
        (row["database"], row["enrolments"], row["loop"]): row["per_second"]
        for row in rows
        if row["page"] == "floor 2" and "per_second" in row
    }
    for row in rows:
        floor = floors.get((row["database"], row["enrolments"], row["loop"]))
        if floor and "per_second" in row and "rate" not in row:
            row["share_percent"] = 100 * row["per_second"] / floor


def _joined(rows: Sequence[Row]) -> Row:
    found: Row = {name: value for name, value in rows[0].items() if name not in SPREAD}
    for name in SPREAD:
        values = [row[name] for row in rows if name in row]
        if values:
            found[name] = spread(values)
    for name in ("acts", "errors"):
        found[name] = sum(row[name] for row in rows)
    found["faults"] = [fault for row in rows for fault in row["faults"]]
    found["runs"] = len(rows)
    return found


def as_text(result: Figures) -> str:
    """Everything as one page of plain text, with tables as Markdown has them."""
    parts = [_heading(result)]
    for database, enrolments in dict.fromkeys((row["database"], row["enrolments"]) for row in result["rows"]):
        rows = [row for row in result["rows"] if (row["database"], row["enrolments"]) == (database, enrolments)]
        parts += [f"\n## {database}, {enrolments:,} enrolments\n", as_table(COLUMNS, rows)]
    for title, name, columns in (
        ("Memory of all processes, MiB (PSS)", "memory", ("database", "enrolments", "loop", "processes", "pss_mib")),
        ("First visit, all bytes", "first_visits", ("database", "page", "requests", "bytes")),
        ("The rush", "rushes", RUSH),
    ):
        if result.get(name):
            parts += [f"\n## {title}\n", as_table([(one, one) for one in columns], result[name])]
    if faults := faults_of(result):
        parts += ["\n## Faults, the first of each loop\n", *(f"- {count} x {fault}" for fault, count in faults.items())]
    return "\n".join(parts) + "\n"


def faults_of(result: Figures) -> Counter[str]:
    """What went wrong, where and how often; of a page that was another than expected, what it was and not its words."""
    told = [(f"{row['database']}, {row['page']}, {row['loop']}", row) for row in result["rows"]]
    told += [(f"{row['database']}, rush of {row['people']:,}", row) for row in result["rushes"]]
    return Counter(f"{where}: {WORDS_OF_A_PAGE.split(fault)[0]}" for where, row in told for fault in row["faults"])


RUSH = (
    "database", "enrolments", "people", "start_p50_ms", "start_p95_ms", "save_p50_ms", "save_p95_ms", "save_p99_ms",
    "cpu_ms", "acknowledged", "missing", "errors", "others_percent",
)  # fmt: skip


def _heading(result: Figures) -> str:
    machine, versions = result["machine"], result["versions"]
    lines = [
        f"Measured {result['at']} with `{result['command']}`",
        f"on {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']:.1f} GiB, {machine['system']};",
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        f"Hash of a passphrase: {result['hash_ms']:.0f} ms of CPU. Median of {result['runs']} runs (lowest-highest);"
        f" one request costs the client {client_cpu(result['rows']):.2f} ms of CPU on the same cores.",
    ]
    others = [row["others_percent"]["highest"] for row in result["rows"] if "others_percent" in row]
    if others and max(others) > MOST_OTHERS_PERCENT:
        lines.append(
            f"Others took up to {max(others):.0f}% of this machine meanwhile: it was not quiet, measure again."
        )
    return "\n".join(lines)


def client_cpu(rows: Iterable[Row]) -> float:
    """Median of what a request cost the client."""
    values = [row["client_cpu_ms"]["median"] for row in rows if "client_cpu_ms" in row]
    return statistics.median(values) if values else 0.0


def as_table(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> str:
    """Columns that no row fills are left out."""
    filled = [(name, title) for name, title in columns if any(row.get(name) not in (None, "") for row in rows)]
    cells = [[title for _, title in filled], *([shown(row.get(name)) for name, _ in filled] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(filled))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([f"| {lines[0]} |", f"|{'|'.join('-' * (width + 2) for width in widths)}|"] + [
        f"| {line} |" for line in lines[1:]
    ])  # fmt: skip


def shown(value: object) -> str:
    """A figure in a cell: with its spread where it has one."""
    if isinstance(value, dict):
        middle = shown(value["median"])
        low, high = shown(value["lowest"]), shown(value["highest"])
        return middle if low == high else f"{middle} ({low}-{high})"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def machine() -> dict[str, Any]:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": memory / 2**30,
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def versions(postgresql: str | None) -> dict[str, str]:
    """Of everything that a request goes through."""
    found = {"Python": sys.version.split()[0], "SQLite": sqlite3.sqlite_version}
    if postgresql:
        found["PostgreSQL"] = postgresql
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
