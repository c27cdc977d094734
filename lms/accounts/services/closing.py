"""Closing an account: for a journey, or because a device is lost; and opening it again."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lms.accounts.models import Person, number_of
from lms.accounts.rules.travel import check_travel
from lms.accounts.services.sessions import end_others
from lms.audit import services as audit
from lms.kernel import events
from lms.messaging import services as messaging

CLOSED = audit.act("accounts.person.closed")
OPENED = audit.act("accounts.person.opened")
LOCKED = audit.act("accounts.person.locked")
UNLOCKED = audit.act("accounts.person.unlocked")


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A device of a person is lost, or she is back: who looks after her sees nothing of her, or sees her again."""

    person_id: int
    is_hidden: bool
    at: datetime


def close_until(person: Person, until: date, *, by: Person, at: datetime) -> None:
    """Nobody signs in as her before that day, with whatever they have; whoever is signed in is signed out.

    Raises TravelTooSoon, TravelTooLong.
    """
    check_travel(until, today=at.astimezone(ZoneInfo(person.time_zone)).date())
    person.closed_until = until
    end_others(person, but=None)
    audit.record(CLOSED, by=by.id, on=person.id, at=at)


def open_again(person: Person, *, by: Person, at: datetime) -> None:
    """End travel mode before its day, after a call in the way that her safety plan says."""
    person.closed_until = None
    audit.record(OPENED, by=by.id, on=person.id, at=at)


def lock(person: Person, *, by: Person, at: datetime) -> None:
    """A device of hers is lost or taken: all are signed out, and only a code on paper lets her in.

    A second time it changes nothing.
    """
    if person.locked_at is not None:
        return
    person.locked_at = at
    end_others(person, but=None)
    events.publish(Hidden(person_id=person.id, is_hidden=True, at=at))
    audit.record(LOCKED, by=by.id, on=person.id, at=at)
    messaging.write_to(person.id, "sign_in_changed", at=at)


def unlock(person: Person, *, by: Person | None, at: datetime) -> None:
    """She is back: with a code from her paper, or because others let her in."""
    if person.locked_at is None:
        return
    person.locked_at = None
    events.publish(Hidden(person_id=person.id, is_hidden=False, at=at))
    audit.record(UNLOCKED, by=number_of(by), on=person.id, at=at)
    messaging.write_to(person.id, "sign_in_changed", at=at)
