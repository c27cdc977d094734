"""What happens in every year from an empty database: how people come, are invited by two, and take a certificate."""

import re
from collections.abc import Sequence

from tests.browser import Surfer
from tests.live import Live

PASSPHRASE = "river lantern harvest window"
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
CERTIFICATE_CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{2,4}){5,6}")
TRIES, PAUSE_MS = 60, 500
"""The worker looks again every second; half a minute is long for it."""


def come(surfer: Surfer, code: str, login: str, language: str) -> None:
    """Use an invitation: type the code, choose how to sign in."""
    surfer.open(f"/{language}/enrol")
    surfer.page.fill("[name=code]", code)
    surfer.press("main form button")
    surfer.page.fill("[name=login]", login)
    surfer.page.fill("[name=passphrase]", PASSPHRASE)
    surfer.page.fill("[name=again]", PASSPHRASE)
    surfer.press("main form button")


def sign_in(surfer: Surfer, login: str, language: str) -> None:
    surfer.open(f"/{language}/sign-in")
    surfer.page.fill("[name=login]", login)
    surfer.page.fill("[name=password]", PASSPHRASE)
    surfer.press("main form button")


def invited(site: Live, role: str, name: str) -> str:
    """An operator invites the first of the staff."""
    return CODE.search(site.command("user", "invite", "--shown-name", name, "--role", role))[0]


def invite_staff(surfer: Surfer, cohort: str, role: str, name: str) -> str:
    """A coordinator invites a colleague; the code that she hands over."""
    surfer.open(f"{cohort}/staff")
    surfer.page.fill('form[action$="/staff/invite"] [name=shown_name]', name)
    surfer.page.check(f'form[action$="/staff/invite"] [name=role][value={role}]')
    surfer.press('form[action$="/staff/invite"] button')
    return CODE.search(surfer.page.inner_text("main"))[0]


def send_by_two(first: Surfer, second: Surfer, cohort: str) -> None:
    """One coordinator asks, another finds the question on Today and confirms; the worker sends."""
    first.open(f"{cohort}/invitations")
    first.press('form[action$="/invitations/ask"] button')
    second.open("/en/today")
    second.press('main a[href*="/sending/"]')
    second.press('form[action$="/confirm"] button')
    wait_for_rows(second, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM cohorts_enrolment WHERE released_at IS NULL)")


def read_sheets(surfer: Surfer, cohort: str) -> dict[str, str]:
    """The codes of the sheets, one for each language."""
    surfer.open(f"{cohort}/invitations")
    surfer.press('form[action$="/sheets"] button')
    sheets = surfer.page.locator(".leaf")
    found: dict[str, str] = {}
    for place in range(sheets.count()):
        sheet = sheets.nth(place)
        found.setdefault(sheet.get_attribute("lang"), CODE.search(sheet.inner_text())[0])
    return found


def read_everything(surfer: Surfer, language: str) -> None:
    """Read every lesson that is open, from the outline on."""
    surfer.open(f"/{language}/c/")
    surfer.press('main a[href*="/l/"] >> nth=0')
    while "/l/" in surfer.path:
        surfer.press('form[action$="/read"] button')


def wait_for_rows(surfer: Surfer, statement: str) -> Sequence[tuple[object, ...]]:
    """What a statement finds, as soon as it finds something."""
    for _ in range(TRIES):
        found = surfer.live.rows(statement)
        if found:
            return found
        surfer.page.wait_for_timeout(PAUSE_MS)
    raise AssertionError(f"nothing came of: {statement}")


def wait_for(surfer: Surfer, path: str, selector: str) -> None:
    """Load a page again until it holds something that the worker makes."""
    for _ in range(TRIES):
        surfer.open(path)
        if surfer.page.locator(selector).count():
            return
        surfer.page.wait_for_timeout(PAUSE_MS)
    raise AssertionError(f"{path} never had {selector}: {surfer.page.inner_text('main')[:800]}")


def take_certificate(surfer: Surfer, language: str, *, named: str) -> str:
    """Wait for the rule, choose, wait for the worker; its code, as the page writes it. She is signed in."""
    own = f"/{language}/results/certificate"
    wait_for(surfer, own, 'form[action$="/issue"]')
    surfer.page.check(f'[name=named][value="{named}"]')
    surfer.press('form[action$="/issue"] .actions button >> nth=0')
    wait_for(surfer, own, 'a[href$=".pdf"], a[href*=".pdf?"]')
    return CERTIFICATE_CODE.search(surfer.page.inner_text("main"))[0]
