"""Every template of a page, and how a browser gets there: what axe, the Nu checker and the screens go through."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser import Surfer
from tests.live import Account

LANGUAGES = ("en", "fr", "ar")
Way = Callable[[Surfer, str], None]
_cookies: dict[tuple[str, str], list[Any]] = {}


@dataclass(frozen=True)
class Stop:
    """A page. template: which file draws it."""

    name: str
    template: str
    go: Way


def _as(surfer: Surfer, account: Account, language: str) -> None:
    """Be signed in; the form is filled in once per account and server only."""
    key = (surfer.live.base_url, account.login)
    if key in _cookies:
        surfer.context.add_cookies(_cookies[key])
        return
    surfer.sign_in(account, language)
    assert surfer.has_session(), f"{account.login} could not sign in"
    _cookies[key] = [cookie for cookie in surfer.context.cookies() if cookie["name"] == "sid"]


def _plain(path: str) -> Way:
    return lambda surfer, language: surfer.open(f"/{language}{path}")


def _signed_in(path: str, role: str = "participant") -> Way:
    def go(surfer: Surfer, language: str) -> None:
        _as(surfer, surfer.live.people(role, language)[0], language)
        surfer.open(f"/{language}{path}")

    return go


def _sign_in_errors(surfer: Surfer, language: str) -> None:
    surfer.open(f"/{language}/sign-in")
    surfer.page.eval_on_selector("main form", "form => { form.noValidate = true }")
    surfer.press("main form button")


def _enrol_choose(surfer: Surfer, language: str) -> None:
    surfer.open(f"/{language}/enrol")
    surfer.page.fill("[name=code]", surfer.live.invitation_code)
    surfer.press("main form button")


def _outline(surfer: Surfer, language: str) -> None:
    _signed_in("/c/")(surfer, language)  # somebody in one course is led straight to it


def _lesson(surfer: Surfer, language: str) -> None:
    _outline(surfer, language)
    surfer.press('main a[href*="/l/"] >> nth=0')


def _closed(surfer: Surfer, language: str) -> None:
    account, lesson = surfer.live.waiting
    _as(surfer, account, language)
    surfer.open(f"/{language}{lesson}")


def _pressing(path: str, role: str, *links: str) -> Way:
    """Open a page and go on by links, each by a part of its address."""

    def go(surfer: Surfer, language: str) -> None:
        _signed_in(path, role)(surfer, language)
        for link in links:
            surfer.press(f'main a[href*="{link}"] >> nth=0')

    return go


TOUR = {
    stop.name: stop
    for stop in (
        Stop("welcome", "home/welcome.html", _plain("/")),
        Stop("privacy", "home/privacy.html", _plain("/privacy")),
        Stop("accessibility", "home/accessibility.html", _plain("/accessibility")),
        Stop("sign-in", "accounts/sign_in.html", _plain("/sign-in")),
        Stop("sign-in-errors", "accounts/sign_in.html", _sign_in_errors),
        Stop("enrol", "accounts/enrol.html", _plain("/enrol")),
        Stop("enrol-choose", "accounts/enrol.html", _enrol_choose),
        Stop("today", "home/today.html", _signed_in("/today")),
        Stop("courses", "modules/courses.html", _signed_in("/c/", "facilitator")),
        Stop("outline", "modules/outline.html", _outline),
        Stop("lesson", "modules/lesson.html", _lesson),
        Stop("closed", "modules/closed.html", _closed),
        Stop("results", "assessments/own.html", _signed_in("/results")),
        Stop("marks", "assessments/book.html", _pressing("/results", "coordinator", "/marks/")),
        Stop("marks-one", "assessments/participant.html", _pressing("/results", "coordinator", "/marks/", "/marks/")),
        Stop("marks-again", "assessments/again.html", _pressing("/results", "coordinator", "/marks/", "/again")),
        Stop("receipts", "assessments/receipts.html", _pressing("/results", "coordinator", "/receipts")),
        Stop("bank", "assessments/bank.html", _signed_in("/bank", "coordinator")),
        Stop("bank-item", "assessments/item.html", _pressing("/bank", "coordinator", "/bank/")),
        Stop("account", "accounts/account.html", _signed_in("/account")),
        Stop("error-404", "errors/error.html", _plain("/nothing-here")),
    )
}
STATUS = {"sign-in-errors": 422, "closed": 403, "error-404": 404}
"""The status of pages that are not simply there."""


def visit(surfer: Surfer, stop: Stop, language: str) -> None:
    """Go to a page and make sure that it is the one."""
    stop.go(surfer, language)
    assert surfer.path.startswith(f"/{language}/"), surfer.path
    assert surfer.last_document is not None
    assert surfer.last_document.status == STATUS.get(stop.name, 200), f"{surfer.path}: {surfer.last_document.status}"
