"""Clocks on the wall of a place: which moments a local time is, and which local time a moment is.

Python moves a local time that a change of clocks skips, and takes the first of two, without a word. A coordinator who
sets a deadline must hear of both.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ..errors import NoSuchTime, TwiceOnThatDay

NO_PLACES = frozenset({"Factory", "localtime"})
"""Names in the data that are no zone of any place: a gap, and whatever the server is set to."""


@dataclass(frozen=True, kw_only=True)
class Wall:
    """A day and a time as a clock of some zone shows them.

    second: which of two moments is meant where clocks go back over this time, False the first and True the second; None
    while nobody said. Where the time comes once it means nothing.
    """

    day: date
    clock: time
    second: bool | None = None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def is_zone(name: str) -> bool:
    """Whether the zone data knows a zone by this name, such as `Africa/Juba`."""
    return name in _zones()


def moments_at(day: date, clock: time, zone: str) -> tuple[datetime, ...]:
    """The moments in UTC, in order, at which clocks of the zone show this: one, or none or two around a change."""
    local = datetime.combine(day, clock, tzinfo=None)
    both = {_guess(day, clock, zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(moment for moment in both if _read(moment, zone) == local))


def moment_of(day: date, clock: time, zone: str, *, second: bool | None = None) -> datetime:
    """The one moment in UTC that is meant by a local time of a zone which `is_zone` knows.

    second: see `Wall`.
    Rule: docs/security/threat-model.md R14 (refuse what does not exist, ask on what comes twice).
    Raises NoSuchTime, TwiceOnThatDay.
    """
    moments = moments_at(day, clock, zone)
    if not moments:
        following = next_wall(day, clock, zone)
        raise NoSuchTime(day=day, time=clock, zone=zone, next_day=following.day, next_time=following.clock)
    if len(moments) == 1:
        return moments[0]
    if second is None:
        first_offset, second_offset = (_guess(day, clock, zone, fold=fold).utcoffset() for fold in (0, 1))
        raise TwiceOnThatDay(day=day, time=clock, zone=zone, first_offset=first_offset, second_offset=second_offset)
    return moments[second]


def day_of(moment: datetime, zone: str) -> date:
    """The day that the calendar shows in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def wall_of(moment: datetime, zone: str) -> Wall:
    """What clocks of the zone show at an aware moment, and whether for the first or the second time."""
    assert moment.tzinfo is not None
    local = _read(moment, zone)
    moments = moments_at(local.date(), local.time(), zone)
    return Wall(day=local.date(), clock=local.time(), second=moment == moments[1] if len(moments) == 2 else None)


def next_wall(day: date, clock: time, zone: str) -> Wall:
    """The same local time where it exists, else the first after the gap it falls into."""
    if moments_at(day, clock, zone):
        return Wall(day=day, clock=clock)
    return wall_of(_end_of_gap(day, clock, zone), zone)


def _end_of_gap(day: date, clock: time, zone: str) -> datetime:
    """When the clocks jump over a local time that does not exist, to the second, as zone data has it."""
    # The offset after the jump takes the local time too early, the offset before it too late.
    early, late = (int(_guess(day, clock, zone, fold=fold).timestamp()) for fold in (1, 0))
    offset = _at(early, zone).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (middle, late) if _at(middle, zone).utcoffset() == offset else (early, middle)
    return _at(late, zone).astimezone(UTC)


def _at(seconds: int, zone: str) -> datetime:
    return datetime.fromtimestamp(seconds, ZoneInfo(zone))


def _guess(day: date, clock: time, zone: str, *, fold: int) -> datetime:
    """A local time as Python understands it, with the offset before a change (0) or after it (1)."""
    return datetime.combine(day, clock.replace(fold=fold), tzinfo=ZoneInfo(zone))


def _read(moment: datetime, zone: str) -> datetime:
    """Only what the clock shows, so that comparing two of them knows no zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
