"""Opening, answering, handing in and taking back, in the database."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, insert, select, text

from lms.assessments import jobs
from lms.assessments.errors import (
    ClosedForNew,
    NoAttemptLeft,
    NothingToHandIn,
    NotInAttempt,
    NoVersionLeft,
    TakenBackTooLate,
)
from lms.assessments.models import AllowanceRow, Attempt, StepRow
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.assessments.rules.deadlines import counted, undecided
from lms.assessments.rules.quizzes import compute_score
from lms.assessments.services import taking
from lms.assessments.services.steps import NewStep, append
from lms.assessments.services.taking import Outcome
from lms.cohorts.errors import TakesPartNoMore
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.sealed import Sealed
from tests.assessments.pupil import Pupil, answer
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
UNCHANGED, SAVED, COUNTED, OVERTAKEN, ASIDE, COURSE_CLOSED = Outcome
CLOSED, AWAITED = NOW + 4 * DAY, NOW + 18 * DAY
"""When the clock closes the quiz, and until when answers to it may come and count."""


def chosen(*options):
    return {"chosen": list(options)}


def words(text):
    return {"texts": [text]}


RIGHT = {"m1-i1": chosen("b"), "m1-i2": chosen("a", "c"), "m1-i3": words("truce")}


@pytest.fixture
def pupil(in_app, cast):
    """Cedar at the quiz that counts."""
    return Pupil(cast.cedar, cast.nodes["m1-quiz"])


@pytest.fixture
def writer(in_app, cast):
    """Cedar at the assignment."""
    return Pupil(cast.cedar, cast.nodes["m1-memo"])


@pytest.fixture
def timed(in_app, cast):
    """Cedar at the quiz against the clock."""
    return Pupil(cast.cedar, cast.nodes["m1-timed"])


# --- Opening


def test_opening_twice_is_opening_once(pupil):
    assert pupil.open().public_id == pupil.open(at=NOW + HOUR).public_id
    assert len(pupil.attempts()) == 1


def test_an_attempt_keeps_the_times_that_held_when_it_was_opened(pupil, timed):
    attempt = pupil.open()
    assert (attempt.due_at, attempt.grace_days, attempt.closes_at) == (NOW + DAY, 3, NOW + 4 * DAY)
    assert timed.open().closes_at == NOW + 45 * MINUTE


def test_two_devices_open_one_attempt(pupil):
    person = pupil.person
    places = [sittings.find_task_place(person, pupil.task_id) for _ in range(2)]
    with transaction():
        opened = [taking.open_attempt(place, by=person, language="en", at=NOW) for place in places]
    assert opened[0] is opened[1]


def test_an_attempt_draws_its_questions_once(pupil):
    assert pupil.open().drawn == ["m1-i1", "m1-i2", "m1-i3"]


def test_the_next_attempt_begins_empty(pupil):
    pupil.open()
    pupil.send("m1-i1", chosen("a"))
    pupil.hand_in()
    second = pupil.open(at=NOW + HOUR)
    assert (second.number, pupil.standing(second)) == (2, {})


def test_no_attempt_beyond_the_last_and_one_more_with_an_allowance(pupil):
    for _ in range(3):
        pupil.open()
        pupil.hand_in()
    with pytest.raises(NoAttemptLeft):
        pupil.open()
    enrolment = pupil.sitting().enrolment
    with transaction():
        db.session.add(
            AllowanceRow(enrolment_id=enrolment.id, extra_attempts=1, extra_minutes=0, by_id=None, given_at=NOW)
        )
    assert pupil.open().number == 4


def test_nothing_opens_after_the_days_of_grace(pupil):
    with pytest.raises(ClosedForNew):
        pupil.open(at=NOW + 4 * DAY + MINUTE)


def test_who_withdrew_a_moment_ago_opens_nothing(pupil):
    person = pupil.person
    place = sittings.find_task_place(person, pupil.task_id)
    with transaction():
        place.enrolment.state = EnrolmentState.WITHDRAWN
    with pytest.raises(TakesPartNoMore), transaction():
        taking.open_attempt(place, by=person, language="en", at=NOW)


def test_who_takes_a_pause_may_go_on_answering(in_app, cast):
    assert Pupil(cast.paused, cast.nodes["m1-quiz"]).open().number == 1


# --- Saving


def test_a_saved_answer_is_a_step(pupil):
    attempt = pupil.open()
    assert pupil.send("m1-i1", chosen("b"), flagged=True, held=MINUTE, at=NOW + HOUR) is SAVED
    (row,) = pupil.rows(attempt)
    assert (row.data, row.flagged, row.sequence, row.state) == (chosen("b"), True, 1, AttemptState.OPEN)
    assert (row.written_at, row.received_at) == (NOW + HOUR - MINUTE, NOW + HOUR)


def test_the_same_act_twice_is_one_step(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i1", chosen("b"), op=op)
    assert pupil.send("m1-i1", chosen("b"), op=op) is UNCHANGED
    assert len(pupil.rows(attempt)) == 1


def test_the_same_act_again_after_another_changes_nothing_and_is_said_to_be_overtaken(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i1", chosen("a"), op=op)
    pupil.send("m1-i1", chosen("b"), sequence=2)
    assert pupil.send("m1-i1", chosen("a"), op=op) is OVERTAKEN
    assert pupil.standing(attempt) == {"m1-i1": chosen("b")}
    assert len(pupil.rows(attempt)) == 2


def test_a_page_that_reuses_its_id_for_other_words_loses_neither(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i3", words("one"), op=op)
    assert pupil.send("m1-i3", words("two"), op=op) is OVERTAKEN
    assert [step.data for step in pupil.steps(attempt)] == [words("one"), words("two")]


def test_saying_again_what_stands_adds_nothing(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    assert pupil.send("m1-i1", chosen("b"), sequence=2) is UNCHANGED
    assert pupil.send("m1-i1", chosen("b"), sequence=1) is UNCHANGED
    assert len(pupil.rows(attempt)) == 1


def test_no_answer_to_what_nobody_answered_adds_nothing(pupil):
    attempt = pupil.open()
    assert pupil.send("m1-i1", None) is UNCHANGED
    assert pupil.rows(attempt) == []


def test_an_answer_can_be_taken_away(pupil):
    attempt = pupil.open()
    pupil.send("m1-i3", words("one"))
    assert pupil.send("m1-i3", None, sequence=2) is SAVED
    assert pupil.standing(attempt) == {"m1-i3": None}


def test_a_flag_alone_is_saved(pupil):
    attempt = pupil.open()
    assert pupil.send("m1-i1", None, flagged=True) is SAVED
    assert pupil.rows(attempt)[0].flagged


def test_an_older_page_is_kept_and_does_not_win(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("a"))
    pupil.send("m1-i1", chosen("b"), sequence=2)
    assert pupil.send("m1-i1", chosen("c"), sequence=1, at=NOW + HOUR) is OVERTAKEN
    assert pupil.standing(attempt) == {"m1-i1": chosen("b")}
    assert len(pupil.rows(attempt)) == 3


def test_of_a_tie_the_one_written_later_stands_and_both_are_shown(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("a"), at=NOW + MINUTE)
    assert pupil.send("m1-i1", chosen("b"), at=NOW + HOUR, held=HOUR) is OVERTAKEN
    sitting = pupil.sitting()
    assert sitting.standing["m1-i1"].data == chosen("a")
    assert [step.data for step in sitting.steps] == [chosen("a"), chosen("b")]
    assert pupil.standing(attempt) == {"m1-i1": chosen("a")}


def test_saying_again_what_stands_settles_a_tie(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("a"))
    pupil.send("m1-i1", chosen("b"), at=NOW + MINUTE)
    assert pupil.send("m1-i1", chosen("b"), sequence=2) is SAVED
    assert len(pupil.rows(attempt)) == 3
    assert len(pupil.sitting().steps) == 1


def test_a_delayed_answer_never_beats_a_newer_one_that_says_what_stood_before(pupil):
    """Yes, no, yes; the no is on its way for long. It is the case that `sequence` is for."""
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("a"), sequence=1)
    assert pupil.send("m1-i1", chosen("a"), sequence=3) is SAVED
    assert pupil.send("m1-i1", chosen("b"), sequence=2, at=NOW + HOUR) is OVERTAKEN
    assert pupil.standing(attempt) == {"m1-i1": chosen("a")}


def test_two_devices_with_old_sittings_lose_nothing(pupil):
    attempt = pupil.open()
    phone, laptop = pupil.sitting(), pupil.sitting()
    pupil.send("m1-i1", chosen("a"), sitting=phone)
    pupil.send("m1-i1", chosen("b"), sitting=laptop, at=NOW + MINUTE)
    assert pupil.standing(attempt) == {"m1-i1": chosen("b")}
    assert len(pupil.rows(attempt)) == 2


def test_a_question_that_was_not_drawn_is_refused(pupil):
    attempt = pupil.open()
    with pytest.raises(NotInAttempt):
        pupil.send("m1-i4", chosen("true"))
    assert pupil.rows(attempt) == []


def test_what_comes_after_the_hand_in_is_kept_aside_and_changes_no_score(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    pupil.hand_in()
    assert pupil.send("m1-i1", chosen("a"), sequence=2, at=NOW + MINUTE) is ASIDE
    assert pupil.rows(attempt)[-1].state is AttemptState.HANDED_IN
    assert (attempt.points, attempt.points_of) == (100, 300)


def test_what_comes_aside_twice_is_one_step_and_is_told_twice(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.hand_in()
    assert [pupil.send("m1-i1", chosen("a"), op=op) for _ in range(2)] == [ASIDE, ASIDE]
    assert len(pupil.rows(attempt)) == 2


def test_what_was_saved_and_is_sent_again_after_the_hand_in_is_still_saved(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i1", chosen("a"), op=op)
    pupil.hand_in()
    assert pupil.send("m1-i1", chosen("a"), op=op) is SAVED
    assert pupil.kinds(attempt) == ["answer", "hand in"]


def test_what_was_overtaken_and_is_sent_again_after_the_hand_in_is_not_said_to_be_saved(pupil):
    pupil.open()
    op = new_id()
    pupil.send("m1-i1", chosen("a"), op=op)
    pupil.send("m1-i1", chosen("b"), sequence=2)
    pupil.hand_in()
    assert pupil.send("m1-i1", chosen("a"), op=op) is OVERTAKEN


def test_a_draft_that_later_ones_have_overtaken_is_not_said_to_be_saved(writer):
    attempt, op = writer.open(), new_id()
    writer.send("m1-i6", {"text": "One"}, op=op)
    writer.send("m1-i6", {"text": "One two"}, sequence=2)
    assert writer.send("m1-i6", {"text": "One"}, op=op) is OVERTAKEN
    assert len(writer.rows(attempt)) == 2


def test_a_text_that_comes_after_the_hand_in_is_aside_each_time_it_comes(writer):
    attempt, op = writer.open(), new_id()
    writer.send("m1-i6", {"text": "One"})
    writer.hand_in()
    assert [writer.send("m1-i6", {"text": "Two"}, sequence=2, op=op) for _ in range(2)] == [ASIDE, ASIDE]
    assert writer.kinds(attempt) == ["answer", "hand in", "answer"]


def test_a_page_of_answers_is_kept_at_once_and_each_is_told(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("a"))
    pupil.send("m1-i2", chosen("a"), sequence=2)
    page = [
        answer("m1-i1", chosen("a"), sequence=2),
        answer("m1-i2", chosen("b"), sequence=1),
        answer("m1-i3", words("truce")),
    ]
    assert pupil.send_page(page) == {"m1-i1": UNCHANGED, "m1-i2": OVERTAKEN, "m1-i3": SAVED}
    assert pupil.standing(attempt) == {"m1-i1": chosen("a"), "m1-i2": chosen("a"), "m1-i3": words("truce")}


def test_a_page_with_one_question_too_many_saves_nothing(pupil):
    attempt = pupil.open()
    with pytest.raises(NotInAttempt):
        pupil.send_page([answer("m1-i1", chosen("a")), answer("m1-i4", chosen("true"))])
    assert pupil.rows(attempt) == []


def test_a_page_that_comes_after_the_clock_is_judged_answer_by_answer(pupil):
    attempt = pupil.open()
    pupil.send("m1-i3", words("war"))
    page = [
        answer("m1-i1", chosen("b"), held=5 * DAY),
        answer("m1-i2", chosen("a", "c"), held=MINUTE),
        answer("m1-i3", words("truce"), sequence=2, held=5 * DAY),
    ]
    assert pupil.send_page(page, at=NOW + 5 * DAY) == {"m1-i1": COUNTED, "m1-i2": ASIDE, "m1-i3": COUNTED}
    assert pupil.kinds(attempt) == ["answer", "time up", "answer", "answer", "answer"]
    assert (attempt.points, attempt.points_of) == (200, 300)


def test_an_answer_to_an_older_attempt_is_kept_with_it(pupil):
    first = pupil.open()
    pupil.hand_in()
    second = pupil.open(at=NOW + HOUR)
    assert pupil.send("m1-i1", chosen("b"), attempt=first, at=NOW + HOUR) is ASIDE
    assert pupil.kinds(first) == ["hand in", "answer"]
    assert pupil.rows(second) == []


def test_somebody_elses_attempt_is_not_found_at_all(pupil, cast):
    pupil.open()
    nour = Pupil(cast.nour, cast.nodes["m1-quiz"])
    hers = nour.open()
    assert sittings.named_attempt(pupil.sitting(), hers.public_id) is None


def test_an_attempt_at_another_task_is_not_found(pupil, timed):
    pupil.open()
    assert sittings.named_attempt(pupil.sitting(), timed.open().public_id) is None


# --- Handing in


def test_handing_in_scores_every_kind(pupil):
    attempt = pupil.open()
    for question, data in RIGHT.items():
        pupil.send(question, data)
    pupil.hand_in()
    assert (attempt.points, attempt.points_of, attempt.state) == (300, 300, AttemptState.HANDED_IN)


def test_points_for_a_part_are_in_the_score(pupil):
    attempt = pupil.open()
    pupil.send("m1-i2", chosen("a"))
    pupil.hand_in()
    assert attempt.points == 50


def test_handing_in_twice_gives_one_receipt(pupil):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i1", chosen("b"))
    for each in (op, op, new_id()):
        pupil.hand_in(op=each)
    codes = [row.receipt for row in pupil.rows(attempt) if row.receipt]
    assert len(codes) == 1
    assert attempt.score().points == 100


def test_handing_in_without_an_attempt_is_refused(pupil):
    with pytest.raises(NotInAttempt):
        pupil.hand_in()


def test_an_empty_quiz_can_be_handed_in_and_an_empty_text_cannot(pupil, writer):
    pupil.open()
    assert pupil.hand_in().points == 0
    writer.open()
    with pytest.raises(NothingToHandIn):
        writer.hand_in()


def test_a_text_that_was_emptied_is_nothing_to_hand_in(writer):
    writer.open()
    writer.send("m1-i6", {"text": "Some words"})
    writer.send("m1-i6", None, sequence=2)
    with pytest.raises(NothingToHandIn):
        writer.hand_in()


def test_handing_in_a_text_counts_its_words_and_finds_a_marker(writer, cast):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Four words are here"})
    writer.hand_in()
    assert (attempt.words, attempt.points, attempt.marker_id) == (4, None, cast.facilitator.id)


def test_a_hand_in_never_claims_to_be_written_before_the_lease(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in(held=timedelta(days=9000))
    assert writer.rows(attempt)[-1].written_at >= NOW - 14 * DAY


def test_taking_back_opens_it_again_and_a_second_receipt_follows(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "First words"})
    writer.hand_in()
    writer.take_back(at=NOW + MINUTE)
    assert (attempt.state, attempt.handed_in_at, attempt.marker_id) == (AttemptState.OPEN, None, None)
    writer.send("m1-i6", {"text": "Better words"}, sequence=2, at=NOW + MINUTE)
    writer.hand_in(at=NOW + HOUR)
    assert writer.kinds(attempt) == ["answer", "hand in", "take back", "answer", "hand in"]
    assert len({row.receipt for row in writer.rows(attempt) if row.receipt}) == 2


def test_taking_back_what_is_open_changes_nothing(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Words"})
    assert writer.take_back() is attempt
    assert writer.kinds(attempt) == ["answer"]


def test_an_old_page_neither_hands_in_again_what_was_taken_back_nor_takes_back_what_was_handed_in_again(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "First words"})
    handed_in, taken_back = new_id(), new_id()
    writer.hand_in(op=handed_in)
    writer.take_back(op=taken_back)
    assert writer.hand_in(op=handed_in).state is AttemptState.OPEN
    writer.hand_in(at=NOW + MINUTE)
    assert writer.take_back(op=taken_back).state is AttemptState.HANDED_IN
    assert writer.kinds(attempt) == ["answer", "hand in", "take back", "hand in"]


def test_nothing_is_taken_back_after_the_due_date_or_from_a_quiz(writer, pupil):
    writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in()
    with pytest.raises(TakenBackTooLate):
        writer.take_back(at=NOW + 2 * DAY)
    pupil.open()
    pupil.hand_in()
    with pytest.raises(NotInAttempt):
        pupil.take_back()


def move(attempt, kind):
    step = NewStep(
        operation=new_id(), kind=kind, by=None, at=NOW + HOUR, language="en", data={"levels": {}}, sequence=1
    )
    with transaction():
        append(sittings.attempt_for_update(attempt.id), step)


def test_nothing_is_taken_back_that_is_being_marked(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in()
    move(attempt, StepKind.MARK_DRAFT)
    with pytest.raises(TakenBackTooLate):
        writer.take_back(at=NOW + HOUR)


def test_nothing_is_taken_back_that_is_marked(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in()
    move(attempt, StepKind.MARK)
    with pytest.raises(TakenBackTooLate):
        writer.take_back(at=NOW + HOUR)
    assert attempt.state is AttemptState.MARKED


def test_a_new_version_carries_the_text_over_and_leaves_the_old_one(writer):
    first = writer.open()
    writer.send("m1-i6", {"text": "The first text"})
    writer.hand_in()
    with pytest.raises(NoVersionLeft):
        writer.open(at=NOW + HOUR)
    move(first, StepKind.RETURN)
    second = writer.open(at=NOW + HOUR)
    writer.send("m1-i6", {"text": "The second text"}, sequence=2, at=NOW + HOUR)
    assert writer.standing(first) == {"m1-i6": {"text": "The first text"}}
    assert [step.data["text"] for step in writer.steps(second)] == ["The first text", "The second text"]


def test_what_was_returned_may_always_be_answered_and_what_was_released_until_the_versions_end(writer):
    for kind in (StepKind.RETURN, StepKind.RETURN):
        attempt = writer.open()
        writer.send("m1-i6", {"text": "Words"}, sequence=len(writer.rows(attempt)) + 1)
        writer.hand_in()
        move(attempt, kind)
    third = writer.open()
    writer.hand_in()
    move(third, StepKind.MARK)
    move(third, StepKind.RELEASE)
    with pytest.raises(NoVersionLeft):
        writer.open()


# --- The clock


def test_the_clock_hands_in_what_is_there(pupil, in_app):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    jobs.close({}, NOW + 4 * DAY - timedelta(seconds=1))
    assert attempt.state is AttemptState.OPEN
    jobs.close({}, NOW + 4 * DAY)
    db.session.expire_all()
    assert (attempt.state, attempt.points, attempt.points_of) == (AttemptState.HANDED_IN, 100, 300)
    assert pupil.kinds(attempt) == ["answer", "time up"]
    assert pupil.rows(attempt)[-1].receipt


def test_the_clock_closes_once(pupil):
    attempt = pupil.open()
    for _ in range(2):
        jobs.close({}, NOW + 5 * DAY)
    assert pupil.kinds(attempt) == ["time up"]


def test_what_is_handed_in_closes_no_more(pupil, timed):
    assert pupil.open().closes_at == CLOSED
    assert pupil.hand_in().closes_at is None
    attempt = timed.open()
    jobs.close({}, NOW + HOUR)
    db.session.expire_all()
    assert attempt.closes_at is None


def test_an_allowance_that_was_given_while_the_worker_runs_wins(pupil):
    """The list was read before the allowance, the row is locked after it."""
    attempt = pupil.open()
    (due,) = sittings.due_to_close(at=CLOSED, after=0, most=9)
    with transaction():
        attempt.due_at, attempt.closes_at = NOW + 9 * DAY, NOW + 12 * DAY
    jobs._close(due, CLOSED)
    db.session.expire_all()
    assert attempt.state is AttemptState.OPEN
    assert pupil.kinds(attempt) == []


def test_what_was_handed_in_while_the_worker_runs_stays_as_it_is(pupil):
    attempt = pupil.open()
    (due,) = sittings.due_to_close(at=CLOSED, after=0, most=9)
    pupil.hand_in()
    jobs._close(due, CLOSED)
    assert pupil.kinds(attempt) == ["hand in"]


def test_one_that_cannot_be_closed_is_said_and_the_others_go_on(pupil, timed, caplog):
    broken, whole = pupil.open(), timed.open()
    step = taking.answer_step(broken, answer("m1-i3", words("truce")), by=pupil.person, at=NOW)
    row = step.values(broken.id, AttemptState.OPEN, opened_at=NOW)
    with transaction():
        db.session.execute(insert(StepRow), [{**row, "sealed": Sealed(row["sealed"].box[:-1] + b"?")}])
    assert broken.id < whole.id
    jobs.close({}, CLOSED)
    assert [attempt.state for attempt in pupil.attempts()] == [AttemptState.OPEN]
    assert [attempt.state for attempt in timed.attempts()] == [AttemptState.HANDED_IN]
    assert "stays open: CannotOpen" in caplog.text and "truce" not in caplog.text


def test_one_run_of_the_worker_closes_all_however_many(pupil):
    first = pupil.open()
    number = range(2, jobs.MOST_AT_ONCE + 3)
    copied = {column.key: getattr(first, column.key) for column in Attempt.__table__.columns if column.key != "id"}
    with transaction():
        db.session.execute(insert(Attempt), [{**copied, "public_id": new_id(), "number": one} for one in number])
    jobs.close({}, CLOSED)
    db.session.expire_all()
    assert {attempt.state for attempt in pupil.attempts()} == {AttemptState.HANDED_IN}
    assert len(pupil.attempts()) == jobs.MOST_AT_ONCE + 2


def test_the_clock_scores_typed_answers_too(pupil):
    attempt = pupil.open()
    pupil.send("m1-i3", words("truce"))
    jobs.close({}, NOW + 5 * DAY)
    db.session.expire_all()
    assert attempt.points == 100


def test_the_clock_never_takes_a_text_or_a_practice(writer, in_app, cast):
    practice = Pupil(cast.cedar, cast.nodes["m1-practice"])
    memo = writer.open()
    other = practice.open()
    jobs.close({}, NOW + 300 * DAY)
    db.session.expire_all()
    assert memo.state is other.state is AttemptState.OPEN


def test_a_save_after_the_clock_closes_it_first_and_is_kept(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    assert pupil.send("m1-i1", chosen("a"), sequence=2, at=NOW + 5 * DAY) is ASIDE
    assert pupil.kinds(attempt) == ["answer", "time up", "answer"]
    assert attempt.points == 100


def test_handing_in_after_the_clock_says_that_the_time_was_up(pupil):
    attempt = pupil.open()
    pupil.hand_in(at=NOW + 5 * DAY)
    assert pupil.kinds(attempt) == ["time up"]


def test_what_was_written_before_the_due_date_counts_after_the_clock_closed_it(pupil):
    attempt = pupil.open()
    jobs.close({}, NOW + 5 * DAY)
    assert pupil.send("m1-i1", chosen("b"), at=NOW + 6 * DAY, held=6 * DAY) is COUNTED
    db.session.expire_all()
    assert attempt.points == 100
    assert undecided(pupil.steps(attempt), attempt.terms()) == []


def test_what_counts_after_the_clock_counts_each_time_it_comes(pupil):
    attempt, op = pupil.open(), new_id()
    jobs.close({}, CLOSED)
    sent = [pupil.send("m1-i1", chosen("b"), op=op, at=NOW + 5 * DAY, held=5 * DAY) for _ in range(2)]
    assert sent == [COUNTED, COUNTED]
    assert pupil.kinds(attempt) == ["time up", "answer"]


def test_an_older_answer_that_comes_after_the_clock_is_not_said_to_count(pupil):
    """It would, but another one of hers stands: the sentence would be wrong."""
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"), sequence=3)
    jobs.close({}, CLOSED)
    assert pupil.send("m1-i1", chosen("a"), sequence=2, at=NOW + 5 * DAY, held=5 * DAY) is OVERTAKEN
    db.session.expire_all()
    assert attempt.points == 100


def test_the_same_answer_from_another_page_counts_after_the_clock(pupil):
    pupil.open()
    pupil.send("m1-i1", chosen("b"), sequence=3)
    jobs.close({}, CLOSED)
    assert pupil.send("m1-i1", chosen("b"), sequence=2, at=NOW + 5 * DAY, held=5 * DAY) is COUNTED


def test_a_forged_time_places_no_answer_before_the_opening_of_its_attempt(pupil):
    """Opened in the days of grace, after the due date: nothing in it can have been written before that."""
    attempt = pupil.open(at=NOW + 2 * DAY)
    jobs.close({}, CLOSED)
    assert pupil.send("m1-i1", chosen("b"), at=NOW + 5 * DAY, held=14 * DAY) is ASIDE
    db.session.expire_all()
    assert pupil.rows(attempt)[-1].written_at == NOW + 2 * DAY
    assert attempt.points == 0
    assert len(undecided(pupil.steps(attempt), attempt.terms())) == 1


def test_an_answer_to_the_open_attempt_is_not_written_before_it_was_opened(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"), at=NOW + HOUR, held=DAY)
    assert pupil.rows(attempt)[0].written_at == NOW


# --- Asking for the result


def test_an_attempt_that_the_clock_closed_waits_for_what_was_written_before(pupil):
    attempt = pupil.open()
    jobs.close({}, CLOSED)
    db.session.expire_all()
    assert attempt.awaits_until == AWAITED


def test_a_timed_attempt_that_the_clock_closed_waits_for_nothing(timed):
    attempt = timed.open()
    jobs.close({}, NOW + 45 * MINUTE)
    db.session.expire_all()
    assert (attempt.state, attempt.awaits_until) == (AttemptState.HANDED_IN, None)


def test_what_she_handed_in_herself_waits_for_nothing(pupil):
    assert pupil.open().awaits_until is None
    assert pupil.hand_in().awaits_until is None


def test_asking_for_the_result_twice_is_one_act(pupil):
    attempt = pupil.open()
    jobs.close({}, CLOSED)
    for _ in range(2):
        pupil.settle(attempt, at=NOW + 5 * DAY)
    db.session.expire_all()
    assert attempt.awaits_until is None
    assert pupil.kinds(attempt) == ["time up", "settle"]
    assert pupil.rows(attempt)[-1].by_id == pupil.person.id


def test_opening_a_further_attempt_ends_the_waiting_of_the_one_before(pupil):
    first = pupil.open()
    jobs.close({}, CLOSED)
    enrolment = pupil.sitting().enrolment
    with transaction():
        later = AllowanceRow(enrolment_id=enrolment.id, extra_attempts=0, due_at=CLOSED + 5 * DAY, given_at=CLOSED)
        db.session.add(later)
    pupil.open(at=CLOSED + HOUR)
    db.session.expire_all()
    assert first.awaits_until is None and pupil.kinds(first)[-1] == "settle"


def test_there_is_nothing_to_ask_for_in_what_is_open_or_was_handed_in(pupil):
    attempt = pupil.open()
    pupil.settle(attempt)
    pupil.hand_in()
    pupil.settle(attempt)
    assert pupil.kinds(attempt) == ["hand in"]


def test_once_she_asked_for_the_result_what_comes_waits_for_a_person(pupil):
    attempt = pupil.open()
    jobs.close({}, CLOSED)
    pupil.send("m1-i1", chosen("b"), at=NOW + 5 * DAY, held=5 * DAY)
    pupil.settle(attempt, at=NOW + 5 * DAY)
    forged = pupil.send("m1-i2", chosen("a", "c"), at=NOW + 5 * DAY + MINUTE, held=6 * DAY)
    db.session.expire_all()
    assert (forged, attempt.points) == (ASIDE, 100)
    assert [step.question for step in undecided(pupil.steps(attempt), attempt.terms())] == ["m1-i2"]


def test_a_person_may_count_what_came_after_she_asked_for_the_result(pupil):
    attempt = pupil.open()
    jobs.close({}, CLOSED)
    pupil.settle(attempt, at=NOW + 5 * DAY)
    pupil.send("m1-i1", chosen("b"), at=NOW + 5 * DAY + MINUTE, held=5 * DAY)
    move(attempt, StepKind.COUNT_LATE)
    taking.rescore(attempt, owner=pupil.person)
    assert attempt.points == 100


def test_what_came_in_time_after_her_own_hand_in_waits_for_a_person(pupil):
    attempt = pupil.open()
    pupil.hand_in()
    pupil.send("m1-i1", chosen("b"), at=NOW + MINUTE)
    assert len(undecided(pupil.steps(attempt), attempt.terms())) == 1


def test_what_was_written_later_is_kept_and_undecided(pupil):
    attempt = pupil.open()
    jobs.close({}, NOW + 5 * DAY)
    pupil.send("m1-i1", chosen("b"), at=NOW + 6 * DAY, held=MINUTE)
    db.session.expire_all()
    assert attempt.points == 0
    assert [step.data for step in undecided(pupil.steps(attempt), attempt.terms())] == [chosen("b")]


def test_a_cut_line_gives_time_back_in_a_timed_quiz(timed):
    attempt = timed.open()
    assert timed.send("m1-i4", chosen("true"), at=NOW + 40 * MINUTE, held=20 * MINUTE) is SAVED
    timed.hand_in(at=NOW + 41 * MINUTE)
    assert attempt.points == 100


def test_without_a_cut_the_answer_after_the_time_is_kept_and_undecided(timed):
    attempt = timed.open()
    timed.send("m1-i4", chosen("true"), at=NOW + 40 * MINUTE)
    timed.hand_in(at=NOW + 41 * MINUTE)
    assert attempt.points == 0
    assert len(undecided(timed.steps(attempt), attempt.terms())) == 1
    assert counted(timed.steps(attempt), attempt.terms()) == []


def test_the_stored_score_is_what_a_replay_gives(pupil):
    attempt = pupil.open()
    pupil.send("m1-i2", chosen("a", "b", "c"))
    pupil.send("m1-i3", words("Trêve"))
    pupil.hand_in()
    asked = pupil.sitting().attempt_catalogue
    assert compute_score(asked.items, attempt.drawn, pupil.steps(attempt), attempt.terms()) == attempt.score()


# --- Two devices


@dataclass(frozen=True)
class Sent:
    """One answer of a device. after: what its page knew, so what has arrived before it."""

    op: UUID
    option: str
    sequence: int
    written: timedelta
    after: frozenset[UUID]


@st.composite
def acts(draw):
    """Answers of two devices to one question, and two orders in which they arrive, with repeats at any time.

    A device knows its own answers and, when it has loaded its page again, all of the other's that were made by then.
    Each answer changes what its page shows: our pages send no other.
    """
    made, known = [], (set(), set())
    for number in range(draw(st.integers(2, 7))):
        device = draw(st.integers(0, 1))
        if draw(st.booleans()):
            known[device].update(range(len(made)))
        seen = [made[one] for one in sorted(known[device])]
        shown = max(seen, key=lambda one: (one.sequence, one.written), default=None)
        one = Sent(
            op=new_id(),
            option=draw(st.sampled_from([o for o in "abc" if shown is None or o != shown.option])),
            sequence=shown.sequence + 1 if shown else 1,
            written=timedelta(seconds=number * 40),
            after=frozenset(one.op for one in seen),
        )
        known[device].add(len(made))
        made.append(one)

    def arrive():
        left, came = list(made), []
        while left:
            may = [one for one in left if one.after <= {other.op for other in came}]
            came.append(draw(st.sampled_from(may)))
            left.remove(came[-1])
            if draw(st.booleans()):
                came.append(draw(st.sampled_from(came)))
        return came

    return arrive(), arrive()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=acts())
def test_two_orders_of_arrival_leave_the_same_answers_and_the_same_score(in_app, cast, orders):
    """Each time the quiz of one person, in another order, deleted in between."""
    found = []
    for order in orders:
        pupil = Pupil(cast.cedar, cast.nodes["m1-quiz"])
        attempt = pupil.open()
        at = NOW + timedelta(minutes=10)
        for one in order:
            held = at - NOW - one.written
            pupil.send("m1-i1", chosen(one.option), sequence=one.sequence, op=one.op, at=at, held=held)
        pupil.hand_in(at=at)
        found.append((pupil.standing(attempt), attempt.points))
        db.session.execute(text("DELETE FROM assessments_attempt"))
        db.session.commit()
        db.session.expunge_all()
    assert found[0] == found[1]


# --- What many drafts cost

MANY = 1_500
DRAFT = "The text of a draft, saved again and again while it is being written."


class Fetched:
    """Steps that were fetched from the database, as a context."""

    def __enter__(self):
        db.session.expunge_all()
        self.count = 0
        event.listen(StepRow, "load", self._note)
        return self

    def __exit__(self, *rest):
        event.remove(StepRow, "load", self._note)

    def _note(self, row, context):
        self.count += 1


def cost_of_drafts(writer, drafts):
    """Steps fetched by each thing that a page does, when so many drafts are saved; leaves it open."""
    attempt = writer.open()
    there = len(writer.rows(attempt))
    writer.send_drafts(attempt, [(one, f"{DRAFT} {one}") for one in range(there + 1, drafts + 1)])
    op, last = new_id(), {"text": f"{DRAFT} {drafts}"}
    acts = {
        "page": lambda: len(writer.sitting().steps),
        "same": lambda: writer.send("m1-i6", last, sequence=drafts + 1),
        "save": lambda: writer.send("m1-i6", {"text": "Last"}, sequence=drafts + 1, op=op),
        "save again": lambda: writer.send("m1-i6", {"text": "Last"}, sequence=drafts + 1, op=op),
        "overtaken": lambda: writer.send("m1-i6", {"text": "Older"}, sequence=1, at=NOW + MINUTE),
        "hand in": writer.hand_in,
        "result": lambda: sittings.find_handed(writer.person, writer.sitting()),
        "aside": lambda: writer.send("m1-i6", {"text": "Late"}, sequence=drafts + 2),
        "take back": writer.take_back,
    }
    found = {}
    for name, act in acts.items():
        with Fetched() as fetched:
            act()
        found[name] = fetched.count
    return found


def test_what_a_save_or_a_page_fetches_does_not_grow_with_the_drafts(in_app, cast):
    few = cost_of_drafts(Pupil(cast.cedar, cast.nodes["m1-memo"]), 3)
    many = cost_of_drafts(Pupil(cast.nour, cast.nodes["m1-memo"]), MANY)
    assert many == few
    assert max(many.values()) <= 12, many


def test_the_next_version_carries_over_the_last_of_many_drafts(writer):
    first = writer.open()
    writer.send_drafts(first, [(one, f"Draft {one}") for one in range(1, MANY + 1)])
    writer.hand_in()
    move(first, StepKind.RETURN)
    with Fetched() as fetched:
        second = writer.open(at=NOW + HOUR)
    assert writer.standing(second) == {"m1-i6": {"text": f"Draft {MANY}"}}
    assert fetched.count <= 3


def test_the_last_rows_of_an_attempt_are_what_was_in_time_what_came_aside_and_all_acts(writer):
    attempt = writer.open()
    writer.send_drafts(attempt, [(one, f"Draft {one}") for one in range(1, 10)])
    writer.hand_in()
    writer.send("m1-i6", {"text": "Late"}, sequence=10)
    writer.send("m1-i6", {"text": "Later"}, sequence=11)
    writer.take_back()
    rows = sittings.last_rows_of(attempt)
    found = [(row.kind.value, row.sequence, row.state.value) for row in rows]
    assert found == [
        ("answer", 9, "open"),
        ("hand in", 0, "handed in"),
        ("answer", 10, "handed in"),
        ("answer", 11, "handed in"),
        ("take back", 0, "open"),
    ]


def plans(act):
    """How SQLite does each statement about steps: what EXPLAIN QUERY PLAN says of it."""
    asked = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("SELECT") and "assessments_step" in statement:
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    connection = db.session.connection()
    return [
        " | ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
        for statement, parameters in asked
    ]


def test_the_highest_draft_is_found_by_the_index(writer):
    if db.session.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL plans by what is in the table: with ten rows it reads them all
    attempt = writer.open()
    writer.send_drafts(attempt, [(one, f"Draft {one}") for one in range(1, 10)])
    found = [*plans(writer.sitting), *plans(lambda: sittings.last_rows_of(attempt))]
    assert len(found) == 2
    for plan in found:
        assert plan.count("assessments_step_attempt_id_question_sequence_ix (attempt_id=? AND question=?)") == 1, plan
        assert "SCAN assessments_step" not in plan, plan


# --- What is stored


def test_nothing_that_was_typed_is_in_the_database_in_clear(pupil, writer, world):
    canary = ["Kanariwort", "Zweitkanarie", "Drittkanarie"]
    pupil.open()
    pupil.send("m1-i3", words(canary[0]))
    pupil.hand_in()
    writer.open()
    writer.send("m1-i6", {"text": f"{canary[1]} and more"})
    writer.send("m1-i6", {"text": f"{canary[2]} instead"}, sequence=2)
    writer.hand_in()
    db.session.flush()
    raw = everything(db.session.connection())
    assert b"hand in" in raw
    for word in canary:
        assert word.encode() not in raw


def everything(connection):
    """All bytes of the tables of assessments, as the database holds them."""
    if connection.dialect.name == "sqlite":
        return connection.connection.dbapi_connection.serialize()
    found = []
    for table in ("assessments_attempt", "assessments_step", "assessments_allowance", "messaging_outbox"):
        exists = connection.execute(text(f"SELECT to_regclass('{table}')")).scalar()
        if exists:
            found += [str(row[0]) for row in connection.execute(text(f"SELECT t::text FROM {table} t"))]
    as_text = "\n".join(found)
    boxes = connection.execute(text("SELECT sealed FROM assessments_step WHERE sealed IS NOT NULL")).scalars()
    return as_text.encode() + b"".join(bytes(box) for box in boxes)


def test_what_was_chosen_is_in_clear_and_what_was_typed_only_in_the_box(pupil):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    pupil.send("m1-i3", words("truce"))
    rows = {row.question: row for row in db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id))}
    assert (rows["m1-i1"].data, rows["m1-i1"].sealed) == (chosen("b"), None)
    assert rows["m1-i3"].data is None and rows["m1-i3"].sealed is not None


def test_a_draft_and_a_final_mark_are_never_in_what_she_loads(writer):
    attempt = writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in()
    move(attempt, StepKind.MARK_DRAFT)
    move(attempt, StepKind.MARK)
    kinds = {row.kind for row in writer.sitting().rows}
    assert kinds == {StepKind.ANSWER, StepKind.HAND_IN}
    move(attempt, StepKind.RELEASE)
    assert StepKind.MARK in {row.kind for row in writer.sitting().rows}


def test_an_attempt_belongs_to_one_person(pupil, cast):
    pupil.open()
    assert Pupil(cast.nour, cast.nodes["m1-quiz"]).sitting().attempt is None
    assert db.session.scalars(select(Attempt)).one().enrolment_id == pupil.sitting().enrolment.id
