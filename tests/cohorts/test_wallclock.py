from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.cohorts.errors import NoSuchTime, TwiceOnThatDay
from lms.cohorts.rules.wallclock import Wall, is_zone, moment_of, moments_at, next_wall, wall_of

ZONES = [
    "America/Port-au-Prince",
    "Africa/Juba",
    "Asia/Kabul",
    "Asia/Yangon",
    "Asia/Gaza",
    "Africa/Cairo",
    "Europe/Oslo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
]
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 12, 31), timezones=st.just(UTC))
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
EARLY_HOURS = st.builds(time, hour=st.integers(0, 3), minute=st.integers(0, 59))
INSTANT = timedelta(microseconds=1)

ONCE = [
    ("Asia/Yangon", "2026-07-01 12:00", "2026-07-01 05:30"),
    ("Asia/Yangon", "2027-01-01 06:29", "2026-12-31 23:59"),
    ("Asia/Kabul", "2026-07-01 12:00", "2026-07-01 07:30"),
    ("Asia/Kabul", "2027-03-21 00:00", "2027-03-20 19:30"),
    ("Asia/Kathmandu", "2026-07-01 12:00", "2026-07-01 06:15"),
    ("Africa/Juba", "2021-01-31 22:59", "2021-01-31 19:59"),
    ("Africa/Juba", "2021-02-01 00:00", "2021-01-31 22:00"),
    ("Africa/Juba", "2027-02-01 12:00", "2027-02-01 10:00"),
    ("America/Port-au-Prince", "2026-03-08 01:59", "2026-03-08 06:59"),
    ("America/Port-au-Prince", "2026-03-08 03:00", "2026-03-08 07:00"),
    ("America/Port-au-Prince", "2026-12-01 12:00", "2026-12-01 17:00"),
    ("Europe/Oslo", "2026-10-25 01:59", "2026-10-24 23:59"),
    ("Europe/Oslo", "2026-10-25 03:00", "2026-10-25 02:00"),
    ("Europe/Oslo", "2027-03-28 01:59", "2027-03-28 00:59"),
    ("Europe/Oslo", "2027-03-28 03:00", "2027-03-28 01:00"),
    ("Africa/Cairo", "2026-04-23 23:59", "2026-04-23 21:59"),
    ("Africa/Cairo", "2026-04-24 01:00", "2026-04-23 22:00"),
    ("Africa/Cairo", "2026-10-30 00:00", "2026-10-29 22:00"),
    ("Asia/Beirut", "2027-03-28 01:00", "2027-03-27 22:00"),
    ("Asia/Gaza", "2026-03-28 01:59", "2026-03-27 23:59"),
    ("Asia/Gaza", "2026-03-28 03:00", "2026-03-28 00:00"),
    ("Asia/Gaza", "2026-10-24 02:00", "2026-10-24 00:00"),
    ("Africa/Casablanca", "2026-03-01 12:00", "2026-03-01 12:00"),
    ("Africa/Casablanca", "2026-05-01 12:00", "2026-05-01 11:00"),
    ("Pacific/Apia", "2011-12-29 23:59", "2011-12-30 09:59"),
    ("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00"),
    ("Australia/Lord_Howe", "2026-10-04 02:30", "2026-10-03 15:30"),
]

ABSENT = [
    ("Europe/Oslo", "2027-03-28 02:30", "2027-03-28 03:00"),
    ("Europe/Oslo", "2027-03-28 02:00", "2027-03-28 03:00"),
    ("Europe/Oslo", "2027-03-28 02:59", "2027-03-28 03:00"),
    ("Africa/Cairo", "2026-04-24 00:30", "2026-04-24 01:00"),
    ("Africa/Cairo", "2026-04-24 00:00", "2026-04-24 01:00"),
    ("Africa/Cairo", "2027-04-30 00:30", "2027-04-30 01:00"),
    ("Asia/Beirut", "2027-03-28 00:30", "2027-03-28 01:00"),
    ("Asia/Beirut", "2026-03-29 00:00", "2026-03-29 01:00"),
    ("Asia/Gaza", "2026-03-28 02:30", "2026-03-28 03:00"),
    ("Asia/Gaza", "2027-03-27 02:00", "2027-03-27 03:00"),
    ("America/Port-au-Prince", "2026-03-08 02:30", "2026-03-08 03:00"),
    ("America/Port-au-Prince", "2027-03-14 02:00", "2027-03-14 03:00"),
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04 02:30"),
    ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 03:00"),
    ("Pacific/Apia", "2011-12-30 00:00", "2011-12-31 00:00"),
    ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31 00:00"),
    ("Pacific/Apia", "2011-12-30 23:59", "2011-12-31 00:00"),
]

TWICE = [
    ("Europe/Oslo", "2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    ("Europe/Oslo", "2026-10-25 02:00", "2026-10-25 00:00", "2026-10-25 01:00"),
    ("Europe/Oslo", "2026-10-25 02:59", "2026-10-25 00:59", "2026-10-25 01:59"),
    ("Africa/Cairo", "2026-10-29 23:30", "2026-10-29 20:30", "2026-10-29 21:30"),
    ("Asia/Beirut", "2026-10-24 23:30", "2026-10-24 20:30", "2026-10-24 21:30"),
    ("Asia/Gaza", "2026-10-24 01:30", "2026-10-23 22:30", "2026-10-23 23:30"),
    ("Asia/Gaza", "2027-10-30 01:00", "2027-10-29 22:00", "2027-10-29 23:00"),
    ("America/Port-au-Prince", "2026-11-01 01:30", "2026-11-01 05:30", "2026-11-01 06:30"),
    ("Africa/Juba", "2021-01-31 23:30", "2021-01-31 20:30", "2021-01-31 21:30"),
    ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30", "2026-02-15 02:30"),
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
]


def read(text):
    """A day and a time from a table."""
    shown = datetime.fromisoformat(text)
    return shown.date(), shown.time()


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "shown", "moment"), ONCE)
def test_a_time_that_clocks_show_once_is_one_moment(zone, shown, moment):
    day, clock = read(shown)
    assert moment_of(day, clock, zone) == utc(moment)
    assert moment_of(day, clock, zone).tzinfo is UTC
    assert wall_of(utc(moment), zone) == Wall(day=day, clock=clock)
    assert next_wall(day, clock, zone) == Wall(day=day, clock=clock)


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize(("zone", "shown", "moment"), ONCE)
def test_an_answer_to_a_question_that_does_not_arise_changes_nothing(zone, shown, moment, second):
    assert moment_of(*read(shown), zone, second=second) == utc(moment)


@pytest.mark.parametrize("second", [None, False, True])
@pytest.mark.parametrize(("zone", "shown", "following"), ABSENT)
def test_a_time_that_clocks_skip_is_refused_with_the_next_that_exists(zone, shown, following, second):
    day, clock = read(shown)
    with pytest.raises(NoSuchTime) as refusal:
        moment_of(day, clock, zone, second=second)
    next_day, next_time = read(following)
    assert refusal.value.values == {
        "day": day,
        "time": clock,
        "zone": zone,
        "next_day": next_day,
        "next_time": next_time,
    }
    assert next_wall(day, clock, zone) == Wall(day=next_day, clock=next_time)


@pytest.mark.parametrize(("zone", "shown", "first", "second"), TWICE)
def test_a_time_that_clocks_show_twice_is_asked_about(zone, shown, first, second):
    day, clock = read(shown)
    with pytest.raises(TwiceOnThatDay) as refusal:
        moment_of(day, clock, zone)
    offsets = [utc(moment).astimezone(ZoneInfo(zone)).utcoffset() for moment in (first, second)]
    assert refusal.value.values == {
        "day": day,
        "time": clock,
        "zone": zone,
        "first_offset": offsets[0],
        "second_offset": offsets[1],
    }
    assert offsets[0] > offsets[1]


@pytest.mark.parametrize(("zone", "shown", "first", "second"), TWICE)
def test_who_says_which_of_two_is_given_it(zone, shown, first, second):
    day, clock = read(shown)
    assert moments_at(day, clock, zone) == (utc(first), utc(second))
    assert moment_of(day, clock, zone, second=False) == utc(first)
    assert moment_of(day, clock, zone, second=True) == utc(second)
    assert wall_of(utc(first), zone) == Wall(day=day, clock=clock, second=False)
    assert wall_of(utc(second), zone) == Wall(day=day, clock=clock, second=True)
    assert next_wall(day, clock, zone) == Wall(day=day, clock=clock)


def test_a_refusal_says_what_to_do():
    with pytest.raises(NoSuchTime, match=r"skip 02:30:00\. Choose 03:00:00 on 2027-03-28 or later"):
        moment_of(date(2027, 3, 28), time(2, 30), "Europe/Oslo")
    with pytest.raises(TwiceOnThatDay, match="Say whether you mean the first or the second"):
        moment_of(date(2026, 10, 25), time(2, 30), "Europe/Oslo")


def test_a_moment_without_a_zone_is_not_read():
    with pytest.raises(AssertionError):
        wall_of(datetime(2026, 7, 1, 12), "Asia/Kabul")


@given(st.sampled_from(ZONES), MOMENTS)
@example("Europe/Oslo", utc("2026-10-25 01:30"))
@example("Africa/Juba", utc("2021-01-31 21:30"))
@example("Australia/Lord_Howe", utc("2026-04-04 15:15"))
def test_every_moment_comes_back_from_the_wall(zone, moment):
    wall = wall_of(moment, zone)
    assert moment_of(wall.day, wall.clock, zone, second=wall.second) == moment


@pytest.mark.parametrize(("zone", "shown"), [row[:2] for row in (*ABSENT, *TWICE)])
def test_moments_around_every_change_come_back_from_the_wall(zone, shown):
    day, clock = read(shown)
    around = datetime.combine(day, clock, tzinfo=UTC)
    for minutes in range(-24 * 60, 24 * 60, 15):
        moment = around + timedelta(minutes=minutes)
        wall = wall_of(moment, zone)
        assert moment_of(wall.day, wall.clock, zone, second=wall.second) == moment


@given(st.sampled_from(ZONES), DAYS, EARLY_HOURS)
@example("Asia/Gaza", date(2026, 3, 28), time(2, 30))
@example("Asia/Beirut", date(2027, 3, 28), time(0, 30))
@example("Pacific/Apia", date(2011, 12, 30), time(12))
def test_a_skipped_time_leads_to_the_first_after_the_gap(zone, day, clock):
    following = next_wall(day, clock, zone)
    if moments_at(day, clock, zone):
        assert following == Wall(day=day, clock=clock)
    else:
        before = wall_of(moment_of(following.day, following.clock, zone) - INSTANT, zone)
        assert (before.day, before.clock) < (day, clock) < (following.day, following.clock)


@given(st.sampled_from(ZONES), DAYS, EARLY_HOURS)
@example("Europe/Oslo", date(2026, 10, 25), time(2, 30))
@example("Africa/Cairo", date(2026, 4, 24), time(0, 30))
def test_every_time_that_exists_is_read_back_as_it_was_written(zone, day, clock):
    moments = moments_at(day, clock, zone)
    walls = [wall_of(moment, zone) for moment in moments]
    assert [(wall.day, wall.clock) for wall in walls] == [(day, clock)] * len(moments)
    assert [wall.second for wall in walls] == ([False, True] if len(moments) == 2 else [None] * len(moments))


@pytest.mark.parametrize("zone", [*ZONES, "UTC", "Asia/Hebron", "Africa/Khartoum"])
def test_a_zone_is_known_by_its_name(zone):
    assert is_zone(zone)


@pytest.mark.parametrize(
    "name",
    ["", "Oslo", "europe/oslo", "Europe", "Europe/Oslo ", "../etc/passwd", "UTC+3", "localtime", "Factory", "\0"],
)
def test_what_is_no_zone_is_not_guessed(name):
    assert not is_zone(name)
