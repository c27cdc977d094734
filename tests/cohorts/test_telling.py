from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.accounts.models import Person
from lms.assessments.services import ledger
from lms.audit.models import Entry
from lms.cohorts.errors import CohortClosed, NobodyMeant
from lms.cohorts.models import Cohort, Enrolment, Group, Notice, TellingRow
from lms.cohorts.queries import desk, messages
from lms.cohorts.queries.desk import find_desk
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.telling import OF_AN_ACT, Audience, Circle, News, Subject, Telling
from lms.cohorts.services import telling
from lms.cohorts.services.telling import Sending, ToTell
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.messaging.models import Job
from lms.modules.models import Progress
from tests.cast import DAY, NOW

EVERYBODY = Audience(circle=Circle.UNDER_WAY)
SILENT = Subject(news=News.SILENT)


@pytest.fixture
def cohort(in_app, cast):
    return find_desk(None, cast.cohort_id).cohort


@pytest.fixture
def rania(in_app, cast):
    return db.session.get_one(Person, cast.coordinator.id)


def enrolment(cast, name):
    return db.session.scalars(select(Enrolment).where(Enrolment.person_id == getattr(cast, name).id)).one()


def send(cohort, rania, subject=SILENT, audience=EVERYBODY, operation=None, at=NOW):
    sending = Sending(subject=subject, audience=audience, operation=operation or new_id())
    told = telling.send(cohort.id, sending, by=rania, at=at)
    db.session.flush()
    return told


def notices():
    rows = db.session.execute(
        select(Enrolment.alias, Notice.template).join(Notice).order_by(Enrolment.alias, Notice.id)
    )
    return [tuple(row) for row in rows]


def letters():
    return [
        (job.person_id, job.payload["template"], job.payload["about"])
        for job in db.session.scalars(select(Job).order_by(Job.id.desc()))
    ]


def test_everybody_who_takes_part_gets_a_notice_and_a_message(cohort, rania, cast):
    assert send(cohort, rania) == 4
    assert notices() == [(alias, "silent") for alias in ("Cedar", "Nour", "Olivier", "Paused")]
    who = [cast.cedar.id, cast.nour.id, cast.olivier.id, cast.paused.id]
    assert letters() == [(person, "something_new", "silent") for person in who]
    assert {job.cohort_id for job in db.session.scalars(select(Job))} == {cohort.id}


def test_a_sending_is_audited_by_number_and_without_what_it_said(cohort, rania):
    send(cohort, rania)
    entry = db.session.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    assert (entry.act, entry.by_id, entry.on_id) == ("cohorts.notice.told", rania.id, cohort.id)
    assert entry.changes == {"people": [None, 4]}


def test_the_same_form_twice_is_one_sending(cohort, rania):
    operation = new_id()
    assert [send(cohort, rania, operation=operation) for _ in range(2)] == [4, 0]
    assert len(notices()) == len(letters()) == 4


def test_a_form_sent_again_after_she_put_the_notice_away_brings_nothing_back(cohort, rania, cast):
    operation = new_id()
    send(cohort, rania, operation=operation)
    for notice in db.session.scalars(select(Notice)):
        telling.put_away(notice)
    assert send(cohort, rania, operation=operation) == 0 and notices() == []


def test_the_same_news_again_takes_the_place_of_the_old(cohort, rania, cast):
    for days in range(2):
        send(cohort, rania, audience=Audience(circle=Circle.ONE, alias="Cedar"), at=NOW + days * DAY)
    send(cohort, rania, Subject(news=News.CALENDAR), Audience(circle=Circle.ONE, alias="Cedar"))
    assert notices() == [("Cedar", "silent"), ("Cedar", "calendar")]
    assert db.session.scalars(select(Notice).order_by(Notice.id)).first().at == NOW + DAY


def test_news_of_two_modules_stand_beside_each_other(cohort, rania):
    for node in ("m1", "m2"):
        send(cohort, rania, Subject(news=News.MODULE, node_id=node), Audience(circle=Circle.ONE, alias="Cedar"))
    assert notices() == [("Cedar", "module")] * 2


def still_to_come(cast, name, *, released_at):
    """Somebody who has not set up her place. released_at: when two people decided that she is written to."""
    place = enrolment(cast, name)
    place.agreed_at, place.released_at = None, released_at
    db.session.flush()
    return place


def test_who_has_not_come_yet_is_reminded_of_her_code(cohort, rania, cast):
    still_to_come(cast, "nour", released_at=NOW - DAY)
    assert send(cohort, rania, audience=Audience(circle=Circle.NOT_COME)) == 1
    assert letters() == [(cast.nour.id, "still_waiting", "silent")]
    assert send(cohort, rania) == 3  # and she is not among those who take part


@pytest.mark.parametrize(
    "audience", [Audience(circle=Circle.NOT_COME), Audience(circle=Circle.ONE, alias="Nour")], ids=["not come", "one"]
)
def test_nothing_goes_to_somebody_of_whom_two_people_have_not_decided(cohort, rania, cast, audience):
    still_to_come(cast, "nour", released_at=None)
    assert messages.recipients(cohort, audience, at=NOW) == []
    with pytest.raises(NobodyMeant):
        send(cohort, rania, audience=audience)
    assert letters() == notices() == []


def test_one_who_was_released_is_written_to_by_her_alias(cohort, rania, cast):
    still_to_come(cast, "nour", released_at=NOW - DAY)
    assert send(cohort, rania, audience=Audience(circle=Circle.ONE, alias="Nour")) == 1
    assert letters() == [(cast.nour.id, "still_waiting", "silent")]


def test_whoever_asks_nobody_is_told_before_two_people_decided(cohort, rania, cast):
    news = Telling(subject=SILENT, mark="a")
    people = [still_to_come(cast, "nour", released_at=None), enrolment(cast, "cedar")]
    to = [ToTell(enrolment=one, tellings=[news], calendar="b") for one in people]
    assert telling.tell(cohort.id, to, by=rania, at=NOW) == 1
    telling.tell_of_act(people, Subject(news=News.RELEASED), at=NOW)
    db.session.flush()
    assert {person for person, *_ in letters()} == {cast.cedar.id} and {alias for alias, _ in notices()} == {"Cedar"}
    assert {row.enrolment_id for row in db.session.scalars(select(TellingRow))} == {enrolment(cast, "cedar").id}


def test_a_near_date_says_so_in_its_subject(cohort, rania, cast):
    send(cohort, rania, Subject(news=News.DATE_NEAR, node_id="m1-quiz"), Audience(circle=Circle.ONE, alias="Cedar"))
    assert letters() == [(cast.cedar.id, "date_near", "date near")]


def test_one_group_is_told(cohort, rania, cast):
    group = Group(public_id=new_id(), cohort_id=cohort.id, number=2)
    db.session.add(group)
    db.session.flush()
    enrolment(cast, "cedar").group_id = group.id
    db.session.flush()
    assert messages.groups_with_people(cohort) == [2]
    assert send(cohort, rania, audience=Audience(circle=Circle.GROUP, group=2)) == 1
    with pytest.raises(NobodyMeant):
        send(cohort, rania, audience=Audience(circle=Circle.GROUP, group=1))


@pytest.mark.parametrize(
    ("state", "takes_part", "has_finished", "as_one"),
    [
        (EnrolmentState.ACTIVE, True, False, True),
        (EnrolmentState.PAUSED, True, False, True),
        (EnrolmentState.COMPLETED, False, True, True),
        (EnrolmentState.PARTICIPATED, False, True, True),
        (EnrolmentState.DEFERRED, False, False, False),
        (EnrolmentState.WITHDRAWN, False, False, False),
    ],
)
def test_who_is_meant_by_state(cohort, cast, state, takes_part, has_finished, as_one):
    enrolment(cast, "cedar").state = state
    db.session.flush()

    def is_meant(circle, **more):
        found = messages.recipients(cohort, Audience(circle=circle, **more), at=NOW)
        return "Cedar" in [one.enrolment.alias for one in found]

    assert is_meant(Circle.UNDER_WAY) is takes_part
    assert is_meant(Circle.DONE) is has_finished
    assert is_meant(Circle.ONE, alias="Cedar") is as_one


def test_who_left_no_trace_for_seven_days_is_asked_whether_all_is_well(cohort, rania, cast):
    for name, days in (("cedar", 30), ("nour", 30), ("olivier", 30), ("paused", 30)):
        enrolment(cast, name).agreed_at = enrolment(cast, name).since_at = NOW - days * DAY
    db.session.add(Progress(enrolment_id=enrolment(cast, "nour").id, node_id="m1-words", read_at=NOW + DAY))
    ledger.count_anew(desk.cohort_for_update(cohort.id))
    silent = Audience(circle=Circle.SILENT)
    with pytest.raises(NobodyMeant):
        send(cohort, rania, audience=silent)  # the first module opened five days ago
    assert send(cohort, rania, audience=silent, at=NOW + 4 * DAY) == 2
    assert notices() == [("Cedar", "silent"), ("Olivier", "silent")]


def test_an_alias_of_another_cohort_means_nobody(cohort, rania):
    with pytest.raises(NobodyMeant):
        send(cohort, rania, audience=Audience(circle=Circle.ONE, alias="Basalt"))


def test_a_closed_cohort_is_told_nothing(cohort, rania):
    cohort.closed_at = NOW
    db.session.flush()
    with pytest.raises(CohortClosed):
        send(cohort, rania)


def test_it_is_known_who_gets_an_e_mail(cohort, cast):
    db.session.get_one(Person, cast.cedar.id).contact_kind = None
    db.session.flush()
    found = {one.enrolment.alias: one.gets_mail for one in messages.recipients(cohort, EVERYBODY, at=NOW)}
    assert found == {"Cedar": False, "Nour": True, "Olivier": True, "Paused": True}


def test_several_news_at_once_are_one_message(cohort, cast):
    news = [
        Telling(subject=Subject(news=News.DATE_NEAR, node_id="m1-quiz"), mark="a"),
        Telling(subject=Subject(news=News.MODULE, node_id="m2"), mark="b"),
    ]
    assert telling.tell(cohort.id, [ToTell(enrolment=enrolment(cast, "cedar"), tellings=news)], by=None, at=NOW) == 1
    assert notices() == [("Cedar", "date near"), ("Cedar", "module")]
    assert letters() == [(cast.cedar.id, "date_near", "date near")]


def test_what_she_was_told_is_not_told_again(cohort, cast):
    news = Telling(subject=SILENT, mark="a")
    to = [ToTell(enrolment=enrolment(cast, "cedar"), tellings=[news])]
    assert [telling.tell(cohort.id, to, by=None, at=NOW) for _ in range(2)] == [1, 0]


def test_the_calendar_is_learnt_without_a_word(cohort, cast):
    to = ToTell(enrolment=enrolment(cast, "cedar"), calendar="a")
    assert telling.tell(cohort.id, [to], by=None, at=NOW) == 0
    later = ToTell(enrolment=enrolment(cast, "cedar"), calendar="b")
    telling.tell(cohort.id, [later], by=None, at=NOW + DAY)
    rows = db.session.scalars(select(TellingRow)).all()
    assert [(row.mark, row.said, row.at) for row in rows] == [("calendar", "b", NOW + DAY)]
    assert notices() == letters() == []


def test_what_an_act_did_is_told_without_a_mark_and_without_an_entry_of_its_own(cohort, cast):
    of_a_task = Subject(news=News.MORE_TIME, node_id="m1-quiz")
    for _ in range(2):  # two acts: the notice takes the place of the old one
        telling.tell_of_act([enrolment(cast, "nour"), enrolment(cast, "cedar")], of_a_task, at=NOW)
    assert notices() == [("Cedar", "more time"), ("Nour", "more time")]
    assert letters() == [(one.id, "something_new", "more time") for one in (cast.nour, cast.cedar)] * 2
    assert db.session.scalars(select(TellingRow)).all() == []
    assert not db.session.scalars(select(Entry).where(Entry.act == "cohorts.notice.told")).all()
    telling.take_back(enrolment(cast, "nour"), of_a_task)
    assert notices() == [("Cedar", "more time")]


def test_telling_of_an_act_asks_as_little_of_four_as_of_one(cohort, cast, statements):
    people = [enrolment(cast, name) for name in ("cedar", "nour", "olivier", "paused")]
    with statements() as seen:
        telling.tell_of_act(people, Subject(news=News.RELEASED), at=NOW)
        db.session.flush()
    assert len([statement for statement in seen if not statement.startswith("INSERT")]) <= 1, seen


def test_what_comes_with_an_act_is_not_chosen_from_a_list(cohort):
    offered = {one.news for one in messages.course_of(cohort).subjects(at=NOW)}
    assert News.RELEASED in offered and not offered & OF_AN_ACT


def test_telling_a_cohort_asks_little_however_many_it_tells(cohort, rania, statements):
    with statements() as seen:
        send(cohort, rania)
    assert len([statement for statement in seen if not statement.startswith("INSERT")]) <= 6


def test_only_her_own_notices_are_hers(cohort, rania, cast):
    send(cohort, rania, audience=Audience(circle=Circle.ONE, alias="Cedar"))
    notice = db.session.scalars(select(Notice)).one()
    cedar, nour = (db.session.get_one(Person, getattr(cast, name).id) for name in ("cedar", "nour"))
    assert [one.notice.id for one in messages.notices_of(cedar)] == [notice.id]
    assert messages.notices_of(nour) == []
    assert messages.find_own_notice(cedar, notice.public_id) is notice
    assert messages.find_own_notice(nour, notice.public_id) is None


@pytest.mark.parametrize("state", [EnrolmentState.DEFERRED, EnrolmentState.WITHDRAWN])
def test_who_has_left_reads_no_notices(cohort, rania, cast, state):
    send(cohort, rania)
    enrolment(cast, "cedar").state = state
    db.session.flush()
    assert messages.notices_of(db.session.get_one(Person, cast.cedar.id)) == []


def test_dates_that_have_passed_are_not_offered(cohort):
    course = messages.course_of(cohort)
    offered = {str(one) for one in course.subjects(at=NOW)}
    assert {"module:m2", "date near:m1-quiz", "date near:m1-memo", "silent"} <= offered
    assert not {"module:m1", "module:m3", "date near:m1-practice", "date near:m1-words-check"} & offered
    later = {str(one) for one in course.subjects(at=NOW + 3 * DAY)}
    assert later == offered - {"module:m2", "date near:m1-quiz", "date near:m1-timed", "date near:m1-memo"}


def test_messages_are_listed_newest_first_and_by_alias(cohort, rania, cast):
    send(cohort, rania)
    send(cohort, rania, Subject(news=News.CALENDAR), Audience(circle=Circle.ONE, alias="Nour"), at=NOW + DAY)
    page = messages.messages_of(cohort, number=1)
    assert [row.alias for row in page.rows] == ["Nour", "Cedar", "Nour", "Olivier", "Paused"]
    assert (page.total, page.pages, page.rows[0].about) == (5, 1, "calendar")


def test_25_messages_a_page(cohort, rania):
    for _ in range(7):
        send(cohort, rania)
    pages = [messages.messages_of(cohort, number=number) for number in (1, 2, 3, 0)]
    assert [(len(page.rows), page.number) for page in pages] == [(25, 1), (3, 2), (3, 2), (25, 1)]


def test_a_cohorts_list_holds_no_message_of_another(cohort, rania, cast):
    send(cohort, rania)
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    assert messages.messages_of(other, number=1).total == 0


def test_only_those_that_were_given_up_may_be_asked_for(cohort, rania):
    send(cohort, rania)
    job = db.session.scalars(select(Job).order_by(Job.id).limit(1)).one()
    job.done_at, job.fault, job.tries = NOW + timedelta(hours=9), "OSError", 10
    db.session.flush()
    (row,) = messages.messages_of(cohort, number=1, only_given_up=True).rows
    assert (row.alias, row.state, row.tries) == ("Paused", "given up", 10)
