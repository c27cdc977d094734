"""The participants of a cohort for those who run it: aliases, states, progress, and whole days. Never a name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, select, true

from lms.accounts.models import Person
from lms.assessments.models import Attempt, Conflict
from lms.assessments.queries.book import Calendar, calendar_of, read_of
from lms.assessments.queries.queue import own_conflict
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Cohort, Enrolment, Group
from lms.cohorts.policy import number_of
from lms.cohorts.rules.enrolment import UNDER_WAY, EnrolmentState
from lms.cohorts.rules.silence import SILENT_DAYS, whole_days
from lms.kernel.db import db, turn_to

from .activity import begin_of, first_opened, has_come, has_left, is_silent, latest, quiet_before

ROWS_A_PAGE = 25
ROWS_AT_ONCE = 500


class Show(StrEnum):
    """Which participants are listed."""

    ALL = "all"
    NOT_COME = "not-come"
    SILENT = "silent"
    PAUSED = "paused"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One participant. group: its number. quiet_days: since she was last active; None where she never was.

    lessons, handed_in: of what is open; None where the reader has a conflict of interest with her, or is herself.
    """

    id: UUID
    alias: str
    language: str
    state: EnrolmentState
    has_come: bool
    group: int | None
    lessons: int | None
    handed_in: int | None
    quiet_days: int | None
    is_silent: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the list. number: from 1. open_lessons, open_tasks: how many there are to be done."""

    rows: Sequence[Line]
    number: int
    pages: int
    total: int
    open_lessons: int
    open_tasks: int


def page_of(who: Person, cohort: Cohort, *, show: Show, number: int, at: datetime) -> Page:
    """A page of the participants by alias: three statements at any size."""
    calendar = calendar_of(cohort, at=at)
    tasks = _open_tasks(calendar)
    day = quiet_before(cohort, first_opened(cohort, calendar.entries, at), at)
    wanted, can_be_silent = {"cohort_id": cohort.id, "quiet_before": day}, day is not None
    total = db.session.scalars(_count(show, can_be_silent=can_be_silent), wanted).one()
    number, pages = turn_to(number, total=total, rows=ROWS_A_PAGE)
    bound = {**wanted, **_bound(who, calendar, tasks), "passed": (number - 1) * ROWS_A_PAGE}
    rows = db.session.execute(_lines_of_page(show, can_be_silent=can_be_silent), bound)
    return Page(
        rows=[_line(row, cohort, calendar, at) for row in rows],
        number=number,
        pages=pages,
        total=total,
        open_lessons=len(calendar.lessons),
        open_tasks=len(tasks),
    )


@dataclass(frozen=True, kw_only=True)
class Table:
    """All participants by alias. lines: read once, a part of them in memory."""

    lines: Iterator[Line]
    open_lessons: int
    open_tasks: int


def table_of(who: Person, cohort: Cohort, *, at: datetime) -> Table:
    """All participants, for a table that is taken along: two statements."""
    calendar = calendar_of(cohort, at=at)
    tasks = _open_tasks(calendar)
    query = _lines(Enrolment.cohort_id == cohort.id).execution_options(yield_per=ROWS_AT_ONCE)
    rows = db.session.execute(query, _bound(who, calendar, tasks))
    lines = (_line(row, cohort, calendar, at) for row in rows)
    return Table(lines=lines, open_lessons=len(calendar.lessons), open_tasks=len(tasks))


def _open_tasks(calendar: Calendar) -> list[str]:
    return [task.node_id for task in calendar.asked if task.is_open]


@cache
def _count(show: Show, *, can_be_silent: bool) -> Select[int]:
    return select(func.count()).select_from(Enrolment).where(_wanted(show, can_be_silent=can_be_silent))


@cache
def _lines_of_page(show: Show, *, can_be_silent: bool) -> Select[*tuple[Any, ...]]:
    of_page = (
        select(Enrolment.id)
        .where(_wanted(show, can_be_silent=can_be_silent))
        .order_by(Enrolment.alias, Enrolment.id)
        .offset(bindparam("passed", type_=Integer))
        .limit(ROWS_A_PAGE)
    )
    # What a line tells is looked up for the lines of this page alone, not for those that are passed over.
    return _lines(Enrolment.id.in_(select(of_page.subquery())))


def _wanted(show: Show, *, can_be_silent: bool) -> ColumnElement[bool]:
    conditions = {
        Show.ALL: true(),
        Show.NOT_COME: and_(~has_come(), Enrolment.state.in_(UNDER_WAY)),
        Show.SILENT: is_silent(can_be=can_be_silent),
        Show.PAUSED: Enrolment.state == EnrolmentState.PAUSED,
        Show.LEFT: has_left(),
    }
    return and_(Enrolment.cohort_id == bindparam("cohort_id"), conditions[show])


def _bound(who: Person, calendar: Calendar, tasks: Sequence[str]) -> dict[str, Any]:
    """What `_lines` asks for."""
    return {"me": who.id, "lessons": calendar.lessons, "tasks": tasks}


def _lines(wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == number_of(None))).label("is_hidden")
    lines: Select[*tuple[Any, ...]] = (
        select(
            Enrolment.public_id,
            Enrolment.alias,
            Enrolment.course_language,
            Enrolment.state,
            Enrolment.agreed_at,
            Enrolment.quiet_from,
            Group.number.label("group"),
            read_of("lessons").label("lessons"),
            _handed_in().label("handed_in"),
            Enrolment.active_on,
            hidden,
        )
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .outerjoin(Conflict, own_conflict())
        .where(wanted)
        .order_by(Enrolment.alias, Enrolment.id)
    )
    return lines


def _handed_in() -> Any:
    """How many of the tasks that are bound as `tasks` she handed in, as a column."""
    is_asked = Attempt.node_id.in_(bindparam("tasks", expanding=True))
    return (
        select(func.count(Attempt.node_id.distinct()))
        .where(Attempt.enrolment_id == Enrolment.id, is_asked, Attempt.state != AttemptState.OPEN)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _line(row: Any, cohort: Cohort, calendar: Calendar, at: datetime) -> Line:
    seen, opened = begin_of(row.active_on, cohort), first_opened(cohort, calendar.entries, at)
    quiet_since = latest(begin_of(row.quiet_from, cohort), opened)
    is_expected = row.state is EnrolmentState.ACTIVE and row.agreed_at is not None and opened is not None
    return Line(
        id=row.public_id,
        alias=row.alias,
        language=row.course_language,
        state=row.state,
        has_come=row.agreed_at is not None,
        group=row.group,
        lessons=None if row.is_hidden else row.lessons,
        handed_in=None if row.is_hidden else row.handed_in,
        quiet_days=None if seen is None else whole_days(seen, at=at, zone=cohort.zone),
        is_silent=is_expected
        and quiet_since is not None
        and whole_days(quiet_since, at=at, zone=cohort.zone) >= SILENT_DAYS,
    )
