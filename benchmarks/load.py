"""A data set of any size on the disk: the benchmark course, its cohorts, and people who are somewhere in it.

One cohort is *measured*: it is filled by the product's own services, people of a pool can sign in to it, and its pages
are named. The others are there for the size alone: one more is filled by the services and then copied inside the
database (`benchmarks.multiply`), one half before the measured cohort and one half after it, so that what is measured
lies in the middle of all numbers and its ids are spread over all indexes.

Nobody is in a group, so the facilitator whose pages are measured sees the whole cohort. People of other cohorts take
the quiz once, those of the measured one now and then twice: a million would need more than 15 GB otherwise. The same
seed gives the same people, progress, answers and marks; ids, keys and the passphrase are random anyway. The passphrase
stands in loaded.json alone, which nobody else on the machine can read. Example:

    python -m benchmarks.load --people 500 --cohorts 2000 --pool 200 --database postgresql://… FOLDER
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import Connection, func, select

from benchmarks.course import (
    ASSIGNMENTS,
    LANGUAGE,
    LAST_MODULE,
    LESSON,
    PASSAGE,
    QUIZ,
    QUIZ_TITLE,
    SECOND_STATEMENT,
    publish_course,
)
from benchmarks.fresh import new_passphrase, refuse_unless_empty
from benchmarks.multiply import Block, fast_connection, highest, multiply
from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, persons
from lms.app import create_app
from lms.assessments.models import Attempt
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.services import ledger
from lms.assessments.services.bulk import PastAttempt
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import desk
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.services import attesting, founding
from lms.courses import queries as courses
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.home.crowd import CHUNK, Crowd, Member, Newcomer
from lms.kernel import clock, migrations
from lms.kernel.chance import Draw
from lms.kernel.db import db, transaction
from lms.settings import Settings, current_settings, read_settings

FILE = "loaded.json"
ZONE = "Africa/Nairobi"
ZONES = ("Africa/Juba", "Asia/Manila", "Africa/Mogadishu", "Asia/Kathmandu", "Africa/Bamako", "Asia/Aden")
NAMES = ("Cedar", "Juniper", "Basalt", "Willow", "Granite", "Acacia", "Amber", "Slate", "Quartz", "Spruce")
FACILITATORS = 3
BEGAN, OPENED, DUE, ENDS = timedelta(weeks=4), timedelta(weeks=3), timedelta(weeks=8), timedelta(weeks=12)
SESSION_HELD = timedelta(days=3)
FRESH = (QUIZ, SECOND_STATEMENT)
"""What nobody of the pool has begun."""

SAMPLED_ROWS = 10_000
"""How many rows of an index SQLite looks at to judge it: all of them would take longer than loading."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """Somebody who can sign in."""

    role: str
    login: str
    password: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A data set on the disk: what a server needs to serve it and a client to walk through it."""

    data_dir: Path
    keys_dir: Path
    database_url: str
    enrolments: int
    cohorts: int
    pool: list[Login]
    facilitator: Login
    coordinator: Login
    pages: dict[str, str]
    marks: dict[str, str]

    def write(self, path: Path) -> None:
        """Keep it beside the data, so that it can be used again."""
        data = asdict(self) | {"data_dir": str(self.data_dir), "keys_dir": str(self.keys_dir)}
        path.touch(mode=0o600)
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Loaded":
        """What `write` kept."""
        data = json.loads(path.read_text())
        logins = {name: Login(**data[name]) for name in ("facilitator", "coordinator")}
        folders = {name: Path(data[name]) for name in ("data_dir", "keys_dir")}
        return cls(**(data | logins | folders | {"pool": [Login(**one) for one in data["pool"]]}))


def load(
    folder: Path,
    *,
    people: int,
    cohorts: int = 1,
    pool: int,
    database_url: str | None = None,
    seed: int = 1,
    at: datetime | None = None,
) -> Loaded:
    """Fill an empty database.

    people: how many in each cohort. pool: how many of the measured cohort can sign in. database_url: of an empty
    PostgreSQL database, or None for SQLite in the folder. at: what counts as now; without it the time of the clock.
    Raises ValueError when the database has tables.
    """
    if not 0 < pool <= people:
        raise ValueError(f"a pool of {pool} out of {people} people")
    app = application(folder / "data", folder / "keys", database_url)
    with app.app_context():
        refuse_unless_empty(current_settings().database_url)
        migrations.upgrade()
        loader = Loader(current_settings(), people=people, pool=pool, at=at or clock.now())
        loaded = loader.load(cohorts, seed, folder / "course")
        db.engine.dispose()
    loaded.write(folder / FILE)
    return loaded


def application(data_dir: Path, keys_dir: Path, database_url: str | None) -> Flask:
    """The application with a data set, in this process."""
    environ = {"LMS_ENV": "demo", "LMS_DATA_DIR": str(data_dir), "LMS_KEYS_DIR": str(keys_dir)}
    return create_app(read_settings(environ | {"LMS_DATABASE_URL": database_url or ""}))


class Loader:
    """Loads one data set."""

    def __init__(self, settings: Settings, *, people: int, pool: int, at: datetime) -> None:
        self._settings, self._people, self._pool, self._at = settings, people, pool, at

    def load(self, cohorts: int, seed: int, course: Path) -> Loaded:
        """Publish, fill and copy one half of the others, fill the measured cohort, copy the other half."""
        with _act("the course"):
            version_id = publish_course(course, at=self._at).id
        copies = range(1, cohorts - 1)
        halves = copies[: len(copies) // 2], copies[len(copies) // 2 :]
        block = self._fill_other(version_id, Draw(seed + 1)) if cohorts > 1 else None
        self._copy(block, halves[0])
        with _act("the measured cohort"):
            town = Town(version_id, Draw(seed), self._at)
            town.settle(self._people, pool=self._pool)
            loaded = self._told(town, cohorts)
        self._copy(block, halves[1])
        self._analyze()
        return loaded

    def _fill_other(self, version_id: int, draw: Draw) -> Block:
        before = self._highest()
        with _act("a cohort to be copied"):
            Town(version_id, draw, self._at).settle(self._people)
        return Block(before=before, after=self._highest())

    def _highest(self) -> dict[str, int]:
        with db.engine.connect() as connection:
            return highest(connection)

    def _copy(self, block: Block | None, copies: range) -> None:
        if block is None or not copies:
            return
        db.engine.dispose()
        with self._fast_connection() as connection:
            multiply(connection, block, copies, told=lambda done: _say(f"copies: {done:,} of {len(copies):,}"))

    def _fast_connection(self) -> AbstractContextManager[Connection]:
        return fast_connection(self._settings.database_url, self._settings.keystore)

    def _analyze(self) -> None:
        """Let the database learn how its data lie; a real one has had years for it."""
        _say("statistics")
        db.engine.dispose()
        with self._fast_connection() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLED_ROWS}")
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        with db.engine.connect():
            pass  # back to the product's own settings, before several processes open the file at once

    def _told(self, town: "Town", cohorts: int) -> Loaded:
        pages = town.pages()
        return Loaded(
            data_dir=self._settings.data_dir,
            keys_dir=self._settings.keys_dir,
            database_url=self._settings.database_url,
            enrolments=self._people * cohorts,
            cohorts=cohorts,
            pool=[town.login(Role.PARTICIPANT, _pool_login(place)) for place in range(self._pool)],
            facilitator=town.login(Role.FACILITATOR, Role.FACILITATOR),
            coordinator=town.login(Role.COORDINATOR, Role.COORDINATOR),
            pages=pages,
            marks=town.marks(pages),
        )


class Town:
    """One cohort with everybody in it, made inside the running transaction."""

    def __init__(self, version_id: int, draw: Draw, at: datetime) -> None:
        self._draw, self._at = draw, at
        self._version = db.session.get_one(Version, version_id)
        self._passphrase = new_passphrase()
        self._facilitators = [self._person(f"Facilitator {number}") for number in range(1, FACILITATORS + 1)]
        self._coordinator = self._person("Coordinator")

    def settle(self, people: int, *, pool: int = 0) -> None:
        """Found it, and let people come, work, and be marked. pool: the first so many can sign in."""
        self._cohort = self._found(people)
        if pool:
            self._open_accounts()
        markers = self._facilitators
        crowd = Course(self._cohort, like=markers[0], markers=markers, draw=self._draw, at=self._at, once=not pool)
        for start in range(0, people, CHUNK):
            places = range(start, min(start + CHUNK, people))
            crowd.come([self._newcomer(place, can_sign_in=place < pool) for place in places], since=self._at - BEGAN)
            _say(f"people: {places[-1] + 1:,} of {people:,}")
        self._hold_session()
        ledger.count_anew(desk.cohort_for_update(self._cohort.id))

    def _found(self, people: int) -> Cohort:
        today = self._at.date()
        new = founding.NewCohort(
            title=self._version.title,
            year=today.year,
            zone=ZONE,
            starts_on=today - BEGAN,
            ends_on=today + ENDS,
            opens={module.node_id: self._at - OPENED for module in courses.modules_of(self._version)},
            dues=dict.fromkeys((QUIZ, *ASSIGNMENTS), self._at + DUE),
            places=people,
        )
        cohort = founding.make_cohort(self._version, new, by=None, at=self._at - BEGAN)
        roles = [*((one, Role.FACILITATOR) for one in self._facilitators), (self._coordinator, Role.COORDINATOR)]
        for person, role in roles:
            persons.grant_role(person, role, cohort_id=cohort.id, by=None, at=self._at - BEGAN)
        return cohort

    def _open_accounts(self) -> None:
        """The first facilitator's passphrase is hashed, and everybody else has the same."""
        first, at = self._facilitators[0], self._at - BEGAN
        credentials.set_credentials(
            first, credentials.make_credentials(Role.FACILITATOR, self._passphrase), by=None, at=at
        )
        credentials.share_credentials(self._coordinator, Role.COORDINATOR, first, by=None, at=at)

    def _person(self, shown_name: str) -> Person:
        return persons.make_person(self._new_person(shown_name), by=None, at=self._at - BEGAN)

    def _new_person(self, shown_name: str) -> persons.NewPerson:
        return persons.NewPerson(
            shown_name=shown_name,
            interface_language=LANGUAGE,
            time_zone=self._draw.one_of(ZONES),
            legal_name=f"Kanaria Testperson {shown_name}",
        )

    def _newcomer(self, place: int, *, can_sign_in: bool) -> Newcomer:
        alias = f"{self._draw.one_of(NAMES)} {place + 1}"
        login = _pool_login(place) if can_sign_in else None
        return Newcomer(person=self._new_person(alias), alias=alias, login=login)

    def _hold_session(self) -> None:
        """Most came to the first live session."""
        mine = Enrolment.cohort_id == self._cohort.id
        places = list(db.session.scalars(select(Enrolment.public_id).where(mine).order_by(Enrolment.id)))
        came = [place for place in places if self._draw.number(1, 10) < 8]
        held_on = (self._at - SESSION_HELD).date()
        for start in range(0, len(came), CHUNK):
            page = attesting.Attendance(session=1, on=held_on, present=came[start : start + CHUNK], shown=())
            attesting.note_attendance(self._cohort.id, page, besides=(), by=self._coordinator, at=self._at)

    def login(self, role: Role, name: str) -> Login:
        """How somebody signs in."""
        return Login(role=role, login=name, password=self._passphrase, language=LANGUAGE)

    def pages(self) -> dict[str, str]:
        """Addresses without language: what the pool, the first facilitator and the coordinator may open."""
        nodes = {entry.node_id: entry.public_id for entry in calendar_of(self._cohort)}
        cohort = self._cohort.public_id
        return {
            "today": "/today",
            "outline": f"/c/{cohort}",
            "lesson": f"/l/{nodes[LESSON]}",
            "quiz": f"/t/{nodes[QUIZ]}",
            "assignment": f"/t/{nodes[SECOND_STATEMENT]}",
            "queue": "/grading",
            "mark": f"/grading/{self._waiting()}",
            "gradebook": f"/marks/{cohort}",
            "participants": f"/cohort/{cohort}/people",
            "dashboard": f"/cohort/{cohort}",
        }

    def _waiting(self) -> UUID:
        """A piece of work that waits to be marked, by the first facilitator if there is any for her."""
        waits = Enrolment.cohort_id == self._cohort.id, Attempt.kind == TaskKind.ASSIGNMENT
        query = select(Attempt.public_id).join(Attempt.enrolment).where(*waits, Attempt.state == AttemptState.HANDED_IN)
        hers_first = Attempt.marker_id != self._facilitators[0].id
        return db.session.scalars(query.order_by(hers_first, Attempt.id).limit(1)).one()

    def marks(self, pages: dict[str, str]) -> dict[str, str]:
        """What only the right page says, whoever of those who may opens it and whatever she has done."""
        title = f'<bdi lang="{LANGUAGE}">{self._cohort.title[LANGUAGE]}</bdi>'
        return {
            "today": f'{pages["outline"]}">{title}</a>',
            "outline": f'aria-labelledby="{LAST_MODULE}"',
            "lesson": f'id="{PASSAGE}"',
            "quiz": f'<h1 lang="{LANGUAGE}">{QUIZ_TITLE}</h1>',
            "assignment": f'{pages["assignment"]}/draft/save"',
            "queue": '<option value="mine">',
            "mark": f'{pages["mark"]}/save"',
            "gradebook": f'{pages["gradebook"]}/table.xlsx"',
            "participants": f'<form action="/{LANGUAGE}{pages["participants"]}">',
            "dashboard": '<strong aria-current="page">Overview</strong>',
        }


class Course(Crowd):
    """A crowd that is at all modules at once; the pool has the last of the work still before it.

    once: nobody begins the quiz again.
    """

    def __init__(
        self, cohort: Cohort, *, like: Person, markers: Sequence[Person], draw: Draw, at: datetime, once: bool
    ) -> None:
        super().__init__(cohort, "", like=like, markers=markers, draw=draw, at=at)
        self._tasks = list(self._asked.tasks.values())
        modules = courses.modules_of(cohort.version)
        self._lessons = [lesson.node_id for module in modules for lesson in module.lessons]
        self._once = once

    def _work(self, member: Member) -> Iterator[PastAttempt]:
        for one in super()._work(member):
            is_fresh = member.in_pool and one.task.node_id in FRESH
            is_again = self._once and one.task.node_id == QUIZ and one.number > 1
            if not is_fresh and not is_again:
                yield one


def _pool_login(place: int) -> str:
    return f"pool{place + 1}"


@contextmanager
def _act(what: str) -> Iterator[None]:
    """One transaction, after which nothing is remembered."""
    _say(what)
    with transaction():
        yield
    db.session.remove()


def _say(what: str) -> None:
    """How far it is, for somebody who looks on."""
    if sys.stderr.isatty():
        print(f"\r{what:<60}", end="", file=sys.stderr, flush=True)


def rows(loaded: Loaded) -> dict[str, int]:
    """How many rows each table has."""
    with application(loaded.data_dir, loaded.keys_dir, loaded.database_url).app_context():
        tables = db.metadata.sorted_tables
        counts = {one.fullname: db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}
        db.session.remove()
        db.engine.dispose()
    return counts


def main() -> None:
    """Load, and print rows per table and seconds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, metavar="FOLDER", help="where the data lie; without a data set yet")
    options.add_argument("--people", type=int, required=True, help="how many in each cohort")
    options.add_argument("--cohorts", type=int, default=1)
    options.add_argument("--pool", type=int, default=1, help="how many of the measured cohort can sign in")
    options.add_argument("--database", metavar="URL", help="of an empty PostgreSQL database; SQLite without it")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    os.umask(0o077)  # what is written holds passphrases
    begun = time.monotonic()
    loaded = load(
        asked.folder,
        people=asked.people,
        cohorts=asked.cohorts,
        pool=asked.pool,
        database_url=asked.database,
        seed=asked.seed,
    )
    seconds = time.monotonic() - begun
    _say("done\n")
    for name, count in rows(loaded).items():
        print(f"{name:<32}{count:>14,}")
    print(f"{'seconds':<32}{seconds:>14.1f}")


if __name__ == "__main__":
    main()
