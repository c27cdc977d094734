"""E1: known and unknown, wrong and closed are answered by one page, with one status and after the same work."""

import re
import threading

import pytest
from markupsafe import escape

from lms.accounts import passphrases
from lms.accounts.models import Person
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, add_passkey, invited, make_codes, sign_in
from tests.cast import CANARY, DAY, NOW
from tests.client import Visitor

WRONG, LONG = "x" * 20, "seven words that nobody would ever guess"
LANGUAGES = ["en", "fr", "ar"]
ALLOWED = 5
"""Tries that are looked at before the next is refused unread."""


class CountedTurn:
    """The turn of a slow hash like any other, which counts how many were made."""

    def __init__(self):
        self.lock, self.taken = threading.Lock(), 0

    def __enter__(self):
        self.lock.acquire()
        self.taken += 1

    def __exit__(self, *_):
        self.lock.release()


@pytest.fixture
def hashed(monkeypatch):
    turn = CountedTurn()
    monkeypatch.setattr(passphrases, "turn", turn)
    return turn


def plain(text, *typed):
    """A page without what is new in each and without what was typed."""
    text = re.sub(r'nonce="[^"]+"', "", re.sub(r"[\w-]{40,}={0,2}", "", text))
    for word in typed:
        text = text.replace(f'value="{escape(word)}"', 'value=""')
    return text


def told(page, *typed):
    """Everything by which two answers could be told apart."""
    headers = {name: re.sub(r"'nonce-[^']+'", "", value) for name, value in page.headers if name != "Set-Cookie"}
    headers.pop("Content-Length", None)
    cookies = sorted(one.partition("=")[0] for one in page.headers.getlist("Set-Cookie"))
    return page.status, plain(page.text, *typed), headers, cookies


# --- Who may be asked about


def nobody(cast):
    return "nobod"


def known(cast):
    return cast.cedar.login


def disabled(cast):
    db.session.get_one(Person, cast.cedar.id).disabled_at = NOW
    return cast.cedar.login


def travelling(cast):
    db.session.get_one(Person, cast.cedar.id).closed_until = (NOW + 9 * DAY).date()
    return cast.cedar.login


def locked(cast):
    db.session.get_one(Person, cast.cedar.id).locked_at = NOW
    return cast.cedar.login


def without_passphrase(cast):
    person = db.session.get_one(Person, cast.cedar.id)
    person.passphrase_hash = None
    return cast.cedar.login


def of_staff(cast):
    return cast.facilitator.login


def with_second_factor(cast):
    return cast.olivier.login


WHO = [known, disabled, travelling, locked, without_passphrase, of_staff, with_second_factor]
CLOSED = [disabled, travelling]
"""Who is not let in with the right words either."""


@pytest.fixture
def prepared(app, cast, clock):
    """Olivier has an app, and what somebody is, she is from now on."""
    add_app(Visitor(app).signed_in(cast.olivier), clock)

    def prepare(who):
        with app.app_context(), transaction():
            return who(cast)

    return prepare


def tried(app, hashed, statements, login, words, lang="en"):
    """What a browser that was never here is answered, with the work and the statements that it took."""
    phone, before = Visitor(app), hashed.taken
    phone.token()
    with statements() as seen:
        page = phone.post("accounts.sign_in_post", data={"login": login, "password": words}, expect=422, lang=lang)
    return told(page, login, words), hashed.taken - before, len(seen)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("who", WHO)
def test_wrong_words_are_answered_like_those_of_nobody(app, hashed, prepared, statements, who, lang):
    login = prepared(who)
    assert tried(app, hashed, statements, login, WRONG, lang) == tried(
        app, hashed, statements, nobody(None), WRONG, lang
    )


@pytest.mark.parametrize("who", CLOSED)
def test_right_words_of_a_closed_account_are_answered_like_those_of_nobody(
    app, cast, hashed, prepared, statements, who
):
    login, words = prepared(who), cast.cedar.passphrase
    first, second = (tried(app, hashed, statements, one, words) for one in (login, nobody(cast)))
    assert first == second and first[1] == 1, "one slow hash for each"


@pytest.mark.parametrize("words", ["", " ", "x", "x" * 128, "x" * 129, "x" * 512, "e\u0301" * 80, "\x00"])
def test_whatever_is_typed_the_work_is_the_same_for_known_and_unknown(app, cast, hashed, prepared, statements, words):
    assert tried(app, hashed, statements, cast.cedar.login, words) == tried(app, hashed, statements, "nobod", words)


@pytest.mark.parametrize(
    "login", ["CEDAR", "ｃｅｄａｒ", " cedar ", "cedar\u200b", "cedar'--", "*", "%", "cedar%", "_edar"]
)
def test_no_way_to_write_a_name_tells_whether_it_is_known(app, hashed, statements, login):
    other = login.lower().replace("cedar", "nobod").replace("ｃｅｄａｒ", "ｎｏｂｏｄ")
    assert tried(app, hashed, statements, login, WRONG) == tried(app, hashed, statements, other, WRONG)


def test_after_too_many_tries_a_name_is_refused_whether_it_is_known_or_not(app, cast, hashed, visitor):
    answers = []
    for login in (cast.cedar.login, "nobod"):
        for number in range(ALLOWED + 3):
            data = {"login": login, "password": WRONG}
            expect = 422 if number < ALLOWED else 429
            page = visitor.post("accounts.sign_in_post", data=data, expect=expect)
        answers.append(told(page, login))
    assert answers[0] == answers[1] and hashed.taken == 2 * ALLOWED


def test_a_known_name_waits_for_a_place_as_an_unknown_one_does(app, cast):
    """Whose places are shared by a source, not by a name: names cannot be told apart by who is kept waiting."""
    from lms.accounts.services import limiting

    with app.app_context():
        source = limiting.Source(address="192.0.2.1", device=None)
        found = [limiting.limit_of(login, source) for login in (cast.cedar.login, "nobod")]
    assert found[0].whose == found[1].whose and found[0].most == found[1].most


# --- Codes


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", ["0000-1111-2222-3333", "ZZZZ-ZZZZ-ZZZZ-ZZZZ", "not a code at all", "é", "0", "cedar"])
def test_each_code_that_opens_nothing_is_answered_alike(app, hashed, code, lang):
    answers = []
    for one in (code, "1234-5678-9012-3456"):
        phone = Visitor(app)
        phone.token()
        answers.append(told(phone.post("accounts.enrol_code", data={"code": one}, expect=409, lang=lang), one))
    assert answers[0] == answers[1] and hashed.taken == 0


def test_a_name_that_somebody_has_is_answered_like_one_that_nobody_may_have(app, cast, hashed):
    """Too long a name is as unfit as a taken one, whoever holds an open invitation."""
    answers = []
    for login in (cast.nour.login, "ab"):
        phone, code = Visitor(app), invited(app)
        data = {"code": code, "login": login, "passphrase": LONG, "again": LONG}
        page = phone.post("accounts.enrol_accept", data=data, expect=409)
        answers.append(told(page, code, login))
    assert answers[0] == answers[1]
    assert CANARY not in answers[0][1]


def test_a_code_from_paper_costs_the_same_whether_she_has_any_or_not(app, cast, clock, hashed):
    """The page tells her, who showed her passphrase, what she has; the work tells nobody anything."""
    add_passkey(Visitor(app).signed_in(cast.cedar))
    hers = Visitor(app).signed_in(cast.nour)
    add_app(hers, clock)
    make_codes(hers)
    work = []
    for member in (cast.cedar, cast.nour):
        phone = Visitor(app)
        sign_in(phone, member)
        before = hashed.taken
        phone.post("second.by_recovery", data={"paper": "0000-0000"}, expect=422)
        work.append(hashed.taken - before)
    assert work == [1, 1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_without_an_answer_is_told_like_one_that_never_was(app, visitor, lang):
    data = {"who": "nameless", "subject": "known", "text": "Somebody knew it at the market.", "wish": "nothing"}
    page = visitor.post("reports.send", data=data, expect=200)
    (code,) = re.findall(r'<span class="code ltr">([^<]+)</span>', page.text)
    answers = [
        told(visitor.post("reports.answer", data={"code": one}, expect=200, lang=lang), one)
        for one in (code, "0000-1111-2222-3333")
    ]
    assert answers[0] == answers[1]


def test_a_passkey_that_nobody_has_is_answered_like_a_wrong_answer_of_hers(app, cast, as_participant):
    from tests.authenticator import Authenticator, options_on

    hers, unknown = add_passkey(as_participant), Authenticator()
    unknown.host, unknown.handle = hers.host, hers.handle
    hers.key = unknown.key
    answers = []
    for authenticator in (hers, unknown):
        phone = Visitor(app)
        answer = authenticator.answer(options_on(phone.get("accounts.sign_in"))["get"])
        page = phone.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)
        answers.append(told(page, answer))
    assert answers[0] == answers[1]
