"""Asking for more time: what is given at once, and what a person decides (docs/design/design.md 1.6, 4)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ..errors import BadRequestForTime, DecidedMeanwhile, LongerThanAsked

AT_ONCE_DAYS = 7
MOST_DAYS = 60
MOST_REASON = 2_000


class RequestState(StrEnum):
    """Where a request for more time stands."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


REQUEST_MOVES: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.OPEN: frozenset({RequestState.GRANTED, RequestState.REFUSED, RequestState.WITHDRAWN}),
    RequestState.GRANTED: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}


class Answer(StrEnum):
    """A sentence that comes with a decision, out of three: nothing is typed about a request."""

    UNFINISHED = "unfinished"
    OTHER_WAY = "other way"
    CONTACT = "contact"


def check_decidable(old: RequestState, new: RequestState) -> None:
    """Refuse to decide what is decided. Raises DecidedMeanwhile."""
    if new not in REQUEST_MOVES[old]:
        raise DecidedMeanwhile


def check_wanted(wanted_on: date, *, due_on: date, today: date) -> None:
    """Refuse a day that is over, is no later than what she has, or is further away than anybody means.

    due_on: the last day that stands for her now. Raises BadRequestForTime.
    """
    after = max(due_on, today)
    if not after < wanted_on <= after + timedelta(days=MOST_DAYS):
        raise BadRequestForTime(after=after, most=MOST_DAYS)


def check_granted(granted_on: date, *, wanted_on: date, today: date) -> None:
    """Refuse to grant more than was asked, or a day that is over. Raises LongerThanAsked, BadRequestForTime."""
    if granted_on > wanted_on:
        raise LongerThanAsked(wanted_on=wanted_on)
    if granted_on <= today:
        raise BadRequestForTime(after=today, most=MOST_DAYS)


def is_given_at_once(wanted_on: date, *, first_due_on: date) -> bool:
    """Whether nobody has to be asked: up to a week beyond the date of the calendar, all requests together."""
    return wanted_on <= first_due_on + timedelta(days=AT_ONCE_DAYS)


def due_moment(wanted_on: date, *, like: datetime, zone: str) -> datetime:
    """The same hour as before by the cohort's clock, on the wanted day."""
    local = like.astimezone(ZoneInfo(zone))
    return local.replace(year=wanted_on.year, month=wanted_on.month, day=wanted_on.day)
