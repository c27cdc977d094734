"""The weeks of a cohort, and a small chart over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(weeks=1)
MOST_WEEKS = 60

LEFT, RIGHT, TOP, BOTTOM = 20, 620, 20, 140
"""Where the chart is drawn, in its own units: 640 by 150."""


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """The weeks of a cohort. now: the number of this week, from 1; 0 before the first, beyond `total` after the end."""

    now: int
    total: int


def weeks_of(starts_on: date, ends_on: date, *, today: date) -> Weeks:
    """In which week of how many a day lies; both ends belong to the cohort."""
    total = min(max(-(-((ends_on - starts_on).days + 1) // 7), 1), MOST_WEEKS)
    if today < starts_on:
        return Weeks(now=0, total=total)
    return Weeks(now=(today - starts_on).days // 7 + 1, total=total)


def begins_of(starts_on: date, weeks: Weeks) -> list[date]:
    """On which day each week until now begins; empty before the first."""
    return [starts_on + number * WEEK for number in range(min(weeks.now, weeks.total))]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A line over weeks. path: of an SVG. x, y: its last point. most, half: what the upper two lines stand for."""

    path: str
    x: int
    y: int
    most: int
    half: int
    values: Sequence[int]


def draw(values: Sequence[int], *, most: int) -> Chart:
    """A chart of at least one week. most: how many people there are, where the upper line stands."""
    top = max(most, *values, 1)
    step = (RIGHT - LEFT) // max(len(values) - 1, 1)
    points = [(LEFT + number * step, BOTTOM - value * (BOTTOM - TOP) // top) for number, value in enumerate(values)]
    path = "M" + " ".join(f"{x} {y}" for x, y in points)
    return Chart(path=path, x=points[-1][0], y=points[-1][1], most=top, half=top // 2, values=values)
