"""H2: one person opens twenty records in an hour, whatever she opens, of whom and from where; then it is an alarm."""

from datetime import timedelta
from itertools import cycle, product

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.safety.models import Opening
from lms.safety.rules import OPENINGS_AN_HOUR
from tests.cast import CANARY, DAY, HOUR, NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
WHY = "A letter came back from her address."
SEALED = (CANARY, "@kanaria.example")
TOLD = "the limit of opened records is reached"
PEOPLE, FIELDS = ("cedar", "nour", "olivier"), ("legal_name", "contact")


@pytest.fixture
def coordinator(app, cast, taught):
    return Visitor(app).signed_in(cast.coordinator)


def open_value(visitor, cohort_id, enrolment_id, field="legal_name", **more):
    """What somebody is answered who asks for one value."""
    address = visitor._address("sealed.open_value", None, {"cohort_id": cohort_id, "enrolment_id": enrolment_id})
    data = {"csrf_token": visitor.token(), "field": field, "reason": WHY, **more}
    return visitor.client.post(address, data=data)


def shows(answer):
    return any(value in answer.text for value in SEALED)


def crawl(visitor, taught, times, **more):
    """Ask for one value after the other, of everybody in turn."""
    asked = cycle(product(PEOPLE, FIELDS))
    return [
        open_value(visitor, taught.cohort_id, taught.enrolments[name], field, **more)
        for _, (name, field) in zip(range(times), asked, strict=False)
    ]


def openings(app):
    with app.app_context():
        return db.session.query(Opening).count(), db.session.query(Entry).filter_by(act="safety.record.opened").count()


def test_whoever_asks_for_a_hundred_values_gets_twenty_and_an_alarm(app, taught, coordinator, caplog):
    answers = crawl(coordinator, taught, 100)
    assert [shows(one) for one in answers] == [True] * OPENINGS_AN_HOUR + [False] * (100 - OPENINGS_AN_HOUR)
    assert {one.status_code for one in answers[OPENINGS_AN_HOUR:]} == {422}
    assert openings(app) == (OPENINGS_AN_HOUR, OPENINGS_AN_HOUR), "one line for her to read, one deed, for each"
    assert caplog.text.count(TOLD) == 100 - OPENINGS_AN_HOUR
    assert not any(value in caplog.text for value in SEALED) and WHY not in caplog.text


@pytest.mark.parametrize("field", [*FIELDS, "plan"])
def test_it_does_not_matter_what_is_opened(app, taught, coordinator, field):
    crawl(coordinator, taught, OPENINGS_AN_HOUR)
    answer = open_value(coordinator, taught.cohort_id, taught.enrolments["cedar"], field)
    assert answer.status_code == 422 and not shows(answer)
    assert openings(app)[0] == OPENINGS_AN_HOUR


def test_it_does_not_matter_from_which_browser(app, cast, taught):
    browsers = [Visitor(app).signed_in(cast.coordinator) for _ in range(4)]
    answers = [one for browser in browsers for one in crawl(browser, taught, 8)]
    assert sum(map(shows, answers)) == OPENINGS_AN_HOUR


def test_it_does_not_matter_from_which_of_her_cohorts(app, cast, taught, coordinator):
    crawl(coordinator, taught, OPENINGS_AN_HOUR)
    with app.app_context():
        from lms.cohorts.models import Enrolment

        hers = db.session.query(Enrolment).filter_by(cohort_id=cast.cohort_key, person_id=cast.cedar.id).one().public_id
    assert not shows(open_value(coordinator, cast.cohort_id, hers))


def test_it_does_not_matter_in_which_role(app, cast, taught):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.coordinator.id)
        for role in (Role.SAFETY, Role.COORDINATOR):
            persons.grant_role(person, role, cohort_id=None, by=None, at=NOW - DAY)
    answers = crawl(Visitor(app).signed_in(cast.coordinator), taught, OPENINGS_AN_HOUR + 5)
    assert sum(map(shows, answers)) == OPENINGS_AN_HOUR


def test_signing_in_again_and_a_fresh_factor_give_no_more(app, cast, clock, taught):
    crawl(Visitor(app).signed_in(cast.coordinator), taught, OPENINGS_AN_HOUR)
    clock.at = NOW + 30 * MINUTE
    again = Visitor(app).signed_in(cast.coordinator)
    answers = crawl(again, taught, 3, password=cast.coordinator.passphrase)
    assert not any(map(shows, answers))


def test_after_an_hour_there_are_twenty_more(app, cast, clock, taught, coordinator):
    crawl(coordinator, taught, OPENINGS_AN_HOUR)
    clock.at = NOW + HOUR - timedelta(seconds=1)
    assert not shows(crawl(Visitor(app).signed_in(cast.coordinator), taught, 1)[0])
    clock.at = NOW + HOUR
    answers = crawl(Visitor(app).signed_in(cast.coordinator), taught, OPENINGS_AN_HOUR + 5)
    assert sum(map(shows, answers)) == OPENINGS_AN_HOUR


def test_one_who_went_on_too_long_keeps_nobody_else_from_her_work(app, cast, taught, coordinator):
    crawl(coordinator, taught, OPENINGS_AN_HOUR + 5)
    with app.app_context(), transaction():
        other = db.session.get_one(Person, cast.stranger.id)
        persons.grant_role(other, Role.COORDINATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)
    assert shows(crawl(Visitor(app).signed_in(cast.stranger), taught, 1)[0])


def test_what_was_refused_for_its_reason_is_not_counted(app, taught, coordinator):
    for _ in range(OPENINGS_AN_HOUR):
        assert not shows(open_value(coordinator, taught.cohort_id, taught.enrolments["cedar"], reason="because"))
    assert all(map(shows, crawl(coordinator, taught, OPENINGS_AN_HOUR)))


@pytest.mark.parametrize("name", ["facilitator", "cedar", "stranger"])
def test_others_get_none_however_often_they_ask(app, cast, taught, name):
    answers = crawl(Visitor(app).signed_in(getattr(cast, name)), taught, 10)
    assert {one.status_code for one in answers} == {404} and not any(map(shows, answers))
