"""B5: whatever ends a session leaves nothing of it in the browser: cookies go, storage is told to be cleared, and a
page that was open is not shown again. Nothing is stored offline (B3), so there is nothing else to wipe.
"""

import pytest
from playwright.sync_api import Error as PlaywrightError

from lms.accounts.models import Person
from lms.kernel.db import db, transaction
from tests.browser import another, opener
from tests.cast import DAY, LANGUAGES, NOW
from tests.client import Visitor
from tests.journeys.answering import NOTHING, end_session

LESSON = 'main a[href*="/l/"] >> nth=0'


def signs_out(visitor):
    return visitor.post("accounts.sign_out")


def leaves(visitor):
    return visitor.get("safety.leave", expect=303)


def travels(visitor):
    return visitor.post("devices.travel", data={"until": (NOW + 3 * DAY).date().isoformat()})


def loses_a_device(visitor):
    return visitor.post("devices.lock")


@pytest.mark.parametrize("way", [signs_out, leaves, travels, loses_a_device], ids=lambda way: way.__name__)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_browser_is_told_to_forget_and_keeps_no_cookie_of_a_session(app, cast, lang, way):
    visitor = Visitor(app)
    data = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    visitor.post("accounts.sign_in_post", data=data, lang=lang)
    token = visitor.client.get_cookie("sid").value
    answer = way(visitor)
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert visitor.client.get_cookie("sid") is None and answer.headers["Cache-Control"] == "no-store"
    visitor.client.set_cookie("sid", token)
    assert visitor.get("home.today", expect=302).location.startswith("/en/sign-in")


@pytest.mark.parametrize("way", [leaves, travels, loses_a_device], ids=lambda way: way.__name__)
def test_who_leaves_in_a_hurry_is_not_known_by_the_browser_either(app, cast, way):
    visitor = Visitor(app)
    visitor.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": cast.cedar.passphrase})
    assert visitor.client.get_cookie("known") is not None
    way(visitor)
    assert visitor.client.get_cookie("known") is None


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_disabled_account_is_shown_nothing_with_its_next_request(app, cast, as_participant, accept):
    before = as_participant.get("home.today").words()
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.cedar.id).disabled_at = NOW
    answer = as_participant.client.get("/en/today", headers={"Accept": accept})
    assert answer.status_code == 302 and cast.cedar.shown_name not in answer.text and before
    assert "Cedar" not in as_participant.get("home.welcome").words()


@pytest.fixture(scope="module")
def open_browser_with_memory(browser, live):
    """Windows of a browser that keeps the page it leaves, as people's browsers do."""
    with another(browser, with_memory=True) as one:
        yield opener(one, live)


@pytest.mark.browser
def test_a_device_that_was_signed_out_elsewhere_shows_and_holds_nothing(open_browser_with_memory, live):
    account = live.school.newcomer("en")
    with open_browser_with_memory() as surfer:
        surfer.sign_in(account, "en")
        surfer.open(f"/en{live.school.memo}")
        surfer.press("main a.back")
        surfer.press(LESSON)
        title, text = surfer.page.inner_text("h1"), surfer.page.inner_text("main p >> nth=0")
        end_session(live, account)
        surfer.page.reload()
        assert surfer.path == "/en/sign-in" and surfer.stored() == NOTHING
        for _ in range(2):
            try:
                surfer.page.go_back(wait_until="load", timeout=5_000)
            except PlaywrightError:
                break
            shown = surfer.page.evaluate("() => document.documentElement.outerHTML")
            assert title not in shown and text not in shown
