"""Two people at the same moment, really beside one another: each act has one outcome, on both databases."""

from collections import Counter
from uuid import UUID

import pytest

from lms.accounts.models import Invitation, Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, credentials, persons
from lms.cohorts.models import Enrolment, Origin, Upload
from lms.cohorts.queries import sendings
from lms.cohorts.rules.sending import Answer
from lms.cohorts.rules.uploads import UploadState
from lms.cohorts.services import enrolling, inviting, moving, staffing, uploading
from lms.cohorts.services.enrolling import Settling
from lms.cohorts.services.staffing import NewStaff
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from tests.at_once import apart, at_once
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.cohorts.lists import as_csv, bring, cohort_of, coordinator_of, make_room, paper, row, take_over

COLLEAGUE = NewStaff(
    shown_name="Hoda", language="ar", zone="Asia/Aden", role=Role.FACILITATOR, email=None, operation=UUID(int=1)
)
LONG = "seven words that nobody would ever guess"
NUMBERS = ("River", "Lake", "Hill", "Field", "Stone", "Rain", "Wind", "Cloud")


class School:
    """An application with a database of its own, in which threads really meet."""

    def __init__(self, app, cast):
        self.app, self.cast = app, cast
        with app.app_context(), transaction():
            for name in ("stranger", "other_cohort"):
                person = db.session.get_one(Person, getattr(cast, name).id)
                persons.grant_role(person, Role.SAFETY, cohort_id=None, by=None, at=NOW - DAY)

    def at_once(self, *acts):
        """Do all of them at the same moment; what each came to: the name of its refusal, or `done`."""

        def after_meeting(act):
            def whole(meet):
                meet()
                act()

            return whole

        outcomes = at_once(self.app, *map(after_meeting, acts))
        return Counter("done" if outcome is None else outcome.__name__ for outcome in outcomes)

    def invited(self, *rows):
        """People whose invitations went out, and their codes."""
        with self.app.app_context():
            take_over(self.cast, *rows)
            sending = self.ask()
            self.answer(sending, self.cast.stranger)()
            return [codes.code_of(invitation) for invitation in db.session.query(Invitation).order_by(Invitation.id)]

    def ask(self):
        many = sendings.counts_of(cohort_of(self.cast), at=NOW).to_send
        with transaction():
            return inviting.ask_to_send(cohort_of(self.cast), seen=many, by=coordinator_of(self.cast), at=NOW).id

    def answer(self, sending, member, word=Answer.CONFIRMED):
        def act():
            with transaction():
                by = db.session.get_one(Person, member.id)
                inviting.answer_sending(cohort_of(self.cast), sending, word, by=by, at=NOW)

        return act


@pytest.fixture(params=["sqlite", "postgresql"])
def school(request, tmp_path, worker):
    with apart(request.param, tmp_path, worker) as (app, cast):
        yield School(app, cast)


def test_an_invitation_used_twice_at_the_same_moment_opens_one_account(school):
    (code,) = school.invited(row(1))

    def use(login):
        def act():
            with transaction():
                codes.use_invitation(code, credentials.make_credentials(login, LONG), at=NOW)

        return act

    assert school.at_once(*(use(f"river{number}") for number in range(4))) == {"done": 1, "InvitationUsed": 3}
    with school.app.app_context():
        assert db.session.query(Invitation).filter(Invitation.used_at.is_not(None)).count() == 1


def test_two_browsers_that_send_one_code_at_once_get_one_account_and_one_sentence(school):
    (code,) = school.invited(row(1))
    statuses = []

    def browser(login):
        def act():
            choice = {"code": code, "login": login, "passphrase": LONG, "again": LONG}
            visitor = Visitor(school.app)
            answer = visitor.client.post("/en/enrol/accept", data={"csrf_token": visitor.token(), **choice})
            statuses.append((answer.status_code, "This invitation has been used." in answer.text))

        return act

    school.at_once(browser("river"), browser("lake"))
    assert sorted(statuses) == [(302, False), (409, True)]


def test_two_who_confirm_at_once_send_once(school):
    with school.app.app_context():
        take_over(school.cast, *(row(number) for number in range(8)))
        sending = school.ask()
    acts = [school.answer(sending, member) for member in (school.cast.stranger, school.cast.other_cohort)]
    assert school.at_once(*acts) == {"done": 1, "SendingOver": 1}
    with school.app.app_context():
        assert Counter(job.person_id for job in db.session.query(Job)).most_common(1)[0][1] == 1
        assert db.session.query(Job).count() == 8


def test_confirmed_and_refused_at_once_one_of_both_holds(school):
    with school.app.app_context():
        take_over(school.cast, row(1))
        sending = school.ask()
    outcomes = school.at_once(
        school.answer(sending, school.cast.stranger), school.answer(sending, school.cast.coordinator, Answer.REFUSED)
    )
    assert outcomes == {"done": 1, "SendingOver": 1}
    with school.app.app_context():
        released = db.session.query(Enrolment).filter(Enrolment.released_at.is_not(None)).count()
        assert db.session.query(Job).count() == released


def test_two_who_ask_at_once_ask_once(school):
    with school.app.app_context():
        take_over(school.cast, row(1))
    assert school.at_once(school.ask, school.ask) == {"done": 1, "SendingWaits": 1}


def test_a_list_confirmed_twice_at_once_is_taken_over_once(school):
    with school.app.app_context():
        upload = bring(school.cast, as_csv(*(row(number) for number in range(9)))).id

    def act():
        with transaction():
            uploading.confirm_list(upload, by=coordinator_of(school.cast), at=NOW)

    assert school.at_once(act, act, act) == {"done": 1, "UploadOver": 2}
    with school.app.app_context():
        assert db.session.query(Origin).count() == 9


@pytest.mark.parametrize("many", [2, 4])
def test_of_lists_confirmed_at_once_one_is_taken_over_and_drops_the_others(school, many):
    with school.app.app_context():
        lists = [bring(school.cast, as_csv(*(row(number) for number in range(9)))).id for _ in range(many)]

    def confirm(upload):
        def act():
            with transaction():
                uploading.confirm_list(upload, by=coordinator_of(school.cast), at=NOW)

        return act

    assert school.at_once(*map(confirm, lists)) == {"done": 1, "UploadOver": many - 1}
    with school.app.app_context():
        assert db.session.query(Origin).count() == 9
        states = Counter(upload.state for upload in db.session.query(Upload))
        assert states == {UploadState.DONE: 1, UploadState.REPLACED: many - 1}


def test_confirming_dropping_and_working_at_once_never_wait_in_a_circle(school):
    with school.app.app_context():
        make_room(school.cast, 400)
        long = take_over(school.cast, *(row(1_000 + number) for number in range(120))).id
        lists = [bring(school.cast, as_csv(paper(number))).id for number in range(3)]

    def act(service, upload):
        def whole():
            with transaction():
                service(upload, by=coordinator_of(school.cast), at=NOW)

        return whole

    def work():
        is_left = True
        while is_left:
            with transaction():
                is_left = uploading.take_over(long, at=NOW)

    confirmed = [act(uploading.confirm_list, upload) for upload in (lists[2], lists[0], long)]
    outcomes = school.at_once(*confirmed, act(uploading.drop_list, lists[1]), work)
    assert set(outcomes) == {"done", "UploadOver"} and outcomes.total() == 5
    with school.app.app_context():
        assert db.session.query(Upload).filter_by(state=UploadState.DONE).count() == 2
        assert db.session.query(Origin).count() == 121


def test_two_workers_at_one_list_take_it_over_once(school):
    with school.app.app_context():
        make_room(school.cast, 300)
        upload = take_over(school.cast, *(row(number) for number in range(120))).id

    def work():
        is_left = True
        while is_left:
            with transaction():
                is_left = uploading.take_over(upload, at=NOW)

    assert school.at_once(work, work) == {"done": 2}
    with school.app.app_context():
        assert db.session.query(Origin).count() == 120
        assert db.session.get_one(Upload, upload).state is UploadState.DONE


def test_two_who_choose_one_name_at_once_do_not_both_bear_it(school):
    invited = school.invited(row(1), row(2))
    with school.app.app_context():
        places = []
        for number, code in enumerate(invited):
            with transaction():
                person = codes.use_invitation(code, credentials.make_credentials(f"river{number}", LONG), at=NOW)
            places.append((db.session.query(Enrolment).filter_by(person_id=person.id).one().id, person.id))

    def settle(place, person, name):
        def act():
            with transaction():
                chosen = Settling(name=name, is_own=True, course_language="en")
                enrolling.settle(place, chosen, by=db.session.get_one(Person, person), at=NOW)

        return act

    acts = [settle(*place, name) for place, name in zip(places, ("Night River", "night-river"), strict=True)]
    assert school.at_once(*acts) == {"done": 1, "AliasTaken": 1}


def test_a_place_set_up_twice_at_once_is_set_up_once(school):
    (code,) = school.invited(row(1))
    with school.app.app_context():
        with transaction():
            person = codes.use_invitation(code, credentials.make_credentials("river", LONG), at=NOW)
        place, number = db.session.query(Enrolment).filter_by(person_id=person.id).one().id, person.id

    def act():
        with transaction():
            chosen = Settling(name="Night River", is_own=True, course_language="en")
            enrolling.settle(place, chosen, by=db.session.get_one(Person, number), at=NOW)

    assert school.at_once(act, act) == {"done": 1, "SettledAlready": 1}


def test_a_code_renewed_while_it_is_used_leaves_no_second_way_in(school):
    (code,) = school.invited(row(1))
    with school.app.app_context():
        enrolment = db.session.query(Enrolment).join(Origin, Origin.enrolment_id == Enrolment.id).one().id

    def use():
        with transaction():
            codes.use_invitation(code, credentials.make_credentials("river", LONG), at=NOW)

    def renew():
        with transaction():
            inviting.renew_invitation(enrolment, by=coordinator_of(school.cast), at=NOW)

    outcomes = school.at_once(use, renew)
    with school.app.app_context():
        is_open = db.session.query(Invitation).filter(Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        has_account = (
            db.session.get_one(Person, db.session.get_one(Enrolment, enrolment).person_id).login_index is not None
        )
        assert has_account is (is_open.count() == 0) and outcomes["done"] == (2 if has_account else 1)


def test_another_code_for_a_colleague_who_uses_hers_just_now_leaves_no_second_way_in(school):
    with school.app.app_context():
        with transaction():
            by = coordinator_of(school.cast)
            invited = staffing.invite_staff(school.cast.cohort_key, COLLEAGUE, by=by, at=NOW)
        code, number, public_id = invited.code, invited.person.id, invited.person.public_id

    def use():
        with transaction():
            codes.use_invitation(code, credentials.make_credentials("hoda", LONG), at=NOW)

    def renew():
        with transaction():
            staffing.new_code(school.cast.cohort_key, public_id, by=coordinator_of(school.cast), at=NOW)

    outcomes = school.at_once(use, renew)
    with school.app.app_context():
        is_open = db.session.query(Invitation).filter(Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        has_account = db.session.get_one(Person, number).login_index is not None
        assert has_account is (is_open.count() == 0) and outcomes["done"] == 1


def test_newcomers_and_coordinators_never_wait_for_each_other_in_a_circle(school):
    invited = school.invited(*(row(number) for number in range(12)))
    with school.app.app_context():
        places = []
        for number, code in enumerate(invited):
            with transaction():
                person = codes.use_invitation(code, credentials.make_credentials(f"river{number}", LONG), at=NOW)
            places.append((db.session.query(Enrolment).filter_by(person_id=person.id).one().id, person.id))
        facilitator = coordinator_of(school.cast).id

    def settle(place, person, number):
        def act():
            with transaction():
                chosen = Settling(name=f"Night {NUMBERS[number]}", is_own=True, course_language="en")
                enrolling.settle(place, chosen, by=db.session.get_one(Person, person), at=NOW)

        return act

    def group():
        for _ in range(4):
            with transaction():
                moving.make_groups(cohort_of(school.cast).id, [facilitator], by=coordinator_of(school.cast), at=NOW)

    def ask():
        with transaction():
            inviting.ask_to_send(cohort_of(school.cast), seen=0, by=coordinator_of(school.cast), at=NOW)

    def renew(place):
        def act():
            with transaction():
                inviting.renew_invitation(place, by=coordinator_of(school.cast), at=NOW)

        return act

    come = [settle(*place, number) for number, place in enumerate(places[:8])]
    outcomes = school.at_once(*come, group, group, ask, *(renew(place) for place, _ in places[8:]))
    assert outcomes == {"done": 14, "NobodyToInvite": 1}
    with school.app.app_context():
        assert db.session.query(Enrolment).filter(Enrolment.alias.startswith("Night ")).count() == 8
