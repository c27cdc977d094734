"""The technical administrator and the auditor: numbers, roles, jobs, settings, deeds; nobody's name."""

from datetime import timedelta

import pytest

from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.audit.models import Entry
from lms.home.queries.admin import ROWS
from lms.kernel.db import db, transaction
from tests.cast import CANARY, DAY, NOW
from tests.client import Visitor

PAGES = ["admin.people", "admin.jobs", "admin.settings", "admin.audit"]
MINUTE = timedelta(minutes=1)


def somebody(app, cast, role):
    with app.app_context(), transaction():
        persons.grant_role(db.session.get_one(Person, cast.stranger.id), role, cohort_id=None, by=None, at=NOW - DAY)
    return Visitor(app).signed_in(cast.stranger)


@pytest.fixture
def admin(app, cast):
    return somebody(app, cast, Role.ADMIN)


def address_of(app, member):
    with app.app_context():
        return {"person_id": db.session.get_one(Person, member.id).public_id}


def roles(page):
    return [part.split('"')[0] for part in page.text.split('name="role" value="')[1:]]


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
@pytest.mark.parametrize("endpoint", PAGES)
def test_no_page_holds_a_name(app, cast, taught, admin, endpoint, lang):
    words = admin.get(endpoint, lang=lang).words()
    with app.app_context():
        names = {name for (name,) in db.session.query(Person.shown_name)} - {cast.stranger.shown_name}
    assert CANARY not in words
    assert [name for name in names if name in words] == []


@pytest.mark.parametrize("endpoint", PAGES)
@pytest.mark.parametrize("who", ["cedar", "facilitator", "coordinator"])
def test_others_are_told_of_nothing(app, cast, taught, endpoint, who):
    Visitor(app).signed_in(getattr(cast, who)).get(endpoint, expect=404)


def test_an_auditor_sees_deeds_and_nothing_else(app, cast, taught):
    auditor = somebody(app, cast, Role.AUDITOR)
    assert "accounts.role.granted" in auditor.get("admin.audit").words()
    for endpoint in PAGES[:3]:
        auditor.get(endpoint, expect=404)
    auditor.get("admin.person", **address_of(app, cast.cedar), expect=404)


def test_a_role_ends_with_her_next_request(app, cast, taught, admin):
    coordinator = Visitor(app).signed_in(cast.coordinator)
    coordinator.get("desk.cohort", cohort_id=taught.cohort_id)
    where = address_of(app, cast.coordinator)
    for name in roles(admin.get("admin.person", **where)):
        admin.post("admin.end_role", **where, data={"role": name})
    coordinator.get("desk.cohort", cohort_id=taught.cohort_id, expect=404)
    assert roles(admin.get("admin.person", **where)) == []


def test_ending_a_role_asks_for_a_factor_that_was_shown_just_now(app, cast, clock, taught, admin):
    clock.at = NOW + 6 * MINUTE
    where = address_of(app, cast.coordinator)
    (name, *_rest) = roles(admin.get("admin.person", **where))
    admin.post("admin.end_role", **where, data={"role": name}, expect=422)
    admin.post("admin.end_role", **where, data={"role": name, "password": cast.stranger.passphrase})
    with app.app_context():
        ended = db.session.query(RoleGrant).filter(RoleGrant.until_at.is_not(None), RoleGrant.until_at > NOW).all()
        assert [grant.person_id for grant in ended] == [cast.coordinator.id]


@pytest.mark.parametrize("name", ["", "admin:site:2020-01-01", "coordinator"])
def test_a_role_that_she_does_not_hold_is_not_ended(app, cast, taught, admin, name):
    admin.post("admin.end_role", **address_of(app, cast.cedar), data={"role": name}, expect=422)


def test_the_lists_go_on_by_number(app, cast, taught, admin):
    with app.app_context(), transaction():
        for number in range(ROWS):
            new = persons.NewPerson(shown_name=f"P {number}", interface_language="en", time_zone="UTC")
            persons.make_person(new, by=None, at=NOW)
    with app.app_context():
        numbers = sorted(number for (number,) in db.session.query(Person.id))
        deeds = db.session.query(Entry).count()
    first = admin.get("admin.people")
    assert f"after={numbers[ROWS - 1]}" in first.text
    second = admin.get("admin.people", after=numbers[ROWS - 1])
    assert second.text.count("/admin/person/") == len(numbers) - ROWS
    assert deeds > ROWS
    page, seen = admin.get("admin.audit"), 0
    while "before=" in page.text:
        seen += ROWS
        page = admin.get("admin.audit", before=int(page.text.split("before=")[1].split('"')[0]))
    assert seen + page.text.count('<th scope="row">') == deeds


def test_settings_hold_no_secret(app, admin):
    words = admin.get("admin.settings").words()
    settings = app.extensions["settings"]
    assert "limits.per_account" in words
    assert settings.secret_key not in words and settings.database_url not in words


@pytest.mark.parametrize("endpoint", PAGES)
def test_each_page_costs_few_statements(admin, statements, taught, endpoint):
    admin.get(endpoint)
    with statements() as seen:
        admin.get(endpoint)
    assert len(seen) <= 4
