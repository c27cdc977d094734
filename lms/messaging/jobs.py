"""The worker loop: claim, do, note; until it is told to stop."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from lms.kernel import clock
from lms.kernel.db import transaction

from . import services
from .models import Job

IDLE_SECONDS = 2.0
SWEEP = "messaging.sweep"
log = logging.getLogger("lms.worker")


def run_due(app: Flask) -> int:
    """Do everything that is due and say how many jobs were tried."""
    tried = 0
    while True:
        with app.app_context():
            with transaction():
                job = services.claim_next(at=clock.now())
            if job is None:
                return tried
            tried += 1
            _do(job)


def _do(job: Job) -> None:
    try:
        work = services.work_of(job.kind)
        work.handler(job.payload, clock.now())
    except Exception as fault:  # noqa: BLE001 - whatever went wrong, the job goes back and the loop goes on
        log.warning("job %s of kind %s failed: %s", job.id, job.kind, type(fault).__name__)
        with transaction():
            services.put_back(job, type(fault).__name__, at=clock.now())
    else:
        with transaction():
            services.finish(job, every=work.every, at=clock.now())


def run_forever(app: Flask, stop: threading.Event) -> None:
    """Work until `stop` is set; an unreachable database is waited for, not died of."""
    with app.app_context(), transaction():
        services.ensure_all_recurring(at=clock.now())
    while not stop.is_set():
        try:
            run_due(app)
        except SQLAlchemyError as fault:  # the worker outlives a database that is away for a while
            log.warning("the worker could not look for work: %s", type(fault).__name__)
        stop.wait(IDLE_SECONDS)


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: delete rows of work done long ago."""
    with transaction():
        services.sweep(at=at)
