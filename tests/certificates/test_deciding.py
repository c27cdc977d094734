"""Completion: the rule decides, a person decides beside it, and both only once."""

import pytest
from sqlalchemy import delete, func, select, update

from lms.assessments.rules.events import MarksReleased
from lms.audit.models import Entry
from lms.certificates import jobs
from lms.certificates.errors import BadDecision, CertificateIsValid
from lms.certificates.models import Certificate, Completion
from lms.certificates.queries import deciding as queries
from lms.certificates.rules.deciding import DECISIONS, check_decision, decisions_from, is_in_force
from lms.certificates.rules.facts import Level
from lms.certificates.sealing import DECISION, open_text
from lms.certificates.services import deciding, issuing
from lms.cohorts.errors import CohortClosed, CohortFull, MoveNotAllowed, ReasonNeeded
from lms.cohorts.models import Cohort, Enrolment, MoveRow, Notice
from lms.cohorts.rules.completion import Part, Requirement
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel import events
from lms.kernel.db import db, transaction
from lms.messaging import services as messaging
from lms.messaging.models import Job
from tests.cast import DAY, NOW
from tests.certificates.graduates import (
    LESSONS,
    act,
    ask_for,
    case_of,
    completion_of,
    confirm,
    issue,
    person,
    place_of,
    read,
)

ACTIVE, PAUSED = EnrolmentState.ACTIVE, EnrolmentState.PAUSED
COMPLETED, PARTICIPATED = EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED


def decide():
    jobs.decide({}, NOW)


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (ACTIVE, (Move.COMPLETE, Move.PARTICIPATE)),
        (PAUSED, (Move.COMPLETE, Move.PARTICIPATE)),
        (PARTICIPATED, (Move.COMPLETE, Move.REOPEN)),
        (COMPLETED, (Move.REOPEN,)),
        (EnrolmentState.WITHDRAWN, ()),
        (EnrolmentState.DEFERRED, ()),
    ],
)
def test_what_may_be_decided_follows_from_the_state(state, moves):
    assert decisions_from(state, has_valid=False) == moves
    assert decisions_from(state, has_valid=True) == ()


@pytest.mark.parametrize("move", [move for move in Move if move not in DECISIONS])
def test_other_moves_are_no_decisions_about_completion(move):
    with pytest.raises(BadDecision):
        check_decision(move, has_valid=False)


@pytest.mark.parametrize("move", DECISIONS)
def test_nothing_is_decided_anew_under_a_valid_certificate(move):
    check_decision(move, has_valid=False)
    with pytest.raises(CertificateIsValid):
        check_decision(move, has_valid=True)


@pytest.mark.parametrize(
    ("state", "holds"), [(None, True), (COMPLETED, True), (PARTICIPATED, True), (ACTIVE, False), (PAUSED, False)]
)
def test_a_completion_holds_while_its_place_has_ended_with_it(state, holds):
    assert is_in_force(state) is holds


def test_the_rule_completes_whoever_has_everything_and_nobody_else(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar", "paused")
    read(cast, "nour", lessons=LESSONS[:3])
    db.session.commit()
    decide()
    assert place_of(cast, "cedar").state is COMPLETED and place_of(cast, "paused").state is COMPLETED
    assert place_of(cast, "nour").state is ACTIVE and completion_of(cast, "nour") is None
    found = completion_of(cast)
    assert (found.level, found.by_id, found.reason) == (Level.COMPLETED, None, None)
    assert found.course["fr"] == "Women and ceasefires (fr)" and found.year == 2027 and found.hours is None
    assert found.requirements == [{"part": "activities", "needed": 50, "have": 50, "is_met": True, "open_nodes": []}]
    assert queries.stood_then(found) == [Requirement(part=Part.ACTIVITIES, needed=50, have=50, is_met=True)]


def test_deciding_again_changes_nothing_and_tells_nobody_twice(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    db.session.commit()
    counted = select(func.count()).select_from(Job).where(Job.kind == "message")
    before = db.session.scalar(counted)
    for _ in range(3):
        decide()
    assert db.session.scalar(select(func.count()).select_from(Completion)) == 1
    assert db.session.scalar(counted) == before + 1
    acts = db.session.scalars(select(Entry.act).where(Entry.act.startswith("certificates."))).all()
    assert acts == ["certificates.completion.decided"]


def notices(cast):
    rows = db.session.execute(select(Enrolment.person_id, Notice.template).join(Enrolment).order_by(Notice.id))
    return [tuple(row) for row in rows]


def letters():
    jobs = db.session.scalars(select(Job).where(Job.kind == "message").order_by(Job.id))
    return [(job.person_id, job.cohort_id, job.payload["template"], job.payload.get("about")) for job in jobs]


def test_whom_the_rule_completed_is_told_that_a_certificate_can_be_made(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar", "nour")
    db.session.commit()
    decide()
    assert sorted(notices(cast)) == [(one.id, "certificate") for one in (cast.cedar, cast.nour)]
    assert {one[1:] for one in letters()} == {(cast.cohort_key, "something_new", "certificate")}


def test_what_a_person_decided_is_told_and_no_more_once_it_is_taken_up_again(in_app, cast):
    confirm(cast, move=Move.PARTICIPATE)
    assert notices(cast) == [(cast.cedar.id, "certificate")]
    assert letters() == [(cast.cedar.id, cast.cohort_key, "something_new", "certificate")]
    db.session.commit()
    confirm(cast, move=Move.REOPEN, seen=PARTICIPATED)
    assert notices(cast) == [] and len(letters()) == 1


def test_a_withdrawn_certificate_is_told_and_its_coordinators_see_the_message(in_app, cast):
    confirm(cast)
    certificate = issue(cast)
    db.session.commit()
    issuing.withdraw(certificate.id, "A wrong name.", person(cast.cedar), by=person(cast.coordinator), at=NOW)
    assert (cast.cedar.id, "certificate withdrawn") in notices(cast)
    assert letters()[-1] == (cast.cedar.id, cast.cohort_key, "something_new", "certificate withdrawn")


def test_a_certificate_whose_place_was_deleted_is_withdrawn_with_a_message_alone(in_app, cast):
    confirm(cast)
    certificate = issue(cast)
    db.session.commit()
    db.session.execute(delete(Enrolment).where(Enrolment.person_id == cast.cedar.id))
    db.session.commit()
    db.session.expire_all()
    issuing.withdraw(certificate.id, "A wrong name.", person(cast.cedar), by=None, at=NOW)
    assert notices(cast) == [] and letters()[-1] == (cast.cedar.id, None, "something_new", None)


def test_a_rule_without_parts_completes_nobody(in_app, cast):
    ask_for(cast)
    read(cast, "cedar")
    db.session.commit()
    decide()
    assert place_of(cast).state is ACTIVE


def test_the_rule_decides_nothing_in_a_closed_cohort(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    db.session.commit()
    decide()
    assert place_of(cast).state is ACTIVE


def test_the_rule_looks_at_the_cohort_as_it_stands_when_it_decides(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    db.session.commit()
    before, places = db.session.get_one(Cohort, cast.cohort_key), [place_of(cast).id]

    def meanwhile(**values):
        """Somebody else's work, of which what was read before knows nothing."""
        change = update(Cohort).where(Cohort.id == cast.cohort_key).values(**values)
        db.session.execute(change, execution_options={"synchronize_session": False})
        db.session.commit()

    for values in ({"completion": {"activities_percent": 100}}, {"completion": before.completion, "closed_at": NOW}):
        meanwhile(**values)
        with transaction():
            assert deciding.complete_by_rule(before, places, at=NOW) == 0, values
    meanwhile(closed_at=None)
    with transaction():
        assert deciding.complete_by_rule(before, places, at=NOW) == 1


def test_who_was_only_invited_is_not_completed(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    place_of(cast).agreed_at = None
    db.session.commit()
    decide()
    assert place_of(cast).state is ACTIVE


def test_what_was_met_when_looked_at_is_looked_at_again_under_the_lock(in_app, cast):
    """Between looking and deciding a fact was taken back."""
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    db.session.commit()
    cohort = queries.open_cohorts()[0]
    place = place_of(cast).id
    read(cast, "cedar", lessons=LESSONS[:1])
    db.session.commit()
    with transaction():
        assert deciding.complete_by_rule(cohort, [place], at=NOW) == 0
    assert place_of(cast).state is ACTIVE


def test_batches_go_through_all_of_a_cohort(in_app, cast, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 2)
    ask_for(cast, activities_percent=50)
    read(cast, "cedar", "nour", "olivier", "paused")
    db.session.commit()
    decide()
    assert all(place_of(cast, name).state is COMPLETED for name in ("cedar", "nour", "olivier", "paused"))


def test_released_marks_have_the_rule_look_at_once(in_app, cast):
    with transaction():
        messaging.ensure_all_recurring(at=NOW + DAY)
        events.publish(MarksReleased(at=NOW))
    job = db.session.scalars(select(Job).where(Job.recurring == jobs.DECIDE)).one()
    assert job.run_at == NOW


def test_a_coordinator_confirms_completion_with_a_reason_that_is_sealed(in_app, cast):
    ask_for(cast, activities_percent=50, live_sessions=2)
    confirm(cast, reason="  She made up for both sessions by telephone. ")
    db.session.commit()
    found = completion_of(cast)
    assert place_of(cast).state is COMPLETED and found.by_id == cast.coordinator.id
    assert open_text(person(cast.cedar), found.reason, place=DECISION) == "She made up for both sessions by telephone."
    assert [one["is_met"] for one in found.requirements] == [False, False]
    assert db.session.scalars(select(MoveRow).where(MoveRow.enrolment_id == place_of(cast).id)).one().by_id


def test_a_coordinator_confirms_participation_and_later_completion(in_app, cast):
    confirm(cast, move=Move.PARTICIPATE)
    db.session.commit()
    assert (place_of(cast).state, completion_of(cast).level) == (PARTICIPATED, Level.PARTICIPATED)
    confirm(cast, move=Move.COMPLETE, seen=PARTICIPATED)
    db.session.commit()
    assert (place_of(cast).state, completion_of(cast).level) == (COMPLETED, Level.COMPLETED)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_decision_of_a_person_wants_a_reason(in_app, cast, reason):
    with pytest.raises(ReasonNeeded):
        confirm(cast, reason=reason)


def test_of_two_coordinators_at_once_one_is_refused(app, cast):
    """Both saw her under way; the second decision meets what the first one made of it."""
    with app.app_context():
        case = case_of(cast)
    with act(app):
        confirm(cast, move=Move.PARTICIPATE)
    wanted = deciding.Decision(move=Move.COMPLETE, seen=ACTIVE, reason="I saw it too.")
    with app.app_context(), pytest.raises(MoveNotAllowed), transaction():
        deciding.decide(case, wanted, by=person(cast.coordinator), at=NOW)
    with app.app_context():
        assert completion_of(cast).level is Level.PARTICIPATED


def test_nothing_is_decided_by_hand_in_a_closed_cohort(in_app, cast):
    db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    db.session.commit()
    with pytest.raises(CohortClosed):
        confirm(cast)


def test_what_is_taken_up_again_leaves_no_completion_and_the_rule_waits_for_a_person(in_app, cast):
    ask_for(cast, activities_percent=50)
    read(cast, "cedar")
    db.session.commit()
    decide()
    confirm(cast, move=Move.REOPEN, seen=COMPLETED)
    db.session.commit()
    assert place_of(cast).state is ACTIVE and completion_of(cast) is None
    decide()
    assert place_of(cast).state is ACTIVE
    confirm(cast)
    db.session.commit()
    assert completion_of(cast).level is Level.COMPLETED


def test_nobody_comes_back_into_a_full_cohort(in_app, cast):
    confirm(cast)
    db.session.get_one(Cohort, cast.cohort_key).places = 1
    db.session.commit()
    with pytest.raises(CohortFull):
        confirm(cast, move=Move.REOPEN, seen=COMPLETED)


def test_nothing_is_taken_up_again_while_a_certificate_is_valid(in_app, cast):
    confirm(cast)
    certificate = issue(cast)
    db.session.commit()
    with pytest.raises(CertificateIsValid):
        confirm(cast, move=Move.REOPEN, seen=COMPLETED)
    db.session.rollback()
    issuing.withdraw(certificate.id, "A wrong name.", person(cast.cedar), by=person(cast.coordinator), at=NOW)
    confirm(cast, move=Move.REOPEN, seen=COMPLETED)
    db.session.commit()
    assert place_of(cast).state is ACTIVE
    assert db.session.get_one(Certificate, certificate.id).state == "withdrawn", "its code still says so"


def test_a_later_decision_takes_the_place_of_an_old_one_whose_certificate_was_withdrawn(in_app, cast):
    confirm(cast)
    certificate = issue(cast)
    issuing.withdraw(certificate.id, "Too early.", person(cast.cedar), by=person(cast.coordinator), at=NOW)
    confirm(cast, move=Move.REOPEN, seen=COMPLETED)
    confirm(cast, move=Move.PARTICIPATE)
    db.session.commit()
    found = completion_of(cast)
    assert found.id == certificate.completion_id and found.level is Level.PARTICIPATED
    assert issue(cast, known=1).edition == 2


def test_a_place_whose_decision_was_erased_is_taken_up_again(in_app, cast):
    read(cast, "cedar")
    db.session.commit()
    confirm(cast)
    db.session.delete(completion_of(cast))
    db.session.commit()
    confirm(cast, move=Move.REOPEN, seen=COMPLETED)
    assert place_of(cast).state is ACTIVE and completion_of(cast) is None
