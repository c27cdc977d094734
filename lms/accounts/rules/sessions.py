"""How long a signed-in browser stays signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

SESSION_IDLE_SHARED = timedelta(minutes=15)
SESSION_IDLE_OWN = timedelta(days=7)
SESSION_IDLE_STAFF = timedelta(hours=12)
SESSION_LONGEST = timedelta(days=30)
SESSION_WRITTEN_EVERY = timedelta(minutes=5)
"""At most; a session that locks sooner is written five times in that time, else it would lock while she works."""

WRITES_BEFORE_LOCK = 5


class LocksAfter(IntEnum):
    """Minutes without a request after which a session ends, as she chose; NEVER leaves it to the kind of device."""

    NEVER = 0
    FIVE = 5
    FIFTEEN = 15
    SIXTY = 60


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """When a session began, was last seen, and what limits it. is_staff: whether she holds a role of staff in it."""

    started_at: datetime
    used_at: datetime
    shared: bool
    locks_after: LocksAfter = LocksAfter.NEVER
    is_staff: bool = False


def idle_limit(times: SessionTimes) -> timedelta:
    """How long it may lie unused: the shortest of what she chose, what a shared device and what staff allow."""
    limits = [SESSION_IDLE_OWN]
    if times.shared:
        limits.append(SESSION_IDLE_SHARED)
    if times.is_staff:
        limits.append(SESSION_IDLE_STAFF)
    if times.locks_after:
        limits.append(timedelta(minutes=times.locks_after))
    return min(limits)


def is_alive(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the session still counts: not idle too long, not older than the longest."""
    return at - times.used_at < idle_limit(times) and at - times.started_at < SESSION_LONGEST


def should_note_use(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the last-used moment is due to be written."""
    return at - times.used_at >= min(SESSION_WRITTEN_EVERY, idle_limit(times) / WRITES_BEFORE_LOCK)
