"""Putting work into the outbox and taking it out."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from flask import Flask, current_app
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError

from lms.kernel.db import db
from lms.kernel.ids import new_id

from . import rules
from .models import Job

Handler: TypeAlias = Callable[[Mapping[str, Any], datetime], None]
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Work:
    """Who does a kind of work. every: after how long it comes back; None when it is asked for each time."""

    handler: Handler
    every: timedelta | None


def handle(app: Flask, kind: str, handler: Handler, *, every: timedelta | None = None) -> None:
    """Say who does this kind of work. A handler gets the payload and the time, and may be called twice."""
    app.extensions.setdefault("jobs", {})[kind] = Work(handler, every)


def work_of(kind: str) -> Work:
    """Who does this kind of work. Raises KeyError for a kind that nobody registered."""
    return cast(dict[str, Work], current_app.extensions["jobs"])[kind]


def ensure_all_recurring(*, at: datetime) -> None:
    """Have the one row of each kind that comes back; several workers may ask at once."""
    for kind, work in cast(dict[str, Work], current_app.extensions["jobs"]).items():
        if work.every is not None and db.session.scalar(select(Job.id).where(Job.recurring == kind)) is None:
            with contextlib.suppress(IntegrityError), db.session.begin_nested():
                db.session.add(Job(kind=kind, recurring=kind, payload={}, run_at=at, tries=0))


def enqueue(kind: str, *, at: datetime, **ids: int | str) -> Job:
    """Ask for work after the running transaction has been committed."""
    job = Job(kind=kind, payload=ids, run_at=at, tries=0)
    db.session.add(job)
    return job


def write_to(person_id: int, template: str, *, at: datetime) -> Job:
    """Ask for a message to a person; address and text are found when it is sent.

    The key names the message: should it be sent twice, her mail program sees that it is one.
    """
    return enqueue("message", at=at, person=person_id, template=template, key=new_id().hex)


def claim_next(*, at: datetime) -> Job | None:
    """Take the oldest job that is due, so that no other worker takes it."""
    job = db.session.scalars(
        select(Job)
        .where(
            Job.run_at <= at,
            Job.done_at.is_(None),
            or_(Job.claimed_at.is_(None), Job.claimed_at <= at - rules.CLAIM_LASTS),
        )
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if job is not None:
        job.claimed_at, job.tries = at, job.tries + 1
        if job.tries > rules.MOST_TRIES:  # each worker that claimed it died of it
            put_back(job, "WorkerDied", at=at)
            return claim_next(at=at)
    return job


def get_job(job_id: int) -> Job:
    """The row of a claimed job."""
    return db.session.get_one(Job, job_id)


def finish(job: Job, *, every: timedelta | None, at: datetime) -> None:
    """Note that the work was done; a recurring job is due again after `every`."""
    job.claimed_at, job.fault = None, None
    if job.recurring is not None and every is not None:
        job.run_at, job.tries = at + every, 0
    else:
        job.done_at = at


def put_back(job: Job, fault: str, *, at: datetime) -> None:
    """Note that the work failed; it is tried again later, or given up after too many tries.

    fault: the name of the error's type only; its text could hold an address.
    """
    again = rules.next_try_at(job.tries, at=at)
    if again is None and job.recurring is not None:
        job.tries, again = 0, rules.next_try_at(1, at=at)
    job.claimed_at, job.fault = None, fault
    if again is None:
        job.done_at = at
    else:
        job.run_at = again


def sweep(*, at: datetime) -> None:
    """Delete the rows of work that was done or given up long ago."""
    db.session.execute(delete(Job).where(Job.done_at <= at - KEPT))
