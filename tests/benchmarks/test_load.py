"""A data set that is loaded for a benchmark is the same each time, can be signed in to, and holds what it says."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import LargeBinary, Table, Uuid, create_engine, func, inspect, select
from sqlalchemy.pool import NullPool

from benchmarks import pages, upload
from benchmarks.fresh import refuse_unless_empty
from benchmarks.load import FILE, FRESH, Loaded, Login, application, load, rows
from benchmarks.multiply import PERSON_KEY
from lms.accounts import hashes
from lms.accounts.models import Person, PersonKey
from lms.accounts.passphrases import is_right
from lms.accounts.services import persons
from lms.assessments.models import Attempt, StepRow
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.kernel import migrations
from lms.kernel.db import db, transaction
from tests.cast import NOW
from tests.conftest import POSTGRES, need
from tests.tools import postgres

PEOPLE, POOL, COHORTS = 30, 12, 5
BY_CHANCE = ("receipt", "passphrase_hash")
STAFF_PAGES = {"queue": "facilitator", "mark": "facilitator", "gradebook": "facilitator"}
STAFF_PAGES |= {"participants": "coordinator", "dashboard": "coordinator"}


@contextmanager
def served(loaded: Loaded) -> Iterator[Flask]:
    """The application with a data set; afterwards nobody has it open."""
    app = application(loaded.data_dir, loaded.keys_dir, loaded.database_url)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


@contextmanager
def opened(loaded: Loaded) -> Iterator[None]:
    """The same, inside an application context, for looking at rows. Not for requests."""
    with served(loaded) as app, app.app_context():
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load(tmp_path_factory.mktemp("small"), people=PEOPLE, pool=POOL)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def copied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str) -> Loaded:
    url = None
    if request.param == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"benchmark_{worker}")
    return load(tmp_path_factory.mktemp("copied"), people=PEOPLE, cohorts=COHORTS, pool=POOL, database_url=url)


def told_rows(loaded: Loaded) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, without what is random on purpose."""
    with opened(loaded):
        return {table.fullname: _rows(table) for table in db.metadata.sorted_tables if table.fullname != PERSON_KEY}


def _rows(table: Table) -> list[tuple[Any, ...]]:
    columns = [
        column
        for column in table.columns
        if not isinstance(column.type, Uuid | LargeBinary) and column.name not in (*BY_CHANCE, *_sealed(table))
    ]
    found = db.session.execute(select(*columns).order_by(*table.primary_key.columns))
    return [tuple(_steady(value) for value in row) for row in found]


def _steady(value: Any) -> Any:
    """A value without what depends on the keys of an installation."""
    return {name: part for name, part in value.items() if name != "fingerprint"} if isinstance(value, dict) else value


def _sealed(table: Table) -> list[str]:
    return [column.name for column in table.columns if type(column.type).__name__ == "SealedColumn"]


def signed_in(app: Flask, who: Login) -> FlaskClient:
    """A browser in which somebody signed in as people do."""
    client = app.test_client()
    page = client.get(f"/{who.language}/sign-in").text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    answer = client.post(f"/{who.language}/sign-in", data=hidden | {"login": who.login, "password": who.password})
    assert answer.status_code == 302, answer.text
    return client


def test_one_seed_gives_the_same_rows_twice_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        told_rows(load(tmp_path / name, people=PEOPLE, pool=POOL, seed=seed, at=NOW))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    for name, found in first.items():
        assert found == again[name], name
    assert len(first["assessments_step"]) > PEOPLE
    assert first["assessments_step"] != other["assessments_step"]


def test_a_loaded_set_is_read_again_as_it_was_written(small: Loaded) -> None:
    assert Loaded.read(small.data_dir.parent / FILE) == small


def test_everybody_of_the_pool_can_sign_in_and_has_the_quiz_and_one_assignment_still_before_her(small: Loaded) -> None:
    with served(small) as app:
        for who in (small.pool[0], small.pool[-1], small.facilitator, small.coordinator):
            signed_in(app, who)
    with opened(small):
        logins = [hashes.login_index(one.login) for one in small.pool]
        hers = select(Enrolment.id).join(Enrolment.person).where(Person.login_index.in_(logins))
        assert db.session.scalar(select(func.count()).select_from(hers.subquery())) == POOL
        begun = set(db.session.scalars(select(Attempt.node_id).where(Attempt.enrolment_id.in_(hers))))
        assert begun
        assert begun.isdisjoint(FRESH)
        different = select(func.count(Person.passphrase_hash.distinct()))
        assert db.session.scalar(different) == 1


def test_each_mark_is_on_its_own_page_and_on_no_other(small: Loaded) -> None:
    assert_marks(small)


def test_the_measured_cohort_can_be_walked_through_between_its_copies(copied: Loaded) -> None:
    assert_marks(copied)


def assert_marks(loaded: Loaded) -> None:
    with served(loaded) as app:
        staff = {role: signed_in(app, getattr(loaded, role)) for role in ("facilitator", "coordinator")}
        learners = [signed_in(app, one) for one in loaded.pool[:3]]
        found = {}
        for name, address in loaded.pages.items():
            readers = [staff[STAFF_PAGES[name]]] if name in STAFF_PAGES else learners
            answers = [reader.get(f"/en{address}") for reader in readers]
            assert {answer.status_code for answer in answers} == {200}, name
            found[name] = [answer.text for answer in answers]
    for name, mark in loaded.marks.items():
        for page, texts in found.items():
            assert [mark in text for text in texts] == [page == name] * len(texts), (name, page)
    assert set(loaded.marks) == set(loaded.pages)


def test_every_cohort_has_as_many_rows_of_each_kind_as_the_one_it_was_copied_from(copied: Loaded) -> None:
    with opened(copied):
        for count in (
            select(Enrolment.cohort_id, func.count()).group_by(Enrolment.cohort_id),
            select(CalendarEntry.cohort_id, func.count()).group_by(CalendarEntry.cohort_id),
        ):
            counts = dict(tuple(row) for row in db.session.execute(count))
            assert len(counts) == copied.cohorts == COHORTS
            assert len(set(counts.values())) == 1
        steps = (
            select(Enrolment.cohort_id, func.count())
            .join(Attempt, Attempt.enrolment_id == Enrolment.id)
            .join(StepRow, StepRow.attempt_id == Attempt.id)
            .group_by(Enrolment.cohort_id)
        )
        of_copies = dict(tuple(row) for row in db.session.execute(steps))
        measured = db.session.scalars(select(Cohort.id).order_by(Cohort.id)).all()[COHORTS // 2]
        assert copied.pages["outline"].endswith(str(db.session.get_one(Cohort, measured).public_id))
        del of_copies[measured]
        assert len(set(of_copies.values())) == 1
    assert copied.enrolments == rows(copied)["cohorts_enrolment"] == PEOPLE * COHORTS


def test_whatever_a_copied_row_names_lies_in_its_own_cohort(copied: Loaded) -> None:
    with opened(copied):
        migrations.check()
        for table in db.metadata.sorted_tables:
            for key in table.foreign_keys:
                named, column = key.column.table.alias(), key.parent
                lost = (
                    select(func.count())
                    .select_from(table.outerjoin(named, column == named.c[key.column.name]))
                    .where(column.is_not(None), named.c[key.column.name].is_(None))
                )
                assert db.session.scalar(lost) == 0, column
        has_key = Person.public_id.in_(select(PersonKey.person_id))
        assert db.session.scalar(select(func.count()).select_from(Person).where(~has_key)) == 0
        strangers = (
            select(func.count())
            .select_from(StepRow)
            .join(Attempt, Attempt.id == StepRow.attempt_id)
            .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
            .where(StepRow.kind == "answer", StepRow.by_id != Enrolment.person_id)
        )
        assert db.session.scalar(strangers) == 0
        markers = select(Enrolment.cohort_id, Attempt.marker_id).join(Enrolment).where(Attempt.marker_id.is_not(None))
        pairs = {tuple(row) for row in db.session.execute(markers.distinct())}
        assert len({marker for _, marker in pairs}) == len(pairs) > COHORTS
        waits = select(func.count()).select_from(Attempt).where(Attempt.state == AttemptState.HANDED_IN)
        assert db.session.scalar(waits)


def test_rows_can_be_added_after_the_copies(copied: Loaded) -> None:
    with opened(copied):
        before = db.session.scalar(select(func.max(Person.id)))
        with transaction():
            new = persons.NewPerson(shown_name="One more", interface_language="en", time_zone="Africa/Juba")
            added = persons.make_person(new, by=None, at=NOW).id
        assert added == before + 1


def test_a_database_that_was_filled_is_refused(small: Loaded) -> None:
    with pytest.raises(ValueError, match="not empty"):
        load(small.data_dir.parent, people=PEOPLE, pool=POOL)


@pytest.fixture(params=["sqlite", "postgresql"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path, worker: str) -> str:
    """The address of somebody else's database: it has one table, and nobody in it."""
    if request.param == "sqlite":
        (tmp_path / "data").mkdir()
        (tmp_path / "own" / "keys").mkdir(parents=True)
        (tmp_path / "own" / "keys" / "theirs").touch()  # settings refuse a database whose keys are not there
        url = f"sqlite:///{tmp_path}/data/lms.sqlite"
    else:
        need("postgresql")
        made = postgres.make_database(os.environ[POSTGRES], f"foreign_{worker}")
        url = made.replace("postgresql:", "postgresql+psycopg:")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        if request.param == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA theirs")
        name = "theirs.thing" if request.param == "postgresql" else "thing"
        connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER)")
    return url


@pytest.mark.parametrize(
    "fill",
    [
        lambda folder, url: load(folder, people=3, pool=1, database_url=url),
        lambda folder, url: pages.build(folder, 0, url),
        lambda folder, url: upload.build(folder, url),
    ],
    ids=["load", "pages", "upload"],
)
def test_a_database_with_anything_in_it_is_left_as_it_is(
    foreign: str, tmp_path: Path, fill: Callable[[Path, str], object]
) -> None:
    with pytest.raises(ValueError, match="not empty: it holds .*thing"):
        fill(tmp_path / "own", foreign)
    with create_engine(foreign, poolclass=NullPool).connect() as connection:
        found = inspect(connection)
        assert not any(found.has_table(name) for name in ("alembic_version", "accounts_person"))


def test_an_empty_database_is_not_refused(tmp_path: Path) -> None:
    refuse_unless_empty(f"sqlite:///{tmp_path}/new.sqlite")


def test_nobody_else_reads_what_was_loaded_and_no_two_sets_have_one_passphrase(small: Loaded, tmp_path: Path) -> None:
    assert stat.S_IMODE((small.data_dir.parent / FILE).stat().st_mode) == 0o600
    again = load(tmp_path, people=PEOPLE, pool=POOL)
    assert len({one.password for one in (small.pool[0], small.facilitator)}) == 1
    assert again.pool[0].password != small.pool[0].password
    assert len(again.pool[0].password) >= 20


def test_the_year_whose_pages_are_counted_lets_nobody_in_by_the_words_of_its_seed(tmp_path: Path) -> None:
    app, year = pages.build(tmp_path, 0)
    with app.app_context():
        stored = set(db.session.scalars(select(Person.passphrase_hash).where(Person.login_index.is_not(None))))
        db.session.remove()
        db.engine.dispose()
    (one,) = stored
    assert year.accounts and not any(is_right(account.password, one) for account in year.accounts[:3])


def test_a_pool_that_is_larger_than_its_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pool"):
        load(tmp_path, people=3, pool=4)
