"""A calendar as another program reads it: numbers and times, and not a word of what they are about.

Rule: docs/design/design.md 9 (a calendar entry says "Appointment"); docs/decisions/0020.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

TITLES: Mapping[str, str] = {"en": "Appointment {}", "fr": "Rendez-vous {}", "ar": "موعد {}"}
"""Not in the catalogues: what stands in somebody's calendar is not to change with a new translation."""

ASK_AGAIN = timedelta(hours=6)
"""How often a calendar program should look."""


class Part(StrEnum):
    """What happens then."""

    OPENS = "opens"
    DUE = "due"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One date of hers. entry: of the module or task, in its cohort. number: its place among all of hers, from 1."""

    number: int
    entry: UUID
    part: Part
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Whose calendar it is. secret: known to this feed only, so that another feed has other ids. name: of the site."""

    secret: bytes
    made_at: datetime
    zone: str
    language: str
    name: str


def write_calendar(feed: Feed, appointments: Sequence[Appointment]) -> bytes:
    """The calendar in the format of RFC 5545. The same dates give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{feed.name}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", ASK_AGAIN)
    for appointment in appointments:
        calendar.add_component(_event(feed, appointment))
    if appointments:
        years = [appointment.at.year for appointment in appointments]
        # A year to either side: in a far zone the first of January is another year.
        calendar.add_missing_timezones(first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 2, 1, 1))
    written: bytes = calendar.to_ical()
    return written


def _event(feed: Feed, appointment: Appointment) -> Event:
    event = Event()
    event.add("uid", uid_of(feed, appointment))
    event.add("dtstamp", feed.made_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", appointment.at.astimezone(ZoneInfo(feed.zone)).replace(microsecond=0))
    event.add("summary", TITLES[feed.language].format(appointment.number))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def uid_of(feed: Feed, appointment: Appointment) -> str:
    """The name of an event: it stays when its time or number changes, and is another one in another feed."""
    named = feed.secret + appointment.entry.bytes + appointment.part.encode()
    return hashlib.sha256(named).hexdigest()[:32]
