"""B8: in travel mode nobody can use the account from any device until a day, or until a coordinator is called.

Whatever is shown is answered exactly as if it were wrong: the same status, headers, page and database statements. There
are no accounts that only look real.
"""

import re
from datetime import timedelta

import pytest

from lms.accounts.models import FirstStep, Person, Session
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, add_passkey, is_in, make_codes, sign_in
from tests.authenticator import Authenticator, options_on
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.routes import settled

LANGUAGES = ("en", "fr", "ar")
MINUTE = timedelta(minutes=1)


def travel(visitor, days=3):
    visitor.post("devices.travel", data={"until": (NOW + days * DAY).date().isoformat()})


@pytest.fixture
def traveller(app, cast, clock):
    """Cedar has a passkey, an app and codes on paper, and is on the way; what she can show."""
    her = Visitor(app).signed_in(cast.cedar)
    passkey, totp, papers = add_passkey(her), add_app(her, clock), make_codes(her)
    travel(her)
    return passkey, totp, papers


def fresh(app, lang="en"):
    """A browser that has had its first page."""
    visitor = Visitor(app)
    visitor.get("accounts.sign_in", lang=lang)
    return visitor


def shown(app, statements, lang, **data):
    """What a browser of its own gets for this, and what the database was asked for it."""
    visitor = fresh(app, lang)
    token = visitor.token()
    with statements() as asked:
        answer = visitor.client.post(f"/{lang}/sign-in", data={"csrf_token": token, **data})
    return settled(answer, *data.values()), asked


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("more", [{}, {"shared": "y"}, {"next": "/en/results"}], ids=["alone", "shared", "going on"])
def test_a_right_passphrase_is_answered_like_a_wrong_one_while_she_travels(
    app, cast, traveller, statements, lang, more
):
    right, asked_right = shown(app, statements, lang, login="cedar", password=cast.cedar.passphrase, **more)
    wrong, asked_wrong = shown(app, statements, lang, login="cedar", password="the long words of nobody", **more)
    assert right == wrong and right[0] == 422 and asked_right == asked_wrong


def test_the_same_passphrase_is_answered_otherwise_while_she_does_not_travel(app, cast, statements):
    """Else the comparison would show nothing."""
    right, _ = shown(app, statements, "en", login="cedar", password=cast.cedar.passphrase)
    wrong, _ = shown(app, statements, "en", login="cedar", password="the long words of nobody")
    assert right != wrong and right[0] == 302


@pytest.mark.parametrize("lang", LANGUAGES)
def test_her_passkey_is_answered_like_one_that_nobody_has(app, traveller, lang):
    passkey, _, _ = traveller
    said = []
    for authenticator in (passkey, unknown(passkey)):
        phone = fresh(app, lang)
        answer = authenticator.answer(options_on(phone.get("accounts.sign_in", lang=lang))["get"])
        data = {"csrf_token": phone.token(), "answer": answer}
        said.append(settled(phone.client.post(f"/{lang}/sign-in/passkey", data=data), answer))
        assert not is_in(phone)
    assert said[0] == said[1] and said[0][0] == 422


def unknown(passkey):
    """A passkey of the same site that was never added."""
    other = Authenticator()
    other.host, other.handle = passkey.host, passkey.handle
    return other


def test_no_second_step_is_asked_for_while_she_travels(app, cast, traveller):
    phone = Visitor(app)
    sign_in(phone, cast.cedar, expect=422)
    assert phone.client.get_cookie("step") is None
    assert phone.get("second.step", expect=302).location == "/en/sign-in"
    with app.app_context():
        assert db.session.query(FirstStep).count() == 0


@pytest.mark.parametrize("way", ["code", "recovery", "passkey"])
def test_a_second_step_that_waited_when_she_left_is_over(app, cast, clock, way):
    """She had shown her passphrase on a device that was taken: what comes next is answered as to a stranger."""
    her = Visitor(app).signed_in(cast.cedar)
    passkey, totp, papers = add_passkey(her), add_app(her, clock), make_codes(her)
    phone, stranger = Visitor(app), Visitor(app)
    sign_in(phone, cast.cedar)
    page = phone.get("second.step")
    clock.at = NOW + MINUTE
    data = {
        "code": {"code": totp.at(clock.now())},
        "recovery": {"paper": papers[0]},
        "passkey": {"answer": passkey.answer(options_on(page)["get"])},
    }[way]
    travel(her)
    for visitor in (phone, stranger):
        assert visitor.post(f"second.by_{way}", data=data).location == "/en/sign-in"
    assert not is_in(phone)


@pytest.mark.parametrize("proof", list(Proof))
@pytest.mark.parametrize("shared", [False, True])
def test_whoever_is_signed_in_anywhere_is_signed_out_when_she_leaves(app, cast, proof, shared):
    devices = [Visitor(app).signed_in(cast.cedar, proof=proof, shared=shared) for _ in range(3)]
    travel(devices[0])
    assert [is_in(one) for one in devices] == [False] * 3
    with app.app_context():
        assert db.session.query(Session).filter_by(person_id=cast.cedar.id).count() == 0


def test_a_device_that_knew_her_is_told_no_more_than_another(app, cast, statements):
    known = Visitor(app)
    sign_in(known, cast.cedar)
    travel(known)
    assert known.client.get_cookie("known") is None
    right, _ = shown(app, statements, "en", login="cedar", password=cast.cedar.passphrase)
    token = known.token()
    data = {"csrf_token": token, "login": "cedar", "password": cast.cedar.passphrase}
    assert settled(known.client.post("/en/sign-in", data=data), "cedar")[0] == right[0] == 422


def test_right_words_count_towards_the_limit_as_wrong_ones_do(app, cast, traveller):
    """Else who tries them over and over would see that they are right."""
    tries = []
    for password in (cast.cedar.passphrase, "the long words of nobody"):
        phone = fresh(app)
        data = {"login": f"{cast.cedar.login}", "password": password}
        answers = [phone.client.post("/en/sign-in", data={"csrf_token": phone.token(), **data}) for _ in range(8)]
        tries.append([answer.status_code for answer in answers])
    assert tries[0][0] == 422 and tries[0][-1] == 429 and set(tries[1]) == {429}


def test_the_account_is_closed_until_the_day_she_chose_by_her_own_clock(app, cast, clock, traveller):
    """Her day begins in Juba, two hours before it does in Greenwich."""
    opens = (NOW + 3 * DAY).replace(hour=22, minute=0) - DAY
    clock.at = opens - MINUTE
    sign_in(Visitor(app), cast.cedar, expect=422)
    clock.at = opens
    phone = Visitor(app)
    assert sign_in(phone, cast.cedar).location.startswith("/en/sign-in/second")
    phone.post("second.by_code", data={"code": traveller[1].at(clock.now())})
    assert is_in(phone)


def test_a_coordinator_who_was_called_ends_it_with_a_reason_that_she_reads(app, cast, taught, traveller):
    reason = "She called on the number in her plan and said the two words."
    where = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    coordinator = Visitor(app).signed_in(cast.coordinator)
    coordinator.post("sealed.end_travel", **where, data={"reason": ""}, expect=422)
    sign_in(Visitor(app), cast.cedar, expect=422)
    coordinator.post("sealed.end_travel", **where, data={"reason": reason})
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    phone.post("second.by_recovery", data={"paper": traveller[2][0]})
    assert is_in(phone) and reason in phone.get("plan.opened").words()


@pytest.mark.parametrize("name", ["facilitator", "nour", "other_cohort"])
def test_nobody_else_ends_it(app, cast, taught, traveller, name):
    where = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    data = {"reason": "I was told to do so by somebody."}
    Visitor(app).signed_in(getattr(cast, name)).post("sealed.end_travel", **where, data=data, expect=404)
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).closed_until == (NOW + 3 * DAY).date()


def test_others_in_the_course_see_no_trace_of_it(app, cast, taught, clock):
    her, facilitator = Visitor(app).signed_in(cast.cedar), Visitor(app).signed_in(cast.facilitator)
    where = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    before = facilitator.get("results.participant", **where).words()
    travel(her)
    assert facilitator.get("results.participant", **where).words() == before


def test_staff_who_travel_are_closed_out_too(app, cast, taught):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.stranger.id)
        persons.grant_role(person, Role.ADMIN, cohort_id=None, by=None, at=NOW - DAY)
    admin = Visitor(app).signed_in(cast.stranger)
    travel(admin)
    sign_in(Visitor(app), cast.stranger, expect=422)
    assert not is_in(admin)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_she_is_told_what_it_does_before_she_does_it(as_participant, lang):
    page = as_participant.get("devices.devices", lang=lang)
    said = re.search(r'<h2 id="travel">[^<]+</h2>\s*<p>([^<]+)</p>', page.text)
    assert said is not None and len(said[1]) > 80
