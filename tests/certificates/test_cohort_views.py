"""Completion of a cohort, as its coordinators see it and decide."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import insert

from lms.accounts.models import Person
from lms.assessments.models import Conflict
from lms.certificates import jobs
from lms.certificates.models import Certificate, Completion
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel.db import db
from lms.kernel.ids import new_id
from tests.cast import CANARY, DAY, NOW
from tests.certificates.graduates import NAMED, act, ask_for, confirm, graduate, issue, place_of, read
from tests.client import Visitor

MANY = 10_000


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


def address(app, cast, name="cedar"):
    with app.app_context():
        return {"cohort_id": cast.cohort_id, "enrolment_id": place_of(cast, name).public_id}


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_list_says_who_is_through_and_what_others_lack(app, cast, as_coordinator, lang):
    with act(app):
        ask_for(cast, activities_percent=50, live_sessions=1)
        confirm(cast, "nour", move=Move.PARTICIPATE)
        read(cast, "cedar")
    graduate(app, cast, "olivier")
    page = as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id, lang=lang)
    assert CANARY not in page.text and "Cedar" in page.words()
    if lang == "en":
        words = page.words()
        cedar, nour = words.index("Cedar"), words.index("Nour")
        assert "0 of 1 live session attended" in words[cedar:nour] and "Not decided" in words[cedar:nour]
        assert "Activities" not in words[cedar:nour]
        olivier = words.index("Olivier")
        assert "Took part" in words[nour:olivier] and "by a coordinator" in words[nour:olivier]
        assert "Completed" in words[olivier:] and "Issued" in words[olivier:]
        assert "Withdrawn" not in words


def test_names_stand_in_order_and_only_of_those_who_take_part(app, cast, as_coordinator):
    words = as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id).words()
    assert words.index("Cedar") < words.index("Nour") < words.index("Olivier") < words.index("Paused")
    assert "Basalt" not in words


def test_who_is_in_conflict_sees_the_row_and_nothing_of_it(app, cast, as_coordinator):
    graduate(app, cast)
    with act(app):
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=place_of(cast).id, declared_at=NOW))
    page = as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id)
    assert "CedarNot shown to you" in page.words().replace("Cedar ", "Cedar")
    assert str(address(app, cast)["enrolment_id"]) not in page.text
    as_coordinator.get("completion.participant", expect=404, **address(app, cast))
    for endpoint in ("completion.decide", "completion.withdraw"):
        as_coordinator.post(endpoint, expect=404, **address(app, cast))


def test_a_coordinator_who_takes_part_does_not_decide_about_herself(app, cast, as_coordinator):
    with act(app):
        place_of(cast).person_id = cast.coordinator.id
    page = as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id)
    assert "Not shown to you: conflict of interest, or your own." in page.words()


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_page_of_one_says_all_parts_and_offers_what_is_possible(app, cast, as_coordinator, lang):
    with act(app):
        ask_for(cast, activities_percent=50, quiz_pass_percent=70)
    page = as_coordinator.get("completion.participant", lang=lang, **address(app, cast))
    assert page.fields["seen"] == "active" and CANARY not in page.text
    if lang == "en":
        words = page.words()
        assert "Activities: 0% done, 50% needed" in words and "Title of m1-quiz" in words
        assert "Confirm completion" in words and "Confirm participation instead" in words
        assert "Take it up again" not in words and "There is none before a decision." in words


def test_a_coordinator_confirms_with_a_reason_and_it_stands_with_her_name(app, cast, as_coordinator):
    where = address(app, cast)
    fields = as_coordinator.get("completion.participant", **where).fields
    sent = {**fields, "move": "complete", "reason": "Both sessions by telephone."}
    assert "done=decided" in as_coordinator.post("completion.decide", data=sent, **where).location
    words = as_coordinator.get("completion.participant", **where, done="decided").words()
    assert "Both sessions by telephone." in words and "ByCoordinator" in words.replace("By ", "By")
    assert "She has not made one yet." in words and "Take it up again" in words


def test_what_was_decided_shows_what_was_asked_and_there_then(app, cast, as_coordinator):
    with act(app):
        ask_for(cast, activities_percent=50)
    graduate(app, cast)
    where = address(app, cast)
    before = as_coordinator.get("completion.participant", **where).words()
    with act(app):
        ask_for(cast, activities_percent=90, live_sessions=3)
    after = as_coordinator.get("completion.participant", **where).words()
    assert after == before and "50% needed" in after and "As it stood on 13 April 2027." in after


def test_what_was_taken_up_again_shows_what_is_asked_now(app, cast, as_coordinator):
    with act(app):
        ask_for(cast, activities_percent=50)
        confirm(cast, move=Move.PARTICIPATE)
        ask_for(cast, activities_percent=90)
        confirm(cast, move=Move.REOPEN, seen=EnrolmentState.PARTICIPATED)
    words = as_coordinator.get("completion.participant", **address(app, cast)).words()
    assert "90% needed" in words and "50% needed" not in words and "As it stood" not in words


def test_what_was_typed_is_kept_when_it_is_refused(app, cast, as_coordinator):
    where = address(app, cast)
    fields = as_coordinator.get("completion.participant", **where).fields
    with act(app):
        confirm(cast, move=Move.PARTICIPATE)
    sent = {**fields, "move": "complete", "reason": "My own words."}
    page = as_coordinator.post("completion.decide", data=sent, expect=409, **where)
    assert "This place is no longer in the state you saw." in page.words()
    assert page.fields["reason"].strip() == "My own words." and page.fields["seen"] == "participated"


@pytest.mark.parametrize("reason", ["", "x" * 2001])
def test_a_decision_without_a_fit_reason_is_sent_back(app, cast, as_coordinator, reason):
    where = address(app, cast)
    fields = as_coordinator.get("completion.participant", **where).fields
    page = as_coordinator.post(
        "completion.decide", data={**fields, "move": "complete", "reason": reason}, expect=422, **where
    )
    assert "This could not be sent yet" in page.words() and page.fields["reason"].strip() == reason


@pytest.mark.parametrize(("move", "seen"), [("x", "active"), ("pause", "active"), ("complete", "x"), ("", "")])
def test_what_no_page_offers_decides_nothing(app, cast, as_coordinator, move, seen):
    where = address(app, cast)
    sent = {"move": move, "seen": seen, "reason": "Because."}
    as_coordinator.post("completion.decide", data=sent, expect=409, **where)
    with app.app_context():
        assert place_of(cast).state is EnrolmentState.ACTIVE


def test_a_closed_cohort_is_read_and_not_decided_about(app, cast, as_coordinator):
    with act(app):
        db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    where = address(app, cast)
    page = as_coordinator.get("completion.participant", **where)
    assert "Confirm completion" not in page.words()
    sent = {"move": "complete", "seen": "active", "reason": "Because."}
    assert "was closed" in as_coordinator.post("completion.decide", data=sent, expect=409, **where).words()


def test_a_certificate_is_withdrawn_with_a_reason_also_in_a_closed_cohort(app, cast, as_coordinator):
    graduate(app, cast)
    with act(app):
        db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    where = address(app, cast)
    page = as_coordinator.get("completion.participant", **where)
    assert "Withdraw it first if the decision has to change." in page.words() and CANARY not in page.text
    refused = as_coordinator.post("completion.withdraw", data={**page.fields, "why": ""}, expect=422, **where)
    assert "Fill in this field." in refused.words()
    sent = {**page.fields, "why": "A mistaken name."}
    as_coordinator.post("completion.withdraw", data=sent, **where)
    words = as_coordinator.get("completion.participant", **where, done="withdrawn").words()
    assert "A mistaken name." in words and "Withdrawn" in words
    again = as_coordinator.post("completion.withdraw", data=sent, expect=409, **where)
    assert "This certificate was replaced or withdrawn already." in again.words()
    assert "Withdrawn" in as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id).words()


def test_a_certificate_that_was_replaced_meanwhile_is_not_withdrawn_in_the_place_of_the_new_one(
    app, cast, as_coordinator
):
    graduate(app, cast)
    where = address(app, cast)
    old = as_coordinator.get("completion.participant", **where).fields
    with act(app):
        issue(cast, wanted=replace(NAMED, languages=("fr",)), known=1)
    as_coordinator.post("completion.withdraw", data={**old, "why": "A mistake."}, expect=409, **where)
    with app.app_context():
        assert {one.state.value for one in db.session.query(Certificate)} == {"replaced", "valid"}


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger", "other_cohort"])
def test_nobody_else_decides_or_sees_the_list(app, cast, name):
    visitor, where = Visitor(app).signed_in(getattr(cast, name)), address(app, cast)
    visitor.get("completion.cohort", cohort_id=cast.cohort_id, expect=404)
    visitor.get("completion.participant", expect=404, **where)
    visitor.post("completion.decide", data={"move": "complete"}, expect=404, **where)
    visitor.post("completion.withdraw", data={"why": "x"}, expect=404, **where)


def test_a_participant_belongs_to_her_cohort_alone(app, cast, as_coordinator):
    where = {**address(app, cast), "cohort_id": cast.other_cohort_id}
    as_coordinator.get("completion.participant", expect=404, **where)
    as_coordinator.get("completion.cohort", cohort_id=new_id(), expect=404)
    as_coordinator.get("completion.participant", cohort_id=cast.cohort_id, enrolment_id=new_id(), expect=404)


def fill(cast, number):
    """So many more participants; keys are left out, nothing here is sealed."""
    people = [
        {
            "public_id": new_id(), "shown_name": f"P{n}", "interface_language": "en", "time_zone": "UTC",
            "created_at": NOW,
        }
        for n in range(number)
    ]  # fmt: skip
    ids = list(db.session.scalars(insert(Person).returning(Person.id), people))
    places = [
        {
            "public_id": new_id(), "cohort_id": cast.cohort_key, "person_id": person_id, "alias": f"Stone {n:05}",
            "course_language": "en", "state": EnrolmentState.ACTIVE, "since_at": NOW, "agreed_at": NOW,
        }
        for n, person_id in enumerate(ids)
    ]  # fmt: skip
    db.session.execute(insert(Enrolment), places)


@pytest.mark.parametrize("number", [20, MANY])
def test_a_page_asks_as_little_for_ten_thousand_as_for_twenty_four(app, cast, as_coordinator, statements, number):
    with act(app):
        ask_for(cast, activities_percent=50, quiz_pass_percent=70, live_sessions=2)
        confirm(cast)
        fill(cast, number)
    as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id)
    with statements() as seen:
        page = as_coordinator.get("completion.cohort", cohort_id=cast.cohort_id)
    assert len(seen) <= 6, seen
    assert page.words().count("Not decided") == (23 if number == 20 else 24)


def test_pages_follow_one_another_by_name(app, cast, as_coordinator):
    with act(app):
        fill(cast, 60)
    seen, following = [], f"/en/cohort/{cast.cohort_id}/completion"
    while following:
        page = as_coordinator.get(following)
        assert 0 < page.text.count('<th scope="row">') <= 25
        seen += [word for word in page.words().split() if word.isdigit() and len(word) == 5]
        after = page.text.rpartition("after=")[2][:36] if "after=" in page.text else ""
        following = f"/en/cohort/{cast.cohort_id}/completion?after={after}" if after else ""
    assert seen == sorted(seen) == [f"{n:05}" for n in range(60)]


def test_the_worker_decides_about_ten_thousand_in_little_time(app, cast):
    """Processor time with much to spare, since another test may run beside it."""
    with act(app):
        ask_for(cast, activities_percent=50)
        fill(cast, MANY)
        read(cast, "cedar")
    began = time.process_time()
    with app.app_context():
        jobs.decide({}, NOW + DAY)
        taken = time.process_time() - began
        assert db.session.query(Completion).count() == 1
    assert taken < 60, f"{taken:.1f} s"
