"""Reading the outbox: who is next, what waits, what was given up."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from lms.kernel.db import db

from . import rules
from .models import Job

MESSAGE = "message"
"""The kind of job that writes to a person."""

MAY_HAVE_FAILED = range(rules.MOST_TRIES + 1)
"""How often a job can have failed."""


@dataclass(frozen=True, kw_only=True)
class LateMessages:
    """Messages of one cohort that somebody should know of. waiting: for longer than 15 minutes."""

    waiting: int
    given_up: int


def may_run() -> ColumnElement[bool]:
    """Not over, and the oldest to its person that is not: hers leave in the order in which they were written.

    The oldest of all are found at once: row by row, or as a join, both databases take seconds for what has gathered
    while their statistics were old.
    """
    hers = aliased(Job)
    oldest = select(func.min(hers.id)).where(hers.done_at.is_(None), hers.person_id.is_not(None))
    is_oldest = Job.id.in_(oldest.group_by(hers.person_id))
    return and_(Job.done_at.is_(None), or_(Job.person_id.is_(None), is_oldest))


def looking(*, at: datetime) -> Select[Job]:
    """The jobs that are to be done now and that no worker holds."""
    is_free = or_(Job.claimed_at.is_(None), Job.claimed_at <= at - rules.CLAIM_LASTS)
    return select(Job).where(Job.run_at <= at, may_run(), is_free)


def is_anything_due(*, at: datetime) -> bool:
    """Whether there is a job to be done now. Locks nothing, so that others save meanwhile."""
    return db.session.scalar(looking(at=at).with_only_columns(Job.id).limit(1)) is not None


def next_for_update(*, at: datetime) -> Job | None:
    """The job to be done now, locked, past those that other workers hold.

    Work that concerns nobody in particular goes first: a mail server that is slow makes other messages wait, and
    nothing else.
    """
    return db.session.scalars(
        looking(at=at)
        .order_by(Job.person_id.is_not(None), Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def waiting_since() -> datetime | None:
    """Since when the job waits that has waited longest, whatever it waits for; None when there is none."""
    failures = _failures()
    rows = db.session.execute(select(failures, func.min(Job.run_at)).where(may_run()).group_by(failures))
    return min((rules.first_due_at(run_at, failures=failed) for failed, run_at in rows), default=None)


def late_messages(cohort_id: int, *, at: datetime) -> LateMessages:
    """The messages of a cohort that wait too long, and those that were given up: one statement."""
    bound = {_late(failures): rules.late_if_due_before(failures=failures, at=at) for failures in MAY_HAVE_FAILED}
    row = db.session.execute(_late_messages(), {"cohort_id": cohort_id} | bound).one()
    return LateMessages(waiting=row[0], given_up=row[1])


@cache
def _late_messages() -> Select[int, int]:
    waits_too_long, was_given_up = func.count().filter(may_run(), _waits_too_long()), func.count().filter(is_given_up())
    return select(waits_too_long, was_given_up).where(
        Job.cohort_id == bindparam("cohort_id"),
        Job.kind == MESSAGE,
        or_(Job.done_at.is_(None), Job.fault.is_not(None)),
    )


def is_given_up() -> ColumnElement[bool]:
    """Tried too often, and left for a person to look at."""
    return and_(Job.done_at.is_not(None), Job.fault.is_not(None), Job.fault != rules.UNDELIVERABLE)


def given_up() -> int:
    """How many messages of all cohorts were given up, as far as their rows are still there."""
    return db.session.scalars(select(func.count()).where(Job.kind == MESSAGE, is_given_up())).one()


def given_up_for_update(cohort_id: int, key: str | None) -> list[Job]:
    """Messages of a cohort that were given up, locked: the one of this key, or all of them."""
    query = select(Job).where(Job.cohort_id == cohort_id, Job.kind == MESSAGE, is_given_up())
    if key is not None:
        query = query.where(Job.payload["key"].as_string() == key)
    return list(db.session.scalars(query.order_by(Job.id).with_for_update()))


def _waits_too_long() -> ColumnElement[bool]:
    """Should have been done more than 15 minutes ago, however often it was tried since."""
    is_late = (and_(_failures() == failures, Job.run_at < bindparam(_late(failures))) for failures in MAY_HAVE_FAILED)
    return or_(*is_late)


def _late(failures: int) -> str:
    """The name by which is bound before when a job that failed so often was due if it is late."""
    return f"late_after_{failures}"


def _failures() -> ColumnElement[int]:
    """How often it has failed: a try that is running has not failed yet."""
    return case((Job.claimed_at.is_(None), Job.tries), else_=Job.tries - 1)
