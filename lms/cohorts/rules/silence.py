"""Who may need help, and why: days of silence, quizzes that do not go well, drafts that lie, dates that passed.

Days are whole days by the calendar of the cohort's zone. A count of hours, rounded, would change at the hour at which
she was last here and so tell it. No device, no place and no hour is used.
Rule: docs/domain.md 1.4 (call anyone silent for 7 days), docs/design/design.md 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SILENT_DAYS = 7
UNTOUCHED_DAYS = 7
"""After so many days a draft is told."""

FAILED_TIMES = 2
"""So often under the pass mark of one quiz."""


def whole_days(since: datetime, *, at: datetime, zone: str) -> int:
    """How many days of the calendar lie between two moments; 0 for the same day and for what is yet to come."""
    place = ZoneInfo(zone)
    return max((at.astimezone(place).date() - since.astimezone(place).date()).days, 0)


def days_before(days: int, *, at: datetime, zone: str) -> datetime:
    """The moment before which something lies that is at least so many whole days ago."""
    place = ZoneInfo(zone)
    day = at.astimezone(place).date() - timedelta(days=days - 1)
    return datetime.combine(day, time(), place)


class Sign(StrEnum):
    """Why somebody is on the list, in the order in which it is told."""

    SILENT = "silent"
    STUCK = "stuck"
    DRAFT = "draft"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Her results at one graded quiz. failed: attempts under the pass mark. left: attempts; None for no limit."""

    node_id: str
    failed: int
    has_passed: bool
    left: int | None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Work that she began and has not handed in, and when she last saved it."""

    node_id: str
    saved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """A task that counts, is past her own last day, and is not handed in."""

    node_id: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Trail:
    """What a participant left behind her.

    quiet_since: her last reading, saving or handing in, or from when there was something for her to do; None while
    there is nothing yet.
    """

    quiet_since: datetime | None
    tried: Sequence[Tried] = ()
    drafts: Sequence[Draft] = ()
    overdue: Sequence[Overdue] = ()


@dataclass(frozen=True, kw_only=True)
class Worry:
    """One reason. days: whole days of it. node_id: the task it is about. failed, left: of a quiz."""

    sign: Sign
    days: int | None = None
    node_id: str | None = None
    failed: int = 0
    left: int | None = None


def is_stuck(tried: Tried) -> bool:
    """Whether she tried in vain so often that somebody should ask."""
    return tried.failed >= FAILED_TIMES and not tried.has_passed


def worries(trail: Trail, *, at: datetime, zone: str) -> list[Worry]:
    """Every reason why somebody should look at her, the first first; empty for whom nobody need worry about."""
    return [
        *_silence(trail.quiet_since, at=at, zone=zone),
        *(
            Worry(sign=Sign.STUCK, node_id=one.node_id, failed=one.failed, left=one.left)
            for one in trail.tried
            if is_stuck(one)
        ),
        *(
            Worry(sign=Sign.DRAFT, node_id=one.node_id, days=days)
            for one in trail.drafts
            if (days := whole_days(one.saved_at, at=at, zone=zone)) >= UNTOUCHED_DAYS
        ),
        *(
            Worry(sign=Sign.LATE, node_id=one.node_id, days=whole_days(one.due_at, at=at, zone=zone))
            for one in trail.overdue
            if one.due_at <= at
        ),
    ]


def _silence(quiet_since: datetime | None, *, at: datetime, zone: str) -> list[Worry]:
    if quiet_since is None:
        return []
    days = whole_days(quiet_since, at=at, zone=zone)
    return [Worry(sign=Sign.SILENT, days=days)] if days >= SILENT_DAYS else []
