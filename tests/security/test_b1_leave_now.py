"""B1: Leave now is on every page, easy to reach and to hit; it blanks the page at once, line or no line, and ends the
session. Back shows no page of the course. Shift three times does the same where she switched it on; Esc does not.

What the address itself does, and that it works while others save, tests/safety/test_leave.py shows.
"""

import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.browser import DESK, PHONE, SMALLEST_PHONE, another, opener
from tests.security.routes import every_address, ids_of, in_language
from tests.tour import LANGUAGES

EXIT = "https://www.google.com/"
LEAST_PIXELS = 44
LESSON = 'main a[href*="/l/"] >> nth=0'
IS_BLANK = "() => document.documentElement.hidden && !document.title && !document.body.textContent"
PRESS_AND_LOOK = """selector => {
  document.querySelector(selector).click();
  return document.documentElement.hidden && !document.title && !document.body.textContent;
}"""
FOCUSED = "() => { const one = document.activeElement; return one.getAttribute('href') || one.tagName; }"


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


def read_a_lesson(surfer, language):
    """She is signed in and reads."""
    surfer.sign_in(surfer.live.people("participant", language)[1], language)
    surfer.open(f"/{language}/c/")
    surfer.press(LESSON)


def box_of_exit(surfer):
    return surfer.page.locator("a.exit").bounding_box()


def leave_by(surfer, act):
    """Do something, and wait until the browser asks for the everyday page, which is not let out."""
    with surfer.page.expect_event("requestfailed", lambda request: request.url == EXIT):
        act()


def cookie_of(surfer):
    return [one for one in surfer.context.cookies() if one["name"] == "sid"]


def test_every_page_and_every_refusal_begins_with_it(app, scene, looking_as):
    """After the link that skips to the content it is the first that a keyboard meets, in each language."""
    for viewer in ("anonymous", "cedar", "coordinator", "safety", "admin"):
        visitor, pages = looking_as(viewer), 0
        for _, path in every_address(app, ids_of(app, *scene.numbers)):
            first = visitor.client.get(path)
            again = [visitor.client.get(in_language(path, lang)) for lang in ("fr", "ar") if first.status_code == 200]
            for answer in (first, *again):
                if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303, 308):
                    pages += 1
                    links = answer.text.split("<a ")[1:3]
                    assert 'class="skip"' in links[0] and 'class="exit" href="/leave"' in links[1], path
                    assert answer.text.index('class="exit"') < answer.text.index("<main")
        assert pages > 20


@pytest.mark.browser
@pytest.mark.parametrize("width", [DESK, PHONE, SMALLEST_PHONE])
def test_it_stays_in_sight_and_is_large_enough_for_a_thumb(open_browser, language, width):
    with open_browser(width=width, language=language) as surfer:
        read_a_lesson(surfer, language)
        surfer.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        assert surfer.page.evaluate("window.scrollY") > 0
        box = box_of_exit(surfer)
        assert box["height"] >= LEAST_PIXELS and box["width"] >= LEAST_PIXELS
        assert box["y"] >= 0 and box["y"] + box["height"] <= 780
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


@pytest.mark.browser
def test_it_is_met_second_by_the_keyboard_and_enter_leaves(open_browser, language):
    with open_browser(language=language) as surfer:
        read_a_lesson(surfer, language)
        surfer.page.keyboard.press("Tab")
        assert surfer.page.evaluate(FOCUSED) == "#main"
        surfer.page.keyboard.press("Tab")
        assert surfer.page.evaluate(FOCUSED) == "/leave"
        leave_by(surfer, lambda: surfer.page.keyboard.press("Enter"))
        assert not surfer.has_session()


@pytest.mark.browser
def test_the_page_is_blank_within_the_press_itself_while_the_line_is_cut(open_browser, language):
    """Nothing is waited for: the same step of the script that takes the press has emptied the page."""
    with open_browser(language=language) as surfer:
        read_a_lesson(surfer, language)
        surfer.context.set_offline(True)
        assert surfer.page.evaluate(PRESS_AND_LOOK, "a.exit")


@pytest.mark.browser
def test_after_leaving_while_the_line_was_cut_the_old_cookie_is_dead(open_browser, language):
    with open_browser(language=language) as surfer:
        read_a_lesson(surfer, language)
        lesson, cookies = surfer.path, cookie_of(surfer)
        surfer.context.set_offline(True)
        with surfer.page.expect_event("requestfailed"):
            surfer.page.click("a.exit", no_wait_after=True)
        surfer.context.set_offline(False)
        surfer.open(lesson)
        assert surfer.path == f"/{language}/sign-in" and not surfer.has_session()
        surfer.context.add_cookies(cookies)
        surfer.open(lesson)
        assert surfer.path == f"/{language}/sign-in"


@pytest.fixture(scope="module")
def open_browser_with_memory(browser, live):
    """Windows of a browser that keeps the page it leaves, as people's browsers do."""
    with another(browser, with_memory=True) as one:
        yield opener(one, live)


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_back_shows_no_page_of_the_course(open_browser_with_memory, language, script):
    with open_browser_with_memory(language=language, script=script) as surfer:
        read_a_lesson(surfer, language)
        title, text = surfer.page.inner_text("h1"), surfer.page.inner_text("main p >> nth=0")
        leave_by(surfer, lambda: surfer.page.click("a.exit", no_wait_after=True))
        for _ in range(3):
            try:
                surfer.page.go_back(wait_until="load", timeout=5_000)
            except PlaywrightError:
                break  # there is nothing further back
            shown = surfer.page.evaluate("() => document.documentElement.outerHTML")
            assert title not in shown and text not in shown


@pytest.mark.browser
def test_shift_three_times_leaves_only_where_she_switched_it_on(open_browser, language):
    with open_browser(language=language) as surfer:
        read_a_lesson(surfer, language)
        press_shift(surfer)
        assert surfer.has_session() and not surfer.page.evaluate(IS_BLANK)
        surfer.open(f"/{language}/account")
        assert not surfer.page.is_checked("[name=exit_keys]")
        surfer.page.check("[name=exit_keys]")
        surfer.press('main form[action$="/account/save"] button')
        leave_by(surfer, lambda: press_shift(surfer))
        assert not surfer.has_session()
    with open_browser(language=language) as surfer:  # as she found it
        surfer.sign_in(surfer.live.people("participant", language)[1], language)
        surfer.open(f"/{language}/account")
        surfer.page.uncheck("[name=exit_keys]")
        surfer.press('main form[action$="/account/save"] button')


def press_shift(surfer):
    """Within one step of the script, so that a slow machine makes no pause of it."""
    surfer.page.evaluate(
        "() => { for (let i = 0; i < 3; i++) document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Shift'})); }"
    )


@pytest.mark.browser
def test_esc_stops_nothing_and_leaves_nothing(open_browser):
    with open_browser() as surfer:
        read_a_lesson(surfer, "en")
        lesson = surfer.path
        for _ in range(4):
            surfer.page.keyboard.press("Escape")
        assert surfer.path == lesson and surfer.has_session() and not surfer.page.evaluate(IS_BLANK)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_before_she_first_signs_in_she_is_told_that_history_remains(visitor, lang):
    """On the page that welcomes strangers, or the one about safety that it links to."""
    told = {"en": "history", "fr": "historique", "ar": "سجل"}[lang]
    welcome = visitor.get("home.welcome", lang=lang)
    assert f'href="/{lang}/privacy"' in welcome.text
    assert any(told in visitor.get(endpoint, lang=lang).words() for endpoint in ("home.welcome", "home.privacy"))
