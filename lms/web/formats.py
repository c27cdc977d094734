"""Dates, times, numbers and sizes as the reader writes them (docs/design/design.md 7).

Months in Arabic carry both names, and a date is never written with numbers only. Digits are 0-9 in every language
unless the reader chose ٠-٩ for her Arabic pages.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask import g
from flask_babel import get_locale, get_translations, gettext

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
    language = _language()
    number = "1er" if language == "fr" and local.day == 1 else str(local.day)
    words = [format_date(local, "EEEE", locale=language)] if weekday else []
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
    return _digits(format_timedelta(whole, granularity="minute", threshold=2, add_direction=True, locale=_language()))


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
    return str(get_translations().ungettext(singular, plural, number)) % variables


def write_number(number: int) -> str:
    """A whole number with the language's grouping."""
    return _digits(format_decimal(number, locale=_language(), numbering_system="latn"))


def write_percent(percent: int) -> str:
    """A whole per cent, with the sign where the language puts it."""
    # Translators: a share in per cent, such as 80%
    return gettext("%(percent)s%%", percent=write_number(percent))


def write_hundredths(hundredths: int) -> str:
    """A number that is counted in hundredths: `71.25`, `71`."""
    return _digits(format_decimal(Decimal(hundredths) / 100, locale=_language(), numbering_system="latn"))


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
    language = _language()
    return ARABIC_MONTHS[day.month - 1] if language == "ar" else format_date(day, "MMMM", locale=language)


def _language() -> str:
    locale = get_locale()
    return locale.language if locale is not None else "en"


def _digits(text: str) -> str:
    use_arabic = _language() == "ar" and getattr(g, "digits", "latn") == "arab"
    return text.translate(ARABIC_DIGITS) if use_arabic else text
