"""Everybody who is signed in has a Today; coordinators look at participants, facilitators at who may need help."""

from typing import Any

from lms.accounts.models import Person
from lms.accounts.policy import has_role, is_known
from lms.accounts.rules.roles import Role
from lms.cohorts.policy import coordinates, coordinates_another, has_no_conflict, is_another, is_open, keeps_safe
from lms.kernel.policy import Permission, both, declare


class HomePermission(Permission):
    """What concerns composed pages."""

    TODAY = "home:today:see"
    PERSON = "home:participant:see"
    MOVE = "home:participant:move"
    ATTEST = "home:participant:attest"
    HELP = "home:help:see"
    OPEN = "home:participant:open"
    ADMINISTER = "home:site:administer"
    AUDIT = "home:deeds:see"


def facilitates_somewhere(who: Person | None, target: Any) -> bool:
    """Facilitators of any cohort; whom they see, the query says."""
    return who is not None and any(grant.role is Role.FACILITATOR and grant.cohort_id for grant in who.roles)


def administers(who: Person | None, target: Any) -> bool:
    """The technical administrator, who sees people by number."""
    return has_role(who, Role.ADMIN)


def audits(who: Person | None, target: Any) -> bool:
    """The auditor, who sees deeds by number."""
    return has_role(who, Role.AUDITOR)


keeps_another_safe = both(both(keeps_safe, is_another), has_no_conflict)
"""The safety focal point, about somebody else."""

runs_it_for_another = both(coordinates_another, is_open)

declare(
    {
        HomePermission.TODAY: [is_known],
        HomePermission.PERSON: [coordinates],
        HomePermission.MOVE: [runs_it_for_another],
        HomePermission.ATTEST: [runs_it_for_another],
        HomePermission.OPEN: [coordinates_another, keeps_another_safe],
        HomePermission.HELP: [facilitates_somewhere],
        HomePermission.ADMINISTER: [administers],
        HomePermission.AUDIT: [administers, audits],
    }
)
