from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from lms.home.rules.appointments import Appointment, Feed, Part, uid_of, write_calendar
from tests.cast import DAY, NOW

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
FEED = Feed(secret=b"a" * 32, made_at=NOW, zone="Africa/Juba", language="en", name="Madar")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


def appointments(*moments):
    return [
        Appointment(number=number, entry=UUID(int=number), part=Part.DUE, at=at) for number, at in enumerate(moments, 1)
    ]


def feed(**changed):
    return Feed(**{**vars(FEED), **changed})


def events(written):
    return list(Calendar.from_ical(written).walk("VEVENT"))


@pytest.mark.parametrize(("language", "title"), [("en", "Appointment 1"), ("fr", "Rendez-vous 1"), ("ar", "موعد 1")])
def test_an_event_says_that_there_is_an_appointment_and_nothing_else(language, title):
    (event,) = events(write_calendar(feed(language=language), appointments(NOW)))
    assert str(event["SUMMARY"]) == title
    assert set(event) == {"SUMMARY", "DTSTART", "DTSTAMP", "UID", "CLASS", "TRANSP"}


def test_times_are_hers():
    (event,) = events(write_calendar(FEED, appointments(NOW)))
    assert event["DTSTART"].dt == NOW
    assert event["DTSTART"].params["TZID"] == "Africa/Juba"


@given(st.lists(moments, min_size=1, max_size=8), st.sampled_from(ZONES))
def test_every_moment_is_read_back_in_any_zone(moments, zone):
    written = write_calendar(feed(zone=zone), appointments(*moments))
    assert [event["DTSTART"].dt for event in events(written)] == [at.replace(microsecond=0) for at in moments]
    zones = {str(one["TZID"]) for one in Calendar.from_ical(written).walk("VTIMEZONE")}
    named = {event["DTSTART"].params.get("TZID") for event in events(written)} - {None}
    assert named <= zones


@given(moments)
def test_a_local_time_is_the_same_by_the_definition_that_travels_with_it(moment):
    written = write_calendar(feed(zone="Europe/Oslo"), appointments(moment))
    local = moment.astimezone(ZoneInfo("Europe/Oslo"))
    assert f"DTSTART;TZID=Europe/Oslo:{local:%Y%m%dT%H%M%S}".encode() in written
    (zone,) = Calendar.from_ical(written).timezones
    assert zone.to_tz().utcoffset(local.replace(tzinfo=None, microsecond=0)) in (
        local.utcoffset(), local.replace(fold=1 - local.fold).utcoffset()
    )  # fmt: skip


def test_the_same_dates_are_the_same_bytes():
    assert write_calendar(FEED, appointments(NOW, NOW + DAY)) == write_calendar(FEED, appointments(NOW, NOW + DAY))


def test_a_date_that_moves_keeps_its_name():
    before, after = (appointments(at)[0] for at in (NOW, NOW + DAY))
    assert uid_of(FEED, before) == uid_of(FEED, after)
    (event,) = events(write_calendar(FEED, [after]))
    assert str(event["UID"]) == uid_of(FEED, before)


def test_another_feed_has_other_names_for_the_same_dates():
    one = appointments(NOW)[0]
    assert uid_of(FEED, one) != uid_of(feed(secret=b"b" * 32), one)


def test_opening_and_deadline_of_one_thing_are_two_events():
    opens = Appointment(number=1, entry=UUID(int=1), part=Part.OPENS, at=NOW)
    due = Appointment(number=2, entry=UUID(int=1), part=Part.DUE, at=NOW)
    assert len({str(event["UID"]) for event in events(write_calendar(FEED, [opens, due]))}) == 2


def test_a_name_tells_no_id_of_ours():
    one = appointments(NOW)[0]
    assert one.entry.hex not in write_calendar(FEED, [one]).decode()


def test_a_calendar_without_dates_is_a_calendar():
    assert events(write_calendar(FEED, [])) == []


def test_lines_end_and_break_as_the_format_says():
    for line in write_calendar(feed(language="ar"), appointments(*(NOW + n * DAY for n in range(40)))).split(b"\r\n"):
        assert len(line) <= 75 and b"\n" not in line


def test_when_it_was_made_is_the_only_stamp():
    written = write_calendar(feed(made_at=NOW + timedelta(microseconds=5)), appointments(NOW + DAY))
    assert b"DTSTAMP:20270413T120000Z" in written
