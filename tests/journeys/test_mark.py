"""She marks a pile of texts with the keyboard alone, at a desk and on a phone; nobody sees a mark before its release,
and two who mark one text overwrite nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser import DESK, PHONE, SMALLEST_PHONE, Surfer
from tests.live import Live

pytestmark = pytest.mark.browser
SAVED, RELEASE = "#saved", 'form[action$="/release/now"] button'


@pytest.fixture
def school(live: Live):
    return live.school


def open_queue(surfer: Surfer, account, language: str) -> None:
    surfer.sign_in(account, language)
    surfer.open(f"/{language}/grading?show=all")


def waiting(live: Live, language: str) -> int:
    """How many of the writers' texts in this language are handed in and not marked."""
    return live.rows(
        "SELECT count(*) FROM assessments_attempt attempt JOIN cohorts_enrolment enrolment"
        " ON enrolment.id = attempt.enrolment_id WHERE enrolment.alias LIKE ? AND attempt.state = 'handed in'",
        f"writer-{language}%",
    )[0][0]


def criteria(surfer: Surfer) -> int:
    return surfer.page.locator("#marks .crit").count()


def check_window(surfer: Surfer, width: int) -> None:
    widths = (PHONE, SMALLEST_PHONE) if width == PHONE else (width,)
    assert surfer.widths_that_scroll_sideways(*widths) == [], surfer.path
    surfer.page.set_viewport_size({"width": width, "height": 780})
    assert (surfer.abroad, surfer.complaints) == ([], [])


def mark_by_keys(surfer: Surfer, text: str) -> None:
    """Levels by digits, one comment, the feedback, and on: no pointer."""
    keys = surfer.page.keyboard
    for _ in range(criteria(surfer)):
        keys.press("3")
    keys.press("ArrowUp")
    keys.press("4")
    keys.press("c")
    keys.type("Well seen.")
    keys.press("Escape")
    surfer.page.evaluate("document.activeElement.blur()")
    keys.press("f")
    keys.type(text)
    with surfer.page.expect_navigation():
        keys.press("Control+Enter")


@pytest.mark.parametrize(("language", "width", "texts"), [("en", DESK, 24), ("ar", PHONE, 10)])
def test_a_pile_is_marked_by_keyboard_alone(open_browser, live, school, language, width, texts):
    before = waiting(live, language)
    with open_browser(language=language, width=width) as surfer:
        surfer.sign_in(school.tutor(language), language)
        surfer.open(f"/{language}/grading")
        check_window(surfer, width)
        surfer.page.keyboard.press("j")
        surfer.page.keyboard.press("j")
        surfer.page.keyboard.press("k")
        with surfer.page.expect_navigation():
            surfer.page.keyboard.press("Enter")
        check_window(surfer, width)
        for number in range(texts):
            mark_by_keys(surfer, f"One strength, one next step: {number}.")
        check_window(surfer, width)

    assert before - waiting(live, language) == texts


def test_two_texts_are_marked_without_script(open_browser, live, school):
    before = waiting(live, "en")
    with open_browser(script=False) as surfer:
        open_queue(surfer, school.tutor("en"), "en")
        surfer.press("tbody a >> nth=0")
        for _ in range(2):
            for place in range(criteria(surfer)):
                surfer.page.locator(f"#marks .crit >> nth={place} >> input[type=radio] >> nth=0").focus()
                for _ in range(3):
                    surfer.page.keyboard.press("ArrowRight")
            surfer.page.locator("#feedback").focus()
            surfer.page.keyboard.type("One strength, one next step.")
            for _ in range(12):
                surfer.page.keyboard.press("Tab")
                if surfer.page.evaluate("document.activeElement.value") == "next":
                    break
            with surfer.page.expect_navigation():
                surfer.page.keyboard.press("Enter")
        check_window(surfer, DESK)

    assert before - waiting(live, "en") == 2


def test_marks_are_seen_only_after_their_release(open_browser, live, school):
    with open_browser() as marker, open_browser() as writer:
        open_queue(marker, school.tutor("en"), "en")
        link = marker.page.locator('tbody tr:has(.tag:not(.ok)) a[href*="/grading/"]').first
        account = next(one for one in school.people if one.login == link.inner_text())
        with marker.page.expect_navigation():
            link.click()
        mark_by_keys(marker, "You named who watches the line.")
        writer.sign_in(account, "en")
        writer.open(f"/en{school.marked}")
        assert "You named who watches the line." not in writer.page.inner_text("main")

        marker.open("/en/grading/release")
        check_window(marker, DESK)
        while marker.page.locator(RELEASE).count():  # 25 at a time
            marker.press(f"{RELEASE} >> nth=0")

        writer.page.reload()
        assert "You named who watches the line." in writer.page.inner_text("main")
        check_window(writer, DESK)


def test_two_who_mark_one_text_see_both_versions(open_browser, live, school):
    with open_browser() as first, open_browser(width=PHONE, language="ar") as second:
        open_queue(first, school.tutor("en"), "en")
        address = first.page.locator('tbody tr:has(.tag:not(.ok)) a[href*="/grading/"]').last.get_attribute("href")
        open_queue(second, school.tutor("ar"), "ar")
        first.open(address)
        second.open(address.replace("/en/", "/ar/", 1))
        first.page.keyboard.press("2")
        expect(first.page.locator(SAVED)).to_have_class("save")

        second.page.locator("#feedback").fill("مكتوب على الهاتف")
        second.page.wait_for_timeout(3_000)
        second.press('[value="draft"]')

        assert second.last_document.status == 409
        assert "مكتوب على الهاتف" in second.page.inner_text("main")
        assert second.widths_that_scroll_sideways(PHONE, SMALLEST_PHONE) == []
        first.page.reload()
        assert first.page.locator("#marks .crit >> nth=0 >> input:checked").get_attribute("value") == "2"
