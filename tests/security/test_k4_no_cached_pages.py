"""K4: nothing between her and us keeps a page, and no page answers under an address that looks like a file."""

import re

import pytest

from tests.client import Visitor
from tests.security.addresses import LEAVING

PUBLIC_KEYS = "certificate_keys.keys"
"""The one answer that is the same for everybody and may be kept for an hour; it has a test of its own below."""

LOOKS_LIKE_A_FILE = (
    "/x.css",
    "/x.js",
    "/static/x.css",
    ".css",
    ".js",
    ".png",
    ";x.css",
    "/..;/x.css",
    "%2fx.css",
    "%00.css",
    "%0a.css",
    "%23x.css",
    "%3fx.css",
    "/.css",
    "/favicon.ico",
)
AS_A_FILE_BEFORE = ("/static/..{}", "/static/%2e%2e{}", "/static//..{}", "/x.css/..{}", "/static/..%2f{}")


class Cache:
    """A cache before the site as careless as may be: it keeps and gives to anybody whatever no header forbids."""

    def __init__(self):
        self.kept = {}

    def get(self, browser, address):
        """The answer, and whether it was kept for somebody else before."""
        if address in self.kept:
            return self.kept[address], True
        answer = browser.get(address)
        told = answer.headers.get("Cache-Control", "")
        if "no-store" not in told and "private" not in told:
            self.kept[address] = answer
        return answer, False


def pages(everybody):
    return [address for endpoint, address in everybody.addresses() if endpoint not in (LEAVING, PUBLIC_KEYS)]


@pytest.mark.parametrize("first", ["participant", "coordinator"])
def test_what_she_opens_through_a_shared_cache_never_reaches_another(everybody, first):
    cache, opened = Cache(), 0
    for address in pages(everybody):
        answer, _ = cache.get(everybody.people[first].client, address)
        opened += answer.status_code == 200
        _, was_kept = cache.get(everybody.people["nobody"].client, address)
        assert not was_kept, address
    assert opened > 10 and cache.kept == {}


def test_refusals_and_ways_back_are_not_kept_either(everybody):
    cache = Cache()
    for name in ("nobody", "participant"):
        for address in ["/en/nothing", "/nothing", "/en//today", "/healthz", "/readyz"]:
            cache.get(everybody.people[name].client, address)
    assert cache.kept == {}


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_every_answer_says_that_it_depends_on_who_asks(everybody, name):
    browser = everybody.people[name].client
    for address in pages(everybody):
        answer = browser.get(address)
        assert answer.headers["Cache-Control"] == "no-store", address
        assert answer.status_code == 308 or "cookie" in answer.vary, address


def test_what_is_kept_for_ever_is_the_same_for_everybody_and_sets_no_cookie(app, as_participant):
    texts = [visitor.get("home.welcome").text for visitor in (as_participant,) * 2]
    files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', "".join(texts))))
    assert len(files) >= 2
    for address in files:
        answers = [one.client.get(address) for one in (as_participant, Visitor(app))]
        assert [answer.headers["Cache-Control"] for answer in answers] == ["max-age=315360000, public, immutable"] * 2
        assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[], []]
        assert answers[0].data == answers[1].data and answers[0].status_code == 200
        for answer in answers:
            answer.close()


def test_the_keys_that_check_certificates_are_the_same_for_everybody_and_set_no_cookie(everybody):
    address = dict(everybody.addresses())[PUBLIC_KEYS]
    answers = [person.client.get(address) for person in everybody.people.values()]
    assert len({answer.data for answer in answers}) == 1
    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[]] * len(answers)


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_no_page_answers_under_an_address_that_looks_like_a_file(everybody, name):
    browser = everybody.people[name].client
    asked = [
        address for endpoint, address in everybody.addresses() if endpoint not in (LEAVING, PUBLIC_KEYS, "verify.code")
    ]
    own = {address for address in asked if browser.get(address).status_code == 200}
    assert len(own) > 20
    for address in sorted(own):
        for ending in LOOKS_LIKE_A_FILE if name == "participant" else LOOKS_LIKE_A_FILE[:2]:
            answer = browser.get(address.rstrip("/") + ending)
            assert answer.status_code in (302, 404), address + ending
            assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_answers_under_the_folder_of_files(as_participant):
    for before in AS_A_FILE_BEFORE:
        for page in ("/en/today", "/en/account", "/en/results"):
            answer = as_participant.client.get(before.format(page))
            assert answer.status_code in (301, 302, 308, 404), before.format(page)
            assert answer.headers["Cache-Control"] == "no-store"
