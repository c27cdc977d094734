"""Somebody in front of Chromium: the pages as they look and behave, with everything that goes wrong written down."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.conftest import need
from tests.live import WAITING_COHORT, Account, Live, demo

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Whatever a page asks for elsewhere is noted, and never leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PHONE, SMALLEST_PHONE, DESK = 360, 320, 1280
HEIGHT = 780
WAIT_MS = 30_000
STORED = """async () => ({
  local: localStorage.length, session: sessionStorage.length, databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length, workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
_sessions = pytest.StashKey[dict[str, Any]]()


_NO_MEMORY = "--disable-back-forward-cache"
"""Playwright's own wish; people's browsers keep the page that they left."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; Playwright's download is not needed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def another(browser: Browser, *, with_memory: bool = False) -> Iterator[Browser]:
    """One more Chromium beside that one.

    with_memory: Back shows the page that was left, as it does for people; Playwright follows that badly.
    """
    without = [_NO_MEMORY] if with_memory else None
    more = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=ARGUMENTS, ignore_default_args=without
    )
    try:
        yield more
    finally:
        more.close()


@dataclass
class Surfer:
    """One browser window with cookies of its own."""

    live: Live
    context: BrowserContext
    script: bool = True
    page: Page = field(init=False)
    abroad: list[str] = field(default_factory=list)
    """Addresses on other hosts that were asked for."""

    complaints: list[str] = field(default_factory=list)
    """What the console said: errors, warnings, blocked styles and scripts."""

    last_document: Response | None = None

    def __post_init__(self) -> None:
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.page.on("request", self._note_request)
        self.page.on("response", self._note_response)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.live.base_url, "data:")):
            self.abroad.append(request.url)

    def _note_response(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self.last_document = response

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.path}: {message.text}")

    @property
    def path(self) -> str:
        """Where she is, without host."""
        return urlsplit(self.page.url).path

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.live.base_url + path)

    def press(self, selector: str) -> None:
        """Use a link or button that leads to another page."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def go_back(self) -> None:
        """Press Back. A page that comes from memory never tells Playwright that it has loaded."""
        with suppress(PlaywrightError):
            self.page.go_back(wait_until="commit", timeout=2_000)
        self.page.wait_for_selector("main")

    def stored(self) -> dict[str, object]:
        """What the browser holds of this site beside its cookies; nothing in a page of ours."""
        return dict(self.page.evaluate(STORED))

    def sign_in(self, account: Account, language: str) -> None:
        """Fill in the form as a person does, and the second step where the account has one."""
        self.begin_sign_in(account, language)
        if account.totp_secret is not None:
            self.page.fill("[name=code]", pyotp.TOTP(account.totp_secret).now())
            self.press('main form[action$="/code"] button')

    def begin_sign_in(self, account: Account, language: str) -> None:
        """The first step alone."""
        self.open(f"/{language}/sign-in")
        self.page.fill("[name=login]", account.login)
        self.page.fill("[name=password]", account.password)
        self.press("main form button")

    def sign_out(self) -> None:
        self.press("footer form button")

    def has_session(self) -> bool:
        """Whether the browser holds a cookie of a session."""
        return any(cookie["name"] == "sid" for cookie in self.context.cookies())

    def widths_that_scroll_sideways(self, *widths: int) -> list[int]:
        """At which of these window widths the page is wider than the window."""
        found = []
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            if self.page.evaluate("document.scrollingElement.scrollWidth > window.innerWidth"):
                found.append(width)
        return found


OpenBrowser = Callable[..., AbstractContextManager[Surfer]]


def opener(browser: Browser, live: Live) -> OpenBrowser:
    """What opens windows onto a demo."""

    @contextmanager
    def opened(*, width: int = DESK, script: bool = True, language: str = "en", **more: Any) -> Iterator[Surfer]:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=script,
            locale=language,
            service_workers="block",
            reduced_motion="reduce",
            **more,
        )
        try:
            yield Surfer(live, context, script)
        finally:
            with suppress(PlaywrightError):  # a browser may have been killed
                context.close()

    return opened


def _once(request: pytest.FixtureRequest, name: str, make: Callable[[], AbstractContextManager[Any]]) -> Any:
    """One for a whole worker, however many folders of tests use it; closed when the worker ends."""
    made = request.config.stash.setdefault(_sessions, {})
    if name not in made:
        manager = make()
        made[name] = manager.__enter__()
        request.config.add_cleanup(lambda: manager.__exit__(None, None, None))
    return made[name]


@pytest.fixture(scope="session")
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The demo, with a further cohort whose course has not begun."""
    need("chromium")
    return _once(request, "live", lambda: demo(tmp_path_factory.mktemp("live"), *WAITING_COHORT))


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Browser:
    """The one Chromium of this worker."""
    need("chromium")
    found: Browser = _once(request, "chromium", chromium)
    return found


@pytest.fixture(scope="session")
def open_browser(browser: Browser, live: Live) -> OpenBrowser:
    """Opens a window: `with open_browser(width=360, script=False, language="ar") as surfer`."""
    return opener(browser, live)
