"""Who may mark, release and allow what: one table."""

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries.marking import find_submission
from lms.assessments.queries.releasing import find_release
from lms.kernel.db import db, transaction
from lms.kernel.policy import allows
from tests.assessments.desk import make_desk
from tests.cast import DAY, NOW

MARKERS = ("facilitator", "coordinator")
OTHERS = ("cedar", "nour", "olivier", "paused", "withdrawn", "stranger", "other_cohort")


@pytest.fixture
def desk(in_app, cast):
    return make_desk(cast)


@pytest.fixture
def work(desk):
    return desk.hand_in(desk.cast.cedar)


@pytest.mark.parametrize("permission", [AssessmentPermission.MARK, AssessmentPermission.RELEASE])
@pytest.mark.parametrize(("name", "may"), [(n, True) for n in MARKERS] + [(n, False) for n in OTHERS])
def test_who_marks_and_who_releases(desk, work, permission, name, may):
    person = desk.person(getattr(desk.cast, name))
    target = find_submission(person, work) if permission == AssessmentPermission.MARK else None
    target = target or find_release(person, desk.memo, "en")
    assert (target is not None and allows(permission, person, target)) is may


@pytest.mark.parametrize(("name", "may"), [(n, True) for n in MARKERS] + [(n, False) for n in OTHERS])
def test_who_has_a_queue(desk, name, may):
    assert allows(AssessmentPermission.QUEUE, desk.person(getattr(desk.cast, name))) is may


def test_nobody_signed_in_marks(desk, work):
    target = desk.find(desk.cast.facilitator, work)
    assert not allows(AssessmentPermission.MARK, None, target)
    assert not allows(AssessmentPermission.QUEUE, None)


def test_a_facilitator_who_takes_part_does_not_mark_herself(desk):
    with transaction():
        person = db.session.get_one(Person, desk.cast.cedar.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=desk.cohort_key, by=None, at=NOW - DAY)
    work = desk.hand_in(desk.cast.cedar)
    assert not allows(AssessmentPermission.MARK, desk.person(desk.cast.cedar), desk.find(desk.cast.cedar, work))
