"""Reports, openings of sealed values, and who is kept apart: what holds, without a database."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .errors import OpenedMany, ReasonTooShort

REASON_LEAST, REASON_MOST = 10, 500
REPORT_MOST = 8_000
PLAN_MOST = 2_000

READ_WITHIN = timedelta(hours=24)
"""Within which a report is read, at weekends too (docs/design mock 44)."""

OPENINGS_AN_HOUR = 20
"""Records that one person may open in an hour: enough for a cohort's list of names, too few to carry a year away."""

CONFIRMED_WITHIN = timedelta(hours=24)
"""Within which a second person confirms that somebody is let in without her factor; else it lapses (decision 2)."""

WAITS = timedelta(hours=24)
"""After that, so that she herself can stop it (decision 8)."""

READY_FOR = timedelta(days=7)

CODE_CHARACTERS = 16
"""Of the code with which somebody without a name finds the answer to her report."""


class Field(StrEnum):
    """What staff do with a person's record for a reason that she reads: open a sealed value, lock, end travel mode."""

    LEGAL_NAME = "legal_name"
    CONTACT = "contact"
    PLAN = "plan"
    LOCK = "lock"
    UNLOCK = "unlock"
    TRAVEL = "travel"
    RECOVERY = "recovery"


OPENED = (Field.LEGAL_NAME, Field.CONTACT, Field.PLAN)
"""What has a value; the others stand on the same record because they are done to her account for a reason."""


class Subject(StrEnum):
    """What a report is about."""

    KNOWN = "known"
    PRESSURE = "pressure"
    DEVICE = "device"
    IDENTIFIES = "identifies"
    OTHER = "other"


class Wish(StrEnum):
    """What should happen at once."""

    LOCK = "lock"
    UNLOCK = "unlock"
    NOTHING = "nothing"


class ReportState(StrEnum):
    """Where a report stands."""

    NEW = "new"
    READ = "read"
    CLOSED = "closed"


class RecoveryState(StrEnum):
    """Where it stands that somebody is let in without the factor that she lost."""

    ASKED = "asked"
    WAITING = "waiting"
    READY = "ready"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class RecoveryTimes:
    """When it was asked for and confirmed by another; ended_at: when it was done or stopped."""

    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None

    @property
    def ready_at(self) -> datetime | None:
        """From when it can be done."""
        return None if self.confirmed_at is None else self.confirmed_at + WAITS


def recovery_state(times: RecoveryTimes, *, at: datetime) -> RecoveryState:
    """Where it stands at a moment. What nobody confirmed in time, or nobody did when it was ready, is over."""
    if times.ended_at is not None:
        return RecoveryState.OVER
    if times.ready_at is None:
        return RecoveryState.ASKED if at - times.asked_at < CONFIRMED_WITHIN else RecoveryState.OVER
    if at < times.ready_at:
        return RecoveryState.WAITING
    return RecoveryState.READY if at - times.ready_at < READY_FOR else RecoveryState.OVER


def check_reason(reason: str) -> str:
    """The reason as it is kept. Raises ReasonTooShort."""
    kept = " ".join(reason.split())
    if len(kept) < REASON_LEAST:
        raise ReasonTooShort(least=REASON_LEAST)
    return kept


def check_openings(so_far: int, more: int) -> None:
    """Refuse to open more records in an hour than anybody needs. Raises OpenedMany."""
    if so_far + more > OPENINGS_AN_HOUR:
        raise OpenedMany(most=OPENINGS_AN_HOUR)


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A rule that keeps two sides apart: nobody of the one meets anybody of the other. People by number."""

    one: frozenset[int]
    other: frozenset[int]


def kept_apart(rules: Iterable[Apart]) -> Mapping[int, Collection[int]]:
    """Whom each person is kept apart from, in both directions."""
    found: dict[int, set[int]] = {}
    for rule in rules:
        for side, across in ((rule.one, rule.other), (rule.other, rule.one)):
            for person in side:
                found.setdefault(person, set()).update(across - {person})
    return found


def due_at(reported_at: datetime) -> datetime:
    """Until when a report is read."""
    return reported_at + READ_WITHIN
