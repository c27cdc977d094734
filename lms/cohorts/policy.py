"""Who may read a cohort's course."""

from typing import Protocol

from sqlalchemy import ColumnElement, or_

from lms.accounts.models import Person
from lms.accounts.policy import has_role
from lms.accounts.rules import Role
from lms.kernel.policy import Permission, declare

from .models import Cohort, Enrolment
from .rules import MAY_READ

READING_ROLES = (Role.FACILITATOR, Role.COORDINATOR)
"""Roles that read what participants read, without taking part."""


class CohortPermission(Permission):
    """What concerns a cohort."""

    READ = "cohorts:course:read"
    PROGRESS = "cohorts:course:progress"


class InCohort(Protocol):
    """Something in a cohort, loaded for one person together with her own enrolment there, if she has one."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> Enrolment | None: ...


def takes_part(who: Person | None, target: InCohort) -> bool:
    """Her own enrolment lets her read."""
    enrolment = target.enrolment
    return (
        who is not None
        and enrolment is not None
        and enrolment.person_id == who.id
        and enrolment.cohort_id == target.cohort.id
        and enrolment.state in MAY_READ
    )


def works_for(who: Person | None, target: InCohort) -> bool:
    """Facilitators and coordinators of the cohort read what participants read."""
    return any(has_role(who, role, target.cohort.id) for role in READING_ROLES)


def readable(who: Person) -> ColumnElement[bool]:
    """The same two predicates as a row filter over Cohort, outer-joined with `queries.own_enrolment`."""
    worked_for = {grant.cohort_id for grant in who.roles if grant.role in READING_ROLES and grant.cohort_id is not None}
    return or_(Enrolment.id.is_not(None), Cohort.id.in_(worked_for))


declare(
    {
        CohortPermission.READ: [takes_part, works_for],
        CohortPermission.PROGRESS: [takes_part],
    }
)
