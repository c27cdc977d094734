"""Dates that a cohort begins with."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.rules.planning import (
    NodeKind,
    Plan,
    PlannedNode,
    TaskToPlan,
    WarningKind,
    look_over,
    moments_of,
    suggest_plan,
    take_first_of_two,
    weeks_between,
)
from lms.cohorts.rules.wallclock import Wall

OSLO = "Europe/Oslo"
MODULES = [f"m{number}" for number in range(1, 10)]
TASKS = [TaskToPlan(node_id="m1-quiz", module="m1", needs_date=True)]
THURSDAY = Wall(day=date(2027, 3, 11), clock=time(9))


def test_the_default_year_of_nine_modules_is_twelve_weeks():
    """docs/domain.md 1.4: a week to arrive, nine modules, a week to catch up, a week to close."""
    plan = suggest_plan(MODULES, TASKS, zone=OSLO, first=THURSDAY)
    assert (plan.starts_on, plan.ends_on) == (date(2027, 3, 4), date(2027, 5, 27))
    assert plan.ends_on - plan.starts_on == timedelta(weeks=12)


@given(st.integers(1, 12), st.integers(1, 4), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_everything_that_is_suggested_lies_within_the_course(modules, weeks, first):
    names = MODULES[:modules]
    tasks = [TaskToPlan(node_id=f"{name}-quiz", module=name, needs_date=True) for name in names]
    plan = suggest_plan(names, tasks, zone=OSLO, first=Wall(day=first, clock=time(9)), weeks_each=weeks)
    assert WarningKind.OUTSIDE not in {warning.kind for warning in look_over(plan)}


def test_a_programme_without_modules_still_has_a_first_and_a_last_day():
    plan = suggest_plan([], [], zone=OSLO, first=THURSDAY)
    assert plan.nodes == [] and plan.starts_on < plan.ends_on


def test_a_time_that_comes_twice_is_the_first_until_somebody_says_otherwise():
    twice = Wall(day=date(2026, 10, 25), clock=time(2, 30))
    plan = suggest_plan(["m1"], [], zone=OSLO, first=twice)
    assert {warning.kind for warning in look_over(plan) if warning.is_fatal} == {WarningKind.TWICE}
    settled = take_first_of_two(plan)
    assert not any(warning.is_fatal for warning in look_over(settled))
    assert moments_of(settled)["m1"][0].utcoffset() == timedelta(0) and moments_of(settled)["m1"][0].hour == 0
    chosen = replace(plan, nodes=[replace(plan.nodes[0], opens=replace(twice, second=True))])
    assert take_first_of_two(chosen) == chosen


def test_times_that_come_once_are_left_alone():
    plan = suggest_plan(MODULES, TASKS, zone=OSLO, first=THURSDAY)
    assert take_first_of_two(plan) == plan


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_the_weeks_between_modules_are_read_from_the_dates(weeks):
    assert weeks_between(suggest_plan(MODULES, TASKS, zone=OSLO, first=THURSDAY, weeks_each=weeks)) == weeks


@pytest.mark.parametrize(
    "days", [(), ("2027-03-11",), ("2027-03-11", "2027-03-11"), ("2027-03-11", "2027-03-04"), (None, "2027-03-11")]
)
def test_where_the_weeks_cannot_be_read_there_is_one(days):
    nodes = [
        PlannedNode(
            node_id=f"m{number}",
            kind=NodeKind.MODULE,
            module=f"m{number}",
            opens=Wall(day=date.fromisoformat(day), clock=time(9)) if day else None,
        )
        for number, day in enumerate(days)
    ]
    plan = Plan(zone=OSLO, starts_on=date(2027, 3, 1), ends_on=date(2027, 6, 1), nodes=nodes)
    assert weeks_between(plan) == 1
