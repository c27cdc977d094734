"""The list of results stays what it is with 10,000 participants."""

import time

import pytest
from sqlalchemy import insert

from lms.accounts.models import Person
from lms.assessments.models import Attempt
from lms.assessments.queries import book, replays
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Enrolment
from lms.cohorts.rules import EnrolmentState
from lms.courses.rules import TaskKind
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.taught import CHOICE, load, publish
from tests.cast import NOW
from tests.client import Visitor

MANY = 10_000
MOST_SECONDS = 1.0
"""Generous: the page takes a tenth of it on a small machine."""


def fill(taught, cast):
    """So many participants, each with one attempt at the quiz; keys are left out, nothing here is sealed."""
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
            "public_id": new_id(), "enrolment_id": enrolment_id, "version_id": version_id, "node_id": "t-quiz",
            "kind": TaskKind.QUIZ, "number": 1, "state": AttemptState.HANDED_IN, "language": "en", "seed": 1,
            "drawn": ["i-choice", "i-short"], "opened_at": NOW, "grace_days": 3, "handed_in_at": NOW,
            "points": 0, "points_of": 200,
        }
        for enrolment_id in made
    ]  # fmt: skip
    db.session.execute(insert(Attempt), attempts)


@pytest.mark.parametrize("number", [1, 400])
def test_a_page_of_ten_thousand_asks_as_little_as_one_of_three(app, cast, taught, statements, number):
    with app.app_context(), transaction():
        fill(taught, cast)
    facilitator = Visitor(app).signed_in(cast.facilitator)
    facilitator.get("results.cohort", cohort_id=taught.cohort_id, page=number)
    began = time.perf_counter()
    with statements() as seen:
        page = facilitator.get("results.cohort", cohort_id=taught.cohort_id, page=number)
    taken = time.perf_counter() - began
    assert len(seen) <= 6 and taken < MOST_SECONDS, f"{len(seen)} statements, {taken:.2f} s"
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
