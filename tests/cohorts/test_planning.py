from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lms.cohorts.errors import NoSuchTime, TwiceOnThatDay
from lms.cohorts.rules.feasts import Feast, FeastDay
from lms.cohorts.rules.planning import (
    FATAL,
    NodeKind,
    Part,
    Plan,
    PlannedNode,
    TaskToPlan,
    Warning,
    WarningKind,
    look_over,
    moments_of,
    move,
    suggest,
)
from lms.cohorts.rules.wallclock import Wall

OSLO = "Europe/Oslo"
NINE = time(9)
THURSDAY = date(2026, 9, 17)
MODULES = ["m1", "m2", "m3"]
TASKS = [
    TaskToPlan(node_id="m1-check", module="m1", needs_date=False),
    TaskToPlan(node_id="m1-quiz", module="m1", needs_date=True),
    TaskToPlan(node_id="m3-memo", module="m3", needs_date=True),
]


def at(day, clock="09:00", *, second=None):
    return Wall(day=date.fromisoformat(day), clock=time.fromisoformat(clock), second=second)


def module(node_id, opens):
    return PlannedNode(node_id=node_id, kind=NodeKind.MODULE, module=node_id, opens=opens)


def task(node_id, due, of="m1"):
    return PlannedNode(node_id=node_id, kind=NodeKind.TASK, module=of, due=due)


def plan(*nodes, starts_on="2026-09-14", ends_on="2026-12-11", zone=OSLO):
    return Plan(zone=zone, starts_on=date.fromisoformat(starts_on), ends_on=date.fromisoformat(ends_on), nodes=nodes)


def suggested(**more):
    return suggest(MODULES, TASKS, **({"zone": OSLO, "first_open": THURSDAY, "clock": NINE} | more))


def kinds(some_plan):
    return [(warning.kind, warning.node_id) for warning in look_over(some_plan)]


def refusal_of(some_plan):
    first = look_over(some_plan)[0]
    assert first.is_fatal
    return {"node_id": first.node_id, "reason": first.kind, "day": first.day}


def is_refused(some_plan):
    return any(warning.is_fatal for warning in look_over(some_plan))


CALM = plan(module("m1", at("2026-09-17")), task("quiz", at("2026-09-30", "18:00")), module("m2", at("2026-10-01")))


def test_modules_open_weekly_on_the_weekday_of_the_first():
    opens = {node.node_id: node.opens for node in suggested() if node.kind is NodeKind.MODULE}
    assert opens == {"m1": at("2026-09-17"), "m2": at("2026-09-24"), "m3": at("2026-10-01")}


def test_tasks_that_need_a_date_are_due_13_days_after_their_module_opens():
    dues = {node.node_id: node.due for node in suggested()}
    assert dues == {
        "m1": None,
        "m1-check": None,
        "m1-quiz": at("2026-09-30", "18:00"),
        "m2": None,
        "m3": None,
        "m3-memo": at("2026-10-14", "18:00"),
    }


def test_a_suggestion_follows_the_order_of_the_programme():
    assert [node.node_id for node in suggested()] == ["m1", "m1-check", "m1-quiz", "m2", "m3", "m3-memo"]


def test_a_suggestion_takes_other_numbers_of_weeks_and_days():
    nodes = {node.node_id: node for node in suggested(weeks_each=2, due_after_days=10, due_clock=time(12))}
    assert nodes["m3"].opens == at("2026-10-15")
    assert nodes["m3-memo"].due == at("2026-10-25", "12:00")


def test_a_task_of_no_module_is_a_bug_and_not_left_out():
    with pytest.raises(AssertionError):
        suggest(["m2"], TASKS, zone=OSLO, first_open=THURSDAY, clock=NINE)


def test_a_suggestion_has_nothing_to_look_at():
    assert look_over(plan(*suggested())) == []


def test_a_suggested_opening_that_clocks_skip_is_shifted_and_told():
    nodes = suggested(first_open=date(2027, 3, 14), clock=time(2, 30))
    assert nodes[4].opens == at("2027-03-28", "03:00")
    (shifted,) = (warning for warning in look_over(plan(*nodes)) if warning.kind is WarningKind.SHIFTED)
    assert shifted == Warning(
        kind=WarningKind.SHIFTED,
        node_id="m3",
        part=Part.OPENS,
        day=date(2027, 3, 28),
        clock=time(2, 30),
        instead=at("2027-03-28", "03:00"),
    )
    assert not shifted.is_fatal


def test_a_suggested_deadline_that_clocks_skip_is_shifted_and_told():
    nodes = suggested(zone="Africa/Cairo", first_open=date(2026, 4, 11), due_clock=time(0, 30))
    assert nodes[2].due == at("2026-04-24", "01:00")
    shifted = [warning for warning in look_over(plan(*nodes, zone="Africa/Cairo")) if warning.clock is not None]
    assert [(warning.kind, warning.node_id, warning.part) for warning in shifted] == [
        (WarningKind.SHIFTED, "m1-quiz", Part.DUE)
    ]


def test_a_suggested_time_on_a_day_that_a_zone_skipped_moves_to_the_next_day():
    (node,) = suggest(["m1"], [], zone="Pacific/Apia", first_open=date(2011, 12, 30), clock=NINE)
    assert (node.opens, node.opens_asked) == (at("2011-12-31", "00:00"), at("2011-12-30"))
    told = look_over(plan(node, starts_on="2011-12-01", ends_on="2012-01-31", zone="Pacific/Apia"))
    assert [warning.day for warning in told if warning.kind is WarningKind.SHIFTED] == [date(2011, 12, 30)]


def test_a_plan_moved_by_a_year_of_weeks_keeps_weekdays_and_clocks():
    moved = move(CALM, by_days=364)
    assert (moved.starts_on, moved.ends_on) == (date(2027, 9, 13), date(2027, 12, 10))
    assert [node.opens for node in moved.nodes] == [at("2027-09-16"), None, at("2027-09-30")]
    assert moved.nodes[1].due == at("2027-09-29", "18:00")


def test_moving_keeps_the_clock_where_the_zone_changes_its_offset():
    moved = move(CALM, by_days=42)
    assert moments_of(CALM)["m1"] == (datetime(2026, 9, 17, 7, tzinfo=UTC), None)
    assert moments_of(moved)["m1"] == (datetime(2026, 10, 29, 8, tzinfo=UTC), None)


def test_a_shifted_time_is_again_the_one_that_was_asked_for_when_it_moves():
    shifted = plan(*suggested(first_open=date(2027, 3, 14), clock=time(2, 30)))
    moved = move(shifted, by_days=7)
    assert [node.opens for node in moved.nodes if node.opens] == [
        at("2027-03-21", "02:30"),
        at("2027-03-28", "02:30"),
        at("2027-04-04", "02:30"),
    ]
    assert (WarningKind.NO_SUCH_TIME, "m2") in kinds(moved)
    assert WarningKind.SHIFTED not in {warning.kind for warning in look_over(moved)}


@given(st.integers(-2000, 2000), st.integers(-2000, 2000))
def test_two_moves_are_one(one, other):
    assert move(move(CALM, by_days=one), by_days=other) == move(CALM, by_days=one + other)


@given(st.integers(-100, 100))
def test_moving_by_weeks_keeps_every_weekday(weeks):
    moved = move(CALM, by_days=7 * weeks)
    for before, after in zip(CALM.nodes, moved.nodes, strict=True):
        for was, wall in ((before.opens, after.opens), (before.due, after.due)):
            assert (was is None) == (wall is None)
            assert was is None or (was.day.weekday(), was.clock) == (wall.day.weekday(), wall.clock)


def test_moments_are_in_utc_and_none_where_there_is_no_date():
    assert moments_of(plan(*CALM.nodes, task("later", None))) == {
        "m1": (datetime(2026, 9, 17, 7, tzinfo=UTC), None),
        "quiz": (None, datetime(2026, 9, 30, 16, tzinfo=UTC)),
        "m2": (datetime(2026, 10, 1, 7, tzinfo=UTC), None),
        "later": (None, None),
    }


def test_moments_follow_the_answer_for_a_time_that_comes_twice():
    first, second = (
        moments_of(plan(task("quiz", at("2026-10-25", "02:30", second=second))))["quiz"] for second in (False, True)
    )
    assert first == (None, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert second == (None, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_an_unchecked_plan_gives_no_moment_that_nobody_meant():
    with pytest.raises(NoSuchTime):
        moments_of(plan(task("quiz", at("2027-03-28", "02:30"))))
    with pytest.raises(TwiceOnThatDay):
        moments_of(plan(task("quiz", at("2026-10-25", "02:30"))))


def test_a_calm_plan_has_nothing_to_look_at():
    assert look_over(CALM) == []
    assert look_over(plan()) == []


def test_a_module_that_opens_before_the_one_before_it_is_told_but_allowed():
    mixed = plan(
        module("m1", at("2026-09-24")),
        module("m2", None),
        module("m3", at("2026-09-17")),
        module("m4", at("2026-10-01")),
    )
    assert look_over(mixed) == [
        Warning(
            kind=WarningKind.OUT_OF_ORDER,
            node_id="m3",
            other_id="m1",
            day=date(2026, 9, 17),
            part=Part.OPENS,
        )
    ]
    assert not is_refused(mixed)


def test_a_task_with_an_opening_of_its_own_is_no_module_out_of_order():
    early = PlannedNode(node_id="memo", kind=NodeKind.TASK, module="m2", opens=at("2026-09-16"))
    assert look_over(plan(module("m1", at("2026-09-17")), early, module("m2", at("2026-09-24")))) == []


def test_modules_that_open_together_are_in_order():
    assert look_over(plan(module("m1", at("2026-09-17")), module("m2", at("2026-09-17")))) == []


@pytest.mark.parametrize(
    ("due", "kind"),
    [
        (at("2026-09-16", "18:00"), WarningKind.DUE_BEFORE_OPEN),
        (at("2026-09-21", "08:59"), WarningKind.DUE_BEFORE_OPEN),
        (at("2026-09-21", "09:00"), WarningKind.DUE_BEFORE_OPEN),
        (at("2026-09-21", "09:01"), WarningKind.DUE_SOON),
        (at("2026-09-24", "08:59"), WarningKind.DUE_SOON),
        (at("2026-09-24", "09:00"), None),
    ],
)
def test_a_task_is_due_after_its_module_opens_and_not_within_three_days(due, kind):
    short = plan(module("m1", at("2026-09-21")), task("quiz", due))
    expected = Warning(kind=kind, node_id="quiz", other_id="m1", day=due.day, part=Part.DUE) if kind else None
    assert look_over(short) == ([expected] if expected else [])


def test_three_days_are_three_days_when_one_of_them_has_23_hours():
    nodes = [module("m1", at("2027-03-26")), task("quiz", at("2027-03-29"))]
    assert WarningKind.DUE_SOON not in {warning.kind for warning in look_over(plan(*nodes))}


def test_of_two_equal_times_the_second_is_later():
    opens = module("m1", at("2026-10-25", "02:30", second=False))
    late, early = (task("quiz", at("2026-10-25", "02:10", second=second)) for second in (True, False))
    assert (WarningKind.DUE_SOON, "quiz") in kinds(plan(opens, late))
    assert (WarningKind.DUE_BEFORE_OPEN, "quiz") in kinds(plan(opens, early))


def test_a_task_is_held_against_its_own_module_and_no_other():
    others = [module("m2", at("2026-10-14")), task("quiz", at("2026-09-30"))]
    assert look_over(plan(module("m1", None), *others)) == []
    assert look_over(plan(*others)) == []


@pytest.mark.parametrize(
    ("day", "is_outside"),
    [("2026-09-09", True), ("2026-09-14", False), ("2026-12-10", False), ("2026-12-15", True)],
)
def test_what_lies_outside_the_cohort_is_told_but_allowed(day, is_outside):
    for node, part in ((module("m1", at(day)), Part.OPENS), (task("quiz", at(day)), Part.DUE)):
        outside = Warning(kind=WarningKind.OUTSIDE, node_id=node.node_id, day=date.fromisoformat(day), part=part)
        assert look_over(plan(node)) == ([outside] if is_outside else [])
        assert not is_refused(plan(node))


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-10-12", None),
        ("2026-10-13", None),
        ("2026-10-14", None),
        ("2026-10-15", None),
        ("2026-10-16", WarningKind.FRIDAY),
        ("2026-10-17", WarningKind.SATURDAY),
        ("2026-10-18", WarningKind.SUNDAY),
    ],
)
def test_a_day_off_somewhere_is_named_and_thursday_is_none(day, kind):
    for node, part in ((module("m1", at(day)), Part.OPENS), (task("quiz", at(day)), Part.DUE)):
        off = [Warning(kind=kind, node_id=node.node_id, day=date.fromisoformat(day), part=part)] if kind else []
        assert look_over(plan(node)) == off


def test_a_feast_is_named_for_each_date_that_falls_on_it():
    around = plan(
        module("m1", at("2028-05-04")), task("quiz", at("2028-05-09")), starts_on="2028-03-06", ends_on="2028-06-02"
    )
    eid = (FeastDay(feast=Feast.EID_AL_ADHA, is_moon_dated=True),)
    assert look_over(around) == [
        Warning(kind=WarningKind.FEAST, node_id="m1", day=date(2028, 5, 4), part=Part.OPENS, feasts=eid),
        Warning(kind=WarningKind.FEAST, node_id="quiz", day=date(2028, 5, 9), part=Part.DUE, feasts=eid),
    ]


def test_ramadan_is_told_once_for_all_dates_that_fall_into_it():
    days = ["2027-02-04", "2027-02-11", "2027-02-18", "2027-02-25", "2027-03-04", "2027-03-18"]
    nodes = [module(f"m{number}", at(day)) for number, day in enumerate(days)]
    assert look_over(plan(*nodes, starts_on="2027-02-01", ends_on="2027-04-30")) == [
        Warning(
            kind=WarningKind.RAMADAN,
            node_id=None,
            day=date(2027, 2, 8),
            until=date(2027, 3, 8),
            feasts=(FeastDay(feast=Feast.RAMADAN, is_moon_dated=True),),
            dates=4,
        )
    ]


def test_a_ramadan_between_two_dates_is_not_told():
    nodes = [module("m1", at("2027-02-04")), module("m2", at("2027-03-18"))]
    assert look_over(plan(*nodes, starts_on="2027-02-01", ends_on="2027-04-30")) == []


def test_a_year_with_two_ramadans_tells_both():
    nodes = [module("m1", at("2030-01-10")), module("m2", at("2030-12-30"))]
    told = look_over(plan(*nodes, starts_on="2030-01-07", ends_on="2030-12-31"))
    assert [(warning.day, warning.dates) for warning in told if warning.kind is WarningKind.RAMADAN] == [
        (date(2030, 1, 5), 1),
        (date(2030, 12, 26), 1),
    ]


def test_a_day_of_ramadan_that_may_be_the_feast_is_told_as_both():
    told = look_over(plan(task("quiz", at("2027-03-08")), starts_on="2027-02-01", ends_on="2027-04-30"))
    assert [(warning.kind, warning.node_id) for warning in told] == [
        (WarningKind.RAMADAN, None),
        (WarningKind.FEAST, "quiz"),
    ]
    assert told[1].feasts == (FeastDay(feast=Feast.EID_AL_FITR, is_moon_dated=True),)


@pytest.mark.parametrize(
    ("zone", "wall", "instead"),
    [
        (OSLO, at("2027-03-28", "02:30"), at("2027-03-28", "03:00")),
        ("Asia/Beirut", at("2027-03-28", "00:30"), at("2027-03-28", "01:00")),
        ("Africa/Cairo", at("2027-04-30", "00:30"), at("2027-04-30", "01:00")),
        ("Asia/Gaza", at("2027-03-27", "02:30"), at("2027-03-27", "03:00")),
    ],
)
def test_a_time_that_clocks_skip_is_refused_with_the_next(zone, wall, instead):
    absent = plan(task("quiz", wall), starts_on="2027-02-01", ends_on="2027-06-30", zone=zone)
    first = look_over(absent)[0]
    assert first == Warning(
        kind=WarningKind.NO_SUCH_TIME,
        node_id="quiz",
        day=wall.day,
        part=Part.DUE,
        clock=wall.clock,
        instead=instead,
    )
    assert refusal_of(absent) == {"node_id": "quiz", "reason": WarningKind.NO_SUCH_TIME, "day": wall.day}


def test_a_time_that_comes_twice_is_refused_until_somebody_says_which():
    twice = plan(module("m1", at("2026-10-25", "02:30")))
    assert look_over(twice)[0] == Warning(
        kind=WarningKind.TWICE, node_id="m1", day=date(2026, 10, 25), part=Part.OPENS, clock=time(2, 30)
    )
    assert refusal_of(twice) == {"node_id": "m1", "reason": WarningKind.TWICE, "day": date(2026, 10, 25)}
    for second in (False, True):
        assert not is_refused(plan(module("m1", at("2026-10-25", "02:30", second=second))))


def test_a_time_that_is_no_moment_is_not_compared_with_others():
    unsaid = at("2026-10-25", "02:30")
    nodes = [module("m1", unsaid), task("quiz", at("2026-10-20")), module("m2", at("2026-10-15"))]
    assert {warning.kind for warning in look_over(plan(*nodes))} == {WarningKind.TWICE, WarningKind.SUNDAY}
    nodes = [module("m1", at("2026-10-29")), task("quiz", unsaid)]
    assert {warning.kind for warning in look_over(plan(*nodes))} == {WarningKind.TWICE, WarningKind.SUNDAY}


def test_a_task_due_before_its_module_opens_is_refused():
    early = plan(module("m1", at("2026-09-24")), task("quiz", at("2026-09-22")))
    assert refusal_of(early) == {
        "node_id": "quiz",
        "reason": WarningKind.DUE_BEFORE_OPEN,
        "day": date(2026, 9, 22),
    }


def test_a_cohort_that_ends_before_it_starts_is_refused_once():
    backwards = plan(*CALM.nodes, starts_on="2026-12-11", ends_on="2026-09-14")
    assert kinds(backwards) == [(WarningKind.ENDS_BEFORE_START, None)]
    assert refusal_of(backwards) == {
        "node_id": None,
        "reason": WarningKind.ENDS_BEFORE_START,
        "day": date(2026, 9, 14),
    }
    assert not is_refused(plan(starts_on="2026-09-14", ends_on="2026-09-14"))


def test_a_cohort_of_more_than_370_days_is_refused():
    assert not is_refused(plan(starts_on="2026-09-14", ends_on="2027-09-19"))
    assert refusal_of(plan(starts_on="2026-09-14", ends_on="2027-09-20")) == {
        "node_id": None,
        "reason": WarningKind.TOO_LONG,
        "day": date(2027, 9, 20),
    }


@pytest.mark.parametrize("day", ["2072-10-14", "0027-10-14", "9999-12-31", "0001-01-01", "2027-09-20", "2025-09-08"])
def test_a_slip_in_the_year_of_one_date_is_refused_and_nothing_else_said_of_it(day):
    slipped = plan(*CALM.nodes, task("memo", at(day)))
    assert look_over(slipped) == [
        Warning(kind=WarningKind.TOO_LONG, node_id="memo", day=date.fromisoformat(day), part=Part.DUE)
    ]
    assert refusal_of(slipped)["node_id"] == "memo"


def test_a_date_370_days_from_the_first_day_is_only_outside():
    for starts_on, day in (("2026-09-14", "2027-09-19"), ("2027-09-19", "2026-09-14")):
        edge = plan(task("memo", at(day)), starts_on=starts_on, ends_on=starts_on)
        assert (WarningKind.OUTSIDE, "memo") in kinds(edge)
        assert not is_refused(edge)


def test_warnings_of_one_day_follow_the_programme_and_the_whole_plan_comes_before():
    nodes = [task("quiz", at("2027-02-08")), task("memo", at("2027-02-05"), of="m2"), module("m1", at("2027-02-05"))]
    several = plan(*nodes, starts_on="2027-02-08", ends_on="2027-04-30")
    assert kinds(several) == [
        (WarningKind.OUTSIDE, "memo"),
        (WarningKind.FRIDAY, "memo"),
        (WarningKind.OUTSIDE, "m1"),
        (WarningKind.FRIDAY, "m1"),
        (WarningKind.RAMADAN, None),
    ]
    both = plan(task("quiz", at("2030-01-05")), starts_on="2030-01-01", ends_on="2030-03-01")
    assert kinds(both) == [(WarningKind.RAMADAN, None), (WarningKind.SATURDAY, "quiz")]


def test_what_is_fatal_comes_first_then_days_then_the_order_of_the_programme():
    busy = plan(
        module("m1", at("2026-10-16")),
        task("quiz", at("2026-10-14")),
        module("m2", at("2026-10-09")),
        task("memo", at("2026-10-16", "12:00"), of="m2"),
        module("m3", at("2026-10-25", "02:30")),
    )
    assert kinds(busy) == [
        (WarningKind.DUE_BEFORE_OPEN, "quiz"),
        (WarningKind.TWICE, "m3"),
        (WarningKind.OUT_OF_ORDER, "m2"),
        (WarningKind.FRIDAY, "m2"),
        (WarningKind.FRIDAY, "m1"),
        (WarningKind.FRIDAY, "memo"),
        (WarningKind.SUNDAY, "m3"),
    ]


WALLS = st.builds(
    Wall,
    day=st.dates(min_value=date(2026, 8, 1), max_value=date(2027, 12, 31)),
    clock=st.builds(time, hour=st.integers(0, 23), minute=st.sampled_from([0, 30])),
    second=st.sampled_from([None, False, True]),
)
PLANS = st.builds(
    Plan,
    zone=st.sampled_from([OSLO, "Africa/Cairo", "Asia/Gaza", "America/Port-au-Prince", "Asia/Kabul"]),
    starts_on=st.dates(min_value=date(2026, 8, 1), max_value=date(2027, 1, 31)),
    ends_on=st.dates(min_value=date(2027, 1, 1), max_value=date(2027, 12, 31)),
    nodes=st.lists(
        st.builds(
            PlannedNode,
            node_id=st.sampled_from(["m1", "m2", "m3", "quiz", "memo"]),
            kind=st.sampled_from(NodeKind),
            module=st.sampled_from(["m1", "m2"]),
            opens=st.none() | WALLS,
            due=st.none() | WALLS,
        ),
        max_size=5,
        unique_by=lambda node: node.node_id,
    ),
)


@given(PLANS)
@example(plan(task("quiz", at("2027-03-28", "02:30"))))
@example(plan(task("quiz", at("2026-10-25", "02:30"))))
def test_a_plan_that_is_not_refused_has_every_moment(some_plan):
    if is_refused(some_plan):
        assert refusal_of(some_plan)["reason"] in FATAL
    else:
        moments = moments_of(some_plan)
        assert list(moments) == [node.node_id for node in some_plan.nodes]
        for node in some_plan.nodes:
            opens_at, due_at = moments[node.node_id]
            assert (opens_at is None, due_at is None) == (node.opens is None, node.due is None)


@given(PLANS)
def test_warnings_are_in_order(some_plan):
    told = look_over(some_plan)
    assert told == sorted(told, key=lambda warning: (not warning.is_fatal, warning.day))


@given(
    st.dates(min_value=date(2024, 1, 1), max_value=date(2040, 12, 31)),
    st.builds(time, hour=st.integers(0, 23), minute=st.sampled_from([0, 15, 30, 45])),
    st.sampled_from([OSLO, "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "America/Port-au-Prince"]),
)
@example(date(2027, 3, 28), time(2, 30), OSLO)
@example(date(2027, 3, 28), time(0, 30), "Asia/Beirut")
def test_a_suggestion_is_refused_only_where_a_time_comes_twice(first_open, clock, zone):
    nodes = suggest(MODULES, TASKS, zone=zone, first_open=first_open, clock=clock, due_clock=clock)
    whole = Plan(zone=zone, starts_on=first_open, ends_on=first_open + timedelta(days=90), nodes=nodes)
    assert {warning.kind for warning in look_over(whole) if warning.is_fatal} <= {WarningKind.TWICE}
    shifted = {warning.node_id for warning in look_over(whole) if warning.kind is WarningKind.SHIFTED}
    assert shifted == {node.node_id for node in nodes if node.opens_asked or node.due_asked}


@given(PLANS, st.integers(-50, 50))
def test_moving_by_weeks_keeps_the_weekends_and_the_order(some_plan, weeks):
    steady = {WarningKind.FRIDAY, WarningKind.SATURDAY, WarningKind.SUNDAY, WarningKind.OUTSIDE}
    moved = move(some_plan, by_days=7 * weeks)
    before, after = (
        [replace(warning, day=THURSDAY) for warning in look_over(which) if warning.kind in steady]
        for which in (some_plan, moved)
    )
    assume(before)
    assert before == after
