"""Second factors through the pages: passkey alone, passkey or code as a second step, codes on paper, asking again."""

import re
from datetime import timedelta

import pyotp
import pytest

from lms.accounts import queries
from lms.accounts.models import AnsweredQuestion, FirstStep, Passkey, RecoveryCode, Session
from lms.accounts.rules.factors import Proof
from lms.accounts.services import codes, persons
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from tests.authenticator import Authenticator, options_on
from tests.cast import NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
LANGUAGES = ["en", "fr", "ar"]


def sign_in(visitor, member, *, expect=302, **more):
    data = {"login": member.login, "password": member.passphrase, **more}
    return visitor.post("accounts.sign_in_post", data=data, expect=expect)


def add_passkey(visitor, authenticator=None, *, expect=302, name="phone"):
    authenticator = authenticator or Authenticator()
    page = visitor.get("factors.factors")
    answer = authenticator.make(options_on(page)["create"])
    visitor.post("factors.add_passkey", data={"name": name, "answer": answer}, expect=expect)
    return authenticator


def add_app(visitor, clock):
    """An app; what makes its codes."""
    page = visitor.get("factors.app")
    totp = pyotp.TOTP(page.fields["secret"])
    data = {"secret": page.fields["secret"], "code": totp.at(clock.now())}
    visitor.post("factors.add_app", data=data)
    return totp


def make_codes(visitor):
    page = visitor.post("factors.make_codes", expect=200)
    return re.findall(r'<li class="code">([^<]+)</li>', page.text)


def is_in(visitor):
    return visitor.client.get("/en/today").status_code == 200


def rows(app, model):
    with app.app_context():
        return db.session.query(model).count()


# --- Passkeys


def test_a_passkey_alone_signs_in(app, cast):
    authenticator = add_passkey(Visitor(app).signed_in(cast.cedar))
    phone = Visitor(app)
    page = phone.get("accounts.sign_in")
    answer = phone.post("accounts.sign_in_by_passkey", data={"answer": authenticator.answer(options_on(page)["get"])})
    assert answer.location == "/en/today" and is_in(phone)


def test_the_name_of_a_passkey_is_sealed_and_hers_to_read(app, cast, as_participant):
    add_passkey(as_participant, name="the blue one")
    assert "the blue one" in as_participant.get("factors.factors").words()
    with app.app_context():
        assert b"the blue one" not in db.session.query(Passkey).one().name.box


@pytest.mark.parametrize(
    "authenticator",
    [
        Authenticator(origin="http://localhost.example.org:8000"),
        Authenticator(origin="https://localhost:8000"),
        Authenticator(verified=False),
    ],
    ids=["another origin", "another scheme", "nobody verified"],
)
def test_a_passkey_of_another_address_or_without_its_owner_is_refused(as_participant, authenticator):
    add_passkey(as_participant, authenticator, expect=422)
    assert "This passkey was not accepted." in as_participant.last.words()


def test_an_answer_that_was_caught_elsewhere_does_not_sign_in(app, cast, as_participant):
    authenticator = add_passkey(as_participant)
    authenticator.origin = "https://learn.example.net"
    phone = Visitor(app)
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
    assert not is_in(phone)


@pytest.mark.parametrize("counts", [True, False])
def test_the_same_answer_is_taken_once(app, cast, as_participant, counts):
    authenticator = add_passkey(as_participant, Authenticator(counts=counts))
    phone = Visitor(app)
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer})
    phone.post("accounts.sign_out")
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
    assert not is_in(phone)


def test_an_answer_to_the_question_of_another_browser_is_refused(app, cast, as_participant):
    authenticator = add_passkey(as_participant)
    answer = authenticator.answer(options_on(Visitor(app).get("accounts.sign_in"))["get"])
    Visitor(app).post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


def test_an_answer_for_one_purpose_is_none_for_another(app, cast, as_participant):
    authenticator = add_passkey(as_participant)
    answer = authenticator.answer(options_on(as_participant.get("factors.again"))["get"])
    as_participant.client.delete_cookie("sid")
    as_participant.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


def test_a_question_stands_for_ten_minutes(app, cast, clock, as_participant):
    authenticator = add_passkey(as_participant)
    phone = Visitor(app)
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    clock.at = NOW + 10 * MINUTE
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


def test_a_copied_passkey_that_counts_backwards_is_refused(app, cast, as_participant):
    authenticator = add_passkey(as_participant)
    authenticator.used = 5
    phone = Visitor(app)
    phone.post(
        "accounts.sign_in_by_passkey",
        data={"answer": authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])},
    )
    authenticator.used = 2
    phone.post("accounts.sign_out")
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        "x" * 30_000,
        "[" * 5_000,
        '{"rawId": 1}',
        '{"rawId": "AAAA", "response": {}}',
        '{"rawId": "é"}',
    ],
)
def test_nonsense_is_refused_and_changes_nothing(app, visitor, answer):
    visitor.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
    assert rows(app, Session) == 0 and rows(app, AnsweredQuestion) == 0


def test_a_removed_passkey_opens_nothing(app, cast, as_participant):
    authenticator = add_passkey(as_participant)
    with app.app_context():
        passkey = db.session.query(Passkey).one().public_id
    as_participant.post("factors.remove_passkey", passkey=passkey)
    phone = Visitor(app)
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


def test_nobody_removes_the_passkey_of_another(app, cast, as_participant):
    add_passkey(as_participant)
    with app.app_context():
        passkey = db.session.query(Passkey).one().public_id
    Visitor(app).signed_in(cast.nour).post("factors.remove_passkey", passkey=passkey, expect=404)
    assert rows(app, Passkey) == 1


# --- The second step


def test_with_an_app_the_passphrase_alone_opens_nothing(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    phone = Visitor(app)
    assert sign_in(phone, cast.cedar).location == "/en/sign-in/second"
    assert not is_in(phone)
    clock.at = NOW + MINUTE
    phone.post("second.by_code", data={"code": totp.at(clock.now())})
    assert is_in(phone) and rows(app, FirstStep) == 0


def test_a_code_works_once(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    clock.at = NOW + MINUTE
    code = totp.at(clock.now())
    for phone, expect in ((Visitor(app), 302), (Visitor(app), 422)):
        sign_in(phone, cast.cedar)
        phone.post("second.by_code", data={"code": code}, expect=expect)


@pytest.mark.parametrize(("steps", "expect"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_the_clock_of_a_phone_may_be_wrong_by_half_a_minute(app, cast, clock, as_participant, steps, expect):
    totp = add_app(as_participant, clock)
    clock.at = NOW + 5 * MINUTE
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    phone.post("second.by_code", data={"code": totp.at(clock.now(), counter_offset=steps)}, expect=expect)


def test_the_second_step_ends_after_ten_minutes(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    clock.at = NOW + 10 * MINUTE
    phone.post("second.by_code", data={"code": totp.at(clock.now())})
    assert not is_in(phone)


def test_guessed_codes_are_counted_and_stop(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    clock.at = NOW + MINUTE
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    for _ in range(5):
        phone.post("second.by_code", data={"code": "000000"}, expect=422)
    phone.post("second.by_code", data={"code": totp.at(clock.now())}, expect=429)
    assert not is_in(phone)


def test_a_passkey_is_a_second_step_too_and_only_hers(app, cast, as_participant):
    hers, other = add_passkey(as_participant), add_passkey(Visitor(app).signed_in(cast.nour))
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    for authenticator, expect in ((other, 422), (hers, 302)):
        answer = authenticator.answer(options_on(phone.get("second.step"))["get"])
        phone.post("second.by_passkey", data={"answer": answer}, expect=expect)
    assert is_in(phone)


def test_a_code_from_paper_works_once(app, cast, clock, as_participant):
    add_app(as_participant, clock)
    codes = make_codes(as_participant)
    assert len(set(codes)) == 10 and all(re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", one) for one in codes)
    for expect in (302, 422):
        phone = Visitor(app)
        sign_in(phone, cast.cedar)
        phone.post("second.by_recovery", data={"paper": codes[3].lower().replace("-", " ")}, expect=expect)
        assert is_in(phone) is (expect == 302)
    with app.app_context():
        assert queries.ways_of(cast.cedar.id).codes_left == 9


def test_new_codes_void_the_old_ones(app, cast, clock, as_participant):
    add_app(as_participant, clock)
    old, new = make_codes(as_participant), make_codes(as_participant)
    for code, expect in ((old[0], 422), (new[0], 302)):
        phone = Visitor(app)
        sign_in(phone, cast.cedar)
        phone.post("second.by_recovery", data={"paper": code}, expect=expect)
    assert rows(app, RecoveryCode) == 10


def test_whoever_showed_no_passphrase_is_sent_to_sign_in(visitor):
    assert visitor.get("second.step", expect=302).location == "/en/sign-in"
    for endpoint in ("second.by_code", "second.by_passkey", "second.by_recovery"):
        assert visitor.post(endpoint, data={"code": "1", "paper": "1"}).location == "/en/sign-in"


def test_after_the_second_step_she_is_where_she_wanted_to_go(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    clock.at = NOW + MINUTE
    phone = Visitor(app)
    page = phone.get(sign_in(phone, cast.cedar, next="/en/account").location)
    assert page.fields["next"] == "/en/account"
    answer = phone.post("second.by_code", data={"code": totp.at(clock.now()), "next": "/en/account"})
    assert answer.location == "/en/account"


# --- What roles need


def test_staff_without_a_second_factor_are_not_staff(app, cast):
    visitor = Visitor(app).signed_in(cast.facilitator, proof=Proof.PASSPHRASE)
    visitor.get("marking.queue", expect=404)
    page = visitor.get("factors.factors")
    assert "Your work here opens after a second step." in page.words()


@pytest.mark.parametrize("proof", [Proof.CODE, Proof.RECOVERY, Proof.PASSKEY])
def test_staff_with_one_are(app, cast, proof):
    Visitor(app).signed_in(cast.facilitator, proof=proof).get("marking.queue")


def test_staff_who_sign_in_by_passphrase_are_told_what_to_add(app, cast):
    assert sign_in(Visitor(app), cast.facilitator).location == "/en/account/sign-in?needed=1"


# --- Again


def test_what_matters_asks_again_after_five_minutes(app, cast, clock, as_participant):
    clock.at = NOW + 5 * MINUTE
    answer = as_participant.post("factors.make_codes")
    assert answer.location == "/en/account/again?next=/en/account/sign-in" and rows(app, RecoveryCode) == 0
    page = as_participant.get(answer.location)
    as_participant.post("factors.again_post", data={"password": "wrong words", "next": page.fields["next"]}, expect=422)
    answer = as_participant.post(
        "factors.again_post", data={"password": cast.cedar.passphrase, "next": page.fields["next"]}
    )
    assert answer.location == "/en/account/sign-in"
    assert len(make_codes(as_participant)) == 10


def test_again_with_an_app_needs_its_code(app, cast, clock, as_participant):
    totp = add_app(as_participant, clock)
    clock.at = NOW + 6 * MINUTE
    data = {"password": cast.cedar.passphrase}
    as_participant.post("factors.again_post", data=data, expect=422)
    as_participant.post("factors.again_post", data=data | {"code": totp.at(clock.now())})
    assert len(make_codes(as_participant)) == 10


def test_again_with_the_passkey_of_another_is_refused(app, cast, clock, as_participant):
    add_passkey(as_participant)
    other = add_passkey(Visitor(app).signed_in(cast.nour))
    clock.at = NOW + 6 * MINUTE
    answer = other.answer(options_on(as_participant.get("factors.again"))["get"])
    as_participant.post("factors.again_post", data={"answer": answer}, expect=422)


def test_again_with_a_passkey(app, cast, clock, as_participant):
    authenticator = add_passkey(as_participant)
    clock.at = NOW + 6 * MINUTE
    answer = authenticator.answer(options_on(as_participant.get("factors.again"))["get"])
    as_participant.post("factors.again_post", data={"answer": answer})
    assert len(make_codes(as_participant)) == 10


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_again_never_leads_off_the_site(cast, as_participant, target):
    answer = as_participant.post("factors.again_post", data={"password": cast.cedar.passphrase, "next": target})
    assert answer.location == "/en/account/sign-in"


def test_each_change_is_told_to_her_and_to_nobody_else(app, cast, clock, as_participant):
    with app.app_context(), transaction():
        db.session.query(Job).delete()
    add_passkey(as_participant)
    add_app(as_participant, clock)
    make_codes(as_participant)
    with app.app_context():
        told = [(job.person_id, job.payload["template"]) for job in db.session.query(Job) if job.kind == "message"]
    assert told == [(cast.cedar.id, "sign_in_changed")] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_of_factors_in_each_language(app, cast, clock, lang):
    visitor = Visitor(app).signed_in(cast.nour)
    for endpoint in ("factors.factors", "factors.app", "factors.again"):
        visitor.get(endpoint, lang=lang)
    add_passkey(visitor)
    add_app(visitor, clock)
    make_codes(visitor)
    visitor.get("factors.factors", lang=lang)
    phone = Visitor(app)
    sign_in(phone, cast.nour)
    phone.get("second.step", lang=lang)


# --- Another passphrase


def choose(visitor, login, passphrase, *, expect=302):
    data = {"login": login, "passphrase": passphrase, "again": passphrase}
    return visitor.post("factors.set_passphrase", data=data, expect=expect)


def test_she_chooses_another_name_and_passphrase_and_stays_signed_in(app, cast, as_participant):
    other = Visitor(app).signed_in(cast.cedar)
    choose(as_participant, "harbour", "a lamp in the old garden")
    assert is_in(as_participant) and not is_in(other)
    phone = Visitor(app)
    data = {"login": "harbour", "password": "a lamp in the old garden"}
    phone.post("accounts.sign_in_post", data=data)
    assert is_in(phone)
    sign_in(Visitor(app), cast.cedar, expect=422)


def test_a_shorter_one_will_do_with_a_second_step_and_only_then(app, cast, clock, as_participant):
    choose(as_participant, "harbour", "kofte-tavla", expect=422)
    assert "at least 15 characters" in as_participant.last.words()
    add_app(as_participant, clock)
    choose(as_participant, "harbour", "kofte-tavla")
    as_participant.post("factors.remove_app", expect=409)
    assert "Your passphrase is short" in as_participant.last.words()


def test_a_name_that_somebody_has_changes_nothing(app, cast, as_participant):
    answer = choose(as_participant, cast.nour.login, "a lamp in the old garden")
    assert "This sign-in name cannot be used." in as_participant.get(answer.location).words()
    assert is_in(as_participant)
    sign_in(Visitor(app), cast.cedar)


@pytest.mark.parametrize("endpoint", ["factors.passphrase", "factors.app"])
def test_it_is_asked_again_who_she_is(clock, as_participant, endpoint):
    clock.at = NOW + 6 * MINUTE
    assert "/account/again" in as_participant.get(endpoint, expect=302).location


def test_she_is_told_of_another_passphrase(app, as_participant):
    before = rows(app, Job)
    choose(as_participant, "harbour", "a lamp in the old garden")
    assert rows(app, Job) == before + 1


# --- Enrolling by a passkey


def invited(app):
    with app.app_context(), transaction():
        new = persons.NewPerson(shown_name="Slate", interface_language="en", time_zone="UTC")
        return codes.invite(persons.make_person(new, by=None, at=NOW), by=None, at=NOW)


def enrol(visitor, code, authenticator, *, expect=302):
    page = visitor.post("accounts.enrol_code", data={"code": code}, expect=200)
    answer = authenticator.make(options_on(page)["create"])
    return visitor.post("accounts.enrol_by_passkey", data={"code": code, "answer": answer}, expect=expect)


def test_an_invitation_is_used_by_a_passkey_alone(app):
    phone, authenticator = Visitor(app), Authenticator()
    enrol(phone, invited(app), authenticator)
    assert is_in(phone)
    phone.post("accounts.sign_out")
    answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer})
    assert is_in(phone)


def test_the_invitation_is_used_up_and_not_by_a_false_answer(app):
    code, phone = invited(app), Visitor(app)
    enrol(phone, code, Authenticator(origin="https://elsewhere.example"), expect=409)
    assert "This passkey was not accepted." in phone.last.words() and not is_in(phone)
    enrol(phone, code, Authenticator())
    Visitor(app).post("accounts.enrol_code", data={"code": code}, expect=409)


def test_a_question_of_another_browser_is_not_answered_here(app):
    code, other = invited(app), Visitor(app)
    page = other.post("accounts.enrol_code", data={"code": code}, expect=200)
    answer = Authenticator().make(options_on(page)["create"])
    mine = Visitor(app)
    mine.post("accounts.enrol_code", data={"code": code}, expect=200)
    mine.post("accounts.enrol_by_passkey", data={"code": code, "answer": answer}, expect=409)


def test_whoever_enrolled_by_a_passkey_cannot_take_it_away(app):
    phone = Visitor(app)
    enrol(phone, invited(app), Authenticator())
    with app.app_context():
        (passkey,) = db.session.query(Passkey)
        number = passkey.public_id
    phone.post("factors.remove_passkey", passkey=number, expect=409)
    choose(phone, "harbour", "a lamp in the old garden")
    phone.post("factors.remove_passkey", passkey=number)
