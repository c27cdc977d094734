"""A closed cohort: what is there is read, nothing is changed, and what arrives too late is not lost in silence."""

import json
import threading

import pytest
from sqlalchemy import func, select, update

from lms.assessments.errors import ClosedWhileMarking
from lms.assessments.models import Attempt, StepRow
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries import book, record, releasing, replays
from lms.assessments.queries import queue as queues
from lms.assessments.queries import sitting as sittings
from lms.assessments.queries.queue import Show
from lms.assessments.rules.allowing import NewAllowance
from lms.assessments.rules.attempts import AttemptState, is_aside
from lms.assessments.rules.deadlines import counted
from lms.assessments.rules.marking import Act
from lms.assessments.services import allowing, late, marking, replaying, taking
from lms.assessments.services.late import Decision
from lms.assessments.services.taking import Outcome
from lms.cohorts.errors import CohortClosed, CourseClosed
from lms.cohorts.models import Cohort
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import seats
from lms.cohorts.services import founding
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.modules import services as modules
from lms.modules.models import Progress
from lms.modules.queries import find_lesson_place
from tests.assessments.desk import make_desk
from tests.assessments.pupil import Pupil
from tests.assessments.pupil import answer as answered
from tests.assessments.screen import form_to, send
from tests.assessments.taught import CHOICE, begin, hand_in, in_context, load, publish, take
from tests.at_once import apart
from tests.cast import DAY, HOUR, NOW
from tests.client import Visitor

LANGUAGES = ["en", "fr", "ar"]
JSON = {"Accept": "application/json"}
KEPT = "What you sent is kept beside your work, and it does not count."


def end(cohort_key):
    """Close a cohort; what was loaded before does not know it, as in a request that is under way."""
    with transaction():
        closing = update(Cohort).where(Cohort.id == cohort_key).values(closed_at=NOW)
        db.session.execute(closing.execution_options(synchronize_session=False))


def chosen(*options):
    return {"chosen": list(options)}


@pytest.fixture
def pupil(in_app, cast):
    """Cedar at the quiz that counts."""
    return Pupil(cast.cedar, cast.nodes["m1-quiz"])


@pytest.fixture
def writer(in_app, cast):
    """Cedar at the assignment."""
    return Pupil(cast.cedar, cast.nodes["m1-memo"])


# --- Who may

CHANGES = [AssessmentPermission.MARK, AssessmentPermission.ALLOW]
OF_COHORT = [AssessmentPermission.RELEASE, AssessmentPermission.RESCORE]


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("name", ["facilitator", "coordinator"])
def test_staff_go_on_reading_and_change_nothing(in_app, cast, taught, name, is_closed):
    if is_closed:
        end(taught.cohort_key)
    who = load(getattr(cast, name))
    cohort, hers = (
        book.find_cohort(who, taught.cohort_id),
        record.find_participant(who, taught.cohort_id, taught.enrolments["cedar"]),
    )
    assert allows(AssessmentPermission.SEE_MARKS, who, cohort) and allows(AssessmentPermission.READ_WORK, who, hers)
    assert {allows(one, who, hers) for one in CHANGES} == {not is_closed}
    assert {allows(one, who, cohort) for one in OF_COHORT} == {not is_closed}


@pytest.mark.parametrize("is_closed", [False, True])
def test_she_goes_on_reading_and_answers_nothing(in_app, cast, is_closed):
    if is_closed:
        end(cast.cohort_key)
    who = load(cast.cedar)
    place = sittings.find_task_place(who, cast.nodes["m1-quiz"])
    seat = seats.find_seat(who, cast.cohort_id)
    assert allows(AssessmentPermission.TAKE, who, place) and allows(CohortPermission.READ, who, seat)
    assert allows(AssessmentPermission.ANSWER, who, place) is not is_closed
    assert allows(CohortPermission.PROGRESS, who, seat) is not is_closed
    assert allows(CohortPermission.TAKE_PART, who, seat)


@pytest.mark.parametrize("name", ["facilitator", "stranger", "withdrawn", "other_cohort"])
def test_whoever_takes_no_part_answers_nothing(in_app, cast, name):
    who = load(getattr(cast, name))
    place = sittings.find_task_place(who, cast.nodes["m1-quiz"])
    assert not allows(AssessmentPermission.ANSWER, who, place)


# --- What she does


def test_no_attempt_is_begun(pupil, cast):
    end(cast.cohort_key)
    with pytest.raises(CourseClosed):
        pupil.open()
    assert pupil.attempts() == []


@pytest.mark.parametrize("kind", ["quiz", "memo"])
def test_an_answer_to_what_is_open_is_kept_aside_and_does_not_count(in_app, cast, kind):
    pupil = Pupil(cast.cedar, cast.nodes[f"m1-{kind}"])
    attempt = pupil.open()
    question = attempt.drawn[0]
    before, after = ({"text": "Before"}, {"text": "After"}) if kind == "memo" else (chosen("a"), chosen("b"))
    assert pupil.send(question, before) is Outcome.SAVED
    end(cast.cohort_key)
    assert pupil.send(question, after, sequence=2, held=HOUR, at=NOW + HOUR) is Outcome.COURSE_CLOSED
    steps = pupil.steps(attempt)
    assert [(step.data, is_aside(step)) for step in steps] == [(before, False), (after, True)]
    assert pupil.attempts()[0].state is AttemptState.OPEN
    if kind == "quiz":
        assert [step.data for step in counted(steps, attempt.terms())] == [before]


def test_sent_again_it_is_kept_once_and_said_again(pupil, cast):
    attempt, op = pupil.open(), new_id()
    end(cast.cohort_key)
    for _ in range(2):
        assert pupil.send("m1-i1", chosen("b"), op=op) is Outcome.COURSE_CLOSED
    assert len(pupil.rows(attempt)) == 1


def test_what_was_received_before_is_still_said_to_be_saved(pupil, cast):
    attempt, op = pupil.open(), new_id()
    pupil.send("m1-i1", chosen("b"), op=op)
    end(cast.cohort_key)
    other = pupil.sitting().at(attempt)  # a page that does not know what stands
    assert pupil.send("m1-i1", chosen("b"), op=op, sitting=other) is Outcome.SAVED


def test_the_clock_hands_in_what_was_saved_before_the_end_alone(pupil, cast):
    attempt = pupil.open()
    pupil.send("m1-i1", chosen("b"))
    end(cast.cohort_key)
    pupil.send("m1-i2", chosen("a", "c"))
    from_here = NOW + 10 * DAY
    with transaction():
        locked = sittings.attempt_for_update(attempt.id)
        taking.close_by_clock(locked, owner=pupil.person, at=from_here)
    assert pupil.attempts()[0].points == 100


def test_an_answer_after_the_clock_counts_no_more(pupil, cast):
    attempt = pupil.open()
    with transaction():
        locked = sittings.attempt_for_update(attempt.id)
        taking.close_by_clock(locked, owner=pupil.person, at=NOW + 4 * DAY)
    end(cast.cohort_key)
    sent = pupil.send("m1-i1", chosen("b"), held=4 * DAY, at=NOW + 4 * DAY + HOUR)
    (kept,) = pupil.attempts()
    assert sent is Outcome.COURSE_CLOSED and kept.points == 0 and kept.awaits_until is None
    assert counted(pupil.steps(kept), kept.terms()) == []


def test_nothing_is_handed_in(pupil, cast):
    pupil.open()
    end(cast.cohort_key)
    with pytest.raises(CourseClosed):
        pupil.hand_in()
    assert pupil.attempts()[0].state is AttemptState.OPEN


def test_handing_in_again_finds_what_was_handed_in(pupil, cast):
    pupil.open()
    handed = pupil.hand_in()
    end(cast.cohort_key)
    assert pupil.hand_in().handed_in_at == handed.handed_in_at


def test_nothing_is_taken_back(writer, cast):
    writer.open()
    writer.send("m1-i6", {"text": "Words"})
    writer.hand_in()
    end(cast.cohort_key)
    with pytest.raises(CourseClosed):
        writer.take_back()
    assert writer.attempts()[0].state is AttemptState.HANDED_IN


def test_no_lesson_is_marked_as_read(in_app, cast):
    place = find_lesson_place(load(cast.cedar), cast.nodes["m1-words"], "en")
    end(cast.cohort_key)
    with pytest.raises(CourseClosed), transaction():
        modules.mark_read(place, by=load(cast.cedar), at=NOW)
    assert db.session.scalar(select(func.count()).select_from(Progress)) == 0


# --- What staff do


@pytest.fixture
def desk(in_app, cast):
    return make_desk(cast)


@pytest.fixture
def work(desk):
    return desk.hand_in(desk.cast.cedar)


def test_marks_are_not_saved(desk, work):
    end(desk.cohort_key)
    with pytest.raises(ClosedWhileMarking):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT)
    assert desk.attempt(work).state is AttemptState.HANDED_IN


def test_marking_is_not_taken_over_nor_passed_on_nor_decided(desk, work):
    who = desk.person(desk.amadou)
    reading, submission = desk.read(desk.amadou, work), desk.find(desk.amadou, work)
    end(desk.cohort_key)
    acts = (
        lambda: marking.take_over(submission, reading, new_id(), language="en", by=who, at=NOW),
        lambda: marking.declare_conflict(submission, by=who, at=NOW),
        lambda: marking.decide_late(submission, new_id(), seen=1, counts=True, language="en", by=who, at=NOW),
    )
    for act in acts:
        with pytest.raises(CohortClosed), transaction():
            act()


def test_nothing_is_released_and_nothing_waits_any_more(desk, work):
    desk.mark(desk.cast.facilitator, work)
    desk.hand_in(desk.cast.nour)
    ingrid = desk.person(desk.cast.facilitator)
    assert (
        releasing.releases_of(ingrid, "en")
        and queues.queue_of(ingrid, Show(everything=True), page=1, language="en", at=NOW).rows
    )
    end(desk.cohort_key)
    with pytest.raises(CohortClosed):
        desk.release(desk.cast.facilitator)
    assert desk.attempt(work).state is AttemptState.MARKED
    waiting = queues.queue_of(ingrid, Show(everything=True), page=1, language="en", at=NOW)
    assert releasing.releases_of(ingrid, "en") == [] and not waiting.rows and not waiting.tasks


def test_nothing_is_allowed_and_no_late_answer_decided(in_app, cast, taught):
    begin(cast.cedar, taught.tasks["t-quiz"])
    hand_in(cast.cedar, taught.tasks["t-quiz"])
    who = load(cast.facilitator)
    hers = record.find_participant(who, taught.cohort_id, taught.enrolments["cedar"])
    new = NewAllowance(node_id=None, extra_attempts=1, extra_minutes=0, due_at=None, reason="Line cut.", known=0)
    attempt_id = db.session.scalars(select(Attempt.id)).one()
    decision = Decision(counts=True, seen=0, operation=new_id(), language="en")
    end(taught.cohort_key)
    with pytest.raises(CohortClosed), transaction():
        allowing.give_allowance(hers, new, by=who, at=NOW)
    with pytest.raises(CohortClosed), transaction():
        late.decide(hers, attempt_id, decision, by=who, at=NOW)


def test_nothing_is_marked_again(in_app, cast, taught):
    take(cast.cedar, taught.tasks["t-quiz"], i_choice=chosen("c"))
    with transaction():
        publish(digest="2", i_choice=type(CHOICE)(node_id="i-choice", kind="single", body={**CHOICE.body, "key": "c"}))
    who = load(cast.coordinator)
    replay = replays.find_replay(who, taught.cohort_id)
    shown = [change.shown for change in replays.changes(replay, who, after=None, most=26)]
    assert shown
    end(taught.cohort_key)
    with pytest.raises(CohortClosed), transaction():
        replaying.apply_keys(replay, shown, replay.newest.number, operation=new_id(), by=who, language="en", at=NOW)


# --- Pages


@pytest.fixture
def as_facilitator(app, cast, taught):
    return Visitor(app).signed_in(cast.facilitator)


def close(app, key):
    in_context(app, end, key)


def test_a_quiz_that_was_open_shows_what_she_saved_and_no_button(app, as_participant, cast):
    quiz = cast.nodes["m1-quiz"]
    as_participant.post("tasks.start", task_id=quiz)
    page = as_participant.get("tasks.question", task_id=quiz, number=1)
    send(as_participant, form_to(page, "/save").choose("q1", "b"), go="2")
    close(app, cast.cohort_key)
    page = as_participant.get("tasks.task", task_id=quiz)
    assert "This course was closed on" in page.words() and "Option b" in page.words()
    assert "/start" not in page.text and "Go on" not in page.words() and "more-time" not in page.text
    for endpoint, more in (("tasks.question", {"number": 1}), ("tasks.all_questions", {}), ("tasks.check", {})):
        answer = as_participant.get(endpoint, task_id=quiz, expect=302, **more)
        assert answer.location.endswith(f"/t/{quiz}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_draft_is_shown_to_be_read(app, as_participant, cast, lang):
    memo = cast.nodes["m1-memo"]
    draft = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "Half a memo")
    send(as_participant, draft, go="stay")
    close(app, cast.cohort_key)
    page = as_participant.get("tasks.task", task_id=memo, lang=lang)
    assert "Half a memo" in page.words() and "<textarea" not in page.text and "/draft/save" not in page.text
    as_participant.get("writing.earlier", task_id=memo, lang=lang)


@pytest.mark.parametrize("is_script", [False, True])
def test_an_answer_that_comes_too_late_is_said_to_be_kept(app, as_participant, cast, is_script):
    quiz = cast.nodes["m1-quiz"]
    as_participant.post("tasks.start", task_id=quiz)
    form = form_to(as_participant.get("tasks.question", task_id=quiz, number=1), "/save").choose("q1", "b")
    close(app, cast.cohort_key)
    answer = send(as_participant, form, expect=409, script=is_script)
    if is_script:
        told = json.loads(answer.text)
        assert KEPT in told["text"] and told["kept"] is True
    else:
        assert KEPT in answer.words()
    with app.app_context():
        assert db.session.scalars(select(StepRow.state)).all() == [AttemptState.HANDED_IN]


@pytest.mark.parametrize("is_script", [False, True])
def test_a_draft_that_comes_too_late_is_said_to_be_kept(app, as_participant, cast, is_script):
    memo = cast.nodes["m1-memo"]
    first = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "One")
    send(as_participant, first, go="stay")
    later = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "One and two")
    close(app, cast.cohort_key)
    answer = send(as_participant, later, expect=409, script=is_script)
    told = json.loads(answer.text)["text"] if is_script else answer.words()
    assert KEPT in told and (is_script or "One and two" in told)
    assert "One and two" in as_participant.get("tasks.task", task_id=memo).words()


@pytest.mark.parametrize("is_script", [False, True])
def test_the_first_words_of_a_text_are_given_back(app, as_participant, cast, is_script):
    memo = cast.nodes["m1-memo"]
    first = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "Never saved")
    close(app, cast.cohort_key)
    answer = send(as_participant, first, expect=409, script=is_script)
    told = json.loads(answer.text)["text"] if is_script else answer.words()
    assert "so this was not saved" in told and "copy it" in told
    assert is_script or "Never saved" in told


def test_handing_in_too_late_says_why_and_shows_what_is_kept(app, as_participant, cast):
    memo = cast.nodes["m1-memo"]
    draft = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "Half a memo")
    send(as_participant, draft, go="stay")
    ready = form_to(as_participant.get("tasks.check", task_id=memo), "/hand-in")
    close(app, cast.cohort_key)
    page = send(as_participant, ready, expect=409)
    assert "nothing in it can be changed any more" in page.words() and "Half a memo" in page.words()
    quiz = cast.nodes["m1-quiz"]
    assert "can be changed any more" in as_participant.post("tasks.start", task_id=quiz, expect=409).words()


def test_what_was_handed_in_is_read_and_not_taken_back(app, as_participant, cast):
    memo = cast.nodes["m1-memo"]
    draft = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "Half a memo")
    send(as_participant, draft, go="stay")
    send(as_participant, form_to(as_participant.get("tasks.check", task_id=memo), "/hand-in"))
    back = form_to(as_participant.get("tasks.task", task_id=memo), "/take-back")
    close(app, cast.cohort_key)
    page = as_participant.get("tasks.result", task_id=memo)
    assert (
        "Half a memo" in page.words() and "take-back" not in page.text and "A facilitator will read" not in page.words()
    )
    page = send(as_participant, back, expect=409)
    assert "can be changed any more" in page.words() and "take-back" not in page.text


def test_no_time_is_asked_for(app, as_participant, cast):
    quiz = cast.nodes["m1-quiz"]
    form = form_to(as_participant.get("asking.more_time", task_id=quiz), "/ask")
    close(app, cast.cohort_key)
    page = as_participant.get("asking.more_time", task_id=quiz)
    assert "This course was closed on" in page.words() and "/more-time/ask" not in page.text
    assert "can be changed any more" in send(as_participant, form, expect=409).words()


def test_a_lesson_is_read_without_a_button(app, as_participant, cast):
    lesson = cast.nodes["m1-words"]
    close(app, cast.cohort_key)
    page = as_participant.get("modules.lesson", lesson_id=lesson)
    assert "Text of m1-words" in page.words() and "/read" not in page.text and "/answer" not in page.text
    page = as_participant.post("modules.mark_read", lesson_id=lesson, expect=409)
    assert "This course is closed" in page.words() and "can be changed any more" in page.words()


def test_the_result_waits_for_nothing(app, as_participant, cast):
    quiz = cast.nodes["m1-quiz"]
    as_participant.post("tasks.start", task_id=quiz)
    with app.app_context():
        pupil = Pupil(cast.cedar, quiz)
        attempt_id = pupil.attempts()[0].id
        with transaction():
            taking.close_by_clock(sittings.attempt_for_update(attempt_id), owner=pupil.person, at=NOW)
        with transaction():
            db.session.get_one(Attempt, attempt_id).awaits_until = NOW + DAY
    assert "Handed in" in as_participant.get("tasks.result", task_id=quiz).words()
    close(app, cast.cohort_key)
    page = as_participant.get("tasks.result", task_id=quiz)
    assert "Not passed yet" in page.words() and "/settle" not in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_staff_read_a_participant_and_find_no_button(app, as_facilitator, cast, taught, lang):
    in_context(app, take, cast.cedar, taught.tasks["t-quiz"])
    close(app, taught.cohort_key)
    ids = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    page = as_facilitator.get("results.participant", lang=lang, **ids)
    assert "/allow" not in page.text
    assert "/again" not in as_facilitator.get("results.cohort", lang=lang, cohort_id=taught.cohort_id).text


def test_what_staff_send_too_late_is_refused_with_the_sentence_and_what_was_typed(app, as_facilitator, cast, taught):
    in_context(app, take, cast.cedar, taught.tasks["t-quiz"])
    close(app, taught.cohort_key)
    ids = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    sent = {"task": "", "attempts": "1", "reason": "The line was cut.", "known": "0"}
    page = as_facilitator.post("results.give_allowance", data=sent, expect=409, **ids)
    assert "It can be read, but not changed." in page.words()
    with app.app_context():
        attempt = db.session.scalars(select(Attempt.public_id)).one()
    sent = {"attempt": attempt, "op": new_id(), "decision": "count", "seen": "0"}
    page = as_facilitator.post("results.decide_late", data=sent, expect=409, **ids)
    assert "It can be read, but not changed." in page.words()
    sent = {"op": new_id(), "version": "1"}
    page = as_facilitator.post("results.apply_again", data=sent, expect=409, cohort_id=taught.cohort_id)
    assert "It can be read, but not changed." in page.words()


def test_marks_that_come_too_late_are_refused_and_stay_in_the_page(app, cast):
    with app.app_context():
        desk = make_desk(cast)
        work = desk.hand_in(cast.cedar)
    ingrid = Visitor(app).signed_in(cast.facilitator)
    close(app, desk.cohort_key)
    page = ingrid.get("marking.submission", submission_id=work)
    assert (
        "The draft asks both forces" in page.words() and "/save" not in page.text and "Step aside" not in page.words()
    )
    sent = {"op": str(new_id()), "version": "0", "level-problem": "3", "level-safety": "3", "feedback": "My words"}
    page = ingrid.post("marking.save", submission_id=work, data=sent, expect=409)
    assert "these marks were not saved" in page.words() and "My words" in page.words()
    told = ingrid.post("marking.save", submission_id=work, data=sent, headers=JSON, expect=409)
    assert "these marks were not saved" in json.loads(told.text)["text"]
    for endpoint in ("marking.take_over", "marking.late", "marking.conflict_of_interest"):
        page = ingrid.post(endpoint, submission_id=work, data={"op": str(new_id())}, expect=409)
        assert "It can be read, but not changed." in page.words(), endpoint
    with app.app_context():
        assert not db.session.scalar(select(func.count()).where(StepRow.by_id == cast.facilitator.id))


def test_a_release_that_comes_too_late_is_refused(app, cast):
    with app.app_context():
        desk = make_desk(cast)
        work = desk.hand_in(cast.cedar)
        desk.mark(cast.facilitator, work)
    ingrid = Visitor(app).signed_in(cast.facilitator)
    form = form_to(ingrid.get("marking.release"), "/release/now")
    close(app, desk.cohort_key)
    page = send(ingrid, form, expect=409)
    assert "It can be read, but not changed." in page.words() and "/release/now" not in page.text


# --- At the same moment


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, worker):
    with apart(request.param, tmp_path, worker) as app_and_cast:
        yield app_and_cast


def beside(app, act):
    """Begin an act on another thread; what it came to is in the list when the thread ends."""
    found = []

    def do():
        with app.app_context():
            found.append(act())
            db.session.remove()

    thread = threading.Thread(target=do)
    thread.start()
    return thread, found


def test_a_save_waits_for_a_closing_that_has_begun_and_is_kept_aside(site):
    app, cast = site
    with app.app_context():
        pupil = Pupil(cast.cedar, cast.nodes["m1-quiz"])
        pupil.open()
        seen = pupil.sitting()
        with transaction():
            founding.close_cohort(cast.cohort_key, by=load(cast.coordinator), at=NOW)
            db.session.flush()
            thread, found = beside(app, lambda: pupil.send("m1-i1", chosen("b"), sitting=seen))
            thread.join(timeout=0.5)
            assert thread.is_alive()
        thread.join()
        assert found == [Outcome.COURSE_CLOSED]
        assert [is_aside(step) for step in pupil.steps(pupil.attempts()[0])] == [True]


def test_a_closing_waits_for_a_save_that_has_begun(site):
    app, cast = site

    def close_it():
        with transaction():
            return founding.close_cohort(cast.cohort_key, by=load(cast.coordinator), at=NOW)

    with app.app_context():
        pupil = Pupil(cast.cedar, cast.nodes["m1-quiz"])
        pupil.open()
        person, sitting = pupil.person, pupil.sitting()
        with transaction():
            one = answered("m1-i1", chosen("b"))
            outcome = taking.save_answer(sitting, sitting.attempt, one, by=person, at=NOW)
            thread, found = beside(app, close_it)
            thread.join(timeout=0.5)
            assert thread.is_alive() and outcome is Outcome.SAVED
        thread.join()
        assert found == [True]
        assert [is_aside(step) for step in pupil.steps(pupil.attempts()[0])] == [False]


def test_two_saves_at_one_moment_do_not_wait_for_each_other_s_cohort(site):
    app, cast = site
    if db_name(app) == "sqlite":
        return  # one writer at a time anyway
    with app.app_context():
        hers, others = Pupil(cast.cedar, cast.nodes["m1-quiz"]), Pupil(cast.nour, cast.nodes["m1-quiz"])
        hers.open()
        others.open()
        sitting, person, seen = hers.sitting(), hers.person, others.sitting()
        with transaction():
            taking.save_answer(sitting, sitting.attempt, answered("m1-i1", chosen("b")), by=person, at=NOW)
            thread, found = beside(app, lambda: others.send("m1-i1", chosen("b"), sitting=seen))
            thread.join(timeout=10)
            assert found == [Outcome.SAVED]


def db_name(app):
    with app.app_context():
        return db.engine.dialect.name
