"""H1: whoever works for a cohort reaches her own cohort and her own dates; with its end nothing of it opens for her."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.cohorts.models import Cohort
from lms.cohorts.services import founding
from lms.kernel.db import db, transaction
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.addresses import LEAVING, changed, contents, filled

SECOND = timedelta(seconds=1)
OF_COHORT = {
    "cohort_id",
    "course_id",
    "enrolment_id",
    "task_id",
    "lesson_id",
    "submission_id",
    "sending_id",
    "upload_id",
}
ALIASES = ("نور", "Érable", "Title of Taught")
COURSE = "Kanariacourse"


@pytest.fixture
def named(app, taught):
    """The cohort has a title that stands nowhere else."""
    titles = dict.fromkeys(("en", "fr", "ar"), COURSE)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).where(Cohort.id == taught.cohort_key).values(title=titles))


def about_it(everybody, method="GET"):
    """The addresses that name something of the cohort."""
    found = filled(everybody.app, everybody.given)
    return [
        (rule.endpoint, address) for rule, address in found if method in rule.methods and OF_COHORT & rule.arguments
    ]


def opened(person, addresses):
    return {endpoint for endpoint, address in addresses if person.client.get(address).status_code == 200}


def pages(everybody):
    return [(endpoint, address) for endpoint, address in everybody.addresses() if endpoint != LEAVING]


def is_nowhere(everybody, person):
    """Whether no page of hers says a word of the cohort."""
    for endpoint, address in pages(everybody):
        text = person.client.get(address).text
        assert not any(word in text for word in (COURSE, *ALIASES, str(everybody.given["cohort_id"]))) or (
            str(everybody.given["cohort_id"]) in address
            and COURSE not in text
            and not any(one in text for one in ALIASES)
        ), endpoint


def nothing_is_taken(app, person, addresses):
    """Whether everything that is sent is refused as if it were not there, and changes nothing."""
    before, data = contents(app), {"csrf_token": person.token(), "reason": "A reason that is long enough.", "sure": "y"}
    for endpoint, address in addresses:
        assert person.client.post(address, data=data).status_code == 404, endpoint
    assert changed(before, contents(app)) == []


def close(app, cast, taught):
    with app.app_context(), transaction():
        founding.close_cohort(taught.cohort_key, by=db.session.get_one(Person, cast.coordinator.id), at=NOW)


@pytest.mark.parametrize("days", [0, 1, 400])
def test_when_the_cohort_is_closed_nothing_of_it_opens_for_its_facilitator(
    app, cast, clock, taught, everybody, named, days
):
    before = opened(everybody.people["facilitator"], about_it(everybody))
    close(app, cast, taught)
    clock.at = NOW + days * DAY
    facilitator = Visitor(app).signed_in(cast.facilitator)
    assert len(before) > 5 and opened(facilitator, about_it(everybody)) == set()
    is_nowhere(everybody, facilitator)


def test_when_the_cohort_is_closed_nothing_of_it_is_taken_from_its_facilitator(app, cast, everybody, taught):
    close(app, cast, taught)
    nothing_is_taken(app, everybody.people["facilitator"], about_it(everybody, "POST"))


def end_roles(app, member, cohort_key, at):
    with app.app_context(), transaction():
        hers = RoleGrant.person_id == member.id, RoleGrant.cohort_id == cohort_key
        db.session.execute(update(RoleGrant).where(*hers).values(until_at=at))


@pytest.mark.parametrize("name", ["facilitator", "coordinator"])
@pytest.mark.parametrize(("after", "is_open"), [(-SECOND, True), (timedelta(0), False), (DAY, False)])
def test_a_role_opens_until_its_last_moment_and_not_a_moment_longer(
    app, cast, clock, taught, everybody, named, name, after, is_open
):
    end = NOW + timedelta(hours=1)
    end_roles(app, getattr(cast, name), taught.cohort_key, end)
    clock.at = end + after
    person = Visitor(app).signed_in(getattr(cast, name))
    if is_open:
        assert len(opened(person, about_it(everybody))) > 3
    else:
        assert opened(person, about_it(everybody)) == set()
        is_nowhere(everybody, person)
        nothing_is_taken(app, person, about_it(everybody, "POST"))


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR])
def test_a_role_that_has_not_begun_opens_nothing(app, cast, taught, everybody, role):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.olivier.id)
        db.session.execute(update(RoleGrant).where(RoleGrant.person_id == person.id).values(until_at=NOW))
        persons.grant_role(person, role, cohort_id=taught.cohort_key, by=None, at=NOW + SECOND)
    hers = Visitor(app).signed_in(cast.olivier)
    usual = opened(everybody.people["participant"], about_it(everybody))
    own = {"results.own", "modules.outline", "modules.lesson"}
    assert opened(hers, about_it(everybody)) <= usual | own


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR])
def test_whoever_works_for_one_cohort_reaches_nothing_of_another(app, cast, taught, everybody, named, role):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.withdrawn.id)
        db.session.execute(update(RoleGrant).where(RoleGrant.person_id == person.id).values(until_at=NOW))
        persons.grant_role(person, role, cohort_id=cast.cohort_key, by=None, at=NOW - DAY)
    neighbour = Visitor(app).signed_in(cast.withdrawn)
    assert neighbour.client.get(f"/en/marks/{cast.cohort_id}").status_code == 200, "her own opens"
    assert opened(neighbour, about_it(everybody)) == set()
    nothing_is_taken(app, neighbour, about_it(everybody, "POST"))


@pytest.mark.parametrize(
    "role", [one for one in Role if one not in (Role.COORDINATOR, Role.SAFETY, Role.ADMIN, Role.PANEL)]
)
def test_a_role_of_the_whole_site_opens_no_cohort(app, cast, taught, everybody, role):
    """Only who runs it, and the second person for invitations and for safety, come from outside."""
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.withdrawn.id)
        db.session.execute(update(RoleGrant).where(RoleGrant.person_id == person.id).values(until_at=NOW))
        persons.grant_role(person, role, cohort_id=None, by=None, at=NOW - DAY)
    assert opened(Visitor(app).signed_in(cast.withdrawn), about_it(everybody)) == set()
