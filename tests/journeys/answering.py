"""What somebody does with the pages of a quiz and of an assignment."""

import time

from playwright.sync_api import expect

from tests.browser import PHONE, SMALLEST_PHONE, Surfer
from tests.live import Account, Live

NEXT, BACK, STAY = "main .actions [data-on]", "main [data-back]", 'main .actions [value="stay"]'
SAVE_STATE, WARNING = "form .save [data-text]", "form [data-notice] [data-text]"
NOTHING = {"local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}
COOKIES = {"sid", "visitor", "seen", "known", "left"}
OFFLINE = "ERR_INTERNET_DISCONNECTED"
SIGNED_OUT = "status of 400"
TYPED = {"short": "local", "number": "8", "date": "2020-03-23"}


def begin(surfer: Surfer, account: Account, language: str, task: str) -> None:
    """Sign in and open the first question of a quiz that nobody has begun."""
    surfer.sign_in(account, language)
    surfer.open(f"/{language}{task}")
    surfer.press("main form button")
    settle(surfer)


def resume(surfer: Surfer, account: Account, language: str, address: str) -> None:
    """Sign in on another device and open a page."""
    surfer.sign_in(account, language)
    surfer.open(f"/{language}{address}")


def settle(surfer: Surfer) -> None:
    """Wait until our script holds all questions of the quiz."""
    if surfer.script:
        surfer.page.wait_for_selector("form[data-ready]", state="attached")


def number_here(surfer: Surfer) -> int:
    return int(surfer.page.get_attribute(".question", "data-number"))


def answer_here(surfer: Surfer, which: int = 0) -> list[str]:
    """Answer the question in the window with one of what it offers; what the result page will say she answered."""
    question = surfer.page.locator(".question fieldset")
    choices, places, boxes = (
        question.locator(f"{kind}") for kind in ("input[type=radio], input[type=checkbox]", "select", "input.w-m")
    )
    if choices.count():
        choices.nth(which).check()
        return [question.locator("label.opt").nth(which).inner_text().strip()]
    if places.count():
        said = []
        for place in range(places.count()):
            places.nth(place).select_option(index=1 + (place + which) % places.count())
            said.append(places.nth(place).evaluate("field => field.selectedOptions[0].text"))
        return said
    typed = "8" if boxes.first.get_attribute("inputmode") else "2020-03-23" if has_hint(surfer) else f"local {which}"
    boxes.first.fill(typed)
    boxes.first.press("Tab")
    return [typed if typed != "2020-03-23" else ""]


def has_hint(surfer: Surfer) -> bool:
    return surfer.page.locator(".question input[aria-describedby]").count() > 0


def chosen_here(surfer: Surfer) -> list[object]:
    """What stands in the question in the window."""
    return surfer.page.eval_on_selector_all(
        ".question fieldset :is(input, select)",
        "all => all.map(one => [one.value, /radio|checkbox/.test(one.type) && one.checked])",
    )


def says(surfer: Surfer, name: str, **values: object) -> str:
    """A sentence that the page gave our script."""
    text = surfer.page.get_attribute("form[data-work]", f"data-{name}")
    return text.replace("{n}", str(values.get("n")))


def expect_state(surfer: Surfer, text: str) -> None:
    expect(surfer.page.locator(SAVE_STATE)).to_have_text(text)


def expect_saved(surfer: Surfer) -> None:
    """The save state says that the server has it."""
    expect(surfer.page.locator("form .save")).to_have_class("save")
    expect(surfer.page.locator(WARNING)).to_be_hidden()


def go(surfer: Surfer, selector: str) -> None:
    """Press a button of the quiz; with our script the next question comes without a request."""
    if surfer.script:
        before = surfer.page.url
        surfer.page.click(selector)
        surfer.page.wait_for_function("before => location.href !== before", arg=before)
    else:
        surfer.press(selector)


def on_server(live: Live, account: Account) -> int:
    """How many questions of her attempts have an answer in the database."""
    return live.rows(
        "SELECT count(DISTINCT step.question) FROM assessments_step step"
        " JOIN assessments_attempt attempt ON attempt.id = step.attempt_id"
        " JOIN cohorts_enrolment enrolment ON enrolment.id = attempt.enrolment_id"
        " WHERE enrolment.alias = ? AND step.kind = 'answer' AND (step.data IS NOT NULL OR step.sealed IS NOT NULL)",
        account.login,
    )[0][0]


def check_window(surfer: Surfer, *, width: int, but: tuple[str, ...] = ()) -> None:
    """What is true of every page on the way. but: what the console may say, since the test made it so."""
    widths = (PHONE, SMALLEST_PHONE) if width == PHONE else (width,)
    assert surfer.widths_that_scroll_sideways(*widths) == [], surfer.path
    surfer.page.set_viewport_size({"width": width, "height": 780})
    assert surfer.abroad == []
    assert [one for one in surfer.complaints if not any(word in one for word in but)] == []
    assert {cookie["name"] for cookie in surfer.context.cookies()} <= COOKIES
    if surfer.script:
        assert surfer.stored() == NOTHING


def end_session(live: Live, account: Account) -> None:
    """Her session is gone, as after a long pause."""
    live.rows(
        "DELETE FROM accounts_session WHERE person_id = (SELECT person_id FROM cohorts_enrolment WHERE alias = ?)",
        account.login,
    )


def fail_to_send(surfer: Surfer, button: str) -> None:
    """Press a button without script while the line is cut: the browser shows a page of its own."""
    surfer.page.click(button, no_wait_after=True)
    until = time.monotonic() + 20
    while not surfer.page.url.startswith("chrome-error:"):
        assert time.monotonic() < until, surfer.page.url
        surfer.page.wait_for_timeout(50)
