"""How far somebody is, and what comes next: pure functions over an outline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms.courses.rules import Told


class ModuleState(StrEnum):
    """The states of a task list: begun work never looks untouched, and a date that has passed promises nothing."""

    DONE = "done"
    IN_PROGRESS = "in progress"
    NOT_STARTED = "not started"
    LOCKED = "locked"
    IN_PREPARATION = "in preparation"


@dataclass(frozen=True, kw_only=True)
class OutlineLesson:
    """A lesson as the outline shows it. size_bytes: what travels. read_at: None until she marked it as read."""

    id: UUID
    node_id: str
    title: str
    language: str
    minutes: int
    size_bytes: int
    has_content_note: bool
    read_at: datetime | None


class ActivityState(StrEnum):
    """Where she is with a task."""

    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    HANDED_IN = "handed in"
    RETURNED = "returned"
    AGAIN = "again"
    DONE = "done"


TO_DO = frozenset({ActivityState.NOT_STARTED, ActivityState.IN_PROGRESS, ActivityState.RETURNED, ActivityState.AGAIN})
"""What waits for her. AGAIN: a quiz that counts and is not passed, with attempts left."""


class MoreTime(StrEnum):
    """What became of her asking a coordinator for more time."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """A task as the outline shows it. kind: `quiz` or `assignment`. counts: whether it counts for completion.

    due_at: her own last moment. more_time: None where she asked nobody.
    """

    id: UUID
    module: str
    kind: str
    title: Told
    counts: bool
    state: ActivityState
    due_at: datetime | None
    more_time: MoreTime | None = None


@dataclass(frozen=True, kw_only=True)
class OutlineModule:
    """A module as the outline shows it. number: its place, from 1. opens_at: None while no date is set."""

    node_id: str
    number: int
    title: Told
    summary: Told
    opens_at: datetime | None
    lessons: Sequence[OutlineLesson]
    activities: Sequence[Activity] = ()


def is_readable(module: OutlineModule, *, at: datetime) -> bool:
    """Whether the calendar has come to the module and there is something in it."""
    return module.opens_at is not None and module.opens_at <= at and bool(module.lessons)


def state_of(module: OutlineModule, *, at: datetime) -> ModuleState:
    """Where she is in a module."""
    if module.opens_at is None or module.opens_at > at:
        return ModuleState.LOCKED
    if not module.lessons:
        return ModuleState.IN_PREPARATION
    read = sum(lesson.read_at is not None for lesson in module.lessons)
    begun = any(activity.state is not ActivityState.NOT_STARTED for activity in module.activities)
    if read == len(module.lessons) and not any(activity.state in TO_DO for activity in module.activities):
        return ModuleState.DONE
    return ModuleState.IN_PROGRESS if read or begun else ModuleState.NOT_STARTED


@dataclass(frozen=True, kw_only=True)
class Step:
    """The lesson or the task to go on with, one of both.

    number: the lesson's place in the module, from 1. is_first: nothing was read before it.
    """

    module: OutlineModule
    lesson: OutlineLesson | None = None
    activity: Activity | None = None
    number: int = 0
    is_first: bool = False


def next_step(outline: Sequence[OutlineModule], *, at: datetime) -> Step | None:
    """The first unread lesson of what is open, or the first task of a module that is read; None for nothing to do."""
    nothing_read = not any(lesson.read_at for module in outline for lesson in module.lessons)
    for module in outline:
        if not is_readable(module, at=at):
            continue
        for number, lesson in enumerate(module.lessons, 1):
            if lesson.read_at is None:
                return Step(module=module, lesson=lesson, number=number, is_first=nothing_read)
        for activity in module.activities:
            if activity.state in TO_DO:
                return Step(module=module, activity=activity)
    return None


def due_soon(outline: Sequence[OutlineModule], *, at: datetime, most: int) -> Sequence[Activity]:
    """The tasks of open modules that wait for her and have a date, soonest first, those that are over included."""
    waiting = [
        activity
        for module in outline
        if is_readable(module, at=at)
        for activity in module.activities
        if activity.state in TO_DO and activity.due_at is not None
    ]
    return sorted(waiting, key=_due)[:most]


def _due(activity: Activity) -> datetime:
    assert activity.due_at is not None
    return activity.due_at


def coming_up(outline: Sequence[OutlineModule], *, at: datetime, most: int) -> Sequence[OutlineModule]:
    """The modules that open after now, soonest first; empty when no further date is set."""
    dated = [module for module in outline if module.opens_at is not None and module.opens_at > at]
    return sorted(dated, key=lambda module: (module.opens_at, module.number))[:most]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Lessons read, of those that are open."""

    read: int
    open: int


def compute_progress(outline: Sequence[OutlineModule], *, at: datetime) -> Progress:
    """How many lessons she has read. Only what is open counts: nobody is behind on what she cannot open."""
    lessons = [lesson for module in outline if is_readable(module, at=at) for lesson in module.lessons]
    return Progress(read=sum(lesson.read_at is not None for lesson in lessons), open=len(lessons))


def number_of(lessons: Sequence[OutlineLesson], lesson_id: UUID) -> int:
    """The place of a lesson among those beside it, from 1. Raises StopIteration for a stranger to them."""
    return next(number for number, lesson in enumerate(lessons, 1) if lesson.id == lesson_id)


def following(lessons: Sequence[OutlineLesson], lesson_id: UUID) -> OutlineLesson | None:
    """The lesson after this one; None after the last."""
    number = number_of(lessons, lesson_id)
    return lessons[number] if number < len(lessons) else None


class PartOfDay(StrEnum):
    """For the greeting."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


def part_of_day(local: datetime) -> PartOfDay:
    """Morning from 4, afternoon from 12, evening from 18, by the reader's own clock."""
    if 4 <= local.hour < 12:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if 12 <= local.hour < 18 else PartOfDay.EVENING
