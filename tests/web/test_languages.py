import re

import pytest


@pytest.mark.parametrize(("accepted", "lang"), [("ar,en;q=0.5", "ar"), ("fr-CA", "fr"), ("sw", "en"), ("", "en")])
def test_an_address_without_language_leads_to_the_readers_own(visitor, accepted, lang):
    answer = visitor.client.get("/privacy?a=b", headers={"Accept-Language": accepted})
    assert (answer.status_code, answer.location) == (302, f"/{lang}/privacy?a=b")
    assert visitor.client.get("/", headers={"Accept-Language": accepted}).location == f"/{lang}/"


def test_the_account_decides_before_the_browser(app, cast):
    from tests.client import Visitor

    nour = Visitor(app).signed_in(cast.nour)
    assert nour.client.get("/today", headers={"Accept-Language": "en"}).location == "/ar/today"


@pytest.mark.parametrize("address", ["/nothing", "/en/nothing", "/xx/", "/today/more", "/EN/today"])
def test_an_address_that_is_none_is_none_in_any_language(visitor, address):
    visitor.get(address, expect=404)


@pytest.mark.parametrize("endpoint", ["home.today", "accounts.account"])
def test_each_page_links_to_itself_in_the_other_languages(as_participant, endpoint):
    page = as_participant.get(endpoint)
    here = page.response.request.path.removeprefix("/en")
    for lang in ("fr", "ar"):
        assert f'href="/{lang}{here}"' in page.text
        as_participant.get(f"/{lang}{here}")


def test_a_lesson_keeps_its_place_when_the_language_is_switched(as_participant, cast):
    address = f"/l/{cast.nodes['m1-types']}"
    assert f'href="/ar{address}"' in as_participant.get(f"/en{address}").text


def test_a_page_that_was_sent_links_to_a_page_that_can_be_opened(visitor):
    page = visitor.post("accounts.sign_in_post", data={"login": "x", "password": "y"}, expect=422)
    assert 'href="/fr/sign-in"' in page.text
    for href in re.findall(r'<a href="(/(?:fr|ar)/[^"]*)" lang', page.text):
        visitor.get(href)


def test_arabic_pages_run_from_right_to_left(visitor):
    assert '<html lang="ar" dir="rtl"' in visitor.get("home.welcome", lang="ar").text


def test_a_refused_settings_page_links_back_to_the_settings(as_participant):
    page = as_participant.post("accounts.save_account", data={"theme": "pink"}, expect=422)
    assert 'href="/ar/account"' in page.text


def test_a_page_that_is_not_there_links_to_the_same_address(visitor):
    page = visitor.get("/en/nothing/here", expect=404)
    assert 'href="/ar/nothing/here"' in page.text
