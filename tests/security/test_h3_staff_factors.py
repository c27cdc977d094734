"""H3: staff are staff with a second factor only, administrators with a passkey; with a mailbox nothing is recovered."""

import pytest

from lms.accounts import jobs
from lms.accounts.models import Invitation, Person, RoleGrant, Session
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, persons
from lms.kernel.db import db, transaction
from lms.messaging.errors import Undeliverable
from lms.messaging.models import Job
from tests.accounts.test_factors import add_app, add_passkey, is_in, make_codes, sign_in
from tests.authenticator import options_on
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.addresses import LEAVING, changed, contents

STAFF = [role for role in Role if role not in (Role.PARTICIPANT, Role.APPLICANT)]
ENOUGH = {
    role: {Proof.PASSKEY} if role is Role.ADMIN else {Proof.PASSKEY, Proof.CODE, Proof.RECOVERY} for role in STAFF
}
OPEN_SOMETHING = {
    Role.FACILITATOR,
    Role.COORDINATOR,
    Role.SAFETY,
    Role.EDITOR,
    Role.TRANSLATOR,
    Role.AUDITOR,
    Role.ADMIN,
}
MAIL = {"email": "facilitator@kanaria.example", "login": "facilitator", "contact": "facilitator@kanaria.example"}


def appointed(app, cast, taught, role):
    """Somebody who is no member of anything, with this role in the cohort and at the site."""
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.withdrawn.id)
        db.session.query(RoleGrant).filter_by(person_id=person.id).delete()
        for cohort in (None, taught.cohort_key):
            persons.grant_role(person, role, cohort_id=cohort, by=None, at=NOW - DAY)


def opened(person, everybody):
    asked = [(endpoint, address) for endpoint, address in everybody.addresses() if endpoint != LEAVING]
    return {endpoint for endpoint, address in asked if person.client.get(address).status_code == 200}


@pytest.mark.parametrize("role", STAFF)
def test_a_role_opens_nothing_to_who_showed_a_passphrase_alone(app, cast, taught, everybody, role):
    with app.app_context(), transaction():
        db.session.query(RoleGrant).filter_by(person_id=cast.withdrawn.id).delete()
    nobodys = opened(Visitor(app).signed_in(cast.withdrawn), everybody)
    appointed(app, cast, taught, role)
    weak = {proof for proof in Proof if proof not in ENOUGH[role]}
    for proof in weak:
        assert opened(Visitor(app).signed_in(cast.withdrawn, proof=proof), everybody) == nobodys, proof
    strong = opened(Visitor(app).signed_in(cast.withdrawn, proof=Proof.PASSKEY), everybody)
    assert bool(strong - nobodys) is (role in OPEN_SOMETHING)


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR, Role.SAFETY, Role.ADMIN])
def test_nothing_is_taken_from_staff_who_showed_a_passphrase_alone(app, cast, taught, everybody, role):
    appointed(app, cast, taught, role)
    person = Visitor(app).signed_in(cast.withdrawn, proof=Proof.PASSPHRASE)
    stranger = Visitor(app).signed_in(cast.other_cohort, proof=Proof.PASSPHRASE)
    tokens = {one: one.token() for one in (person, stranger)}
    before = contents(app)
    for endpoint, address in everybody.addresses("POST"):
        if app.view_functions[endpoint].permission is not None and "/account" not in address:
            answers = [
                one.client.post(address, data={"csrf_token": tokens[one]}).status_code for one in (person, stranger)
            ]
            assert len(set(answers)) == 1, endpoint
    assert set(changed(before, contents(app))) <= {"accounts_sign_in_attempt"}


@pytest.mark.parametrize("proof", [Proof.CODE, Proof.RECOVERY])
def test_an_administrator_with_less_than_a_passkey_is_none(app, cast, taught, everybody, proof):
    appointed(app, cast, taught, Role.ADMIN)
    person = Visitor(app).signed_in(cast.withdrawn, proof=proof)
    for endpoint, address in everybody.addresses():
        if endpoint.startswith("admin."):
            assert person.client.get(address).status_code == 404, endpoint


def test_who_has_both_a_role_that_needs_more_and_one_that_needs_less_has_the_second(app, cast, taught, everybody):
    appointed(app, cast, taught, Role.ADMIN)
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.withdrawn.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)
    visitor = Visitor(app).signed_in(cast.withdrawn, proof=Proof.CODE)
    visitor.get("marking.queue")
    visitor.get("admin.people", expect=404)


# --- By the ways in


def by_app(app, cast, clock, phone):
    totp = add_app(Visitor(app).signed_in(cast.facilitator), clock)
    clock.at = NOW + DAY / 24
    sign_in(phone, cast.facilitator)
    phone.post("second.by_code", data={"code": totp.at(clock.now())})


def by_paper(app, cast, clock, phone):
    hers = Visitor(app).signed_in(cast.facilitator)
    add_app(hers, clock)
    paper = make_codes(hers)[0]
    sign_in(phone, cast.facilitator)
    phone.post("second.by_recovery", data={"paper": paper})


def by_passkey(app, cast, clock, phone):
    authenticator = add_passkey(Visitor(app).signed_in(cast.facilitator))
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer})


@pytest.mark.parametrize("come_in", [by_app, by_paper, by_passkey])
def test_with_a_second_factor_her_work_opens(app, cast, clock, visitor, come_in):
    come_in(app, cast, clock, visitor)
    visitor.get("marking.queue")


def test_with_a_passphrase_she_is_asked_for_one_and_nothing_else_of_hers_opens(app, cast, visitor):
    assert sign_in(visitor, cast.facilitator).location == "/en/account/sign-in?needed=1"
    visitor.get("marking.queue", expect=404)
    visitor.get("home.today")


def test_she_cannot_give_up_the_last_factor_that_her_work_needs(app, cast, clock):
    hers = Visitor(app).signed_in(cast.facilitator)
    add_app(hers, clock)
    hers.post("factors.remove_app", expect=409)


def test_an_administrator_cannot_give_up_her_last_passkey(app, cast, clock, taught):
    appointed(app, cast, taught, Role.ADMIN)
    hers = Visitor(app).signed_in(cast.withdrawn)
    add_passkey(hers)
    add_app(hers, clock)
    with app.app_context():
        from lms.accounts.models import Passkey

        passkey = db.session.query(Passkey).one().public_id
    hers.post("factors.remove_passkey", passkey=passkey, expect=409)


# --- Who reads her mail, and no more


def messages(app):
    with app.app_context():
        return db.session.query(Job).count(), db.session.query(Invitation).count(), db.session.query(Session).count()


def test_no_page_that_is_open_to_all_sends_anything_to_her_mailbox(app, cast, everybody):
    stranger = Visitor(app)
    data = {"csrf_token": stranger.token(), **MAIL, "who": "nameless", "subject": "known", "wish": "nothing"}
    before = messages(app)
    for endpoint, address in everybody.addresses("POST"):
        if app.view_functions[endpoint].permission is None:
            stranger.client.post(address, data=data)
    assert messages(app) == before and not is_in(stranger)


def test_no_address_is_named_after_a_forgotten_passphrase(app):
    words = ("forgot", "reset", "recover", "magic", "link", "oublie", "remind")
    found = [rule.rule for rule in app.url_map.iter_rules() if any(word in rule.rule for word in words)]
    assert all(
        "/people/<uuid:enrolment_id>/sealed/recovery/" in one or one.endswith("/second/recovery") for one in found
    )
    for one in found:
        if "/sealed/" in one:
            endpoints = [rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == one]
            assert all(app.view_functions[endpoint].permission is not None for endpoint in endpoints)


@pytest.mark.parametrize("name", ["facilitator", "coordinator", "cedar"])
def test_no_code_is_mailed_to_somebody_who_has_an_account(app, cast, name):
    with app.app_context():
        with transaction():
            codes.invite(db.session.get_one(Person, getattr(cast, name).id), by=None, at=NOW)
        with pytest.raises(Undeliverable):
            jobs.deliver({"person": getattr(cast, name).id, "template": "invitation", "key": "k1"}, NOW)


def test_a_coordinator_makes_no_code_for_staff_who_have_come(app, cast, taught):
    """Two people and a day, and she can stop it: tests/safety/test_recovery.py."""
    coordinator = Visitor(app).signed_in(cast.coordinator)
    before = messages(app)[1]
    with app.app_context():
        person = db.session.get_one(Person, cast.facilitator.id).public_id
    data = {"person": str(person)}
    coordinator.post("staff.code", cohort_id=taught.cohort_id, data=data, expect=409)
    assert messages(app)[1] == before
