"""She is through: a coordinator decides, she chooses, the worker draws, and somebody without an account checks it."""

import io
import time

import pikepdf
import pytest

from lms.certificates.reading import find_token
from tests.browser import DESK, PHONE
from tests.live import Live

pytestmark = pytest.mark.browser
PATIENCE_SECONDS = 60
GRADUATE, ALIAS = "en8", "Slate"
"""Somebody of the demo whom no other story needs."""

MARGIN = {"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}


def alumna(live: Live):
    return next(one for one in live.people("participant", "en") if one.login.startswith("alumna"))


def wait_for_documents(surfer) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while surfer.page.locator('a[href*=".pdf"]').count() == 0:
        assert time.monotonic() < until, "the worker did not draw the documents"
        time.sleep(0.5)
        surfer.page.reload()


def test_from_the_decision_to_a_check_by_a_stranger_without_script(live, open_browser):
    account = next(one for one in live.people("participant", "en") if one.login == GRADUATE)
    cohort = live.pages["participant.course"].removeprefix("/c/")
    with open_browser(script=False) as coordinator:
        coordinator.sign_in(live.people("coordinator", "en")[0], "en")
        coordinator.open(f"/en/cohort/{cohort}/completion")
        coordinator.press(f'tbody a:has-text("{ALIAS}")')
        coordinator.page.fill("#reason", "She did all of it in another way.")
        coordinator.press('button[value="complete"]')
        assert coordinator.page.locator(".notice.ok").count() == 1

    with open_browser(width=PHONE, script=False) as holder:
        holder.sign_in(account, "en")
        holder.open("/en/results")
        holder.press('main a[href*="/results/certificate"]')
        holder.page.check('input[name="named"][value="alias"]')
        holder.page.check('input[name="languages"][value="ar"]')
        holder.page.check('input[name="shown"][value="name"]')
        holder.press('button[formaction$="/preview"]')
        assert holder.page.locator("aside .cert .who").inner_text() == ALIAS
        holder.press('main form[action$="/issue"] > .actions > button:not([formaction])')
        assert holder.page.locator("h1").inner_text() == ALIAS
        assert holder.widths_that_scroll_sideways(320, PHONE) == []
        wait_for_documents(holder)
        code = holder.page.locator(".cert .code").inner_text()
        addresses = [link.get_attribute("href") for link in holder.page.locator('a[href*=".pdf"]').all()]
        documents = [holder.context.request.get(live.base_url + str(address)).body() for address in addresses]
        assert len(documents) == 2 and len({find_token(one) for one in documents}) == 2

    with open_browser(width=PHONE, script=False) as checker:
        checker.open("/en/verify")
        checker.page.fill("#code", code.lower().replace("-", " "))
        checker.press('form[action$="/check"] button')
        assert "This certificate is valid" in checker.page.inner_text("main")
        assert ALIAS in checker.page.inner_text("dl")
        files = {"name": "document.pdf", "mimeType": "application/pdf", "buffer": documents[1]}
        checker.page.set_input_files("#document", files)
        checker.press('form[action$="/file"] button')
        assert "The signature is genuine" in checker.page.inner_text("main")
        assert not checker.has_session() and (checker.abroad, checker.complaints) == ([], [])


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_page_of_a_certificate_prints_on_one_page(live, open_browser, language):
    with open_browser(width=DESK, language=language) as surfer:
        surfer.sign_in(alumna(live), language)
        surfer.open(f"/{language}/results/certificate")
        for options in ({"format": "A4"}, {"format": "A4", "landscape": True}, {"format": "Letter"}):
            printed = surfer.page.pdf(margin=MARGIN, **options)
            with pikepdf.open(io.BytesIO(printed)) as pdf:
                assert len(pdf.pages) == 1, options


def test_a_square_code_fills_the_field_and_one_press_checks_it(live, open_browser):
    with open_browser() as holder:
        holder.sign_in(alumna(live), "en")
        holder.open("/en/results/certificate")
        wait_for_documents(holder)
        address = str(holder.page.locator('a[href*="/verify#"]').get_attribute("href"))

    with open_browser(width=PHONE) as checker:
        checker.open(address)
        assert checker.page.input_value("#code") == address.partition("#")[2]
        checker.press('form[action$="/check"] button')
        assert "The signature is genuine" in checker.page.inner_text("main")
        assert checker.stored() == {"local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}

    with open_browser(width=PHONE, script=False) as checker:
        checker.open(address)
        assert checker.page.input_value("#code") == ""
        assert "Did a square code bring you here?" in checker.page.inner_text("main")
