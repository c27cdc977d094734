"""Reading cohorts for one person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.courses.models import Version
from lms.courses.rules import Told, tell
from lms.kernel.db import db

from ..models import CalendarEntry, Cohort, Enrolment
from ..policy import has_still_to_come, readable, takes_part, waiting_for, worked_for, works_for
from ..rules.enrolment import MAY_READ


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A cohort as one person may see it: with her own enrolment, or with None for staff."""

    cohort: Cohort
    enrolment: Enrolment | None

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)

    def summary(self, language: str) -> Told:
        """What the course is about, for a page in this language."""
        return tell(self.cohort.version.summary, language, self.cohort.version.required_languages)


def find_seat(who: Person, course_id: UUID) -> Seat | None:
    """The cohort of an address, for this person; the policy decides whether she may see it."""
    row = db.session.execute(_seat(), {"me": who.id, "course_id": course_id}).one_or_none()
    return Seat(cohort=row[0], enrolment=row[1]) if row is not None else None


def seats_of(who: Person) -> Sequence[Seat]:
    """Every cohort this person takes part in or works for, newest first."""
    rows = db.session.execute(_seats(is_waiting_too=False), {"me": who.id, "worked_for": worked_for(who)})
    return [Seat(cohort=cohort, enrolment=enrolment) for cohort, enrolment in rows]


def last_cohort_of(person_id: int) -> int | None:
    """The number of the cohort in which somebody has a place, the newest of several."""
    hers = select(Enrolment.cohort_id).join(Cohort, Cohort.id == Enrolment.cohort_id)
    return db.session.scalar(
        hers.where(Enrolment.person_id == person_id).order_by(Cohort.starts_on.desc(), Cohort.id.desc()).limit(1)
    )


@cache
def _seat() -> Select[Cohort, Enrolment]:
    return _with_own_place().where(Cohort.public_id == bindparam("course_id"))


@cache
def _seats(*, is_waiting_too: bool) -> Select[Cohort, Enrolment]:
    wanted = or_(readable(), waiting_for()) if is_waiting_too else readable()
    return _with_own_place().where(wanted).order_by(Cohort.starts_on.desc(), Cohort.id)


def _with_own_place() -> Select[Cohort, Enrolment]:
    return (
        select(Cohort, Enrolment)
        .join(Cohort.version)
        .outerjoin(Enrolment, own_enrolment())
        .options(contains_eager(Cohort.version))
    )


@dataclass(frozen=True, kw_only=True)
class Places:
    """What waits for a person: cohorts that she reads, and places of hers that she has still to set up."""

    seats: Sequence[Seat]
    waiting: Sequence["WaitingPlace"]


@dataclass(frozen=True, kw_only=True)
class WaitingPlace(Seat):
    """A place of hers that she has still to set up."""

    enrolment: Enrolment


def places_of(who: Person) -> Places:
    """The same as `seats_of` with the places that she has still to set up, newest first: one statement."""
    rows = db.session.execute(_seats(is_waiting_too=True), {"me": who.id, "worked_for": worked_for(who)})
    found = [Seat(cohort=cohort, enrolment=enrolment) for cohort, enrolment in rows]
    return Places(
        seats=[_as_reader(who, seat) for seat in found if takes_part(who, seat) or works_for(who, seat)],
        waiting=[
            WaitingPlace(cohort=seat.cohort, enrolment=seat.enrolment)
            for seat in found
            if seat.enrolment is not None and has_still_to_come(who, seat)
        ],
    )


def _as_reader(who: Person, seat: Seat) -> Seat:
    """Who works for a cohort and has not taken her own place in it yet reads it as staff do."""
    return seat if takes_part(who, seat) else Seat(cohort=seat.cohort, enrolment=None)


def find_place(who: Person, enrolment_id: UUID) -> Seat | None:
    """Her own place of an address, with its cohort; the policy decides whether she may set it up."""
    row = db.session.execute(
        select(Cohort, Enrolment)
        .join(Cohort.version)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .where(Enrolment.public_id == enrolment_id, Enrolment.person_id == who.id)
        .options(contains_eager(Cohort.version))
    ).one_or_none()
    return Seat(cohort=row[0], enrolment=row[1]) if row is not None else None


def place_for_update(enrolment_id: int) -> Enrolment:
    """A place, locked. Her person stays as her session loaded it, with her roles."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .with_for_update(of=Enrolment, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def own_enrolment() -> ColumnElement[bool]:
    """The join that adds to a cohort the enrolment with which a person takes part in it, and nobody else's.

    Her number is bound as `me` when the statement is executed, so that a statement can be built once.
    """
    return and_(Enrolment.cohort_id == Cohort.id, Enrolment.person_id == bindparam("me"), Enrolment.state.in_(MAY_READ))


def calendar_of(cohort: Cohort) -> Sequence[CalendarEntry]:
    """All entries of a cohort."""
    return db.session.scalars(_entries(), {"cohort_id": cohort.id}).all()


@cache
def _entries() -> Select[CalendarEntry]:
    of_cohort = CalendarEntry.cohort_id == bindparam("cohort_id")
    return select(CalendarEntry).where(of_cohort).order_by(CalendarEntry.id)


def aliases_taken(cohort: Cohort, aliases: Collection[str]) -> bool:
    """Whether somebody in the cohort bears one of these aliases."""
    taken = select(Enrolment.id).where(Enrolment.cohort_id == cohort.id, Enrolment.alias.in_(aliases)).limit(1)
    return db.session.scalar(taken) is not None


def find_cohort(version: Version, year: int) -> Cohort | None:
    """The first cohort of a version in a year."""
    return db.session.scalars(
        select(Cohort).where(Cohort.version_id == version.id, Cohort.year == year).order_by(Cohort.id).limit(1)
    ).one_or_none()


def cohorts_before(version: Version) -> Sequence[Cohort]:
    """The cohorts that follow an older version of the same programme, each with its version, oldest first."""
    return db.session.scalars(
        select(Cohort)
        .join(Cohort.version)
        .where(Version.programme_id == version.programme_id, Version.number < version.number)
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.starts_on, Cohort.id)
    ).all()
