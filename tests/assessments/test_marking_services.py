"""Marking against the database: nothing is overwritten, hidden marks stay hidden, acts repeat safely."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.errors import (
    BeingMarked,
    CriterionMissing,
    FeedbackMissing,
    LateMeanwhile,
    MarkedMeanwhile,
    NotALevel,
    NothingLate,
    NothingToRelease,
    NotNow,
    TooLong,
)
from lms.assessments.models import Conflict, MarkerLanguages, StepRow
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries import marking as queries
from lms.assessments.queries import queue as queues
from lms.assessments.queries import releasing
from lms.assessments.queries.queue import Show
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.assessments.rules.deadlines import Timeliness
from lms.assessments.rules.marking import NO_MARKS, Act, QueueState, Verdict
from lms.assessments.services import marking
from lms.audit.models import Entry
from lms.cohorts.models import Enrolment, Notice
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.messaging.models import Job
from tests.assessments.desk import TEXT, make_desk
from tests.assessments.pupil import Pupil
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(in_app, cast):
    return make_desk(cast)


@pytest.fixture
def work(desk):
    """Cedar's memo, handed in yesterday."""
    return desk.hand_in(desk.cast.cedar)


def steps(one=None):
    return db.session.scalar(select(func.count()).select_from(StepRow))


def deeds(name):
    return db.session.scalars(select(Entry).where(Entry.act == name).order_by(Entry.id)).all()


def test_a_text_is_allotted_to_whoever_reads_its_language(desk):
    french = desk.hand_in(desk.cast.olivier, language="fr")
    english = desk.hand_in(desk.cast.cedar)
    assert desk.attempt(french).marker_id == desk.amadou.id
    assert desk.attempt(english).marker_id == desk.cast.facilitator.id


def test_a_draft_keeps_everything_and_counts_versions(desk, work):
    ingrid = desk.cast.facilitator
    more = {"levels": {"problem": 2}, "remarks": {"problem": "Which range?"}, "comments": [(2, "two", "Why two?")]}
    desk.mark(ingrid, work, Act.DRAFT, feedback="Good.", **more)
    reading = desk.read(ingrid, work)
    assert reading.saved.version == 1 and reading.saved.by == "Facilitator"
    assert reading.saved.marks.levels == {"problem": 2} and reading.saved.marks.remarks == {"problem": "Which range?"}
    assert reading.saved.marks.comments[0].text == "Why two?" and reading.saved.marks.feedback == "Good."
    assert reading.text.data["text"] == TEXT and len(reading.paragraphs) == 3
    assert desk.attempt(work).state is AttemptState.HANDED_IN


def test_finished_marks_are_hidden_until_they_are_released(desk, work):
    desk.mark(desk.cast.facilitator, work)
    attempt = desk.attempt(work)
    assert attempt.state is AttemptState.MARKED
    assert (attempt.total, attempt.verdict, attempt.released_at) == (None, None, None)
    assert [entry.changes for entry in deeds("assessments.attempt.marked")] == [{"state": ["handed in", "marked"]}]


def test_the_same_act_twice_is_one(desk, work):
    operation = new_id()
    for _ in range(2):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT, version=0, operation=operation)
    assert desk.read(desk.cast.facilitator, work).saved.version == 1


def test_an_act_that_comes_again_after_later_ones_changes_nothing(desk, work):
    operation = new_id()
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, version=0, operation=operation)
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, levels={"problem": 4})
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, version=0, operation=operation)
    reading = desk.read(desk.cast.facilitator, work)
    assert reading.saved.version == 2 and reading.saved.marks.levels == {"problem": 4}


def test_marks_of_an_older_page_never_overwrite_newer_ones(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, levels={"problem": 4})
    with pytest.raises(MarkedMeanwhile):
        desk.mark(desk.amadou, work, Act.DRAFT, levels={"problem": 1}, version=0)
    assert desk.read(desk.amadou, work).saved.marks.levels == {"problem": 4}


def test_whoever_chose_between_two_versions_may_save_at_once(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.DRAFT)
    desk.mark(desk.amadou, work, Act.DRAFT, levels={"problem": 1}, knows_both=True)
    assert desk.read(desk.amadou, work).saved.marks.levels == {"problem": 1}


def test_the_second_person_reads_only_for_half_an_hour(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, at=NOW - 10 * MINUTE)
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, at=NOW, levels={"problem": 2})
    reading = desk.read(desk.amadou, work)
    assert (reading.holder, reading.held_since) == ("Facilitator", NOW - 10 * MINUTE)
    with pytest.raises(BeingMarked) as refusal:
        desk.mark(desk.amadou, work, Act.DRAFT)
    assert refusal.value.values == {"name": "Facilitator", "since": NOW - 10 * MINUTE}
    later = NOW + 30 * MINUTE
    assert desk.read(desk.amadou, work, at=later).holder is None
    desk.mark(desk.amadou, work, Act.DRAFT, at=later)


def test_taking_over_continues_the_draft_and_keeps_the_other_out(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, levels={"problem": 2}, feedback="So far.")
    operation = new_id()
    found, reading = desk.find(desk.amadou, work), desk.read(desk.amadou, work)
    for _ in range(2):
        with transaction():
            marking.take_over(found, reading, operation, language="fr", by=desk.person(desk.amadou), at=NOW)
    reading = desk.read(desk.amadou, work)
    assert (reading.saved.version, reading.saved.marks.feedback, reading.holder) == (2, "So far.", None)
    assert desk.attempt(work).marker_id == desk.amadou.id
    with pytest.raises(MarkedMeanwhile):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT, version=1)
    assert desk.read(desk.cast.facilitator, work).holder == "Amadou"


def test_taking_over_what_has_moved_on_is_refused(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.DRAFT)
    found, reading = desk.find(desk.amadou, work), desk.read(desk.amadou, work)
    desk.mark(desk.cast.facilitator, work, Act.DRAFT, levels={"problem": 4})
    with pytest.raises(MarkedMeanwhile), transaction():
        marking.take_over(found, reading, new_id(), language="fr", by=desk.person(desk.amadou), at=NOW)


def test_finished_work_is_not_taken_over(desk, work):
    desk.mark(desk.cast.facilitator, work)
    found, reading = desk.find(desk.amadou, work), desk.read(desk.amadou, work)
    with pytest.raises(NotNow), transaction():
        marking.take_over(found, reading, new_id(), language="fr", by=desk.person(desk.amadou), at=NOW)


def test_what_cannot_be_finished_says_why(desk, work):
    with pytest.raises(CriterionMissing):
        desk.mark(desk.cast.facilitator, work, levels={"problem": 4})
    with pytest.raises(FeedbackMissing):
        desk.mark(desk.cast.facilitator, work, levels={"problem": 4, "safety": 0})
    with pytest.raises(FeedbackMissing):
        desk.mark(desk.cast.facilitator, work, Act.RETURN)
    with pytest.raises(NotALevel):
        desk.mark(desk.cast.facilitator, work, levels={"problem": 5})
    with pytest.raises(TooLong):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT, feedback="x" * 8001)
    assert desk.read(desk.cast.facilitator, work).saved.version == 0


def test_a_safety_criterion_at_zero_returns_the_text(desk, work):
    kind = desk.mark(desk.cast.facilitator, work, levels={"problem": 4, "safety": 0}, feedback="Leave out names.")
    attempt = desk.attempt(work)
    assert kind is StepKind.RETURN and attempt.state is AttemptState.RETURNED and attempt.total is None
    assert len(deeds("assessments.attempt.returned")) == 1


def test_returned_work_is_read_again_in_its_next_version(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.RETURN, levels={}, feedback="Name the range.")
    with pytest.raises(NotNow):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT)
    again = desk.hand_in(desk.cast.cedar, text="A better text.", at=NOW + DAY)
    reading = desk.read(desk.cast.facilitator, again, at=NOW + DAY)
    assert reading.earlier.number == 1 and reading.earlier.marks.feedback == "Name the range."
    assert reading.earlier.verdict is Verdict.REVISE and reading.saved.marks == NO_MARKS


# Release


def test_release_shows_what_was_on_the_list_and_nothing_else(desk, work):
    other = desk.hand_in(desk.cast.nour, language="ar")
    desk.mark(desk.cast.facilitator, work)
    ready = releasing.find_release(desk.person(desk.cast.facilitator), desk.memo, "en")
    desk.mark(desk.cast.facilitator, other)
    with transaction():
        seen = {row.id: row.version for row in ready.ready}
        count = marking.release(ready, seen, new_id(), by=desk.person(desk.cast.facilitator), at=NOW)
    released, kept = desk.attempt(work), desk.attempt(other)
    assert count == 1 and (released.state, released.total, released.verdict, released.released_at) == (
        AttemptState.RELEASED, 7500, Verdict.MEETS, NOW,
    )  # fmt: skip
    assert kept.state is AttemptState.MARKED and kept.total is None
    assert [entry.changes for entry in deeds("assessments.attempt.released")] == [{"state": ["marked", "released"]}]


def notices():
    rows = db.session.execute(
        select(Enrolment.person_id, Notice.template, Notice.node_id, Notice.by_id).join(Enrolment).order_by(Notice.id)
    )
    return [tuple(row) for row in rows]


def cohort_of(desk, work):
    return db.session.get_one(Enrolment, desk.attempt(work).enrolment_id).cohort_id


def letters():
    jobs = db.session.scalars(select(Job).where(Job.kind == "message").order_by(Job.id))
    return [(job.person_id, job.cohort_id, job.payload["template"], job.payload["about"]) for job in jobs]


def test_a_release_tells_the_participant_on_her_page_and_that_there_is_something_new(desk, work):
    other, cohort = desk.hand_in(desk.cast.nour, language="ar"), cohort_of(desk, work)
    for one in (work, other):
        desk.mark(desk.cast.facilitator, one)
    desk.release(desk.cast.facilitator)
    who = {desk.cast.cedar.id, desk.cast.nour.id}
    assert sorted(notices()) == [(person, "released", None, None) for person in sorted(who)]
    assert sorted(letters()) == [(person, cohort, "something_new", "released") for person in sorted(who)]


def test_returned_work_tells_her_on_her_page_and_that_there_is_something_new(desk, work):
    cohort = cohort_of(desk, work)
    for _ in range(2):
        desk.mark(desk.cast.facilitator, work, Act.DRAFT)
    assert notices() == letters() == []
    desk.mark(desk.cast.facilitator, work, Act.RETURN, feedback="Again.")
    assert notices() == [(desk.cast.cedar.id, "returned", None, None)]
    assert letters() == [(desk.cast.cedar.id, cohort, "something_new", "returned")]


def test_marks_that_changed_since_the_list_was_made_are_not_released(desk, work):
    desk.mark(desk.cast.facilitator, work)
    ready = releasing.find_release(desk.person(desk.cast.facilitator), desk.memo, "en")
    desk.mark(desk.cast.facilitator, work, levels={"problem": 1, "safety": 1})
    with pytest.raises(NothingToRelease), transaction():
        seen = {row.id: row.version for row in ready.ready}
        marking.release(ready, seen, new_id(), by=desk.person(desk.cast.facilitator), at=NOW)


def test_releasing_twice_is_one_act_and_an_empty_list_releases_nothing(desk, work):
    desk.mark(desk.cast.facilitator, work)
    person = desk.person(desk.cast.facilitator)
    ready, operation = releasing.find_release(person, desk.memo, "en"), new_id()
    seen = {row.id: row.version for row in ready.ready}
    for _ in range(2):
        with transaction():
            assert marking.release(ready, seen, operation, by=person, at=NOW) == 1
    assert len(deeds("assessments.attempt.released")) == 1
    with pytest.raises(NothingToRelease), transaction():
        marking.release(ready, {}, new_id(), by=person, at=NOW)


def test_released_marks_are_not_changed_here(desk, work):
    desk.mark(desk.cast.facilitator, work)
    desk.release(desk.cast.facilitator)
    for act in (Act.DRAFT, Act.FINISH):
        with pytest.raises(NotNow):
            desk.mark(desk.cast.facilitator, work, act, levels={"problem": 4, "safety": 4})


def test_a_list_of_another_task_releases_nothing_here(desk, work):
    note = desk.hand_in(desk.cast.cedar, task=desk.note)
    desk.mark(desk.cast.facilitator, note)
    ready = releasing.find_release(desk.person(desk.cast.facilitator), desk.memo, "en")
    with pytest.raises(NothingToRelease), transaction():
        marking.release(ready, {note: 1}, new_id(), by=desk.person(desk.cast.facilitator), at=NOW)


# Conflict of interest


def declare(desk, member, one):
    found = desk.find(member, one)
    with transaction():
        marking.declare_conflict(found, by=desk.person(member), at=NOW)


def reads(desk, member, *languages):
    with transaction():
        marking.choose_languages(languages, by=desk.person(member))


def test_what_nobody_else_reads_goes_to_nobody(desk, work):
    declare(desk, desk.cast.facilitator, work)
    assert desk.attempt(work).marker_id is None
    coordinator = desk.person(desk.cast.coordinator)
    assert queues.queue_of(coordinator, Show(), page=1, language="en", at=NOW).first.id == work


def test_a_conflict_of_interest_hides_all_work_of_that_participant_and_passes_it_on(desk, work):
    note = desk.hand_in(desk.cast.cedar, task=desk.note)
    reads(desk, desk.amadou, "fr", "en")
    declare(desk, desk.cast.facilitator, work)
    for one in (work, note):
        assert desk.attempt(one).marker_id == desk.amadou.id
        found = desk.find(desk.cast.facilitator, one)
        assert not allows(AssessmentPermission.MARK, desk.person(desk.cast.facilitator), found)
    assert [entry.changes for entry in deeds("assessments.conflict.declared")] == [{"passed_on": [None, 2]}]


def test_declaring_it_twice_is_one_act(desk, work):
    declare(desk, desk.cast.facilitator, work)
    declare(desk, desk.cast.facilitator, work)
    assert db.session.scalar(select(func.count()).select_from(Conflict)) == 1


def test_marks_by_somebody_with_a_conflict_are_set_aside(desk, work):
    desk.mark(desk.cast.facilitator, work, feedback="My friend writes well.")
    declare(desk, desk.cast.facilitator, work)
    reading = desk.read(desk.amadou, work)
    assert desk.attempt(work).state is AttemptState.HANDED_IN
    assert reading.saved.marks == NO_MARKS and reading.holder is None and reading.saved.version == 2
    desk.mark(desk.amadou, work)


def test_marks_of_another_stay_when_somebody_steps_aside(desk, work):
    desk.mark(desk.amadou, work, Act.DRAFT, feedback="Mine.")
    declare(desk, desk.cast.facilitator, work)
    assert desk.read(desk.amadou, work).saved.marks.feedback == "Mine."


def test_where_all_have_a_conflict_the_coordinator_sees_it(desk, work):
    declare(desk, desk.cast.facilitator, work)
    declare(desk, desk.amadou, work)
    assert desk.attempt(work).marker_id is None
    queue = queues.queue_of(desk.person(desk.cast.coordinator), Show(), page=1, language="en", at=NOW)
    assert [row.alias for row in queue.rows] == ["Cedar"] and queue.waiting == 1


# Late work


def decide(desk, one, *, counts, operation=None, seen=None):
    found = desk.find(desk.cast.facilitator, one)
    seen = desk.read(desk.cast.facilitator, one).seen if seen is None else seen
    with transaction():
        person = desk.person(desk.cast.facilitator)
        marking.decide_late(
            found, operation or new_id(), seen=seen, counts=counts, language="en", by=person, at=NOW + 5 * DAY
        )


@pytest.mark.parametrize("counts", [True, False])
def test_late_work_is_decided_by_a_person(desk, counts):
    late = desk.hand_in(desk.cast.cedar, at=NOW + 4 * DAY)
    assert desk.read(desk.cast.facilitator, late).late is Timeliness.LATE
    decide(desk, late, counts=counts)
    reading = desk.read(desk.cast.facilitator, late)
    assert reading.late is None and reading.text.data["text"] == TEXT


def test_deciding_twice_is_one_act(desk):
    late, operation = desk.hand_in(desk.cast.cedar, at=NOW + 4 * DAY), new_id()
    decide(desk, late, counts=True, operation=operation)
    before = steps()
    decide(desk, late, counts=True, operation=operation)
    assert steps() == before


def test_a_text_that_comes_after_the_hand_in_is_shown_and_read_when_it_counts(desk, work):
    desk.write(desk.cast.cedar, "Five words from my phone.", at=NOW)
    reading = desk.read(desk.cast.facilitator, work)
    assert reading.text.data["text"] == TEXT and [s.data["text"] for s in reading.later] == [
        "Five words from my phone."
    ]
    decide(desk, work, counts=True)
    reading = desk.read(desk.cast.facilitator, work)
    assert reading.text.data["text"] == "Five words from my phone." and reading.later == []
    assert desk.attempt(work).words == 5


def test_marked_work_is_not_decided_about(desk, work):
    desk.mark(desk.cast.facilitator, work)
    with pytest.raises(NotNow):
        decide(desk, work, counts=True)


# The queue


def test_the_oldest_comes_first_and_own_languages_before_the_rest(desk):
    nour = desk.hand_in(desk.cast.nour, language="ar", at=NOW - 5 * DAY)
    cedar = desk.hand_in(desk.cast.cedar, at=NOW - 2 * DAY)
    olivier = desk.hand_in(desk.cast.olivier, at=NOW - 3 * DAY)
    queue = queues.queue_of(desk.person(desk.cast.facilitator), Show(everything=True), page=1, language="en", at=NOW)
    assert [row.id for row in queue.rows] == [olivier, cedar, nour]


def test_the_queue_says_how_each_stands(desk, work):
    nour = desk.hand_in(desk.cast.nour, at=NOW + 4 * DAY)
    olivier = desk.hand_in(desk.cast.olivier)
    desk.mark(desk.cast.facilitator, work)
    desk.mark(desk.cast.facilitator, nour, Act.DRAFT)
    reads(desk, desk.amadou, "fr", "en")
    declare(desk, desk.cast.facilitator, olivier)
    queue = queues.queue_of(desk.person(desk.cast.facilitator), Show(everything=True), page=1, language="en", at=NOW)
    found = {row.alias: (row.state, row.late, row.marker) for row in queue.rows}
    assert found == {
        "Nour": (QueueState.STARTED, Timeliness.LATE, "Facilitator"),
        "Cedar": (QueueState.MARKED, None, "Facilitator"),
        "Olivier": (QueueState.CONFLICT, None, "Amadou"),
    }
    assert queue.marked == 1


def test_what_is_open_returned_or_released_is_in_no_queue(desk, work):
    desk.mark(desk.cast.facilitator, work)
    desk.release(desk.cast.facilitator)
    returned = desk.hand_in(desk.cast.nour)
    desk.mark(desk.cast.facilitator, returned, Act.RETURN, feedback="Again.")
    for member in (desk.cast.facilitator, desk.amadou, desk.cast.coordinator, desk.cast.cedar, desk.cast.stranger):
        assert queues.queue_of(desk.person(member), Show(everything=True), page=1, language="en", at=NOW).rows == []


def test_the_row_filter_agrees_with_the_predicate(desk, work):
    others = [desk.hand_in(desk.cast.nour), desk.hand_in(desk.cast.olivier)]
    declare(desk, desk.cast.facilitator, others[0])
    for member in vars(desk.cast).values():
        if not hasattr(member, "login"):
            continue
        person = desk.person(member)
        queue = queues.queue_of(person, Show(everything=True), page=1, language="en", at=NOW)
        open_rows = {row.id for row in queue.rows if row.state is not QueueState.CONFLICT}
        may = {one for one in (work, *others) if allows(AssessmentPermission.MARK, person, desk.find(member, one))}
        assert open_rows == may


def test_what_is_still_being_written_is_found_by_nobody(desk, work):
    desk.mark(desk.cast.facilitator, work, Act.RETURN, feedback="Again.")
    desk.hand_in(desk.cast.cedar, at=NOW + HOUR)
    desk.attempt(work).state = AttemptState.OPEN
    db.session.flush()
    assert desk.find(desk.cast.facilitator, work) is None


def test_languages_of_a_marker_are_kept_with_her_own_first(desk):
    person = desk.person(desk.amadou)
    for chosen in (["en", "ar", "fr"], ["en", "fr"]):
        with transaction():
            marking.choose_languages(chosen, by=person)
    assert db.session.get_one(MarkerLanguages, person.id).languages == ["fr", "en"]


def test_a_decision_about_less_than_there_is_is_refused(desk, work):
    with pytest.raises(NothingLate):
        decide(desk, work, counts=True)
    desk.write(desk.cast.cedar, "From my phone.", at=NOW)
    seen = desk.read(desk.cast.facilitator, work).seen
    desk.write(desk.cast.cedar, "From my phone, once more.", at=NOW)
    with pytest.raises(LateMeanwhile):
        decide(desk, work, counts=True, seen=seen)
    decide(desk, work, counts=True)
    assert desk.attempt(work).words == 5


def test_left_out_the_length_is_that_of_the_text_in_time(desk, work):
    words = desk.attempt(work).words
    desk.write(desk.cast.cedar, "From my phone.", at=NOW)
    decide(desk, work, counts=False)
    assert desk.attempt(work).words == words and desk.read(desk.cast.facilitator, work).text.data["text"] == TEXT


def test_drafts_that_hers_have_overtaken_are_not_loaded(desk):
    cedar = Pupil(desk.cast.cedar, desk.memo)
    cedar.open(at=NOW - DAY)
    for number in range(1, 6):
        cedar.send("m1-q1", {"text": f"Draft {number}."}, sequence=number, at=NOW - DAY)
    cedar.hand_in(at=NOW - DAY)
    work = cedar.attempts()[0].public_id
    cedar.send("m1-q1", {"text": "Late."}, sequence=6)
    rows = queries._steps_at(desk.find(desk.cast.facilitator, work))
    assert sum(row.kind is StepKind.ANSWER for row, _, _ in rows) == 2
    reading = desk.read(desk.cast.facilitator, work)
    assert reading.text.data["text"] == "Draft 5." and reading.later[0].data["text"] == "Late."


def test_setting_aside_leaves_what_moved_on_meanwhile(desk, work, monkeypatch):
    desk.mark(desk.cast.facilitator, work)
    desk.release(desk.cast.facilitator)
    other = desk.hand_in(desk.cast.cedar, task=desk.note)
    desk.mark(desk.amadou, other, Act.DRAFT, feedback="Mine.")
    both = [desk.attempt(work), desk.attempt(other)]
    monkeypatch.setattr(queries, "marked_by", lambda enrolment, marker: both)
    declare(desk, desk.cast.facilitator, work)
    assert desk.attempt(work).state is AttemptState.RELEASED
    assert desk.read(desk.amadou, other).saved.marks.feedback == "Mine."


# Work that nobody can mark


def hers(desk, member):
    return [row.alias for row in queues.queue_of(desk.person(member), Show(), page=1, language="en", at=NOW).rows]


@pytest.mark.parametrize("why", ["role ended", "disabled", "conflict", "her own"])
def test_work_of_somebody_who_cannot_mark_it_is_shown_to_coordinators(desk, work, why):
    assert hers(desk, desk.cast.coordinator) == []
    attempt, marker = desk.attempt(work), desk.person(desk.cast.facilitator)
    if why == "role ended":
        db.session.query(RoleGrant).filter_by(person_id=marker.id).update({"until_at": NOW})
    elif why == "disabled":
        marker.disabled_at = NOW
    elif why == "conflict":
        db.session.add(Conflict(person_id=marker.id, enrolment_id=attempt.enrolment_id, declared_at=NOW))
    else:
        attempt.marker_id = desk.cast.cedar.id
    db.session.flush()
    assert hers(desk, desk.cast.coordinator) == ["Cedar"]


def test_nobody_is_given_her_own_work(desk):
    with transaction():
        person = db.session.get_one(Person, desk.cast.cedar.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=desk.cohort_key, by=None, at=NOW - 20 * DAY)
    desk.hand_in(desk.cast.nour)
    desk.hand_in(desk.cast.olivier)
    work = desk.hand_in(desk.cast.cedar)
    assert desk.attempt(work).marker_id not in (None, desk.cast.cedar.id)


def test_the_queue_leads_from_each_to_the_next_and_round(desk):
    works = [desk.hand_in(member, at=NOW - days * DAY) for member, days in
             ((desk.cast.cedar, 5), (desk.cast.nour, 4), (desk.cast.olivier, 3))]  # fmt: skip
    found = [desk.read(desk.cast.facilitator, one).queue for one in works]
    assert [(one.before, one.after, one.place, one.waiting) for one in found] == [
        (None, works[1], 1, 3), (works[0], works[2], 2, 3), (works[1], works[0], 3, 3),
    ]  # fmt: skip
    desk.mark(desk.cast.facilitator, works[1])
    found = desk.read(desk.cast.facilitator, works[1]).queue
    assert (found.before, found.after, found.place, found.waiting) == (None, works[0], None, 2)
