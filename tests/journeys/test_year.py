"""A year from an empty database: a cohort, a list, invitations by two people, three women who come by three roads,
a facilitator, certificates, and a stranger who checks one."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from tests.browser import DESK, PHONE, OpenBrowser, Surfer, opener
from tests.conftest import need
from tests.journeys.year_steps import (
    come,
    invite_staff,
    invited,
    read_everything,
    read_sheets,
    send_by_two,
    sign_in,
    take_certificate,
)
from tests.live import Live, empty_site

pytestmark = pytest.mark.browser
TEXT = {
    "en": "We ask that the line of contact be marked and that women sit in the commission that watches it. " * 6,
    "fr": "Nous demandons que la ligne de contact soit marquée et que des femmes siègent à la commission. " * 6,
    "ar": "نطلب أن يوضع خط التماس على الخريطة وأن تكون النساء في اللجنة التي تراقبه. " * 8,
}


@dataclass(frozen=True)
class Road:
    """How somebody comes: her language, window, and whether scripts run."""

    language: str
    width: int
    script: bool

    @property
    def login(self) -> str:
        return f"road-{self.language}"


ROADS = (Road("ar", PHONE, True), Road("fr", DESK, False), Road("en", DESK, True))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    need("chromium")
    with empty_site(tmp_path_factory.mktemp("year")) as live:
        yield live


@pytest.fixture
def open_window(browser, site: Live) -> OpenBrowser:
    return opener(browser, site)


def found_cohort(surfer: Surfer) -> str:
    """Make the cohort whose first two modules are open; its address."""
    surfer.open("/en/cohorts")
    surfer.press('main a[href*="/cohorts/new"]:has-text("Women")')
    surfer.page.fill("[name=opens_on]", (datetime.now(UTC) - timedelta(days=8)).date().isoformat())
    surfer.press("main form .actions button")
    assert surfer.path.endswith("/dates"), surfer.page.inner_text("main")[:600]
    return surfer.path.removesuffix("/dates")


def loosen_rule(surfer: Surfer, cohort: str) -> None:
    """One assignment and four tenths of the activities are enough in this short year."""
    surfer.open(f"{cohort}/settings")
    for part in ("quiz_pass_percent", "live_sessions"):
        surfer.page.fill(f"[name={part}]", "")
    surfer.page.fill("[name=activities_percent]", "40")
    surfer.page.fill("[name=assignments]", "1")
    surfer.page.fill("[name=hours]", "40")
    surfer.page.uncheck("[name=simulation]")
    surfer.press("main form .actions button")
    expect(surfer.page.locator("main .notice.ok")).to_be_visible()


def bring_list(surfer: Surfer, cohort: str, file: Path) -> None:
    """24 people: the first three are those who come."""
    with file.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        write.writerow(["legal_name", "interface_language", "course_language", "time_zone", "organisation"])
        for number in range(24):
            language = ROADS[number].language if number < 3 else ("en", "fr", "ar")[number % 3]
            write.writerow([f"Kanaria Testperson {number:02}", language, language, "Africa/Juba", "Example"])
    surfer.open(f"{cohort}/people/upload")
    surfer.page.set_input_files("[name=file]", file)
    surfer.press("main form .actions button")
    assert not surfer.live.rows("SELECT 1 FROM cohorts_enrolment"), "somebody was made before anybody confirmed"
    surfer.press('form[action$="/confirm"] button')
    assert surfer.live.rows("SELECT count(*) FROM cohorts_enrolment") == [(24,)]


def test_a_year_from_an_empty_database_to_a_certificate_that_a_stranger_checks(site, open_window, tmp_path):
    with open_window() as first:
        come(first, invited(site, "coordinator", "Rania M."), "rania", "en")
        cohort = found_cohort(first)
        loosen_rule(first, cohort)
        bring_list(first, cohort, tmp_path / "people.csv")
        second_code = invited(site, "coordinator", "Claire B.")
        facilitator_code = invite_staff(first, cohort, "facilitator", "Ingrid S.")
    with open_window() as first, open_window() as second:
        come(second, second_code, "claire", "en")
        sign_in(first, "rania", "en")
        send_by_two(first, second, cohort)
        codes = read_sheets(first, cohort)
    for road in ROADS:
        with open_window(width=road.width, script=road.script, language=road.language) as woman:
            settle_in(woman, road, codes[road.language])
            study(woman, road)
    with open_window() as facilitator:
        come(facilitator, facilitator_code, "ingrid", "en")
        mark_everything(facilitator)
    with open_window(width=PHONE, language="ar") as woman:
        sign_in(woman, ROADS[0].login, ROADS[0].language)
        code = take_certificate(woman, ROADS[0].language, named="alias")
    with open_window() as stranger:
        stranger.open("/en/verify")
        stranger.page.fill("[name=code]", code)
        stranger.press("main form button")
        expect(stranger.page.locator("main .notice.ok")).to_be_visible()
        assert "Women and ceasefires" in stranger.page.inner_text("main")


def settle_in(surfer: Surfer, road: Road, code: str) -> None:
    """Open the account, then choose the second of the names that were drawn."""
    come(surfer, code, road.login, road.language)
    if "/place/" not in surfer.path:
        surfer.press('main a[href*="/place/"]')
    surfer.page.check("[name=drawn] >> nth=1")
    surfer.page.check("[name=agreed]")
    surfer.press("main form .actions button")
    assert surfer.path == f"/{road.language}/account/sign-in", surfer.page.inner_text("main")[:500]
    surfer.press('#first a[href$="/today"]')
    assert surfer.path == f"/{road.language}/today"


def study(surfer: Surfer, road: Road) -> None:
    """Read everything that is open, and hand in the assignment that counts."""
    read_everything(surfer, road.language)
    surfer.open(f"/{road.language}/t/{graded_assignment(surfer.live)}")
    surfer.page.fill("#q1", TEXT[road.language])
    surfer.press("form[data-work] .actions button >> nth=0")
    surfer.press('form[action$="/hand-in"] button')
    handed_in = surfer.live.rows("SELECT count(*) FROM assessments_attempt WHERE state = 'handed in'")
    assert handed_in == [(ROADS.index(road) + 1,)], surfer.page.inner_text("main")[:600]


def graded_assignment(live: Live) -> UUID:
    """The public id of the assignment that counts, in the one cohort there is."""
    rows = live.rows(
        "SELECT entry.public_id, task.body FROM cohorts_calendar_entry entry JOIN courses_task task"
        " ON task.node_id = entry.node_id WHERE task.kind = 'assignment'"
    )
    return next(UUID(str(public_id)) for public_id, body in rows if json.loads(body)["graded"])


def mark_everything(surfer: Surfer) -> None:
    """Mark what waits and release it."""
    surfer.open("/en/grading?show=all")
    surfer.press("main a.btn >> nth=0")
    for _ in ROADS:
        criteria = surfer.page.locator("#marks .crit")
        for place in range(criteria.count()):
            criteria.nth(place).locator('input[value="4"]').check(force=True)
        surfer.page.fill("[name=feedback]", "One strength, one next step.")
        with surfer.page.expect_navigation():
            surfer.page.click('#marks [name=do][value="next"], .dock button >> nth=0')
    surfer.open("/en/grading/release")
    surfer.press('form[action$="/release/now"] button')
