"""Asking for more time: what is given at once, what waits, and how it is decided."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.errors import (
    AllowedMeanwhile,
    AlreadyAsked,
    BadRequestForTime,
    DecidedMeanwhile,
    LongerThanAsked,
    NothingToExtend,
)
from lms.assessments.models import AllowanceRow, Conflict, TimeRequest
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries import book, record, requests
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.allowing import NewAllowance
from lms.assessments.rules.asking import (
    AT_ONCE_DAYS,
    MOST_DAYS,
    REQUEST_MOVES,
    Answer,
    RequestState,
    check_decidable,
    check_granted,
    check_wanted,
    due_moment,
    is_given_at_once,
)
from lms.assessments.sealing import open_reasons, open_request_reason
from lms.assessments.services import allowing, asking
from lms.assessments.services.asking import Decision, NewRequest, Outcome
from lms.audit.models import Entry
from lms.cohorts.errors import CohortClosed, NoDateYet, TakesPartNoMore
from lms.cohorts.models import CalendarEntry, Cohort, Notice
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.wallclock import day_of
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.messaging.models import Job
from tests.assessments.taught import answer, attempt_of, begin, enrolment_of, hand_in, in_context, load
from tests.cast import DAY, LANGUAGES, NOW
from tests.client import Visitor

OSLO = "Europe/Oslo"
DUE = NOW + DAY
DUE_ON, TODAY = date(2027, 4, 14), date(2027, 4, 13)
DAYS = st.dates(date(2027, 1, 1), date(2027, 12, 31))


def on(days):
    """A day so many days after the due day."""
    return DUE_ON + timedelta(days=days)


# The rule


@given(wanted_on=DAYS, due_on=DAYS, today=DAYS)
def test_a_day_is_taken_exactly_when_it_gives_something_and_is_not_too_far(wanted_on, due_on, today):
    fine = wanted_on > due_on and wanted_on > today and (wanted_on - max(due_on, today)).days <= MOST_DAYS
    try:
        check_wanted(wanted_on, due_on=due_on, today=today)
    except BadRequestForTime as refusal:
        assert not fine and refusal.values["after"] == max(due_on, today)
    else:
        assert fine


@given(granted_on=DAYS, wanted_on=DAYS, today=DAYS)
def test_what_is_granted_is_to_come_and_no_more_than_was_asked(granted_on, wanted_on, today):
    try:
        check_granted(granted_on, wanted_on=wanted_on, today=today)
    except LongerThanAsked:
        assert granted_on > wanted_on
    except BadRequestForTime:
        assert granted_on <= today
    else:
        assert today < granted_on <= wanted_on


@pytest.mark.parametrize(("days", "at_once"), [(1, True), (AT_ONCE_DAYS, True), (AT_ONCE_DAYS + 1, False)])
def test_a_week_beyond_the_calendar_is_given_at_once(days, at_once):
    assert is_given_at_once(on(days), first_due_on=DUE_ON) is at_once


@given(
    due=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 1)).map(lambda moment: moment.replace(tzinfo=UTC)),
    days=st.integers(1, 60),
    zone=st.sampled_from([OSLO, "Africa/Juba", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_the_new_moment_is_on_the_day_at_the_same_hour_of_the_cohorts_clock(due, days, zone):
    wanted_on = day_of(due, zone) + timedelta(days=days)
    moment = due_moment(wanted_on, like=due, zone=zone)
    before, after = due.astimezone(ZoneInfo(zone)), moment.astimezone(ZoneInfo(zone))
    assert moment > due and (after.date(), after.time()) == (wanted_on, before.time())


@pytest.mark.parametrize("old", RequestState)
@pytest.mark.parametrize("new", RequestState)
def test_only_what_is_open_can_be_decided(old, new):
    if new in REQUEST_MOVES[old]:
        assert old is RequestState.OPEN
        check_decidable(old, new)
    else:
        with pytest.raises(DecidedMeanwhile):
            check_decidable(old, new)


# Asking


def ask(cast, taught, days, *, node="t-quiz", reason="", at=NOW, name="cedar"):
    person = load(getattr(cast, name))
    with transaction():
        place = sittings.find_task_place(person, taught.tasks[node])
        return asking.ask(place, NewRequest(wanted_on=on(days), reason=reason), by=person, at=at)


def take_back(cast, taught, *, node="t-quiz", at=NOW):
    person = load(cast.cedar)
    with transaction():
        asking.take_back(sittings.find_task_place(person, taught.tasks[node]), by=person, at=at)


def asked(taught, name="cedar"):
    enrolment = enrolment_of(taught.enrolments[name])
    query = select(TimeRequest).where(TimeRequest.enrolment_id == enrolment.id).order_by(TimeRequest.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def due_of(taught, node="t-quiz", name="cedar"):
    return requests.due_of(enrolment_of(taught.enrolments[name]), node).at


def allowances(taught):
    return record.allowances_of(enrolment_of(taught.enrolments["cedar"]))


def test_up_to_a_week_is_given_at_once(in_app, cast, taught):
    assert ask(cast, taught, 7) is Outcome.GIVEN
    assert due_of(taught) == DUE + 7 * DAY
    (request,) = asked(taught)
    assert (request.state, request.by_id, request.decided_at) == (RequestState.GRANTED, cast.cedar.id, NOW)


def test_longer_waits_for_a_decision_and_changes_nothing(in_app, cast, taught):
    assert ask(cast, taught, 8) is Outcome.ASKED
    assert due_of(taught) == DUE and allowances(taught) == []
    (request,) = asked(taught)
    assert (request.state, request.by_id, request.decided_at) == (RequestState.OPEN, None, None)


def test_a_week_in_small_steps_is_a_week(in_app, cast, taught):
    for days in (2, 5, 7):
        assert ask(cast, taught, days) is Outcome.GIVEN
    assert ask(cast, taught, 8) is Outcome.ASKED
    assert due_of(taught) == DUE + 7 * DAY


def test_asking_twice_adds_nothing(in_app, cast, taught):
    for days, outcome in ((5, Outcome.GIVEN), (20, Outcome.ASKED)):
        assert [ask(cast, taught, days) for _ in range(2)] == [outcome, outcome]
    assert len(allowances(taught)) == 1 and len(asked(taught)) == 2


def test_one_request_is_open_for_a_task_at_a_time(in_app, cast, taught):
    ask(cast, taught, 20)
    for days in (21, 3):
        with pytest.raises(AlreadyAsked):
            ask(cast, taught, days)
    assert ask(cast, taught, 20, node="t-later") is Outcome.ASKED


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_a_day_that_gives_nothing_or_too_much_is_refused(in_app, cast, taught, days):
    with pytest.raises(BadRequestForTime):
        ask(cast, taught, days)


def test_after_the_date_has_passed_the_day_must_be_to_come(in_app, cast, taught):
    with pytest.raises(BadRequestForTime):  # t-timed was due yesterday, so this is today
        ask(cast, taught, -1, node="t-timed")
    assert ask(cast, taught, 0, node="t-timed") is Outcome.GIVEN


def test_who_was_silent_for_months_can_still_ask(in_app, cast, taught):
    assert ask(cast, taught, 130, at=NOW + 120 * DAY) is Outcome.ASKED


def test_what_has_no_date_cannot_be_late(in_app, cast, taught):
    with pytest.raises(NothingToExtend):
        ask(cast, taught, 5, node="t-memo")


def test_what_is_not_open_cannot_be_asked_for(in_app, cast, taught):
    module = db.session.scalars(
        select(CalendarEntry).where(CalendarEntry.cohort_id == taught.cohort_key, CalendarEntry.node_id == "m1")
    ).one()
    with transaction():
        module.opens_at = None
    with pytest.raises(NoDateYet):
        ask(cast, taught, 5)


def test_a_closed_cohort_gives_no_time(in_app, cast, taught):
    with transaction():
        db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW
    with pytest.raises(CohortClosed):
        ask(cast, taught, 5)


def test_who_has_left_meanwhile_is_refused(in_app, cast, taught):
    person = load(cast.cedar)
    place = sittings.find_task_place(person, taught.tasks["t-quiz"])
    with transaction():
        enrolment_of(taught.enrolments["cedar"]).state = EnrolmentState.WITHDRAWN
    with pytest.raises(TakesPartNoMore), transaction():
        asking.ask(place, NewRequest(wanted_on=on(5)), by=person, at=NOW)


def test_the_reason_is_sealed_and_becomes_that_of_what_she_is_given(in_app, cast, taught):
    ask(cast, taught, 3, reason=" The line is cut. ")
    (request,), (row,) = asked(taught), allowances(taught)
    assert b"line" not in request.reason.box
    assert open_request_reason(load(cast.cedar), request.reason) == "The line is cut."
    assert open_reasons(load(cast.cedar), [row.reason]) == ["The line is cut."] and row.by_id == cast.cedar.id


def test_without_a_reason_none_is_kept(in_app, cast, taught):
    ask(cast, taught, 3, reason="  ")
    assert asked(taught)[0].reason is None and allowances(taught)[0].reason is None


def test_more_time_holds_at_once_for_what_is_open(in_app, cast, taught):
    attempt_id = begin(cast.cedar, taught.tasks["t-quiz"])
    ask(cast, taught, 6)
    attempt = attempt_of(attempt_id)
    assert attempt.due_at == DUE + 6 * DAY and attempt.closes_at == DUE + 9 * DAY
    at = DUE + 8 * DAY
    answer(cast.cedar, taught.tasks["t-quiz"], attempt_id, at=at, i_choice={"chosen": ["a"]})
    hand_in(cast.cedar, taught.tasks["t-quiz"], at=at)
    assert attempt_of(attempt_id).points == 100


def test_after_the_attempts_were_closed_a_new_one_can_begin(in_app, cast, taught):
    late = DUE + 5 * DAY  # four days after the date with its grace
    ask(cast, taught, 7, at=late)
    begin(cast.cedar, taught.tasks["t-quiz"], at=late + DAY)


def test_others_are_given_nothing(in_app, cast, taught):
    ask(cast, taught, 7)
    assert due_of(taught, name="nour") == DUE and asked(taught, "nour") == []


def test_a_request_can_be_taken_back_once_and_asked_anew(in_app, cast, taught):
    ask(cast, taught, 20)
    for _ in range(2):
        take_back(cast, taught)
    assert [request.state for request in asked(taught)] == [RequestState.WITHDRAWN]
    assert ask(cast, taught, 20) is Outcome.ASKED


def test_what_was_given_is_not_taken_back(in_app, cast, taught):
    ask(cast, taught, 7)
    take_back(cast, taught)
    assert asked(taught)[0].state is RequestState.GRANTED and due_of(taught) == DUE + 7 * DAY


# Deciding


def find(cast, taught, request=None, name="coordinator"):
    request = request or asked(taught)[-1]
    return requests.find_request(load(getattr(cast, name)), taught.cohort_id, request.public_id)


def decide(cast, taught, granted_on, *, sentence=None, at=NOW, seen=None):
    seen = seen or find(cast, taught)
    with transaction():
        return asking.decide(seen, Decision(granted_on=granted_on, answer=sentence), by=load(cast.coordinator), at=at)


def test_what_is_granted_holds_and_she_is_written_to(in_app, cast, taught):
    ask(cast, taught, 20, reason="A funeral.")
    decide(cast, taught, on(20), sentence=Answer.UNFINISHED)
    (request,), (row,) = asked(taught), allowances(taught)
    assert due_of(taught) == DUE + 20 * DAY
    assert (request.state, request.answer, request.by_id) == (
        RequestState.GRANTED, Answer.UNFINISHED, cast.coordinator.id,
    )  # fmt: skip
    assert open_reasons(load(cast.cedar), [row.reason]) == ["A funeral."]
    job = db.session.scalars(select(Job).where(Job.person_id == cast.cedar.id)).one()
    assert (job.payload["template"], job.payload["about"]) == ("something_new", "more time")
    assert job.cohort_id == taught.cohort_key
    notice = db.session.scalars(select(Notice)).one()
    assert (notice.template, notice.node_id) == ("more time", request.node_id)


def test_fewer_days_can_be_granted_and_no_more_than_were_asked(in_app, cast, taught):
    ask(cast, taught, 20)
    with pytest.raises(LongerThanAsked):
        decide(cast, taught, on(21))
    decide(cast, taught, on(10))
    assert due_of(taught) == DUE + 10 * DAY


def test_what_lost_its_date_meanwhile_can_only_be_refused(in_app, cast, taught):
    ask(cast, taught, 20)
    with transaction():
        entry = db.session.query(CalendarEntry).filter_by(cohort_id=taught.cohort_key, node_id=asked(taught)[0].node_id)
        entry.one().due_at = None
    with pytest.raises(NothingToExtend):
        decide(cast, taught, on(20))
    decide(cast, taught, None, sentence=Answer.CONTACT)


def test_a_refusal_gives_nothing_and_says_something(in_app, cast, taught):
    ask(cast, taught, 20)
    decide(cast, taught, None, sentence=Answer.CONTACT)
    assert due_of(taught) == DUE and asked(taught)[0].state is RequestState.REFUSED
    assert asked(taught)[0].answer is Answer.CONTACT and allowances(taught) == []


def test_a_day_that_is_over_is_not_granted(in_app, cast, taught):
    ask(cast, taught, 20)
    with pytest.raises(BadRequestForTime):
        decide(cast, taught, on(20), at=DUE + 20 * DAY)
    decide(cast, taught, None, at=DUE + 20 * DAY)


@pytest.mark.parametrize("second", [20, 10, None])
def test_of_two_coordinators_one_decides(in_app, cast, taught, second):
    ask(cast, taught, 20)
    page_of_other = find(cast, taught)
    decide(cast, taught, on(12))
    with pytest.raises(DecidedMeanwhile):
        decide(cast, taught, None if second is None else on(second), seen=page_of_other)
    assert due_of(taught) == DUE + 12 * DAY and len(allowances(taught)) == 1


def test_what_she_took_back_is_not_decided(in_app, cast, taught):
    ask(cast, taught, 20)
    seen = find(cast, taught)
    take_back(cast, taught)
    with pytest.raises(DecidedMeanwhile):
        decide(cast, taught, on(20), seen=seen)


def test_what_she_was_given_meanwhile_stays_and_is_not_given_twice(in_app, cast, taught):
    ask(cast, taught, 20)
    give(cast, taught, DUE + 30 * DAY)
    decide(cast, taught, on(20))
    assert due_of(taught) == DUE + 30 * DAY and len(allowances(taught)) == 1


def test_a_closed_cohort_decides_nothing(in_app, cast, taught):
    ask(cast, taught, 20)
    with transaction():
        db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW
    with pytest.raises(CohortClosed):
        decide(cast, taught, on(20))


def test_the_audit_holds_states_and_no_words(in_app, cast, taught):
    ask(cast, taught, 20, reason="Secret words.")
    decide(cast, taught, on(20))
    ask(cast, taught, 21)
    take_back(cast, taught)
    entries = db.session.scalars(select(Entry).where(Entry.act.like("assessments.time.%")).order_by(Entry.id)).all()
    assert [(entry.act.rsplit(".")[-1], entry.changes["state"]) for entry in entries] == [
        ("asked", [None, "open"]),
        ("decided", ["open", "granted"]),
        ("asked", [None, "open"]),
        ("withdrawn", ["open", "withdrawn"]),
    ]


# With what staff give


def give(cast, taught, due_at, *, known=0, node_id="t-quiz"):
    new = NewAllowance(node_id=node_id, extra_attempts=0, extra_minutes=0, due_at=due_at, reason="Agreed.", known=known)
    found = record.find_participant(load(cast.facilitator), taught.cohort_id, taught.enrolments["cedar"])
    with transaction():
        return allowing.give_allowance(found, new, by=load(cast.facilitator), at=NOW)


def test_a_form_of_staff_from_before_her_asking_is_refused(in_app, cast, taught):
    ask(cast, taught, 5)
    with pytest.raises(AllowedMeanwhile):
        give(cast, taught, DUE + 9 * DAY, known=0)
    give(cast, taught, DUE + 9 * DAY, known=1)
    assert due_of(taught) == DUE + 9 * DAY


def test_what_staff_gave_beyond_the_week_leaves_nothing_to_give_at_once(in_app, cast, taught):
    give(cast, taught, DUE + 10 * DAY)
    with pytest.raises(BadRequestForTime):
        ask(cast, taught, 7)
    assert ask(cast, taught, 12) is Outcome.ASKED


def test_a_date_for_all_tasks_counts_as_hers(in_app, cast, taught):
    give(cast, taught, DUE + 3 * DAY, node_id=None)
    with pytest.raises(BadRequestForTime):
        ask(cast, taught, 3)
    assert ask(cast, taught, 4) is Outcome.GIVEN


# Who may decide


@pytest.mark.parametrize(
    ("name", "lists"),
    [("coordinator", True), ("facilitator", False), ("cedar", False), ("nour", False), ("stranger", False)],
)
def test_coordinators_of_the_cohort_decide(in_app, cast, taught, name, lists):
    ask(cast, taught, 20)
    who = load(getattr(cast, name))
    assert allows(AssessmentPermission.SEE_REQUESTS, who, book.find_cohort(who, taught.cohort_id)) is lists
    assert allows(AssessmentPermission.DECIDE, who, find(cast, taught, name=name)) is lists


def test_nobody_decides_her_own_request_or_one_in_a_conflict_of_interest(in_app, cast, taught):
    ask(cast, taught, 20)
    with transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=enrolment.id, declared_at=NOW))
        cedar = db.session.get_one(Person, cast.cedar.id)
        persons.grant_role(cedar, Role.COORDINATOR, cohort_id=taught.cohort_key, by=None, at=NOW - DAY)
    for name in ("coordinator", "cedar"):
        who = load(getattr(cast, name))
        assert not allows(AssessmentPermission.DECIDE, who, find(cast, taught, name=name))
        (row,) = requests.waiting_of(who, find(cast, taught).cohort, number=1, language="en").rows
        assert row.is_hidden and row.reason == ""


def test_a_request_of_another_cohort_is_not_there(in_app, cast, taught):
    ask(cast, taught, 20)
    assert requests.find_request(load(cast.coordinator), cast.cohort_id, asked(taught)[0].public_id) is None
    assert requests.find_request(load(cast.coordinator), taught.cohort_id, new_id()) is None


def test_who_has_left_waits_no_more(in_app, cast, taught):
    ask(cast, taught, 20)
    cohort = find(cast, taught).cohort
    assert requests.waiting_of(load(cast.coordinator), cohort, number=1, language="en").total == 1
    with transaction():
        enrolment_of(taught.enrolments["cedar"]).state = EnrolmentState.DEFERRED
    assert requests.waiting_of(load(cast.coordinator), cohort, number=1, language="en").total == 0


# Her pages


def page_of(visitor, taught, node="t-quiz", **more):
    return visitor.get("asking.more_time", task_id=taught.tasks[node], **more)


def send(visitor, taught, days, *, node="t-quiz", expect=302, **more):
    data = {"wanted_on": on(days).isoformat(), "reason": "", **more}
    return visitor.post("asking.ask", task_id=taught.tasks[node], data=data, expect=expect)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_asks_for_a_day_and_no_reason(as_participant, taught, lang):
    page = page_of(as_participant, taught, lang=lang)
    assert page.fields["wanted_on"] == on(7).isoformat() and page.fields["reason"].strip() == ""
    assert f'max="{on(MOST_DAYS)}" min="{on(1)}"' in page.text


def test_the_task_leads_to_it_where_there_is_a_date(as_participant, cast, taught):
    address = f"/en/t/{taught.tasks['t-quiz']}/more-time"
    assert address in as_participant.get("tasks.task", task_id=taught.tasks["t-quiz"]).text
    assert "more-time" not in as_participant.get("tasks.task", task_id=taught.tasks["t-memo"]).text
    assert "more-time" in as_participant.get("tasks.task", task_id=cast.nodes["m1-memo"]).text


def test_she_asks_and_has_it_at_once(as_participant, taught):
    page = as_participant.get(send(as_participant, taught, 5).location)
    assert "You have more time" in page.words() and "Monday 19 April 2027, 14:00 (UTC+2)" in page.words()
    task = as_participant.get("tasks.task", task_id=taught.tasks["t-quiz"])
    assert "Monday 19 April 2027, 14:00 (UTC+2)" in task.words()
    assert "More time" not in as_participant.get("home.today").words()


def test_she_sees_that_it_is_asked_and_takes_it_back(as_participant, taught):
    page = as_participant.get(send(as_participant, taught, 30).location)
    assert "Asked, not decided yet" in page.words() and "wanted_on" not in page.fields
    assert "Asked for more time, not decided yet" in as_participant.get("home.today").words()
    answered = as_participant.post("asking.take_back", task_id=taught.tasks["t-quiz"])
    page = as_participant.get(answered.location)
    assert "You took the request back" in page.words() and "wanted_on" in page.fields


def test_she_reads_the_answer_on_today_and_on_the_tasks_page(app, as_participant, cast, taught):
    send(as_participant, taught, 30)
    in_context(app, lambda: decide(cast, taught, on(12), sentence=Answer.OTHER_WAY))
    today = as_participant.get("home.today").words()
    assert "More time was given" in today and "26 April" in today
    page = page_of(as_participant, taught).words()
    assert "Your coordinator gave you more time" in page and "another way can be found" in page
    assert "Monday 26 April 2027" in page


def test_a_refusal_is_told_with_what_still_holds(app, as_participant, cast, taught):
    send(as_participant, taught, 30)
    in_context(app, lambda: decide(cast, taught, None))
    assert "More time was not given" in as_participant.get("home.today").words()
    page = page_of(as_participant, taught).words()
    assert "did not give more time" in page and "never counts as nothing" in page


@pytest.mark.parametrize(
    ("days", "more", "expect", "words"),
    [
        (0, {}, 409, "Choose a day after 14 April 2027"),
        (1, {"wanted_on": ""}, 422, "Fill in this field."),
        (1, {"wanted_on": "soon"}, 422, "Fill in this field."),
        (1, {"reason": "x" * 2001}, 422, "Shorten this to 2000 characters."),
    ],
)
def test_what_cannot_be_sent_comes_back_filled_in(as_participant, taught, days, more, expect, words):
    page = send(as_participant, taught, days, expect=expect, **{"reason": "My words.", **more})
    assert words in page.words() and "Error:" in page.text
    assert page.fields["reason"].strip() == more.get("reason", "My words.")


def test_a_task_without_a_date_says_so(as_participant, taught):
    page = page_of(as_participant, taught, "t-memo")
    assert "cannot be late" in page.words() and "wanted_on" not in page.fields
    assert "This has no date" in send(as_participant, taught, 3, node="t-memo", expect=409).words()


def test_nobody_else_asks_for_her(app, cast, taught):
    for member in (cast.stranger, cast.facilitator):
        visitor = Visitor(app).signed_in(member)
        page_of(visitor, taught, expect=404)
        send(visitor, taught, 3, expect=404)


def test_a_question_in_a_lesson_has_no_such_page(as_participant, taught):
    page_of(as_participant, taught, "t-check", expect=404)


def test_a_locked_task_says_when_it_opens(as_participant, taught):
    assert "Not open yet" in page_of(as_participant, taught, "t-second", expect=403).words()


# The coordinators' page


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


def choose(app, taught, decision, **more):
    """What the form of the request sends, and where."""
    with app.app_context():
        request = asked(taught)[-1]
        prefix = f"r{request.public_id.hex}-"
        fields = {"decision": decision, "granted_on": "", "answer": "", **more}
        return request.public_id, {prefix + name: value for name, value in fields.items()}


def send_decision(app, visitor, taught, decision, *, expect=302, **more):
    request_id, data = choose(app, taught, decision, **more)
    return visitor.post("asking.decide", cohort_id=taught.cohort_id, request_id=request_id, data=data, expect=expect)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_says_who_asks_for_what_and_why(app, as_coordinator, cast, taught, lang):
    in_context(app, lambda: ask(cast, taught, 20, reason="لدي سبب", name="nour"))
    page = as_coordinator.get("asking.waiting", cohort_id=taught.cohort_id, lang=lang)
    assert "نور" in page.words() and "لدي سبب" in page.words()
    assert "Kanaria" not in page.text and "kanaria" not in page.text


def test_granting_refusing_and_fewer_days_from_the_page(app, as_coordinator, as_participant, cast, taught):
    for days, decision, more, words, due in (
        (20, "shorter", {"granted_on": on(10).isoformat(), "answer": "contact"}, "Granted.", DUE + 10 * DAY),
        (25, "refuse", {}, "Refused.", DUE + 10 * DAY),
        (30, "whole", {"answer": "unfinished"}, "Granted.", DUE + 30 * DAY),
    ):
        send(as_participant, taught, days)
        page = as_coordinator.get(send_decision(app, as_coordinator, taught, decision, **more).location)
        assert words in page.words() and "No request waits." in page.words()
        assert in_context(app, due_of, taught) == due


@pytest.mark.parametrize(
    ("decision", "more", "words"),
    [
        ("", {}, "Choose one of these."),
        ("shorter", {}, "Enter the last day that you grant."),
        ("shorter", {"granted_on": "2027-99-99"}, "Enter the last day that you grant."),
    ],
)
def test_a_decision_that_says_too_little_comes_back(app, as_coordinator, cast, taught, decision, more, words):
    in_context(app, lambda: ask(cast, taught, 20))
    page = send_decision(app, as_coordinator, taught, decision, expect=422, **more)
    assert words in page.words() and "Error:" in page.text


def test_more_than_she_asked_for_is_refused_with_the_day(app, as_coordinator, cast, taught):
    in_context(app, lambda: ask(cast, taught, 20))
    page = send_decision(app, as_coordinator, taught, "shorter", expect=409, granted_on=on(21).isoformat())
    assert "She asked until 4 May 2027." in page.words()


def test_who_decides_second_is_told(app, as_coordinator, cast, taught):
    in_context(app, lambda: ask(cast, taught, 20))
    request_id, data = choose(app, taught, "refuse")
    in_context(app, lambda: decide(cast, taught, on(20)))
    page = as_coordinator.post(
        "asking.decide", cohort_id=taught.cohort_id, request_id=request_id, data=data, expect=409
    )
    assert "This request was decided already." in page.words()


def test_facilitators_and_strangers_see_no_requests(app, cast, taught):
    in_context(app, lambda: ask(cast, taught, 20))
    for member in (cast.facilitator, cast.cedar, cast.stranger):
        visitor = Visitor(app).signed_in(member)
        visitor.get("asking.waiting", cohort_id=taught.cohort_id, expect=404)
        send_decision(app, visitor, taught, "refuse", expect=404)


def test_the_list_of_requests_stays_within_its_statements(app, as_coordinator, cast, taught, statements):
    for name in ("cedar", "nour", "olivier"):
        in_context(app, ask, cast, taught, 20, name=name)
    as_coordinator.get("asking.waiting", cohort_id=taught.cohort_id)
    with statements() as seen:
        as_coordinator.get("asking.waiting", cohort_id=taught.cohort_id)
    assert len(seen) <= 4, seen


# What she was given stands wherever a date of hers does


def test_her_own_date_stands_in_the_outline_today_and_results(app, as_participant, cast, taught):
    in_context(app, lambda: give(cast, taught, DUE + 9 * DAY))
    for endpoint, more in (
        ("modules.outline", {"course_id": taught.cohort_id}),
        ("home.today", {}),
        ("results.own", {}),
    ):
        assert "23 April" in as_participant.get(endpoint, **more).words(), endpoint


def test_what_another_was_given_changes_nothing_of_hers(app, as_participant, cast, taught):
    with app.app_context(), transaction():
        row = AllowanceRow(
            enrolment_id=enrolment_of(taught.enrolments["nour"]).id, node_id=None, extra_attempts=0,
            extra_minutes=0, due_at=DUE + 40 * DAY, by_id=None, given_at=NOW,
        )  # fmt: skip
        db.session.add(row)
    for endpoint, more in (("modules.outline", {"course_id": taught.cohort_id}), ("results.own", {})):
        assert "24 May" not in as_participant.get(endpoint, **more).words()


def test_staff_see_that_she_asked_for_it_herself(app, as_coordinator, cast, taught):
    in_context(app, lambda: ask(cast, taught, 3))
    page = as_coordinator.get(
        "results.participant", cohort_id=taught.cohort_id, enrolment_id=taught.enrolments["cedar"]
    )
    assert "at her own request" in page.words()


def test_a_request_goes_with_its_place(in_app, cast, taught):
    ask(cast, taught, 20)
    with transaction():
        db.session.delete(enrolment_of(taught.enrolments["cedar"]))
    assert db.session.query(TimeRequest).count() == 0
