"""She signs in, reads, goes away, comes back where she was, and can leave at once: in three languages, on a phone and
at a desk, with script and without."""

import os
from pathlib import Path

import pytest

from tests.browser import DESK, PHONE, SMALLEST_PHONE, Surfer
from tests.live import Account
from tests.tour import LANGUAGES, TOUR, visit

pytestmark = pytest.mark.browser
OTHER_LANGUAGE = {"en": "ar", "fr": "en", "ar": "fr"}
LATER = 5
"""Lessons of the second module, which is open too."""

EXIT = "https://www.google.com/"
NEXT_STEP = "main .card.key a.btn"
READ_ON = 'main form[action$="/read"] button'
SCREENS = Path(__file__).parents[2] / "docs" / "screens"


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def width(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def surfer(request, open_browser, language, width):
    with open_browser(width=width, script=request.param, language=language) as surfer:
        yield surfer


def sign_in_as_a_reader(surfer: Surfer, language: str) -> Account:
    """Be signed in as somebody of that language who has at least two lessons of the first module before her."""
    for account in surfer.live.people("participant", language):
        surfer.sign_in(account, language)
        read, open_lessons = (int(surfer.page.get_attribute("progress", name)) for name in ("value", "max"))
        if open_lessons - read >= LATER + 2:
            return account
        surfer.sign_out()
    raise AssertionError(f"nobody who reads {language} has two lessons left")


def the_one_next_step(surfer: Surfer) -> str:
    """The address that Today leads to."""
    steps = surfer.page.locator(NEXT_STEP)
    assert steps.count() == 1
    return steps.get_attribute("href")


def check_page(surfer: Surfer, language: str, width: int) -> None:
    """What must be true of every page on the way."""
    assert surfer.page.get_attribute("html", "lang") == language
    assert surfer.page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    widths = (PHONE, SMALLEST_PHONE) if width == PHONE else (width,)
    assert surfer.widths_that_scroll_sideways(*widths) == [], surfer.path
    assert surfer.abroad == []
    assert surfer.complaints == []


def test_reading_goes_on_where_it_stopped(surfer, language, width):
    account = sign_in_as_a_reader(surfer, language)
    assert surfer.path == f"/{language}/today"
    check_page(surfer, language, width)

    lesson = the_one_next_step(surfer)
    surfer.press(NEXT_STEP)
    assert surfer.path == lesson
    check_page(surfer, language, width)

    surfer.press(READ_ON)
    following = surfer.path
    assert following.startswith(f"/{language}/l/")
    assert following != lesson
    check_page(surfer, language, width)

    surfer.sign_out()
    assert not surfer.has_session()
    surfer.open(following)
    assert surfer.path == f"/{language}/sign-in"

    surfer.sign_in(account, language)
    assert the_one_next_step(surfer) == following
    check_page(surfer, language, width)


def test_another_language_shows_the_same_lesson(surfer, language, width):
    other = OTHER_LANGUAGE[language]
    sign_in_as_a_reader(surfer, language)
    surfer.press(NEXT_STEP)
    here, title = surfer.path, surfer.page.inner_text("h1")

    surfer.press(f'.langs a[hreflang="{other}"]')

    assert surfer.path == here.replace(f"/{language}/", f"/{other}/", 1)
    assert surfer.page.inner_text("h1") != title
    check_page(surfer, other, width)

    surfer.press(f'.langs a[hreflang="{language}"]')

    assert (surfer.path, surfer.page.inner_text("h1")) == (here, title)


def test_leave_now_ends_the_session_and_goes_to_an_everyday_page(surfer, language):
    sign_in_as_a_reader(surfer, language)
    surfer.press(NEXT_STEP)
    lesson, cookies = surfer.path, surfer.context.cookies()
    assert surfer.abroad == []

    with surfer.page.expect_event("requestfailed", lambda request: request.url == EXIT):
        surfer.page.click("a.exit")

    assert surfer.abroad == [EXIT]
    assert not surfer.has_session()
    surfer.context.add_cookies([cookie for cookie in cookies if cookie["name"] == "sid"])
    surfer.open(lesson)
    assert surfer.path == f"/{language}/sign-in", "the old cookie still opens a lesson"


@pytest.mark.parametrize("script", [True, False])
def test_a_page_wider_than_the_window_would_be_found(open_browser, script):
    with open_browser(width=PHONE, script=script) as surfer:
        surfer.open("/en/")
        surfer.page.eval_on_selector("h1", "heading => { heading.style.width = '400px' }")

        assert surfer.widths_that_scroll_sideways(PHONE, 500, SMALLEST_PHONE) == [PHONE, SMALLEST_PHONE]


NAMED_PAGES = (
    "sign-in",
    "today",
    "outline",
    "lesson",
    "account",
    "welcome",
    "privacy",
    "accessibility",
    "error-404",
    "enrol",
    "question",
    "question-lists",
    "check",
    "review",
    "assignment",
    "text-result",
    "queue",
    "submission",
    "two-versions",
    "marks",
    "marks-one",
    "results",
    "cohort",
    "participants",
    "participant",
    "cohorts",
    "cohort-new",
    "cohort-dates",
    "cohort-staff",
    "upload",
    "list",
    "invitations",
    "sending",
    "sheets",
    "place",
    "ready",
    "completion",
    "completion-one",
    "messages",
    "message-looked-at",
    "requests",
    "help",
    "more-time",
    "calendar",
    "certificate-missing",
    "certificate",
    "certificate-choices",
    "verify-answer",
)

if os.environ.get("LMS_SCREENS"):

    @pytest.mark.parametrize("page", NAMED_PAGES)
    def test_screens_of_the_named_pages_are_kept(open_browser, page, language, width):
        SCREENS.mkdir(parents=True, exist_ok=True)
        with open_browser(width=width, language=language) as surfer:
            visit(surfer, TOUR[page], language)
            surfer.page.screenshot(path=SCREENS / f"{page}.{language}.{width}.png", full_page=True)
