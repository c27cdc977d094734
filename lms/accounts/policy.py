"""Who holds which role. Roles come with the session, so asking costs nothing."""

from typing import Any

from lms.kernel.policy import Permission, declare

from .models import Person
from .rules.roles import Role


class AccountPermission(Permission):
    """What concerns one's own account."""

    USE = "accounts:own:use"
    OWN = "accounts:thing:own"


def is_known(who: Person | None, target: Any) -> bool:
    """Anybody who is signed in."""
    return who is not None


def has_role(who: Person | None, role: Role, cohort_id: int | None = None) -> bool:
    """Whether the person holds the role now, in this cohort, or site-wide when None."""
    return who is not None and any(grant.role is role and grant.cohort_id == cohort_id for grant in who.roles)


def is_hers(who: Person | None, target: Any) -> bool:
    """Whose it is: she alone."""
    return who is not None and target.person_id == who.id


declare({AccountPermission.USE: [is_known], AccountPermission.OWN: [is_hers]})
