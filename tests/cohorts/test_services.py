from datetime import date
from uuid import uuid4

import pytest

from lms.accounts.models import Person
from lms.cohorts.errors import AliasTaken
from lms.cohorts.models import Cohort
from lms.cohorts.queries import seats
from lms.cohorts.services import enrolling, founding
from lms.courses.models import Version
from lms.courses.queries import tasks_of
from lms.courses.services import publish_version
from lms.kernel.db import db
from tests.cast import DAY, NOW
from tests.courses.versions import VERSION


def make(cast, version=None, dues=None, **opens):
    version = version or db.session.get_one(Version, cast.version_key)
    new = founding.NewCohort(
        title={"en": "Next"},
        year=2028,
        zone="Europe/Oslo",
        starts_on=date(2028, 4, 1),
        ends_on=date(2028, 6, 1),
        opens=opens,
        dues=dues or {},
    )
    return founding.make_cohort(version, new, by=None, at=NOW)


def test_a_cohort_has_a_calendar_entry_for_each_node(in_app, cast):
    cohort = make(cast, m1=NOW + DAY)
    tasks = [task.node_id for task in tasks_of(cast.version_key)]
    opens = {entry.node_id: entry.opens_at for entry in seats.calendar_of(cohort)}
    lessons = ("m1-words", "m1-types", "m1-success", "m2", "m2-map", "m3")
    assert opens == {"m1": NOW + DAY} | dict.fromkeys((*lessons, *tasks))


def test_a_task_is_due_when_the_calendar_says_and_else_never(in_app, cast):
    version, _ = publish_version(VERSION, by=None, at=NOW)
    cohort = make(cast, version, {"m1-memo": NOW + DAY})
    dues = {entry.node_id: entry.due_at for entry in seats.calendar_of(cohort)}
    assert dues == {"m1-memo": NOW + DAY} | dict.fromkeys(
        ("m1", "m1-words", "m1-types", "m1-check", "m2", "m2-quiz"),
    )


def test_no_address_is_shared_between_cohorts(in_app, cast):
    ids = {entry.public_id for entry in seats.calendar_of(make(cast))}
    assert not ids & set(cast.nodes.values())


def test_an_alias_is_borne_once_in_a_cohort_and_again_in_another(in_app, cast):
    cohort = db.session.get_one(Cohort, cast.cohort_key)
    stranger = db.session.get_one(Person, cast.stranger.id)
    with pytest.raises(AliasTaken):
        enrolling.enrol(stranger, cohort, alias="Cedar", course_language="en", by=None, at=NOW)
    enrolling.enrol(stranger, make(cast), alias="Cedar", course_language="en", by=stranger, at=NOW)


def test_an_unknown_cohort_is_no_seat(in_app, cast):
    assert seats.find_seat(db.session.get_one(Person, cast.cedar.id), uuid4()) is None
