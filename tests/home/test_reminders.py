from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.accounts.models import Person
from lms.assessments.models import AllowanceRow, Attempt
from lms.assessments.queries import sitting as sittings
from lms.assessments.services import taking
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, Notice
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.home import reminders
from lms.kernel.db import db
from lms.messaging.models import Job
from tests.cast import DAY, HOUR, NOW

EXPECTED = ("Cedar", "Nour", "Olivier")
TAKES_PART = (*EXPECTED, "Paused")
DATES_TOMORROW = ("m1-quiz", "m1-timed")


@pytest.fixture(autouse=True)
def fresh(in_app):
    in_app.extensions.pop("catalogues", None)


def remind(at=NOW):
    reminders.remind({}, at)


def told():
    rows = db.session.execute(
        select(Enrolment.alias, Notice.template, Notice.node_id)
        .join(Notice, Notice.enrolment_id == Enrolment.id)
        .order_by(Enrolment.alias, Notice.id)
    )
    return [tuple(row) for row in rows]


def told_to(alias):
    return [rest for who, *rest in map(list, told()) if who == alias]


def letters():
    return db.session.scalars(select(Job).where(Job.kind == "message").order_by(Job.id)).all()


def enrolment(alias):
    return db.session.scalars(select(Enrolment).where(Enrolment.alias == alias)).one()


def entry(cast, node_id):
    wanted = CalendarEntry.cohort_id == cast.cohort_key, CalendarEntry.node_id == node_id
    return db.session.scalars(select(CalendarEntry).where(*wanted)).one()


def keep():
    """What a test changed is there for the job."""
    db.session.flush()
    db.session.commit()


def only(cast, **dues):
    """Leave only these tasks a date."""
    for node_id in ("m1-quiz", "m1-timed", "m1-memo"):
        entry(cast, node_id).due_at = dues.get(node_id.replace("-", "_"))
    entry(cast, "m2").opens_at = None
    keep()


def hand_in(cast, alias, node_id):
    person = db.session.get_one(Person, enrolment(alias).person_id)
    sitting = sittings.find_sitting(person, cast.nodes[node_id])
    attempt = taking.open_attempt(sitting, language="en", by=person, at=NOW)
    attempt.handed_in_at = NOW
    keep()


def test_everybody_is_told_of_near_dates_by_one_message_each(in_app, cast):
    remind()
    assert [alias for alias, *_ in told()] == [alias for alias in EXPECTED for _ in range(3)]
    assert told_to("Cedar") == [["date near", node] for node in ("m1-quiz", "m1-timed", "m1-memo")]
    assert [job.payload["template"] for job in letters()] == ["date_near"] * 3
    assert {job.cohort_id for job in letters()} == {cast.cohort_key}


def test_however_often_it_looks_nobody_is_told_twice(in_app, cast):
    for minutes in range(0, 60, 10):
        remind(NOW + timedelta(minutes=minutes))
    assert len(told()) == 9 and len(letters()) == 3


def test_a_notice_that_was_put_away_does_not_come_back(in_app, cast):
    remind()
    db.session.query(Notice).delete()
    keep()
    remind(NOW + HOUR)
    assert told() == [] and len(letters()) == 3


def test_who_has_handed_in_is_not_reminded(in_app, cast):
    only(cast, m1_quiz=NOW + DAY)
    hand_in(cast, "Cedar", "m1-quiz")
    remind()
    assert [alias for alias, *_ in told()] == ["Nour", "Olivier"]


def test_who_has_begun_and_not_handed_in_is_reminded(in_app, cast):
    only(cast, m1_quiz=NOW + DAY)
    hand_in(cast, "Cedar", "m1-quiz")
    db.session.scalars(select(Attempt)).one().handed_in_at = None
    keep()
    remind()
    assert told_to("Cedar") == [["date near", "m1-quiz"]]


@pytest.mark.parametrize("node_id", ["m1-quiz", None])
def test_who_was_given_more_time_is_reminded_of_her_own_date(in_app, cast, node_id):
    only(cast, m1_quiz=NOW + DAY)
    own = NOW + 5 * DAY
    allowance = AllowanceRow(enrolment_id=enrolment("Cedar").id, node_id=node_id, by_id=None, given_at=NOW, due_at=own)
    db.session.add(allowance)
    keep()
    remind()
    assert told_to("Cedar") == [] and told_to("Nour") == [["date near", "m1-quiz"]]
    remind(own - 2 * DAY)
    assert told_to("Cedar") == [["date near", "m1-quiz"]]


def test_a_module_that_opens_is_told_and_one_without_texts_is_not(in_app, cast):
    only(cast)
    entry(cast, "m2").opens_at, entry(cast, "m3").opens_at = NOW + HOUR, NOW + HOUR
    keep()
    remind()
    assert told() == []
    remind(NOW + HOUR)
    assert told() == [(alias, "module", "m2") for alias in EXPECTED]
    assert {job.payload["template"] for job in letters()} == {"something_new"}


def test_a_calendar_that_changed_is_told_once_and_again_tomorrow_if_it_changed_again(in_app, cast):
    only(cast)
    remind()
    assert told() == []
    for hours in (1, 2, 3):
        entry(cast, "m3").opens_at = NOW + 40 * DAY + hours * HOUR
        keep()
        remind(NOW + hours * HOUR)
    assert told() == [(alias, "calendar", None) for alias in TAKES_PART] and len(letters()) == 4
    remind(NOW + DAY)
    assert len(letters()) == 8 and len(told()) == 4
    remind(NOW + 2 * DAY)
    assert len(letters()) == 8


def test_saving_the_same_calendar_is_no_change(in_app, cast):
    only(cast)
    remind()
    db.session.get_one(Cohort, cast.cohort_key).changes += 1
    keep()
    remind(NOW + DAY)
    assert told() == []


@pytest.mark.parametrize("state", EnrolmentState)
def test_nobody_is_reminded_of_whom_nothing_is_expected(in_app, cast, state):
    enrolment("Cedar").state = state
    keep()
    remind()
    assert bool(told_to("Cedar")) == (state is EnrolmentState.ACTIVE)


def test_who_takes_a_pause_is_told_when_the_calendar_changes_and_reminded_once_she_is_back(in_app, cast):
    remind()
    entry(cast, "m3").opens_at = NOW + 40 * DAY
    keep()
    remind(NOW + HOUR)
    assert told_to("Paused") == [["calendar", None]]
    enrolment("Paused").state = EnrolmentState.ACTIVE
    keep()
    remind(NOW + 2 * HOUR)
    assert ["date near", "m1-quiz"] in told_to("Paused")


def test_who_has_not_come_yet_is_not_reminded(in_app, cast):
    enrolment("Cedar").agreed_at = None
    keep()
    remind()
    assert told_to("Cedar") == [] and told_to("Nour")


@pytest.mark.parametrize("column", ["closed_at", "ends_on"])
def test_a_cohort_that_is_closed_or_over_reminds_nobody(in_app, cast, column):
    cohort = db.session.get_one(Cohort, cast.cohort_key)
    setattr(cohort, column, NOW if column == "closed_at" else (NOW - 2 * DAY).date())
    keep()
    remind()
    assert told() == []


def test_a_worker_that_stood_for_a_week_tells_nothing_that_is_over(in_app, cast):
    remind(NOW + 7 * DAY)
    assert told() == []


def test_a_large_cohort_is_told_some_at_a_time(in_app, cast, monkeypatch, statements):
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    remind()
    assert len(letters()) == 3 and len(told()) == 9


def test_a_look_at_which_nothing_is_new_costs_few_statements(in_app, cast, statements):
    remind()
    with statements() as seen:
        remind(NOW + HOUR)
    assert len(seen) <= 8, seen
