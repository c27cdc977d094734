"""K3: a cookie of the site is locked to it and holds chance alone; a session is new at each sign-in and dies here."""

import re

import pytest

from lms.accounts.models import Person, Session
from lms.accounts.services import closing, codes, sweeping
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, add_passkey, invited, is_in, make_codes, sign_in
from tests.authenticator import Authenticator, options_on
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.addresses import LEAVING
from tests.security.conftest import ADDRESS

CHOSEN = "chosen-by-somebody-else-before-she-came-here"
LONG = "seven words that nobody would ever guess"
COOKIES = {"sid", "visitor", "seen", "known", "left", "step"}


def sid(visitor):
    cookie = visitor.client.get_cookie("sid")
    return cookie.value if cookie else None


def with_old(app, token):
    """Somebody else who holds the value that was in a cookie once."""
    other = Visitor(app)
    other.client.set_cookie("sid", token)
    return other


# --- New at sign-in


def by_passphrase(app, cast, clock, visitor):
    sign_in(visitor, cast.cedar)


def by_passkey(app, cast, clock, visitor):
    authenticator = add_passkey(Visitor(app).signed_in(cast.cedar))
    answer = authenticator.answer(options_on(visitor.get("accounts.sign_in"))["get"])
    visitor.post("accounts.sign_in_by_passkey", data={"answer": answer})


def by_second_step(app, cast, clock, visitor):
    totp = add_app(Visitor(app).signed_in(cast.cedar), clock)
    clock.at = NOW + DAY
    sign_in(visitor, cast.cedar)
    visitor.post("second.by_code", data={"code": totp.at(clock.now())})


def by_paper(app, cast, clock, visitor):
    hers = Visitor(app).signed_in(cast.cedar)
    add_app(hers, clock)
    paper = make_codes(hers)[0]
    sign_in(visitor, cast.cedar)
    visitor.post("second.by_recovery", data={"paper": paper})


def by_invitation(app, cast, clock, visitor):
    choice = {"code": invited(app), "login": "river", "passphrase": LONG, "again": LONG}
    visitor.post("accounts.enrol_accept", data=choice)


def by_invitation_and_passkey(app, cast, clock, visitor):
    code = invited(app)
    page = visitor.post("accounts.enrol_code", data={"code": code}, expect=200)
    answer = Authenticator().make(options_on(page)["create"])
    visitor.post("accounts.enrol_by_passkey", data={"code": code, "answer": answer})


WAYS_IN = [by_passphrase, by_passkey, by_second_step, by_paper, by_invitation, by_invitation_and_passkey]


@pytest.mark.parametrize("come_in", WAYS_IN)
def test_a_session_that_others_chose_for_her_is_not_taken_over(app, cast, clock, visitor, come_in):
    visitor.client.set_cookie("sid", CHOSEN)
    come_in(app, cast, clock, visitor)
    assert sid(visitor) != CHOSEN and re.fullmatch(r"[\w-]{43}", sid(visitor))
    assert is_in(visitor) and not is_in(with_old(app, CHOSEN))


def test_a_session_of_somebody_else_that_she_was_given_ends_when_she_signs_in(app, cast, visitor):
    """Whoever knew its value would see what she does in it."""
    rival = Visitor(app).signed_in(cast.stranger)
    planted = sid(rival)
    visitor.client.set_cookie("sid", planted)
    data = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    visitor.post("accounts.sign_in_post", data=data)
    assert sid(visitor) != planted and is_in(visitor) and not is_in(rival)


def test_values_are_long_and_never_come_twice(app, cast):
    seen = [sid(Visitor(app).signed_in(cast.cedar)) for _ in range(50)]
    assert len(set(seen)) == 50 and all(re.fullmatch(r"[\w-]{43}", one) for one in seen), "256 bits"
    for place in range(43):
        assert len({one[place] for one in seen}) > 5, "no part of it is fixed"


def test_what_lies_in_the_database_opens_nothing(app, cast, as_participant):
    with app.app_context():
        stored = db.session.query(Session).one().token_hash
    assert sid(as_participant).encode() not in stored
    for token in (stored.hex(), stored.decode("latin-1").encode("ascii", "ignore").decode()):
        assert not is_in(with_old(app, token))


# --- Dead on the server


def leave(visitor, app, cast):
    visitor.get(LEAVING, expect=303)


def sign_out(visitor, app, cast):
    visitor.post("accounts.sign_out")


def end_all_others(visitor, app, cast):
    Visitor(app).signed_in(cast.cedar).post("devices.end_others")


def travel(visitor, app, cast):
    visitor.post("devices.travel", data={"until": (NOW + DAY).date().isoformat()})


def lose(visitor, app, cast):
    Visitor(app).signed_in(cast.cedar).post("devices.lock")


def choose_another_passphrase(visitor, app, cast):
    data = {"login": "river", "passphrase": LONG, "again": LONG}
    Visitor(app).signed_in(cast.cedar).post("factors.set_passphrase", data=data)


def be_locked_by_others(visitor, app, cast):
    with app.app_context(), transaction():
        staff, hers = (db.session.get_one(Person, member.id) for member in (cast.coordinator, cast.cedar))
        closing.lock(hers, by=staff, at=NOW)


def be_disabled(visitor, app, cast):
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.cedar.id).disabled_at = NOW


def use_a_new_invitation(visitor, app, cast):
    with app.app_context(), transaction():
        code = codes.invite(db.session.get_one(Person, cast.cedar.id), by=None, at=NOW)
    Visitor(app).post("accounts.enrol_accept", data={"code": code, "login": "river", "passphrase": LONG, "again": LONG})


ENDS = [
    leave,
    sign_out,
    end_all_others,
    travel,
    lose,
    choose_another_passphrase,
    be_locked_by_others,
    be_disabled,
    use_a_new_invitation,
]


@pytest.mark.parametrize("end", ENDS)
def test_a_copied_cookie_is_dead_on_the_server_once_it_ended(app, cast, as_participant, end):
    copy = with_old(app, sid(as_participant))
    assert is_in(copy)
    end(as_participant, app, cast)
    assert not is_in(copy)


def test_after_signing_out_the_old_value_opens_no_address(app, everybody):
    person = everybody.people["participant"]
    token = sid(person)
    opened = {endpoint for endpoint, address in everybody.addresses() if person.client.get(address).status_code == 200}
    copy = with_old(app, token)
    copy.post("accounts.sign_out")
    copy.client.set_cookie("sid", token)
    stranger = Visitor(app)
    for endpoint, address in everybody.addresses():
        answers = [one.client.get(address) for one in (copy, stranger)]
        assert len({answer.status_code for answer in answers}) == 1, endpoint
        assert len({answer.location for answer in answers}) == 1, endpoint
    assert len(opened) > 20


@pytest.mark.parametrize(("member", "days"), [("cedar", 7), ("coordinator", 0.5)])
def test_a_session_that_lies_unused_is_dead_and_swept_away(app, cast, clock, member, days):
    person = Visitor(app).signed_in(getattr(cast, member))
    clock.at = NOW + days * DAY
    assert not is_in(person)
    with app.app_context():
        with transaction():
            sweeping.sweep(at=NOW + 31 * DAY)
        assert db.session.query(Session).count() == 0


# --- Locked to the site


def given(answer):
    """The cookies that an answer sets: name to attributes."""
    for told in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = (part.strip() for part in told.split(";"))
        yield pair.partition("=")[0], {attribute.lower() for attribute in attributes}


def lock_for_a_second_step(world):
    with world.app.app_context(), transaction():
        db.session.get_one(Person, world.cast.nour.id).locked_at = NOW


def ways_through(world):
    """What a browser is answered over https, from the first page to Leave now."""
    browser = world.app.test_client()
    page = browser.get("/en/sign-in", base_url=ADDRESS)
    yield page
    for member in (world.cast.nour, world.cast.cedar):
        page = browser.get("/en/sign-in", base_url=ADDRESS)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        data = {"csrf_token": token, "login": member.login, "password": member.passphrase}
        answer = browser.post("/en/sign-in", base_url=ADDRESS, data=data)
        assert answer.status_code == 302
        yield answer
    yield browser.get("/en/today", base_url=ADDRESS)
    yield browser.get("/leave", base_url=ADDRESS)
    browser.set_cookie("__Host-left", "1", domain="learn.example.org", secure=True)
    yield browser.get("/en/", base_url=ADDRESS)


def test_over_https_every_cookie_is_locked_to_this_host(secure):
    lock_for_a_second_step(secure)
    seen = set()
    for answer in ways_through(secure):
        for name, attributes in given(answer):
            assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes, name
            assert not any(attribute.startswith("domain") for attribute in attributes), name
            seen.add(name)
    assert seen == {f"__Host-{name}" for name in COOKIES}


def test_no_address_sets_a_cookie_that_is_not_on_the_list(everybody):
    """Flask's own signed cookie least of all: a copy of it would stay good."""
    seen = set()
    for person in (everybody.people["nobody"], everybody.people["participant"]):
        for endpoint, address in everybody.addresses():
            if endpoint != LEAVING:
                seen |= {name for name, _ in given(person.client.get(address))}
    assert seen <= COOKIES


def test_the_cookie_of_a_session_ends_with_the_browser(visitor, cast):
    answer = visitor.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": cast.cedar.passphrase})
    kept = dict(given(answer.response))["sid"]
    assert not any(attribute.startswith(("max-age", "expires")) for attribute in kept)
