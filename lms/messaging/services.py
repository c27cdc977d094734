"""Putting work into the outbox and taking it out."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from flask import Flask, current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id

from . import queries, rules
from .models import Job

Handler: TypeAlias = Callable[[Mapping[str, Any], datetime], None]
KEPT = timedelta(days=30)
SENT_AGAIN = audit.act("messaging.message.sent_again", "fault")


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


def hasten(kind: str, *, at: datetime) -> None:
    """Have a job that comes back done now and not at its next time; one that is under way comes back as usual."""
    waiting = Job.recurring == kind, Job.claimed_at.is_(None), Job.run_at > at
    db.session.execute(update(Job).where(*waiting).values(run_at=at))


def write_to(
    person_id: int, template: str, *, at: datetime, cohort_id: int | None = None, about: str | None = None
) -> Job:
    """Ask for a message to a person; address and text are found when it is sent.

    The key names the message: should it be sent twice, her mail program sees that it is one. cohort_id: whose
    coordinators see that it waits or was given up. about: for them, in a neutral word of theirs.
    """
    more = {} if about is None else {"about": about}
    job = enqueue(queries.MESSAGE, at=at, person=person_id, template=template, key=new_id().hex, **more)
    job.person_id, job.cohort_id = person_id, cohort_id
    return job


def claim_next(*, at: datetime) -> Job | None:
    """Take the oldest job that may be done now, so that no other worker takes it."""
    job = queries.next_for_update(at=at)
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


def put_off(job: Job, *, until: datetime) -> None:
    """Note that the work is to be done later; that it was looked at is no try."""
    job.claimed_at, job.tries, job.run_at = None, max(job.tries - 1, 0), until


def leave(job: Job, *, at: datetime) -> None:
    """Note that a message can reach her by no later try."""
    job.claimed_at, job.fault, job.done_at = None, rules.UNDELIVERABLE, at


def send_again(cohort_id: int, key: str | None, *, by: int, at: datetime) -> int:
    """Try messages anew that were given up: the one of this key, or all of the cohort. How many they are.

    One that is under way again already stays as it is, so a second press of the button does nothing.
    """
    jobs = queries.given_up_for_update(cohort_id, key)
    for job in jobs:
        audit.record(SENT_AGAIN, by=by, on=job.id, at=at, fault=(job.fault, None))
        job.done_at, job.fault, job.tries, job.run_at = None, None, 0, at
    return len(jobs)


def sweep(*, at: datetime) -> None:
    """Delete the rows of work that was done or given up long ago."""
    db.session.execute(delete(Job).where(Job.done_at <= at - KEPT))
