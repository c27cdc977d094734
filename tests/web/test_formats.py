from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import g
from flask_babel import force_locale

from lms.web import formats

MOMENT = datetime(2027, 4, 14, 18, 0, tzinfo=UTC)


@pytest.fixture
def reader(app):
    """A reader of a language, a zone and digits."""

    def write(function, *args, lang="en", zone="UTC", digits="latn", **kwargs):
        with app.test_request_context(f"/{lang}/"), force_locale(lang):
            g.time_zone, g.digits, g.language = zone, digits, lang
            return function(*args, **kwargs)

    return write


@pytest.mark.parametrize(
    ("lang", "written"), [("en", "14 April 2027"), ("fr", "14 avril 2027"), ("ar", "14 نيسان/أبريل 2027")]
)
def test_a_day_is_never_numbers_only(reader, lang, written):
    assert reader(formats.write_day, date(2027, 4, 14), lang=lang) == written


def test_the_first_of_a_month_is_said_as_in_french(reader):
    assert reader(formats.write_day, date(2027, 5, 1), lang="fr") == "1er mai 2027"


def test_every_arabic_month_has_both_names(reader):
    names = {reader(formats.write_day, date(2027, month, 2), lang="ar") for month in range(1, 13)}
    assert len(names) == 12 and all("/" in name for name in names)


@pytest.mark.parametrize(
    ("zone", "time", "offset"),
    [
        ("Asia/Aden", "21:00", "UTC+3"),
        ("Asia/Kathmandu", "23:45", "UTC+5:45"),
        ("America/Bogota", "13:00", "UTC−5"),
        ("UTC", "18:00", "UTC"),
    ],
)
def test_hours_are_the_readers_with_their_offset(reader, zone, time, offset):
    assert reader(formats.write_time, MOMENT, zone=zone) == time
    assert reader(formats.write_offset, MOMENT, zone=zone) == offset


def test_a_moment_near_midnight_is_on_her_own_day(reader):
    late = datetime(2027, 4, 14, 22, 30, tzinfo=UTC)
    assert reader(formats.write_day, late, zone="Asia/Aden", weekday=True) == "Thursday 15 April 2027"


def test_arabic_digits_are_a_choice_and_only_on_arabic_pages(reader):
    assert reader(formats.write_day, date(2027, 4, 14), lang="ar", digits="arab") == "١٤ نيسان/أبريل ٢٠٢٧"
    assert reader(formats.write_day, date(2027, 4, 14), lang="en", digits="arab") == "14 April 2027"
    assert reader(formats.write_number, 12345, lang="ar", digits="arab").endswith("٣٤٥")


def test_numbers_are_grouped_by_language(reader):
    assert reader(formats.write_number, 12345) == "12,345"
    assert reader(formats.write_number, 12345, lang="fr") == "12\u202f345"


@pytest.mark.parametrize(("size", "written"), [(1, "1 KB"), (1000, "1 KB"), (1001, "2 KB"), (38200, "39 KB")])
def test_a_size_is_rounded_up(reader, size, written):
    assert reader(formats.write_kilobytes, size) == written


@pytest.mark.parametrize(
    ("iso", "written"), [("2026-11-15", "15 November 2026"), ("2026-11", "November 2026"), ("2026", "2026")]
)
def test_a_date_of_a_source_is_written_as_exactly_as_it_is_known(reader, iso, written):
    assert reader(formats.write_iso_date, iso) == written


def test_a_time_of_no_zone_is_shown_as_it_stands(reader):
    assert reader(formats.write_clock, time(2, 30), zone="Asia/Kathmandu") == "02:30"
    assert reader(formats.write_clock, time(18), lang="ar", digits="arab") == "١٨:٠٠"


def test_the_offset_of_another_place_is_not_the_readers(reader):
    assert reader(formats.write_offset_in, MOMENT, "Europe/Oslo", zone="Asia/Aden") == "UTC+2"


@pytest.mark.parametrize(
    ("left", "lang", "written"),
    [
        (timedelta(seconds=1), "en", "in 1 minute"),
        (timedelta(minutes=3, seconds=59), "en", "in 3 minutes"),
        (timedelta(minutes=119), "en", "in 119 minutes"),
        (timedelta(hours=3), "en", "in 3 hours"),
        (timedelta(hours=3), "fr", "dans 3 heures"),
        (timedelta(hours=3), "ar", "خلال 3 ساعات"),
        (timedelta(hours=47, minutes=59), "en", "in 47 hours"),
        (timedelta(hours=71), "en", "in 2 days"),
        (timedelta(days=13, hours=23), "en", "in 13 days"),
        (timedelta(days=14), "en", ""),
        (timedelta(0), "en", ""),
        (-timedelta(hours=3), "en", ""),
    ],
)
def test_how_long_is_left_is_never_more_than_there_is(reader, left, lang, written):
    assert reader(formats.write_ahead, MOMENT + left, MOMENT, lang=lang) == written


def test_how_long_is_left_is_written_in_the_readers_digits(reader):
    written = reader(formats.write_ahead, MOMENT + timedelta(hours=3), MOMENT, lang="ar", digits="arab")
    assert written == "خلال ٣ ساعات"
