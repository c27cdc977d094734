"""What changed between two runs of the benchmark: `python -m benchmarks.compare OLD NEW`, or `make bench-compare`.

Each cell says the old median, the new one and the change in per cent. `!` marks what lies outside both spreads: every
new run was lower, or every one higher, than every old one. Numbers without a spread are marked when they differ.
Exits with 0 whatever was found: it shows, and somebody judges.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .table import KEY, shown

FIGURES = ("per_second", "p50_ms", "p95_ms", "p99_ms", "cpu_ms", "database_cpu_ms", "statements", "bytes", "errors")
MEMORY_KEY = ("database", "enrolments", "loop")
RUSH_KEY = ("database", "enrolments", "people")
RUSH_FIGURES = ("start_p95_ms", "save_p50_ms", "save_p95_ms", "save_p99_ms", "cpu_ms", "pss_mib", "missing", "errors")


def middle(figure: Any) -> float:
    """The median, or the number itself."""
    return float(figure["median"] if isinstance(figure, Mapping) else figure)


def change_percent(old: Any, new: Any) -> float | None:
    """By how many per cent of the old median the new one is larger; None where the old is nothing."""
    return 100 * (middle(new) - middle(old)) / middle(old) if middle(old) else None


def is_outside(old: Any, new: Any) -> bool:
    """Whether all new runs lie on one side of all old ones."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return middle(old) != middle(new)
    return bool(new["lowest"] > old["highest"] or new["highest"] < old["lowest"])


def cell(old: Any, new: Any) -> str:
    """Old, new, change."""
    percent = change_percent(old, new)
    change = "" if percent is None else f" {percent:+.0f}%"
    return f"{shown(_plain(old))} -> {shown(_plain(new))}{change}{' !' if is_outside(old, new) else ''}"


def _plain(figure: Any) -> Any:
    return figure["median"] if isinstance(figure, Mapping) else figure


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the report. What only one of them has is named at the end."""
    yield f"old: {old['at']}  {old['command']}"
    yield f"new: {new['at']}  {new['command']}"
    for name in sorted({*old["versions"], *new["versions"]}):
        before, now = old["versions"].get(name, "none"), new["versions"].get(name, "none")
        if before != now:
            yield f"{name}: {before} -> {now}"
    for part, key, figures in (
        ("rows", KEY, FIGURES),
        ("memory", MEMORY_KEY, ("pss_mib", "processes")),
        ("first_visits", ("database", "enrolments", "page"), ("requests", "bytes")),
        ("rushes", RUSH_KEY, RUSH_FIGURES),
    ):
        yield from _compare_part(part, old.get(part, []), new.get(part, []), key, figures)


def _compare_part(part: str, old: Any, new: Any, key: tuple[str, ...], figures: tuple[str, ...]) -> Iterator[str]:
    before, now = ({tuple(row[name] for name in key): row for row in rows} for rows in (old, new))
    both = [name for name in now if name in before]
    for name in both:
        yield f"\n{part}: {', '.join(map(str, name))}"
        for figure in figures:
            a, b = before[name].get(figure), now[name].get(figure)
            if a is not None and b is not None:
                yield f"  {figure:<16} {cell(a, b)}"
    for which, rows, others in (("old", before, now), ("new", now, before)):
        for name in rows:
            if name not in others:
                yield f"\n{part}: {', '.join(map(str, name))}: only in {which}"


def main() -> None:
    """Print the changes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("old", type=Path, metavar="OLD")
    options.add_argument("new", type=Path, metavar="NEW")
    asked = options.parse_args()
    lines = compare(json.loads(asked.old.read_text()), json.loads(asked.new.read_text()))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
