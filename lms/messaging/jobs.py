"""The worker loop: claim, do, note; until it is told to stop."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from lms.kernel import clock
from lms.kernel.db import db, transaction

from . import queries, rules, services
from .errors import PutOff, Undeliverable

IDLE_SECONDS = 2.0
SWEEP = "messaging.sweep"
WATCH = "messaging.watch"
ALARM = "messaging_alarm"
LOOKS = 2
log = logging.getLogger("lms.worker")


def run_due(app: Flask, stop: threading.Event | None = None) -> int:
    """Do everything that is due, or what can be done until `stop` is set; say how many jobs were tried."""
    with app.app_context():
        if not queries.is_anything_due(at=clock.now()):
            return 0
    tried = 0
    while stop is None or not stop.is_set():
        with app.app_context():
            with transaction():
                job = services.claim_next(at=clock.now())
            if job is None:
                break
            tried += 1
            _do(job.id, job.kind, job.payload)
    return tried


def _do(job_id: int, kind: str, payload: Mapping[str, Any]) -> None:
    try:
        work = services.work_of(kind)
        work.handler(payload, clock.now())
    except PutOff as wish:
        with _afterwards():
            services.put_off(services.get_job(job_id), until=wish.until)
    except Undeliverable:
        with _afterwards():
            services.leave(services.get_job(job_id), at=clock.now())
    except Exception as fault:  # noqa: BLE001 - whatever went wrong, the job goes back and the loop goes on
        log.warning("job %s of kind %s failed: %s", job_id, kind, type(fault).__name__)
        with _afterwards():
            services.put_back(services.get_job(job_id), type(fault).__name__, at=clock.now())
    else:
        with transaction():
            services.finish(services.get_job(job_id), every=work.every, at=clock.now())


@contextmanager
def _afterwards() -> Iterator[None]:
    """A transaction after a handler that did not end: nothing that it left half done is kept."""
    db.session.remove()
    with transaction():
        yield


def run_forever(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set; an unreachable database is waited for, not died of."""
    is_prepared = False
    while not stop.is_set():
        try:
            if not is_prepared:
                with app.app_context(), transaction():
                    services.ensure_all_recurring(at=clock.now())
                is_prepared = True
            run_due(app, stop)
        except SQLAlchemyError as fault:
            log.warning("the worker could not look for work: %s", type(fault).__name__)
        stop.wait(IDLE_SECONDS)


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: delete rows of work done long ago."""
    with transaction():
        services.sweep(at=at)


def watch(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: say once that work waits too long, and again only after all was well in between.

    Said at the second look: a worker that was away itself first does what has gathered meanwhile.
    """
    since = queries.waiting_since()
    is_late = since is not None and at - since > rules.LATE
    looks = current_app.extensions.get(ALARM, 0) + 1 if is_late else 0
    current_app.extensions[ALARM] = looks
    if since is not None and looks == LOOKS:
        log.error("work waits since %s minutes: does the mail server answer?", (at - since) // timedelta(minutes=1))
