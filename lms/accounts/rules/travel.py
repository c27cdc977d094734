"""Travel mode: an account that nobody can use until a day, from any device, also not its owner (threat model, B8)."""

from datetime import date, timedelta

from lms.accounts.errors import TravelTooLong, TravelTooSoon

TRAVEL_DAYS_MOST = 60


def check_travel(until: date, *, today: date) -> None:
    """Refuse a day that is not to come, or so far that it is forgotten. Raises TravelTooSoon, TravelTooLong."""
    if until <= today:
        raise TravelTooSoon
    if until > today + timedelta(days=TRAVEL_DAYS_MOST):
        raise TravelTooLong(most=TRAVEL_DAYS_MOST)


def is_away(until: date | None, *, today: date) -> bool:
    """Whether the account is closed on this day; on the day itself it is open again."""
    return until is not None and today < until
