"""What is missing for her certificate, as the participant reads it on her results page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.assessments.models import AllowanceRow
from lms.assessments.queries import own
from lms.certificates.jobs import DECIDE, GATHERED
from lms.cohorts.models import CalendarEntry, Cohort
from lms.cohorts.rules.completion import Part
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.facts import Fact, FactKind
from lms.cohorts.services import attesting
from lms.kernel.db import db, transaction
from lms.messaging import services as messaging
from lms.messaging.models import Job
from tests.assessments.taught import enrolment_of, in_context, load, take
from tests.cast import DAY, LANGUAGES, NOW

RIGHT = {"i_choice": {"chosen": ["a"]}, "i_short": {"texts": ["local"]}}


def needs(cast, taught, *, at=NOW):
    courses = own.results_of(load(cast.cedar), language="en", at=at)
    (course,) = [one for one in courses if one.seat.cohort.public_id == taught.cohort_id]
    return {need.requirement.part: need for need in course.needs}


def set_rule(taught, **rule):
    with transaction():
        db.session.get_one(Cohort, taught.cohort_key).completion = rule


def test_every_part_of_the_rule_is_told_with_its_open_tasks(in_app, cast, taught):
    found = needs(cast, taught)
    assert list(found) == [Part.ACTIVITIES, Part.QUIZZES, Part.ASSIGNMENTS, Part.LIVE_SESSIONS, Part.SIMULATION]
    assert [task.node_id for task in found[Part.QUIZZES].tasks] == ["t-quiz", "t-timed"]
    assert [task.node_id for task in found[Part.ASSIGNMENTS].tasks] == ["t-memo"]


def test_a_quiz_that_is_passed_is_missing_no_more(in_app, cast, taught):
    take(cast.cedar, taught.tasks["t-quiz"], **RIGHT)
    found = needs(cast, taught)[Part.QUIZZES]
    assert found.requirement.have == 1 and [task.node_id for task in found.tasks] == ["t-timed"]


def test_a_result_that_is_shown_later_is_not_told_here_either(in_app, cast, taught):
    """The clock closed the attempt and answers may still come: whether she passed is not hers to know yet."""
    set_rule(taught, quiz_pass_percent=70)
    take(cast.cedar, taught.tasks["t-quiz"], **RIGHT)
    attempt = own._attempts(own.seats_of(load(cast.cedar)))[taught.cohort_key][-1]
    with transaction():
        attempt.awaits_until = NOW + DAY
    assert needs(cast, taught)[Part.QUIZZES].requirement.have == 0
    assert needs(cast, taught, at=NOW + DAY)[Part.QUIZZES].requirement.have == 1


def test_what_is_entered_by_hand_counts(in_app, cast, taught):
    set_rule(taught, live_sessions=1, simulation=True)
    with transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        for fact in (
            Fact(kind=FactKind.SUBSTITUTE, on=NOW.date(), session=3),
            Fact(kind=FactKind.PAPER, on=NOW.date()),
        ):
            attesting.enter_fact(enrolment.id, fact, by=load(cast.coordinator), at=NOW)
    assert all(need.requirement.is_met for need in needs(cast, taught).values())


def test_a_rule_without_parts_promises_nothing(in_app, cast, taught):
    set_rule(taught)
    assert needs(cast, taught) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_it_in_words_with_links(as_participant, taught, lang):
    page = as_participant.get("results.own", lang=lang)
    assert page.text.count(f"/{lang}/t/{taught.tasks['t-memo']}") == 2  # in the list, and as what is missing


def test_the_words_of_each_part(as_participant, taught):
    words = as_participant.get("results.own").words()
    for sentence in (
        "Activities: 0% done, 80% needed",
        "0 of 2 graded quizzes passed",
        "0 of 3 assignments meet the standard",
        "0 of 6 live sessions attended, or their written substitute",
        "The simulation, or the alternative paper",
        "are entered by hand",
    ):
        assert sentence in words


def test_the_readiness_check_of_a_prework_is_told(app, as_participant, taught):
    in_context(app, set_rule, taught, readiness_check_percent=80)
    assert "Readiness check: not published yet, and 80% are needed" in as_participant.get("results.own").words()


def test_how_many_attempts_she_has_left_stands_beside_what_is_missing(app, as_participant, cast, taught):
    in_context(app, set_rule, taught, quiz_pass_percent=70)
    in_context(app, take, cast.cedar, taught.tasks["t-quiz"])
    for endpoint in ("results.own", "certificates.own"):
        words = as_participant.get(endpoint, of=taught.cohort_id).words()
        assert words.count("You have 1 attempt left.") == 2, endpoint  # of two, and of the only one


def test_an_attempt_that_was_given_to_her_is_counted(in_app, cast, taught):
    set_rule(taught, quiz_pass_percent=70)
    take(cast.cedar, taught.tasks["t-quiz"])
    assert [task.left for task in needs(cast, taught)[Part.QUIZZES].tasks] == [1, 1]
    with transaction():
        allow(taught, "t-quiz", extra_attempts=1)
        allow(taught, None, extra_attempts=1)
        allow(taught, "t-timed", extra_attempts=5)
    assert [task.left for task in needs(cast, taught)[Part.QUIZZES].tasks] == [3, 7]


def test_with_no_attempt_left_she_reads_whom_to_ask(app, as_participant, cast, taught):
    in_context(app, set_rule, taught, quiz_pass_percent=70)
    for _ in range(2):
        in_context(app, take, cast.cedar, taught.tasks["t-quiz"])
    words = as_participant.get("results.own").words()
    assert words.count("No further attempt can be opened now.") == 1 and "ask your coordinator" in words


def test_after_the_last_moment_no_attempt_is_left(in_app, cast, taught):
    set_rule(taught, quiz_pass_percent=70)
    entry = db.session.scalars(select(CalendarEntry).where(CalendarEntry.node_id == "t-quiz")).one()
    with transaction():
        entry.due_at = NOW - 4 * DAY
    assert needs(cast, taught)[Part.QUIZZES].tasks[0].left == 0
    with transaction():
        entry.due_at = NOW - 2 * DAY
    assert needs(cast, taught)[Part.QUIZZES].tasks[0].left == 2


def test_a_graded_quiz_that_is_passed_has_the_rule_look_within_seconds(in_app, cast, taught):
    """Who waits ten minutes for her certificate believes that something is wrong."""
    with transaction():
        messaging.ensure_all_recurring(at=NOW + DAY)
    looked = select(Job.run_at).where(Job.recurring == DECIDE)
    take(cast.cedar, taught.tasks["t-quiz"])
    assert db.session.scalar(looked) == NOW + DAY, "not passed: nothing is decided by it"
    take(cast.cedar, taught.tasks["t-quiz"], **RIGHT)
    assert db.session.scalar(looked) == NOW + GATHERED
    take(cast.cedar, taught.tasks["t-timed"], at=NOW + timedelta(seconds=5), i_true={"chosen": ["true"]})
    assert db.session.scalar(looked) == NOW + GATHERED, "one look serves both"


def allow(taught, node_id, *, extra_attempts):
    her = enrolment_of(taught.enrolments["cedar"])
    db.session.add(AllowanceRow(enrolment_id=her.id, node_id=node_id, extra_attempts=extra_attempts, given_at=NOW))


def test_who_has_all_that_is_asked_for_reads_so(app, as_participant, cast, taught):
    in_context(app, set_rule, taught, quiz_pass_percent=70)
    in_context(app, take, cast.cedar, taught.tasks["t-quiz"], **RIGHT)
    assert "Everything that the rule" not in as_participant.get("results.own").words()
    in_context(app, take, cast.cedar, taught.tasks["t-timed"], i_true={"chosen": ["true"]})
    assert "Everything that the rule of this course asks for is there." in as_participant.get("results.own").words()


def test_who_has_completed_it_reads_so(app, as_participant, taught):
    def complete():
        with transaction():
            enrolment_of(taught.enrolments["cedar"]).state = EnrolmentState.COMPLETED

    in_context(app, complete)
    assert "You have completed this course." in as_participant.get("results.own").words()
