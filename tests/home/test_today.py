"""Today of those who work for a cohort, and of those whose course is behind them."""

import pytest
from sqlalchemy import text

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.queries.queue import at_hand
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Cohort
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.home.reminders import remind
from lms.kernel.db import db, transaction
from tests.assessments.taught import enrolment_of, in_context, load
from tests.cast import DAY, LANGUAGES, NOW
from tests.client import Visitor
from tests.home.year import MANY, analyze, attempt, fill

MOST_FOR_STAFF = 10


def today(visitor, **more):
    return visitor.get("home.today", **more)


def grant(app, member, role, cohort_key=None):
    def give():
        with transaction():
            persons.grant_role(db.session.get_one(Person, member.id), role, cohort_id=cohort_key, by=None, at=NOW)

    in_context(app, give)


def close(app, *cohort_keys):
    def now():
        with transaction():
            for key in cohort_keys:
                db.session.get_one(Cohort, key).closed_at = NOW

    in_context(app, now)


def hand_in(app, taught, *, days=3, state=AttemptState.HANDED_IN, name="cedar", number=1):
    in_context(app, attempt, taught, name, "t-memo", number, state=state, at=NOW - days * DAY)


# Whoever marks


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_waits_to_be_marked_stands_first(app, as_coordinator, taught, lang):
    hand_in(app, taught)
    hand_in(app, taught, days=1, name="nour")
    hand_in(app, taught, state=AttemptState.MARKED, name="olivier")
    found = today(as_coordinator, lang=lang)
    order = [found.text.index(f'btn{alt}" href="/{lang}{path}"') for alt, path in _buttons(taught)]
    assert order == sorted(order)
    if lang == "en":
        assert "2 texts wait for you The oldest has waited for 3 days." in found.words()
        assert "1 text is marked and not released" in found.words()


def _buttons(taught):
    return [("", "/grading"), (" alt", "/grading/release"), (" alt", f"/cohort/{taught.cohort_id}")]


def test_the_figures_are_those_of_the_queue(app, cast, taught, as_facilitator):
    hand_in(app, taught)
    in_context(app, attempt, taught, "nour", "t-memo", at=NOW, marker_id=cast.facilitator.id)
    assert "1 text waits for you The oldest came today." in today(as_facilitator).words()
    assert "Waiting for you 1" in as_facilitator.get("marking.queue").words()


def test_a_facilitator_without_work_reads_the_course_and_has_no_desk(as_facilitator, taught):
    found = today(as_facilitator)
    assert "Read the course as participants see it" in found.words()
    assert "/grading/release" not in found.text and f"/cohort/{taught.cohort_id}" not in found.text


def test_nothing_of_it_is_counted_for_who_marks_nowhere(in_app, cast, statements):
    cedar = load(cast.cedar)
    assert not cedar.roles
    with statements() as seen:
        found = at_hand(cedar, at=NOW)
    assert (found.waiting, found.marked, found.oldest_at) == (0, 0, None) and seen == []


@pytest.mark.parametrize("many", [0, MANY])
def test_staff_ask_little_of_few_and_of_many(app, as_coordinator, as_facilitator, taught, statements, many):
    hand_in(app, taught)
    in_context(app, _fill, taught, many)
    for visitor in (as_coordinator, as_facilitator):
        today(visitor)
        with statements() as seen:
            today(visitor)
        assert len(seen) <= MOST_FOR_STAFF, seen


def _fill(taught, many):
    with transaction():
        fill(taught, many)
    with transaction():
        analyze()


# Nothing to work for


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_coordinator_of_the_site_is_led_to_the_cohorts(app, cast, lang):
    grant(app, cast.stranger, Role.COORDINATOR)
    found = today(Visitor(app).signed_in(cast.stranger), lang=lang)
    assert f'<p class="end"><a href="/{lang}/cohorts">' in found.text
    if lang == "en":
        assert "You work for no cohort yet" in found.words() and "ask your coordinator" not in found.words()


def test_an_editor_is_not_led_to_what_is_not_hers(app, cast):
    grant(app, cast.stranger, Role.EDITOR)
    found = today(Visitor(app).signed_in(cast.stranger))
    assert "You work for no cohort yet" in found.words() and "/cohorts" not in found.text


# After the course


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("state", "told", "has_certificate"),
    [
        (EnrolmentState.COMPLETED, "You have completed this course", True),
        (EnrolmentState.PARTICIPATED, "This course has ended", True),
        (EnrolmentState.ACTIVE, "This course has ended", False),
    ],
)
def test_after_the_course_nothing_is_due(app, as_participant, taught, cast, state, told, has_certificate, lang):
    def end():
        with transaction():
            enrolment_of(taught.enrolments["cedar"]).state = state

    in_context(app, end)
    close(app, cast.cohort_key, *([] if has_certificate else [taught.cohort_key]))
    found = today(as_participant, lang=lang)
    assert f'href="/{lang}/c/{taught.cohort_id}">' in found.text
    assert not any(one in found.text for one in ("/t/", "/l/", 'class="gap"', "<progress", "<aside"))
    certificate = f"/{lang}/results/certificate?of={taught.cohort_id}"
    assert (certificate in found.text) is has_certificate
    if has_certificate:
        as_participant.get("certificates.own", lang=lang, of=taught.cohort_id)
    if lang == "en":
        assert told in found.words()


def test_a_closed_cohort_of_hers_opens_nothing_next(app, as_facilitator, taught, cast):
    close(app, cast.cohort_key, taught.cohort_key)
    found = today(as_facilitator)
    assert "What opens next" not in found.words() and "In preparation" not in found.words()
    assert "This course has ended" in found.words() and "as participants see it" not in found.words()


def test_after_the_course_today_costs_no_statement_more(app, as_participant, taught, cast, statements):
    close(app, cast.cohort_key, taught.cohort_key)
    today(as_participant)
    with statements() as seen:
        today(as_participant)
    assert len(seen) <= 6, seen


def test_many_near_dates_cost_no_more_statements_than_one(app, as_participant, cast, statements):
    in_context(app, lambda: remind({}, NOW))
    today(as_participant)
    seen = []
    for near in (2, 1):
        with statements() as asked:
            assert today(as_participant).text.count('name="notice"') == near + 1  # a module has opened, too
        seen.append(asked)
        in_context(app, put_one_near_date_away)
    assert len(seen[0]) == len(seen[1]), seen[0]


def put_one_near_date_away():
    with transaction():
        db.session.execute(text("DELETE FROM cohorts_notice WHERE node_id = 'm1-timed'"))
