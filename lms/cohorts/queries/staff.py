"""Reading who works for a cohort: shown names and roles, never contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, defer

from lms.accounts.models import Invitation, Person, RoleGrant
from lms.accounts.queries import NOT_FOR_PAGES, is_held, is_open_code, open_invitations
from lms.accounts.rules.roles import Role
from lms.kernel.db import db

from ..models import Cohort, Enrolment, Group
from ..policy import READING_ROLES, as_reader, run_by


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """Somebody who works for the cohort now.

    has_come: she has an account. invited_until: until when her code is open; None where none is.
    """

    id: UUID
    key: int
    shown_name: str
    language: str
    role: Role
    since: datetime
    has_come: bool
    invited_until: datetime | None


def staff_of(cohort: Cohort, *, at: datetime) -> Sequence[StaffMember]:
    """Who works for a cohort now, by role and shown name."""
    rows = db.session.execute(_staff(), {"cohort_id": cohort.id, "at": at})
    return [
        StaffMember(
            id=row.public_id,
            key=row.id,
            shown_name=row.shown_name,
            language=row.interface_language,
            role=row.role,
            since=row.from_at,
            has_come=row.has_come,
            invited_until=row.expires_at,
        )
        for row in rows
    ]


@cache
def _staff() -> Select[*tuple[Any, ...]]:
    at: Any = bindparam("at")
    open_code = and_(Invitation.person_id == Person.id, *is_open_code(at))
    staff: Select[*tuple[Any, ...]] = (
        select(
            Person.id,
            Person.public_id,
            Person.shown_name,
            Person.interface_language,
            RoleGrant.role,
            RoleGrant.from_at,
            Person.login_index.is_not(None).label("has_come"),
            Invitation.expires_at,
        )
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(Invitation, open_code)
        .where(RoleGrant.cohort_id == bindparam("cohort_id"), *is_held(at), Person.disabled_at.is_(None))
        .order_by(RoleGrant.role, Person.shown_name, Person.id)
    )
    return staff


def facilitators() -> Select[int]:
    """How many facilitate a cohort now, as a part of a larger statement that binds `cohort_id` and `at`."""
    return (
        select(func.count(RoleGrant.id))
        .join(RoleGrant.person)
        .where(
            RoleGrant.cohort_id == bindparam("cohort_id"),
            RoleGrant.role == Role.FACILITATOR,
            *is_held(bindparam("at")),
            Person.disabled_at.is_(None),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who may be given a role because she holds it elsewhere, or held it here."""

    id: UUID
    key: int
    shown_name: str
    role: Role


def candidates_for(cohort: Cohort, who: Person, *, at: datetime) -> Sequence[Candidate]:
    """Who holds a role in another cohort that `who` coordinates, or held it here once, by role and shown name.

    Who held one until its cohort was closed is among them. Whoever holds it here now is not, nor who has not come yet.
    """
    rows = db.session.execute(_candidates(), {**as_reader(who), "cohort_id": cohort.id, "at": at})
    return [Candidate(id=row.public_id, key=row.id, shown_name=row.shown_name, role=row.role) for row in rows]


@cache
def _candidates() -> Select[*tuple[Any, ...]]:
    here = aliased(RoleGrant)
    at: Any = bindparam("at")
    holds_it_here = exists().where(
        here.person_id == Person.id,
        here.role == RoleGrant.role,
        here.cohort_id == bindparam("cohort_id"),
        *is_held(at, here),
    )
    candidates: Select[*tuple[Any, ...]] = (
        select(Person.id, Person.public_id, Person.shown_name, RoleGrant.role)
        .distinct()
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .join(Cohort, Cohort.id == RoleGrant.cohort_id)
        .where(
            RoleGrant.role.in_(READING_ROLES),
            Person.disabled_at.is_(None),
            Person.login_index.is_not(None),
            ~holds_it_here,
            run_by(),
            or_(Cohort.id == bindparam("cohort_id"), and_(*is_held(at)), RoleGrant.until_at >= Cohort.closed_at),
        )
        .order_by(RoleGrant.role, Person.shown_name, Person.id)
    )
    return candidates


def grants_for_update(cohort: Cohort, *, at: datetime) -> Sequence[RoleGrant]:
    """The roles that are held in a cohort now, locked."""
    return db.session.scalars(
        select(RoleGrant)
        .where(RoleGrant.cohort_id == cohort.id, RoleGrant.role.in_(READING_ROLES), *is_held(at))
        .order_by(RoleGrant.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def with_account(people: Sequence[int]) -> frozenset[int]:
    """Which of these people can sign in."""
    return frozenset(
        db.session.scalars(
            select(Person.id).where(
                Person.id.in_(people), Person.login_index.is_not(None), Person.disabled_at.is_(None)
            )
        )
    )


def find_person(person_id: UUID) -> Person | None:
    """Somebody by her public id, without what no page needs."""
    return db.session.scalar(
        select(Person)
        .where(Person.public_id == person_id)
        .options(*(defer(column, raiseload=True) for column in NOT_FOR_PAGES))
    )


def open_invitation(person: Person, *, at: datetime) -> Invitation | None:
    """Her code that still opens an account."""
    return open_invitations([person.id], at=at).get(person.id)


@dataclass(frozen=True, kw_only=True)
class GroupLine:
    """One group. facilitator: her shown name, with her number; None where nobody looks after it."""

    number: int
    facilitator: str | None
    facilitator_key: int | None
    people: int


def groups_with_people(cohort: Cohort) -> Sequence[GroupLine]:
    """The groups of a cohort by number, with how many are in each, whatever became of their places."""
    rows = db.session.execute(_groups(), {"cohort_id": cohort.id})
    return [
        GroupLine(number=row.number, facilitator=row.shown_name, facilitator_key=row.facilitator_id, people=row.people)
        for row in rows
    ]


@cache
def _groups() -> Select[*tuple[Any, ...]]:
    groups: Select[*tuple[Any, ...]] = (
        select(Group.number, Group.facilitator_id, Person.shown_name, func.count(Enrolment.id).label("people"))
        .outerjoin(Person, Person.id == Group.facilitator_id)
        .outerjoin(Enrolment, Enrolment.group_id == Group.id)
        .where(Group.cohort_id == bindparam("cohort_id"))
        .group_by(Group.id, Group.number, Group.facilitator_id, Person.shown_name)
        .order_by(Group.number)
    )
    return groups
