"""Server CPU against the number of people, one line for each staff page, as SVG: `python -m benchmarks.plot FILE…`.

Readable in print and without colour: each line has its own dashes and its own kind of point, and its name stands at its
end. Bars go from the lowest to the highest run. The axis of people is logarithmic, that of CPU begins at nothing, so
that flat looks flat. A line joins sites of one cohort, which grows; a site of many cohorts is a point for itself.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .acts import STAFF_PAGES

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 46, 56
LINE_HEIGHT = 15
DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 5")
COLOURS = ("#0b3d5c", "#9c3d10", "#2f6b2f", "#6b2f7a", "#444444")
STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Point:
    """CPU of one page at one number of people, in so many cohorts together."""

    people: int
    cohorts: int
    cpu: float
    lowest: float
    highest: float


def series(results: Iterable[Mapping[str, Any]], *, database: str, loop: str) -> dict[str, list[Point]]:
    """The points of each staff page, by number of people; of a number measured twice, the later file counts."""
    found: dict[str, dict[int, Point]] = {}
    for row in (row for result in results for row in result["rows"]):
        if row["page"] in STAFF_PAGES and (row["database"], row["loop"]) == (database, loop) and "cpu_ms" in row:
            cpu = row["cpu_ms"]
            people, cohorts = row["enrolments"], row["cohorts"]
            point = Point(
                people=people, cohorts=cohorts, cpu=cpu["median"], lowest=cpu["lowest"], highest=cpu["highest"]
            )
            found.setdefault(row["page"], {})[people] = point
    return {page: [found[page][people] for people in sorted(found[page])] for page in STAFF_PAGES if page in found}


def nice_step(highest: float) -> float:
    """The distance of lines on an axis that ends here: at most eight, at round numbers."""
    size = 10.0 ** math.floor(math.log10(highest / 8))
    return next(size * step for step in STEPS if highest / (size * step) <= 8)


def apart(places: Sequence[float], least: float) -> list[float]:
    """The same places, moved as little down as is needed so that no two labels touch; in the same order."""
    moved: dict[int, float] = {}
    last = -math.inf
    for number in sorted(range(len(places)), key=places.__getitem__):
        last = moved[number] = max(places[number], last + least)
    return [moved[number] for number in range(len(places))]


class Plot:
    """One picture."""

    def __init__(self, lines: Mapping[str, Sequence[Point]], title: str) -> None:
        self._lines, self._title = lines, title
        points = [point for line in lines.values() for point in line]
        self._step = nice_step(max(point.highest for point in points) * 1.02)
        self._top = math.ceil(max(point.highest for point in points) / self._step) * self._step
        self._first = math.log10(min(point.people for point in points))
        self._last = max(math.log10(max(point.people for point in points)), self._first + 0.1)
        self._sizes = sorted({(point.people, point.cohorts) for point in points})

    def x(self, people: int) -> float:
        """Where a number of people lies."""
        share = (math.log10(people) - self._first) / (self._last - self._first)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, cpu: float) -> float:
        """Where a CPU time lies."""
        return HEIGHT - BOTTOM - cpu / self._top * (HEIGHT - TOP - BOTTOM)

    def svg(self) -> str:
        """The whole picture."""
        names = ", ".join(self._lines)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-labelledby="title what" font-family="Helvetica, Arial, sans-serif" font-size="12">',
            f'<title id="title">{escape(self._title)}</title>',
            f'<desc id="what">Server CPU in milliseconds against enrolments, for {escape(names)}.</desc>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="24" font-size="14" font-weight="bold">{escape(self._title)}</text>',
            *self._axes(),
        ]
        ends = apart([self.y(line[-1].cpu) for line in self._lines.values()], LINE_HEIGHT)
        for number, ((name, line), end) in enumerate(zip(self._lines.items(), ends, strict=True)):
            parts += self._line(number, name, line, end)
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _axes(self) -> list[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = []
        for number in range(round(self._top / self._step) + 1):
            value = number * self._step
            y = self.y(value)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ccc" stroke-width=".7"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        for people, cohorts in self._sizes:
            x = self.x(people)
            parts.append(f'<path d="M{x:.1f} {bottom}v5" stroke="#000"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 19}" text-anchor="middle">{people:,}</text>')
            if cohorts > 1:
                told = f"in {cohorts:,} cohorts"
                parts.append(f'<text x="{x:.1f}" y="{bottom + 19 + LINE_HEIGHT}" text-anchor="middle">{told}</text>')
        parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#000"/>')
        middle = (LEFT + right) / 2
        parts.append(
            f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">people in one cohort (logarithmic)</text>'
        )
        parts.append(f'<text x="{LEFT}" y="{TOP - 10}" text-anchor="end">CPU ms</text>')
        return parts

    def _line(self, number: int, name: str, line: Sequence[Point], end: float) -> list[str]:
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        joined = [point for point in line if point.cohorts == 1]
        path = "L".join(f"{self.x(point.people):.1f} {self.y(point.cpu):.1f}" for point in joined)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts = [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashed}/>'] if joined else []
        for point in line:
            x, low, high = self.x(point.people), self.y(point.lowest), self.y(point.highest)
            parts.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>')
            parts.append(mark(number, x, self.y(point.cpu), colour))
        last = self.x(line[-1].people)
        leader = f"M{last + 5:.1f} {self.y(line[-1].cpu):.1f}L{last + 14:.1f} {end:.1f}"
        parts.append(f'<path d="{leader}" stroke="#999" stroke-width=".7"/>')
        told = f"{name} {line[-1].cpu:.1f} ({growth(line)})" if len(line) > 1 else f"{name} {line[-1].cpu:.1f}"
        parts.append(f'<text x="{last + 17:.1f}" y="{end + 4:.1f}" fill="{colour}">{escape(told)}</text>')
        return parts


def growth(line: Sequence[Point]) -> str:
    """How many times as much the site with most people takes as that with fewest."""
    return f"x{line[-1].cpu / line[0].cpu:.2f}" if line[0].cpu else "x?"


def mark(number: int, x: float, y: float, colour: str) -> str:
    """A point: another shape for each line."""
    shapes = (
        f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
        f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        f"M{x:.1f} {y - 5:.1f}l5 9h-10z",
        f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z",
        f"M{x:.1f} {y + 5:.1f}l5-9h-10z",
    )
    return f'<path d="{shapes[number % len(shapes)]}" fill="#fff" stroke="{colour}" stroke-width="1.6"/>'


def main() -> None:
    """Draw."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("files", type=Path, nargs="+", metavar="FILE", help="of python -m benchmarks --json")
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--loop", default="closed 1", help="as the table names it")
    asked = options.parse_args()
    results = [json.loads(file.read_text()) for file in asked.files]
    lines = series(results, database=asked.database, loop=asked.loop)
    if not lines:
        sys.exit(f"no staff page was measured on {asked.database} in the loop {asked.loop!r}")
    sys.stdout.write(Plot(lines, f"CPU of staff pages as a site grows, {asked.database}, {asked.loop}").svg())


if __name__ == "__main__":
    main()
