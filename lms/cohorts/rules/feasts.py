"""What a day is in the settings of the participants, so that a date is chosen with open eyes.

Days that depend on the moon follow the Umm al-Qura calendar, from which communities differ by a day. Jewish, Hindu and
East Asian feasts are not here, because no library of ours has their calendars.
Rule: docs/domain.md 1.4, month 1; docs/design/design.md 7.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter
from hijridate import Gregorian, Hijri
from hijridate.ummalqura import GREGORIAN_RANGE

DAY = timedelta(days=1)
YEARS = range(1901, 2100)
"""In these the Julian calendar lags by 13 days; beyond them we name no feast."""

MOON_KNOWN_FROM, MOON_KNOWN_UNTIL = (date(*parts) for parts in GREGORIAN_RANGE)
"""The days for which the Umm al-Qura calendar is published."""

_easter: Callable[[int, int], date] = easter


class Feast(StrEnum):
    """What may keep a participant from her work, or from reading a letter."""

    NEW_YEAR = "new year"
    ORTHODOX_CHRISTMAS = "orthodox christmas"
    NOWRUZ = "nowruz"
    EASTER = "easter"
    ORTHODOX_EASTER = "orthodox easter"
    ETHIOPIAN_NEW_YEAR = "ethiopian new year"
    CHRISTMAS = "christmas"
    ISLAMIC_NEW_YEAR = "islamic new year"
    ASHURA = "ashura"
    MAWLID = "mawlid"
    RAMADAN = "ramadan"
    EID_AL_FITR = "eid al-fitr"
    EID_AL_ADHA = "eid al-adha"


@dataclass(frozen=True, kw_only=True)
class FeastDay:
    """A feast that a day belongs to. is_moon_dated: the day is about right, and the sight of the moon decides."""

    feast: Feast
    is_moon_dated: bool


@dataclass(frozen=True, kw_only=True)
class FeastSpan(FeastDay):
    """A feast of one year from its first to its last day, as the calendar has them."""

    first_on: date
    last_on: date

    def touches(self, first_on: date, last_on: date) -> bool:
        """Whether a day from the first to the last may belong to it; a moon-dated one may begin and end a day off."""
        slack = DAY if self.is_moon_dated else timedelta(0)
        return self.first_on - slack <= last_on and first_on <= self.last_on + slack

    def day(self) -> FeastDay:
        """The same without its days."""
        return FeastDay(feast=self.feast, is_moon_dated=self.is_moon_dated)


def is_known(day: date) -> bool:
    """Whether moon-dated feasts can be told for this day; none are named where they cannot."""
    return MOON_KNOWN_FROM <= day <= MOON_KNOWN_UNTIL


def feasts_on(day: date) -> tuple[FeastDay, ...]:
    """All that a day is, or may be where the moon decides, in the order in which they begin."""
    return tuple(span.day() for span in feasts_between(day, day))


def feasts_between(first_on: date, last_on: date) -> tuple[FeastSpan, ...]:
    """All feasts that touch these days, in the order in which they begin."""
    spans = [*_sun_dated(first_on, last_on), *_moon_dated(first_on, last_on)]
    return tuple(sorted((span for span in spans if span.touches(first_on, last_on)), key=lambda span: span.first_on))


def _sun_dated(first_on: date, last_on: date) -> Iterator[FeastSpan]:
    """Those of each year of the range, and of the year before, whose last feast ends in the next."""
    for year in range(first_on.year - 1, last_on.year + 1):
        if year in YEARS:
            yield from _of_year(year)


def _of_year(year: int) -> Iterator[FeastSpan]:
    # The Ethiopian calendar, like the Julian, has a leap day every fourth year without exception.
    enkutatash = date(year, 9, 12 if (year + 1) % 4 == 0 else 11)
    yield _span(Feast.ORTHODOX_CHRISTMAS, date(year, 1, 7), days=1)
    yield _span(Feast.NOWRUZ, date(year, 3, 20), days=2)
    yield _span(Feast.EASTER, _easter(year, EASTER_WESTERN) - 2 * DAY, days=4)
    yield _span(Feast.ORTHODOX_EASTER, _easter(year, EASTER_ORTHODOX) - 2 * DAY, days=4)
    yield _span(Feast.ETHIOPIAN_NEW_YEAR, enkutatash, days=1)
    yield _span(Feast.CHRISTMAS, date(year, 12, 24), days=3)
    yield _span(Feast.NEW_YEAR, date(year, 12, 31), days=2)


def _moon_dated(first_on: date, last_on: date) -> Iterator[FeastSpan]:
    """Those of each Islamic year that the range touches, as far as the calendar is known."""
    first, last = max(first_on, MOON_KNOWN_FROM), min(last_on, MOON_KNOWN_UNTIL)
    if first <= last:
        following = min(last, MOON_KNOWN_UNTIL - DAY) + DAY  # the new year may come a day early
        for year in range(_islamic_year(first), _islamic_year(following) + 1):
            yield from _of_islamic_year(year)


def _of_islamic_year(year: int) -> Iterator[FeastSpan]:
    for feast, month, day, days in (
        (Feast.ISLAMIC_NEW_YEAR, 1, 1, 1),
        (Feast.ASHURA, 1, 10, 1),
        (Feast.MAWLID, 3, 12, 1),
        (Feast.RAMADAN, 9, 1, Hijri(year, 9, 1).month_length()),
        (Feast.EID_AL_FITR, 10, 1, 3),
        (Feast.EID_AL_ADHA, 12, 10, 4),
    ):
        first_on = date.fromordinal(Hijri(year, month, day).to_gregorian().toordinal())
        yield _span(feast, first_on, days=days, is_moon_dated=True)


def _islamic_year(day: date) -> int:
    return Gregorian.fromdate(day).to_hijri().year


def _span(feast: Feast, first_on: date, *, days: int, is_moon_dated: bool = False) -> FeastSpan:
    return FeastSpan(feast=feast, is_moon_dated=is_moon_dated, first_on=first_on, last_on=first_on + (days - 1) * DAY)
