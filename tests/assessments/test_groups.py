"""Facilitators are held to their groups, by whatever door they come. Rule: docs/security/threat-model.md 1.2, H1."""

from io import BytesIO
from itertools import product

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Attempt
from lms.assessments.policy import AssessmentPermission, is_to_be_read_by
from lms.assessments.queries import book, markers, record, releasing
from lms.assessments.queries.marking import find_submission
from lms.assessments.queries.queue import Show, queue_of
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.marking import Act, Marker, allot
from lms.cohorts.models import Cohort, Enrolment, Group
from lms.cohorts.policy import facilitates, looked_after_by, looks_after
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from tests.assessments.desk import make_desk
from tests.assessments.taught import load
from tests.cast import DAY, NOW
from tests.client import Visitor

VIEWERS = ("facilitator", "amadou", "coordinator", "stranger", "other_cohort", "cedar")
PEOPLE = ("cedar", "nour", "olivier")
WHOLE, NOBODY = set(PEOPLE), set()


@pytest.fixture
def desk(app, cast):
    with app.app_context():
        return make_desk(cast)


@pytest.fixture
def grouped(app, desk):
    """Cedar is in the facilitator's group, Nour in Amadou's, Olivier in none."""
    with app.app_context():
        put(desk, {"cedar": "facilitator", "nour": "amadou"})
    return desk


def member(desk, name):
    return desk.amadou if name == "amadou" else getattr(desk.cast, name)


def place_of(desk, name):
    of_cohort = Enrolment.cohort_id == desk.cohort_key, Enrolment.person_id == getattr(desk.cast, name).id
    return db.session.scalars(select(Enrolment).where(*of_cohort)).one()


def put(desk, whose):
    """Make a group for each of these participants. whose: to the facilitator of hers, None for nobody."""
    with transaction():
        for number, (name, facilitator) in enumerate(whose.items(), start=1):
            key = None if facilitator is None else member(desk, facilitator).id
            group = Group(public_id=new_id(), cohort_id=desk.cohort_key, number=number, facilitator_id=key)
            db.session.add(group)
            db.session.flush()
            place_of(desk, name).group_id = group.id


def visitor(app, desk, name):
    return Visitor(app).signed_in(member(desk, name))


# The rule, in each of its forms


GROUPS = [
    ({}, {"facilitator": WHOLE, "amadou": WHOLE}),
    (
        {"cedar": "facilitator", "nour": "amadou"},
        {"facilitator": {"cedar", "olivier"}, "amadou": {"nour", "olivier"}},
    ),
    ({"cedar": "facilitator", "nour": "facilitator", "olivier": None}, {"facilitator": {"cedar", "nour"}}),
    ({"cedar": None, "nour": None}, {"facilitator": {"olivier"}, "amadou": {"olivier"}}),
    ({"cedar": "coordinator", "nour": "stranger"}, {"facilitator": {"olivier"}, "amadou": {"olivier"}}),
]


@pytest.mark.parametrize(("groups", "expected"), GROUPS)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_predicate_and_row_filter_say_the_same_of_everybody(in_app, desk, groups, expected, viewer):
    put(desk, groups)
    who = load(member(desk, viewer))
    may = WHOLE if viewer == "coordinator" else expected.get(viewer, NOBODY)
    books = {name: record.find_participant(who, desk.cohort_id, place_of(desk, name).public_id) for name in PEOPLE}
    rows = set(
        db.session.scalars(select(Enrolment.id).where(looked_after_by(who), Enrolment.cohort_id == desk.cohort_key))
    )
    assert {name for name, one in books.items() if looks_after(who, one)} == may
    assert rows == {place_of(desk, name).id for name in may}
    if viewer != "coordinator":
        assert {name for name, one in books.items() if facilitates(who, one)} == may


@pytest.mark.parametrize(("groups", "expected"), GROUPS)
def test_work_is_offered_to_those_who_look_after_its_writer(in_app, desk, groups, expected):
    put(desk, groups)
    for name in PEOPLE:
        work = desk.attempt(desk.hand_in(getattr(desk.cast, name)))
        found = markers.markers_of(db.session.get_one(Cohort, desk.cohort_key), work, at=NOW)
        offered = {one.id for one in found if one.looks_after}
        assert offered == {member(desk, who).id for who, whom in expected.items() if name in whom}


def test_one_who_looks_after_the_writer_goes_before_others_who_read_it():
    group, other, away = (
        Marker(id=1, languages=["fr"], waiting=9),
        Marker(id=2, languages=["fr"], waiting=0, looks_after=False),
        Marker(id=3, languages=["ar"], waiting=0, looks_after=False),
    )
    assert allot("fr", [group, other, away]) == 1
    assert allot("ar", [group, other, away]) == 3  # somebody has to be able to read it
    assert allot("en", [group, other, away]) == 1  # nobody reads it: whoever looks after her
    assert allot("en", [other, away]) is None


def test_a_place_elsewhere_gives_nothing_here(in_app, desk):
    """Her group in another cohort is no group of this one."""
    with transaction():
        group = Group(
            public_id=new_id(), cohort_id=desk.cast.cohort_key, number=1, facilitator_id=desk.cast.stranger.id
        )
        db.session.add(group)
        db.session.flush()
        place_of(desk, "cedar").group_id = group.id
    who = load(desk.cast.stranger)
    one = record.find_participant(who, desk.cohort_id, place_of(desk, "cedar").public_id)
    assert not looks_after(who, one)


# One piece of work


def test_predicate_and_row_filter_say_the_same_of_every_work(in_app, grouped):
    desk = grouped
    works = {
        "own": desk.hand_in(desk.cast.cedar, language="en"),
        "allotted": desk.hand_in(desk.cast.nour, language="en"),
        "of-nobody": desk.hand_in(desk.cast.olivier, language="en"),
        "elsewhere": desk.hand_in(desk.cast.nour, language="fr", task=desk.note),
    }
    for viewer, expected in (
        ("facilitator", {"own", "allotted", "of-nobody"}),
        ("amadou", {"allotted", "of-nobody", "elsewhere"}),
        ("coordinator", set(works)),
        ("stranger", set()),
        ("olivier", set()),
    ):
        who = load(member(desk, viewer))
        kept = set(
            db.session.scalars(
                select(Attempt.public_id)
                .join(Attempt.enrolment)
                .where(is_to_be_read_by(who), Attempt.public_id.in_(works.values()))
            )
        )
        assert kept == {works[name] for name in expected}, viewer
        read = {
            name
            for name, one in works.items()
            if allows(AssessmentPermission.READ_WORK, who, find_submission(who, one))
        }
        assert read == expected, viewer


@pytest.mark.parametrize("act", ["save", "return", "take-over", "conflict-of-interest", "late"])
def test_the_work_of_another_group_is_not_there(app, grouped, act):
    with app.app_context():
        work = grouped.hand_in(grouped.cast.nour, language="fr")
    ingrid, nothing = visitor(app, grouped, "facilitator"), new_id()
    for one in (work, nothing):
        assert "Nour" not in ingrid.get("marking.submission", submission_id=one, expect=404).text
        ingrid.post(f"/en/grading/{one}/{act}", data={"op": str(new_id()), "version": "0"}, expect=404)
    for name in ("amadou", "coordinator"):
        visitor(app, grouped, name).get("marking.submission", submission_id=work)


def test_what_is_allotted_to_her_she_reads_and_not_the_record_of_its_writer(app, grouped):
    """Nobody in Nour's group reads English: the text goes to somebody who does."""
    with app.app_context():
        work = grouped.hand_in(grouped.cast.nour, language="en")
        assert grouped.attempt(work).marker_id == grouped.cast.facilitator.id
        place = place_of(grouped, "nour").public_id
    ingrid = visitor(app, grouped, "facilitator")
    assert "Nour" in ingrid.get("marking.queue").words()
    ingrid.get("marking.submission", submission_id=work)
    ingrid.get("results.participant", cohort_id=grouped.cohort_id, enrolment_id=place, expect=404)


def test_two_who_may_mark_one_text_still_see_both_versions(app, grouped):
    """Who looks after its writer takes over; the one to whom it was allotted loses nothing that she typed."""
    with app.app_context():
        work = grouped.hand_in(grouped.cast.nour, language="en")
        grouped.mark(grouped.cast.facilitator, work, Act.DRAFT)
    ingrid, amadou = visitor(app, grouped, "facilitator"), visitor(app, grouped, "amadou")
    amadou.post(
        "marking.take_over", submission_id=work, data=amadou.get("marking.submission", submission_id=work).fields
    )
    with app.app_context():
        assert grouped.attempt(work).marker_id == grouped.amadou.id
    sent = {"op": str(new_id()), "version": "1", "level-problem": "2", "level-safety": "2", "feedback": "What I typed."}
    assert "What I typed." in ingrid.post("marking.save", submission_id=work, data=sent, expect=409).text


def test_the_queue_lists_her_groups_in_each_of_its_views(app, grouped):
    with app.app_context():
        grouped.hand_in(grouped.cast.nour, language="fr")
        grouped.hand_in(grouped.cast.cedar, language="en")
        grouped.hand_in(grouped.cast.olivier, language="fr")
        for name, expected in (
            ("facilitator", {"Cedar", "Olivier"}),
            ("amadou", {"Nour", "Olivier"}),
            ("coordinator", {"Cedar", "Nour", "Olivier"}),
        ):
            for show in (Show(everything=True), Show(task=grouped.memo)):
                found = queue_of(load(member(grouped, name)), show, page=1, language="en", at=NOW)
                assert {row.alias for row in found.rows} == expected, name
                assert [task.listed for task in found.tasks] == [len(expected)] and found.total == len(expected)


# Release


def test_each_releases_the_marks_of_her_groups(app, grouped):
    with app.app_context():
        works = {name: grouped.hand_in(getattr(grouped.cast, name), language="fr") for name in PEOPLE}
        for work in works.values():
            grouped.mark(grouped.cast.coordinator, work)
        ready = releasing.find_release(load(grouped.cast.facilitator), grouped.memo, "en")
        assert {row.alias for row in ready.ready} == {"Cedar", "Olivier"} and (ready.finished, ready.waiting) == (2, 0)
    ingrid = visitor(app, grouped, "facilitator")
    page = ingrid.get("marking.release")
    assert "Cedar" in page.words() and "Nour" not in page.words() and str(works["nour"]) not in page.text
    sent = {"op": str(new_id()), "task": str(grouped.memo)}
    seen = {"mark": [f"{works[name]}.1" for name in PEOPLE]}
    done = ingrid.post("marking.release_now", data={**sent, **seen})
    assert "done=some" in done.location
    with app.app_context():
        states = {name: grouped.attempt(work).state for name, work in works.items()}
        told = releasing.last_release(load(grouped.amadou), grouped.memo, "en")
    assert states == {
        "cedar": AttemptState.RELEASED, "nour": AttemptState.MARKED, "olivier": AttemptState.RELEASED
    }  # fmt: skip
    assert told.count == 1  # Olivier's: of Cedar's she learns nothing


def test_the_counts_beside_a_release_are_those_of_her_groups(in_app, grouped):
    marked = grouped.hand_in(grouped.cast.cedar, language="en")
    grouped.mark(grouped.cast.facilitator, marked)
    grouped.hand_in(grouped.cast.nour, language="fr")
    for name, waiting in (("facilitator", 0), ("coordinator", 1)):
        ready = releasing.find_release(load(member(grouped, name)), grouped.memo, "en")
        assert (ready.finished, ready.waiting) == (1, waiting)
    assert releasing.find_release(load(grouped.amadou), grouped.note, "en") is None


# Results


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("facilitator", {"Cedar", "Olivier"}),
        ("amadou", {"Nour", "Olivier"}),
        ("coordinator", {"Cedar", "Nour", "Olivier"}),
    ],
)
def test_the_results_and_their_table_hold_her_groups_alone(app, grouped, name, expected):
    someone = visitor(app, grouped, name)
    words = someone.get("results.cohort", cohort_id=grouped.cohort_id).words()
    assert {alias for alias in ("Cedar", "Nour", "Olivier") if alias in words} == expected
    answer = someone.client.get(f"/en/marks/{grouped.cohort_id}/table.xlsx")
    rows = list(CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).iter_rows())
    assert {row[0] for row in rows[1:]} == expected
    with app.app_context():
        who = load(member(grouped, name))
        assert book.page_of(who, book.find_cohort(who, grouped.cohort_id), number=1, at=NOW).total == len(expected)


@pytest.mark.parametrize(("viewer", "whose"), list(product(("facilitator", "amadou", "coordinator"), PEOPLE)))
def test_records_allowances_and_late_decisions_are_for_her_groups(app, grouped, viewer, whose):
    may = viewer == "coordinator" or (viewer, whose) not in {("facilitator", "nour"), ("amadou", "cedar")}
    with app.app_context():
        ids = {"cohort_id": grouped.cohort_id, "enrolment_id": place_of(grouped, whose).public_id}
    someone = visitor(app, grouped, viewer)
    someone.get("results.participant", **ids, expect=200 if may else 404)
    for endpoint in ("results.give_allowance", "results.decide_late"):
        sent = {"known": "0", "op": str(new_id()), "attempt": str(new_id()), "decision": "count"}
        found = someone.post(endpoint, **ids, data=sent, expect=404) if not may else None
        assert found is None or whose.title() not in found.text
    if may:
        someone.post("results.give_allowance", **ids, data={"known": "0"}, expect=422)


def test_who_coordinates_too_sees_everybody(in_app, grouped):
    with transaction():
        person = db.session.get_one(Person, grouped.amadou.id)
        persons.grant_role(person, Role.COORDINATOR, cohort_id=grouped.cohort_key, by=None, at=NOW - DAY)
    who = load(grouped.amadou)
    page = book.page_of(who, book.find_cohort(who, grouped.cohort_id), number=1, at=NOW)
    assert {row.alias for row in page.rows} == {"Cedar", "Nour", "Olivier"}
