"""D5: where somebody goes on to is a page of ours; forty and more ways to name another site lead nowhere else."""

import re

import pytest

from lms.web.exits import EXITS
from tests.accounts.test_factors import add_passkey, sign_in
from tests.authenticator import options_on
from tests.client import Visitor
from tests.security.addresses import LEAVING, goes_to

HOME, EMPTY_PICTURE = "http://localhost", "data:,"
PAYLOADS = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example/en/today",
    "//evil.example%2fen%2ftoday",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/%5cevil.example",
    "/%5c%5cevil.example",
    "/%2fevil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "%5c%5cevil.example",
    "/%252f%252fevil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "HTTPS://evil.example/en/today",
    "http://localhost.evil.example/en/today",
    "http://localhost@evil.example/en/today",
    "http://localhost:8000@evil.example/en/today",
    "http://localhost/en/today",
    "//localhost@evil.example",
    "//user:word@evil.example",
    "/en/today@evil.example",
    "@evil.example",
    "/\tevil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d/evil.example",
    "/en/today\r\nLocation: https://evil.example",
    "/en/today%0d%0aLocation:%20https://evil.example",
    "/en/today%E5%98%8A%E5%98%8DLocation:%20https://evil.example",
    " //evil.example",
    "\u00a0//evil.example",
    "\x00//evil.example",
    "/en/today\x00//evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/en/..//evil.example",
    "/en/today/..//..//evil.example",
    "/en//evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://evil.example/1",
    "ftp://evil.example",
    "//evil。example",
    "//ⓔⓥⓘⓛ.example",
    "//[::ffff:127.0.0.1]/",
    "evil.example/en/today",
    "?next=//evil.example",
    "#//evil.example",
    "/en/sign-out",
    "/en/nothing",
]
"""Some are no address at all; a page that is not there is not followed either."""

NAMES = (
    "next",
    "url",
    "to",
    "return",
    "return_to",
    "redirect",
    "redirect_uri",
    "continue",
    "back",
    "goto",
    "target",
    "r",
    "u",
)
EXIT_ADDRESSES = {address for exit in EXITS.values() for address in exit.addresses.values()}


@pytest.fixture
def hers(as_participant):
    return add_passkey(as_participant)


def answered(visitor, authenticator, endpoint, page, **data):
    answer = authenticator.answer(options_on(visitor.get(page))["get"])
    return visitor.post(endpoint, data={"answer": answer, **data})


@pytest.mark.parametrize("target", PAYLOADS[::3])
def test_whoever_signs_in_by_passphrase_goes_to_today(app, cast, target):
    phone = Visitor(app)
    page = phone.client.get("/en/sign-in", query_string={"next": target})
    assert page.status_code == 200
    assert sign_in(phone, cast.cedar, next=target).location == "/en/today"


@pytest.mark.parametrize("target", PAYLOADS)
def test_whoever_comes_by_passkey_goes_to_today(app, cast, hers, target):
    phone = Visitor(app)
    assert answered(phone, hers, "accounts.sign_in_by_passkey", "accounts.sign_in", next=target).location == "/en/today"


@pytest.mark.parametrize("target", PAYLOADS[::3])
def test_after_a_second_step_too(app, cast, hers, target):
    phone = Visitor(app)
    assert sign_in(phone, cast.cedar, next=target).location == "/en/sign-in/second", "it is not even carried on"
    assert answered(phone, hers, "second.by_passkey", "second.step", next=target).location == "/en/today"


@pytest.mark.parametrize("target", PAYLOADS)
def test_whoever_shows_a_factor_again_goes_to_how_she_signs_in(cast, as_participant, hers, target):
    answer = answered(as_participant, hers, "factors.again_post", "factors.again", next=target)
    assert answer.location == "/en/account/sign-in"


@pytest.mark.parametrize("target", PAYLOADS[::5])
def test_a_refused_try_does_not_lead_away_when_it_is_right_at_last(app, cast, target):
    """The page comes back with what was sent; it is looked at again."""
    phone = Visitor(app)
    sent = {"login": cast.cedar.login, "password": "x" * 20, "next": target}
    page = phone.post("accounts.sign_in_post", data=sent, expect=422)
    again = {"login": cast.cedar.login, "password": cast.cedar.passphrase, "next": page.fields["next"]}
    assert phone.post("accounts.sign_in_post", data=again).location == "/en/today"


@pytest.mark.parametrize("target", [one for one in PAYLOADS if one.startswith("/")])
def test_an_address_that_is_itself_such_a_name_leads_nowhere_else(visitor, as_participant, target):
    """Typed into the line of a browser, or in a link on another page."""
    for browser in (visitor.client, as_participant.client):
        path, _, asked = target.partition("?")
        path = path.encode().decode("latin-1")  # as a server hands it on
        answer = browser.get("/", environ_overrides={"PATH_INFO": path, "QUERY_STRING": asked, "REQUEST_URI": target})
        assert answer.location is None or goes_to(answer.location) == HOME
        assert answer.headers.get("Refresh") is None


@pytest.mark.parametrize("name", ["nobody", "coordinator"])
def test_no_page_follows_a_name_in_its_address(everybody, name):
    browser, payloads = everybody.people[name].client, PAYLOADS * 3
    for number, (endpoint, address) in enumerate(everybody.addresses()):
        for target in payloads[number : number + 2]:
            answer = browser.get(
                address, query_string=dict.fromkeys(NAMES, target), headers={"Referer": target.strip()[:1]}
            )
            if endpoint == LEAVING:
                assert answer.location in EXIT_ADDRESSES
            else:
                assert answer.location is None or goes_to(answer.location) == HOME, endpoint


@pytest.mark.parametrize("name", ["nobody", "coordinator"])
def test_no_form_follows_a_name_that_is_sent_with_it(everybody, name):
    person = everybody.people[name]
    token = person.token()
    for number, (endpoint, address) in enumerate(everybody.addresses("POST")):
        if not address.endswith(("/sign-out", "/lost", "/travel", "/codes")):
            data = {"csrf_token": token, **dict.fromkeys(NAMES, (PAYLOADS * 3)[number])}
            answer = person.client.post(address, data=data)
            assert answer.location is None or goes_to(answer.location) == HOME, endpoint


@pytest.mark.parametrize("target", PAYLOADS)
def test_links_of_a_page_stay_with_us_whatever_its_address_says(visitor, target):
    page = visitor.client.get("/ar/sign-in", query_string={"next": target})
    links = [one.replace("&amp;", "&") for one in re.findall(r'(?:href|action|formaction)="([^"]*)"', page.text)]
    sites = {goes_to(link) for link in links if link != EMPTY_PICTURE}
    allowed = {HOME, *(goes_to(one) for one in EXIT_ADDRESSES)}
    assert links and sites <= allowed


def test_leaving_goes_to_an_everyday_site_and_nowhere_else(app, cast):
    for target in PAYLOADS[::6]:
        person = Visitor(app).signed_in(cast.cedar)
        page = person.get("accounts.account")
        person.post("accounts.save_account", data={**page.fields, "leave_to": target.replace("\x00", "")}, expect=422)
        answer = person.client.get("/leave", query_string=dict.fromkeys(NAMES, target))
        assert answer.location in EXIT_ADDRESSES


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "/\t/evil.example", "https:evil.example"])
def test_what_a_browser_makes_of_an_address_is_read_right_here(target):
    assert goes_to(target) != HOME


def test_a_page_of_ours_is_followed(app, cast, hers):
    phone = Visitor(app)
    wanted = "/fr/account?saved=1"
    assert answered(phone, hers, "accounts.sign_in_by_passkey", "accounts.sign_in", next=wanted).location == wanted
    assert goes_to(wanted) == HOME
