"""Work of the worker: handing in what the clock has closed; and of commands: counting whole cohorts anew."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from lms.cohorts.queries import desk
from lms.kernel.db import db, transaction
from lms.kernel.sealed import CannotOpen

from .queries import ledger as queries
from .queries import sitting as sittings
from .rules.attempts import AttemptState
from .services import ledger, taking

log = logging.getLogger("lms.assessments")
CLOSE = "assessments.close"
MOST_AT_ONCE = 200

OTHERS_TURN_SECONDS = 0.1
"""The longest that SQLite sleeps before it asks again for a lock."""


def close(payload: Mapping[str, Any], at: datetime) -> None:
    """Hand in every open attempt whose time is over, each in a transaction of its own: a save waits for one only.

    One that cannot be closed is said and left; the others go on.
    """
    last = 0
    while due := sittings.due_to_close(at=at, after=last, most=MOST_AT_ONCE):
        for attempt_id in due:
            _close(attempt_id, at)
        last = due[-1]


def count_cohorts(*, uncounted: bool = False) -> int:
    """Count everything that is kept of cohorts anew, each in a transaction of its own; how many there were.

    uncounted: only those that were not counted whole yet, after a migration. Others write in between: under SQLite they
    only look now and then whether they may (docs/reliability.md, R16).
    """
    numbers = queries.numbers_of_cohorts(uncounted=uncounted)
    pause = OTHERS_TURN_SECONDS if db.engine.dialect.name == "sqlite" else 0
    for number in numbers:
        with transaction():
            ledger.count_anew(desk.cohort_for_update(number))
        time.sleep(pause)
    return len(numbers)


def _close(attempt_id: int, at: datetime) -> None:
    try:
        with transaction():
            place = sittings.place_of_for_update(attempt_id)
            attempt = sittings.attempt_for_update(attempt_id)
            if attempt.state is AttemptState.OPEN and taking.is_over(attempt, at=at):
                taking.close_by_clock(attempt, owner=sittings.owner_of(attempt), at=at)
                ledger.renew(place)
    except (CannotOpen, LookupError, SQLAlchemyError) as fault:
        log.error("attempt %s stays open: %s", attempt_id, type(fault).__name__)
