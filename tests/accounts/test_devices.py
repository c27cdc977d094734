"""Sessions, travel mode and a lost device, through the pages."""

import re

import pytest

from lms.accounts.models import Person, Session
from lms.accounts.rules.factors import Proof
from lms.audit.models import Entry
from lms.cohorts.models import Enrolment
from lms.kernel.db import db
from tests.accounts.test_factors import add_app, add_passkey, is_in, make_codes, sign_in
from tests.authenticator import options_on
from tests.cast import DAY, HOUR, NOW
from tests.client import Visitor

LANGUAGES = ["en", "fr", "ar"]


def ends(page):
    """The names of sessions that a page offers to end."""
    return re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page.text)


def named(page):
    return re.findall(r"/account/sessions/([0-9a-f-]{36})/name", page.text)


def person(cast):
    return db.session.get_one(Person, cast.cedar.id)


# --- Sessions


def test_a_device_that_is_signed_out_elsewhere_is_dead_with_its_next_request(app, cast, as_participant):
    other = Visitor(app).signed_in(cast.cedar)
    (name,) = ends(as_participant.get("devices.devices"))
    as_participant.post("devices.end", name=name)
    assert not is_in(other) and is_in(as_participant)


def test_all_others_are_signed_out_at_once_and_forgotten(app, cast, as_participant):
    others = [Visitor(app).signed_in(cast.cedar) for _ in range(3)]
    as_participant.post("devices.end_others")
    assert [is_in(one) for one in others] == [False] * 3 and is_in(as_participant)


def test_nobody_names_or_ends_the_session_of_another(app, cast, as_participant):
    other = Visitor(app).signed_in(cast.nour)
    Visitor(app).signed_in(cast.cedar)
    (name,) = ends(as_participant.get("devices.devices"))
    for endpoint in ("devices.end", "devices.rename"):
        other.post(endpoint, name=name, data={"name": "mine"}, expect=404)
    with app.app_context():
        assert db.session.query(Session).count() == 3


def test_what_she_calls_a_device_is_sealed(app, cast, as_participant):
    (name,) = named(as_participant.get("devices.devices"))
    as_participant.post("devices.rename", name=name, data={"name": "my sister’s phone"})
    assert "my sister’s phone" in as_participant.get("devices.devices").words()
    with app.app_context():
        assert b"sister" not in db.session.query(Session).one().name.box
    as_participant.post("devices.rename", name=name, data={"name": "x" * 41}, expect=422)
    as_participant.post("devices.rename", name=name, data={"name": ""})
    assert "sister" not in as_participant.get("devices.devices").words()


def test_a_session_that_lies_unused_is_not_shown_and_staff_are_locked_after_twelve_hours(app, cast, clock):
    coordinator = Visitor(app).signed_in(cast.coordinator)
    clock.at = NOW + 12 * HOUR
    assert not is_in(coordinator)
    again = Visitor(app).signed_in(cast.coordinator)
    assert ends(again.get("devices.devices")) == []


# --- Travel


def test_in_travel_mode_right_words_answer_like_wrong_ones(app, cast, clock, as_participant):
    until = (NOW + 3 * DAY).date()
    as_participant.post("devices.travel", data={"until": until.isoformat()})
    assert not is_in(as_participant)
    answers = [sign_in(Visitor(app), one, expect=422).words() for one in (cast.cedar, cast.cedar)]
    wrong = Visitor(app).post(
        "accounts.sign_in_post", data={"login": cast.cedar.login, "password": "x" * 20}, expect=422
    )
    assert set(answers) == {wrong.words()}
    clock.at = NOW + 3 * DAY
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    assert is_in(phone)


def test_travel_mode_closes_passkeys_and_second_steps_too(app, cast, clock, as_participant):
    authenticator = add_passkey(as_participant)
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    as_participant.post("devices.travel", data={"until": (NOW + DAY).date().isoformat()})
    assert phone.get("second.step", expect=302).location == "/en/sign-in"
    page = phone.get("accounts.sign_in")
    answer = authenticator.answer(options_on(page)["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


@pytest.mark.parametrize(
    ("days", "words"), [(0, "Choose a day after today."), (61, "within the next 60 days"), (None, "Fill in")]
)
def test_a_day_that_cannot_be_is_refused_and_she_stays(app, cast, as_participant, days, words):
    until = "" if days is None else (NOW + days * DAY).date().isoformat()
    assert words in as_participant.post("devices.travel", data={"until": until}, expect=422).words()
    assert is_in(as_participant)


# --- Lost


def test_a_lost_device_locks_everything_but_a_code_from_paper(app, cast, clock, as_participant):
    authenticator, totp, codes = add_passkey(as_participant), add_app(as_participant, clock), make_codes(as_participant)
    other = Visitor(app).signed_in(cast.cedar)
    as_participant.post("devices.lock")
    assert not is_in(as_participant) and not is_in(other)
    clock.at = NOW + HOUR
    phone = Visitor(app)
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
    sign_in(phone, cast.cedar)
    phone.post("second.by_code", data={"code": totp.at(clock.now())}, expect=422)
    assert not is_in(phone)
    phone.post("second.by_recovery", data={"paper": codes[0]})
    assert is_in(phone)
    with app.app_context():
        assert person(cast).locked_at is None


def test_who_has_a_passphrase_alone_needs_a_code_from_paper_too(app, cast, as_participant):
    codes = make_codes(as_participant)
    as_participant.post("devices.lock")
    phone = Visitor(app)
    assert sign_in(phone, cast.cedar).location == "/en/sign-in/second"
    phone.post("second.by_recovery", data={"paper": codes[0]})
    assert is_in(phone)


def test_facilitators_see_nothing_of_her_until_she_is_back(app, cast, taught, as_participant):
    codes = make_codes(as_participant)
    facilitator = Visitor(app).signed_in(cast.facilitator)
    hers = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    facilitator.get("results.participant", **hers)
    as_participant.post("devices.lock")
    facilitator.get("results.participant", **hers, expect=404)
    Visitor(app).signed_in(cast.coordinator).get("results.participant", **hers)
    with app.app_context():
        places = db.session.query(Enrolment).filter_by(person_id=cast.cedar.id)
        assert {place.hidden_at for place in places} == {NOW}
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    phone.post("second.by_recovery", data={"paper": codes[0]})
    facilitator.get("results.participant", **hers)
    with app.app_context():
        assert {place.hidden_at for place in db.session.query(Enrolment).filter_by(person_id=cast.cedar.id)} == {None}


def test_a_rehearsal_changes_nothing(app, cast, as_participant):
    with app.app_context():
        before = db.session.query(Entry).count()
    as_participant.get("devices.lost")
    with app.app_context():
        assert person(cast).locked_at is None and db.session.query(Entry).count() == before
    assert is_in(as_participant)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_of_devices_in_each_language(app, cast, lang):
    visitor = Visitor(app).signed_in(cast.nour, proof=Proof.PASSPHRASE)
    Visitor(app).signed_in(cast.nour, shared=True)
    visitor.get("devices.devices", lang=lang)
    visitor.get("devices.lost", lang=lang)
