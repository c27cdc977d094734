"""Who works for a cohort, and who may not stop."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts import vault
from lms.accounts.errors import InvitationExpired
from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, credentials, persons
from lms.cohorts.errors import CohortClosed, LastCoordinator, MadeAlready, NoCodeNeeded, NotComeYet
from lms.cohorts.models import Cohort, Group
from lms.cohorts.queries import staff
from lms.cohorts.services import founding, moving, staffing
from lms.cohorts.services.staffing import NewStaff
from lms.kernel.db import db
from tests.cast import DAY, HOUR, NOW

NEW = NewStaff(
    shown_name="Hoda",
    language="ar",
    zone="Asia/Aden",
    role=Role.FACILITATOR,
    email="hoda@kanaria.example",
    operation=uuid4(),
)


@pytest.fixture
def coordinator(in_app, cast):
    return load(cast.coordinator.id)


@pytest.fixture
def cohort(in_app, cast):
    return db.session.get_one(Cohort, cast.cohort_key)


def load(number):
    query = select(Person).where(Person.id == number).options(selectinload(Person.roles), joinedload(Person.key))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def invite(cohort, by, at=NOW, **more):
    return staffing.invite_staff(cohort.id, replace(NEW, **more), by=by, at=at)


def names(cohort, at=NOW):
    return [(one.shown_name, one.role) for one in staff.staff_of(cohort, at=at)]


def give(cohort, number, role, *, since=NOW - DAY):
    grant = persons.grant_role(load(number), role, cohort_id=cohort.id, by=None, at=since)
    db.session.flush()
    return grant


def test_an_invited_colleague_has_a_role_and_opens_her_account_with_the_code(cohort, coordinator):
    invited = invite(cohort, coordinator)
    assert ("Hoda", Role.FACILITATOR) in names(cohort)
    assert (
        codes.use_invitation(invited.code, credentials.make_credentials("hoda", "some long words of hers"), at=NOW).id
        == invited.person.id
    )
    line = next(one for one in staff.staff_of(cohort, at=NOW) if one.shown_name == "Hoda")
    assert line.has_come and line.invited_until is None and line.language == "ar"


def test_what_is_typed_of_her_is_sealed_and_belongs_to_her(cohort, coordinator):
    invited = invite(cohort, coordinator)
    assert vault.open_contact(load(invited.person.id)) == "hoda@kanaria.example"
    assert load(invite(cohort, coordinator, email=None, operation=uuid4()).person.id).contact is None


def test_a_button_that_is_pressed_twice_makes_one_person_and_shows_one_code(cohort, coordinator):
    first, second = invite(cohort, coordinator), invite(cohort, coordinator)
    assert (first.person.id, first.code, first.expires_at) == (second.person.id, second.code, second.expires_at)
    assert names(cohort).count(("Hoda", Role.FACILITATOR)) == 1


def test_a_page_that_invited_somebody_invites_nobody_else(cohort, coordinator):
    invite(cohort, coordinator)
    with pytest.raises(MadeAlready):
        invite(cohort, coordinator, shown_name="Awa")


def test_the_code_is_not_shown_again_once_she_has_come(cohort, coordinator):
    code = invite(cohort, coordinator).code
    codes.use_invitation(code, credentials.make_credentials("hoda", "some long words of hers"), at=NOW)
    with pytest.raises(NoCodeNeeded):
        invite(cohort, coordinator)


def test_a_new_code_makes_the_old_one_open_nothing(cohort, coordinator):
    invited = invite(cohort, coordinator)
    again = staffing.new_code(cohort.id, invited.person.public_id, by=coordinator, at=NOW + DAY)
    assert again.code != invited.code and again.role is Role.FACILITATOR
    with pytest.raises(InvitationExpired):
        codes.use_invitation(
            invited.code, credentials.make_credentials("hoda", "some long words of hers"), at=NOW + DAY
        )
    codes.use_invitation(again.code, credentials.make_credentials("hoda", "some long words of hers"), at=NOW + DAY)


def test_no_code_is_made_for_who_has_come_or_works_elsewhere(cohort, coordinator, cast):
    never_came = persons.make_person(
        persons.NewPerson(shown_name="X", interface_language="en", time_zone="UTC"), by=None, at=NOW
    )
    for person_id in (cast.facilitator.public_id, never_came.public_id, uuid4()):
        with pytest.raises(NoCodeNeeded):
            staffing.new_code(cohort.id, person_id, by=coordinator, at=NOW)


def test_whoever_came_by_a_passkey_has_come(cohort, coordinator):
    """Else any coordinator could make a code that opens her account."""
    person = invite(cohort, coordinator).person
    credentials.drop_credentials(person, at=NOW)
    db.session.flush()
    with pytest.raises(NoCodeNeeded):
        staffing.new_code(cohort.id, person.public_id, by=coordinator, at=NOW)
    line = next(one for one in staff.staff_of(cohort, at=NOW) if one.shown_name == "Hoda")
    assert line.has_come


def test_a_lapsed_invitation_is_told_as_such(cohort, coordinator):
    invite(cohort, coordinator)
    line = next(one for one in staff.staff_of(cohort, at=NOW + 20 * DAY) if one.shown_name == "Hoda")
    assert not line.has_come and line.invited_until is None


def test_a_role_is_given_once(cohort, coordinator, cast):
    stranger = load(cast.stranger.id)
    for _ in range(2):
        staffing.add_staff(cohort.id, stranger, Role.FACILITATOR, by=coordinator, at=NOW)
        db.session.flush()
    assert names(cohort).count(("Stranger", Role.FACILITATOR)) == 1


def test_candidates_hold_the_role_in_another_cohort_of_hers_or_held_it_here(cohort, coordinator, cast):
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    give(other, cast.stranger.id, Role.FACILITATOR)
    assert staff.candidates_for(cohort, coordinator, at=NOW) == []  # she does not run the other one
    give(other, coordinator.id, Role.COORDINATOR)
    coordinator = load(coordinator.id)
    give(other, cast.facilitator.id, Role.FACILITATOR)  # holds it here too
    give(other, cast.cedar.id, Role.MARKER)
    found = [(one.shown_name, one.role) for one in staff.candidates_for(cohort, coordinator, at=NOW)]
    assert found == [("Stranger", Role.FACILITATOR)]
    staffing.end_staff(cohort.id, cast.facilitator.public_id, Role.FACILITATOR, by=coordinator, at=NOW)
    db.session.flush()
    found = [(one.shown_name, one.role) for one in staff.candidates_for(cohort, coordinator, at=NOW)]
    assert found == [("Facilitator", Role.FACILITATOR), ("Stranger", Role.FACILITATOR)]


def test_who_facilitated_until_a_cohort_was_closed_may_be_asked_again(cohort, coordinator, cast):
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    give(other, coordinator.id, Role.COORDINATOR)
    give(other, cast.stranger.id, Role.FACILITATOR)
    left = give(other, cast.nour.id, Role.FACILITATOR)
    persons.end_role(left, by=None, at=NOW - HOUR)
    founding.close_cohort(other.id, by=coordinator, at=NOW)
    db.session.flush()
    found = staff.candidates_for(cohort, load(coordinator.id), at=NOW + DAY)
    assert [(one.shown_name, one.role) for one in found] == [("Stranger", Role.FACILITATOR)]


def test_a_role_that_ends_holds_no_more_and_ends_once(cohort, coordinator, cast):
    ending = cast.facilitator.public_id, Role.FACILITATOR
    staffing.end_staff(cohort.id, *ending, by=coordinator, at=NOW)
    db.session.flush()
    assert names(cohort) == [("Coordinator", Role.COORDINATOR)]
    staffing.end_staff(cohort.id, *ending, by=coordinator, at=NOW + DAY)
    db.session.flush()
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == cast.facilitator.id)).one()
    assert grant.until_at == NOW


def test_the_role_of_nobody_is_no_role(cohort, coordinator, cast):
    before = names(cohort)
    for person_id, role in ((uuid4(), Role.FACILITATOR), (cast.facilitator.public_id, Role.COORDINATOR)):
        staffing.end_staff(cohort.id, person_id, role, by=coordinator, at=NOW)
    assert names(cohort) == before


def test_the_last_coordinator_stays(cohort, coordinator):
    with pytest.raises(LastCoordinator):
        staffing.end_staff(cohort.id, coordinator.public_id, Role.COORDINATOR, by=coordinator, at=NOW)


def test_a_coordinator_who_has_not_come_does_not_count(cohort, coordinator):
    code = invite(cohort, coordinator, role=Role.COORDINATOR).code
    db.session.flush()
    leaving = cohort.id, coordinator.public_id, Role.COORDINATOR
    with pytest.raises(LastCoordinator):
        staffing.end_staff(*leaving, by=coordinator, at=NOW)
    codes.use_invitation(code, credentials.make_credentials("hoda", "some long words of hers"), at=NOW)
    db.session.flush()
    staffing.end_staff(*leaving, by=coordinator, at=NOW)
    db.session.flush()
    assert [name for name, role in names(cohort) if role is Role.COORDINATOR] == ["Hoda"]


def test_a_coordinator_of_another_cohort_does_not_count(cohort, coordinator, cast):
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    give(other, cast.stranger.id, Role.COORDINATOR)
    with pytest.raises(LastCoordinator):
        staffing.end_staff(cohort.id, coordinator.public_id, Role.COORDINATOR, by=coordinator, at=NOW)


def test_groups_of_who_leaves_wait_for_somebody(cohort, coordinator, cast):
    moving.make_groups(cohort.id, [cast.facilitator.id, coordinator.id], by=coordinator, at=NOW)
    db.session.flush()
    lines = staff.groups_with_people(cohort)
    assert [(line.number, line.facilitator, line.people) for line in lines] == [
        (1, "Facilitator", 2),
        (2, "Coordinator", 2),
    ]
    staffing.end_staff(cohort.id, cast.facilitator.public_id, Role.FACILITATOR, by=coordinator, at=NOW)
    db.session.flush()
    groups = db.session.scalars(select(Group).where(Group.cohort_id == cohort.id).order_by(Group.number)).all()
    assert [group.facilitator_id for group in groups] == [None, coordinator.id]


def test_in_a_closed_cohort_no_role_is_given_and_none_ended(cohort, coordinator, cast):
    founding.close_cohort(cohort.id, by=coordinator, at=NOW)
    for refused in (
        lambda: invite(cohort, coordinator),
        lambda: staffing.new_code(cohort.id, cast.facilitator.public_id, by=coordinator, at=NOW),
        lambda: staffing.add_staff(cohort.id, load(cast.stranger.id), Role.FACILITATOR, by=coordinator, at=NOW),
        lambda: staffing.end_staff(cohort.id, cast.facilitator.public_id, Role.FACILITATOR, by=coordinator, at=NOW),
    ):
        with pytest.raises(CohortClosed):
            refused()


def test_a_role_is_given_to_nobody_who_has_not_come(cohort, coordinator):
    """Her code opens all that she was given: whoever shows it to her could open it first."""
    with pytest.raises(NotComeYet):
        staffing.add_staff(cohort.id, invite(cohort, coordinator).person, Role.COORDINATOR, by=coordinator, at=NOW)
