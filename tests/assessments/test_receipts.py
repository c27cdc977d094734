from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from lms.assessments.models import Attempt, Conflict, StepRow
from lms.assessments.queries import receipts as queries
from lms.assessments.rules.attempts import StepKind
from lms.assessments.rules.receipts import Received, is_genuine, sign
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.kernel.sealed import Sealed
from tests.assessments.taught import answer, enrolment_of, in_context, take
from tests.cast import NOW
from tests.client import Visitor

SECRET = b"secret"


def test_a_receipt_holds_for_exactly_what_was_received():
    received = Received(attempt=uuid4(), received_at=NOW, fingerprint="f" * 64)
    code = sign(received, secret=SECRET)
    assert len(code) == 14 and is_genuine(code, received, secret=SECRET)
    for other in (
        replace(received, attempt=uuid4()),
        replace(received, received_at=NOW + timedelta(microseconds=1)),
        replace(received, fingerprint="e" * 64),
    ):
        assert not is_genuine(code, other, secret=SECRET)
    assert not is_genuine(code, received, secret=b"another")


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


def code_of(app, cast, taught):
    in_context(app, take, cast.cedar, taught.tasks["t-quiz"], i_short={"texts": ["local"]})
    with app.app_context():
        return db.session.query(StepRow.receipt).filter(StepRow.receipt.is_not(None)).one()[0]


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_a_code_is_found_however_it_is_typed(app, as_coordinator, cast, taught, lang):
    code = code_of(app, cast, taught)
    page = as_coordinator.post("receipts.look_up", data={"code": code.lower().replace("-", " ")}, expect=200, lang=lang)
    assert code in page.words() and "Cedar" in page.words()
    if lang == "en":
        words = page.words()
        assert "This receipt is genuine." in words and "Task t-quiz" in words
        assert "12:00 (UTC)" in words and "14:00 (UTC+2)" in words  # hers, and the cohort's in Oslo
        assert "local" not in words.lower().replace("cohort", "")


def test_each_look_up_is_recorded_with_numbers_alone(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    for typed in (code, "0000-0000-0000"):
        as_coordinator.post("receipts.look_up", data={"code": typed}, expect=200)
    with app.app_context():
        entries = db.session.query(Entry).filter_by(act="assessments.receipt.looked up").order_by(Entry.id)
        assert [entry.changes for entry in entries] == [{"genuine": [None, True]}, {"genuine": [None, False]}]


def test_a_code_of_another_cohort_is_not_found_as_one_that_never_was(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    unknown = as_coordinator.post("receipts.look_up", data={"code": "0000-0000-0000"}, expect=200)
    with app.app_context(), transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=enrolment.id, declared_at=NOW))
    hidden = as_coordinator.post("receipts.look_up", data={"code": code}, expect=200)
    sentence = "No receipt with this code was given in a cohort that you coordinate."
    assert sentence in unknown.words() and sentence in hidden.words() and "Cedar" not in hidden.words()


def test_only_cohorts_that_she_coordinates_are_searched(app, cast, taught):
    code = code_of(app, cast, taught)
    with app.app_context():
        of_another = SimpleNamespace(id=cast.stranger.id, roles=[])
        assert queries.find_receipt(of_another, code) is None


def test_what_was_moved_to_another_attempt_is_not_genuine(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    with app.app_context(), transaction():
        db.session.query(Attempt).one().public_id = uuid4()
    page = as_coordinator.post("receipts.look_up", data={"code": code}, expect=200)
    assert "This receipt is not genuine." in page.words()


def test_an_empty_form_says_so(as_coordinator):
    page = as_coordinator.post("receipts.look_up", data={"code": ""}, expect=422)
    assert "Fill in this field." in page.words()
    assert "Look up a receipt" in as_coordinator.get("receipts.receipts").words()


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger"])
def test_only_coordinators_look_up(app, cast, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    visitor.get("receipts.receipts", expect=404)
    visitor.post("receipts.look_up", data={"code": "x"}, expect=404)


def change_steps(app, **to):
    """Somebody with the database in her hands changes what was answered, and takes away what would refuse it."""
    with app.app_context(), transaction():
        if db.session.get_bind().dialect.name == "sqlite":
            db.session.execute(text("DROP TRIGGER assessments_step_is_final"))
        db.session.execute(update(StepRow).where(StepRow.kind == StepKind.ANSWER, *to.pop("which")).values(**to))


def is_told_genuine(visitor, code):
    words = visitor.post("receipts.look_up", data={"code": code}, expect=200).words()
    assert ("This receipt is genuine." in words) is not ("This receipt is not genuine." in words)
    return "This receipt is genuine." in words


def test_an_answer_that_was_changed_in_the_database_is_not_genuine(app, as_coordinator, cast, taught):
    task = taught.tasks["t-quiz"]
    said = {"i_choice": {"chosen": ["b"]}, "i_short": {"texts": ["local"]}}
    in_context(app, take, cast.cedar, task, **said)
    with app.app_context():
        code = db.session.query(StepRow.receipt).filter(StepRow.receipt.is_not(None)).one()[0]
    assert is_told_genuine(as_coordinator, code)
    change_steps(app, which=[StepRow.question == "i-choice"], data={"chosen": ["a"]})
    assert not is_told_genuine(as_coordinator, code)


def test_a_sealed_answer_that_was_changed_is_not_genuine(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    change_steps(app, which=[], sealed=Sealed(b"another box, long enough to be opened as one"))
    assert not is_told_genuine(as_coordinator, code)


def test_an_answer_that_was_put_in_between_is_not_genuine(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    change_steps(app, which=[], question="i-choice", data={"chosen": ["a"]}, sealed=None)
    assert not is_told_genuine(as_coordinator, code)


def test_what_came_after_the_hand_in_leaves_its_receipt_genuine(app, as_coordinator, cast, taught):
    code = code_of(app, cast, taught)
    with app.app_context():
        attempt_id = db.session.query(Attempt.public_id).one()[0]
    late = {"i_short": {"texts": ["wide"]}, "i_choice": {"chosen": ["a"]}}
    in_context(app, answer, cast.cedar, taught.tasks["t-quiz"], attempt_id, **late)
    assert is_told_genuine(as_coordinator, code)


def test_a_receipt_of_a_question_in_a_lesson_is_found_too(app, as_coordinator, cast, taught):
    in_context(app, take, cast.cedar, taught.tasks["t-check"], i_true={"chosen": ["true"]})
    with app.app_context():
        code = db.session.query(StepRow.receipt).filter(StepRow.receipt.is_not(None)).one()[0]
    assert is_told_genuine(as_coordinator, code)


@pytest.mark.parametrize(
    ("typed", "told"),
    [("0000-0000-000", "Look for one too many or too few."), ("0000-0000-000é", "letters and digits only")],
)
def test_what_cannot_be_a_code_is_told_at_the_field(as_coordinator, typed, told):
    page = as_coordinator.post("receipts.look_up", data={"code": typed}, expect=422)
    assert told in page.words() and page.fields["code"] == typed and "No receipt with this code" not in page.words()
