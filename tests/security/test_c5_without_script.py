"""C5: the whole way without JavaScript, as a browser for onion addresses shows it: signing in, reading, a quiz, an
assignment, leaving. No page of the way has a script that is needed.
"""

import pytest

from tests.browser import DESK, PHONE
from tests.journeys.answering import NEXT, answer_here, number_here, on_server
from tests.tour import LANGUAGES

pytestmark = pytest.mark.browser
LESSON = 'main a[href*="/l/"] >> nth=0'
READ_ON = 'main form[action$="/read"] button'
START = 'main form[action$="/start"] button'
HAND_IN = 'form[action$="/hand-in"] button'
QUESTIONS = 10


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def surfer(request, open_browser, language):
    with open_browser(width=request.param, script=False, language=language) as surfer:
        yield surfer
        assert surfer.abroad == [] and surfer.complaints == []


def test_she_signs_in_reads_takes_a_quiz_and_sees_her_result(surfer, live, language):
    account = live.school.newcomer(language)
    surfer.sign_in(account, language)
    assert surfer.path == f"/{language}/today"

    surfer.open(f"/{language}{live.school.ten}")
    module = surfer.page.get_attribute("main a.back", "href")
    surfer.press(START)
    for number in range(1, QUESTIONS + 1):
        assert number_here(surfer) == number
        answer_here(surfer)
        surfer.press(NEXT)
    assert surfer.path.endswith("/check") and on_server(live, account) == QUESTIONS
    surfer.press(HAND_IN)
    surfer.open(f"/{language}{live.school.ten}/result")
    assert surfer.last_document.status == 200 and surfer.page.locator("main h1").count() == 1

    surfer.open(module)
    surfer.press(LESSON)
    lesson = surfer.path
    surfer.press(READ_ON)
    assert surfer.path != lesson and surfer.path.startswith(f"/{language}/")


def test_she_writes_hands_in_and_takes_back(surfer, live, language):
    account = live.school.newcomer(language)
    surfer.sign_in(account, language)
    surfer.open(f"/{language}{live.school.memo}")
    surfer.page.fill("#q1", "Two villages stopped shooting at noon.")
    surfer.press('button[value="check"]')
    surfer.press(HAND_IN)
    surfer.open(f"/{language}{live.school.memo}/result")
    assert "Two villages" in surfer.page.inner_text("main")
    surfer.open(f"/{language}{live.school.memo}")
    surfer.press('main form[action$="/take-back"] button')
    assert surfer.page.input_value("#q1").startswith("Two villages")


def test_she_changes_her_settings_ends_her_other_sessions_and_leaves(surfer, live, language):
    account = live.school.newcomer(language)
    surfer.sign_in(account, language)
    for path in (
        "/account",
        "/account/sessions",
        "/account/sign-in",
        "/account/safety",
        "/account/who-sees",
        "/report",
    ):
        surfer.open(f"/{language}{path}")
        assert surfer.last_document.status == 200, path
    surfer.open(f"/{language}/account")
    surfer.press('main form[action$="/account/save"] button')
    assert surfer.path == f"/{language}/account"
    surfer.sign_out()
    assert not surfer.has_session()
