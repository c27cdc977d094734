"""B7: a session that lies unused for as long as she chose, 5, 15 or 60 minutes, is over; what she wrote is not lost.

That the page keeps what was not sent until she is back, tests/journeys/test_answer.py shows in a browser
(`test_a_session_that_ended_keeps_the_text_until_she_is_back`).
"""

from datetime import timedelta

import pytest

from lms.accounts.rules.sessions import LocksAfter
from lms.kernel.ids import new_id
from tests.accounts.test_factors import add_passkey, is_in
from tests.authenticator import options_on
from tests.cast import NOW
from tests.client import Visitor
from tests.security.routes import addresses, ids_of, rules_of

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CHOICES = [LocksAfter.FIVE, LocksAfter.FIFTEEN, LocksAfter.SIXTY]
JSON = {"Accept": "application/json"}


def lock_after(visitor, choice):
    """She chooses it on her account page."""
    page = visitor.get("accounts.account")
    visitor.post("accounts.save_account", data={**page.fields, "locks_after": str(int(choice))})


@pytest.mark.parametrize("choice", CHOICES)
def test_nobody_goes_on_with_a_session_that_lay_for_as_long_as_she_chose(app, cast, clock, as_participant, choice):
    lock_after(as_participant, choice)
    clock.at = NOW + choice * MINUTE - SECOND
    assert is_in(as_participant)
    clock.at += choice * MINUTE
    assert not is_in(as_participant)


@pytest.mark.parametrize("choice", CHOICES)
def test_it_holds_on_every_device_of_hers_and_at_once(app, cast, clock, as_participant, choice):
    elsewhere = Visitor(app).signed_in(cast.cedar)
    lock_after(as_participant, choice)
    clock.at = NOW + choice * MINUTE
    assert not is_in(elsewhere)


@pytest.mark.parametrize("choice", CHOICES)
def test_whoever_works_on_is_not_locked_out(clock, as_participant, choice):
    """A request now and then within the limit is enough, however long it goes on."""
    lock_after(as_participant, choice)
    for _ in range(12):
        clock.at += choice * MINUTE * 0.7
        assert is_in(as_participant)


def test_after_the_limit_no_route_opens_and_what_was_typed_is_not_taken(app, cast, clock, as_participant):
    as_participant.get("home.today")
    lock_after(as_participant, LocksAfter.FIVE)
    token, ids = as_participant.token(), ids_of(app, cast.cedar.id)
    guarded = [rule for rule in rules_of(app, "GET") if app.view_functions[rule.endpoint].permission is not None]
    paths = [path for rule in guarded if (path := next(addresses(app, rule, ids), None)) is not None]
    clock.at = NOW + 5 * MINUTE
    assert {as_participant.client.get(path).status_code for path in paths} == {302} and len(paths) > 20
    memo = f"/en/t/{cast.nodes['m1-memo']}/draft/save"
    data = {"csrf_token": token, "op1": str(new_id()), "seq1": "1", "q1": "What she wrote."}
    assert as_participant.client.post(memo, data=data, headers=JSON).status_code == 400


def test_she_comes_in_again_by_passkey_and_finds_her_draft(app, cast, clock, as_participant):
    authenticator, memo = add_passkey(as_participant), cast.nodes["m1-memo"]
    lock_after(as_participant, LocksAfter.FIVE)
    sent = {"op1": str(new_id()), "seq1": "1", "q1": "What she wrote before."}
    as_participant.post("writing.save", task_id=memo, data=sent)
    clock.at = NOW + 6 * MINUTE
    away = as_participant.get("tasks.task", task_id=memo, expect=302).location
    assert away.startswith("/en/sign-in?next=")
    page = as_participant.get(away)
    answer = authenticator.answer(options_on(page)["get"])
    data = {"answer": answer, "next": page.fields["next"]}
    back = as_participant.post("accounts.sign_in_by_passkey", data=data).location
    assert "What she wrote before." in as_participant.get(back).text


def test_an_account_page_offers_just_these_limits(as_participant):
    page = as_participant.get("accounts.account")
    choices = page.text.split('name="locks_after"')[1].split("</select>")[0]
    assert [one.split('"')[0] for one in choices.split('value="')[1:]] == ["0", "5", "15", "60"]
    as_participant.post("accounts.save_account", data={**page.fields, "locks_after": "999"}, expect=422)
