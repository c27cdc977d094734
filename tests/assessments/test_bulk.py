"""What is stored in bulk is what the same people would have left by doing it one by one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.assessments.errors import NotInAttempt
from lms.assessments.models import Attempt, StepRow
from lms.assessments.queries import book, marking, releasing
from lms.assessments.queries import sitting as sittings
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.rules.marking import Act, Comment, Marks
from lms.assessments.sealing import read_steps
from lms.assessments.services import bulk
from lms.assessments.services import marking as marking_services
from lms.assessments.services.bulk import PastAnswer, PastAttempt, PastHandIn, PastMark, PastRelease
from lms.assessments.services.marking import Sent
from lms.assessments.services.proving import look_up
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.taught import answer, attempt_of, begin, enrolment_of, hand_in, load
from tests.cast import DAY, NOW

HOUR = timedelta(hours=1)
THEN = NOW - 2 * DAY
TEXT = "The draft is local. It names no one who watches it."
MARKS = Marks(
    levels={"type": 3},
    remarks={"type": "Local, yes."},
    comments=(Comment(paragraph=1, quote="The draft", text="Which?"),),
    feedback="Thank you.",
)
QUIZ = {"i-choice": {"chosen": ["a"]}, "i-short": {"texts": ["local"]}}
OWN = ("id", "public_id", "enrolment_id", "seed")


def said(question, data, at=THEN):
    answered = Answered(
        question=question, data=data, flagged=False, operation=new_id(), sequence=1, held=timedelta(0), language="en"
    )
    return PastAnswer(answered=answered, at=at)


def handed_in(at, marker=None):
    return PastHandIn(sent=HandIn(operation=new_id(), held=timedelta(0), language="en"), at=at, marker=marker)


def saved():
    return Sent(operation=new_id(), version=0, marks=MARKS, language="en")


def past(taught, cast, node_id, **more):
    """Nour's attempt, all of it at once."""
    cohort = book.find_cohort(load(cast.coordinator), taught.cohort_id).cohort
    attempt = PastAttempt(
        owner=load(cast.nour),
        enrolment=enrolment_of(taught.enrolments["nour"]),
        task=catalogue(cohort.version).tasks[node_id],
        number=1,
        language="en",
        seed=5,
        opened_at=THEN,
        **more,
    )
    with transaction():
        bulk.add_attempts(cohort, [attempt])


def of(taught, cast, name, node_id):
    """An attempt with its steps and audit entries, without what is each one's own."""
    enrolment = enrolment_of(taught.enrolments[name])
    query = select(Attempt).where(Attempt.enrolment_id == enrolment.id, Attempt.node_id == node_id)
    attempt = db.session.scalars(query.execution_options(populate_existing=True)).one()
    columns = {c.name: getattr(attempt, c.name) for c in Attempt.__table__.columns if c.name not in OWN}
    owner = load(getattr(cast, name))
    rows = db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number)).all()
    steps = []
    for row in rows:
        (step,) = read_steps(owner, [row])
        data = {key: value for key, value in (step.data or {}).items() if key != "fingerprint"}
        by = "owner" if row.by_id == owner.id else row.by_id
        has = row.sealed is not None, row.data is not None, row.receipt is not None
        steps.append(
            (row.kind, row.question, row.sequence, by, row.written_at, row.received_at, data, row.flagged, row.state)
            + (row.language, *has)
        )
    entries = db.session.scalars(
        select(Entry).where(Entry.on_id == attempt.id, Entry.act.like("assessments.attempt.%")).order_by(Entry.id)
    )
    return columns, steps, [(one.act, one.by_id, one.at, one.changes) for one in entries]


def test_a_quiz_in_bulk_is_the_quiz_she_takes(in_app, taught, cast):
    task_id = taught.tasks["t-quiz"]
    began = begin(cast.cedar, task_id, at=THEN)
    answer(cast.cedar, task_id, began, at=THEN, **{name.replace("-", "_"): data for name, data in QUIZ.items()})
    hand_in(cast.cedar, task_id, at=THEN + HOUR)

    past(
        taught,
        cast,
        "t-quiz",
        answers=[said(name, data) for name, data in QUIZ.items()],
        hand_in=handed_in(THEN + HOUR),
    )

    assert of(taught, cast, "nour", "t-quiz") == of(taught, cast, "cedar", "t-quiz")
    assert attempt_of(began).points == 200


def test_a_mark_in_bulk_is_the_mark_that_is_given_and_released(in_app, taught, cast):
    task_id, facilitator = taught.tasks["t-memo"], load(cast.facilitator)
    began = begin(cast.cedar, task_id, at=THEN)
    answer(cast.cedar, task_id, began, at=THEN, i_essay={"text": TEXT})
    hand_in(cast.cedar, task_id, at=THEN + HOUR)
    given_to = attempt_of(began).marker_id
    with transaction():
        submission = marking.find_submission(facilitator, began)
        marking_services.save(submission, saved(), Act.FINISH, by=facilitator, at=THEN + 2 * HOUR)
    with transaction():
        release = releasing.find_release(facilitator, task_id, "en")
        marking_services.release(release, {began: 1}, new_id(), by=facilitator, at=THEN + 3 * HOUR)

    past(
        taught,
        cast,
        "t-memo",
        answers=[said("i-essay", {"text": TEXT})],
        hand_in=handed_in(THEN + HOUR, given_to),
        marks=[PastMark(sent=saved(), act=Act.FINISH, by=facilitator, at=THEN + 2 * HOUR)],
        release=PastRelease(operation=new_id(), by=facilitator, at=THEN + 3 * HOUR),
    )

    assert of(taught, cast, "nour", "t-memo") == of(taught, cast, "cedar", "t-memo")
    assert attempt_of(began).total == 75_00


def test_a_receipt_of_the_bulk_is_genuine(in_app, taught, cast):
    past(taught, cast, "t-quiz", answers=[said("i-choice", {"chosen": ["b"]})], hand_in=handed_in(THEN + HOUR))
    code = db.session.scalar(
        select(StepRow.receipt).where(StepRow.receipt.is_not(None)).order_by(StepRow.number.desc())
    )
    with transaction():
        proof = _proof(code, cast)
    assert proof is not None and proof.is_genuine


def _proof(code, cast):
    return look_up(code, by=load(cast.coordinator), at=NOW)


def test_an_answer_to_what_was_not_asked_is_refused(in_app, taught, cast):
    with pytest.raises(NotInAttempt):
        past(taught, cast, "t-quiz", answers=[said("i-true", {"chosen": ["true"]})])


def test_nobody_at_all_is_nothing(in_app, taught, cast):
    cohort = book.find_cohort(load(cast.coordinator), taught.cohort_id).cohort
    before = db.session.query(Attempt).count()
    with transaction():
        bulk.add_attempts(cohort, [])
    assert db.session.query(Attempt).count() == before


def test_what_is_stored_can_be_gone_on_with(in_app, taught, cast):
    past(taught, cast, "t-quiz", answers=[said("i-choice", {"chosen": ["b"]})])
    attempt_id = sittings.find_sitting(load(cast.nour), taught.tasks["t-quiz"]).attempt.public_id
    answer(cast.nour, taught.tasks["t-quiz"], attempt_id, at=NOW, i_short={"texts": ["local"]})
    hand_in(cast.nour, taught.tasks["t-quiz"], at=NOW)
    assert attempt_of(attempt_id).points == 100
