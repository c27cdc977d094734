"""Short ways to fill a cohort, for tests of pages about it."""

from sqlalchemy import insert, text

from lms.accounts.models import Person
from lms.assessments.models import Attempt, StepRow
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.assessments.services import ledger
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import desk
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.courses.rules import TaskKind
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.modules.models import Progress
from tests.assessments.taught import enrolment_of
from tests.cast import DAY, NOW

MANY = 10_000


def read(taught, name, *lessons, at=NOW):
    """She read these lessons."""
    with transaction():
        enrolment = enrolment_of(taught.enrolments[name])
        db.session.add_all(Progress(enrolment_id=enrolment.id, node_id=one, read_at=at) for one in lessons)
        count(taught)


def attempt(
    taught, name, node_id, number=1, *, state=AttemptState.HANDED_IN, at=NOW, saved_at=None, by_id=None, **more
):
    """She has an attempt at a task; saved_at: when something was saved in it, by herself unless `by_id` says who."""
    with transaction():
        enrolment = enrolment_of(taught.enrolments[name])
        kind = TaskKind.ASSIGNMENT if node_id == "t-memo" else TaskKind.QUIZ
        row = Attempt(
            public_id=new_id(), enrolment_id=enrolment.id, cohort_id=taught.cohort_key, node_id=node_id, kind=kind,
            number=number, state=state,
            version_id=db.session.get_one(Cohort, taught.cohort_key).version_id, language="en", seed=1, drawn=[],
            opened_at=at, grace_days=3, handed_in_at=None if state is AttemptState.OPEN else at, **more,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        if saved_at is not None:
            db.session.add(_step(row.id, by_id or enrolment.person_id, saved_at))
        count(taught)
        return row.public_id


def count(taught):
    """Bring what is kept beside the places in line with what was stored past the services."""
    ledger.count_anew(desk.cohort_for_update(taught.cohort_key))


def _step(attempt_id, by_id, at):
    return StepRow(
        attempt_id=attempt_id, operation_id=new_id(), kind=StepKind.ANSWER, question="i-essay", sequence=1, by_id=by_id,
        written_at=at, received_at=at, language="en", data=None, sealed=None, flagged=False, state=AttemptState.OPEN,
    )  # fmt: skip


def fill(taught, many=MANY):
    """So many further participants, each with a lesson read, a quiz handed in and a step of her own."""
    if not many:
        return
    version_id = db.session.get_one(Cohort, taught.cohort_key).version_id
    people = [
        {"public_id": new_id(), "shown_name": "P", "interface_language": "en", "time_zone": "UTC", "created_at": NOW}
        for _ in range(many)
    ]
    ids = list(db.session.scalars(insert(Person).returning(Person.id), people))
    enrolments = [
        {
            "public_id": new_id(), "cohort_id": taught.cohort_key, "person_id": person_id, "alias": f"Stone {n:05}",
            "course_language": "en", "state": EnrolmentState.ACTIVE, "since_at": NOW - 20 * DAY,
            "agreed_at": NOW - 20 * DAY,
        }
        for n, person_id in enumerate(ids)
    ]  # fmt: skip
    made = list(db.session.scalars(insert(Enrolment).returning(Enrolment.id, sort_by_parameter_order=True), enrolments))
    rows = [{"enrolment_id": one, "node_id": "m1-words", "read_at": NOW - n % 20 * DAY} for n, one in enumerate(made)]
    db.session.execute(insert(Progress), rows)
    attempts = [
        {
            "public_id": new_id(), "enrolment_id": one, "cohort_id": taught.cohort_key, "version_id": version_id,
            "node_id": "t-quiz", "kind": TaskKind.QUIZ, "number": 1, "state": AttemptState.HANDED_IN,
            "language": "en", "seed": 1, "drawn": [], "opened_at": NOW - 9 * DAY, "grace_days": 3,
            "handed_in_at": NOW - 9 * DAY, "points": 0, "points_of": 200,
        }
        for one in made
    ]  # fmt: skip
    of_each = list(db.session.scalars(insert(Attempt).returning(Attempt.id, sort_by_parameter_order=True), attempts))
    steps = [
        {
            "attempt_id": one, "operation_id": new_id(), "kind": StepKind.ANSWER, "question": "i-choice", "sequence": 1,
            "by_id": person_id, "written_at": NOW - 9 * DAY, "received_at": NOW - 9 * DAY, "language": "en",
            "flagged": False, "state": AttemptState.OPEN,
        }
        for one, person_id in zip(of_each, ids, strict=True)
    ]  # fmt: skip
    db.session.execute(insert(StepRow), steps)
    count(taught)


def analyze():
    """As the server does by itself after a while; our tables only, since all databases of a server share its own."""
    for table in db.metadata.sorted_tables:
        db.session.execute(text(f"ANALYZE {table.fullname}"))
