"""B6: she sees where she is signed in, and signs out one or all; the old cookie is then worth nothing on any route.

After each way in which a session ends, every route is asked with its cookie: the answer is the one to a stranger.
"""

import re

import pytest
from werkzeug.test import Client

from lms.accounts.models import Person, Session
from lms.accounts.rules.factors import Proof
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, choose, is_in
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.routes import addresses, ids_of, rules_of

LANGUAGES = ("en", "fr", "ar")


def here(device, her):
    device.post("accounts.sign_out")


def leaves(device, her):
    device.get("safety.leave", expect=303)


def one_elsewhere(device, her):
    (name,) = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", her.get("devices.devices").text)
    her.post("devices.end", name=name)


def all_others(device, her):
    her.post("devices.end_others")


def travels(device, her):
    her.post("devices.travel", data={"until": (NOW + 3 * DAY).date().isoformat()})


def lost(device, her):
    her.post("devices.lock")


def another_passphrase(device, her):
    choose(her, "harbour", "a lamp in the old garden")


def disabled(device, her):
    with device.app.app_context(), transaction():
        person_id = db.session.query(Session.person_id).limit(1).scalar()
        db.session.get_one(Person, person_id).disabled_at = NOW


WAYS = (here, leaves, one_elsewhere, all_others, travels, lost, another_passphrase, disabled)


def every_request(app, ids):
    """Each route that is not open to everybody, once for each way of asking."""
    for method in ("GET", "POST"):
        for rule in rules_of(app, method):
            if app.view_functions[rule.endpoint].permission is not None:
                path = next(addresses(app, rule, ids), None)
                if path is not None:
                    yield method, path


def with_cookie(app, token):
    """A browser that has this cookie and no other."""
    browser = app.test_client()
    browser.set_cookie("seen", "1")
    if token is not None:
        browser.set_cookie("sid", token)
    return browser


def ask(browser: Client, method, path):
    answer = browser.open(path, method=method)
    return answer.status_code, answer.location


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_old_cookie_is_answered_as_a_stranger_on_every_route(app, scene, way):
    device, her = (Visitor(app).signed_in(scene.cast.cedar) for _ in range(2))
    token, asked = device.client.get_cookie("sid").value, list(every_request(app, ids_of(app)))
    way(device, her)
    old, stranger = with_cookie(app, token), with_cookie(app, None)
    differ = [(path, said) for method, path in asked if (said := ask(old, method, path)) != ask(stranger, method, path)]
    assert differ == [] and len(asked) > 150
    assert {ask(old, method, path)[0] for method, path in asked} <= {302, 400}


def test_a_living_cookie_is_answered_otherwise(app, scene):
    """Else the comparison would show nothing."""
    device = Visitor(app).signed_in(scene.cast.cedar)
    living, stranger = with_cookie(app, device.client.get_cookie("sid").value), with_cookie(app, None)
    asked = list(every_request(app, ids_of(app)))
    alike = [path for method, path in asked if ask(living, method, path) == ask(stranger, method, path)]
    assert len(alike) < len(asked) / 10


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_has_each_device_by_its_day_and_her_name_for_it_and_nothing_of_the_machine(app, cast, lang):
    agent, address = "Mozilla/5.0 (Canaryphone 7) Canarybrowser/1.0", "203.0.113.77"
    phone = Visitor(app)
    phone.client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address}
    phone.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": cast.cedar.passphrase})
    (name,) = re.findall(r"/account/sessions/([0-9a-f-]{36})/name", phone.get("devices.devices").text)
    phone.post("devices.rename", name=name, data={"name": "Grandmother’s telephone"})
    desk = Visitor(app).signed_in(cast.cedar)
    page = desk.get("devices.devices", lang=lang)
    assert page.text.count("/name") == 2 and page.text.count('/end"') == 1
    assert "Grandmother’s telephone" in page.words()
    assert not any(word in page.text for word in ("Canary", "Mozilla", address, "12:00"))


def test_no_row_of_a_session_knows_the_machine(app, cast):
    """What is stored about a session is its list of columns: no address, no browser, no place."""
    columns = {column.name for column in Session.__table__.columns}
    known = {"id", "token_hash", "person_id", "started_at", "used_at", "shared", "proof", "proven_at", "name"}
    assert columns == known


def test_signing_in_again_gives_another_cookie_and_ends_the_one_before(app, cast):
    phone = Visitor(app).signed_in(cast.cedar, proof=Proof.PASSPHRASE)
    before = phone.client.get_cookie("sid").value
    phone.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": cast.cedar.passphrase})
    assert phone.client.get_cookie("sid").value != before and is_in(phone)
    old = Visitor(app)
    old.client.set_cookie("sid", before)
    assert not is_in(old)


def test_half_a_sign_in_elsewhere_ends_with_the_others(app, cast, clock):
    """A passphrase was shown on another device, and its second step waits: signing out all others ends that too."""
    her = Visitor(app).signed_in(cast.cedar)
    totp = add_app(her, clock)
    phone = Visitor(app)
    phone.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": cast.cedar.passphrase})
    her.post("devices.end_others")
    clock.at = NOW + DAY / 24 / 60
    answer = phone.post("second.by_code", data={"code": totp.at(clock.now())})
    assert answer.location == "/en/sign-in" and not is_in(phone)
