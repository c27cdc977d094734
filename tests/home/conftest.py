"""A cohort in its third week, for tests of a coordinator's and a facilitator's pages."""

import pytest
from sqlalchemy import select, update

from lms.cohorts.models import CalendarEntry, Enrolment
from lms.kernel.db import db, transaction
from tests.assessments.taught import make_taught
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.home.year import count

CAME = NOW - 20 * DAY
OPENED = NOW - 15 * DAY


@pytest.fixture
def taught(app, cast):
    """A course with tasks that opened fifteen days ago, its cohort, three participants who came before, and staff."""
    app.extensions.pop("catalogues", None)
    with app.app_context(), transaction():
        made = make_taught(cast)
        db.session.execute(
            update(Enrolment).where(Enrolment.cohort_id == made.cohort_key).values(agreed_at=CAME, since_at=CAME)
        )
        module = select(CalendarEntry).where(CalendarEntry.cohort_id == made.cohort_key, CalendarEntry.node_id == "m1")
        db.session.scalars(module).one().opens_at = OPENED
        count(made)
    return made


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def as_facilitator(app, cast):
    return Visitor(app).signed_in(cast.facilitator)
