"""One participant for the coordinators of her cohort, and who was in a live session."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.accounts import vault
from lms.accounts.models import Person
from lms.accounts.queries import find_recipient
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Conflict
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.marking import Verdict
from lms.cohorts.models import Cohort, Enrolment, FactRow, Group
from lms.cohorts.queries import people
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.facts import FactKind
from lms.cohorts.sealing import BACKGROUND
from lms.cohorts.services import enrolling
from lms.home.policy import HomePermission
from lms.home.queries import person as files
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from tests.assessments.taught import enrolment_of, in_context, load
from tests.cast import CANARY, DAY, LANGUAGES, NOW
from tests.client import Visitor
from tests.home.year import attempt, read

TODAY = NOW.date()
PEOPLE = ("cedar", "nour", "stranger", "withdrawn", "other_cohort", "facilitator", "coordinator")


def ids(taught, name="cedar"):
    return {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments[name]}


def page(visitor, taught, name="cedar", **more):
    return visitor.get("people.person", **ids(taught, name), **more)


def send(visitor, taught, act, *, expect=302, name="cedar", **data):
    return visitor.post(f"people.{act}", **ids(taught, name), data=data, expect=expect)


def place(taught, name="cedar"):
    return enrolment_of(taught.enrolments[name])


# Who may


@pytest.mark.parametrize("name", PEOPLE)
def test_who_sees_and_who_changes_a_participant(in_app, cast, taught, name):
    who = load(getattr(cast, name))
    file = files.find_file(who, taught.cohort_id, taught.enrolments["cedar"])
    for permission in (HomePermission.PERSON, HomePermission.MOVE, HomePermission.ATTEST):
        assert allows(permission, who, file) is (name == "coordinator"), permission
    assert allows(HomePermission.HELP, who) is (name == "facilitator")


def test_a_closed_cohort_is_looked_at_and_not_changed(in_app, cast, taught):
    with transaction():
        db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW
    who = load(cast.coordinator)
    file = files.find_file(who, taught.cohort_id, taught.enrolments["cedar"])
    assert allows(HomePermission.PERSON, who, file)
    assert not allows(HomePermission.MOVE, who, file) and not allows(HomePermission.ATTEST, who, file)


def test_nobody_runs_her_own_place(in_app, cast, taught):
    with transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        persons.grant_role(person, Role.COORDINATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)
    who = load(cast.cedar)
    own = files.find_file(who, taught.cohort_id, taught.enrolments["cedar"])
    other = files.find_file(who, taught.cohort_id, taught.enrolments["nour"])
    assert not allows(HomePermission.MOVE, who, own) and not allows(HomePermission.ATTEST, who, own)
    assert allows(HomePermission.MOVE, who, other) and allows(HomePermission.ATTEST, who, other)


def declare_conflict(cast, taught, name="cedar"):
    with transaction():
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=place(taught, name).id, declared_at=NOW))


def test_with_a_conflict_of_interest_she_is_looked_at_and_somebody_else_decides(in_app, cast, taught):
    declare_conflict(cast, taught)
    who = load(cast.coordinator)
    for name, is_free in (("cedar", False), ("nour", True)):
        file = files.find_file(who, taught.cohort_id, taught.enrolments[name])
        assert allows(HomePermission.PERSON, who, file)
        assert allows(HomePermission.MOVE, who, file) is allows(HomePermission.ATTEST, who, file) is is_free


def test_an_address_of_another_cohort_or_of_nobody_leads_nowhere(as_coordinator, cast, taught):
    as_coordinator.get("people.person", cohort_id=cast.cohort_id, enrolment_id=taught.enrolments["cedar"], expect=404)
    as_coordinator.get("people.person", cohort_id=taught.cohort_id, enrolment_id=new_id(), expect=404)


# The page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_shows_an_alias_and_never_a_name_or_a_contact(as_coordinator, taught, lang):
    for name in taught.enrolments:
        found = page(as_coordinator, taught, name, lang=lang)
        assert CANARY not in found.text and "kanaria" not in found.text.lower()


def test_it_says_what_is_missing_and_how_far_she_is(app, as_coordinator, taught):
    in_context(app, read, taught, "cedar", "m1-words", at=NOW - 3 * DAY)
    in_context(app, attempt, taught, "cedar", "t-memo", state=AttemptState.RELEASED, verdict=Verdict.MEETS)
    words = page(as_coordinator, taught).words()
    for sentence in (
        "Activities: 33% done, 80% needed",
        "1 of 3 assignments meet the standard",
        "0 of 6 live sessions attended",
        "1. Module one 1 of 2 1 of 4",
        "3 days ago",
        "Active since 24 March 2027",
    ):
        assert sentence in words, sentence


def test_more_time_is_two_clicks_and_a_reason_away(as_coordinator, taught):
    found = page(as_coordinator, taught)
    address = re.search(f'href="([^"]*more={taught.tasks["t-quiz"]}[^"]*)"', found.text)[1]
    form = as_coordinator.get(address.partition("#")[0])
    assert (form.fields["task"], form.fields["due_on"]) == ("t-quiz", (TODAY + timedelta(days=8)).isoformat())
    as_coordinator.post(
        "results.give_allowance", **ids(taught), data={**form.fields, "reason": "Floods in her region."}
    )
    words = page(as_coordinator, taught).words()
    assert re.search(r"until Wednesday 21 April 2027, \d\d:\d\d \(UTC", words)


def test_the_end_of_a_task_is_told_by_the_clock_of_the_cohort(app, as_coordinator, taught):
    """A reader in another zone tells a participant the moment that holds."""

    def move_away():
        with transaction():
            cohort = db.session.get_one(Cohort, taught.cohort_key)
            cohort.zone = "Pacific/Kiritimati"

    in_context(app, move_away)
    words = page(as_coordinator, taught).words()
    assert "by the cohort’s clock (Pacific/Kiritimati)" in words
    ends = re.findall(r"until \w+day \d+ \w+ 2027, \d\d:\d\d \((.+?)\)", words)
    assert ends and set(ends) == {"UTC+14"}


@pytest.mark.parametrize("more", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_task_that_is_not_there_is_not_chosen(as_coordinator, taught, more):
    form = as_coordinator.get("results.participant", **ids(taught), more=more)
    assert form.fields["task"] == "" and form.fields["due_on"] == ""


def test_a_question_in_a_lesson_is_not_chosen_either(as_coordinator, taught):
    form = as_coordinator.get("results.participant", **ids(taught), more=taught.tasks["t-check"])
    assert form.fields["task"] == ""


def test_what_a_list_told_of_her_is_opened_for_coordinators(app, as_coordinator, cast, taught):
    def tell():
        with transaction():
            person = find_recipient(cast.cedar.id)
            text = '{"setting": "S7", "organisation": "Radio <b>Wind</b>", "remark": null}'
            place(taught).background = vault.seal_for(person, text, place=BACKGROUND)

    in_context(app, tell)
    found = page(as_coordinator, taught)
    assert '<dd dir="auto">S7</dd>' in found.text and "&lt;b&gt;Wind" in found.text
    assert "Remark" not in found.words()


def test_a_conflict_of_interest_hides_what_she_did(app, as_coordinator, cast, taught):
    in_context(app, declare_conflict, cast, taught)
    words = page(as_coordinator, taught).words()
    assert "is not shown to you" in words and "Activities" not in words and "Pause, defer or withdraw" not in words


def test_a_conflict_of_interest_moves_nobody(app, as_coordinator, cast, taught):
    in_context(app, declare_conflict, cast, taught)
    found = page(as_coordinator, taught)
    assert "Another coordinator decides about her place." in found.words() and "/move" not in found.text
    send(as_coordinator, taught, "move", expect=404, move="withdraw", seen="active", reason="Because.")
    send(as_coordinator, taught, "group", expect=404, group="")
    assert in_context(app, lambda: place(taught).state) is EnrolmentState.ACTIVE
    assert "Another coordinator" not in page(as_coordinator, taught, "nour").words()


def test_who_has_not_come_shows_her_invitation(app, as_coordinator, cast, taught):
    def invite():
        with transaction():
            enrolment = place(taught)
            enrolment.agreed_at, enrolment.released_at = None, NOW - DAY

    in_context(app, invite)
    assert "Not come yet" in page(as_coordinator, taught).words()
    assert "Invitation" in page(as_coordinator, taught).words()


def test_the_page_keeps_its_statements(as_coordinator, taught, statements):
    page(as_coordinator, taught)
    with statements() as seen:
        page(as_coordinator, taught)
    assert len(seen) <= 12, len(seen)


# Moves


def test_a_pause_with_its_reason_and_its_end(app, as_coordinator, taught):
    assert "Pause, defer or withdraw" in page(as_coordinator, taught).words()
    moves = (
        ("pause", "active", EnrolmentState.PAUSED, "She is paused now. The reason is kept."),
        ("resume", "paused", EnrolmentState.ACTIVE, "She takes part again. The reason is kept."),
    )
    for move, seen, state, told in moves:
        answer = send(as_coordinator, taught, "move", move=move, seen=seen, reason=f"Why {move} <now>?")
        found = as_coordinator.get(answer.location)
        assert told in found.words() and f"Why {move} &lt;now&gt;?" in found.text
        assert in_context(app, lambda: place(taught).state) is state
    assert "Pause: she goes on reading" in found.words() and "coordinator" in found.words().lower()


@pytest.mark.parametrize(
    ("data", "expect", "words"),
    [
        ({"move": "pause", "seen": "active", "reason": ""}, 422, "Fill in this field."),
        ({"move": "", "seen": "active", "reason": "Kept."}, 422, "Choose one of these."),
        ({"move": "complete", "seen": "active", "reason": "Kept."}, 422, "Not a valid choice"),
        ({"move": "pause", "seen": "active", "reason": "x" * 2001}, 422, "Shorten this to 2000 characters."),
        ({"move": "resume", "seen": "active", "reason": "Kept."}, 409, "no longer in the state you saw"),
        ({"move": "pause", "seen": "paused", "reason": "Kept."}, 409, "no longer in the state you saw"),
    ],
)
def test_a_move_that_cannot_be_comes_back_with_her_words(as_coordinator, taught, data, expect, words):
    found = send(as_coordinator, taught, "move", expect=expect, **data)
    assert words in found.words() and "Error:" in found.text
    assert found.fields["reason"].strip() == data["reason"]


def test_after_a_refusal_the_page_knows_the_state_as_it_is(app, as_coordinator, taught):
    send(as_coordinator, taught, "move", move="pause", seen="active", reason="First.")
    found = send(as_coordinator, taught, "move", expect=409, move="withdraw", seen="active", reason="Second.")
    assert found.fields["seen"] == "paused" and 'value="resume"' in found.text and 'value="pause"' not in found.text
    send(as_coordinator, taught, "move", move="withdraw", seen="paused", reason=found.fields["reason"])
    assert in_context(app, lambda: place(taught).state) is EnrolmentState.WITHDRAWN


def test_a_damaged_state_is_of_no_page_of_ours(as_coordinator, taught):
    send(as_coordinator, taught, "move", expect=400, move="pause", seen="happy", reason="Why.")


def test_readmitting_without_a_free_place_is_refused(app, as_coordinator, taught):
    send(as_coordinator, taught, "move", move="withdraw", seen="active", reason="Left.")

    def fill_up():
        with transaction():
            db.session.get_one(Cohort, taught.cohort_key).places = 2

    in_context(app, fill_up)
    found = send(as_coordinator, taught, "move", expect=409, move="readmit", seen="withdrawn", reason="Back.")
    assert "The cohort has 2 places, and all are taken." in found.words()


@pytest.mark.parametrize("member", ["facilitator", "nour", "stranger"])
def test_nobody_else_moves_her(app, cast, taught, member):
    visitor = Visitor(app).signed_in(getattr(cast, member))
    send(visitor, taught, "move", expect=404, move="withdraw", seen="active", reason="Mean.")
    send(visitor, taught, "group", expect=404, group="")
    send(visitor, taught, "fact", expect=404, kind="paper", session="", on=TODAY.isoformat())
    visitor.post("attendance.save", cohort_id=taught.cohort_id, number=1, data={}, expect=404)


# What is entered by hand


def facts(taught, name="cedar"):
    return [(row.kind, row.session, row.on) for row in people.facts_of(place(taught, name).id)]


def test_facts_are_entered_and_taken_back(app, as_coordinator, taught):
    for kind, session in (("attended", "3"), ("substitute", "4"), ("simulation", ""), ("paper", "")):
        answer = send(as_coordinator, taught, "fact", kind=kind, session=session, on=TODAY.isoformat())
    found = as_coordinator.get(answer.location)
    assert "Was in a live session · session 3" in found.words() and "2 of 6 live sessions" in found.words()
    with app.app_context():
        row = db.session.scalars(select(FactRow).where(FactRow.kind == FactKind.ATTENDED)).one()
        fact_id = row.public_id
    for _ in range(2):
        as_coordinator.post("people.withdraw_fact", **ids(taught), fact_id=fact_id)
    assert in_context(app, facts, taught)[0][0] is not FactKind.ATTENDED
    assert "1 of 6 live sessions" in page(as_coordinator, taught).words()


@pytest.mark.parametrize(
    ("data", "expect"),
    [
        ({"kind": "attended", "session": "", "on": TODAY.isoformat()}, 409),
        ({"kind": "attended", "session": "61", "on": TODAY.isoformat()}, 422),
        ({"kind": "attended", "session": "x", "on": TODAY.isoformat()}, 422),
        ({"kind": "attended", "session": "1", "on": ""}, 422),
        ({"kind": "attended", "session": "1", "on": "2027-12-24"}, 409),
        ({"kind": "paper", "session": "2", "on": TODAY.isoformat()}, 409),
        ({"kind": "magic", "session": "", "on": TODAY.isoformat()}, 422),
    ],
)
def test_what_cannot_have_been_comes_back(app, as_coordinator, taught, data, expect):
    found = send(as_coordinator, taught, "fact", expect=expect, **data)
    assert "Error:" in found.text and in_context(app, facts, taught) == []


def test_a_fact_of_somebody_else_is_not_found_here(app, as_coordinator, taught):
    send(as_coordinator, taught, "fact", name="nour", kind="paper", session="", on=TODAY.isoformat())
    with app.app_context():
        fact_id = db.session.scalars(select(FactRow)).one().public_id
    as_coordinator.post("people.withdraw_fact", **ids(taught), fact_id=fact_id, expect=404)


# Groups


def test_she_is_put_into_a_group_and_taken_out_of_it(app, as_coordinator, taught):
    def make():
        with transaction():
            db.session.add(Group(public_id=new_id(), cohort_id=taught.cohort_key, number=1))

    in_context(app, make)
    with app.app_context():
        group_id = db.session.scalars(select(Group.public_id).where(Group.cohort_id == taught.cohort_key)).one()
    for chosen, number in ((str(group_id), 1), ("", None)):
        send(as_coordinator, taught, "group", group=chosen)
        found = in_context(app, lambda: place(taught).group_id is not None)
        assert found is (number is not None)
    send(as_coordinator, taught, "group", expect=422, group=str(new_id()))


# A live session


def session_page(visitor, taught, number=1, **more):
    return visitor.get("attendance.session", cohort_id=taught.cohort_id, number=number, **more)


def save(visitor, taught, names=(), *, shown=(), number=1, on=None, shown_on="", expect=302):
    data = {
        "on": TODAY.isoformat() if on is None else on,
        "shown_on": shown_on,
        "present": [str(taught.enrolments[name]) for name in names],
        "shown": [str(taught.enrolments[name]) for name in shown],
    }
    return visitor.post("attendance.save", cohort_id=taught.cohort_id, number=number, data=data, expect=expect)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everybody_has_a_box(as_coordinator, taught, lang):
    found = session_page(as_coordinator, taught, lang=lang)
    assert found.text.count('name="present"') == 3 and found.fields["on"] == TODAY.isoformat()


def test_what_is_ticked_is_there_and_what_is_unticked_is_gone(app, as_coordinator, taught):
    found = as_coordinator.get(save(as_coordinator, taught, ["cedar", "nour"]).location)
    assert "2 were there so far." in found.words() and found.text.count(" checked>") == 2
    assert found.text.count('name="shown"') == 2
    save(as_coordinator, taught, ["nour"], shown=["cedar", "nour"])
    assert in_context(app, facts, taught) == [] and len(in_context(app, facts, taught, "nour")) == 1


def test_the_day_that_was_entered_stands_there_next_time(as_coordinator, taught):
    day = (TODAY - timedelta(days=2)).isoformat()
    save(as_coordinator, taught, ["cedar"], on=day)
    assert session_page(as_coordinator, taught).fields["on"] == day
    assert session_page(as_coordinator, taught, 2).fields["on"] == TODAY.isoformat()


def test_a_corrected_day_is_the_day_of_all_who_are_ticked(app, as_coordinator, taught):
    wrong, right = (TODAY - timedelta(days=2)).isoformat(), TODAY - timedelta(days=4)
    save(as_coordinator, taught, ["cedar", "nour"], on=wrong)
    assert session_page(as_coordinator, taught).fields["shown_on"] == wrong
    both = ["cedar", "nour"]
    found = as_coordinator.get(
        save(as_coordinator, taught, both, shown=both, on=right.isoformat(), shown_on=wrong).location
    )
    assert found.fields["on"] == found.fields["shown_on"] == right.isoformat()
    assert in_context(app, facts, taught) == in_context(app, facts, taught, "nour") == [(FactKind.ATTENDED, 1, right)]


def test_a_day_that_our_page_never_showed_is_of_no_page_of_ours(as_coordinator, taught):
    save(as_coordinator, taught, ["cedar"], shown=["cedar"], shown_on="soon", expect=400)


@pytest.mark.parametrize(("on", "expect"), [("", 422), ("soon", 422), ("2027-12-24", 409), ("2020-01-01", 409)])
def test_a_day_that_cannot_be_keeps_the_ticks(app, as_coordinator, taught, on, expect):
    found = save(as_coordinator, taught, ["cedar", "nour"], on=on, expect=expect)
    assert found.text.count(" checked>") == 2 and "Error:" in found.text
    assert in_context(app, facts, taught) == []


def test_a_substitute_is_told_beside_her(app, as_coordinator, taught):
    send(as_coordinator, taught, "fact", kind="substitute", session="1", on=TODAY.isoformat())
    assert "Cedar Written substitute" in session_page(as_coordinator, taught).words()


@pytest.mark.parametrize("number", [0, 61])
def test_there_are_sixty_sessions_at_most(as_coordinator, taught, number):
    session_page(as_coordinator, taught, number, expect=404)


def test_damaged_boxes_are_of_no_page_of_ours(as_coordinator, taught):
    data = {"on": TODAY.isoformat(), "present": ["nobody"]}
    as_coordinator.post("attendance.save", cohort_id=taught.cohort_id, number=1, data=data, expect=400)


def test_somebody_else_enters_a_coordinators_own_attendance(app, cast, taught):
    def appoint():
        with transaction():
            person = db.session.get_one(Person, cast.cedar.id)
            persons.grant_role(person, Role.COORDINATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)

    in_context(app, appoint)
    visitor = Visitor(app).signed_in(cast.cedar)
    assert "somebody else enters it for you" in session_page(visitor, taught).words()
    save(visitor, taught, ["cedar", "nour"])
    assert in_context(app, facts, taught) == [] and len(in_context(app, facts, taught, "nour")) == 1


def test_a_conflict_of_interest_is_passed_over_in_a_session(app, as_coordinator, cast, taught):
    save(as_coordinator, taught, ["cedar", "nour"])
    send(as_coordinator, taught, "fact", kind="substitute", session="1", on=TODAY.isoformat())
    in_context(app, declare_conflict, cast, taught)
    found = session_page(as_coordinator, taught)
    assert "Cedar: somebody else enters it, because of your conflict of interest." in found.words()
    assert str(taught.enrolments["cedar"]) not in found.text and "Written substitute" not in found.words()
    assert found.text.count('name="present"') == 2
    save(as_coordinator, taught, [], shown=["cedar", "nour"])  # her tick is not taken away
    assert len(in_context(app, facts, taught)) == 2 and in_context(app, facts, taught, "nour") == []
    save(as_coordinator, taught, ["cedar", "nour"], number=2)  # and none is made
    assert len(in_context(app, facts, taught)) == 2 and len(in_context(app, facts, taught, "nour")) == 1


def test_a_conflict_that_somebody_else_declared_holds_nobody_up(app, as_coordinator, cast, taught):
    def declare():
        with transaction():
            db.session.add(Conflict(person_id=cast.facilitator.id, enrolment_id=place(taught).id, declared_at=NOW))

    in_context(app, declare)
    save(as_coordinator, taught, ["cedar"])
    assert len(in_context(app, facts, taught)) == 1


def test_a_closed_cohort_shows_the_list_without_a_button(app, as_coordinator, taught):
    def close():
        with transaction():
            db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW

    in_context(app, close)
    assert "Save this page" not in session_page(as_coordinator, taught).words()
    save(as_coordinator, taught, ["cedar"], expect=404)


def test_the_list_of_a_session_turns_its_pages(app, as_coordinator, cast, taught):
    def fill():
        with transaction():
            cohort = db.session.get_one(Cohort, taught.cohort_key)
            for number in range(30):
                new = persons.NewPerson(shown_name=f"P{number}", interface_language="en", time_zone="UTC")
                person = persons.make_person(new, by=None, at=NOW)
                enrolling.enrol(person, cohort, alias=f"Tree {number:02}", course_language="en", by=None, at=NOW)

    in_context(app, fill)
    save(as_coordinator, taught, ["cedar"], on=(TODAY - DAY).isoformat())
    second = session_page(as_coordinator, taught, page=2)
    assert second.text.count('name="present"') == 8 and "page=2" in second.text
    with app.app_context():
        aliases = db.session.scalars(select(Enrolment.alias).where(Enrolment.cohort_id == taught.cohort_key)).all()
    assert sorted(aliases)[-1] in second.words()
    assert second.fields["on"] == (TODAY - DAY).isoformat()  # nobody on this page has a day yet
