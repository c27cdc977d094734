"""She answers and writes while the line is cut, the browser dies, another device or another language comes in between:
what the server acknowledged stands, what it has not is in the page, and the page says which is which."""

import os
import signal
import subprocess
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser import DESK, PHONE, another, opener
from tests.journeys.answering import (
    BACK,
    NEXT,
    OFFLINE,
    SIGNED_OUT,
    WARNING,
    answer_here,
    begin,
    check_window,
    chosen_here,
    end_session,
    expect_saved,
    expect_state,
    fail_to_send,
    go,
    number_here,
    on_server,
    resume,
    says,
    settle,
)
from tests.live import Live

pytestmark = pytest.mark.browser
CHECK = 'main aside [value="check"]'
HAND_IN = 'form[action$="/hand-in"] button'
TEXT = "Two villages stopped shooting.\n\nNobody wrote down who would watch it."


@pytest.fixture
def school(live: Live):
    return live.school


@pytest.fixture(scope="module")
def open_browser_with_memory(browser, live):
    """Windows of a browser that keeps the page it leaves, as people's browsers do."""
    with another(browser, with_memory=True) as one:
        yield opener(one, live)


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_answers_given_while_the_line_is_cut_reach_the_server(open_browser, live, school, language, width):
    account, given = school.newcomer(language), []
    with open_browser(width=width, language=language) as surfer:
        begin(surfer, account, language, school.ten)
        check_window(surfer, width=width)
        for _ in range(3):
            given.append(answer_here(surfer))
            expect_saved(surfer)
            go(surfer, NEXT)
        assert on_server(live, account) == 3

        surfer.context.set_offline(True)
        for waiting in range(1, 8):
            given.append(answer_here(surfer))
            expect_state(surfer, says(surfer, "unsaved") if waiting == 1 else says(surfer, "waiting", n=waiting))
            expect(surfer.page.locator(WARNING)).to_have_text(says(surfer, "offline"))
            if waiting < 7:
                go(surfer, NEXT)
        assert number_here(surfer) == 10
        assert on_server(live, account) == 3
        check_window(surfer, width=width, but=(OFFLINE,))

        surfer.context.set_offline(False)
        expect_saved(surfer)
        assert on_server(live, account) == 10

        surfer.press(NEXT)
        assert surfer.path.endswith("/check")
        check_window(surfer, width=width, but=(OFFLINE,))
        surfer.press(HAND_IN)
        shown = surfer.page.inner_text("main")
        assert [said for answer in given for said in answer if said not in shown] == []
        check_window(surfer, width=width, but=(OFFLINE,))


def test_a_browser_that_dies_loses_no_acknowledged_answer(browser, open_browser, live, school):
    account = school.newcomer("en")
    with another(browser) as doomed, opener(doomed, live)() as surfer:
        begin(surfer, account, "en", school.ten)
        answer_here(surfer, 1)
        expect_saved(surfer)
        chosen = chosen_here(surfer)
        kill(doomed)

    with open_browser() as surfer:
        resume(surfer, account, "en", school.ten)
        surfer.press("main a.btn")  # she goes on at the first question without an answer
        assert number_here(surfer) == 2
        surfer.open(f"/en{school.ten}/q/1")
        assert chosen_here(surfer) == chosen
        settle(surfer)
        go(surfer, NEXT)
        answer_here(surfer)
        expect_saved(surfer)
        assert on_server(live, account) == 2


def test_a_browser_that_dies_loses_at_most_the_last_two_seconds_of_typing(browser, open_browser, live, school):
    account = school.newcomer("en")
    with another(browser) as doomed, opener(doomed, live)() as surfer:
        surfer.sign_in(account, "en")
        surfer.open(f"/en{school.memo}")
        surfer.page.locator("#q1").press_sequentially("What was written first. ")
        surfer.page.wait_for_timeout(2_600)
        surfer.page.locator("#q1").press_sequentially("The last words")
        expect_state(surfer, says(surfer, "unsaved"))
        kill(doomed)

    with open_browser() as surfer:
        resume(surfer, account, "en", school.memo)
        assert surfer.page.input_value("#q1").startswith("What was written first.")


def kill(browser) -> None:
    """As a power cut would: every process of this browser, by its number."""
    here = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (main,) = [one["id"] for one in here if one["type"] == "browser"]
    family = subprocess.run(["ps", "--ppid", str(main), "-o", "pid="], capture_output=True, text=True).stdout.split()
    for number in (main, *map(int, family)):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


@pytest.mark.parametrize("question", [1, 2, 7], ids=["choice", "typed", "lists"])
def test_without_script_back_after_a_failed_save_keeps_the_answer(open_browser_with_memory, live, school, question):
    account = school.newcomer("en")
    with open_browser_with_memory(script=False) as surfer:
        begin(surfer, account, "en", school.ten)
        surfer.open(f"/en{school.ten}/q/{question}")
        answer_here(surfer, 1)
        chosen = chosen_here(surfer)
        surfer.context.set_offline(True)
        fail_to_send(surfer, NEXT)

        surfer.go_back()

        assert chosen_here(surfer) == chosen
        surfer.context.set_offline(False)
        surfer.press(NEXT)
        assert number_here(surfer) == question + 1
        assert on_server(live, account) == 1


def test_without_script_back_after_a_failed_save_keeps_the_text(open_browser_with_memory, live, school):
    account = school.newcomer("en")
    with open_browser_with_memory(script=False) as surfer:
        resume(surfer, account, "en", school.memo)
        surfer.page.fill("#q1", TEXT)
        surfer.context.set_offline(True)
        fail_to_send(surfer, '[value="check"]')

        surfer.go_back()

        assert surfer.page.input_value("#q1") == TEXT
        surfer.context.set_offline(False)
        surfer.press('[value="check"]')
        assert TEXT in surfer.page.inner_text(".sheet")


@pytest.mark.parametrize("question", [1, 2, 7], ids=["choice", "typed", "lists"])
def test_a_browser_that_forgot_the_page_sends_the_failed_save_again(open_browser, live, school, question):
    account = school.newcomer("en")
    with open_browser(script=False) as surfer:
        begin(surfer, account, "en", school.ten)
        surfer.open(f"/en{school.ten}/q/{question}")
        answer_here(surfer, 1)
        surfer.context.set_offline(True)
        fail_to_send(surfer, NEXT)
        with suppress(PlaywrightError):
            surfer.page.go_back(timeout=2_000)
        surfer.context.set_offline(False)
        surfer.page.wait_for_selector("main")
        assert on_server(live, account) == 0

        with suppress(PlaywrightError):
            surfer.page.go_forward(timeout=2_000)
        surfer.page.wait_for_timeout(1_000)
        surfer.page.reload()

        assert number_here(surfer) == question + 1
        assert on_server(live, account) == 1


def test_what_the_browser_keeps_is_gone_after_signing_out(open_browser_with_memory, live, school):
    account = school.newcomer("en")
    with open_browser_with_memory(script=False) as surfer:
        begin(surfer, account, "en", school.ten)
        answer_here(surfer)
        surfer.sign_out()

        surfer.go_back()

        assert surfer.path == "/en/sign-in"


@pytest.mark.parametrize("question", [1, 2, 7], ids=["choice", "typed", "lists"])
def test_with_script_a_failed_save_never_leaves_the_page(open_browser, live, school, question):
    account = school.newcomer("en")
    with open_browser() as surfer:
        begin(surfer, account, "en", school.ten)
        if question > 1:
            go(surfer, f'.qnav [value="{question}"]')
        surfer.context.set_offline(True)
        answer_here(surfer, 1)
        chosen = chosen_here(surfer)
        go(surfer, NEXT)
        go(surfer, BACK)
        assert chosen_here(surfer) == chosen

        surfer.context.set_offline(False)
        expect_saved(surfer)
        assert on_server(live, account) == 1


def test_with_script_a_failed_hand_in_never_leaves_the_text(open_browser, school):
    account = school.newcomer("en")
    with open_browser() as surfer:
        resume(surfer, account, "en", school.memo)
        surfer.context.set_offline(True)
        surfer.page.fill("#q1", TEXT)
        surfer.page.click('[value="check"]')
        expect_state(surfer, says(surfer, "unsaved"))
        assert surfer.page.input_value("#q1") == TEXT

        with surfer.page.expect_navigation():
            surfer.context.set_offline(False)

        assert TEXT in surfer.page.inner_text(".sheet")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_devices_that_answer_at_once_show_both_answers(open_browser, live, school, script):
    account = school.newcomer("en")
    with open_browser() as first, open_browser(script=script) as second:
        begin(first, account, "en", school.ten)
        resume(second, account, "en", f"{school.ten}/q/1")
        settle(second)
        mine = answer_here(first, 0)
        expect_saved(first)

        hers = answer_here(second, 1)
        if script:
            expect(second.page.locator(WARNING)).to_have_text(says(second, "conflict"))
        second.press(NEXT)

        assert second.last_document.status == 409
        sheets = second.page.locator(".split .sheet")
        kept = [sheets.nth(at).locator("label.opt:has(:checked)").inner_text().strip() for at in (0, 1)]
        assert kept == [*hers, *mine]
        check_window(second, width=DESK, but=("409",))
        second.press(".split .sheet >> nth=0 >> button")
        assert second.page.locator("label.opt:has(:checked)").inner_text().strip() == hers[0]
        first.page.reload()
        assert first.page.locator("label.opt:has(:checked)").inner_text().strip() == hers[0]
        assert steps_of(live, account) >= 3


def steps_of(live: Live, account) -> int:
    return live.rows(
        "SELECT count(*) FROM assessments_step WHERE kind = 'answer' AND attempt_id IN (SELECT attempt.id FROM"
        " assessments_attempt attempt JOIN cohorts_enrolment enrolment ON enrolment.id = attempt.enrolment_id"
        " WHERE enrolment.alias = ?)",
        account.login,
    )[0][0]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_windows_with_one_text_show_both_and_join_them(open_browser, school, script):
    account = school.newcomer("en")
    with open_browser() as first, open_browser(script=script, width=PHONE) as second:
        for surfer in (first, second):
            resume(surfer, account, "en", school.memo)
        first.page.fill("#q1", "From the desk.")
        first.page.press("#q1", "Tab")
        expect_saved(first)

        second.page.fill("#q1", "From the phone.")
        if script:
            second.page.press("#q1", "Tab")
            expect(second.page.locator(WARNING)).to_have_text(says(second, "conflict"))
            second.page.fill("#q1", "From the phone, and more.")
            second.page.wait_for_timeout(2_600)
            assert says(second, "conflict") == second.page.inner_text(WARNING)
        second.press('[value="stay"]')

        assert second.last_document.status == 409
        sheets = second.page.locator(".split .sheet")
        assert "From the phone" in sheets.nth(0).inner_text()
        assert any("From the desk." in text for text in sheets.all_inner_texts()[1:])
        check_window(second, width=PHONE, but=("409",))
        second.page.fill("#jt", "From the desk.\n\nFrom the phone.")
        second.press("section.gap button")
        assert second.page.input_value("#q1") == "From the desk.\n\nFrom the phone."
        first.page.reload()
        assert first.page.input_value("#q1") == "From the desk.\n\nFrom the phone."


def test_a_disputed_answer_does_not_keep_others_from_being_saved(open_browser, live, school):
    account = school.newcomer("en")
    with open_browser() as first, open_browser() as second:
        begin(first, account, "en", school.ten)
        resume(second, account, "en", f"{school.ten}/q/1")
        settle(second)
        second.context.set_offline(True)
        answer_here(second, 1)
        go(second, NEXT)
        answer_here(second)
        answer_here(first, 0)
        expect_saved(first)

        second.context.set_offline(False)

        expect(second.page.locator(WARNING)).to_have_text(says(second, "conflict"))
        with second.page.expect_response(lambda answer: answer.status == 409):
            second.page.click(NEXT)
        expect(second.page.locator(".split .sheet")).to_have_count(2)
        assert on_server(live, account) == 2


def test_another_language_shows_what_was_just_answered(open_browser, school):
    account = school.newcomer("en")
    with open_browser() as surfer:
        begin(surfer, account, "en", school.ten)
        order = chosen_here(surfer)
        go(surfer, '.qnav [value="2"]')
        surfer.page.fill(".question input.w-m", "not sent yet")

        surfer.press('.langs a[hreflang="ar"]')

        assert surfer.path == f"/ar{school.ten}/q/2"
        assert surfer.page.input_value(".question input.w-m") == "not sent yet"
        surfer.open(f"/ar{school.ten}/q/1")
        assert chosen_here(surfer) == order
        check_window(surfer, width=DESK)


def test_without_script_buttons_change_the_language_and_save(open_browser, school):
    account = school.newcomer("en")
    with open_browser(script=False, width=PHONE) as surfer:
        begin(surfer, account, "en", school.ten)
        answer_here(surfer, 2)
        chosen = chosen_here(surfer)

        surfer.press('main aside button[value="fr"]')

        assert surfer.path == f"/fr{school.ten}/q/1"
        assert chosen_here(surfer) == chosen
        check_window(surfer, width=PHONE)


@pytest.mark.parametrize(("language", "width"), [("en", DESK), ("ar", PHONE)])
def test_an_assignment_is_saved_handed_in_taken_back_and_handed_in_again(open_browser, live, school, language, width):
    account = school.newcomer(language)
    with open_browser(language=language, width=width) as surfer:
        resume(surfer, account, language, school.memo)
        surfer.page.locator("#q1").press_sequentially("Five words – are in it.")
        expect_state(surfer, says(surfer, "unsaved"))
        surfer.page.wait_for_timeout(2_600)
        expect_saved(surfer)
        counted = surfer.page.inner_text("#wc")
        check_window(surfer, width=width)

        surfer.press('[value="stay"]')
        assert surfer.page.inner_text("#wc") == counted
        surfer.press('[value="check"]')
        check_window(surfer, width=width)
        surfer.press(HAND_IN)
        first_code = surfer.page.inner_text("#received .code >> nth=0")
        check_window(surfer, width=width)

        surfer.press('form[action$="/take-back"] button')
        surfer.page.fill("#q1", TEXT)
        surfer.press('[value="check"]')
        surfer.press(HAND_IN)
        assert surfer.page.inner_text("#received .code >> nth=0") != first_code
        assert TEXT.split("\n")[0] in surfer.page.inner_text(".sheet")


def test_back_after_handing_in_shows_nothing_that_could_overwrite(open_browser_with_memory, live, school):
    account = school.newcomer("en")
    with open_browser_with_memory() as surfer:
        resume(surfer, account, "en", school.memo)
        surfer.page.fill("#q1", TEXT)
        surfer.press('[value="check"]')
        surfer.press(HAND_IN)

        surfer.go_back()
        surfer.go_back()

        expect(surfer.page.locator("#q1")).to_have_count(0)
        assert TEXT.split("\n")[0] in surfer.page.inner_text(".sheet")


def test_without_script_a_form_from_before_handing_in_is_kept_aside(open_browser_with_memory, live, school):
    account = school.newcomer("en")
    with open_browser_with_memory(script=False) as surfer:
        resume(surfer, account, "en", school.memo)
        surfer.page.fill("#q1", TEXT)
        surfer.press('[value="check"]')
        surfer.press(HAND_IN)
        surfer.go_back()
        surfer.go_back()
        if surfer.page.locator("#q1").count():
            surfer.page.fill("#q1", "Something else.")
            surfer.press('[value="stay"]')
            assert surfer.last_document.status == 409
            assert "Something else." in surfer.page.inner_text("main")

        surfer.open(f"/en{school.memo}/result")

        assert TEXT.split("\n")[0] in surfer.page.inner_text(".sheet")


def test_a_session_that_ended_keeps_the_text_until_she_is_back(open_browser, live, school):
    account = school.newcomer("en")
    with open_browser() as surfer:
        resume(surfer, account, "en", school.memo)
        surfer.page.fill("#q1", "Before.")
        surfer.page.press("#q1", "Tab")
        expect_saved(surfer)
        end_session(live, account)

        surfer.page.fill("#q1", TEXT)
        surfer.page.press("#q1", "Tab")

        expect(surfer.page.locator(WARNING)).to_have_text(says(surfer, "ended"))
        expect_state(surfer, says(surfer, "unsaved"))
        assert surfer.page.input_value("#q1") == TEXT
        other = surfer.context.new_page()
        other.goto(f"{live.base_url}/en/sign-in")
        other.fill("[name=login]", account.login)
        other.fill("[name=password]", account.password)
        with other.expect_navigation():
            other.click("main form button")
        other.close()
        surfer.page.bring_to_front()
        surfer.page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect_saved(surfer)
        check_window(surfer, width=DESK, but=(SIGNED_OUT,))
        surfer.page.reload()
        assert surfer.page.input_value("#q1") == TEXT


def test_somebody_else_who_signs_in_is_not_given_her_text(open_browser, live, school):
    account, other_account = school.newcomer("en"), school.newcomer("en")
    with open_browser() as surfer:
        resume(surfer, account, "en", school.memo)
        end_session(live, account)
        surfer.page.fill("#q1", TEXT)
        surfer.page.press("#q1", "Tab")
        expect(surfer.page.locator(WARNING)).to_have_text(says(surfer, "ended"))
        other = surfer.context.new_page()
        other.goto(f"{live.base_url}/en/sign-in")
        other.fill("[name=login]", other_account.login)
        other.fill("[name=password]", other_account.password)
        with other.expect_navigation():
            other.click("main form button")
        other.close()

        surfer.page.evaluate("window.dispatchEvent(new Event('focus'))")
        surfer.page.wait_for_timeout(1_000)

        expect_state(surfer, says(surfer, "unsaved"))
        assert steps_of(live, other_account) == 0
