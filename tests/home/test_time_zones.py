"""Deadlines across zones and changes of clocks, through the pages that coordinators and participants use (R14)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.cohorts.models import CalendarEntry, Cohort
from lms.cohorts.queries.seats import calendar_of
from lms.kernel.db import db, transaction
from tests.cast import DAY, HOUR, NOW
from tests.client import Visitor
from tests.cohorts.test_wallclock import ABSENT, ONCE, TWICE, read, utc

LANGUAGES = ("en", "fr", "ar")
WHERE = (
    "America/Port-au-Prince",
    "Africa/Juba",
    "Asia/Kabul",
    "Asia/Yangon",
    "Asia/Gaza",
    "Africa/Cairo",
    "Asia/Beirut",
    "Europe/Oslo",
)
"""Where cohorts and participants are. Kabul and Yangon have half hours and no change; Juba had its last one in 2021."""


def of_our_places(table):
    """Rows of a table of local times, each named by its place and time."""
    return [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in table if row[0] in WHERE]


# In Cairo clocks go forward between the reader's now and the deadline: the offset is that of the deadline.
DEADLINE = datetime(2027, 4, 30, 8, 0, tzinfo=UTC)
SHOWN = {
    "America/Port-au-Prince": "Friday 30 April 2027, 04:00 (UTC−4)",
    "Africa/Juba": "Friday 30 April 2027, 10:00 (UTC+2)",
    "Asia/Kabul": "Friday 30 April 2027, 12:30 (UTC+4:30)",
    "Asia/Yangon": "Friday 30 April 2027, 14:30 (UTC+6:30)",
    "Asia/Gaza": "Friday 30 April 2027, 11:00 (UTC+3)",
    "Africa/Cairo": "Friday 30 April 2027, 11:00 (UTC+3)",
    "Asia/Beirut": "Friday 30 April 2027, 11:00 (UTC+3)",
    "Europe/Oslo": "Friday 30 April 2027, 10:00 (UTC+2)",
}


@pytest.fixture
def as_coordinator(app, cast):
    """Coordinator of the cast's cohort and of the whole site."""
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.coordinator.id)
        persons.grant_role(person, Role.COORDINATOR, cohort_id=None, by=None, at=NOW)
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def dates(app, cast, as_coordinator):
    """Type when the first module opens, in a cohort of some zone, and send the page; everything else has no date."""

    def send(zone, day, clock, *, expect, **more):
        with app.app_context(), transaction():
            db.session.get_one(Cohort, cast.cohort_key).zone = zone
        page = as_coordinator.get("dates.dates", cohort_id=cast.cohort_id)
        nothing = {name: "" for name in page.fields if name.startswith(("opens-", "due-"))}
        month = timedelta(days=30)
        course = {"starts_on": str(day - month), "ends_on": str(day + month)}
        typed = {"opens-m1-day": str(day), "opens-m1-time": f"{clock:%H:%M}", "do": "save"}
        sent = {**page.fields, **nothing, **course, **typed, **more}
        return as_coordinator.post("dates.save", data=sent, expect=expect, cohort_id=cast.cohort_id)

    return send


def opens(app, cohort_id, node_id="m1"):
    """When something opens, as the database has it."""
    with app.app_context():
        cohort = db.session.scalars(select(Cohort).where(Cohort.public_id == UUID(str(cohort_id)))).one()
        return {entry.node_id: entry.opens_at for entry in calendar_of(cohort)}[node_id]


def shown(as_coordinator, cohort_id):
    """What the page of dates says about the first module."""
    fields = as_coordinator.get("dates.dates", cohort_id=cohort_id).fields
    return f"{fields['opens-m1-day']} {fields['opens-m1-time']}", fields.get("opens-m1-which")


def test_there_are_forty_two_cases_and_each_place_has_one():
    cases = [case.values[0] for table in (ONCE, ABSENT, TWICE) for case in of_our_places(table)]
    assert len(cases) == 42 and set(cases) == set(WHERE)


@pytest.mark.parametrize(("zone", "written", "moment"), of_our_places(ONCE))
def test_a_time_is_kept_and_shown_again_as_it_was_typed(app, cast, as_coordinator, dates, zone, written, moment):
    dates(zone, *read(written), expect=302)
    assert opens(app, cast.cohort_id) == utc(moment)
    assert shown(as_coordinator, cast.cohort_id) == (written, None)


@pytest.mark.parametrize(("zone", "written", "following"), of_our_places(ABSENT))
def test_a_time_that_clocks_skip_is_refused_and_the_next_one_named_and_taken(
    app, cast, as_coordinator, dates, zone, written, following
):
    before = opens(app, cast.cohort_id)
    page = dates(zone, *read(written), expect=422)
    assert f"clocks in {zone} skip {written[11:]} on" in page.words()
    assert f"Choose {following[11:]} on" in page.words() and opens(app, cast.cohort_id) == before
    assert f"{page.fields['opens-m1-day']} {page.fields['opens-m1-time']}" == written

    dates(zone, *read(following), expect=302)
    assert shown(as_coordinator, cast.cohort_id) == (following, None)


@pytest.mark.parametrize(("zone", "written", "first", "second"), of_our_places(TWICE))
def test_a_time_that_comes_twice_is_asked_about_and_each_answer_is_its_own_moment(
    app, cast, as_coordinator, dates, zone, written, first, second
):
    before = opens(app, cast.cohort_id)
    page = dates(zone, *read(written), expect=422)
    assert f"clocks in {zone} show {written[11:]} twice on" in page.words()
    assert page.text.count('name="opens-m1-which"') == 2 and opens(app, cast.cohort_id) == before

    for which, moment in (("first", first), ("second", second)):
        dates(zone, *read(written), expect=302, **{"opens-m1-which": which})
        assert opens(app, cast.cohort_id) == utc(moment)
        assert shown(as_coordinator, cast.cohort_id) == (written, which)


def test_a_cohort_in_cairo_does_not_open_in_the_hour_that_is_skipped(app, as_coordinator):
    page = as_coordinator.get("cohorts.new")
    typed = {**page.fields, "year": "2026", "zone": "Africa/Cairo", "opens_on": "2026-04-16", "opens_at": "09:00"}
    cohort_id = as_coordinator.post("cohorts.save_new", data=typed).location.split("/")[3]
    found = as_coordinator.get("dates.dates", cohort_id=cohort_id)
    assert opens(app, cohort_id, "m2") == utc("2026-04-23 07:00")  # a week later, before the change

    sent = {**found.fields, "opens-m2-day": "2026-04-24", "opens-m2-time": "00:30", "do": "save"}
    told = as_coordinator.post("dates.save", data=sent, expect=422, cohort_id=cohort_id)
    assert "clocks in Africa/Cairo skip 00:30 on 24 April 2026. Choose 01:00 on 24 April 2026 or later." in told.words()
    assert opens(app, cohort_id, "m2") == utc("2026-04-23 07:00")


def test_a_cohort_in_oslo_says_which_half_past_two_it_means(app, as_coordinator):
    page = as_coordinator.get("cohorts.new")
    typed = {**page.fields, "year": "2026", "zone": "Europe/Oslo", "opens_on": "2026-10-19", "opens_at": "09:00"}
    cohort_id = as_coordinator.post("cohorts.save_new", data=typed).location.split("/")[3]
    found = as_coordinator.get("dates.dates", cohort_id=cohort_id)

    sent = {**found.fields, "opens-m2-day": "2026-10-25", "opens-m2-time": "02:30", "do": "save"}
    asked = as_coordinator.post("dates.save", data=sent, expect=422, cohort_id=cohort_id)
    assert "clocks in Europe/Oslo show 02:30 twice on 25 October 2026." in asked.words()
    for which, moment in (("first", "2026-10-25 00:30"), ("second", "2026-10-25 01:30")):
        known = as_coordinator.get("dates.dates", cohort_id=cohort_id).fields["known"]
        answered = {**asked.fields, "opens-m2-which": which, "known": known, "do": "save"}
        as_coordinator.post("dates.save", data=answered, cohort_id=cohort_id)
        assert opens(app, cohort_id, "m2") == utc(moment)


def quiz_is_due(app, cast, at):
    with app.app_context(), transaction():
        entry = db.session.scalars(select(CalendarEntry).where(CalendarEntry.public_id == cast.nodes["m1-quiz"])).one()
        entry.due_at = at


def live_in(visitor, zone):
    """Choose a zone as a participant does."""
    fields = visitor.get("accounts.account").fields
    visitor.post("accounts.save_account", data={**fields, "time_zone": zone})


def cedar_at(app, cast, clock, at):
    """Cedar signs in at some moment."""
    clock.at = at
    return Visitor(app).signed_in(cast.cedar)


@pytest.mark.parametrize("left", ["in 3 hours", "in 40 hours", "in 5 days"])
@pytest.mark.parametrize("zone", WHERE)
def test_one_deadline_is_shown_by_everybodys_own_clock_with_its_offset(app, cast, clock, zone, left):
    quiz_is_due(app, cast, DEADLINE)
    before = {"in 3 hours": 3 * HOUR, "in 40 hours": 40 * HOUR, "in 5 days": 5 * DAY}[left]
    cedar = cedar_at(app, cast, clock, DEADLINE - before)
    live_in(cedar, zone)
    today = cedar.get("home.today").words()
    outline = cedar.get("modules.outline", course_id=cast.cohort_id).words()
    quiz = cedar.get("tasks.task", task_id=cast.nodes["m1-quiz"]).words()
    assert f"{SHOWN[zone]} {left}" in today and f"Due {SHOWN[zone]} · {left}" in outline
    assert f"{SHOWN[zone]} · {left}. 3 days more are on time too" in quiz


def test_a_deadline_that_is_over_says_when_it_was_and_not_how_long_is_left(app, cast, clock):
    quiz_is_due(app, cast, DEADLINE)
    cedar = cedar_at(app, cast, clock, DEADLINE + HOUR)
    words = cedar.get("modules.outline", course_id=cast.cohort_id).words()
    assert f"Due {SHOWN['Africa/Juba']}" in words and f"{SHOWN['Africa/Juba']} ·" not in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_offset_is_that_of_the_deadline_and_not_of_today(app, cast, clock, lang):
    quiz_is_due(app, cast, DEADLINE)
    cedar = cedar_at(app, cast, clock, DEADLINE - 40 * HOUR)
    live_in(cedar, "Africa/Cairo")
    page = cedar.get("modules.outline", course_id=cast.cohort_id, lang=lang)
    assert "11:00 (UTC+3)" in page.words() and "UTC+2" in page.text.rpartition("<footer")[2]
