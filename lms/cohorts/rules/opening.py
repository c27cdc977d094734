"""When a part of a cohort is open, and when a cohort has ended."""

from dataclasses import dataclass
from datetime import datetime

from ..errors import CohortClosed, CourseClosed, NoDateYet, NotOpenYet


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


def check_not_closed(closed_at: datetime | None) -> None:
    """Refuse staff what changes a cohort that has ended. Raises CohortClosed."""
    if closed_at is not None:
        raise CohortClosed(closed_at=closed_at)


def check_goes_on(closed_at: datetime | None) -> None:
    """Refuse a participant the same. Raises CourseClosed."""
    if closed_at is not None:
        raise CourseClosed(closed_at=closed_at)
