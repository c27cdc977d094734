"""What the technical administrator and the auditor see: numbers, roles, jobs and deeds, and no personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person, RoleGrant
from lms.audit.models import Entry
from lms.cohorts.models import Cohort
from lms.kernel.db import db
from lms.messaging.models import Job

ROWS = 25
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Held:
    """One role of somebody, with its dates. cohort: None for the whole site."""

    grant: RoleGrant
    cohort: Cohort | None

    @property
    def name(self) -> str:
        """How a form names it among hers."""
        return f"{self.grant.role}:{self.cohort.public_id if self.cohort else 'site'}:{self.grant.from_at.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Rows of a list, and the number from which the next page goes on; None on the last."""

    rows: Sequence[Row]
    following: int | None


def people(*, after: int) -> Page[Person]:
    """People by number, the lowest first, each with her roles."""
    query = select(Person).where(Person.id > after).order_by(Person.id).limit(ROWS + 1)
    found = db.session.scalars(query.options(selectinload(Person.roles))).all()
    return Page(rows=found[:ROWS], following=found[ROWS - 1].id if len(found) > ROWS else None)


def find_person(who: Person, person_id: UUID) -> Person | None:
    """Somebody by the id of an address."""
    return db.session.scalars(select(Person).where(Person.public_id == person_id)).one_or_none()


def roles_of(person: Person) -> list[Held]:
    """Every role that she holds or held, the newest first."""
    rows = db.session.execute(
        select(RoleGrant, Cohort)
        .outerjoin(Cohort, Cohort.id == RoleGrant.cohort_id)
        .where(RoleGrant.person_id == person.id)
        .order_by(RoleGrant.from_at.desc(), RoleGrant.id.desc())
    )
    return [Held(grant=grant, cohort=cohort) for grant, cohort in rows]


def deeds(*, before: int) -> Page[Entry]:
    """What was done, by number, the newest first."""
    query = select(Entry).where(Entry.id < before).order_by(Entry.id.desc()).limit(ROWS + 1)
    found = db.session.scalars(query).all()
    return Page(rows=found[:ROWS], following=found[ROWS - 1].id if len(found) > ROWS else None)


@dataclass(frozen=True, kw_only=True)
class Work:
    """Jobs of one kind: how many wait, since when the oldest is due, how many were given up."""

    kind: str
    waiting: int
    due_at: datetime | None
    given_up: int


def work() -> list[Work]:
    """Every kind of job that there is, by name."""
    waits = Job.done_at.is_(None)
    rows = db.session.execute(
        select(
            Job.kind,
            func.count().filter(waits),
            func.min(Job.run_at).filter(waits),
            func.count().filter(Job.done_at.is_not(None), Job.fault.is_not(None)),
        )
        .group_by(Job.kind)
        .order_by(Job.kind)
    )
    return [Work(kind=row[0], waiting=row[1], due_at=row[2], given_up=row[3]) for row in rows]
