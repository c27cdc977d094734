"""Her own results, for a participant: every quiz and assignment, and what became of it as far as she may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.queries.seats import Seat, seats_of
from lms.cohorts.rules.completion import Record, Requirement, is_complete, judge
from lms.courses.rules import TaskKind, Told
from lms.kernel.db import db

from ..models import Attempt
from ..rules import marking, quizzes
from ..rules.attempts import AttemptState
from ..rules.items import Score
from ..rules.marking import Verdict
from ..rules.quizzes import Allowance
from .allowances import ATTEMPTS, LAST_MOMENT, given
from .catalogue import Task, catalogue
from .completion import own_records
from .sitting import awaited_until


class Where(StrEnum):
    """Where a task of hers stands."""

    CLOSED = "closed"
    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    BEING_READ = "being read"
    LATER = "later"
    RESULT = "result"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class OwnTask:
    """A task as she sees it in her list. opens_at: of its module; due_at: her own last moment. None for no date.

    score, has_passed: of the attempt that counts, once she may see it. total: hundredths of a per cent, only released.
    left: how many more attempts at a quiz she may open; None for as many as she likes, and for what is no quiz.
    """

    id: UUID
    node_id: str
    kind: TaskKind
    title: Told
    graded: bool
    where: Where
    opens_at: datetime | None
    due_at: datetime | None
    handed_in_at: datetime | None
    number: int | None = None
    score: Score | None = None
    has_passed: bool = False
    total: int | None = None
    verdict: Verdict | None = None
    left: int | None = None

    @property
    def percent(self) -> int | None:
        """Per cent of a quiz."""
        return None if self.score is None else quizzes.percent(self.score)

    @property
    def total_percent(self) -> int | None:
        """Whole per cent of an assignment."""
        return None if self.total is None else marking.whole_percent(self.total)


@dataclass(frozen=True, kw_only=True)
class Need:
    """One part of the rule of a course. tasks: what still has to be passed or met, in the order of the course."""

    requirement: Requirement
    tasks: Sequence[OwnTask]


@dataclass(frozen=True, kw_only=True)
class OwnCourse:
    """One course of hers with its tasks in order, and what its certificate asks for."""

    seat: Seat
    tasks: Sequence[OwnTask]
    needs: Sequence[Need]

    @property
    def is_complete(self) -> bool:
        """Whether everything is there that the rule asks for, as far as she may know."""
        return is_complete([need.requirement for need in self.needs])


def results_of(who: Person, *, language: str, at: datetime) -> list[OwnCourse]:
    """Her courses, newest first, those of staff without tasks: six statements."""
    seats = seats_of(who)
    entries = _entries(who, seats)
    attempts = _attempts(seats)
    records = own_records(seats)
    found = []
    for seat in seats:
        number, tasks = seat.cohort.id, []
        if seat.enrolment is not None:
            tasks = _tasks(seat, entries[number], attempts[number], language, at)
        record = records.get(seat.enrolment.id) if seat.enrolment is not None else None
        found.append(OwnCourse(seat=seat, tasks=tasks, needs=_needs(seat.cohort, record, tasks)))
    return found


def _needs(cohort: Cohort, record: Record | None, tasks: Sequence[OwnTask]) -> list[Need]:
    """The parts of the rule, judged by what she may know: a result that she is shown later is none yet."""
    if record is None:
        return []
    by_node = {task.node_id: task for task in tasks}
    shown = {task.node_id for task in tasks if task.score is not None}
    known = [quiz if quiz.node_id in shown else replace(quiz, best_percent=None) for quiz in record.quizzes]
    return [
        Need(requirement=one, tasks=[by_node[node] for node in one.open_nodes if node in by_node])
        for one in judge(cohort.rule(), replace(record, quizzes=known))
    ]


@dataclass(frozen=True, kw_only=True)
class Dated:
    """An entry of a calendar with her own last moment: the calendar's, or the later one that she was given.

    extra_attempts: what she was given beyond the settings.
    """

    entry: CalendarEntry
    due_at: datetime | None
    extra_attempts: int

    def is_over(self, cohort: Cohort, *, at: datetime) -> bool:
        """Whether the grace after her last moment has passed, so that no attempt can be opened any more."""
        return self.due_at is not None and at > self.due_at + timedelta(days=cohort.grace_days)


def _entries(who: Person, seats: Iterable[Seat]) -> dict[int, dict[str, Dated]]:
    found: dict[int, dict[str, Dated]] = defaultdict(dict)
    rows = db.session.execute(_dated(), {"me": who.id, "cohorts": [seat.cohort.id for seat in seats]})
    for entry, allowed_until, extra_attempts in rows:
        due_at = quizzes.later_date(entry.due_at, allowed_until)
        found[entry.cohort_id][entry.node_id] = Dated(entry=entry, due_at=due_at, extra_attempts=int(extra_attempts))
    return found


@cache
def _dated() -> Select[*tuple[Any, ...]]:
    hers = and_(Enrolment.cohort_id == CalendarEntry.cohort_id, Enrolment.person_id == bindparam("me"))
    query: Select[*tuple[Any, ...]] = (
        select(
            CalendarEntry,
            given(LAST_MOMENT, Enrolment.id, CalendarEntry.node_id),
            given(ATTEMPTS, Enrolment.id, CalendarEntry.node_id),
        )
        .outerjoin(Enrolment, hers)
        .where(CalendarEntry.cohort_id.in_(bindparam("cohorts", expanding=True)))
        .order_by(CalendarEntry.id)
    )
    return query


def _attempts(seats: Sequence[Seat]) -> dict[int, list[Attempt]]:
    cohorts = {seat.enrolment.id: seat.cohort.id for seat in seats if seat.enrolment is not None}
    found: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in db.session.scalars(_attempts_at_tasks(), {"places": list(cohorts)}):
        found[cohorts[attempt.enrolment_id]].append(attempt)
    return found


@cache
def _attempts_at_tasks() -> Select[Attempt]:
    is_hers = Attempt.enrolment_id.in_(bindparam("places", expanding=True))
    return select(Attempt).where(is_hers, Attempt.kind != TaskKind.CHECKPOINT).order_by(Attempt.number)


def _tasks(
    seat: Seat, entries: dict[str, Dated], attempts: Sequence[Attempt], language: str, at: datetime
) -> list[OwnTask]:
    asked = catalogue(seat.cohort.version)
    found = []
    for task in asked.tasks.values():
        dated, module = entries.get(task.node_id), entries.get(task.module)
        if task.kind is TaskKind.CHECKPOINT or dated is None:
            continue
        of_task = [attempt for attempt in attempts if attempt.node_id == task.node_id]
        told = _task(task, dated, module, of_task, asked.title(task, language), seat.cohort, at)
        if task.kind is TaskKind.QUIZ:
            told = replace(told, left=_left(task, dated, of_task, seat.cohort, at))
        found.append(told)
    return found


def _left(task: Task, dated: Dated, attempts: Sequence[Attempt], cohort: Cohort, at: datetime) -> int | None:
    """How many more attempts she may open; None for as many as she likes."""
    if cohort.closed_at is not None or dated.is_over(cohort, at=at):
        return 0
    own = quizzes.apply_allowance(task.quiz, Allowance(extra_attempts=dated.extra_attempts))
    return quizzes.attempts_left(own, [attempt.taken() for attempt in attempts])


def _task(
    task: Task,
    dated: Dated,
    module: Dated | None,
    attempts: Sequence[Attempt],
    title: Told,
    cohort: Cohort,
    at: datetime,
) -> OwnTask:
    opens_at = module.entry.opens_at if module is not None else None
    is_open = opens_at is not None and opens_at <= at
    told = OwnTask(
        id=dated.entry.public_id,
        node_id=task.node_id,
        kind=task.kind,
        title=title,
        graded=task.graded,
        where=Where.NOT_STARTED if is_open else Where.CLOSED,
        opens_at=opens_at,
        due_at=attempts[-1].due_at if attempts else dated.due_at,
        handed_in_at=max((one.handed_in_at for one in attempts if one.handed_in_at is not None), default=None),
    )
    if not attempts:
        return told
    return _written(told, attempts) if task.kind is TaskKind.ASSIGNMENT else _quiz(told, task, attempts, cohort, at)


def _where_written(state: AttemptState) -> Where:
    """A mark that is not released is no news: somebody is reading."""
    return {
        AttemptState.OPEN: Where.IN_PROGRESS,
        AttemptState.HANDED_IN: Where.BEING_READ,
        AttemptState.MARKED: Where.BEING_READ,
        AttemptState.RETURNED: Where.RETURNED,
        AttemptState.RELEASED: Where.RESULT,
    }[state]


def _written(told: OwnTask, attempts: Sequence[Attempt]) -> OwnTask:
    released = [attempt for attempt in attempts if attempt.state is AttemptState.RELEASED]
    told = replace(told, where=_where_written(attempts[-1].state))
    returned = [attempt.number for attempt in attempts if attempt.state is AttemptState.RETURNED]
    told = replace(told, number=max([*returned, *(attempt.number for attempt in released)], default=None))
    return replace(told, total=released[-1].total, verdict=released[-1].verdict) if released else told


def _quiz(told: OwnTask, task: Task, attempts: Sequence[Attempt], cohort: Cohort, at: datetime) -> OwnTask:
    is_open = attempts[-1].state is AttemptState.OPEN
    counting = quizzes.counting((attempt.taken() for attempt in attempts), task.quiz)
    if counting is None or counting.score is None:
        return replace(told, where=Where.IN_PROGRESS)
    counted = next(attempt for attempt in attempts if attempt.number == counting.number)
    awaits_until = awaited_until(counted, cohort)
    if not quizzes.may_see_feedback(task.quiz, counted.state, counted.terms(), awaits_until=awaits_until, at=at):
        return replace(told, where=Where.IN_PROGRESS if is_open else Where.LATER)
    return replace(
        told,
        where=Where.IN_PROGRESS if is_open else Where.RESULT,
        score=counting.score,
        has_passed=quizzes.has_passed(counting.score, task.quiz),
    )
