"""The Oslo pre-work from an empty database: names instead of aliases, a list as a workbook that is corrected once,
one official who is ready and one who is not yet, and a stranger who checks a certificate in three ways."""

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import yaml
from playwright.sync_api import expect

from lms.kernel.sheets.reading import Columns, read_rows
from lms.kernel.sheets.writing import Sheet, write_xlsx
from lms.shipped import shipped
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
LEGAL = "Kanaria"
"""Stands in every legal name, and in no other name."""

PACK = shipped("content") / "oslo-prework"
CLOSING = PACK / "modules" / "05-cross-cutting-issues"
ITEMS = {item["id"]: item for item in yaml.safe_load((CLOSING / "items.yaml").read_text("utf-8"))["items"]}
TASK = next(task for task in yaml.safe_load((CLOSING / "tasks.yaml").read_text("utf-8"))["tasks"] if "items" in task)
"""The readiness check, as it is shipped."""

CHECK = TASK["title"]
COLUMNS = Columns(required=["Name", "Course language", "State", "Readiness check, in per cent"])
HEADER = ["legal_name", "contact", "contact_kind", "interface_language", "course_language", "time_zone"]


@dataclass(frozen=True)
class Official:
    """Somebody who takes the pre-work. right: how many of the six questions of the check are answered rightly."""

    name: str
    language: str
    zone: str
    width: int
    script: bool
    right: int

    @property
    def login(self) -> str:
        return f"official-{self.language}"


READY = Official("Adaeze Nwosu-Hale", "en", "Africa/Juba", DESK, True, 5)
NOT_YET = Official("Héloïse Okonjo", "fr", "America/New_York", PHONE, False, 4)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    need("chromium")
    with empty_site(tmp_path_factory.mktemp("oslo")) as live:
        yield live


@pytest.fixture
def open_window(browser, site: Live) -> OpenBrowser:
    return opener(browser, site)


def found_cohort(surfer: Surfer) -> str:
    """Make the cohort of the Oslo programme, whose people go by names; its address."""
    surfer.open("/en/cohorts")
    surfer.press('main a[href*="/cohorts/new"]:has-text("Oslo")')
    surfer.page.select_option("[name=zone]", "Europe/Oslo")
    surfer.page.fill("[name=opens_on]", days_from_now(-2))
    surfer.press("main form .actions button")
    assert surfer.path.endswith("/dates"), surfer.page.inner_text("main")[:600]
    return surfer.path.removesuffix("/dates")


def set_dates(surfer: Surfer, cohort: str) -> None:
    """All modules of a pre-work open together; the check is due in ten days at five in the afternoon in Oslo."""
    surfer.open(f"{cohort}/dates")
    for number in range(1, 6):
        surfer.page.fill(f"[name=opens-o{number}-day]", days_from_now(-2))
        surfer.page.fill(f"[name=opens-o{number}-time]", "09:00")
    for task in ("o1-quiz", TASK["id"]):
        surfer.page.fill(f"[name=due-{task}-day]", days_from_now(10))
        surfer.page.fill(f"[name=due-{task}-time]", "17:00")
    surfer.press('main form [name=do][value="save"]')
    assert "Saved on the server" in surfer.page.inner_text("main"), surfer.page.inner_text("main")[:900]


def days_from_now(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def write_list(file: Path, *, zone_of_the_fourth: str) -> Path:
    """Six people; each leaves a telephone number, by which she is known again."""
    rows = []
    for number in range(6):
        who = (READY, NOT_YET)[number % 2]
        zone = zone_of_the_fourth if number == 3 else who.zone
        rows.append(
            [f"{LEGAL} Testperson {number}", f"+47 000 00 0{number}", "phone", who.language, who.language, zone]
        )
    with file.open("wb") as out:
        write_xlsx(out, [Sheet(title="People", header=HEADER, rows=rows)])
    return file


def bring_list(surfer: Surfer, cohort: str, folder: Path) -> None:
    """A list with one bad row; the good rows taken over; the file corrected and brought again."""
    bring(surfer, cohort, write_list(folder / "people.xlsx", zone_of_the_fourth="Oslo time"))
    told = surfer.page.inner_text("#faults ~ .tbl tbody")
    assert "Row 5" in told and "time_zone" in told and surfer.page.locator("#faults ~ .tbl tbody tr").count() == 1
    assert figures(surfer)[:3] == [5, 0, 1] and not surfer.live.rows("SELECT 1 FROM cohorts_enrolment")
    confirm(surfer)
    before = enrolments(surfer)
    assert len(before) == 5
    bring(surfer, cohort, write_list(folder / "people.xlsx", zone_of_the_fourth=NOT_YET.zone))
    assert figures(surfer)[:3] == [1, 5, 0]
    confirm(surfer)
    after = enrolments(surfer)
    assert len(after) == 6 and set(before) < set(after)
    bring(surfer, cohort, folder / "people.xlsx")
    assert figures(surfer)[:3] == [0, 6, 0] and surfer.page.locator('form[action$="/confirm"]').count() == 0
    assert "There is nothing to take over" in surfer.page.inner_text("main")
    assert enrolments(surfer) == after


def bring(surfer: Surfer, cohort: str, file: Path) -> None:
    surfer.open(f"{cohort}/people/upload")
    surfer.page.set_input_files("[name=file]", file)
    surfer.press("main form .actions button")
    check_names(surfer)


def confirm(surfer: Surfer) -> None:
    surfer.press('form[action$="/confirm"] button')


def figures(surfer: Surfer) -> list[int]:
    """New people, known already, rows with a fault."""
    return [int(re.match(r"\d+", one)[0]) for one in surfer.page.locator("dl.figs dd").all_inner_texts()]


def enrolments(surfer: Surfer) -> list[tuple[object, ...]]:
    return surfer.live.rows(
        "SELECT enrolment.id, enrolment.alias, enrolment.course_language, person.id, person.time_zone"
        " FROM cohorts_enrolment enrolment JOIN accounts_person person ON person.id = enrolment.person_id"
        " ORDER BY enrolment.id"
    )


def check_names(surfer: Surfer) -> None:
    """No page of staff or strangers, and no page about others, holds a legal name."""
    assert LEGAL not in surfer.page.content(), surfer.path


def settle_in(surfer: Surfer, who: Official, code: str) -> None:
    """Open the account, then write the own name: nothing is drawn."""
    come(surfer, code, who.login, who.language)
    if "/place/" not in surfer.path:
        surfer.press('main a[href*="/place/"]')
    assert surfer.page.locator("[name=drawn]").count() == 0
    assert surfer.page.input_value("[name=own]") == ""
    assert surfer.page.input_value("[name=time_zone]") == who.zone
    surfer.page.fill("[name=own]", who.name)
    surfer.page.check("[name=agreed]")
    surfer.press("main form .actions button")
    assert surfer.path == f"/{who.language}/account/sign-in", surfer.page.inner_text("main")[:500]
    surfer.press('#first a[href$="/today"]')
    assert surfer.path == f"/{who.language}/today"
    assert who.name in surfer.page.inner_text("h1")


def check_dates(surfer: Surfer, who: Official) -> None:
    """The check is due at another hour on her clock than on that of the cohort."""
    due = check_of(surfer.live)[1].astimezone(ZoneInfo(who.zone))
    assert due.astimezone(ZoneInfo("Europe/Oslo")).strftime("%H:%M") == "17:00" != due.strftime("%H:%M")
    surfer.open(f"/{who.language}/today")
    line = surfer.page.locator(f'main li:has-text("{CHECK[who.language]}")')
    hours = due.utcoffset() // timedelta(hours=1)
    assert due.strftime("%H:%M") in line.inner_text() and "17:00" not in surfer.page.inner_text("main")
    assert f"UTC{hours:+d}".replace("-", "−") in surfer.page.inner_text("body").replace("-", "−")


def check_of(live: Live) -> tuple[str, datetime]:
    """The address of the check without its language, and when it is due."""
    ((public_id, due_at),) = live.rows(
        "SELECT public_id, due_at FROM cohorts_calendar_entry WHERE node_id = ?", TASK["id"]
    )
    return f"/t/{UUID(public_id)}", datetime.fromisoformat(due_at).replace(tzinfo=UTC)


def take_check(surfer: Surfer, who: Official) -> None:
    """Answer all questions on one page, some of them wrongly, and hand in; the key is told to who has passed."""
    surfer.open(f"/{who.language}{check_of(surfer.live)[0]}")
    surfer.press('form[action$="/start"] button')
    surfer.press('a[href$="/all"]')
    asked = surfer.page.locator("main fieldset").all_inner_texts()
    assert len(asked) == len(TASK["items"])
    for number, text in enumerate(asked, 1):
        (item,) = (ITEMS[name] for name in TASK["items"] if plain(ITEMS[name]["text"][who.language]) in plain(text))
        answer(surfer, f"q{number}", item, rightly=TASK["items"].index(item["id"]) < who.right)
    surfer.press('main .actions [name=go][value="check"]')
    surfer.press('form[action$="/hand-in"] button')
    told = surfer.page.locator("main section:has(h2[id^=r])").count()
    assert told == (len(TASK["items"]) if who is READY else 0)


def plain(text: str) -> str:
    return " ".join(text.split())


def answer(surfer: Surfer, name: str, item: dict[str, Any], *, rightly: bool) -> None:
    """Give the key, or something else."""
    page, key = surfer.page, item.get("key")
    if item["type"] == "short":
        page.fill(f"[name={name}-1]", "80" if rightly else "50")
    elif item["type"] == "order":
        for place, option in enumerate(key if rightly else key[::-1], 1):
            page.select_option(f"[name={name}-{option}]", str(place))
    elif item["type"] == "truefalse":
        page.check(f'[name={name}][value="{str(key is rightly).lower()}"]')
    else:
        options = [option["id"] for option in item["options"]]
        right = key if isinstance(key, list) else [key]
        for option in right if rightly else [next(one for one in options if one not in right)]:
            page.check(f"[name={name}][value={option}]")


def take_prework(surfer: Surfer, who: Official, other: Official) -> None:
    """Read all lessons, take the check, and meet nobody's name but the own one on the way."""
    read_everything(surfer, who.language)
    take_check(surfer, who)
    for path in ("/today", "/c/", "/results", "/results/certificate"):
        surfer.open(f"/{who.language}{path}")
        assert other.name not in surfer.page.content(), path
        assert surfer.widths_that_scroll_sideways(who.width) == [], path


def read_what_is_missing(surfer: Surfer) -> None:
    """In French and without script: how far it is, where to go on, and how often still."""
    for path in ("/results", "/results/certificate"):
        surfer.open(f"/fr{path}")
        told = surfer.page.inner_text("main")
        assert "66" in told and "80" in told and CHECK["fr"] in told, told
        line = surfer.page.locator(f'main li:has(a[href$="{check_of(surfer.live)[0]}"]) >> nth=-1')
        assert re.search(r"\b2\b", line.inner_text()), f"how many attempts are left: {line.inner_text()}"
    assert surfer.page.locator('form[action$="/issue"]').count() == 0


def look_as_a_facilitator(surfer: Surfer) -> None:
    """A pre-work has nothing that a person marks; in the results people go by their own names."""
    surfer.open("/en/grading?show=all")
    assert surfer.page.locator("main tbody tr").count() == 0
    surfer.open("/en/results")
    surfer.press('main a[href*="/marks/"]')
    assert {READY.name, NOT_YET.name} <= set(surfer.page.locator("tbody th").all_inner_texts())
    check_names(surfer)


def look_who_is_ready(surfer: Surfer, cohort: str) -> None:
    """The list names one as ready and one as not yet; so does the table that is taken along."""
    for path in ("/people", "/invitations", "/completion", ""):
        surfer.open(cohort + path)
        check_names(surfer)
    surfer.press('main nav a[href$="/ready"]')
    check_names(surfer)
    rows = dict(zip(surfer.page.locator("tbody th").all_inner_texts(), states(surfer), strict=True))
    assert rows == {READY.name: "Ready", NOT_YET.name: "Not ready yet"}
    assert "4 people have not come yet" in surfer.page.inner_text("main")
    for kind in ("csv", "xlsx"):
        with surfer.page.expect_download() as coming:
            surfer.page.click(f'main a[href$="/ready/table.{kind}"]')
        found = read_table(coming.value.path(), kind)
        assert [row for row in found if row["Name"] in (READY.name, NOT_YET.name)] == [
            table_row(READY, "Ready", "83"),
            table_row(NOT_YET, "Not ready yet", "66"),
        ]
        assert sum(row["State"] == "Not come yet" for row in found) == 4
        assert LEGAL not in json.dumps(found)


def states(surfer: Surfer) -> list[str]:
    return [one.inner_text().strip() for one in surfer.page.locator("tbody td:nth-child(2) .tag").all()]


def table_row(who: Official, state: str, percent: str) -> dict[str, str]:
    language = {"en": "English", "fr": "Français"}[who.language]
    return {"Name": who.name, "Course language": language, "State": state, "Readiness check, in per cent": percent}


def read_table(file: Path, kind: str) -> list[dict[str, str]]:
    with file.open("rb") as out:
        return [dict(row.cells) for row in read_rows(out, name=f"ready.{kind}", columns=COLUMNS)]


def check_as_a_stranger(surfer: Surfer, code: str, document: Path) -> None:
    """By the code, by a link, and with the document itself."""
    surfer.open("/en/verify")
    surfer.page.fill("[name=code]", code)
    surfer.press("main form button")
    is_valid(surfer)
    surfer.open(f"/en/verify/{code}")
    is_valid(surfer)
    assert READY.name not in surfer.page.content()  # she chose that the check page says no name
    surfer.open("/en/verify")
    surfer.page.set_input_files("[name=document]", document)
    surfer.press('form[action$="/verify/file"] button')
    expect(surfer.page.locator("main .notice.ok")).to_have_count(2)  # the signature, and what the list says now
    surfer.page.fill("[name=name]", READY.name)
    surfer.press("form:has([name=name]) button")
    assert "is the name of this certificate" in surfer.page.inner_text("main")
    check_names(surfer)


def is_valid(surfer: Surfer) -> None:
    expect(surfer.page.locator("main .notice.ok")).to_be_visible()
    assert "Oslo pre-work" in surfer.page.inner_text("main")


def test_a_prework_with_names_from_an_empty_database_to_one_who_is_ready(site, open_window, tmp_path):
    site.command("content", "import", str(PACK))
    with open_window() as first:
        come(first, invited(site, "coordinator", "Rania M."), "rania", "en")
        cohort = found_cohort(first)
        set_dates(first, cohort)
        bring_list(first, cohort, tmp_path)
        second_code = invited(site, "coordinator", "Claire B.")
        facilitator_code = invite_staff(first, cohort, "facilitator", "Ingrid S.")
    with open_window() as first, open_window() as second:
        come(second, second_code, "claire", "en")
        sign_in(first, "rania", "en")
        send_by_two(first, second, cohort)
        codes = read_sheets(first, cohort)
        check_names(first)
    for who, other in ((READY, NOT_YET), (NOT_YET, READY)):
        with open_window(width=who.width, script=who.script, language=who.language) as official:
            settle_in(official, who, codes[who.language])
            check_dates(official, who)
            take_prework(official, who, other)
            if who is NOT_YET:
                read_what_is_missing(official)
    with open_window() as facilitator:
        come(facilitator, facilitator_code, "ingrid", "en")
        look_as_a_facilitator(facilitator)
    with open_window() as first:
        sign_in(first, "rania", "en")
        look_who_is_ready(first, cohort)
    with open_window() as official:
        sign_in(official, READY.login, READY.language)
        code = take_certificate(official, READY.language, named="alias")
        with official.page.expect_download() as coming:
            official.page.click('main a[href*=".pdf"]')
        document = coming.value.path()
        with open_window() as stranger:
            check_as_a_stranger(stranger, code, shutil.copy(document, tmp_path / "document.pdf"))
    with open_window(width=NOT_YET.width, script=NOT_YET.script, language=NOT_YET.language) as official:
        sign_in(official, NOT_YET.login, NOT_YET.language)
        official.open("/fr/results/certificate")
        assert official.page.locator('form[action$="/issue"]').count() == 0
