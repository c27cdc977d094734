"""Her own results, for a participant: every quiz and assignment, and what became of it as far as she may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry
from lms.cohorts.queries import Seat, seats_of
from lms.courses.rules import TaskKind, Told
from lms.kernel.db import db

from ..models import Attempt
from ..rules import marking, quizzes
from ..rules.attempts import AttemptState
from ..rules.items import Score
from ..rules.marking import Verdict
from .catalogue import Task, catalogue


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
    """A task as she sees it in her list. opens_at, due_at: None for no date.

    score, has_passed: of the attempt that counts, once she may see it. total: hundredths of a per cent, only released.
    """

    id: UUID
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

    @property
    def percent(self) -> int | None:
        """Per cent of a quiz."""
        return None if self.score is None else quizzes.percent(self.score)

    @property
    def total_percent(self) -> int | None:
        """Whole per cent of an assignment."""
        return None if self.total is None else marking.whole_percent(self.total)


@dataclass(frozen=True, kw_only=True)
class OwnCourse:
    """One course of hers with its tasks in order."""

    seat: Seat
    tasks: Sequence[OwnTask]


def results_of(who: Person, *, language: str, at: datetime) -> list[OwnCourse]:
    """Her courses, newest first, those of staff without tasks: three statements."""
    seats = seats_of(who)
    entries = _entries(seats)
    attempts = _attempts(seats)
    return [
        OwnCourse(
            seat=seat,
            tasks=_tasks(seat, entries[seat.cohort.id], attempts[seat.cohort.id], language, at)
            if seat.enrolment is not None
            else (),
        )
        for seat in seats
    ]


def _entries(seats: Iterable[Seat]) -> dict[int, dict[str, CalendarEntry]]:
    found: dict[int, dict[str, CalendarEntry]] = defaultdict(dict)
    wanted = CalendarEntry.cohort_id.in_([seat.cohort.id for seat in seats])
    for entry in db.session.scalars(select(CalendarEntry).where(wanted).order_by(CalendarEntry.id)):
        found[entry.cohort_id][entry.node_id] = entry
    return found


def _attempts(seats: Sequence[Seat]) -> dict[int, list[Attempt]]:
    cohorts = {seat.enrolment.id: seat.cohort.id for seat in seats if seat.enrolment is not None}
    found: dict[int, list[Attempt]] = defaultdict(list)
    wanted = Attempt.enrolment_id.in_(cohorts), Attempt.kind != TaskKind.CHECKPOINT
    for attempt in db.session.scalars(select(Attempt).where(*wanted).order_by(Attempt.number)):
        found[cohorts[attempt.enrolment_id]].append(attempt)
    return found


def _tasks(
    seat: Seat, entries: dict[str, CalendarEntry], attempts: Sequence[Attempt], language: str, at: datetime
) -> list[OwnTask]:
    asked = catalogue(seat.cohort.version)
    found = []
    for task in asked.tasks.values():
        entry, module = entries.get(task.node_id), entries.get(task.module)
        if task.kind is TaskKind.CHECKPOINT or entry is None:
            continue
        of_task = [attempt for attempt in attempts if attempt.node_id == task.node_id]
        found.append(_task(task, entry, module, of_task, asked.title(task, language), at))
    return found


def _task(
    task: Task,
    entry: CalendarEntry,
    module: CalendarEntry | None,
    attempts: Sequence[Attempt],
    title: Told,
    at: datetime,
) -> OwnTask:
    opens_at = module.opens_at if module is not None else None
    is_open = opens_at is not None and opens_at <= at
    told = OwnTask(
        id=entry.public_id,
        kind=task.kind,
        title=title,
        graded=task.graded,
        where=Where.NOT_STARTED if is_open else Where.CLOSED,
        opens_at=opens_at,
        due_at=attempts[-1].due_at if attempts else entry.due_at,
        handed_in_at=max((one.handed_in_at for one in attempts if one.handed_in_at is not None), default=None),
    )
    if not attempts:
        return told
    return _written(told, attempts) if task.kind is TaskKind.ASSIGNMENT else _quiz(told, task, attempts, at)


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


def _quiz(told: OwnTask, task: Task, attempts: Sequence[Attempt], at: datetime) -> OwnTask:
    is_open = attempts[-1].state is AttemptState.OPEN
    counting = quizzes.counting((attempt.taken() for attempt in attempts), task.quiz)
    if counting is None or counting.score is None:
        return replace(told, where=Where.IN_PROGRESS)
    counted = next(attempt for attempt in attempts if attempt.number == counting.number)
    if not quizzes.may_see_feedback(
        task.quiz, counted.state, counted.terms(), awaits_until=counted.awaits_until, at=at
    ):
        return replace(told, where=Where.IN_PROGRESS if is_open else Where.LATER)
    return replace(
        told,
        where=Where.IN_PROGRESS if is_open else Where.RESULT,
        score=counting.score,
        has_passed=quizzes.has_passed(counting.score, task.quiz),
    )
