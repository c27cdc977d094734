"""Letting somebody in without the factor that she lost: two people, a day, and she can stop it."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from lms.__main__ import Application, lms
from lms.accounts.models import App, Passkey, Person, RecoveryCode
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from lms.safety.models import Recovery
from lms.safety.rules import CONFIRMED_WITHIN, READY_FOR, WAITS, RecoveryState, RecoveryTimes, recovery_state
from tests.accounts.test_factors import add_app, add_passkey, make_codes
from tests.cast import DAY, HOUR, NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
WHY = "She called from the number in her safety plan."
SECOND = timedelta(seconds=1)


def times(asked=0, confirmed=None, ended=None):
    """Moments in hours from NOW."""
    at = [None if hours is None else NOW + hours * HOUR for hours in (asked, confirmed, ended)]
    return RecoveryTimes(asked_at=at[0], confirmed_at=at[1], ended_at=at[2])


@pytest.mark.parametrize(
    ("told", "at", "state"),
    [
        (times(), NOW, RecoveryState.ASKED),
        (times(), NOW + CONFIRMED_WITHIN - SECOND, RecoveryState.ASKED),
        (times(), NOW + CONFIRMED_WITHIN, RecoveryState.OVER),
        (times(confirmed=2), NOW + 2 * HOUR, RecoveryState.WAITING),
        (times(confirmed=2), NOW + 2 * HOUR + WAITS - SECOND, RecoveryState.WAITING),
        (times(confirmed=2), NOW + 2 * HOUR + WAITS, RecoveryState.READY),
        (times(confirmed=2), NOW + 2 * HOUR + WAITS + READY_FOR - SECOND, RecoveryState.READY),
        (times(confirmed=2), NOW + 2 * HOUR + WAITS + READY_FOR, RecoveryState.OVER),
        (times(ended=1), NOW + 2 * HOUR, RecoveryState.OVER),
        (times(confirmed=2, ended=3), NOW + 30 * HOUR, RecoveryState.OVER),
    ],
)
def test_where_it_stands(told, at, state):
    assert recovery_state(told, at=at) is state


def hers(taught):
    return {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}


def act(visitor, taught, what, *, expect=302, reason=WHY, **more):
    return visitor.post(f"sealed.{what}_recovery", **hers(taught), data={"reason": reason, **more}, expect=expect)


def appoint(app, member, role):
    with app.app_context(), transaction():
        persons.grant_role(db.session.get_one(Person, member.id), role, cohort_id=None, by=None, at=NOW - DAY)


@pytest.fixture
def coordinator(app, cast, taught):
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def focal_point(app, cast, taught):
    """The facilitator of the cast cares for safety too."""
    appoint(app, cast.stranger, Role.SAFETY)
    return Visitor(app).signed_in(cast.stranger)


@pytest.fixture
def lost(app, cast, clock):
    """Somebody with a passkey, an app and codes on paper; the app."""
    visitor = Visitor(app).signed_in(cast.cedar)
    add_passkey(visitor)
    totp = add_app(visitor, clock)
    make_codes(visitor)
    return totp


@pytest.fixture
def operator_in(app):
    def run(*arguments, fails=False):
        result = CliRunner().invoke(lms, arguments, obj=Application(made=app))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) is fails, result.output
        return result.output

    return run


def test_two_people_and_a_day_and_she_comes_in_by_her_passphrase(
    app, cast, clock, taught, lost, coordinator, focal_point
):
    act(coordinator, taught, "ask")
    act(focal_point, taught, "confirm")
    page = coordinator.get("sealed.sealed", **hers(taught))
    assert "until then she can stop it" in page.words()

    clock.at = NOW + WAITS + MINUTE
    again = Visitor(app).signed_in(cast.coordinator)
    act(again, taught, "finish")

    with app.app_context():
        assert [db.session.query(model).count() for model in (Passkey, App, RecoveryCode)] == [0, 0, 0]
    phone = Visitor(app)
    data = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    assert phone.post("accounts.sign_in_post", data=data).location.endswith("/today")


def test_she_is_told_of_each_step(app, cast, taught, lost, coordinator, focal_point):
    def told():
        with app.app_context():
            return db.session.query(Job).count()

    before = told()
    act(coordinator, taught, "ask")
    assert told() == before + 1
    act(focal_point, taught, "confirm")
    assert told() == before + 2


def test_she_stops_it(app, cast, taught, lost, clock, coordinator, focal_point):
    hers_now = Visitor(app)
    data = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    hers_now.post("accounts.sign_in_post", data=data)
    hers_now.post("second.by_code", data={"code": lost.at(clock.now() + timedelta(seconds=30))})
    act(coordinator, taught, "ask")
    act(focal_point, taught, "confirm")
    assert "somebody asked that you be let in without it" in hers_now.get("plan.opened").words()
    hers_now.post("plan.stop_recovery")
    clock.at = NOW + WAITS + MINUTE
    act(Visitor(app).signed_in(cast.coordinator), taught, "finish", expect=422)
    with app.app_context():
        assert db.session.query(App).count() == 1


def test_nobody_does_both(taught, lost, coordinator, focal_point):
    act(coordinator, taught, "ask")
    page = act(coordinator, taught, "confirm", expect=422)
    assert "Somebody else has to confirm this" in page.words()


def test_not_before_the_day_is_over(app, cast, clock, taught, lost, coordinator, focal_point):
    act(coordinator, taught, "ask")
    page = act(coordinator, taught, "finish", expect=422)
    assert "24 hours to stop this" in page.words()
    act(focal_point, taught, "confirm")
    act(coordinator, taught, "finish", expect=422)
    with app.app_context():
        assert db.session.query(App).count() == 1


def test_what_nobody_confirms_lapses(app, cast, clock, taught, lost, coordinator, focal_point):
    act(coordinator, taught, "ask")
    clock.at = NOW + CONFIRMED_WITHIN
    act(Visitor(app).signed_in(cast.stranger), taught, "confirm", expect=422)
    act(Visitor(app).signed_in(cast.coordinator), taught, "ask")
    with app.app_context():
        assert db.session.query(Recovery).count() == 2


def test_it_is_asked_for_once(taught, lost, coordinator, focal_point):
    act(coordinator, taught, "ask")
    page = act(focal_point, taught, "ask", expect=422)
    assert "asked for already" in page.words()


def test_without_a_second_person_it_is_refused(taught, lost, coordinator):
    page = act(coordinator, taught, "ask", expect=422)
    assert "Appoint a second person first" in page.words()


def test_staff_stop_it_too(app, taught, lost, coordinator, focal_point):
    act(coordinator, taught, "ask")
    act(focal_point, taught, "stop")
    page = act(focal_point, taught, "stop", expect=409)
    assert "This is over" in page.words()


def test_whoever_has_a_passkey_alone_gets_a_code(app, cast, clock, taught, coordinator, focal_point):
    add_passkey(Visitor(app).signed_in(cast.cedar))
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        person.passphrase_hash = person.login_index = None
    act(coordinator, taught, "ask")
    act(focal_point, taught, "confirm")
    clock.at = NOW + WAITS + MINUTE
    page = act(Visitor(app).signed_in(cast.coordinator), taught, "finish", expect=200)
    (code,) = re.findall(r'<span class="code ltr">([^<]+)</span>', page.text)
    enrolling = Visitor(app)
    assert "Choose how you sign in" in enrolling.post("accounts.enrol_code", data={"code": code}, expect=200).words()


@pytest.mark.parametrize("reason", ["", "because"])
def test_each_step_has_its_reason(taught, lost, coordinator, focal_point, reason):
    act(coordinator, taught, "ask", reason=reason, expect=422)


def test_participants_and_facilitators_are_told_of_nothing(app, cast, taught, as_participant):
    for what in ("ask", "confirm", "finish", "stop"):
        act(as_participant, taught, what, expect=404)
        act(Visitor(app).signed_in(cast.facilitator), taught, what, expect=404)


# --- At the server


def test_the_operator_waits_a_day(app, cast, clock, lost, operator_in):
    told = operator_in("user", "reset-second-factor", cast.cedar.login)
    assert "Run this again after" in told
    with app.app_context():
        assert db.session.query(App).count() == 1
    clock.at = NOW + WAITS
    assert "Done" in operator_in("user", "reset-second-factor", cast.cedar.login)
    with app.app_context():
        assert db.session.query(App).count() == 0


def test_the_operator_and_a_second_person_need_not_wait(app, cast, lost, taught, operator_in):
    told = operator_in("user", "reset-second-factor", cast.cedar.login, "--second", cast.coordinator.login)
    assert "Done" in told


@pytest.mark.parametrize("second", ["cedar", "stranger"])
def test_the_second_person_is_another_and_holds_a_role(app, cast, lost, taught, operator_in, second):
    told = operator_in(
        "user", "reset-second-factor", cast.cedar.login, "--second", getattr(cast, second).login, fails=True
    )
    assert "Somebody else has to confirm this" in told


def test_a_name_that_nobody_has(operator_in):
    assert "Nobody signs in" in operator_in("user", "reset-second-factor", "no such name", fails=True)
