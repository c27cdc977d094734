import threading
import time
from contextlib import contextmanager

import pytest

from lms.kernel import waiting
from lms.kernel.db import WRITERS_TURN
from tests.client import Visitor


@contextmanager
def writers_before_her(app):
    """Those who save have the turn for longer than a short wait, and give it on."""
    turn = app.extensions[WRITERS_TURN]
    if turn is None:
        pytest.skip("SQLite only")
    assert turn.acquire(timeout=10)
    giving_on = threading.Timer(0.5, turn.release)
    giving_on.start()
    yield
    giving_on.join()


def test_leaving_ends_the_session_and_goes_to_an_everyday_page(as_participant):
    token = as_participant.client.get_cookie("sid").value
    answer = as_participant.get("safety.leave", expect=303)
    assert answer.location == "https://www.google.com/"
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'
    as_participant.client.set_cookie("sid", token)
    as_participant.get("home.today", expect=302)


@pytest.mark.parametrize("was_silent", [False, True])
def test_leaving_ends_the_session_also_while_others_save(app, as_participant, was_silent, monkeypatch):
    token = as_participant.client.get_cookie("sid").value
    monkeypatch.setitem(app.extensions, waiting._SILENT_UNTIL, time.monotonic() + 60 * was_silent)
    with writers_before_her(app):
        as_participant.get("safety.leave", expect=303)
    as_participant.client.set_cookie("sid", token)
    as_participant.get("home.today", expect=302)


def test_who_left_while_the_line_was_cut_is_signed_out_also_while_others_save(app, as_participant):
    as_participant.client.set_cookie("left", "1")
    with writers_before_her(app):
        as_participant.get("home.today", expect=302)
    assert as_participant.client.get_cookie("sid") is None and as_participant.client.get_cookie("left") is None


def test_a_stranger_who_leaves_writes_nothing(visitor, app, statements):
    with statements() as seen:
        visitor.get("safety.leave", expect=303)
    assert seen == []


def test_she_leaves_to_the_page_she_chose(as_participant):
    page = as_participant.get("accounts.account")
    as_participant.post("accounts.save_account", data={**page.fields, "leave_to": "encyclopaedia"})
    assert as_participant.get("safety.leave", expect=303).location == "https://en.wikipedia.org/"


def test_a_stranger_leaves_too(visitor):
    visitor.get("safety.leave", expect=303)


def test_another_site_cannot_sign_her_out(as_participant):
    answer = as_participant.client.get("/leave", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 404
    as_participant.get("home.today")


def test_leaving_ends_only_her_own_session(app, cast, as_participant):
    elsewhere = Visitor(app).signed_in(cast.cedar)
    as_participant.get("safety.leave", expect=303)
    elsewhere.get("home.today")


def test_she_leaves_even_when_the_database_is_away(as_participant, database_gone):
    database_gone()
    answer = as_participant.get("safety.leave", expect=303)
    assert any(cookie.startswith("sid=;") for cookie in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("path", ["/leave?to=https://evil.example", "/leave?next=//evil.example"])
def test_the_address_cannot_choose_where_she_goes(as_participant, path):
    assert as_participant.get(path, expect=303).location == "https://www.google.com/"


def test_looking_without_getting_ends_nothing(as_participant):
    assert as_participant.client.head("/leave").status_code == 404
    as_participant.get("home.today")


def test_when_the_line_was_cut_she_is_signed_out_by_the_next_request_that_gets_through(as_participant):
    """The script leaves a cookie; a page of hers is not shown again, and the session ends on the server."""
    token = as_participant.client.get_cookie("sid").value
    as_participant.client.set_cookie("left", "1")
    as_participant.get("home.today", expect=302)
    assert as_participant.client.get_cookie("sid") is None and as_participant.client.get_cookie("left") is None
    as_participant.client.set_cookie("sid", token)
    as_participant.get("home.today", expect=302)


def test_who_left_can_sign_in_again(as_participant, cast):
    as_participant.client.set_cookie("left", "1")
    data = {"login": "cedar", "password": cast.cedar.passphrase}
    as_participant.post("accounts.sign_in_post", data=data)
    as_participant.get("home.today")


def test_the_device_is_not_known_any_more_after_leaving(visitor, cast):
    visitor.post("accounts.sign_in_post", data={"login": "cedar", "password": cast.cedar.passphrase})
    assert visitor.client.get_cookie("known") is not None
    visitor.get("safety.leave", expect=303)
    assert visitor.client.get_cookie("known") is None
