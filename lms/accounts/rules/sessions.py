"""How long a signed-in browser stays signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SESSION_IDLE_SHARED = timedelta(minutes=15)
SESSION_IDLE_OWN = timedelta(days=7)
SESSION_LONGEST = timedelta(days=30)
SESSION_WRITTEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """When a session began, was last seen, and whether the device is shared."""

    started_at: datetime
    used_at: datetime
    shared: bool


def is_alive(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the session still counts: not idle too long, not older than the longest."""
    idle = SESSION_IDLE_SHARED if times.shared else SESSION_IDLE_OWN
    return at - times.used_at < idle and at - times.started_at < SESSION_LONGEST


def should_note_use(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the last-used minute is due to be written: at most once in five minutes."""
    return at - times.used_at >= SESSION_WRITTEN_EVERY
