"""Who lists, decides and holds: one table."""

import pytest

from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Conflict
from lms.certificates.policy import CertificatePermission
from lms.certificates.queries.deciding import find_case, find_listing
from lms.certificates.queries.holding import find_holding
from lms.cohorts.models import Cohort
from lms.kernel.db import db
from lms.kernel.policy import allows
from tests.cast import DAY, NOW
from tests.certificates.graduates import case_of, person, place_of

WHO = {
    "cedar": (False, False, True),
    "nour": (False, False, False),
    "paused": (False, False, False),
    "withdrawn": (False, False, False),
    "facilitator": (False, False, False),
    "coordinator": (True, True, False),
    "stranger": (False, False, False),
    "other_cohort": (False, False, False),
}
"""Lists the cohort; decides about Cedar; holds what is Cedar's."""


@pytest.mark.parametrize(("name", "may"), WHO.items())
def test_who_may(in_app, cast, name, may):
    who = person(getattr(cast, name))
    listing, case = find_listing(who, cast.cohort_id), case_of(cast, by=name)
    holding = find_holding(person(cast.cedar), None)
    found = [
        allows(CertificatePermission.LIST, who, listing),
        allows(CertificatePermission.DECIDE, who, case),
        allows(CertificatePermission.HOLD, who, holding),
    ]
    assert tuple(found) == may


def test_nobody_may_without_signing_in(in_app, cast):
    assert not allows(CertificatePermission.LIST, None, find_listing(person(cast.cedar), cast.cohort_id))
    assert not allows(CertificatePermission.DECIDE, None, case_of(cast))
    assert not allows(CertificatePermission.HOLD, None, find_holding(person(cast.cedar), None))


@pytest.mark.parametrize("role", Role)
def test_of_all_roles_in_the_cohort_coordinators_alone_decide(in_app, cast, role):
    who = person(cast.stranger)
    persons.grant_role(who, role, cohort_id=cast.cohort_key, by=None, at=NOW - DAY)
    db.session.flush()
    assert allows(CertificatePermission.DECIDE, person(cast.stranger), case_of(cast, by="stranger")) is (
        role is Role.COORDINATOR
    )


def test_a_coordinator_does_not_decide_about_herself_or_in_conflict(in_app, cast):
    who = person(cast.coordinator)
    case = case_of(cast)
    assert allows(CertificatePermission.DECIDE, who, case)
    db.session.add(Conflict(person_id=who.id, enrolment_id=place_of(cast).id, declared_at=NOW))
    db.session.flush()
    assert not allows(CertificatePermission.DECIDE, who, case_of(cast))
    own = place_of(cast, "nour")
    own.person_id = who.id
    db.session.flush()
    assert not allows(CertificatePermission.DECIDE, who, find_case(who, cast.cohort_id, own.public_id))


def test_a_coordinator_of_another_cohort_decides_nothing_here(in_app, cast):
    other = db.session.query(Cohort).filter_by(public_id=cast.other_cohort_id).one()
    persons.grant_role(person(cast.stranger), Role.COORDINATOR, cohort_id=other.id, by=None, at=NOW - DAY)
    db.session.flush()
    assert not allows(CertificatePermission.DECIDE, person(cast.stranger), case_of(cast, by="stranger"))
