import pytest

from lms.accounts.models import Person
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries.seats import find_seat, seats_of
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.kernel.db import db
from lms.kernel.policy import allows

WHO_READS = {
    "cedar": True,
    "nour": True,
    "olivier": True,
    "paused": True,
    "facilitator": True,
    "coordinator": True,
    "stranger": False,
    "withdrawn": False,
    "other_cohort": False,
}
WHO_PROGRESSES = {**WHO_READS, "facilitator": False, "coordinator": False}


def load(cast, name):
    """A person as a request has her: with her roles."""
    from sqlalchemy import select
    from sqlalchemy.orm import selectinload

    member = getattr(cast, name)
    return db.session.scalars(select(Person).where(Person.id == member.id).options(selectinload(Person.roles))).one()


@pytest.mark.parametrize(
    ("permission", "name", "may"),
    [(CohortPermission.READ, *row) for row in WHO_READS.items()]
    + [(CohortPermission.PROGRESS, *row) for row in WHO_PROGRESSES.items()],
)
def test_who_may_read_and_who_has_progress(in_app, cast, permission, name, may):
    person = load(cast, name)
    assert allows(permission, person, find_seat(person, cast.cohort_id)) is may


@pytest.mark.parametrize("state", list(EnrolmentState))
def test_each_state_of_an_enrolment_reads_or_not(in_app, cast, state):
    person = load(cast, "cedar")
    seat = find_seat(person, cast.cohort_id)
    seat.enrolment.state = state
    assert allows(CohortPermission.READ, person, seat) is (
        state not in (EnrolmentState.DEFERRED, EnrolmentState.WITHDRAWN)
    )


def test_nobody_signed_in_reads_nothing(in_app, cast):
    seat = find_seat(load(cast, "cedar"), cast.cohort_id)
    assert not allows(CohortPermission.READ, None, seat)


def test_somebody_elses_enrolment_gives_nothing(in_app, cast):
    seat = find_seat(load(cast, "cedar"), cast.cohort_id)
    assert not allows(CohortPermission.READ, load(cast, "stranger"), seat)


@pytest.mark.parametrize("name", list(WHO_READS))
def test_the_list_of_courses_agrees_with_the_predicate(in_app, cast, name):
    person = load(cast, name)
    listed = {seat.cohort.public_id for seat in seats_of(person) if allows(CohortPermission.READ, person, seat)}
    every = {cast.cohort_id, cast.other_cohort_id}
    assert listed == {c for c in every if allows(CohortPermission.READ, person, find_seat(person, c))}
    assert listed == {seat.cohort.public_id for seat in seats_of(person)}
