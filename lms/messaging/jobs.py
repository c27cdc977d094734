"""The worker loop: claim, do, note; until it is told to stop."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from lms.kernel import clock
from lms.kernel.db import db, transaction

from . import services

IDLE_SECONDS = 2.0
SWEEP = "messaging.sweep"
log = logging.getLogger("lms.worker")


def run_due(app: Flask, stop: threading.Event | None = None) -> int:
    """Do everything that is due, or what can be done until `stop` is set; say how many jobs were tried."""
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
    except Exception as fault:  # noqa: BLE001 - whatever went wrong, the job goes back and the loop goes on
        log.warning("job %s of kind %s failed: %s", job_id, kind, type(fault).__name__)
        db.session.remove()  # nothing that the handler left half done is kept
        with transaction():
            services.put_back(services.get_job(job_id), type(fault).__name__, at=clock.now())
    else:
        with transaction():
            services.finish(services.get_job(job_id), every=work.every, at=clock.now())


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
