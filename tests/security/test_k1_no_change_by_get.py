"""K1: looking at pages changes nothing; what changes something comes by POST, from a page of ours in this browser."""

from itertools import cycle

import pytest

from tests.client import Visitor
from tests.security.addresses import LEAVING, changed, contents

FOREIGN = {"Origin": "https://evil.example"}
ELSEWHERE = {
    "another origin": FOREIGN,
    "our host with another scheme": {"Origin": "https://localhost"},
    "our host with another port": {"Origin": "http://localhost:8001"},
    "a host that begins like ours": {"Origin": "http://localhost.evil.example"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Sec-Fetch-Site": "same-site"},
}
NEED_MORE = {
    "calendar_feed.feed",
    "certificates.again",
    "certificates.document",
    "cohorts.new",
    "desk.readiness",
    "desk.ready_table",
    "home",
    "invitations.sending",
    "places.place",
    "reports.one",
    "second.step",
    "tasks.all_questions",
    "tasks.check",
    "tasks.question",
    "uploads.faults",
    "uploads.shown",
    "without_language",
    "writing.earlier",
}
"""What opens only in the middle of something: a list that was brought, a quiz under way, a certificate."""


def addresses(everybody, method="GET"):
    return [(endpoint, address) for endpoint, address in everybody.addresses(method) if endpoint != LEAVING]


def differences(before, app):
    """What lies elsewhere in the database now. How often the page for certificates was used is counted, and kept."""
    return [name for name in changed(before, contents(app)) if name != "accounts_sign_in_attempt"]


def test_whoever_opens_every_address_changes_nothing_and_together_they_open_every_page(app, everybody):
    before, opened = contents(app), set()
    for person in everybody.people.values():
        opened |= {end for end, address in addresses(everybody) if person.client.get(address).status_code == 200}
    assert differences(before, app) == []
    assert sorted({endpoint for endpoint, _ in addresses(everybody)} - opened - NEED_MORE) == []


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_whoever_opens_every_address_three_times_changes_nothing(app, everybody, name):
    before, browser = contents(app), everybody.people[name].client
    for endpoint, address in addresses(everybody):
        answers = [browser.get(address), browser.get(address), browser.head(address)]
        assert len({answer.status_code for answer in answers}) == 1, endpoint
    assert differences(before, app) == []


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_what_is_sent_by_post_cannot_be_sent_by_get(app, everybody, name):
    before, browser = contents(app), everybody.people[name]
    token = browser.token()
    for endpoint, address in everybody.addresses("POST"):
        answer = browser.client.get(address, query_string={"csrf_token": token, "_method": "POST", "next": "/en/today"})
        assert answer.status_code in (200, 302, 404, 405), endpoint
    assert differences(before, app) == []


def test_no_address_knows_another_method(app, everybody):
    before, browser = contents(app), everybody.people["coordinator"]
    data, methods = {"csrf_token": browser.token()}, cycle(["PUT", "PATCH", "DELETE"])
    for endpoint, address in [*everybody.addresses("GET"), *everybody.addresses("POST")]:
        headers = {"X-HTTP-Method-Override": "POST"}
        answer = browser.client.open(address, method=next(methods), data=data, headers=headers)
        assert answer.status_code == 405, endpoint
    assert differences(before, app) == []


def test_no_form_is_taken_without_the_token_of_this_browser(app, everybody):
    browser, other = everybody.people["coordinator"], Visitor(app)
    token, before = browser.token(), contents(app)
    forged = cycle(["", "x", "A" * 88, other.token(), token[:-4]])
    for endpoint, address in everybody.addresses("POST"):
        sent = (
            {"data": {"csrf_token": next(forged)}},
            {"json": {"csrf_token": token}},
            {"query_string": {"csrf_token": token}},
        )
        answers = [browser.client.post(address, **one).status_code for one in sent]
        assert set(answers) == {400}, endpoint
    assert differences(before, app) == []


def test_no_form_is_taken_from_another_site_even_with_the_token(app, everybody):
    before, browser, ways = contents(app), everybody.people["coordinator"], list(ELSEWHERE.items())
    data = {"csrf_token": browser.token()}
    for number, (endpoint, address) in enumerate(everybody.addresses("POST")):
        for place in (number, number + 1):
            way, headers = ways[place % len(ways)]
            assert browser.client.post(address, data=data, headers=headers).status_code == 400, f"{endpoint} {way}"
    assert differences(before, app) == []


def test_nobody_sends_a_form_from_another_site_to_a_page_that_is_open_to_all(app, everybody):
    before, browser = contents(app), everybody.people["nobody"]
    data = {"csrf_token": browser.token(), "login": "cedar", "code": "0000-1111-2222-3333"}
    for endpoint, address in everybody.addresses("POST"):
        assert browser.client.post(address, data=data, headers=FOREIGN).status_code == 400, endpoint
    assert differences(before, app) == []


def test_the_same_form_with_its_token_is_taken(app, everybody, cast):
    before, browser = contents(app), everybody.people["participant"]
    browser.post("devices.end_others")
    browser.post("calendars.make", data={"op": "6dbd6b0e-9a6f-4d0b-9a3e-6f3c6f2b8a10"}, expect=200)
    assert changed(before, contents(app)) != []
