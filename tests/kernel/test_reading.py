"""On PostgreSQL, what is no act is read only, and a page that only reads lets the driver keep what it has prepared."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from lms.accounts.models import Person
from lms.kernel.db import db, is_read_only, transaction
from tests.at_once import apart


@pytest.fixture
def site(tmp_path, worker):
    with apart("postgresql", tmp_path, worker) as app_and_cast:
        yield app_and_cast


def prepared():
    """What the driver has prepared on the connection at hand."""
    return db.session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))


def test_what_is_changed_outside_an_act_is_refused(site):
    app, cast = site
    with app.app_context():
        db.session.get_one(Person, cast.cedar.id).shown_name = "Somebody"
        with pytest.raises(DBAPIError) as refused:
            db.session.flush()
        assert is_read_only(refused.value.orig)
        db.session.rollback()
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        assert person.shown_name == cast.cedar.shown_name
        person.shown_name = "Somebody"
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).shown_name == "Somebody"


def test_statements_stay_prepared_from_one_reading_context_to_the_next(site):
    app, _ = site
    for _ in range(8):
        with app.app_context():
            db.session.scalars(select(Person.id)).all()
    with app.app_context():
        assert prepared() >= 1


def test_a_context_that_broke_ends_without_a_second_fault(site):
    app, _ = site
    with app.app_context(), pytest.raises(DBAPIError):
        db.session.execute(text("SELECT 1 / 0"))
    with app.app_context():
        assert db.session.scalar(text("SELECT 1")) == 1
