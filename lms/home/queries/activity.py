"""When participants were last active: the latest of a lesson read and a step of their own. No session is looked at.

Everything here is a column or a condition over Enrolment; how many days that is, `cohorts.rules.silence` says.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union,
)

from lms.assessments.models import AllowanceRow, Attempt, StepRow
from lms.assessments.queries.completion import modules_of
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState
from lms.cohorts.rules.silence import SILENT_DAYS, days_before
from lms.kernel.db import db
from lms.modules.models import Progress

Moment: TypeAlias = datetime | BindParameter[datetime]
"""A moment, or where one is bound."""


def has_come() -> ColumnElement[bool]:
    """She has set up her place."""
    return Enrolment.agreed_at.is_not(None)


def is_expected() -> ColumnElement[bool]:
    """She has the course before her and takes no pause: only then silence says something."""
    return and_(has_come(), Enrolment.state == EnrolmentState.ACTIVE)


def last_read() -> Any:
    """When she last read a lesson, as a column."""
    return (
        select(func.max(Progress.read_at))
        .where(Progress.enrolment_id == Enrolment.id)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def last_step() -> Any:
    """When she last saved or handed in something, as a column; what markers do is not hers."""
    return (
        select(func.max(last_step_of_attempt()))
        .where(Attempt.enrolment_id == Enrolment.id)
        .correlate(Enrolment)
        .scalar_subquery()
    )


def last_step_of_attempt() -> Any:
    """The same within one attempt of hers.

    Attempt by attempt: joined, a database that knows little about its tables reads all steps for each person.
    """
    return (
        select(func.max(StepRow.received_at))
        .where(StepRow.attempt_id == Attempt.id, StepRow.by_id == Enrolment.person_id)
        .correlate(Attempt, Enrolment)
        .scalar_subquery()
    )


def latest(*moments: datetime | None) -> datetime | None:
    """The latest of those that there are."""
    return max((moment for moment in moments if moment is not None), default=None)


def first_opened(cohort: Cohort, entries: Mapping[str, CalendarEntry], at: datetime) -> datetime | None:
    """When there was something to do for the first time; None while there is nothing yet. entries: by node id."""
    published = [module for module, lessons in modules_of(cohort.version) if lessons and module in entries]
    opened = [moment for module in published if (moment := entries[module].opens_at) is not None]
    return min((moment for moment in opened if moment <= at), default=None)


def quiet_since(cohort: Cohort, opened: datetime | None, at: datetime) -> datetime | None:
    """Since when somebody did nothing who is silent: for seven whole days; None while nobody can be.

    opened: when there was something to do for the first time.
    """
    moment = days_before(SILENT_DAYS, at=at, zone=cohort.zone)
    return moment if opened is not None and opened < moment else None


def is_silent(*, can_be: bool) -> ColumnElement[bool]:
    """Nothing of hers since a moment that is bound as `quiet_since`. can_be: whether there is one."""
    return is_quiet_since(bindparam("quiet_since")) if can_be else false()


def is_quiet_since(moment: Moment) -> ColumnElement[bool]:
    """Nothing read, saved or handed in since then, although she was there before it and could have."""
    was_there = and_(is_expected(), Enrolment.agreed_at < moment, Enrolment.since_at < moment)
    return and_(was_there, is_not_since(last_read(), moment), is_not_since(last_step(), moment))


def is_not_since(column: Any, moment: Moment) -> ColumnElement[bool]:
    """A moment that lies before another, or that there is not: true or false, never neither."""
    return case((column >= moment, 1), else_=0) == 0


def is_late() -> ColumnElement[bool]:
    """One of the tasks whose date in the calendar is over is not handed in, and she was given no later date.

    `overdue_by` says which these are, and when; it is bound.
    """
    nodes: BindParameter[str] = bindparam("overdue", expanding=True)
    has_later_date = AllowanceRow.due_at > bindparam("at")
    handed_in = (
        select(func.count(Attempt.node_id.distinct()))
        .where(
            Attempt.enrolment_id == Enrolment.id,
            Attempt.node_id.in_(nodes),
            Attempt.state != AttemptState.OPEN,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )
    handed_in_too = (
        exists()
        .where(
            Attempt.enrolment_id == AllowanceRow.enrolment_id,
            Attempt.node_id == AllowanceRow.node_id,
            Attempt.state != AttemptState.OPEN,
        )
        .correlate(AllowanceRow)
    )
    has_time = (
        select(func.count(AllowanceRow.node_id.distinct()))
        .where(
            AllowanceRow.enrolment_id == Enrolment.id,
            AllowanceRow.node_id.in_(nodes),
            has_later_date,
            ~handed_in_too,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )
    has_time_for_all = (
        exists()
        .where(AllowanceRow.enrolment_id == Enrolment.id, AllowanceRow.node_id.is_(None), has_later_date)
        .correlate(Enrolment)
    )
    return and_(is_expected(), ~has_time_for_all, handed_in + has_time < bindparam("how_many_overdue"))


def overdue_by(nodes: Sequence[str], *, at: datetime) -> dict[str, Any]:
    """What `is_late` asks for."""
    return {"overdue": nodes, "how_many_overdue": len(nodes), "at": at}


def active_by_week(cohort: Cohort, begins: Sequence[datetime]) -> list[int]:
    """How many people read, saved or handed in something in each week: one statement.

    begins: when each week begins, in order, and when the last one ends.
    """
    weeks = len(begins) - 1
    bound = {"cohort_id": cohort.id} | {_begin(number): moment for number, moment in enumerate(begins)}
    found = {row.week: row.people for row in db.session.execute(_active_by_week(weeks), bound)}
    return [found.get(week, 0) for week in range(weeks)]


@cache
def _active_by_week(weeks: int) -> Select[*tuple[Any, ...]]:
    within = (Enrolment.cohort_id == bindparam("cohort_id"), has_come(), Enrolment.state.in_(MAY_READ))
    read = (
        select(Progress.enrolment_id, _week(Progress.read_at, weeks).label("week"))
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .where(*within, *_is_within(Progress.read_at, weeks))
    )
    saved = (
        select(Attempt.enrolment_id, _week(StepRow.received_at, weeks).label("week"))
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(*within, StepRow.by_id == Enrolment.person_id, *_is_within(StepRow.received_at, weeks))
    )
    both = union(read, saved).subquery()  # each person once a week
    counted: Select[*tuple[Any, ...]] = select(both.c.week, func.count().label("people")).group_by(both.c.week)
    return counted


def _begin(number: int) -> str:
    """The name by which the beginning of a week is bound; after the last one, its end."""
    return f"begin_{number}"


def _is_within(moment: Any, weeks: int) -> tuple[ColumnElement[bool], ...]:
    return moment >= bindparam(_begin(0)), moment < bindparam(_begin(weeks))


def _week(moment: Any, weeks: int) -> Any:
    """The number of the week, from 0, as a column."""
    return case(*((moment < bindparam(_begin(week + 1)), week) for week in range(weeks)), else_=weeks + 1)


def has_left() -> ColumnElement[bool]:
    """Her place was deferred or withdrawn."""
    return or_(Enrolment.state == EnrolmentState.DEFERRED, Enrolment.state == EnrolmentState.WITHDRAWN)
