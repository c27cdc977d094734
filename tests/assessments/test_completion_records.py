"""What counts for completion, gathered for one participant and for everybody."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from lms.accounts.models import Person
from lms.assessments.models import Attempt
from lms.assessments.queries.completion import records_of
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.marking import Verdict
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.completion import Assignment, Part, Quiz, Record, judge
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.facts import Fact, FactKind
from lms.cohorts.services import attesting
from lms.courses.rules import PublishedModule
from lms.courses.services import publish_version
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.modules.models import Progress
from tests.assessments.taught import M1, M2, VERSION, enrolment_of, item, load, take, task
from tests.cast import DAY, NOW, _lesson, by_language

NOTHING = Record(
    activities_done=0,
    activities_of=6,
    quizzes=[Quiz(node_id="t-quiz", best_percent=None), Quiz(node_id="t-timed", best_percent=None)],
    assignments=[Assignment(node_id="t-memo", meets=None)],
)
"""Two lessons and four tasks of module one; module two has no lessons, so it is not published."""


def cohort_of(taught) -> Cohort:
    cohort = db.session.get_one(Cohort, taught.cohort_key)
    assert cohort.version_id
    db.session.refresh(cohort, ["version"])
    return cohort


def record_of(taught, name="cedar"):
    enrolment = enrolment_of(taught.enrolments[name])
    return records_of(cohort_of(taught), [enrolment.id])[enrolment.id]


def add_attempt(taught, node_id, number=1, *, state=AttemptState.RELEASED, name="cedar", **more):
    attempt = Attempt(
        public_id=new_id(), enrolment_id=enrolment_of(taught.enrolments[name]).id, cohort_id=taught.cohort_key,
        version_id=cohort_of(taught).version_id, node_id=node_id, kind="assignment", number=number, state=state,
        language="en", seed=1, drawn=["i-essay"], opened_at=NOW, grace_days=3, **more,
    )  # fmt: skip
    db.session.add(attempt)
    db.session.flush()
    return attempt


def read(taught, *lessons, name="cedar"):
    enrolment = enrolment_of(taught.enrolments[name])
    rows = [{"enrolment_id": enrolment.id, "node_id": node_id, "read_at": NOW} for node_id in lessons]
    db.session.execute(insert(Progress), rows)


def test_who_has_done_nothing_has_a_record_of_nothing(in_app, taught):
    assert record_of(taught) == NOTHING


def test_lessons_that_are_read_count_and_those_of_other_courses_do_not(in_app, taught):
    read(taught, "m1-words", "m1-types", "m1-gone")
    assert record_of(taught) == replace(NOTHING, activities_done=2)


def test_a_quiz_has_the_best_of_its_results(in_app, cast, taught):
    take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["a"]})
    take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["b"]})
    found = record_of(taught)
    assert found.activities_done == 1 and found.quizzes[0] == Quiz(node_id="t-quiz", best_percent=50)


def test_an_open_attempt_is_neither_done_nor_a_result(in_app, taught):
    add_attempt(taught, "t-memo", state=AttemptState.OPEN)
    assert record_of(taught) == NOTHING


@pytest.mark.parametrize(
    ("state", "verdict", "meets"),
    [
        (AttemptState.HANDED_IN, None, None),
        (AttemptState.MARKED, None, None),
        (AttemptState.RELEASED, Verdict.MEETS, True),
        (AttemptState.RELEASED, Verdict.REVISE, False),
        (AttemptState.RELEASED, Verdict.NOT_YET, False),
    ],
)
def test_an_assignment_meets_by_its_released_mark_alone(in_app, taught, state, verdict, meets):
    add_attempt(taught, "t-memo", state=state, verdict=verdict)
    assert record_of(taught) == replace(
        NOTHING, activities_done=1, assignments=[Assignment(node_id="t-memo", meets=meets)]
    )


def test_a_version_that_met_still_meets_when_the_next_is_open(in_app, taught):
    add_attempt(taught, "t-memo", verdict=Verdict.MEETS)
    add_attempt(taught, "t-memo", 2, state=AttemptState.OPEN)
    assert record_of(taught).assignments == [Assignment(node_id="t-memo", meets=True)]


def test_facts_entered_by_hand_count_until_they_are_taken_back(in_app, cast, taught):
    coordinator, enrolment = load(cast.coordinator), enrolment_of(taught.enrolments["cedar"])
    with transaction():
        for fact in (
            Fact(kind=FactKind.ATTENDED, on=NOW.date(), session=1),
            Fact(kind=FactKind.SUBSTITUTE, on=NOW.date(), session=1),
            Fact(kind=FactKind.SUBSTITUTE, on=NOW.date(), session=2),
        ):
            attesting.enter_fact(enrolment.id, fact, by=coordinator, at=NOW)
        paper = attesting.enter_fact(enrolment.id, Fact(kind=FactKind.PAPER, on=NOW.date()), by=coordinator, at=NOW)
    found = record_of(taught)
    assert found.live_sessions == 2 and found.has_simulation
    with transaction():
        attesting.withdraw_fact(paper, by=coordinator, at=NOW)
    assert not record_of(taught).has_simulation
    assert not record_of(taught, "nour").live_sessions


def test_everybody_is_whoever_takes_or_took_part(in_app, taught):
    states = {"cedar": EnrolmentState.PAUSED, "nour": EnrolmentState.WITHDRAWN, "olivier": EnrolmentState.COMPLETED}
    places = {name: enrolment_of(taught.enrolments[name]) for name in states}
    for name, state in states.items():
        places[name].state = state
    db.session.flush()
    assert set(records_of(cohort_of(taught))) == {places["cedar"].id, places["olivier"].id}
    assert set(records_of(cohort_of(taught), [places["nour"].id])) == {places["nour"].id}


def test_a_place_of_another_cohort_has_no_record_here(in_app, cast, taught):
    theirs = db.session.query(Enrolment.id).filter_by(cohort_id=cast.cohort_key).first()
    assert records_of(cohort_of(taught), [theirs[0]]) == {}


# The readiness check of a pre-work


def publish_prework(taught, *, closing):
    """A version whose last module holds a graded quiz, if that module is published."""
    last = PublishedModule(
        node_id="m3",
        title=by_language("Module three"),
        summary=by_language("Last."),
        objectives=[by_language("Do it.")],
        lessons=[_lesson("m3-last")] if closing else [],
        tasks=[task("t-module", items=["i-end"], graded=True), task("t-ready", items=["i-end"], graded=True)],
        items=[item("i-end", "number", key="5")],
    )
    version, _ = publish_version(
        replace(VERSION, digest="9" * 64, modules=[M1, M2, last], completion={"readiness_check_percent": 80}),
        by=None, at=NOW,
    )  # fmt: skip
    cohort = cohort_of(taught)
    cohort.version_id, cohort.version, cohort.completion = version.id, version, dict(version.completion)
    db.session.flush()
    return cohort


def test_the_readiness_check_is_the_last_graded_quiz_of_the_last_module(in_app, taught):
    cohort = publish_prework(taught, closing=True)
    enrolment = enrolment_of(taught.enrolments["cedar"])
    found = records_of(cohort, [enrolment.id])[enrolment.id]
    assert [quiz.node_id for quiz in found.quizzes if quiz.is_readiness] == ["t-ready"]
    (requirement,) = judge(cohort.rule(), found)
    assert (requirement.part, requirement.open_nodes) == (Part.READINESS, ("t-ready",))


def test_before_it_is_published_nobody_is_ready_by_another_quiz(in_app, cast, taught):
    cohort = publish_prework(taught, closing=False)
    take(cast.cedar, taught.tasks["t-timed"], i_true={"chosen": ["true"]})
    enrolment = enrolment_of(taught.enrolments["cedar"])
    (requirement,) = judge(cohort.rule(), records_of(cohort, [enrolment.id])[enrolment.id])
    assert not requirement.is_met and requirement.have == 0


def test_without_that_part_of_the_rule_every_graded_quiz_is_a_quiz(in_app, taught):
    assert not any(quiz.is_readiness for quiz in record_of(taught).quizzes)


# Few statements at any size


def test_three_statements_for_one_and_for_ten_thousand(in_app, taught, statements):
    cohort, cedar = cohort_of(taught), enrolment_of(taught.enrolments["cedar"])
    records_of(cohort)  # what the version asks is read once per process
    with statements() as one:
        records_of(cohort, [cedar.id])
    assert len(one) == 3, one
    fill(cohort)
    with statements() as seen:
        found = records_of(cohort)
    assert len(seen) == 3 and len(found) == 10_003


def fill(cohort):
    people = [
        {"public_id": new_id(), "shown_name": "P", "interface_language": "en", "time_zone": "UTC", "created_at": NOW}
        for _ in range(10_000)
    ]
    ids = list(db.session.scalars(insert(Person).returning(Person.id), people))
    rows = [
        {
            "public_id": new_id(), "cohort_id": cohort.id, "person_id": person_id, "alias": f"Stone {n:05}",
            "course_language": "en", "state": EnrolmentState.ACTIVE, "since_at": NOW - DAY, "agreed_at": NOW - DAY,
        }
        for n, person_id in enumerate(ids)
    ]  # fmt: skip
    db.session.execute(insert(Enrolment), rows)
