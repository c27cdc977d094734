"""The participants of a cohort for those who run it: aliases, states, progress, and whole days. Never a name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true

from lms.accounts.models import Person
from lms.assessments.models import Attempt, Conflict
from lms.assessments.queries.book import Calendar, calendar_of, read_of
from lms.assessments.queries.queue import own_conflict
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Cohort, Enrolment, Group
from lms.cohorts.rules.enrolment import UNDER_WAY, EnrolmentState
from lms.cohorts.rules.silence import SILENT_DAYS, whole_days
from lms.kernel.db import db, turn_to

from .activity import first_opened, has_come, has_left, is_silent, last_read, last_step, latest

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
    wanted = _wanted(cohort, show, calendar, at)
    total = db.session.scalars(select(func.count()).select_from(Enrolment).where(wanted)).one()
    number, pages = turn_to(number, total=total, rows=ROWS_A_PAGE)
    of_page = (
        select(Enrolment.id)
        .where(wanted)
        .order_by(Enrolment.alias, Enrolment.id)
        .offset((number - 1) * ROWS_A_PAGE)
        .limit(ROWS_A_PAGE)
    )
    # What a line tells is looked up for the lines of this page alone, not for those that are passed over.
    query = _lines(who, Enrolment.id.in_(select(of_page.subquery())), calendar, tasks)
    return Page(
        rows=[_line(row, cohort, calendar, at) for row in db.session.execute(query)],
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
    query = _lines(who, _wanted(cohort, Show.ALL, calendar, at), calendar, tasks)
    rows = db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    lines = (_line(row, cohort, calendar, at) for row in rows)
    return Table(lines=lines, open_lessons=len(calendar.lessons), open_tasks=len(tasks))


def _open_tasks(calendar: Calendar) -> list[str]:
    return [task.node_id for task in calendar.asked if task.is_open]


def _wanted(cohort: Cohort, show: Show, calendar: Calendar, at: datetime) -> ColumnElement[bool]:
    conditions = {
        Show.ALL: true(),
        Show.NOT_COME: and_(~has_come(), Enrolment.state.in_(UNDER_WAY)),
        Show.SILENT: is_silent(cohort, first_opened(cohort, calendar.entries, at), at),
        Show.PAUSED: Enrolment.state == EnrolmentState.PAUSED,
        Show.LEFT: has_left(),
    }
    return and_(Enrolment.cohort_id == cohort.id, conditions[show])


def _lines(who: Person, wanted: ColumnElement[bool], calendar: Calendar, tasks: Sequence[str]) -> Any:
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == who.id)).label("is_hidden")
    return (
        select(
            Enrolment.public_id,
            Enrolment.alias,
            Enrolment.course_language,
            Enrolment.state,
            Enrolment.agreed_at,
            Enrolment.since_at,
            Group.number.label("group"),
            read_of(calendar.lessons).label("lessons"),
            _handed_in(tasks).label("handed_in"),
            last_read().label("last_read"),
            last_step().label("last_step"),
            hidden,
        )
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .outerjoin(Conflict, own_conflict(who))
        .where(wanted)
        .order_by(Enrolment.alias, Enrolment.id)
    )


def _handed_in(tasks: Sequence[str]) -> Any:
    """How many of these tasks she handed in, as a column."""
    return (
        select(func.count(Attempt.node_id.distinct()))
        .where(Attempt.enrolment_id == Enrolment.id, Attempt.node_id.in_(tasks), Attempt.state != AttemptState.OPEN)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _line(row: Any, cohort: Cohort, calendar: Calendar, at: datetime) -> Line:
    seen_at, opened = latest(row.last_read, row.last_step), first_opened(cohort, calendar.entries, at)
    quiet_since = latest(seen_at, row.agreed_at, row.since_at, opened)
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
        quiet_days=None if seen_at is None else whole_days(seen_at, at=at, zone=cohort.zone),
        is_silent=is_expected
        and quiet_since is not None
        and whole_days(quiet_since, at=at, zone=cohort.zone) >= SILENT_DAYS,
    )
