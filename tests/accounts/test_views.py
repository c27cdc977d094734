import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from lms.accounts import passphrases, places, queries
from lms.accounts.models import Person, Session, SignInAttempt
from lms.accounts.places import FOR_KNOWN_DEVICES, THREADS_FOR_OTHERS
from lms.accounts.services import codes
from lms.kernel.db import WRITES, db, transaction
from lms.web.server import THREADS
from tests.cast import DAY, NOW
from tests.client import Visitor

OF_STRANGERS = THREADS // 2 - FOR_KNOWN_DEVICES
LONG = "seven words that nobody would ever guess"


def sign_in(visitor, member, *, expect=302, lang="en", **more):
    data = {"login": member.login, "password": member.passphrase, **more}
    return visitor.post("accounts.sign_in_post", data=data, expect=expect, lang=lang)


def sessions(app):
    with app.app_context():
        return db.session.query(Session).count()


@pytest.mark.parametrize(("name", "lang"), [("cedar", "en"), ("olivier", "fr"), ("nour", "ar")])
def test_she_signs_in_and_lands_on_today_in_her_own_language(visitor, cast, name, lang):
    answer = sign_in(visitor, getattr(cast, name), lang="en")
    assert answer.location == f"/{lang}/today"
    assert getattr(cast, name).shown_name in visitor.get(answer.location).text


def test_a_new_session_id_is_given_at_sign_in_and_dies_at_sign_out(app, visitor, cast):
    sign_in(visitor, cast.cedar)
    first = visitor.client.get_cookie("sid").value
    visitor.post("accounts.sign_out")
    assert visitor.client.get_cookie("sid") is None
    visitor.client.set_cookie("sid", first)
    assert visitor.get("home.today", expect=302).location.startswith("/en/sign-in")
    sign_in(visitor, cast.cedar)
    assert visitor.client.get_cookie("sid").value != first


@pytest.mark.parametrize(
    "data",
    [
        {"login": "cedar", "password": "wrong words altogether"},
        {"login": "nobody", "password": "wrong words altogether"},
    ],
)
def test_wrong_and_unknown_get_the_same_page_with_the_name_kept(visitor, data):
    page = visitor.post("accounts.sign_in_post", data=data, expect=422)
    assert "Sign-in name or passphrase is wrong. Check both and try again." in page.words()
    assert page.fields["login"] == data["login"] and page.fields["password"] == ""
    assert "<title>Error: Sign in" in page.text


def test_the_answers_to_unknown_and_wrong_differ_in_the_name_only(visitor):
    pages = [
        visitor.post("accounts.sign_in_post", data={"login": login, "password": "x" * 20}, expect=422).words()
        for login in ("cedar", "nobody")
    ]
    assert pages[0] == pages[1]


def test_an_empty_form_says_at_each_field_what_is_missing(visitor):
    page = visitor.post("accounts.sign_in_post", data={"login": "cedar"}, expect=422)
    assert page.words().count("Fill in this field.") == 2, "once in the summary, once at the field"
    assert 'href="#password"' in page.text and page.fields["login"] == "cedar"


def test_after_five_failures_the_sixth_is_told_to_wait_and_a_known_device_is_let_in(app, visitor, cast):
    stranger = Visitor(app)
    sign_in(visitor, cast.cedar)
    visitor.post("accounts.sign_out")
    for _ in range(5):
        stranger.post("accounts.sign_in_post", data={"login": "cedar", "password": "x" * 20}, expect=422)
    page = sign_in(stranger, cast.cedar, expect=429)
    assert "Wait 15 minutes" in page.words()
    sign_in(visitor, cast.cedar)


@contextmanager
def places_taken(app, monkeypatch, *, waiting=0):
    """Other strangers hold what strangers may hold, and so many wait; whoever comes now waits only for a moment."""
    monkeypatch.setattr(places, "WAIT_SECONDS", 60)
    with app.app_context():
        queue = places.current_places()
    sources, over = itertools.count(), threading.Event()

    def hold():
        with queue.take(b"source %d" % next(sources), is_known=False):
            over.wait(60)

    holding = OF_STRANGERS + waiting
    with ThreadPoolExecutor(holding) as threads:
        others = [threads.submit(hold) for _ in range(holding)]
        while len(queue._inside) + len(queue._line) < holding:
            time.sleep(0.001)
        monkeypatch.setattr(places, "WAIT_SECONDS", 0.01)
        try:
            yield
        finally:
            over.set()
    for other in others:
        other.result()


def tries(app):
    with app.app_context():
        return db.session.query(SignInAttempt).count()


@pytest.mark.parametrize("waiting", [0, THREADS - THREADS_FOR_OTHERS - OF_STRANGERS])
def test_more_sign_ins_than_places_are_asked_to_come_again_and_nothing_counts(app, visitor, cast, monkeypatch, waiting):
    with places_taken(app, monkeypatch, waiting=waiting):
        page = sign_in(visitor, cast.cedar, expect=503)
        assert "have not been looked at yet" in page.words() and page.fields["login"] == "cedar"
        assert page.headers["Retry-After"] == "10"
    assert tries(app) == 0
    sign_in(visitor, cast.cedar)


def test_when_nobody_can_wait_any_more_nothing_is_written(app, visitor, cast, monkeypatch, statements):
    with places_taken(app, monkeypatch, waiting=THREADS - THREADS_FOR_OTHERS - OF_STRANGERS), statements() as seen:
        sign_in(visitor, cast.cedar, expect=503)
    assert written(seen) == []


def test_more_invitations_than_places_are_told_the_same_and_the_code_is_not_used(app, visitor, cast, monkeypatch):
    choice = {"code": invite(app, cast.stranger), "login": "river", "passphrase": LONG, "again": LONG}
    with places_taken(app, monkeypatch):
        page = visitor.post("accounts.enrol_accept", data=choice, expect=503)
        assert page.headers["Retry-After"] == "10" and page.fields["login"] == "river"
        assert "have not been looked at yet" in page.words()
    assert tries(app) == 0
    assert visitor.post("accounts.enrol_accept", data=choice).location == "/en/today"


def test_a_device_that_knows_her_is_let_in_however_many_strangers_come(app, visitor, cast, monkeypatch):
    sign_in(visitor, cast.cedar)
    with places_taken(app, monkeypatch, waiting=THREADS - THREADS_FOR_OTHERS - OF_STRANGERS):
        sign_in(visitor, cast.cedar)


def written(statements):
    return [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("accounts.sign_in_post", {"login": "cedar", "password": "x" * 20}),
        ("accounts.enrol_code", {"code": "0000-1111-2222-3333"}),
        ("accounts.enrol_accept", {"code": "0000-1111-2222-3333", "login": "river", "passphrase": LONG, "again": LONG}),
    ],
)
def test_who_is_over_a_limit_is_told_so_without_a_place_and_without_writing(
    app, visitor, endpoint, data, statements, monkeypatch
):
    """Else whoever goes on and on keeps others from signing in and from saving."""
    first_answer = visitor.post(endpoint, data=data, expect=422 if endpoint.endswith("sign_in_post") else 409)
    for _ in range(4):
        visitor.post(endpoint, data=data, expect=first_answer.status)
    with places_taken(app, monkeypatch), statements() as seen:
        page = visitor.post(endpoint, data=data, expect=429)
        assert "Wait 15 minutes" in page.words()
    assert written(seen) == []
    assert tries(app) == 5


def test_a_passphrase_with_an_old_hash_signs_in_and_is_hashed_anew(app, visitor, cast):
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(cast.cedar.passphrase)
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.cedar.id).passphrase_hash = old
    sign_in(visitor, cast.cedar)
    with app.app_context():
        assert not passphrases.is_outdated(db.session.get_one(Person, cast.cedar.id).passphrase_hash)
    sign_in(Visitor(app), cast.cedar)


def test_no_hash_is_made_while_a_transaction_is_open(app, visitor, cast, monkeypatch):
    """Under SQLite it would keep everybody from saving, and wait for other people's hashes meanwhile."""
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(cast.cedar.passphrase)
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.cedar.id).passphrase_hash = old
    turn = TurnThatLooks()
    monkeypatch.setattr(passphrases, "turn", turn)
    sign_in(visitor, cast.cedar)
    choice = {"code": invite(app, cast.stranger), "login": "river", "passphrase": LONG, "again": LONG}
    for _ in range(2):
        Visitor(app).post("accounts.enrol_accept", data=choice)
    assert turn.seen == [False] * 4, "checked and hashed anew; chosen; checked again as the button was pressed twice"


class TurnThatLooks:
    """The turn of a hash, which notes whether a transaction was open that writes."""

    def __init__(self):
        self.seen = []

    def __enter__(self):
        self.seen.append(WRITES in db.session().info)

    def __exit__(self, *_):
        pass


class WatchedTurn:
    """A turn like any other, which tells when somebody asks for it."""

    def __init__(self):
        self.lock, self.asked = threading.Lock(), threading.Event()

    def __enter__(self):
        self.asked.set()
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()


def test_who_waits_with_an_invitation_for_her_turn_keeps_nobody_from_writing(app, visitor, cast, monkeypatch):
    code, others, turn = invite(app, cast.stranger), Visitor(app), WatchedTurn()
    data = {"code": code, "login": "reed", "passphrase": LONG, "again": LONG}
    monkeypatch.setattr(passphrases, "turn", turn)
    with ThreadPoolExecutor(1) as enrolling:
        with turn.lock:
            waiting = enrolling.submit(visitor.post, "accounts.enrol_accept", data=data, expect=302)
            assert turn.asked.wait(60)
            with app.app_context(), transaction():
                codes.invite(db.session.get_one(Person, cast.cedar.id), by=None, at=NOW)
            assert not waiting.done()
        waiting.result(60)
    sign_in(others, replace(cast.stranger, login="reed", passphrase=LONG))


def test_limits_survive_a_restart(app, visitor, cast):
    for _ in range(5):
        visitor.post("accounts.sign_in_post", data={"login": "cedar", "password": "x" * 20}, expect=422)
    sign_in(Visitor(app), cast.cedar, expect=429)
    with app.app_context():
        assert db.session.query(SignInAttempt).count() == 5, "counters live in the database"


def test_a_shared_device_is_not_remembered_and_ends_after_fifteen_minutes(visitor, cast, clock):
    sign_in(visitor, cast.cedar, shared="y")
    assert visitor.client.get_cookie("known") is None
    clock.at = NOW + DAY / 24 / 4
    visitor.get("home.today", expect=302)


def test_the_cookies_are_locked_to_this_site(visitor, cast):
    answer = sign_in(visitor, cast.cedar)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies and all("HttpOnly" in c and "SameSite=Lax" in c and "Path=/" in c for c in cookies)
    assert not any("Max-Age" in c or "Expires" in c for c in cookies if c.startswith("sid="))


def test_a_signed_in_person_who_opens_sign_in_goes_on(as_participant):
    assert as_participant.get("accounts.sign_in", expect=302).location == "/en/today"


def test_where_she_wanted_to_go_is_kept(visitor, cast):
    wanted = f"/ar/c/{cast.cohort_id}"
    login = visitor.get(wanted, expect=302).location
    page = visitor.get(login)
    assert page.fields["next"] == wanted
    assert sign_in(visitor, cast.cedar, next=wanted).location == wanted


def test_the_last_used_minute_is_written_at_most_once_in_five(app, as_participant, clock):
    def used():
        with app.app_context():
            return db.session.query(Session).one().used_at

    for minutes, written in ((4, 0), (6, 6), (9, 6), (11, 11)):
        clock.at = NOW + minutes * DAY / 24 / 60
        as_participant.get("home.today")
        assert used() == NOW + written * DAY / 24 / 60


def invite(app, member):
    with app.app_context(), transaction():
        return codes.invite(db.session.get_one(Person, member.id), by=None, at=NOW)


def test_an_invitation_opens_by_looking_and_is_used_by_sending(app, visitor, cast):
    code = invite(app, cast.stranger)
    for _ in range(3):
        visitor.get("accounts.enrol")
    page = visitor.post("accounts.enrol_code", data={"code": code.lower()}, expect=200)
    assert "Choose how you sign in" in page.words()
    choice = {"code": code, "login": "river", "passphrase": LONG, "again": LONG}
    assert visitor.post("accounts.enrol_accept", data=choice).location == "/en/today"
    visitor.get("home.today")
    page = Visitor(app).post("accounts.enrol_code", data={"code": code}, expect=409)
    assert "This invitation has been used." in page.words()


def test_what_was_chosen_stays_in_the_form_but_for_the_secret(app, visitor, cast):
    code = invite(app, cast.stranger)
    choice = {"code": code, "login": "river", "passphrase": "too short", "again": "too short"}
    page = visitor.post("accounts.enrol_accept", data=choice, expect=422)
    assert "Choose a passphrase of at least 15 characters." in page.words() and 'href="#passphrase"' in page.text
    assert (page.fields["code"], page.fields["login"]) == (code, "river")
    assert "too short" not in page.text, "a passphrase is never sent back"


def test_two_different_passphrases_are_told_at_the_second(app, visitor, cast):
    choice = {"code": invite(app, cast.stranger), "login": "river", "passphrase": LONG, "again": LONG + "x"}
    page = visitor.post("accounts.enrol_accept", data=choice, expect=422)
    assert "The two passphrases differ. Type both again." in page.words() and 'href="#again"' in page.text
    assert 'href="#passphrase"' not in page.text


def test_two_different_passphrases_that_are_too_short_are_told_both_at_once(app, visitor, cast):
    choice = {"code": invite(app, cast.stranger), "login": "river", "passphrase": "too short", "again": "otherwise"}
    page = visitor.post("accounts.enrol_accept", data=choice, expect=422)
    assert "Choose a passphrase of at least 15 characters." in page.words()
    assert "The two passphrases differ. Type both again." in page.words()


@pytest.mark.parametrize("login", ["cedar", "ab"])
def test_a_taken_name_and_an_unfit_one_are_told_alike_at_the_name(app, visitor, cast, login):
    choice = {"code": invite(app, cast.stranger), "login": login, "passphrase": LONG, "again": LONG}
    page = visitor.post("accounts.enrol_accept", data=choice, expect=409)
    assert 'href="#login"' in page.text and page.fields["login"] == login
    assert "Choose another of 3 to 64 characters, and type your passphrase twice again." in page.words()
    page = visitor.post("accounts.enrol_accept", data={**choice, "login": "river"})
    assert page.location == "/en/today", "the invitation was not used up"


def test_a_code_that_does_not_exist_is_kept_and_explained(visitor):
    page = visitor.post("accounts.enrol_code", data={"code": "0000-1111-2222-3333"}, expect=409)
    assert "This code is not known." in page.words() and page.fields["code"] == "0000-1111-2222-3333"
    visitor.post("accounts.enrol_code", data={"code": ""}, expect=422)


SETTINGS = {
    "interface_language": "ar",
    "time_zone": "Asia/Aden",
    "theme": "dark",
    "digits": "arab",
    "leave_to": "weather",
    "exit_keys": "y",
}


def test_settings_are_kept_and_shown_at_once(as_participant):
    answer = as_participant.post("accounts.save_account", data=SETTINGS)
    page = as_participant.get(answer.location)
    assert answer.location == "/ar/account?saved=1#saved"
    assert {name: page.fields[name] for name in SETTINGS} == SETTINGS
    assert 'data-theme="dark"' in page.text and "data-exit-keys" in page.text
    assert "UTC+٣" in page.text


@pytest.mark.parametrize(
    ("name", "value"), [("time_zone", "Mars/Olympus"), ("theme", "pink"), ("leave_to", "https://x.example")]
)
def test_a_setting_that_is_not_offered_changes_nothing(app, as_participant, cast, name, value):
    page = as_participant.post("accounts.save_account", data={**SETTINGS, name: value}, expect=422)
    assert page.fields["interface_language"] == "ar"
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).interface_language == "en"


def test_fields_that_are_not_in_the_form_are_not_stored(app, as_participant, cast):
    more = {
        "role": "coordinator",
        "id": "1",
        "person_id": "1",
        "shown_name": "Boss",
        "disabled_at": "",
        "public_id": "x",
    }
    as_participant.post("accounts.save_account", data={**SETTINGS, **more})
    with app.app_context():
        person = queries.find_recipient(cast.cedar.id)
        assert (person.shown_name, person.public_id) == ("Cedar", cast.cedar.public_id)


def test_signing_out_without_a_session_is_no_error(visitor):
    visitor.post("accounts.sign_out")


def test_a_lapsed_session_leads_to_sign_in_and_back_to_the_page(as_participant, cast, clock):
    """A button that carries nothing typed: she signs in and is where she was."""
    page = as_participant.get("modules.lesson", lesson_id=cast.nodes["m1-types"])
    clock.at = NOW + 8 * DAY
    address = f"/en/l/{cast.nodes['m1-types']}"
    answer = as_participant.client.post(f"{address}/read", data={"csrf_token": page.fields["csrf_token"]})
    assert answer.location == f"/en/sign-in?next={address}&signed_out=1"
    as_participant.client.delete_cookie("sid")
    answer = as_participant.client.post(f"{address}/read", data={"csrf_token": page.fields["csrf_token"]})
    assert answer.location == f"/en/sign-in?next={address}&signed_out=1"


def test_a_lapsed_session_keeps_what_was_typed(as_participant, clock):
    page = as_participant.get("accounts.account")
    clock.at = NOW + 8 * DAY
    answer = as_participant.client.post("/en/account/save", data={**page.fields, "theme": "dark"})
    assert answer.status_code == 400 and "what you typed is still there" in answer.text


def test_signing_in_again_ends_the_session_before(visitor, cast):
    sign_in(visitor, cast.cedar)
    before = visitor.client.get_cookie("sid").value
    sign_in(visitor, cast.nour)
    visitor.client.set_cookie("sid", before)
    visitor.get("home.today", expect=302)


def test_a_part_that_claims_to_be_a_file_is_no_field(visitor):
    from io import BytesIO

    for address in ("/en/sign-in", "/en/enrol", "/en/enrol/accept"):
        data = {"csrf_token": visitor.token(), **dict.fromkeys(("login", "code"), (BytesIO(b"x"), "a"))}
        assert visitor.client.post(address, data=data, content_type="multipart/form-data").status_code == 422


def test_a_link_cannot_fill_in_the_sign_in_name(visitor):
    assert visitor.get("/en/sign-in?login=somebody").fields["login"] == ""


def test_wrong_codes_are_counted_and_right_ones_are_not(app, visitor, cast):
    for _ in range(8):
        visitor.post("accounts.enrol_code", data={"code": invite(app, cast.stranger)}, expect=200)
    wrong = {"code": "0000-1111-2222-3333"}
    for _ in range(5):
        visitor.post("accounts.enrol_code", data=wrong, expect=409)
    assert "too many attempts" in visitor.post("accounts.enrol_code", data=wrong, expect=429).words()


def test_the_page_with_a_code_is_not_compressed(app, visitor, cast):
    data = {"code": invite(app, cast.stranger), "csrf_token": visitor.token()}
    answer = visitor.client.post("/en/enrol", data=data, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200 and "Content-Encoding" not in answer.headers


def test_a_zone_that_is_not_offered_any_more_is_kept(app, as_participant, cast):
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.cedar.id).time_zone = "Egypt"
    page = as_participant.get("accounts.account")
    assert page.fields["time_zone"] == "Egypt"
    as_participant.post("accounts.save_account", data={**page.fields, "theme": "dark"})
    assert as_participant.get("accounts.account").fields["time_zone"] == "Egypt"
