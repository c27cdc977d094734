from dataclasses import replace
from datetime import timedelta

import pytest

from lms.assessments.errors import AllowedMeanwhile, BadAllowance
from lms.assessments.models import AllowanceRow
from lms.assessments.queries import record
from lms.assessments.rules.allowing import NewAllowance, check_allowance
from lms.assessments.sealing import open_reasons
from lms.assessments.services import allowing
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from tests.assessments.taught import answer, attempt_of, begin, hand_in, load, take
from tests.cast import DAY, NOW
from tests.client import Visitor

MORE = NewAllowance(
    node_id="t-quiz", extra_attempts=1, extra_minutes=0, due_at=None, reason="The line was cut.", known=0
)
MINUTES = replace(MORE, node_id="t-timed", extra_attempts=0, extra_minutes=15)


def book_of(cast, taught):
    return record.find_participant(load(cast.facilitator), taught.cohort_id, taught.enrolments["cedar"])


def give(cast, taught, new, *, at=NOW):
    with transaction():
        return allowing.give_allowance(book_of(cast, taught), new, by=load(cast.facilitator), at=at)


@pytest.mark.parametrize(
    "changes",
    [
        {"extra_attempts": 0},
        {"extra_attempts": -1},
        {"extra_attempts": 11},
        {"extra_minutes": 601},
        {"due_at": NOW},
        {"due_at": NOW + 367 * DAY},
        {"reason": "  "},
        {"reason": "x" * 2001},
    ],
)
def test_what_gives_nothing_or_too_much_is_refused(changes):
    with pytest.raises(BadAllowance):
        check_allowance(replace(MORE, **changes), at=NOW)


def test_a_further_attempt_can_be_opened_after_it_is_given(in_app, cast, taught):
    for _ in range(2):
        take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["b"]})
    give(cast, taught, MORE)
    begin(cast.cedar, taught.tasks["t-quiz"])


def test_minutes_and_a_date_hold_at_once_for_what_is_open(in_app, cast, taught):
    timed, quiz = begin(cast.cedar, taught.tasks["t-timed"]), begin(cast.cedar, taught.tasks["t-quiz"])
    give(cast, taught, MINUTES)
    attempt = attempt_of(timed)
    assert attempt.allowed_minutes == 45
    assert attempt.closes_at == NOW + timedelta(minutes=60)  # with 15 minutes for a cut line
    give(cast, taught, replace(MORE, node_id=None, extra_attempts=0, due_at=NOW + 9 * DAY, known=1))
    assert attempt_of(quiz).due_at == NOW + 9 * DAY and attempt_of(quiz).closes_at == NOW + 12 * DAY
    assert attempt_of(timed).due_at == NOW + 9 * DAY and attempt_of(timed).allowed_minutes == 45


def test_an_answer_after_the_old_end_counts_with_more_minutes(in_app, cast, taught):
    attempt_id = begin(cast.cedar, taught.tasks["t-timed"])
    give(cast, taught, MINUTES)
    at = NOW + timedelta(minutes=40)
    answer(cast.cedar, taught.tasks["t-timed"], attempt_id, at=at, i_true={"chosen": ["true"]})
    hand_in(cast.cedar, taught.tasks["t-timed"], at=at)
    assert attempt_of(attempt_id).points == 100


def test_work_that_is_handed_in_and_that_of_others_is_left_alone(in_app, cast, taught):
    done = take(cast.cedar, taught.tasks["t-timed"], i_true={"chosen": ["true"]})
    hers = begin(cast.nour, taught.tasks["t-timed"])
    give(cast, taught, MINUTES)
    assert attempt_of(done).allowed_minutes == attempt_of(hers).allowed_minutes == 30


def test_the_reason_is_sealed_under_her_key_and_the_audit_holds_numbers(in_app, cast, taught):
    row = give(cast, taught, MORE)
    assert b"line" not in row.reason.box and open_reasons(load(cast.cedar), [row.reason]) == ["The line was cut."]
    entry = db.session.query(Entry).filter_by(act="assessments.allowance.given").one()
    assert entry.changes == {
        "attempts": [None, 1], "minutes": [None, 0], "has_date": [None, False], "open_attempts": [None, 0]
    }  # fmt: skip


def test_the_same_form_twice_gives_once(in_app, cast, taught):
    give(cast, taught, MORE)
    with pytest.raises(AllowedMeanwhile):
        give(cast, taught, MORE)
    assert db.session.query(AllowanceRow).count() == 1


@pytest.mark.parametrize("node_id", ["nothing", "t-check"])
def test_only_a_task_of_the_course_can_be_named(in_app, cast, taught, node_id):
    with pytest.raises(BadAllowance):
        give(cast, taught, replace(MORE, node_id=node_id))


# The form


def ids(taught):
    return {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}


@pytest.fixture
def as_facilitator(app, cast):
    return Visitor(app).signed_in(cast.facilitator)


def test_the_form_gives_and_the_page_says_what_and_why(app, as_facilitator, cast, taught):
    page = as_facilitator.get("results.participant", **ids(taught))
    data = {**page.fields, "task": "t-quiz", "attempts": "2", "due_on": "2027-04-20", "reason": "She was ill."}
    as_facilitator.post("results.give_allowance", data=data, **ids(taught))
    words = as_facilitator.get("results.participant", **ids(taught)).words()
    assert "2 further attempts" in words and "She was ill." in words and "Facilitator" in words
    assert "Last moment: Tuesday 20 April 2027, 21:59 (UTC)." in words
    assert "By the cohort’s clock: Tuesday 20 April 2027, 23:59 (UTC+2)." in words


@pytest.mark.parametrize(
    ("sent", "expect"),
    [
        ({"attempts": "many"}, 422),
        ({"attempts": "-1"}, 422),
        ({"attempts": "1", "minutes": "9999"}, 422),
        ({"attempts": "1", "due_on": "tomorrow"}, 422),
        ({"attempts": "1", "due_on": "2020-01-01"}, 409),
        ({"attempts": "1", "task": "another"}, 422),
        ({"attempts": "1", "reason": ""}, 422),
        ({"attempts": "0"}, 409),
        ({}, 409),
    ],
)
def test_bad_input_is_refused_whole_and_nothing_typed_is_lost(app, as_facilitator, cast, taught, sent, expect):
    page = as_facilitator.get("results.participant", **ids(taught))
    data = {**page.fields, "task": "t-quiz", "reason": "Her long reason", **sent}
    answer_page = as_facilitator.post("results.give_allowance", data=data, expect=expect, **ids(taught))
    assert answer_page.fields["reason"].strip() == data["reason"]
    with app.app_context():
        assert db.session.query(AllowanceRow).count() == 0


def test_a_double_click_is_told_and_keeps_the_form(app, as_facilitator, cast, taught):
    page = as_facilitator.get("results.participant", **ids(taught))
    data = {**page.fields, "task": "t-quiz", "attempts": "1", "reason": "Once."}
    as_facilitator.post("results.give_allowance", data=data, **ids(taught))
    again = as_facilitator.post("results.give_allowance", data=data, expect=409, **ids(taught))
    assert "it is in the list now" in again.words() and again.fields["reason"].strip() == "Once."
    with app.app_context():
        assert db.session.query(AllowanceRow).count() == 1
