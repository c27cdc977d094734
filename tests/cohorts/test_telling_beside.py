"""Posting a notice waits for nobody who changes the same place, and keeps nobody out: PostgreSQL locks rows."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.certificates.queries import deciding
from lms.cohorts.models import Cohort, Enrolment, Notice
from lms.cohorts.queries import desk
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.services import telling
from lms.kernel.db import db, transaction
from lms.modules import queries as modules
from tests.at_once import apart
from tests.cast import NOW

PATIENCE = timedelta(milliseconds=500)


@pytest.fixture
def site(tmp_path, worker):
    with apart("postgresql", tmp_path, worker) as app_and_cast:
        yield app_and_cast


def place_of(cast):
    return db.session.scalars(select(Enrolment).where(Enrolment.person_id == cast.cedar.id)).one()


def hold_by_rule(cast, place):
    deciding.waiting_for_update(db.session.get_one(Cohort, cast.cohort_key), [place.id])


@pytest.mark.parametrize(
    "hold",
    [
        lambda cast, place: desk.enrolment_for_update(place.id),
        lambda cast, place: modules.enrolment_for_update(place.id),
        hold_by_rule,
    ],
    ids=["a coordinator", "her own act", "the rule"],
)
def test_whoever_is_told_something_may_have_her_place_changed_meanwhile(site, hold):
    app, cast = site
    with ExitStack() as open_ones:
        open_ones.enter_context(app.app_context())
        open_ones.enter_context(transaction())
        hold(cast, place_of(cast))
        with app.app_context(), transaction(patience=PATIENCE):
            telling.tell_of_act([place_of(cast)], Subject(news=News.RELEASED), at=NOW)
    with app.app_context():
        assert db.session.scalars(select(Notice.template)).all() == ["released"]
