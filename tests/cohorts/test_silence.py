from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.rules.silence import (
    Draft,
    Overdue,
    Sign,
    Trail,
    Tried,
    Worry,
    days_before,
    is_stuck,
    whole_days,
    worries,
)
from tests.cast import DAY, HOUR, NOW

OSLO = "Europe/Oslo"
SECOND = timedelta(seconds=1)
ZONES = st.sampled_from(["UTC", OSLO, "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Africa/Juba"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=60))


def in_oslo(day, hour=0, minute=0):
    return datetime(2027, 4, day, hour, minute, tzinfo=ZoneInfo(OSLO))


@pytest.mark.parametrize(
    ("since", "days"),
    [
        (in_oslo(13, 0), 0),
        (in_oslo(13, 23), 0),
        (in_oslo(12, 23, 59), 1),
        (in_oslo(12, 0), 1),
        (in_oslo(6, 23, 59), 7),
        (in_oslo(1, 8), 12),
        (in_oslo(14, 8), 0),
    ],
)
def test_days_are_those_of_the_calendar(since, days):
    assert whole_days(since, at=in_oslo(13, 9), zone=OSLO) == days


def test_the_day_is_that_of_the_cohorts_zone():
    late = datetime(2027, 4, 12, 22, 30, tzinfo=UTC)  # half past midnight in Oslo
    assert whole_days(late, at=NOW, zone=OSLO) == 0 and whole_days(late, at=NOW, zone="UTC") == 1


@given(since=MOMENTS, span=SPANS, zone=ZONES, shift=SPANS)
def test_the_hour_at_which_she_was_here_cannot_be_read_from_the_days(since, span, zone, shift):
    """Whatever she did on one day, the count is the same and changes at midnight only."""
    at = since + span
    midnight = datetime.combine(since.astimezone(ZoneInfo(zone)).date(), datetime.min.time(), ZoneInfo(zone))
    assert whole_days(since, at=at, zone=zone) == whole_days(midnight, at=at, zone=zone)


@given(since=MOMENTS, span=SPANS, zone=ZONES, days=st.integers(1, 40))
def test_the_moment_for_the_database_agrees_with_the_count(since, span, zone, days):
    at = since + span
    assert (since < days_before(days, at=at, zone=zone)) is (whole_days(since, at=at, zone=zone) >= days)


@given(since=MOMENTS, spans=st.tuples(SPANS, SPANS), zone=ZONES)
def test_days_never_run_back(since, spans, zone):
    first, second = sorted(spans)
    assert whole_days(since, at=since + first, zone=zone) <= whole_days(since, at=since + second, zone=zone)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (None, []),
        (NOW, []),
        (in_oslo(7, 0), []),
        (in_oslo(6, 23, 59), [Worry(sign=Sign.SILENT, days=7)]),
        (in_oslo(1), [Worry(sign=Sign.SILENT, days=12)]),
    ],
)
def test_silence_is_told_from_the_seventh_whole_day(since, told):
    assert worries(Trail(quiet_since=since), at=NOW, zone=OSLO) == told


@pytest.mark.parametrize(
    ("failed", "has_passed", "stuck"),
    [(0, False, False), (1, False, False), (2, False, True), (3, False, True), (2, True, False), (5, True, False)],
)
def test_twice_under_the_pass_mark_is_stuck_until_she_passes(failed, has_passed, stuck):
    tried = Tried(node_id="m1-quiz", failed=failed, has_passed=has_passed, left=1)
    assert is_stuck(tried) is stuck
    told = [Worry(sign=Sign.STUCK, node_id="m1-quiz", failed=failed, left=1)] if stuck else []
    assert worries(Trail(quiet_since=NOW, tried=[tried]), at=NOW, zone=OSLO) == told


@pytest.mark.parametrize(("saved_at", "days"), [(in_oslo(7), None), (in_oslo(6), 7), (in_oslo(4), 9)])
def test_a_draft_is_told_when_nobody_touched_it_for_seven_days(saved_at, days):
    found = worries(Trail(quiet_since=NOW, drafts=[Draft(node_id="m1-memo", saved_at=saved_at)]), at=NOW, zone=OSLO)
    assert found == ([] if days is None else [Worry(sign=Sign.DRAFT, node_id="m1-memo", days=days)])


@pytest.mark.parametrize(
    ("due_at", "days"), [(NOW + SECOND, None), (NOW, 0), (NOW - HOUR, 0), (NOW - DAY, 1), (NOW - 9 * DAY, 9)]
)
def test_a_task_is_late_once_her_last_moment_is_over(due_at, days):
    found = worries(Trail(quiet_since=NOW, overdue=[Overdue(node_id="t", due_at=due_at)]), at=NOW, zone=OSLO)
    assert found == ([] if days is None else [Worry(sign=Sign.LATE, node_id="t", days=days)])


def test_reasons_come_in_one_order_silence_first():
    trail = Trail(
        quiet_since=NOW - 12 * DAY,
        tried=[Tried(node_id="q", failed=2, has_passed=False, left=None)],
        drafts=[Draft(node_id="memo", saved_at=NOW - 12 * DAY)],
        overdue=[Overdue(node_id="memo", due_at=NOW - DAY)],
    )
    assert [worry.sign for worry in worries(trail, at=NOW, zone=OSLO)] == list(Sign)
