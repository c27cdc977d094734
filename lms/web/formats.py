"""Dates, times, numbers and sizes as the reader writes them (docs/design/design.md 7).

Months in Arabic carry both names, and a date is never written with numbers only. Digits are 0-9 in every language
unless the reader chose ٠-٩ for her Arabic pages.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask import g
from flask_babel import gettext
from flask_babel.speaklater import LazyString

from lms.kernel.i18n import spoken

ARABIC_MONTHS = (
    "كانون الثاني/يناير",
    "شباط/فبراير",
    "آذار/مارس",
    "نيسان/أبريل",
    "أيار/مايو",
    "حزيران/يونيه",
    "تموز/يوليه",
    "آب/أغسطس",
    "أيلول/سبتمبر",
    "تشرين الأول/أكتوبر",
    "تشرين الثاني/نوفمبر",
    "كانون الأول/ديسمبر",
)
FURTHEST_AHEAD = timedelta(days=14)
"""From here on a date says more than a number of days."""

FEWEST_GROUPED = 1000
"""No language of ours puts anything into a number of fewer than four digits."""

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def reader_zone() -> ZoneInfo:
    """The zone in which this reader is shown times."""
    return ZoneInfo(getattr(g, "time_zone", "UTC"))


def write_moment_in(moment: datetime, zone: str) -> str:
    """The same as `write_moment`, by the clock of another place, such as the cohort's."""
    before, g.time_zone = getattr(g, "time_zone", "UTC"), zone
    try:
        return write_moment(moment)
    finally:
        g.time_zone = before


def write_day(day: date | datetime, *, weekday: bool = False, year: bool = True) -> str:
    """`14 April 2027`, `14 avril 2027`, `14 نيسان/أبريل 2027`, with the weekday before it if asked for."""
    local = day.astimezone(reader_zone()).date() if isinstance(day, datetime) else day
    language = spoken().language
    number = "1er" if language == "fr" and local.day == 1 else str(local.day)
    words = [_weekday(local.weekday(), language)] if weekday else []
    words += [number, _month(local)] + ([str(local.year)] if year else [])
    return _digits(" ".join(words))


def write_time(moment: datetime) -> str:
    """The hour on a 24-hour clock, in the reader's zone."""
    return _digits(moment.astimezone(reader_zone()).strftime("%H:%M"))


def write_clock(clock: time) -> str:
    """A time as a clock shows it, in no zone."""
    return _digits(clock.strftime("%H:%M"))


def write_moment(moment: datetime) -> str:
    """Weekday, day, hour and whose time: what a deadline needs."""
    return gettext(
        "%(day)s, %(time)s (%(zone)s)",
        day=write_day(moment, weekday=True),
        time=write_time(moment),
        zone=write_offset(moment),
    )


def write_ahead(moment: datetime, now: datetime) -> str:
    """`in 3 hours`, in whole units and never more than there is; nothing for what is over or far away.

    Rule: docs/security/threat-model.md R14 (beside the time and its zone, so that a wrong zone is noticed).
    """
    left = moment - now
    if not timedelta(0) < left < FURTHEST_AHEAD:
        return ""
    # Minutes up to two hours, hours up to two days: near the end a rounded number harms.
    unit = next((one for one in (timedelta(days=1), timedelta(hours=1)) if left >= 2 * one), timedelta(minutes=1))
    whole = max(left // unit, 1) * unit
    return _digits(
        format_timedelta(whole, granularity="minute", threshold=2, add_direction=True, locale=spoken().language)
    )


def write_offset(moment: datetime) -> str:
    """The reader's offset at that moment: `UTC+3`, `UTC+5:30`, `UTC`."""
    offset = moment.astimezone(reader_zone()).utcoffset()
    assert offset is not None
    minutes = int(offset.total_seconds()) // 60
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return _digits(f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else ""))


def write_offset_in(moment: datetime, zone: str) -> str:
    """The same of another place, such as the cohort's."""
    before, g.time_zone = getattr(g, "time_zone", "UTC"), zone
    try:
        return write_offset(moment)
    finally:
        g.time_zone = before


def ngettext(singular: str, plural: str, number: int, /, **variables: str) -> str:
    """Count something, as templates do: `num` is how the number is written. Flask-Babel's own takes no such `num`."""
    return str(spoken().catalogue.ungettext(singular, plural, number)) % variables


def write_number(number: int) -> str:
    """A whole number with the language's grouping."""
    if 0 <= number < FEWEST_GROUPED:
        return _digits(str(number))
    return _digits(format_decimal(number, locale=spoken().language, numbering_system="latn"))


def lazy_number(number: int) -> str:
    """The same for a sentence that is written at import: in the digits of whoever reads it then."""
    return cast(str, LazyString(write_number, number))


def lazy_days(number: int) -> str:
    """A number of days, said when it is read."""
    return cast(str, LazyString(_write_days, number))


def _write_days(number: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", number, num=write_number(number))


def write_percent(percent: int) -> str:
    """A whole per cent, with the sign where the language puts it."""
    # Translators: a share in per cent, such as 80%
    return gettext("%(percent)s%%", percent=write_number(percent))


def write_hundredths(hundredths: int) -> str:
    """A number that is counted in hundredths: `71.25`, `71`."""
    return _digits(format_decimal(Decimal(hundredths) / 100, locale=spoken().language, numbering_system="latn"))


def write_kilobytes(size_bytes: int) -> str:
    """A size in whole kilobytes, rounded up, at least one."""
    # Translators: size of a page or file, KB is kilobytes
    return gettext("%(size)s KB", size=write_number(max(1, -(-size_bytes // 1000))))


def write_iso_date(iso: str) -> str:
    """A day, month or year that stands as `2026-11-15`, `2026-11` or `2026` in a file."""
    parts = iso.split("-")
    if len(parts) == 3:
        return write_day(date.fromisoformat(iso))
    if len(parts) == 1:
        return _digits(iso)
    return f"{_month(date(int(parts[0]), int(parts[1]), 1))} {_digits(parts[0])}"


def _month(day: date) -> str:
    return _month_name(day.month, spoken().language)


@cache
def _month_name(month: int, language: str) -> str:
    return ARABIC_MONTHS[month - 1] if language == "ar" else format_date(date(1, month, 1), "MMMM", locale=language)


@cache
def _weekday(number: int, language: str) -> str:
    """number: 0 for Monday."""
    return format_date(date(1, 1, 1 + number), "EEEE", locale=language)  # the first day of our calendar is a Monday


def has_arabic_digits() -> bool:
    """Whether numbers of this page are written in the digits of the Arab East."""
    return spoken().language == "ar" and g.get("digits") == "arab"


def _digits(text: str) -> str:
    return text.translate(ARABIC_DIGITS) if has_arabic_digits() else text
