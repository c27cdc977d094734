"""D1: a passkey answers to our address alone; a code of the app works once, for a minute and a half; none by phone."""

import re
from datetime import timedelta

import pytest

from lms.accounts.models import App
from lms.kernel.db import db
from lms.messaging.models import Job
from tests.accounts.test_factors import add_app, add_passkey, is_in, make_codes, sign_in
from tests.authenticator import ORIGIN, Authenticator, options_on
from tests.cast import NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
ALIKE = [
    "https://localhost:8000",
    "http://localhost",
    "http://localhost:80",
    "http://localhost:8001",
    "http://localhost:80000",
    "http://localhost.:8000",
    "http://www.localhost:8000",
    "http://localhost.evil.example:8000",
    "http://evil.example/localhost:8000",
    "http://localhost:8000.evil.example",
    "http://localhost@evil.example:8000",
    "http://evil.example#localhost:8000",
    "http://evil.example?http://localhost:8000",
    "http://lоcalhost:8000",
    "http://LOCALHOST:8000",
    "http://localhost:8000/",
    " http://localhost:8000",
    "http://127.0.0.1:8000",
    "http://[::1]:8000",
    "ftp://localhost:8000",
    "android:apk-key-hash:AAAA",
    "file://",
    "null",
    "",
]
"""Addresses that somebody may take for ours; a browser writes the one that it shows into what a passkey signs."""

FOREIGN_HOSTS = ["evil.example", "localhost.evil.example", "host", "LOCALHOST", "127.0.0.1", ""]


def sends_answer(visitor, page, endpoint, authenticator, **data):
    """What a page that stands between would pass on."""
    answer = authenticator.answer(options_on(page)["get"])
    return visitor.client.post(visitor._address(endpoint, None, {}), data={"answer": answer, **data})


@pytest.fixture
def hers(as_participant):
    return add_passkey(as_participant)


@pytest.mark.parametrize("origin", ALIKE)
def test_a_passkey_that_was_shown_to_another_address_opens_no_door(app, cast, hers, origin):
    hers.origin, phone = origin, Visitor(app)
    token = {"csrf_token": phone.token()}
    page = phone.get("accounts.sign_in")
    assert sends_answer(phone, page, "accounts.sign_in_by_passkey", hers, **token).status_code == 422
    sign_in(phone, cast.cedar)
    assert sends_answer(phone, phone.get("second.step"), "second.by_passkey", hers, **token).status_code == 422
    assert not is_in(phone)


@pytest.mark.parametrize("origin", ALIKE)
def test_a_passkey_that_was_made_at_another_address_is_not_kept(as_participant, origin):
    add_passkey(as_participant, Authenticator(origin=origin), expect=422)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_passkey_of_another_site_is_refused(app, as_participant, hers, host):
    """The device signs the site that it was made for; ours is looked for in each answer."""
    hers.host, phone = host, Visitor(app)
    answer = hers.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
    assert not is_in(phone)


def test_the_same_passkey_at_our_own_address_opens_the_door(app, hers):
    assert hers.origin == ORIGIN
    phone = Visitor(app)
    answer = hers.answer(options_on(phone.get("accounts.sign_in"))["get"])
    phone.post("accounts.sign_in_by_passkey", data={"answer": answer})
    assert is_in(phone)


def test_the_site_that_is_asked_for_is_the_configured_one_whatever_a_request_says(visitor, as_participant):
    """On 127.0.0.1, which a demo answers too, as on the name that people type."""
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "Origin": "https://evil.example"}
    for host in ("localhost", "127.0.0.1"):
        page = visitor.client.get("/en/sign-in", headers={"Host": host, **headers})
        assert options_on(page)["get"]["rpId"] == "localhost"
    page = as_participant.client.get("/en/account/sign-in", headers=headers)
    assert options_on(page)["create"]["rp"]["id"] == "localhost"


# --- Codes of the app


@pytest.fixture
def totp(as_participant, clock):
    return add_app(as_participant, clock)


def second_step(app, cast, code, *, expect=302):
    phone = Visitor(app)
    sign_in(phone, cast.cedar)
    phone.post("second.by_code", data={"code": code}, expect=expect)
    assert is_in(phone) is (expect == 302)


@pytest.mark.parametrize("steps", [-2880, -40, -20, -5, -3, -2, 2, 3, 5, 20, 40, 2880])
def test_a_code_of_another_minute_is_refused(app, cast, clock, totp, steps):
    clock.at = NOW + 60 * MINUTE
    near = {totp.at(clock.now(), counter_offset=one) for one in (-1, 0, 1)}
    code = totp.at(clock.now(), counter_offset=steps)
    if code not in near:  # one of a million is the same by chance
        second_step(app, cast, code, expect=422)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_this_minute_works_once(app, cast, clock, totp, steps):
    clock.at = NOW + 60 * MINUTE
    code = totp.at(clock.now(), counter_offset=steps)
    second_step(app, cast, code)
    second_step(app, cast, code, expect=422)


def test_after_a_code_no_earlier_one_is_taken(app, cast, clock, totp):
    clock.at = NOW + 60 * MINUTE
    second_step(app, cast, totp.at(clock.now(), counter_offset=1))
    for steps in (-1, 0, 1):
        second_step(app, cast, totp.at(clock.now(), counter_offset=steps), expect=422)


def test_a_code_that_was_used_at_one_door_is_used_at_all(app, cast, clock, as_participant, totp):
    clock.at = NOW + 60 * MINUTE
    code = totp.at(clock.now())
    as_participant.post("factors.again_post", data={"password": cast.cedar.passphrase, "code": code})
    second_step(app, cast, code, expect=422)
    clock.at = NOW + 120 * MINUTE
    code = totp.at(clock.now())
    second_step(app, cast, code)
    again = {"password": cast.cedar.passphrase, "code": code}
    as_participant.post("factors.again_post", data=again, expect=422)


def test_the_code_with_which_an_app_was_added_is_used(app, cast, clock, totp):
    second_step(app, cast, totp.at(clock.now()), expect=422)


@pytest.mark.parametrize("write", [str, lambda code: f"{code[:3]} {code[3:]}", lambda code: code.translate(ARABIC)])
def test_a_code_may_be_typed_in_any_digits_and_still_works_once(app, cast, clock, totp, write):
    clock.at = NOW + 60 * MINUTE
    code = totp.at(clock.now())
    second_step(app, cast, write(code))
    second_step(app, cast, code, expect=422)


ARABIC = {ord(digit): chr(0x660 + int(digit)) for digit in "0123456789"}


def test_the_code_of_another_person_is_refused(app, cast, clock, totp):
    other = add_app(Visitor(app).signed_in(cast.nour), clock)
    clock.at = NOW + 60 * MINUTE
    second_step(app, cast, other.at(clock.now()), expect=422)


def test_the_secret_of_an_app_is_sealed_and_never_shown_again(app, as_participant, totp):
    with app.app_context():
        assert totp.secret.encode() not in db.session.query(App).one().secret.box
    pages = [as_participant.get(page).text for page in ("factors.factors", "factors.app", "factors.again")]
    assert not any(totp.secret in page.replace(" ", "") for page in pages)


# --- Codes on paper, and nothing by phone


def test_each_of_the_ten_codes_on_paper_works_once(app, cast, as_participant, totp):
    papers = make_codes(as_participant)
    for paper in papers:
        for expect in (302, 422):
            phone = Visitor(app)
            sign_in(phone, cast.cedar)
            phone.post("second.by_recovery", data={"paper": paper}, expect=expect)
            assert is_in(phone) is (expect == 302)
    assert len(set(papers)) == 10


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_second_step_offers_what_she_has_and_sends_nothing(app, cast, clock, as_participant, totp, lang):
    add_passkey(as_participant)
    make_codes(as_participant)

    def messages():
        with app.app_context():
            return db.session.query(Job).count()

    before, phone = messages(), Visitor(app)
    sign_in(phone, cast.cedar)
    page = phone.get("second.step", lang=lang)
    doors = set(re.findall(r'/sign-in/second/(\w+)"', page.text))
    assert doors == {"code", "passkey", "recovery"} and messages() == before
