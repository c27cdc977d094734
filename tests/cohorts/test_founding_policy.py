"""Who makes, sees, runs and changes cohorts."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.cohorts.models import Cohort
from lms.cohorts.policy import CohortPermission, as_reader, run_by
from lms.cohorts.queries.desk import find_desk
from lms.cohorts.queries.frames import cohorts_run_by
from lms.cohorts.services import founding
from lms.kernel.db import db
from lms.kernel.policy import allows
from tests.cast import DAY, NOW

NAMES = ("cedar", "paused", "withdrawn", "stranger", "other_cohort", "facilitator", "coordinator", "founder")
MAY = {
    CohortPermission.FOUND: {"founder"},
    CohortPermission.LIST: {"coordinator", "founder"},
    CohortPermission.RUN: {"coordinator"},
    CohortPermission.CHANGE: {"coordinator"},
    CohortPermission.LOOK_AFTER: {"coordinator", "facilitator"},
}


@pytest.fixture
def load(in_app, cast):
    """A person as a request has her: with her roles. The founder coordinates the site, and no cohort."""

    def person(name):
        member = cast.stranger if name == "founder" else getattr(cast, name)
        if name == "founder":
            someone = db.session.get_one(Person, member.id)
            persons.grant_role(someone, Role.COORDINATOR, cohort_id=None, by=None, at=NOW - DAY)
            db.session.flush()
        query = select(Person).where(Person.id == member.id).options(selectinload(Person.roles))
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    return person


@pytest.mark.parametrize("permission", MAY)
@pytest.mark.parametrize("name", NAMES)
def test_who_may_do_what_with_a_cohort(load, cast, permission, name):
    who = load(name)
    assert allows(permission, who, find_desk(who, cast.cohort_id)) is (name in MAY[permission])


@pytest.mark.parametrize("permission", MAY)
def test_a_visitor_may_do_nothing(load, cast, permission):
    desk = find_desk(load("coordinator"), cast.cohort_id)
    assert not allows(permission, None, desk)


@pytest.mark.parametrize("permission", MAY)
def test_a_closed_cohort_is_run_and_not_changed(load, cast, permission):
    who = load("coordinator")
    founding.close_cohort(cast.cohort_key, by=who, at=NOW)
    desk = find_desk(who, cast.cohort_id)
    expected = "coordinator" in MAY[permission] and permission is not CohortPermission.CHANGE
    assert allows(permission, who, desk) is expected


@pytest.mark.parametrize("name", NAMES)
def test_the_list_agrees_with_the_predicate(load, cast, name):
    who = load(name)
    by_filter = set(db.session.scalars(select(Cohort.public_id).where(run_by()), as_reader(who)))
    listed = {line.cohort.public_id for line in cohorts_run_by(who, page=1)}
    every = {cast.cohort_id, cast.other_cohort_id}
    by_predicate = {one for one in every if allows(CohortPermission.RUN, who, find_desk(who, one))}
    assert by_filter == listed == by_predicate
