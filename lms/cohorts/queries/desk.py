"""Reading a cohort for those who run it."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import contains_eager, joinedload

from lms.accounts.models import Person
from lms.courses.models import Version
from lms.courses.rules import Told, tell
from lms.kernel.db import db

from ..models import Cohort, Enrolment, Group
from ..rules.enrolment import UNDER_WAY


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A cohort as its staff may see it."""

    cohort: Cohort

    @property
    def enrolment(self) -> None:
        """Staff take no part."""
        return None

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)


def find_desk(who: Person, cohort_id: UUID) -> Desk | None:
    """The cohort of an address with its version; the policy decides who may see it."""
    cohort = db.session.scalars(_cohort(), {"cohort_id": cohort_id}).one_or_none()
    return None if cohort is None else Desk(cohort=cohort)


@cache
def _cohort() -> Select[Cohort]:
    return (
        select(Cohort)
        .join(Cohort.version)
        .where(Cohort.public_id == bindparam("cohort_id"))
        .options(contains_eager(Cohort.version).joinedload(Version.programme))
    )


def cohort_by_id(public_id: UUID) -> Cohort | None:
    """The cohort with this public id."""
    return db.session.scalar(select(Cohort).where(Cohort.public_id == public_id))


def cohort_for_update(cohort_id: int, *, to_close: bool = False) -> Cohort:
    """The cohort, locked: two coordinators who press one button wait for each other.

    Whoever needs its places too locks the cohort first. Those who save answers in it go on meanwhile (`closing.held`);
    to_close: they are waited for as well.
    """
    return db.session.scalars(
        select(Cohort)
        .where(Cohort.id == cohort_id)
        .options(joinedload(Cohort.version))
        .with_for_update(of=Cohort, key_share=not to_close)
        .execution_options(populate_existing=True)
    ).one()


def cohort_of_for_update(enrolment_id: int) -> Cohort:
    """The cohort of a place, locked."""
    cohort_id = db.session.scalars(select(Enrolment.cohort_id).where(Enrolment.id == enrolment_id)).one()
    return cohort_for_update(cohort_id)


def enrolment_for_update(enrolment_id: int) -> Enrolment:
    """A place with its cohort and its person's key, locked."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .options(joinedload(Enrolment.cohort), joinedload(Enrolment.person).joinedload(Person.key))
        .with_for_update(of=Enrolment, key_share=True)  # her attempts may begin meanwhile
        .execution_options(populate_existing=True)
    ).one()


def places_taken(cohort: Cohort) -> int:
    """How many have the course before them."""
    return db.session.scalars(_places_taken(), {"cohort_id": cohort.id}).one()


@cache
def _places_taken() -> Select[int]:
    return select(func.count()).where(Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(UNDER_WAY))


def has_settled(cohort: Cohort) -> bool:
    """Whether somebody has come and is known by the name that she chose."""
    came = select(Enrolment.id).where(Enrolment.cohort_id == cohort.id, Enrolment.agreed_at.is_not(None))
    return db.session.scalars(came.limit(1)).first() is not None


def is_awaited(person_id: int) -> bool:
    """Whether some cohort still waits for this person."""
    waits = select(Enrolment.id).where(
        Enrolment.person_id == person_id, Enrolment.agreed_at.is_(None), Enrolment.state.in_(UNDER_WAY)
    )
    return db.session.scalars(waits.limit(1)).first() is not None


def groups_of(cohort: Cohort) -> list[Group]:
    """The groups of a cohort by number."""
    return list(db.session.scalars(_groups(), {"cohort_id": cohort.id}))


@cache
def _groups() -> Select[Group]:
    return select(Group).where(Group.cohort_id == bindparam("cohort_id")).order_by(Group.number)
