"""When a part of a cohort is open, and to whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import NoDateYet, NotOpenYet, TakesPartNoMore


class EnrolmentState(StrEnum):
    """States of an enrolment (docs/domain.md 1.3). Pause and deferral are ordinary, not failure."""

    ACTIVE = "active"
    PAUSED = "paused"
    DEFERRED = "deferred"
    COMPLETED = "completed"
    PARTICIPATED = "participated"
    WITHDRAWN = "withdrawn"


MAY_READ = frozenset(
    {EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED}
)
"""Who takes a pause may go on reading; who is deferred or has left may not."""


def check_takes_part(state: EnrolmentState) -> None:
    """Refuse who was deferred or has left meanwhile. Raises TakesPartNoMore."""
    if state not in MAY_READ:
        raise TakesPartNoMore


@dataclass(frozen=True, kw_only=True)
class Opening:
    """When a node opens in a cohort; None while no date is set."""

    opens_at: datetime | None


def is_open(opening: Opening, *, at: datetime) -> bool:
    """Whether the calendar has come to it."""
    return opening.opens_at is not None and opening.opens_at <= at


def check_open(opening: Opening, *, at: datetime) -> None:
    """Refuse what is not open yet, and say when it will be. Raises NotOpenYet, NoDateYet."""
    if opening.opens_at is None:
        raise NoDateYet
    if not is_open(opening, at=at):
        raise NotOpenYet(opens_at=opening.opens_at)
