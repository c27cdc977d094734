import pytest

from lms.audit.dictionary import RETENTION_TEXTS
from tests.cast import DAY, NOW
from tests.client import Visitor

LANGUAGES = ("en", "fr", "ar")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "endpoint", ["home.welcome", "home.privacy", "home.accessibility", "accounts.sign_in", "accounts.enrol"]
)
def test_everybody_may_read_the_public_pages(visitor, endpoint, lang):
    visitor.get(endpoint, lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("endpoint", ["home.today", "modules.courses", "accounts.account"])
def test_all_else_asks_to_sign_in_first(visitor, endpoint, lang):
    assert visitor.get(endpoint, lang=lang, expect=302).location.startswith(f"/{lang}/sign-in?next=")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_today_has_the_one_next_step(as_participant, cast, lang):
    page = as_participant.get("home.today", lang=lang)
    assert page.text.count('class="btn"') == 1
    assert f"m1-words in {lang}" in page.words()


def test_today_greets_by_her_own_clock_and_zone(as_participant, clock):
    page = as_participant.get("home.today")
    assert "Good afternoon, Cedar" in page.words() and "Tuesday 13 April 2027" in page.words()
    clock.at = NOW + DAY / 2 + DAY / 24 * 4
    assert "Good morning, Cedar" in as_participant.get("home.today").words()


def test_who_has_read_everything_is_led_to_the_first_task(as_participant, cast):
    for node in ("m1-words", "m1-types", "m1-success"):
        as_participant.post("modules.mark_read", lesson_id=cast.nodes[node])
    text = as_participant.get("home.today").words()
    assert "Title of m1-quiz" in text and "Due Wednesday 14 April 2027" in text


def test_who_is_in_no_course_is_told_so(app, cast):
    assert "No course yet" in Visitor(app).signed_in(cast.stranger).get("home.today").words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_privacy_page_prints_the_retention_table(visitor, lang, app):
    page = visitor.get("home.privacy", lang=lang)
    assert page.text.count('<th scope="row">') == len(RETENTION_TEXTS)


def test_the_process_is_alive_and_ready(visitor):
    assert visitor.get("machine.healthz").text == "alive\n"
    assert visitor.get("machine.readyz").text == "ready\n"
