"""How long a list of people takes, and how much memory: `python -m benchmarks.upload [ROWS]`.

Makes a database of its own, `--database` says which, and brings one list as CSV and as XLSX. *read*: the file, outside
of any transaction; *memory*: the most that reading holds at once, beyond the file; *kept*: the one transaction that
stores the sealed rows; *taken over*: all steps of fifty, with the longest, during which nobody else writes in SQLite.
"""

import argparse
import io
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from flask import Flask

from benchmarks.fresh import refuse_unless_empty
from benchmarks.load import application
from benchmarks.server import KINDS, database
from lms.accounts.models import Person
from lms.accounts.services import persons
from lms.accounts.services.persons import NewPerson
from lms.cohorts.models import Cohort
from lms.cohorts.rules.roster import MOST_PEOPLE, Column, Expected
from lms.cohorts.services import founding, uploading
from lms.cohorts.services.uploading import Brought, ReadList
from lms.cohorts.views.uploads import expected_of
from lms.content import services as content
from lms.kernel import clock, migrations
from lms.kernel.db import db, transaction
from lms.kernel.sheets.writing import Sheet, write_csv, write_xlsx
from lms.settings import current_settings
from lms.shipped import shipped

HEADINGS = [column.value for column in Column]
T = TypeVar("T")


def build(folder: Path, database_url: str | None) -> Flask:
    """An application with one cohort that has places for all. database_url: empty; None for SQLite in the folder."""
    app = application(folder / "data", folder / "keys", database_url)
    with app.app_context():
        refuse_unless_empty(current_settings().database_url)
        migrations.upgrade()
        with transaction():
            _found()
    return app


def _found() -> None:
    at = clock.now()
    coordinator = NewPerson(shown_name="C.", interface_language="en", time_zone="UTC")
    persons.make_person(coordinator, by=None, at=at)
    version, _ = content.import_pack(shipped("content") / "women-and-ceasefires", by=None, at=at)
    today: date = at.date()
    new = founding.NewCohort(
        title=version.title,
        year=today.year,
        zone="Europe/Oslo",
        starts_on=today,
        ends_on=today + timedelta(weeks=12),
        opens={},
        places=2 * MOST_PEOPLE,
    )
    founding.make_cohort(version, new, by=None, at=at)


def lists(rows: int) -> dict[str, bytes]:
    """One list in both forms, of different people."""
    csv, xlsx = io.BytesIO(), io.BytesIO()
    write_csv(csv, HEADINGS, _people("c", rows))
    write_xlsx(xlsx, [Sheet(title="People", header=HEADINGS, rows=_people("x", rows))])
    return {"CSV": csv.getvalue(), "XLSX": xlsx.getvalue()}


def _people(mark: str, rows: int) -> list[list[str]]:
    languages, zones = ("en", "fr", "ar"), ("Africa/Juba", "Africa/Bamako", "Asia/Aden")
    return [
        [
            f"Invented Person {mark}{number}",
            f"{mark}{number}@people.example",
            "email",
            languages[number % 3],
            languages[number % 3],
            zones[number % 3],
            "S1",
            "A house of learning",
            "",
        ]
        for number in range(rows)
    ]


def timed(act: Callable[[], T]) -> tuple[float, T]:
    """How many seconds something took, and what came of it."""
    begun = time.perf_counter()
    outcome = act()
    return time.perf_counter() - begun, outcome


def measure(kind: str, file: bytes, expected: Expected) -> str:
    """One line of the table."""
    cohort, by = db.session.query(Cohort).one(), db.session.query(Person).order_by(Person.id).first()
    assert by is not None
    tracemalloc.start()
    _read(cohort, file, expected)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    reading, read = timed(lambda: _read(cohort, file, expected))
    keeping, upload_id = timed(lambda: _keep(cohort, read, by))
    with transaction():
        uploading.confirm_list(upload_id, by=db.session.get_one(Person, by.id), at=clock.now())
    steps = [0.0]
    is_left = True
    while is_left:
        seconds, is_left = timed(lambda: _step(upload_id))
        steps.append(seconds)
    return (
        f"{kind:5}{len(read.rows):>8,}{len(file) / 1000:>9,.0f}{reading:>9.2f}{peak / 1_000_000:>11.1f}"
        f"{keeping * 1000:>10.0f}{sum(steps):>13.1f}{max(steps) * 1000:>14.0f}"
    )


def _read(cohort: Cohort, file: bytes, expected: Expected) -> ReadList:
    return uploading.read_list(cohort, Brought(file=io.BytesIO(file), name="list"), expected)


def _keep(cohort: Cohort, read: ReadList, by: Person) -> int:
    with transaction():
        return uploading.keep_list(cohort.id, read, by=by, at=clock.now()).id


def _step(upload_id: int) -> bool:
    with transaction():
        return uploading.take_over(upload_id, at=clock.now())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=5_000)
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    asked = parser.parse_args()
    os.umask(0o077)
    rows = min(asked.rows, MOST_PEOPLE)
    with tempfile.TemporaryDirectory() as name, database(asked.database, Path(name)) as where:
        app = build(where.folder / "upload", where.empty("upload"))
        with app.app_context():
            expected = expected_of(db.session.query(Cohort).one())
            print("list     rows       kB   read s  memory MB   kept ms  taken over s  longest step ms")
            for kind, file in lists(rows).items():
                print(measure(kind, file, expected))
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
