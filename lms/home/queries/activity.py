"""Who is silent and who is late, as conditions over Enrolment. No session is looked at.

What they ask for is kept with each place (docs/decisions/0023); how many days that is, `cohorts.rules.silence` says.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, false, func, or_, select

from lms.assessments.models import Attempt, StepRow
from lms.assessments.queries.completion import modules_of
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.silence import SILENT_DAYS, days_before
from lms.cohorts.rules.wallclock import day_of


def has_come() -> ColumnElement[bool]:
    """She has set up her place."""
    return Enrolment.agreed_at.is_not(None)


def is_expected() -> ColumnElement[bool]:
    """She has the course before her and takes no pause: only then silence says something."""
    return and_(has_come(), Enrolment.state == EnrolmentState.ACTIVE)


def last_step_of_attempt() -> Any:
    """When she last saved or handed in something within one attempt, as a column; what markers do is not hers.

    Attempt by attempt: joined, a database that knows little about its tables reads all steps for each person.
    """
    return (
        select(func.max(StepRow.received_at))
        .where(StepRow.attempt_id == Attempt.id, StepRow.by_id == Enrolment.person_id)
        .correlate(Attempt, Enrolment)
        .scalar_subquery()
    )


def begin_of(day: date | None, cohort: Cohort) -> datetime | None:
    """When a day began by the calendar of the cohort: enough for counting whole days; None for none."""
    return None if day is None else datetime.combine(day, time(), ZoneInfo(cohort.zone))


def latest(*moments: datetime | None) -> datetime | None:
    """The latest of those that there are."""
    return max((moment for moment in moments if moment is not None), default=None)


def first_opened(cohort: Cohort, entries: Mapping[str, CalendarEntry], at: datetime) -> datetime | None:
    """When there was something to do for the first time; None while there is nothing yet. entries: by node id."""
    published = [module for module, lessons in modules_of(cohort.version) if lessons and module in entries]
    opened = [moment for module in published if (moment := entries[module].opens_at) is not None]
    return min((moment for moment in opened if moment <= at), default=None)


def quiet_before(cohort: Cohort, opened: datetime | None, at: datetime) -> date | None:
    """Before which day the last sign lies of somebody who is silent: for seven whole days; None while nobody can be.

    opened: when there was something to do for the first time.
    """
    moment = days_before(SILENT_DAYS, at=at, zone=cohort.zone)
    return day_of(moment, cohort.zone) if opened is not None and opened < moment else None


def is_silent(*, can_be: bool) -> ColumnElement[bool]:
    """Nothing of hers since a day that is bound as `quiet_before`. can_be: whether there is one."""
    return is_quiet_before(bindparam("quiet_before", type_=Date)) if can_be else false()


def is_quiet_before(day: Any) -> ColumnElement[bool]:
    """Nothing read, saved or handed in since then, although she was there before it and could have."""
    return and_(Enrolment.state == EnrolmentState.ACTIVE, Enrolment.quiet_from < day)


def is_not_since(column: Any, moment: Any) -> ColumnElement[bool]:
    """A moment that lies before another, or that there is not: true or false, never neither."""
    return case((column >= moment, 1), else_=0) == 0


def is_late() -> ColumnElement[bool]:
    """A task that counts is past her own last moment, bound as `at`, and not handed in."""
    return and_(is_expected(), Enrolment.late_from <= bindparam("at"))


def has_left() -> ColumnElement[bool]:
    """Her place was deferred or withdrawn."""
    return or_(Enrolment.state == EnrolmentState.DEFERRED, Enrolment.state == EnrolmentState.WITHDRAWN)
