"""Lists of people as coordinators bring them."""

import io
from zoneinfo import available_timezones

from lms.accounts.models import Person
from lms.cohorts.models import Cohort
from lms.cohorts.rules.roster import Column, Expected
from lms.cohorts.services import uploading
from lms.kernel.db import db, transaction
from lms.kernel.sheets.writing import Sheet, write_csv, write_xlsx
from tests.cast import CANARY, NOW

HEADINGS = [column.value for column in Column]
EXPECTED = Expected(
    interface_languages=("en", "fr", "ar"),
    course_languages=("en", "fr", "ar"),
    zones=frozenset(available_timezones()),
    is_address=lambda text: "@" in text,
)


def row(number, **cells):
    """One good row; each cell may be another."""
    return {
        "legal_name": f"{CANARY} Number{number}",
        "contact": f"number{number}@kanaria.example",
        "contact_kind": "email",
        "interface_language": "en",
        "course_language": ("en", "fr", "ar")[number % 3],
        "time_zone": "Africa/Juba",
        "setting_code": "",
        "organisation": "",
        "remark": "",
    } | cells


def paper(number, **cells):
    """A row of somebody who left no contact."""
    return row(number, contact="", contact_kind="", **cells)


def as_csv(*rows):
    file = io.BytesIO()
    write_csv(file, HEADINGS, [[one[heading] for heading in HEADINGS] for one in rows])
    file.seek(0)
    return file


def as_xlsx(*rows):
    file = io.BytesIO()
    table = [[one[heading] for heading in HEADINGS] for one in rows]
    write_xlsx(file, [Sheet(title="List", header=HEADINGS, rows=table)])
    file.seek(0)
    return file


def cohort_of(cast):
    return db.session.get_one(Cohort, cast.cohort_key)


def coordinator_of(cast):
    return db.session.get_one(Person, cast.coordinator.id)


def bring(cast, file, *, at=NOW, name="list.csv"):
    """Read a list and keep it, as the page does."""
    read = uploading.read_list(cohort_of(cast), uploading.Brought(file=file, name=name), EXPECTED)
    with transaction():
        return uploading.keep_list(cast.cohort_key, read, by=coordinator_of(cast), at=at)


def confirm(cast, upload, *, at=NOW):
    with transaction():
        return uploading.confirm_list(upload.id, by=coordinator_of(cast), at=at)


def take_over(cast, *rows, at=NOW):
    """A list from file to people."""
    return confirm(cast, bring(cast, as_csv(*rows), at=at), at=at)


def make_room(cast, places):
    with transaction():
        cohort_of(cast).places = places
