"""Work of the worker: handing in what the clock has closed."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lms.kernel.db import transaction
from lms.kernel.sealed import CannotOpen

from .queries import sitting as sittings
from .rules.attempts import AttemptState
from .services import taking

log = logging.getLogger("lms.assessments")
CLOSE = "assessments.close"
MOST_AT_ONCE = 200


def close(payload: Mapping[str, Any], at: datetime) -> None:
    """Hand in every open attempt whose time is over, each in a transaction of its own: a save waits for one only."""
    for attempt_id in sittings.due_to_close(at=at, most=MOST_AT_ONCE):
        try:
            with transaction():
                attempt = sittings.attempt_for_update(attempt_id)
                if attempt.state is AttemptState.OPEN:
                    taking.close_by_clock(attempt, owner=sittings.owner_of(attempt), at=at)
        except CannotOpen:
            log.error("attempt %s stays open: the key of its person is gone", attempt_id)
