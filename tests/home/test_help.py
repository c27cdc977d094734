"""Who needs help: a facilitator's own people, and why each of them is on the list."""

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import AllowanceRow, Conflict
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import Cohort, Group
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.silence import Sign
from lms.home.queries import helping
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.taught import enrolment_of, in_context, load
from tests.cast import CANARY, DAY, HOUR, LANGUAGES, NOW
from tests.client import Visitor
from tests.home.year import attempt, count, read

UNDER = {"points": 50, "points_of": 200}
OVER = {"points": 150, "points_of": 200}


def page(cast, taught, *, at=NOW, member=None):
    who = load(member or cast.facilitator)
    (flock,) = [one for one in helping.flocks_of(who) if one.cohort.public_id == taught.cohort_id]
    return helping.page_of(who, flock, number=1, at=at)


def told(cast, taught, *, at=NOW, member=None):
    """Who is on the list, with the signs and tasks of each."""
    rows = page(cast, taught, at=at, member=member).rows
    return {row.alias: [(one.sign, one.node_id, one.days) for one in row.worries] for row in rows}


@pytest.fixture
def quiet(app, taught):
    """Everybody was here an hour ago and has handed in what was due: nobody needs help."""

    def be_here():
        for name in taught.enrolments:
            read(taught, name, "m1-words", at=NOW - HOUR)
            attempt(taught, name, "t-timed", at=NOW - 2 * DAY, **OVER)

    in_context(app, be_here)
    return taught


def test_whoever_is_well_is_not_on_it(in_app, cast, quiet):
    found = page(cast, quiet)
    assert (found.rows, found.total, found.people) == ([], 0, 3)


def test_silence_is_told_in_whole_days(in_app, cast, taught):
    read(taught, "cedar", "m1-words", at=NOW - 6 * DAY)
    read(taught, "nour", "m1-words", at=NOW - 9 * DAY)
    found = told(cast, taught)
    assert found["نور"][0] == (Sign.SILENT, None, 9) and found["Érable"][0] == (Sign.SILENT, None, 15)
    assert all(sign is not Sign.SILENT for sign, _node, _days in found["Cedar"])


@pytest.mark.parametrize(
    ("results", "stuck"), [([UNDER], False), ([UNDER, UNDER], True), ([UNDER, UNDER, OVER], False), ([OVER], False)]
)
def test_twice_under_the_pass_mark_of_one_quiz(in_app, cast, quiet, results, stuck):
    for number, points in enumerate(results, 1):
        attempt(quiet, "cedar", "t-quiz", number, at=NOW - HOUR, **points)
    assert told(cast, quiet) == ({"Cedar": [(Sign.STUCK, "t-quiz", None)]} if stuck else {})


def test_once_in_each_of_two_quizzes_is_not_twice_in_one(in_app, cast, quiet):
    attempt(quiet, "cedar", "t-quiz", at=NOW - HOUR, **UNDER)
    attempt(quiet, "cedar", "t-second", at=NOW - HOUR, **UNDER)
    assert told(cast, quiet) == {}


def test_practice_is_never_a_worry(in_app, cast, quiet):
    for number in (1, 2, 3):
        attempt(quiet, "cedar", "t-later", number, at=NOW - HOUR, **UNDER)
    assert told(cast, quiet) == {}


def test_attempts_that_are_left_count_what_she_was_given(in_app, cast, quiet):
    for number in (1, 2):
        attempt(quiet, "cedar", "t-quiz", number, at=NOW - HOUR, **UNDER)
    assert page(cast, quiet).rows[0].worries[0].left == 0
    with transaction():
        row = AllowanceRow(
            enrolment_id=enrolment_of(quiet.enrolments["cedar"]).id, node_id=None, extra_attempts=2, extra_minutes=0,
            by_id=None, given_at=NOW,
        )  # fmt: skip
        db.session.add(row)
    assert page(cast, quiet).rows[0].worries[0].left == 2


@pytest.mark.parametrize(("opened", "saved", "days"), [(9, 8, 8), (9, 3, None), (8, None, 8), (3, None, None)])
def test_a_draft_that_nobody_touched_for_seven_days(in_app, cast, quiet, opened, saved, days):
    attempt(
        quiet, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - opened * DAY,
        saved_at=None if saved is None else NOW - saved * DAY,
    )  # fmt: skip
    assert told(cast, quiet) == ({} if days is None else {"Cedar": [(Sign.DRAFT, "t-memo", days)]})


def test_what_somebody_else_saved_does_not_touch_her_draft(in_app, cast, quiet):
    attempt(
        quiet, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - 9 * DAY, saved_at=NOW - DAY,
        by_id=cast.facilitator.id,
    )  # fmt: skip
    assert told(cast, quiet) == {"Cedar": [(Sign.DRAFT, "t-memo", 9)]}


def test_a_date_that_is_over_makes_late_until_it_is_handed_in_or_later(in_app, cast, taught):
    for name in taught.enrolments:
        read(taught, name, "m1-words", at=NOW - HOUR)
    attempt(taught, "cedar", "t-timed", at=NOW - HOUR, **OVER)
    with transaction():
        row = AllowanceRow(
            enrolment_id=enrolment_of(taught.enrolments["nour"]).id, node_id="t-timed", extra_attempts=0,
            extra_minutes=0, due_at=NOW + 2 * DAY, by_id=None, given_at=NOW,
        )  # fmt: skip
        db.session.add(row)
        count(taught)
    assert told(cast, taught) == {"Érable": [(Sign.LATE, "t-timed", 1)]}
    later = told(cast, taught, at=NOW + 3 * DAY)
    assert later["نور"] == [(Sign.LATE, "t-quiz", 2), (Sign.LATE, "t-timed", 1)]


def test_several_reasons_stand_together(in_app, cast, taught):
    for number in (1, 2):
        attempt(taught, "cedar", "t-quiz", number, at=NOW - 9 * DAY, **UNDER)
    attempt(taught, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - 9 * DAY)
    signs = [sign for sign, _node, _days in told(cast, taught)["Cedar"]]
    assert signs == [Sign.SILENT, Sign.STUCK, Sign.DRAFT, Sign.LATE]


@pytest.mark.parametrize("state", [state for state in EnrolmentState if state is not EnrolmentState.ACTIVE])
def test_who_pauses_has_left_or_is_through_is_not_on_it(in_app, cast, taught, state):
    with transaction():
        enrolment_of(taught.enrolments["cedar"]).state = state
    found = page(cast, taught)
    assert "Cedar" not in [row.alias for row in found.rows] and found.people == 2


# Whose people


def put(taught, name, facilitator_id, number):
    with transaction():
        group = Group(public_id=new_id(), cohort_id=taught.cohort_key, number=number, facilitator_id=facilitator_id)
        db.session.add(group)
        db.session.flush()
        enrolment_of(taught.enrolments[name]).group_id = group.id


def test_she_sees_her_own_group_and_whoever_has_none(in_app, cast, taught):
    put(taught, "cedar", cast.facilitator.id, 1)
    put(taught, "nour", cast.coordinator.id, 2)
    found = page(cast, taught)
    assert [row.alias for row in found.rows] == ["Cedar", "Érable"] and found.people == 2


def test_a_group_without_a_facilitator_is_nobodys(in_app, cast, taught):
    put(taught, "cedar", None, 1)
    assert "Cedar" not in told(cast, taught)


def test_a_conflict_of_interest_takes_somebody_off_her_list(in_app, cast, taught):
    with transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.facilitator.id, enrolment_id=enrolment.id, declared_at=NOW))
    assert "Cedar" not in told(cast, taught)


def test_she_is_not_on_her_own_list(in_app, cast, taught):
    with transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)
    found = told(cast, taught, member=cast.cedar)
    assert set(found) == {"Érable", "نور"}


# The page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_drawn_in_each_language_and_names_nobody(app, as_facilitator, cast, taught, lang):
    for number in (1, 2):
        in_context(app, attempt, taught, "cedar", "t-quiz", number, at=NOW - 9 * DAY, **UNDER)
    in_context(app, attempt, taught, "nour", "t-memo", state=AttemptState.OPEN, at=NOW - 9 * DAY)
    found = as_facilitator.get("helping.needs_help", lang=lang, cohort=taught.cohort_id)
    assert "Cedar" in found.words() and CANARY not in found.text


def test_each_reason_is_a_sentence_and_the_button_works(app, as_facilitator, taught):
    for number in (1, 2):
        in_context(app, attempt, taught, "cedar", "t-quiz", number, at=NOW - 9 * DAY, **UNDER)
    found = as_facilitator.get("helping.needs_help", cohort=taught.cohort_id)
    words = found.words()
    for sentence in (
        "Nothing read, saved or handed in for 15 days",
        "Task t-quiz: 2 attempts under the pass mark (0 left)",
        "Task t-timed: was due 1 day ago and is not handed in",
        "you look after 3 people",
    ):
        assert sentence in words, sentence
    as_facilitator.get("results.participant", cohort_id=taught.cohort_id, enrolment_id=taught.enrolments["cedar"])
    assert f"/en/marks/{taught.cohort_id}/{taught.enrolments['cedar']}" in found.text


def test_one_cohort_stands_at_a_time_and_the_others_can_be_chosen(as_facilitator, cast, taught):
    for chosen in ({}, {"cohort": new_id()}):
        found = as_facilitator.get("helping.needs_help", **chosen)
        assert found.text.count("<option") == 2
        assert f'value="{taught.cohort_id}" selected' in found.text  # somebody there needs help
    found = as_facilitator.get("helping.needs_help", cohort=cast.cohort_id)
    assert f'value="{cast.cohort_id}" selected' in found.text and "Nobody is on the list today." in found.words()


def test_a_closed_cohort_is_on_nobodys_list(app, as_facilitator, taught):
    def close():
        with transaction():
            db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW

    in_context(app, close)
    assert str(taught.cohort_id) not in as_facilitator.get("helping.needs_help", cohort=taught.cohort_id).text


def test_the_list_is_for_facilitators(app, cast, taught):
    for member in (cast.cedar, cast.coordinator, cast.stranger):
        Visitor(app).signed_in(member).get("helping.needs_help", expect=404)


def test_facilitators_find_it_under_the_header(as_facilitator, as_participant):
    assert ">People</a>" in as_facilitator.get("home.today").text
    assert ">People</a>" not in as_participant.get("home.today").text
