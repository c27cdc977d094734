"""K7: when something breaks on the way to a decision nobody gets in; the page is general and has a code to quote."""

import re

import pytest
from flask import g

from lms.accounts import queries
from lms.assessments.policy import AssessmentPermission
from lms.cohorts.policy import CohortPermission
from lms.home.policy import HomePermission
from lms.kernel import policy
from lms.safety.policy import SafetyPermission
from lms.web import csrf
from tests.cast import CANARY
from tests.client import Visitor
from tests.security.addresses import LEAVING, changed, contents

SECRET = f"{CANARY} in the words of a fault"
REFUSED = {400, 403, 404, 405, 500}
LANGUAGES = ["en", "fr", "ar"]
SIGNED_IN = ["participant", "coordinator", "admin"]


NAVIGATION = {
    AssessmentPermission.PREVIEW,
    AssessmentPermission.QUEUE,
    CohortPermission.LIST,
    HomePermission.ADMINISTER,
    HomePermission.AUDIT,
    HomePermission.HELP,
    SafetyPermission.REPORTS,
}
"""What the links of every page ask, pages that refuse included. These are broken one at a time."""


def breaks(*_arguments, **_named):
    raise RuntimeError(SECRET)


@pytest.fixture
def broken_policy(monkeypatch):
    """From the call on, whoever asks whether somebody may do something meets a fault of ours."""

    def break_it():
        for permission in set(policy._GRANTS) - NAVIGATION:
            monkeypatch.setitem(policy._GRANTS, permission, (breaks,))

    return break_it


def guarded(everybody, method, but=()):
    """The addresses that are not open to everybody. but: and ask for none of these."""
    views = everybody.app.view_functions
    asked = [(end, address, views[end].permission) for end, address in everybody.addresses(method)]
    return [(end, address) for end, address, permission in asked if permission not in (None, *but)]


def is_calm(answer):
    """Whether a page says nothing of the fault and nothing of anybody."""
    said = (SECRET, CANARY, "RuntimeError", "Traceback", "lms/", "Érable", "Taught")
    return not any(one in answer.text for one in said)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_with_a_fault_in_the_policy_no_page_opens(everybody, broken_policy, name, caplog):
    browser = everybody.people[name].client
    broken_policy()
    statuses = set()
    for endpoint, address in guarded(everybody, "GET", but=NAVIGATION):
        answer = browser.get(address)
        statuses.add(answer.status_code)
        assert answer.status_code in REFUSED and is_calm(answer), endpoint
    assert 500 in statuses and CANARY not in caplog.text


@pytest.mark.parametrize("name", SIGNED_IN)
def test_with_a_fault_in_the_policy_no_form_is_taken(app, everybody, broken_policy, name):
    person = everybody.people[name]
    token, before = person.token(), contents(app)
    broken_policy()
    statuses = set()
    for endpoint, address in guarded(everybody, "POST", but=NAVIGATION):
        answer = person.client.post(address, data={"csrf_token": token})
        statuses.add(answer.status_code)
        assert answer.status_code in REFUSED and is_calm(answer), endpoint
    assert 500 in statuses and changed(before, contents(app)) == []


def test_a_fault_in_one_permission_closes_what_asks_for_it(everybody, monkeypatch):
    views, browser = everybody.app.view_functions, everybody.people["coordinator"].client
    asked = set()
    for permission in sorted(policy._GRANTS):
        with monkeypatch.context() as planted:
            planted.setitem(policy._GRANTS, permission, (breaks,))
            for endpoint, address in everybody.addresses():
                if views[endpoint].permission == permission:
                    assert browser.get(address).status_code in REFUSED, endpoint
                    asked.add(permission)
    assert len(asked) > 15


def test_what_breaks_while_the_session_is_looked_up_lets_nobody_in(everybody, monkeypatch):
    browser = everybody.people["coordinator"].client
    monkeypatch.setattr(queries, "find_session", breaks)
    for endpoint, address in guarded(everybody, "GET"):
        answer = browser.get(address)
        assert answer.status_code in REFUSED and is_calm(answer), endpoint


def test_what_breaks_while_a_token_is_checked_takes_no_form(app, everybody, monkeypatch):
    person = everybody.people["coordinator"]
    token, before = person.token(), contents(app)
    monkeypatch.setattr(csrf, "is_right", breaks)
    for endpoint, address in everybody.addresses("POST"):
        answer = person.client.post(address, data={"csrf_token": token})
        assert answer.status_code == 500 and is_calm(answer), endpoint
    assert changed(before, contents(app)) == []


def test_without_a_database_no_page_opens_that_is_not_for_everybody(everybody, database_gone):
    browser = everybody.people["coordinator"].client
    database_gone()
    for endpoint, address in guarded(everybody, "GET"):
        answer = browser.get(address)
        assert answer.status_code == 503 and is_calm(answer), endpoint


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["nobody", "participant", "coordinator"])
def test_the_page_is_general_and_its_code_stands_in_the_log(app, everybody, monkeypatch, caplog, name, lang):
    monkeypatch.setitem(app.view_functions, "accounts.enrol", breaks)
    person = everybody.people[name]
    codes = set()
    for _ in range(2):
        page = person.get(f"/{lang}/enrol", expect=500)
        (code,) = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", page.words())
        assert code in caplog.text and is_calm(page)
        codes.add(code)
    assert len(codes) == 2 and SECRET not in caplog.text


def test_a_fault_while_a_page_is_finished_is_told_too(app, visitor, monkeypatch):
    def broken(response):
        if not g.get("no_reader"):
            breaks()
        return response

    monkeypatch.setitem(app.after_request_funcs, None, [*app.after_request_funcs[None], broken])
    answer = visitor.client.get("/en/sign-in")
    assert answer.status_code == 500 and is_calm(answer)


def test_a_stranger_with_a_cookie_of_no_session_is_a_stranger(app, everybody):
    stranger = Visitor(app)
    for value in ("x", "", "x" * 3_000, "%00", "../../x", "'; DROP TABLE accounts_session; --", "null"):
        stranger.client.set_cookie("sid", value)
        for endpoint, address in guarded(everybody, "GET")[:6]:
            assert stranger.client.get(address).status_code in (302, 400), endpoint
    assert LEAVING in app.view_functions
