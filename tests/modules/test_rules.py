from datetime import datetime
from uuid import UUID

import pytest

from lms.courses.rules import Told
from lms.modules import rules
from lms.modules.rules import Activity, ActivityState, ModuleState, OutlineLesson, OutlineModule, PartOfDay
from tests.cast import DAY, NOW


def lesson(number, *, read=False):
    return OutlineLesson(
        id=UUID(int=number),
        node_id=f"l{number}",
        title="",
        language="en",
        minutes=5,
        size_bytes=1000,
        has_content_note=False,
        read_at=NOW - DAY if read else None,
    )


def activity(number, state=ActivityState.NOT_STARTED, *, due=None):
    return Activity(
        id=UUID(int=number),
        module="m1",
        kind="quiz",
        title=Told("", "en"),
        counts=True,
        state=state,
        due_at=None if due is None else NOW + due * DAY,
    )


def module(number, reads, *, opens=-1, activities=()):
    return OutlineModule(
        node_id=f"m{number}",
        number=number,
        title=Told("", "en"),
        summary=Told("", "en"),
        opens_at=None if opens is None else NOW + opens * DAY,
        lessons=[lesson(number * 10 + place, read=read) for place, read in enumerate(reads, 1)],
        activities=activities,
    )


@pytest.mark.parametrize(
    ("reads", "opens", "state"),
    [
        ([False, False], -1, ModuleState.NOT_STARTED),
        ([True, False], -1, ModuleState.IN_PROGRESS),
        ([False, True], 0, ModuleState.IN_PROGRESS),
        ([True, True], -1, ModuleState.DONE),
        ([True, True], 1, ModuleState.LOCKED),
        ([False], None, ModuleState.LOCKED),
        ([], 1, ModuleState.LOCKED),
        ([], None, ModuleState.LOCKED),
        ([], -1, ModuleState.IN_PREPARATION),
    ],
)
def test_the_state_of_a_module(reads, opens, state):
    assert rules.state_of(module(1, reads, opens=opens), at=NOW) is state


def test_the_next_step_is_the_first_unread_lesson_of_what_is_open():
    step = rules.next_step([module(1, [True, False, False]), module(2, [False])], at=NOW)
    assert (step.module.number, step.lesson.id, step.number, step.is_first) == (1, UUID(int=12), 2, False)


@pytest.mark.parametrize(
    ("reads", "state", "expected"),
    [
        ([True], ActivityState.NOT_STARTED, ModuleState.IN_PROGRESS),
        ([True], ActivityState.RETURNED, ModuleState.IN_PROGRESS),
        ([True], ActivityState.HANDED_IN, ModuleState.DONE),
        ([True], ActivityState.DONE, ModuleState.DONE),
        ([False], ActivityState.DONE, ModuleState.IN_PROGRESS),
        ([False], ActivityState.NOT_STARTED, ModuleState.NOT_STARTED),
    ],
)
def test_a_module_is_done_when_it_is_read_and_its_tasks_are_handed_in(reads, state, expected):
    assert rules.state_of(module(1, reads, activities=[activity(1, state)]), at=NOW) is expected


def test_after_the_lessons_come_the_tasks_that_wait():
    tasks = [activity(1, ActivityState.DONE), activity(2, ActivityState.RETURNED), activity(3)]
    step = rules.next_step([module(1, [True], activities=tasks), module(2, [False])], at=NOW)
    assert (step.lesson, step.activity) == (None, tasks[1])


def test_what_is_due_is_what_waits_in_open_modules_soonest_first():
    late, soon, dateless = activity(1, due=-1), activity(2, due=3), activity(3)
    done, closed = activity(4, ActivityState.DONE, due=2), activity(5, due=2)
    outline = [
        module(1, [True], activities=[soon, dateless, done, late]),
        module(2, [False], opens=1, activities=[closed]),
    ]
    assert rules.due_soon(outline, at=NOW, most=5) == [late, soon]
    assert rules.due_soon(outline, at=NOW, most=1) == [late]


def test_a_lesson_left_out_comes_before_later_modules():
    step = rules.next_step([module(1, [False, True]), module(2, [False])], at=NOW)
    assert step.lesson.id == UUID(int=11)


def test_who_has_read_nothing_starts():
    assert rules.next_step([module(1, [False])], at=NOW).is_first


@pytest.mark.parametrize(
    "outline", [[], [module(1, [True])], [module(1, [False], opens=1)], [module(1, []), module(2, [False], opens=None)]]
)
def test_there_may_be_nothing_to_do_now(outline):
    assert rules.next_step(outline, at=NOW) is None


def test_what_comes_up_is_in_the_order_of_its_dates():
    outline = [
        module(1, [False]),
        module(2, [], opens=9),
        module(3, [], opens=2),
        module(4, [], opens=None),
        module(5, [], opens=2),
    ]
    assert [one.number for one in rules.coming_up(outline, at=NOW, most=2)] == [3, 5]


def test_progress_counts_only_what_is_open():
    outline = [module(1, [True, True, False]), module(2, [False], opens=1), module(3, [False], opens=None)]
    assert rules.compute_progress(outline, at=NOW) == rules.Progress(read=2, open=3)


def test_the_following_lesson_and_none_after_the_last():
    lessons = module(1, [False, False]).lessons
    assert rules.number_of(lessons, UUID(int=12)) == 2
    assert rules.following(lessons, UUID(int=11)) is lessons[1]
    assert rules.following(lessons, UUID(int=12)) is None


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        (3, "evening"),
        (4, "morning"),
        (11, "morning"),
        (12, "afternoon"),
        (17, "afternoon"),
        (18, "evening"),
        (0, "evening"),
    ],
)
def test_the_greeting_follows_the_readers_clock(hour, part):
    assert rules.part_of_day(datetime(2027, 4, 13, hour)) is PartOfDay(part)
