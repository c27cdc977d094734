"""When a job is tried again, when it is left for a person to look at, and at which hours a message may go."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_TRIES = 10
CLAIM_LASTS = timedelta(minutes=10)
"""A claim older than this belongs to a worker that died; the job is free again."""

LATE = timedelta(minutes=15)
"""What should have been done longer ago than this is told: the worker stands, or the mail server does not answer."""

DAY_BEGINS, DAY_ENDS = time(8), time(21)
"""Between these a telephone may light up without being asked why."""

UNDELIVERABLE = "Undeliverable"
"""The fault of a message that no later try can bring to her."""


class MessageState(StrEnum):
    """What became of a message, as its cohort's coordinators see it."""

    WAITING = "waiting"
    TRIED = "tried"
    SENT = "sent"
    NO_ADDRESS = "no address"
    GIVEN_UP = "given up"


def state_of(*, is_over: bool, fault: str | None, tries: int) -> MessageState:
    """The state of a message. tries: those that failed, and the one that is running."""
    if is_over:
        ends = {None: MessageState.SENT, UNDELIVERABLE: MessageState.NO_ADDRESS}
        return ends.get(fault, MessageState.GIVEN_UP)
    return MessageState.TRIED if fault is not None and tries else MessageState.WAITING


def next_try_at(tries: int, *, at: datetime) -> datetime | None:
    """When to try again after `tries` failures: 1, 2, 4 ... minutes apart; None when it is enough."""
    if tries >= MOST_TRIES:
        return None
    return at + timedelta(minutes=2 ** (tries - 1))


def first_due_at(run_at: datetime, *, failures: int) -> datetime:
    """When a job was first to be done that is due again at `run_at` after so many failures."""
    return run_at - _waited(failures)


def late_if_due_before(*, failures: int, at: datetime) -> datetime:
    """A job that failed so often and is due again before this moment has waited too long."""
    return at - LATE + _waited(failures)


def _waited(failures: int) -> timedelta:
    """How long the pauses between so many tries were together."""
    return timedelta(minutes=2**failures - 1)


def goes_at(at: datetime, zone: str) -> datetime:
    """The first moment from `at` on at which a message may go to somebody in this zone: by day, on her own clock.

    Rule: docs/decisions/0020 (never between 21:00 and 08:00).
    """
    local = at.astimezone(ZoneInfo(zone))
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return at
    day = local.date() if local.time() < DAY_BEGINS else local.date() + timedelta(days=1)
    return datetime.combine(day, DAY_BEGINS, ZoneInfo(zone)).astimezone(at.tzinfo)
