"""The list of results stays what it is with 10,000 participants."""

from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, update

from lms.accounts.models import Person
from lms.assessments.models import Attempt
from lms.assessments.queries import book, replays
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Enrolment, Group
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.courses.rules import TaskKind
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.taught import CHOICE, load, publish
from tests.cast import NOW
from tests.client import Visitor
from tests.home.year import analyze

MANY = 10_000
"""Generous: the page takes a tenth of it on a small machine."""


def fill(taught, cast, node_id="t-quiz", kind=TaskKind.QUIZ):
    """So many participants, each with one attempt at a task; keys are left out, nothing here is sealed."""
    cohort_id = taught.cohort_key
    version_id = (
        db.session.query(Attempt.version_id).scalar()
        or book.find_cohort(load(cast.coordinator), taught.cohort_id).cohort.version_id
    )
    people = [
        {
            "public_id": new_id(),
            "shown_name": f"P{n}",
            "interface_language": "en",
            "time_zone": "UTC",
            "created_at": NOW,
        }
        for n in range(MANY)
    ]
    ids = list(db.session.scalars(insert(Person).returning(Person.id), people))
    enrolments = [
        {
            "public_id": new_id(), "cohort_id": cohort_id, "person_id": person_id, "alias": f"Stone {n:05}",
            "course_language": "en", "state": EnrolmentState.ACTIVE, "since_at": NOW,
        }
        for n, person_id in enumerate(ids)
    ]  # fmt: skip
    made = list(db.session.scalars(insert(Enrolment).returning(Enrolment.id), enrolments))
    attempts = [
        {
            "public_id": new_id(), "enrolment_id": enrolment_id, "cohort_id": cohort_id, "version_id": version_id,
            "node_id": node_id, "kind": kind, "number": 1, "state": AttemptState.HANDED_IN, "language": "en", "seed": 1,
            "drawn": ["i-choice", "i-short"], "opened_at": NOW, "grace_days": 3, "handed_in_at": NOW,
            "points": 0, "points_of": 200,
        }
        for enrolment_id in made
    ]  # fmt: skip
    db.session.execute(insert(Attempt), attempts)
    analyze()  # else PostgreSQL plans for an empty table until its autovacuum comes round


def share(taught, cast):
    """Every second of them is in the facilitator's group, the others in another."""
    groups = [
        Group(public_id=new_id(), cohort_id=taught.cohort_key, number=number, facilitator_id=member.id)
        for number, member in enumerate((cast.facilitator, cast.coordinator), start=1)
    ]
    db.session.add_all(groups)
    db.session.flush()
    for rest, group in enumerate(groups):
        halved = Enrolment.cohort_id == taught.cohort_key, Enrolment.id % 2 == rest
        db.session.execute(update(Enrolment).where(*halved).values(group_id=group.id))
    analyze()


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/en/marks/{cohort}", 6),
        ("/en/grading", 4),
        ("/en/grading?show=all", 4),
        ("/en/grading?show={task}", 4),
        ("/en/grading/release", 2),
    ],
)
def test_half_of_ten_thousand_in_another_group_cost_no_statement(app, cast, taught, statements, address, most):
    with app.app_context(), transaction():
        fill(taught, cast, "t-memo", TaskKind.ASSIGNMENT)
        share(taught, cast)
    asked = address.format(cohort=taught.cohort_id, task=taught.tasks["t-memo"])
    facilitator = Visitor(app).signed_in(cast.facilitator)
    facilitator.get(asked)
    with statements() as seen:
        page = facilitator.get(asked)
    assert len(seen) <= most, len(seen)
    assert "10,00" not in page.words() and ("5,00" in page.words() or address.endswith(("grading", "release")))


@pytest.mark.parametrize("number", [1, 400])
def test_a_page_of_ten_thousand_asks_as_little_as_one_of_three(app, cast, taught, statements, number):
    with app.app_context(), transaction():
        fill(taught, cast)
    facilitator = Visitor(app).signed_in(cast.facilitator)
    facilitator.get("results.cohort", cohort_id=taught.cohort_id, page=number)
    with statements() as seen:
        page = facilitator.get("results.cohort", cohort_id=taught.cohort_id, page=number)
    assert len(seen) <= 6, seen
    assert page.words().count("Stone ") >= 22 and "10,003" in page.words()


def test_marking_again_goes_through_all_of_them_in_batches(app, cast, taught):
    with app.app_context(), transaction():
        fill(taught, cast)
        publish(digest="2", i_choice=type(CHOICE)(node_id="i-choice", kind="single", body={**CHOICE.body, "key": "c"}))
    with app.app_context():
        who = load(cast.coordinator)
        found = replays.changes(replays.find_replay(who, taught.cohort_id), who, after=None, most=26)
        kept = sum(isinstance(one, Attempt) for one in db.session)
    assert found == [] and kept <= replays.BATCH


def test_the_table_of_ten_thousand_is_read_in_parts(app, cast, taught, statements):
    with app.app_context(), transaction():
        fill(taught, cast)
    facilitator = Visitor(app).signed_in(cast.facilitator)
    facilitator.get("results.cohort", cohort_id=taught.cohort_id)
    with statements() as seen:
        answer = facilitator.client.get(f"/en/marks/{taught.cohort_id}/table.xlsx")
    rows = list(CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).iter_rows())
    assert len(rows) == MANY + 4 and len({row[0] for row in rows} & {"Cedar", "نور", "Stone 09999"}) == 3
    parts = -(-(MANY + 3) // book.AT_ONCE) + 1
    assert len(seen) <= 4 + 3 * parts, len(seen)
