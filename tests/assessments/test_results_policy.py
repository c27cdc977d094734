"""Who may open the pages of results: role by permission."""

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Conflict
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries import book, record
from lms.kernel.db import db, transaction
from lms.kernel.policy import allows
from tests.assessments.taught import enrolment_of, load
from tests.cast import DAY, NOW

PEOPLE = ("cedar", "nour", "stranger", "withdrawn", "other_cohort", "facilitator", "coordinator")
STAFF = {"facilitator", "coordinator"}


@pytest.mark.parametrize("name", PEOPLE)
def test_who_sees_and_changes_results(in_app, cast, taught, name):
    who = load(getattr(cast, name))
    cohort = book.find_cohort(who, taught.cohort_id)
    hers = record.find_participant(who, taught.cohort_id, taught.enrolments["cedar"])
    assert allows(AssessmentPermission.SEE_MARKS, who, cohort) is (name in STAFF)
    assert allows(AssessmentPermission.RESCORE, who, cohort) is (name in STAFF)
    assert allows(AssessmentPermission.MARK, who, hers) is (name in STAFF)
    assert allows(AssessmentPermission.ALLOW, who, hers) is (name in STAFF)
    assert allows(AssessmentPermission.RECEIPT, who) is (name == "coordinator")
    assert allows(AssessmentPermission.PREVIEW, who) is (name in STAFF)


@pytest.mark.parametrize(("role", "may"), [(role, role in (Role.EDITOR, Role.TRANSLATOR)) for role in Role])
def test_editors_and_translators_look_at_questions_and_at_nobody(in_app, cast, taught, role, may):
    with transaction():
        persons.grant_role(db.session.get_one(Person, cast.stranger.id), role, cohort_id=None, by=None, at=NOW - DAY)
    who = load(cast.stranger)
    marks = role in (Role.FACILITATOR, Role.COORDINATOR)
    assert allows(AssessmentPermission.PREVIEW, who) is (may or marks)
    assert not allows(AssessmentPermission.SEE_MARKS, who, book.find_cohort(who, taught.cohort_id))


def test_a_conflict_of_interest_takes_it_away_for_one_participant(in_app, cast, taught):
    with transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.facilitator.id, enrolment_id=enrolment.id, declared_at=NOW))
    who = load(cast.facilitator)
    for name, may in (("cedar", False), ("nour", True)):
        hers = record.find_participant(who, taught.cohort_id, taught.enrolments[name])
        assert allows(AssessmentPermission.ALLOW, who, hers) is may


def test_staff_who_take_part_do_not_allow_themselves_anything(in_app, cast, taught):
    with transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        enrolment = enrolment_of(taught.enrolments["cedar"])
        persons.grant_role(person, Role.FACILITATOR, cohort_id=enrolment.cohort_id, by=None, at=NOW - DAY)
    who = load(cast.cedar)
    hers = record.find_participant(who, taught.cohort_id, taught.enrolments["cedar"])
    assert not allows(AssessmentPermission.ALLOW, who, hers)
    assert book.page_of(who, book.find_cohort(who, taught.cohort_id), number=1, at=NOW).rows[0].standing is None
