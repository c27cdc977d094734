"""What becomes of a place, what is entered by hand, and who looks after whom."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Invitation, Person
from lms.accounts.queries import find_recipient
from lms.accounts.services import codes
from lms.audit.models import Entry
from lms.cohorts.errors import (
    BadFact,
    CohortClosed,
    CohortFull,
    MoveNotAllowed,
    NotYourGroup,
    ReasonNeeded,
)
from lms.cohorts.models import Cohort, Enrolment, FactRow, Group, MoveRow
from lms.cohorts.queries import people
from lms.cohorts.rules.enrolment import BY_HAND, MOVES, UNDER_WAY, EnrolmentState, Move, moves_from, next_state
from lms.cohorts.rules.facts import Fact, FactKind, check_fact, sessions_counted
from lms.cohorts.sealing import open_background, open_reasons
from lms.cohorts.services import attesting, enrolling, moving
from lms.cohorts.services.attesting import Attendance
from lms.cohorts.services.enrolling import NewEnrolment
from lms.cohorts.services.moving import NewMove
from lms.kernel.db import db
from lms.kernel.ids import new_id
from tests.cast import DAY, NOW

ACTIVE, PAUSED = EnrolmentState.ACTIVE, EnrolmentState.PAUSED
PAUSE = NewMove(move=Move.PAUSE, seen=ACTIVE, reason="She moves house this week.")
TODAY = date(2027, 4, 13)
ATTENDED = Fact(kind=FactKind.ATTENDED, on=TODAY, session=1)


def place(cast, name="cedar", cohort_key=None):
    return db.session.scalars(
        select(Enrolment).where(
            Enrolment.person_id == getattr(cast, name).id, Enrolment.cohort_id == (cohort_key or cast.cohort_key)
        )
    ).one()


def coordinator(cast):
    return db.session.get_one(Person, cast.coordinator.id)


def cohort(cast):
    return db.session.get_one(Cohort, cast.cohort_key)


def move(cast, new, name="cedar", *, at=NOW):
    return moving.move_place(place(cast, name).id, new, by=coordinator(cast), at=at)


# The rule


@given(move=st.sampled_from(Move), state=st.sampled_from(EnrolmentState))
def test_a_move_leads_somewhere_else_or_is_refused(move, state):
    if state in MOVES[move][0]:
        assert next_state(move, state) is MOVES[move][1] is not state
    else:
        with pytest.raises(MoveNotAllowed):
            next_state(move, state)


@pytest.mark.parametrize("state", EnrolmentState)
def test_what_is_offered_is_what_is_allowed(state):
    assert moves_from(state) == tuple(move for move in BY_HAND if state in MOVES[move][0])
    assert not moves_from(state) or state not in (EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED)


# A place is moved


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([Move.PAUSE], PAUSED),
        ([Move.PAUSE, Move.RESUME], ACTIVE),
        ([Move.DEFER], EnrolmentState.DEFERRED),
        ([Move.PAUSE, Move.WITHDRAW], EnrolmentState.WITHDRAWN),
        ([Move.WITHDRAW, Move.READMIT], ACTIVE),
        ([Move.DEFER, Move.READMIT, Move.PAUSE], PAUSED),
    ],
)
def test_each_move_leads_to_its_state_and_is_kept(in_app, cast, steps, state):
    for number, step in enumerate(steps):
        moved = move(cast, NewMove(move=step, seen=place(cast).state, reason=f"Reason {number}"), at=NOW + number * DAY)
    assert moved.state is state and moved.since_at == NOW + (len(steps) - 1) * DAY
    kept = people.moves_of(moved.id)
    assert [row.move for row in kept] == steps[::-1] and {row.by_id for row in kept} == {cast.coordinator.id}


def test_the_reason_is_sealed_under_her_key_and_opens_for_coordinators(in_app, cast):
    move(cast, PAUSE)
    (row,) = people.moves_of(place(cast).id)
    assert b"house" not in row.reason.box
    assert open_reasons(find_recipient(cast.cedar.id), [row.reason]) == [PAUSE.reason]


def test_the_audit_holds_states_and_no_reason(in_app, cast):
    move(cast, PAUSE)
    db.session.flush()
    entry = db.session.scalars(select(Entry).where(Entry.act == "cohorts.enrolment.moved")).one()
    assert entry.changes == {"state": ["active", "paused"]} and entry.by_id == cast.coordinator.id


def test_pressing_twice_moves_once(in_app, cast):
    move(cast, PAUSE)
    with pytest.raises(MoveNotAllowed):
        move(cast, PAUSE)
    assert len(people.moves_of(place(cast).id)) == 1


def test_two_coordinators_with_the_same_page_do_one_act(in_app, cast):
    """The second pressed another button of a page that showed the old state; her move would be allowed by itself."""
    move(cast, PAUSE)
    with pytest.raises(MoveNotAllowed):
        move(cast, NewMove(move=Move.WITHDRAW, seen=ACTIVE, reason="She does not answer."))
    assert place(cast).state is PAUSED


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_a_move_needs_a_reason_of_a_sensible_length(in_app, cast, reason):
    with pytest.raises(ReasonNeeded):
        move(cast, replace(PAUSE, reason=reason))
    assert place(cast).state is ACTIVE


def test_who_comes_back_needs_a_free_place(in_app, cast):
    cohort(cast).places = 4
    with pytest.raises(CohortFull) as refusal:
        move(cast, NewMove(move=Move.READMIT, seen=EnrolmentState.WITHDRAWN, reason="Back."), "withdrawn")
    assert refusal.value.values == {"places": 4}
    cohort(cast).places = 5
    move(cast, NewMove(move=Move.READMIT, seen=EnrolmentState.WITHDRAWN, reason="Back."), "withdrawn")


def test_resuming_takes_no_further_place(in_app, cast):
    cohort(cast).places = 4
    assert move(cast, NewMove(move=Move.RESUME, seen=PAUSED, reason="Well again."), "paused").state is ACTIVE


def test_a_closed_cohort_is_not_changed(in_app, cast):
    cohort(cast).closed_at = NOW
    group = Group(public_id=new_id(), cohort_id=cast.cohort_key, number=1)
    db.session.add(group)
    db.session.flush()
    row = FactRow(
        public_id=new_id(), enrolment_id=place(cast).id, kind=FactKind.PAPER, session=0, on=TODAY, by_id=None, at=NOW
    )
    db.session.add(row)
    db.session.flush()
    page = Attendance(session=1, on=TODAY, present={place(cast).public_id}, shown=())
    by = coordinator(cast)
    for act in (
        lambda: move(cast, PAUSE),
        lambda: attesting.enter_fact(place(cast).id, ATTENDED, by=by, at=NOW),
        lambda: attesting.withdraw_fact(row, by=by, at=NOW),
        lambda: attesting.note_attendance(cast.cohort_key, page, besides=(), by=by, at=NOW),
        lambda: moving.put_into_group(place(cast).id, group, by=by, at=NOW),
        lambda: moving.make_groups(cast.cohort_key, [], by=by, at=NOW),
    ):
        with pytest.raises(CohortClosed):
            act()


# A code that nobody used


def invited(cast, alias="Birch"):
    """Somebody who has not come yet, with an open code."""
    person = db.session.get_one(Person, cast.stranger.id)
    new = NewEnrolment(person=person, alias=alias, course_language="en", is_invited=True)
    (enrolment,) = enrolling.enrol_all(cohort(cast), [new], by=None, at=NOW)
    codes.invite(person, by=None, at=NOW)
    return enrolment


def open_codes(person_id):
    return db.session.scalars(
        select(Invitation).where(Invitation.person_id == person_id, Invitation.withdrawn_at.is_(None))
    ).all()


def test_the_code_of_somebody_who_leaves_before_she_came_opens_nothing_any_more(in_app, cast):
    enrolment = invited(cast)
    withdraw = NewMove(move=Move.WITHDRAW, seen=ACTIVE, reason="She declined.")
    moving.move_place(enrolment.id, withdraw, by=coordinator(cast), at=NOW)
    assert open_codes(cast.stranger.id) == []


def test_a_pause_leaves_the_code_open(in_app, cast):
    enrolment = invited(cast)
    moving.move_place(enrolment.id, PAUSE, by=coordinator(cast), at=NOW)
    assert len(open_codes(cast.stranger.id)) == 1


def test_the_code_stays_open_while_another_cohort_waits_for_her(in_app, cast):
    enrolment = invited(cast)
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    new = NewEnrolment(
        person=db.session.get_one(Person, cast.stranger.id), alias="Agate", course_language="en", is_invited=True
    )
    enrolling.enrol_all(other, [new], by=None, at=NOW)
    withdraw = NewMove(move=Move.WITHDRAW, seen=ACTIVE, reason="She declined this one.")
    moving.move_place(enrolment.id, withdraw, by=coordinator(cast), at=NOW)
    assert len(open_codes(cast.stranger.id)) == 1


def test_what_a_list_told_of_her_opens_with_her_key(in_app, cast):
    new = NewEnrolment(
        person=find_recipient(cast.stranger.id), alias="Birch", course_language="en", background='{"setting": "S4"}'
    )
    (enrolment,) = enrolling.enrol_all(cohort(cast), [new], by=None, at=NOW)
    told = open_background(find_recipient(cast.stranger.id), enrolment.background)
    assert (told.setting, told.organisation, told.remark) == ("S4", None, None)
    assert open_background(find_recipient(cast.cedar.id), place(cast).background) is None


# Facts


FACTS = st.builds(
    Fact,
    kind=st.sampled_from(FactKind),
    on=st.dates(TODAY - timedelta(days=400), TODAY + timedelta(days=3)),
    session=st.none() | st.integers(-1, 70),
)


@given(fact=FACTS, known=st.lists(FACTS, max_size=4))
def test_a_fact_is_taken_exactly_when_it_can_be_so_and_is_new(fact, known):
    of_session = fact.kind in (FactKind.ATTENDED, FactKind.SUBSTITUTE)
    fits = fact.session in range(1, 61) if of_session else fact.session is None
    is_new = (fact.kind, fact.session) not in {(one.kind, one.session) for one in known}
    fine = fits and is_new and TODAY - timedelta(days=30) <= fact.on <= TODAY
    try:
        check_fact(fact, known=known, starts_on=TODAY - timedelta(days=30), today=TODAY)
    except BadFact:
        assert not fine
    else:
        assert fine


@given(st.lists(FACTS, max_size=8))
def test_a_session_counts_once_however_often_it_was_noted(facts):
    assert sessions_counted([*facts, *facts]) == sessions_counted(facts) <= len(facts)


def enter(cast, fact, name="cedar", *, at=NOW):
    return attesting.enter_fact(place(cast, name).id, fact, by=coordinator(cast), at=at)


def test_a_fact_is_kept_with_who_entered_it_and_when(in_app, cast):
    row = enter(cast, ATTENDED)
    assert row.fact() == ATTENDED and (row.by_id, row.at) == (cast.coordinator.id, NOW)


@pytest.mark.parametrize(
    "fact",
    [
        replace(ATTENDED, session=None),
        replace(ATTENDED, session=61),
        replace(ATTENDED, on=TODAY + DAY),
        replace(ATTENDED, on=date(2027, 3, 31)),
        Fact(kind=FactKind.SIMULATION, on=TODAY, session=1),
    ],
)
def test_what_cannot_have_been_is_refused(in_app, cast, fact):
    with pytest.raises(BadFact):
        enter(cast, fact)


def test_today_is_the_day_in_the_cohorts_zone(in_app, cast):
    half_past_eleven = NOW.replace(hour=22, minute=30)  # already the 14th in Oslo
    assert enter(cast, replace(ATTENDED, on=TODAY + DAY), at=half_past_eleven).on == TODAY + DAY


def test_the_same_fact_is_entered_once_and_again_after_it_was_taken_back(in_app, cast):
    row = enter(cast, ATTENDED)
    with pytest.raises(BadFact):
        enter(cast, ATTENDED)
    for _ in range(2):
        attesting.withdraw_fact(row, by=coordinator(cast), at=NOW + DAY)
    assert enter(cast, ATTENDED).id != row.id
    withdrawn = db.session.scalars(select(Entry).where(Entry.act == "cohorts.fact.withdrawn")).all()
    assert len(withdrawn) == 1 and withdrawn[0].changes == {"kind": ["attended", None], "session": [1, None]}


# A whole session at once


def attendance(cast, *, present=(), shown=(), session=1, on=TODAY, shown_on=None):
    ids = {name: place(cast, name).public_id for name in ("cedar", "nour", "olivier", "withdrawn")}
    page = Attendance(
        session=session,
        on=on,
        present=[ids[name] for name in present],
        shown=[ids[name] for name in shown],
        shown_on=shown_on,
    )
    attesting.note_attendance(cast.cohort_key, page, besides=(), by=coordinator(cast), at=NOW)


def there(cast, session=1):
    found = people.attended(cohort(cast), session)
    return {name for name in ("cedar", "nour", "olivier", "withdrawn") if place(cast, name).id in found}


def test_boxes_that_are_ticked_become_facts_and_others_stay(in_app, cast):
    attendance(cast, present=["cedar", "nour"])
    assert there(cast) == {"cedar", "nour"} and there(cast, 2) == set()


def test_sending_the_page_again_changes_nothing(in_app, cast):
    for _ in range(2):
        attendance(cast, present=["cedar"])
    assert len(people.facts_of(place(cast).id)) == 1


def test_a_tick_that_is_taken_away_is_taken_back(in_app, cast):
    attendance(cast, present=["cedar", "nour"])
    attendance(cast, present=["nour"], shown=["cedar", "nour"])
    assert there(cast) == {"nour"}


def test_two_who_tick_at_once_undo_nothing_of_each_others(in_app, cast):
    attendance(cast, present=["cedar"])
    attendance(cast, present=["nour"])  # her page was made before and knew no tick
    assert there(cast) == {"cedar", "nour"}


def test_a_tick_that_somebody_else_took_away_meanwhile_stays_away(in_app, cast):
    attendance(cast, present=["cedar"])
    attendance(cast, shown=["cedar"])
    attendance(cast, present=["cedar", "nour"], shown=["cedar"])
    assert there(cast) == {"nour"}


def days(cast, session=1):
    found = people.attended(cohort(cast), session)
    return {name: found[key].on for name in ("cedar", "nour", "olivier") if (key := place(cast, name).id) in found}


def test_a_corrected_day_is_entered_anew_for_whose_tick_stays(in_app, cast):
    attendance(cast, present=["cedar", "nour"])
    attendance(cast, present=["cedar", "olivier"], shown=["cedar", "nour"], on=TODAY - DAY, shown_on=TODAY)
    assert days(cast) == {"cedar": TODAY - DAY, "olivier": TODAY - DAY}
    acts = select(Entry.act).where(Entry.on_id == place(cast).id, Entry.act.startswith("cohorts.fact."))
    assert list(db.session.scalars(acts.order_by(Entry.id))) == [
        "cohorts.fact.entered", "cohorts.fact.withdrawn", "cohorts.fact.entered",
    ]  # fmt: skip


def test_a_day_that_was_not_touched_moves_nobody(in_app, cast):
    attendance(cast, present=["cedar"])
    attendance(cast, present=["nour"], on=TODAY - DAY)
    attendance(cast, present=["cedar", "nour", "olivier"], shown=["cedar", "nour"], shown_on=TODAY)
    assert days(cast) == {"cedar": TODAY, "nour": TODAY - DAY, "olivier": TODAY}


def test_a_day_that_somebody_else_corrected_meanwhile_stays_corrected(in_app, cast):
    attendance(cast, present=["cedar"])
    attendance(cast, present=["cedar"], shown=["cedar"], on=TODAY - DAY, shown_on=TODAY)
    attendance(cast, present=["cedar", "nour"], shown=["cedar"], shown_on=TODAY)
    assert days(cast) == {"cedar": TODAY - DAY, "nour": TODAY}


def test_a_day_that_cannot_be_corrects_nothing(in_app, cast):
    attendance(cast, present=["cedar"])
    with pytest.raises(BadFact):
        attendance(cast, present=["cedar"], shown=["cedar"], on=TODAY + DAY, shown_on=TODAY)
    assert days(cast) == {"cedar": TODAY}


def test_who_has_left_or_belongs_elsewhere_is_passed_over(in_app, cast):
    page = Attendance(session=1, on=TODAY, present=[place(cast, "withdrawn").public_id, new_id()], shown=())
    attesting.note_attendance(cast.cohort_key, page, besides=(), by=coordinator(cast), at=NOW)
    assert db.session.query(FactRow).count() == 0


def test_about_whom_she_may_not_decide_nothing_is_entered_and_nothing_taken_back(in_app, cast):
    attendance(cast, present=["cedar"])
    cedar, nour, olivier = (place(cast, name).public_id for name in ("cedar", "nour", "olivier"))
    page = Attendance(session=1, on=TODAY, present={nour, olivier}, shown={cedar})
    attesting.note_attendance(cast.cohort_key, page, besides={cedar, nour}, by=coordinator(cast), at=NOW)
    assert days(cast) == {"cedar": TODAY, "olivier": TODAY}


@pytest.mark.parametrize(("session", "on"), [(0, TODAY), (61, TODAY), (1, TODAY + DAY), (1, date(2026, 4, 13))])
def test_a_session_or_a_day_that_cannot_be_is_refused_as_a_whole(in_app, cast, session, on):
    with pytest.raises(BadFact):
        attendance(cast, present=["cedar", "nour"], session=session, on=on)


# Groups


def member_groups(cast):
    rows = db.session.execute(
        select(Enrolment.alias, Group.number).outerjoin(Group).where(Enrolment.cohort_id == cast.cohort_key)
    )
    return {row.alias: row.number for row in rows}


def facilitators(cast, count):
    return [cast.facilitator.id, cast.coordinator.id, cast.stranger.id][:count]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_everybody_with_a_place_has_a_group_and_groups_differ_by_one_at_most(in_app, cast, count):
    moving.make_groups(cast.cohort_key, facilitators(cast, count), by=coordinator(cast), at=NOW)
    found = member_groups(cast)
    assert found.pop("Withdrawn") is None
    sizes = [list(found.values()).count(number) for number in range(1, count + 1)]
    assert sum(sizes) == len(found) and max(sizes) - min(sizes) <= 1


def test_fewer_groups_leave_nobody_in_one_that_is_gone(in_app, cast):
    moving.make_groups(cast.cohort_key, facilitators(cast, 3), by=coordinator(cast), at=NOW)
    moving.make_groups(cast.cohort_key, facilitators(cast, 1), by=coordinator(cast), at=NOW)
    db.session.flush()
    db.session.expire_all()
    assert {number for alias, number in member_groups(cast).items() if alias != "Withdrawn"} == {1}
    assert db.session.query(Group).count() == 1


def test_who_has_finished_is_not_shown_to_every_facilitator_when_her_group_goes(in_app, cast):
    moving.make_groups(cast.cohort_key, facilitators(cast, 3), by=coordinator(cast), at=NOW)
    db.session.flush()
    last = db.session.scalars(select(Enrolment).join(Enrolment.group).where(Group.number == 3)).first()
    last.state = EnrolmentState.COMPLETED
    moving.make_groups(cast.cohort_key, facilitators(cast, 2), by=coordinator(cast), at=NOW)
    db.session.flush()
    db.session.expire_all()
    assert member_groups(cast)[last.alias] in (1, 2)


def test_making_groups_again_keeps_their_addresses(in_app, cast):
    first = moving.make_groups(cast.cohort_key, facilitators(cast, 2), by=coordinator(cast), at=NOW)
    ids = [group.public_id for group in first]
    again = moving.make_groups(cast.cohort_key, facilitators(cast, 2)[::-1], by=coordinator(cast), at=NOW)
    assert [group.public_id for group in again] == ids
    assert [group.facilitator_id for group in again] == [cast.coordinator.id, cast.facilitator.id]


def test_one_person_is_put_into_another_group_or_none_and_it_is_noted_once(in_app, cast):
    first, second = moving.make_groups(cast.cohort_key, facilitators(cast, 2), by=coordinator(cast), at=NOW)
    enrolment = place(cast)
    enrolment.group_id = first.id
    for group in (second, second, None):
        moving.put_into_group(place(cast).id, group, by=coordinator(cast), at=NOW)
    assert member_groups(cast)["Cedar"] is None
    noted = db.session.scalars(select(Entry).where(Entry.act == "cohorts.enrolment.grouped").order_by(Entry.id)).all()
    assert [entry.changes["group"] for entry in noted] == [[first.id, second.id], [second.id, None]]


def test_a_group_of_another_cohort_is_refused(in_app, cast):
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    group = Group(public_id=new_id(), cohort_id=other.id, number=1)
    db.session.add(group)
    db.session.flush()
    with pytest.raises(NotYourGroup):
        moving.put_into_group(place(cast).id, group, by=coordinator(cast), at=NOW)


def test_the_page_of_a_person_knows_neither_her_name_nor_her_contact(in_app, cast):
    db.session.expire_all()
    who = db.session.scalars(
        select(Person).where(Person.id == cast.coordinator.id).options(selectinload(Person.roles))
    ).one()
    found = people.find_person(who, cast.cohort_id, place(cast).public_id)
    owner = db.session.get_one(Person, found.participant.person_id)
    assert not {"legal_name", "contact", "passphrase_hash"} & set(vars(owner))


def test_moves_are_deleted_with_the_place(in_app, cast):
    move(cast, PAUSE)
    db.session.flush()
    db.session.delete(place(cast))
    db.session.flush()
    assert db.session.query(MoveRow).count() == 0 and place(cast, "nour").state in UNDER_WAY
