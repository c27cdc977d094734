"""What one participant may be given beyond the settings, and what is too much for one form."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import BadAllowance

MOST_ATTEMPTS = 10
MOST_MINUTES = 600
LONGEST = timedelta(days=366)
MOST_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class NewAllowance:
    """What is asked for. node_id: one task, or None for all of the course. known: how many she was given before."""

    node_id: str | None
    extra_attempts: int
    extra_minutes: int
    due_at: datetime | None
    reason: str
    known: int


def check_allowance(new: NewAllowance, *, at: datetime) -> None:
    """Refuse what gives nothing, takes something away, or is more than anybody means. Raises BadAllowance."""
    gives = new.extra_attempts or new.extra_minutes or new.due_at is not None
    within = 0 <= new.extra_attempts <= MOST_ATTEMPTS and 0 <= new.extra_minutes <= MOST_MINUTES
    in_time = new.due_at is None or at < new.due_at <= at + LONGEST
    is_said = bool(new.reason.strip()) and len(new.reason) <= MOST_REASON
    if not (gives and within and in_time and is_said):
        raise BadAllowance(most_attempts=MOST_ATTEMPTS, most_minutes=MOST_MINUTES)
