from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.rules import telling
from lms.cohorts.rules.telling import Calendar, News, Reader, Subject, Task
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
CALENDAR = Calendar(modules={"m1": NOW - 5 * DAY, "m2": NOW - HOUR, "m3": NOW + 2 * DAY}, digest="now")
READER = Reader(since=NOW - 30 * DAY, knows=frozenset(), told_calendar="now", today=NOW.date())
TASK = Task(node_id="m1-quiz", opens_at=NOW - 5 * DAY, due_at=NOW + DAY, is_handed_in=False)
minutes = st.integers(-6 * 24 * 60, 6 * 24 * 60).map(lambda number: NOW + number * MINUTE)
maybe = st.none() | minutes
nodes = st.sampled_from(["m1", "m2", "m1-quiz", "m1-memo", "m2-quiz"])
calendars = st.dictionaries(nodes, st.tuples(maybe, maybe))


def told(reader=READER, calendar=CALENDAR, tasks=(TASK,), at=NOW):
    return [(one.subject.news, one.subject.node_id) for one in telling.news_for(reader, calendar, tasks, at=at)]


def test_a_near_date_and_a_module_that_opened_are_news():
    assert told() == [(News.DATE_NEAR, "m1-quiz"), (News.MODULE, "m2")]


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"due_at": NOW + 2 * DAY}, True),
        ({"due_at": NOW + 2 * DAY + MINUTE}, False),
        ({"due_at": NOW + MINUTE}, True),
        ({"due_at": NOW}, False),
        ({"due_at": NOW - DAY}, False),
        ({"due_at": None}, False),
        ({"is_handed_in": True}, False),
        ({"opens_at": NOW + HOUR}, False),
        ({"opens_at": None}, False),
    ],
)
def test_a_date_is_near_for_two_days_unless_it_is_done_or_closed(change, is_told):
    assert ((News.DATE_NEAR, "m1-quiz") in told(tasks=[replace(TASK, **change)])) is is_told


@pytest.mark.parametrize(
    ("opened", "since", "is_told"),
    [
        (NOW, NOW - DAY, True),
        (NOW + MINUTE, NOW - DAY, False),
        (NOW - 2 * DAY + MINUTE, NOW - 9 * DAY, True),
        (NOW - 2 * DAY, NOW - 9 * DAY, False),  # the worker stood for two days
        (NOW - HOUR, NOW - HOUR, False),  # she saw it when she came
        (NOW - HOUR, NOW - 2 * HOUR, True),
    ],
)
def test_a_module_is_news_if_it_opened_lately_and_after_she_came(opened, since, is_told):
    reader = replace(READER, since=since)
    assert (told(reader, replace(CALENDAR, modules={"m2": opened}), tasks=()) == [(News.MODULE, "m2")]) is is_told


def test_in_a_pause_only_a_calendar_that_changed_is_news():
    paused = replace(READER, is_paused=True, told_calendar="before")
    assert told(paused) == [(News.CALENDAR, None)]
    assert told(replace(paused, told_calendar="now")) == []


def test_what_she_was_told_is_no_news():
    marks = {one.mark for one in telling.news_for(READER, CALENDAR, [TASK], at=NOW)}
    assert told(replace(READER, knows=marks)) == []


def test_a_date_that_was_moved_is_another_date():
    marks = {one.mark for one in telling.news_for(READER, CALENDAR, [TASK], at=NOW)}
    later = replace(TASK, due_at=TASK.due_at + HOUR)
    assert told(replace(READER, knows=marks), tasks=[later]) == [(News.DATE_NEAR, "m1-quiz")]


def test_a_calendar_that_changed_is_told_once_a_day():
    changed = replace(READER, told_calendar="before")
    (news,) = telling.news_for(changed, replace(CALENDAR, modules={}), [], at=NOW)
    assert news.subject == Subject(news=News.CALENDAR) and telling.has_to_learn(changed, CALENDAR)
    again = replace(changed, knows={news.mark})
    assert told(again, replace(CALENDAR, modules={}), tasks=()) == []
    assert not telling.has_to_learn(again, CALENDAR)
    tomorrow = replace(again, today=again.today + DAY)
    assert told(tomorrow, replace(CALENDAR, modules={}), tasks=()) == [(News.CALENDAR, None)]


def test_the_first_calendar_she_sees_is_no_change():
    new = replace(READER, told_calendar=None)
    assert told(new, replace(CALENDAR, modules={}), tasks=()) == [] and telling.has_to_learn(new, CALENDAR)
    assert not telling.has_to_learn(READER, CALENDAR)


@given(calendars)
def test_the_same_dates_have_the_same_digest_in_any_order(dates):
    assert telling.digest_of(dict(reversed(dates.items()))) == telling.digest_of(dates)


@given(calendars, nodes, maybe)
def test_any_other_date_has_another_digest(dates, node, moment):
    opens_at, due_at = dates.get(node, (None, None))
    changed = {**dates, node: (opens_at, moment)}
    assert (telling.digest_of(changed) == telling.digest_of(dates)) == (moment == due_at)


@given(calendars)
def test_a_node_without_dates_changes_no_digest(dates):
    assert telling.digest_of({**dates, "new": (None, None)}) == telling.digest_of(dates)


def test_a_moment_is_the_same_in_every_zone():
    moved = NOW.astimezone(UTC).astimezone(tz=None)
    assert telling.digest_of({"m1": (moved, None)}) == telling.digest_of({"m1": (NOW, None)})


tasks = st.builds(Task, node_id=nodes, opens_at=maybe, due_at=maybe, is_handed_in=st.booleans())
readers = st.builds(
    Reader, since=minutes, knows=st.just(frozenset()), told_calendar=st.sampled_from([None, "now", "before"]),
    today=st.dates(datetime(2027, 4, 1).date(), datetime(2027, 4, 30).date()), is_paused=st.booleans(),
)  # fmt: skip


@given(
    readers,
    st.dictionaries(nodes, minutes),
    st.lists(tasks, max_size=6, unique_by=lambda task: task.node_id),
    st.lists(minutes, min_size=2, max_size=20),
)
def test_however_often_it_looks_each_thing_is_told_once(reader, modules, tasks, looks):
    calendar, seen = Calendar(modules=modules, digest="now"), []
    for at in sorted(looks):
        news = telling.news_for(reader, calendar, tasks, at=at)
        seen += [one.mark for one in news]
        reader = replace(reader, knows=frozenset(seen))
        if telling.has_to_learn(reader, calendar) or any(one.subject.news is News.CALENDAR for one in news):
            reader = replace(reader, told_calendar="now")
    assert len(seen) == len(set(seen))


@given(st.builds(lambda: uuid4()))
def test_a_sending_has_a_mark_of_its_own(operation):
    assert telling.mark_of_sending(operation) == f"sent:{operation.hex}"


def test_a_subject_is_written_with_its_node():
    assert str(Subject(news=News.MODULE, node_id="m2")) == "module:m2"
    assert str(Subject(news=News.SILENT)) == "silent"


def test_every_mark_fits_its_column():
    node = "n" * 40
    found = telling.news_for(
        replace(READER, told_calendar="before"),
        Calendar(modules={node: NOW}, digest="now"),
        [replace(TASK, node_id=node)],
        at=NOW,
    )
    assert len(found) == 3 and max(len(one.mark) for one in found) <= 120
