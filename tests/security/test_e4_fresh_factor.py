"""E4: what opens a record, ends a role or changes how somebody signs in asks for a factor of the last five minutes."""

from datetime import timedelta

import pytest

from lms.accounts.models import Passkey, Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, add_passkey, is_in
from tests.authenticator import Authenticator, options_on
from tests.cast import CANARY, DAY, NOW
from tests.client import Visitor
from tests.security.addresses import changed, contents

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
WHY = "She asked for it when she called."
LEGAL = f"{CANARY} Cedar"
WORDS = "a lamp in the old garden"
NOT_WORTH_IT = ("accounts_session", "accounts_sign_in_attempt")
"""When she was here last, and tries that are counted."""


class Scene:
    """Cedar with a passkey and an app, a coordinator and an administrator; what each of them sends."""

    def __init__(self, app, cast, clock, taught):
        self.app, self.cast, self.clock = app, cast, clock
        with app.app_context(), transaction():
            admin = db.session.get_one(Person, cast.stranger.id)
            persons.grant_role(admin, Role.ADMIN, cohort_id=None, by=None, at=NOW - DAY)
            focal_point = db.session.get_one(Person, cast.paused.id)
            persons.grant_role(focal_point, Role.SAFETY, cohort_id=None, by=None, at=NOW - DAY)
        self.cedar = Visitor(app).signed_in(cast.cedar)
        add_passkey(self.cedar)
        add_app(self.cedar, clock)
        self.coordinator = Visitor(app).signed_in(cast.coordinator)
        self.focal_point = Visitor(app).signed_in(cast.paused)
        self.admin = Visitor(app).signed_in(cast.stranger)
        self.hers = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["nour"]}
        with app.app_context():
            self.passkey = db.session.query(Passkey).one().public_id

    def staff(self, endpoint, visitor=None, **data):
        return visitor or self.coordinator, f"sealed.{endpoint}", {"reason": WHY, **data}, self.hers


@pytest.fixture
def scene(app, cast, clock, taught):
    return Scene(app, cast, clock, taught)


def another_passkey(scene):
    options = options_on(scene.cedar.get("factors.factors"))
    answer = Authenticator().make(options["create"]) if options else "{}"
    return scene.cedar, "factors.add_passkey", {"name": "", "answer": answer}, {}


def no_passkey(scene):
    return scene.cedar, "factors.remove_passkey", {}, {"passkey": scene.passkey}


def another_app(scene):
    import pyotp

    secret = "A" * 32
    return scene.cedar, "factors.add_app", {"secret": secret, "code": pyotp.TOTP(secret).at(scene.clock.now())}, {}


def no_app(scene):
    return scene.cedar, "factors.remove_app", {}, {}


def new_codes(scene):
    return scene.cedar, "factors.make_codes", {}, {}


def another_passphrase(scene):
    return scene.cedar, "factors.set_passphrase", {"login": "river", "passphrase": WORDS, "again": WORDS}, {}


def legal_name(scene):
    return scene.staff("open_value", field="legal_name")


def contact(scene):
    return scene.staff("open_value", field="contact")


def plan(scene):
    return scene.staff("open_value", scene.focal_point, field="plan")


def locked(scene):
    return scene.staff("lock")


def unlocked(scene):
    return scene.staff("unlock")


def travel_ended(scene):
    return scene.staff("end_travel")


def let_in(scene):
    return scene.staff("ask_recovery")


def role_ended(scene):
    with scene.app.app_context():
        person = db.session.get_one(Person, scene.cast.facilitator.id).public_id
    page = scene.admin.get("admin.person", person_id=person)
    name = page.text.split('name="role" value="')[1].split('"')[0]
    return scene.admin, "admin.end_role", {"role": name}, {"person_id": person}


ACTS = [
    another_passkey,
    no_passkey,
    another_app,
    no_app,
    new_codes,
    another_passphrase,
    legal_name,
    contact,
    plan,
    locked,
    unlocked,
    travel_ended,
    let_in,
    role_ended,
]


def sent(who, endpoint, data, where):
    """The answer to what somebody sends."""
    address = who._address(endpoint, None, dict(where))
    return who.client.post(address, data={"csrf_token": who.token(), **data})


def asks_again(answer):
    """Whether the factor is asked for, on a page of its own or in the form itself."""
    return "/account/again" in (answer.location or "") or answer.status_code == 422


def worth_it(app):
    return {name: rows for name, rows in contents(app).items() if name not in NOT_WORTH_IT}


@pytest.mark.parametrize("act", ACTS)
def test_with_a_factor_of_six_minutes_ago_nothing_happens_and_it_is_asked_for(app, scene, clock, act):
    clock.at = NOW + 6 * MINUTE
    what = act(scene)
    before = worth_it(app)
    answer = sent(*what)
    assert asks_again(answer) and changed(before, worth_it(app)) == []
    assert CANARY not in answer.text and "@kanaria.example" not in answer.text


@pytest.mark.parametrize("act", ACTS)
def test_the_same_is_done_with_a_factor_of_four_minutes_ago(app, scene, clock, act):
    clock.at = NOW + 4 * MINUTE
    what = act(scene)
    before = worth_it(app)
    answer = sent(*what)
    assert answer.status_code in (200, 302) and not asks_again(answer)
    assert changed(before, worth_it(app)) != []


@pytest.mark.parametrize(("after", "is_asked"), [(5 * MINUTE - SECOND, False), (5 * MINUTE, True), (-SECOND, True)])
def test_five_minutes_are_not_six_and_a_factor_of_tomorrow_is_none(scene, clock, after, is_asked):
    clock.at = NOW + after
    assert asks_again(sent(*new_codes(scene))) is is_asked


@pytest.mark.parametrize("proof", [{}, {"password": ""}, {"password": "x" * 20}, {"answer": "{}"}, {"code": "000000"}])
@pytest.mark.parametrize("act", [legal_name, locked, let_in, role_ended])
def test_a_wrong_factor_in_the_form_itself_does_nothing(app, scene, clock, act, proof):
    clock.at = NOW + 6 * MINUTE
    who, endpoint, data, where = act(scene)
    before = worth_it(app)
    assert sent(who, endpoint, {**data, **proof}, where).status_code == 422
    assert changed(before, worth_it(app)) == []


@pytest.mark.parametrize("act", [legal_name, locked, let_in])
def test_her_own_factor_in_the_form_itself_does_it(app, cast, scene, clock, act):
    clock.at = NOW + 6 * MINUTE
    who, endpoint, data, where = act(scene)
    before = worth_it(app)
    answer = sent(who, endpoint, {**data, "password": cast.coordinator.passphrase}, where)
    assert answer.status_code in (200, 302) and changed(before, worth_it(app)) != []


def test_the_factor_of_somebody_else_is_none(app, cast, scene, clock):
    clock.at = NOW + 6 * MINUTE
    who, endpoint, data, where = legal_name(scene)
    answer = sent(who, endpoint, {**data, "password": cast.facilitator.passphrase}, where)
    assert answer.status_code == 422 and CANARY not in answer.text


def test_a_factor_counts_in_the_browser_that_showed_it_alone(app, cast, scene, clock):
    clock.at = NOW + 6 * MINUTE
    other = Visitor(app).signed_in(cast.cedar)
    assert not asks_again(sent(other, *new_codes(scene)[1:]))
    assert asks_again(sent(*new_codes(scene)))
    assert is_in(scene.cedar)


def test_what_was_sent_is_not_done_by_showing_the_factor(app, cast, scene, clock):
    """She comes back to the page and presses again: a form from elsewhere does not wait for her."""
    clock.at = NOW + 6 * MINUTE
    before = worth_it(app)
    sent(*no_passkey(scene))
    page = scene.cedar.get("factors.again")
    with app.app_context():
        assert db.session.query(Passkey).count() == 1
    assert "passkey" not in page.fields
    assert changed(before, worth_it(app)) == []
