"""When a job is tried again, and when it is left for a person to look at."""

from datetime import datetime, timedelta

MOST_TRIES = 10
CLAIM_LASTS = timedelta(minutes=10)
"""A claim older than this belongs to a worker that died; the job is free again."""


def next_try_at(tries: int, *, at: datetime) -> datetime | None:
    """When to try again after `tries` failures: 1, 2, 4 ... minutes apart; None when it is enough."""
    if tries >= MOST_TRIES:
        return None
    return at + timedelta(minutes=2 ** (tries - 1))
