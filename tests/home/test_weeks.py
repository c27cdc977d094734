from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.home.rules.weeks import BOTTOM, LEFT, RIGHT, TOP, begins_of, draw, weeks_of

STARTS = date(2027, 3, 8)


@pytest.mark.parametrize(
    ("today", "now"),
    [
        (date(2027, 3, 7), 0),
        (date(2027, 3, 8), 1),
        (date(2027, 3, 14), 1),
        (date(2027, 3, 15), 2),
        (date(2027, 4, 13), 6),
        (date(2027, 6, 7), 14),
    ],
)
def test_a_day_lies_in_its_week(today, now):
    assert weeks_of(STARTS, date(2027, 6, 4), today=today).now == now


@pytest.mark.parametrize(
    ("ends_on", "total"), [(STARTS, 1), (date(2027, 3, 14), 1), (date(2027, 3, 15), 2), (date(2027, 6, 4), 13)]
)
def test_the_last_week_may_be_short(ends_on, total):
    assert weeks_of(STARTS, ends_on, today=STARTS).total == total


@given(days=st.integers(0, 400), today=st.integers(-30, 500))
def test_weeks_follow_each_other_and_hold_this_day(days, today):
    ends_on, day = STARTS + timedelta(days=days), STARTS + timedelta(days=today)
    weeks = weeks_of(STARTS, ends_on, today=day)
    begins = begins_of(STARTS, weeks)
    for before, after in pairwise(begins):
        assert after - before == timedelta(days=7)
    if today < 0:
        assert begins == []
    elif weeks.now <= weeks.total:
        assert begins[-1] <= day < begins[-1] + timedelta(days=7)
    else:
        assert len(begins) == weeks.total


@given(values=st.lists(st.integers(0, 10_000), min_size=1, max_size=60), most=st.integers(0, 10_000))
def test_the_line_stays_inside_the_chart_and_grows_with_its_values(values, most):
    chart = draw(values, most=most)
    numbers = [int(part) for part in chart.path.removeprefix("M").split()]
    xs, ys = numbers[::2], numbers[1::2]
    assert xs == sorted(set(xs)) and xs[0] == LEFT and xs[-1] <= RIGHT
    assert all(TOP <= y <= BOTTOM for y in ys) and (chart.x, chart.y) == (xs[-1], ys[-1])
    for (value, y), (following, next_y) in pairwise(zip(values, ys, strict=True)):
        assert value < following or y <= next_y


@pytest.mark.parametrize(("value", "y"), [(24, TOP), (12, (TOP + BOTTOM) // 2), (0, BOTTOM)])
def test_the_lines_stand_where_their_figures_are(value, y):
    chart = draw([value], most=24)
    assert chart.y == y and (chart.most, chart.half) == (24, 12)
