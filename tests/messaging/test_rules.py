from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.messaging import rules
from lms.messaging.rules import MessageState
from tests.cast import NOW

MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones() - {"Factory", "localtime"})
moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256)])
def test_a_failed_job_waits_longer_each_time(tries, minutes):
    assert rules.next_try_at(tries, at=NOW) == NOW + timedelta(minutes=minutes)


def test_a_job_is_given_up_after_ten_tries():
    assert rules.next_try_at(rules.MOST_TRIES, at=NOW) is None


@given(st.integers(0, rules.MOST_TRIES - 1))
def test_however_often_it_was_tried_it_is_known_since_when_it_waits(failures):
    run_at = NOW
    for number in range(1, failures + 1):
        run_at = rules.next_try_at(number, at=run_at)
    assert rules.first_due_at(run_at, failures=failures) == NOW


@given(st.integers(0, rules.MOST_TRIES), st.integers(-600, 600))
def test_a_job_is_late_when_it_should_have_been_done_more_than_15_minutes_ago(failures, minutes):
    run_at = NOW + minutes * MINUTE
    waits = NOW - rules.first_due_at(run_at, failures=failures)
    assert (run_at < rules.late_if_due_before(failures=failures, at=NOW)) == (waits > 15 * MINUTE)


@pytest.mark.parametrize(
    ("is_over", "fault", "tries", "state"),
    [
        (False, None, 0, MessageState.WAITING),
        (False, None, 1, MessageState.WAITING),  # the first try is running
        (False, "OSError", 3, MessageState.TRIED),
        (True, None, 1, MessageState.SENT),
        (True, "Undeliverable", 1, MessageState.NO_ADDRESS),
        (True, "OSError", 10, MessageState.GIVEN_UP),
        (True, "WorkerDied", 11, MessageState.GIVEN_UP),
    ],
)
def test_a_message_has_one_state(is_over, fault, tries, state):
    assert rules.state_of(is_over=is_over, fault=fault, tries=tries) is state


@pytest.mark.parametrize(
    ("zone", "at", "goes"),
    [
        ("Africa/Juba", "2027-04-13T12:00+02:00", "2027-04-13T12:00+02:00"),
        ("Africa/Juba", "2027-04-13T08:00+02:00", "2027-04-13T08:00+02:00"),
        ("Africa/Juba", "2027-04-13T20:59:59+02:00", "2027-04-13T20:59:59+02:00"),
        ("Africa/Juba", "2027-04-13T21:00+02:00", "2027-04-14T08:00+02:00"),
        ("Africa/Juba", "2027-04-13T07:59:59+02:00", "2027-04-13T08:00+02:00"),
        ("Africa/Juba", "2027-12-31T23:00+02:00", "2028-01-01T08:00+02:00"),
        ("Asia/Kathmandu", "2027-04-13T15:30+00:00", "2027-04-14T02:15+00:00"),
        ("Asia/Kabul", "2027-04-13T16:45+00:00", "2027-04-14T03:30+00:00"),
        # The night in which clocks change has an hour less, or one more.
        ("Europe/Oslo", "2027-03-27T22:00+01:00", "2027-03-28T08:00+02:00"),
        ("Europe/Oslo", "2026-10-24T22:00+02:00", "2026-10-25T08:00+01:00"),
        ("Asia/Gaza", "2026-10-23T23:00+03:00", "2026-10-24T08:00+02:00"),
        # An island that left out a day.
        ("Pacific/Apia", "2011-12-29T22:00-10:00", "2011-12-31T08:00+14:00"),
    ],
)
def test_a_message_goes_by_day(zone, at, goes):
    assert rules.goes_at(datetime.fromisoformat(at), zone) == datetime.fromisoformat(goes)


@given(moments, st.sampled_from(ZONES))
@example(datetime(2027, 4, 13, 21, tzinfo=UTC), "UTC")
@example(datetime(2027, 4, 13, 8, tzinfo=UTC), "UTC")
def test_no_message_goes_at_night_in_any_zone(at, zone):
    goes = rules.goes_at(at, zone)
    assert time(8) <= goes.astimezone(ZoneInfo(zone)).time() < time(21)


@given(moments, st.sampled_from(ZONES))
def test_no_message_waits_longer_than_a_night(at, zone):
    assert timedelta(0) <= rules.goes_at(at, zone) - at <= timedelta(hours=12)


@given(moments, st.sampled_from(ZONES), st.integers(0, 12 * 60))
def test_a_message_goes_at_the_first_moment_of_the_day(at, zone, minutes):
    earlier = at + minutes * MINUTE
    if earlier < rules.goes_at(at, zone):
        assert not time(8) <= earlier.astimezone(ZoneInfo(zone)).time() < time(21)


@given(moments, st.sampled_from(ZONES))
def test_a_message_that_may_go_is_not_put_off_again(at, zone):
    goes = rules.goes_at(at, zone)
    assert rules.goes_at(goes, zone) == goes
