"""Who may do what for safety: each person for herself; reports and keeping apart are the safety focal point's alone."""

from typing import Any, Protocol

from lms.accounts.models import Person
from lms.accounts.policy import is_known
from lms.accounts.rules.roles import Role
from lms.kernel.policy import Permission, declare


class SafetyPermission(Permission):
    """What concerns safety."""

    OWN = "safety:own:use"
    REPORTS = "safety:reports:read"
    REPORT = "safety:report:handle"


class OfCohort(Protocol):
    """Something of a cohort, or of none."""

    @property
    def cohort_id(self) -> int | None: ...


def is_focal_point(who: Person | None, target: Any) -> bool:
    """A safety focal point, of the site or of some cohort."""
    return who is not None and any(grant.role is Role.SAFETY for grant in who.roles)


def is_focal_point_of(who: Person | None, target: OfCohort) -> bool:
    """The safety focal point of the site, or of this cohort."""
    return who is not None and any(
        grant.role is Role.SAFETY and grant.cohort_id in (None, target.cohort_id) for grant in who.roles
    )


def cohorts_of(who: Person) -> list[int] | None:
    """The cohorts for whose safety she cares, by number; None for all."""
    held = [grant.cohort_id for grant in who.roles if grant.role is Role.SAFETY]
    return None if None in held else sorted(number for number in held if number is not None)


declare(
    {
        SafetyPermission.OWN: [is_known],
        SafetyPermission.REPORTS: [is_focal_point],
        SafetyPermission.REPORT: [is_focal_point_of],
    }
)
