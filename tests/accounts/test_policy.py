import pytest

from lms.accounts.models import Person, RoleGrant
from lms.accounts.policy import AccountPermission, has_role
from lms.accounts.rules.roles import Role
from lms.kernel.policy import allows


def person(*grants):
    return Person(roles=[RoleGrant(role=role, cohort_id=cohort) for role, cohort in grants])


@pytest.mark.parametrize(
    ("grants", "role", "cohort", "holds"),
    [
        ([], Role.COORDINATOR, 1, False),
        ([(Role.COORDINATOR, 1)], Role.COORDINATOR, 1, True),
        ([(Role.COORDINATOR, 1)], Role.COORDINATOR, 2, False),
        ([(Role.COORDINATOR, 1)], Role.COORDINATOR, None, False),
        ([(Role.ADMIN, None)], Role.ADMIN, None, True),
        ([(Role.ADMIN, None)], Role.ADMIN, 1, False),
        ([(Role.FACILITATOR, 1), (Role.COORDINATOR, 1)], Role.COORDINATOR, 1, True),
    ],
)
def test_a_role_is_held_where_it_was_given(grants, role, cohort, holds):
    assert has_role(person(*grants), role, cohort) is holds


def test_nobody_holds_nothing():
    assert not has_role(None, Role.ADMIN)


def test_whoever_is_signed_in_has_an_account():
    assert allows(AccountPermission.USE, person()) and not allows(AccountPermission.USE, None)
