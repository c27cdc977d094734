"""Sending invitations: two people, codes by e-mail and on paper, and what becomes of one invitation."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts import jobs as accounts_jobs
from lms.accounts.errors import InvitationExpired, InvitationUnknown
from lms.accounts.models import Invitation, Person
from lms.accounts.queries import open_invitations
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, credentials, persons
from lms.audit.models import Entry
from lms.cohorts import jobs
from lms.cohorts.errors import (
    CohortClosed,
    HasCome,
    MoveNotAllowed,
    NobodyToInvite,
    NotReleased,
    OwnSending,
    RoleTooNew,
    SecondPersonNeeded,
    SeenOtherwise,
    SendingOver,
    SendingWaits,
)
from lms.cohorts.models import Cohort, Enrolment, Origin, Sending
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import sendings
from lms.cohorts.queries.sendings import InvitationStanding, find_sending, waiting_for_second
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.sending import LASTS, Answer
from lms.cohorts.rules.uploads import AT_ONCE
from lms.cohorts.services import inviting
from lms.courses.rules import Naming
from lms.kernel.db import db, transaction
from lms.kernel.ids import read_code
from lms.kernel.policy import allows
from lms.messaging import jobs as worker
from lms.messaging.errors import Undeliverable
from lms.messaging.models import Job
from lms.messaging.rules import MessageState
from tests.cast import CANARY, DAY, HOUR, NOW
from tests.client import Visitor
from tests.cohorts.lists import cohort_of, coordinator_of, make_room, paper, row, take_over

LANGUAGES = ("en", "fr", "ar")
LONG = "seven words that nobody would ever guess"
PAGE, SENDING = "invitations.invitations", "invitations.sending"


def person_of(member):
    """As a request has her: with her roles."""
    query = select(Person).where(Person.id == member.id).options(selectinload(Person.roles))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def appoint(member, role, cohort_key=None):
    with transaction():
        persons.grant_role(db.session.get_one(Person, member.id), role, cohort_id=cohort_key, by=None, at=NOW - 8 * DAY)


def newcomers():
    return db.session.query(Enrolment).join(Origin, Origin.enrolment_id == Enrolment.id).order_by(Enrolment.id).all()


def ask(cast, *, seen=None, at=NOW, by=None):
    many = sendings.counts_of(cohort_of(cast), at=at).to_send if seen is None else seen
    with transaction():
        return inviting.ask_to_send(cohort_of(cast), seen=many, by=by or coordinator_of(cast), at=at)


def answer(cast, sending, member, word=Answer.CONFIRMED, *, at=NOW):
    with transaction():
        by = db.session.get_one(Person, member.id)
        return inviting.answer_sending(cohort_of(cast), sending.id, word, by=by, at=at)


def send(cast, *rows, at=NOW):
    """From a list to invitations that went out; the facilitator is made the second coordinator."""
    take_over(cast, *rows, at=at)
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    return answer(cast, ask(cast, at=at), cast.facilitator, at=at)


def messages():
    return [(job.person_id, job.payload["template"]) for job in db.session.query(Job).order_by(Job.id)]


def lines(cast, at=NOW):
    waiting = sendings.waiting_in(cohort_of(cast), at=at)
    return sendings.lines_of(cohort_of(cast), waiting.sending if waiting else None, at=at)


def standings(cast, at=NOW):
    return [line.standing for line in lines(cast, at)]


# Asking


def test_with_one_holder_alone_nothing_is_asked(in_app, cast):
    take_over(cast, row(1))
    with pytest.raises(SecondPersonNeeded) as refused:
        ask(cast)
    assert str(refused.value).startswith("Nobody else can confirm yet.")
    assert str(refused.value).endswith("Nothing was sent.")


@pytest.mark.parametrize(
    ("role", "in_cohort"),
    [
        (Role.COORDINATOR, True),
        (Role.SAFETY, True),
        (Role.SAFETY, False),
        (Role.ADMIN, False),
        (Role.PANEL, True),
        (Role.COORDINATOR, False),
    ],
)
def test_each_of_these_may_be_the_second_person(in_app, cast, role, in_cohort):
    take_over(cast, row(1))
    appoint(cast.stranger, role, cast.cohort_key if in_cohort else None)
    place = find_sending(person_of(cast.stranger), cast.cohort_id, ask(cast).public_id)
    assert allows(CohortPermission.ANSWER, person_of(cast.stranger), place)
    assert [one.sending.id for one in waiting_for_second(person_of(cast.stranger), at=NOW)] == [place.sending.id]
    assert waiting_for_second(person_of(cast.coordinator), at=NOW) == []


@pytest.mark.parametrize("role", [role for role in Role if role not in inviting.sendings.SECOND_ROLES])
def test_nobody_else_may_be_the_second_person(in_app, cast, role):
    take_over(cast, row(1))
    appoint(cast.stranger, role, cast.cohort_key)
    with pytest.raises(SecondPersonNeeded):
        ask(cast)
    appoint(cast.nour, Role.ADMIN)
    place = find_sending(person_of(cast.stranger), cast.cohort_id, ask(cast).public_id)
    assert not allows(CohortPermission.ANSWER, person_of(cast.stranger), place)
    assert waiting_for_second(person_of(cast.stranger), at=NOW) == []


def test_a_coordinator_of_another_cohort_is_no_second_person(in_app, cast):
    take_over(cast, row(1))
    other = db.session.query(Cohort).filter_by(public_id=cast.other_cohort_id).one()
    appoint(cast.stranger, Role.COORDINATOR, other.id)
    with pytest.raises(SecondPersonNeeded):
        ask(cast)


def test_who_cannot_sign_in_or_whose_role_has_ended_is_no_second_person(in_app, cast):
    take_over(cast, row(1))
    for name, values in (
        ("stranger", {"disabled_at": NOW}),
        ("nour", {"login_index": None, "passphrase_hash": None}),
    ):
        appoint(getattr(cast, name), Role.SAFETY)
        with transaction():
            for field, value in values.items():
                setattr(db.session.get_one(Person, getattr(cast, name).id), field, value)
    appoint(cast.olivier, Role.SAFETY)
    with transaction():
        person_of(cast.olivier).roles[0].until_at = NOW
    with pytest.raises(SecondPersonNeeded):
        ask(cast)


def test_asking_is_about_those_who_were_there(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1), row(2))
    sending = ask(cast)
    take_over(cast, row(3))
    assert sending.people == 2
    assert standings(cast).count(InvitationStanding.ASKED) == 2
    answer(cast, sending, cast.stranger)
    assert standings(cast).count(InvitationStanding.OPEN) == 2
    assert [one.released_at for one in newcomers()] == [NOW, NOW, None]


def test_another_number_than_the_page_showed_is_told(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1))
    with pytest.raises(SeenOtherwise):
        ask(cast, seen=2)


def test_one_question_at_a_time_and_none_about_nobody(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    with pytest.raises(NobodyToInvite):
        ask(cast)
    take_over(cast, row(1))
    ask(cast)
    with pytest.raises(SendingWaits):
        ask(cast)


def test_in_a_closed_cohort_nothing_is_asked_or_answered(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1))
    sending = ask(cast)
    with transaction():
        cohort_of(cast).closed_at = NOW
    with pytest.raises(CohortClosed):
        answer(cast, sending, cast.stranger)
    with pytest.raises(CohortClosed):
        ask(cast)


# Answering


def test_who_asked_cannot_confirm(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1))
    with pytest.raises(OwnSending):
        answer(cast, ask(cast), cast.coordinator)
    assert messages() == [] and newcomers()[0].released_at is None


def test_after_a_day_without_an_answer_it_lapses_and_can_be_asked_again(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1))
    sending = ask(cast)
    with pytest.raises(SendingOver):
        answer(cast, sending, cast.stranger, at=NOW + LASTS)
    assert waiting_for_second(person_of(cast.stranger), at=NOW + LASTS) == []
    again = ask(cast, at=NOW + LASTS)
    answer(cast, again, cast.stranger, at=NOW + LASTS)
    assert newcomers()[0].released_at == NOW + LASTS


@pytest.mark.parametrize("name", ["stranger", "coordinator"])
def test_refused_or_taken_back_nothing_goes_out_and_it_can_be_asked_again(in_app, cast, name):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1))
    sending = answer(cast, ask(cast), getattr(cast, name), Answer.REFUSED)
    assert (sending.answer, messages()) == (Answer.REFUSED, [])
    assert standings(cast) == [InvitationStanding.NOT_SENT]
    answer(cast, ask(cast), cast.stranger)
    assert standings(cast) == [InvitationStanding.OPEN]


def test_a_second_answer_is_told_and_does_nothing(in_app, cast):
    sending = send(cast, row(1))
    for word in Answer:
        with pytest.raises(SendingOver):
            answer(cast, sending, cast.facilitator, word)
    assert len(messages()) == 1


def test_confirmed_each_gets_her_own_way(in_app, cast):
    """By e-mail, on paper, by telephone, and who has an account and no place set up yet."""
    phone = row(3, contact="+211 912 345 678", contact_kind="phone")
    take_over(cast, row(1), paper(2), phone, row(4))
    by_email, on_paper, by_phone, known = newcomers()
    with transaction():
        code = db.session.query(Invitation).filter_by(person_id=known.person_id).one()
        codes.use_invitation(codes.code_of(code), credentials.make_credentials("river", LONG), at=NOW)
        db.session.query(Job).filter_by(kind="message").delete()
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    answer(cast, ask(cast), cast.facilitator)
    assert messages() == [(by_email.person_id, "invitation"), (known.person_id, "something_new")]
    assert all(job.cohort_id == cast.cohort_key for job in db.session.query(Job))
    assert {one.released_at for one in newcomers()} == {NOW}
    people = [one.person_id for one in (by_email, on_paper, by_phone, known)]
    assert set(open_invitations(people, at=NOW)) == set(people[:3])


def test_no_code_stands_in_the_outbox_or_the_audit(in_app, cast):
    send(cast, row(1))
    code = read_code(codes.code_of(db.session.query(Invitation).one()))
    for table in (Job, Entry):
        for one in db.session.query(table):
            assert code not in str(vars(one)) and code.replace("-", "") not in str(vars(one))


def test_a_code_is_open_for_two_weeks_from_the_day_it_goes_out(in_app, cast):
    take_over(cast, row(1))
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    late = NOW + 10 * DAY
    answer(cast, ask(cast, at=late), cast.facilitator, at=late)
    (line,) = lines(cast, late)
    assert (line.standing, line.until) == (InvitationStanding.OPEN, late + 14 * DAY)


def test_a_code_that_expired_before_it_went_out_is_made_anew(in_app, cast):
    take_over(cast, row(1))
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    late = NOW + 20 * DAY
    accounts_jobs.sweep({}, late)
    answer(cast, ask(cast, at=late), cast.facilitator, at=late)
    assert lines(cast, late)[0].until == late + 14 * DAY
    assert db.session.query(Invitation).count() == 1


def test_who_let_her_code_expire_can_be_asked_for_again(in_app, cast):
    send(cast, row(1))
    late = NOW + 14 * DAY
    assert standings(cast, late) == [InvitationStanding.EXPIRED]
    answer(cast, ask(cast, at=late), cast.facilitator, at=late)
    assert standings(cast, late) == [InvitationStanding.OPEN]
    assert len(messages()) == 2


def test_who_left_between_asking_and_answering_gets_nothing(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1), row(2))
    sending = ask(cast)
    with transaction():
        newcomers()[0].state = EnrolmentState.WITHDRAWN
    answer(cast, sending, cast.stranger)
    assert [one.released_at for one in newcomers()] == [None, NOW] and len(messages()) == 1


def test_many_go_out_by_the_worker_and_each_once(in_app, cast):
    make_room(cast, 400)
    many = AT_ONCE + 30
    take_over(cast, *(row(number) for number in range(many)))
    jobs.take_over({"upload": db.session.query(Job).one().payload["upload"]}, NOW)
    with transaction():
        db.session.query(Job).delete()
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    sending = answer(cast, ask(cast), cast.facilitator)
    (job,) = db.session.query(Job).all()
    assert (job.kind, job.payload, sendings.released_of(sending)) == (jobs.SEND, {"sending": sending.id}, 0)
    for _ in range(2):
        jobs.send(job.payload, NOW - HOUR)  # by a machine whose clock is behind
    written = [one.person_id for one in db.session.query(Job) if one.kind == "message"]
    assert len(set(written)) == len(written) == many == sendings.released_of(sending)


def test_of_many_nobody_is_invited_into_a_cohort_that_was_closed_meanwhile(in_app, cast):
    make_room(cast, 400)
    take_over(cast, *(row(number) for number in range(AT_ONCE + 1)))
    jobs.take_over({"upload": db.session.query(Job).one().payload["upload"]}, NOW)
    appoint(cast.facilitator, Role.COORDINATOR, cast.cohort_key)
    sending = answer(cast, ask(cast), cast.facilitator)
    with transaction():
        cohort_of(cast).closed_at = NOW
    jobs.send({"sending": sending.id}, NOW)
    assert sendings.released_of(sending) == 0 and db.session.query(Job).filter_by(kind="message").count() == 0


def test_sending_something_that_is_gone_is_no_fault(in_app):
    jobs.send({"sending": 987_654}, NOW)


# The e-mail


@pytest.fixture
def mail(in_app):
    folder = in_app.extensions["settings"].data_dir / "mail"
    for file in folder.glob("*"):
        file.unlink()
    yield folder
    for file in folder.glob("*"):
        file.unlink()


def delivered(mail):
    return [message_from_bytes(file.read_bytes(), policy=default) for file in sorted(mail.glob("*.eml"))]


TOPIC = ("ceasefire", "course", "cohort", "women", "madar legal", "kanaria l", "number1", "cessez", "cours ", "دورة")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_e_mail_brings_the_code_and_names_nothing(in_app, cast, mail, lang):
    send(cast, row(1, interface_language=lang))
    worker.run_due(in_app)
    (message,) = delivered(mail)
    text = message.get_content()
    code = codes.code_of(db.session.query(Invitation).one())
    assert code in text and f"/{lang}/enrol" in text
    assert message["To"].addresses[0].addr_spec == "number1@kanaria.example"
    assert message["Subject"] and code not in message["Subject"] and code not in text[:120]
    assert not any(word in f"{message['Subject']} {text}".lower() for word in TOPIC)
    assert newcomers()[0].alias.lower() not in text.lower()
    assert len(message.as_bytes()) < 2_500 and message.get_content_type() == "text/plain"
    if lang == "en":
        assert message["Subject"] == "You have a new message" and "until Tuesday 27 April 2027, 14:00 (UTC+2)" in text


def test_the_code_that_is_sent_is_the_one_that_is_open_then(in_app, cast, mail):
    send(cast, row(1))
    enrolment = newcomers()[0]
    with transaction():
        inviting.renew_invitation(enrolment.id, by=coordinator_of(cast), at=NOW)
    worker.run_due(in_app)
    newest = codes.code_of(open_invitations([enrolment.person_id], at=NOW)[enrolment.person_id])
    assert [newest in message.get_content() for message in delivered(mail)] == [True, True]


@pytest.mark.parametrize("what", ["used", "withdrawn", "expired", "no seed"])
def test_no_e_mail_leaves_with_a_code_that_opens_nothing(in_app, cast, mail, what):
    send(cast, row(1))
    (enrolment,), at = newcomers(), NOW
    with transaction():
        invitation = db.session.query(Invitation).one()
        if what == "used":
            codes.use_invitation(codes.code_of(invitation), credentials.make_credentials("river", LONG), at=NOW)
        elif what == "withdrawn":
            codes.withdraw_invitations(enrolment.person_id, at=NOW)
        elif what == "no seed":
            invitation.seed = None
        else:
            at = NOW + 15 * DAY
    with pytest.raises(Undeliverable):
        accounts_jobs.deliver({"person": enrolment.person_id, "template": "invitation", "key": "k"}, at)
    assert delivered(mail) == []


def test_the_page_tells_what_became_of_the_e_mail(in_app, cast, mail):
    send(cast, row(1), paper(2))
    assert {line.has_email: line.message for line in lines(cast)} == {True: MessageState.WAITING, False: None}
    worker.run_due(in_app)
    assert {line.has_email: line.message for line in lines(cast)} == {True: MessageState.SENT, False: None}


# One invitation


def renew(cast, enrolment, at=NOW):
    with transaction():
        return inviting.renew_invitation(enrolment.id, by=coordinator_of(cast), at=at)


def withdraw(cast, enrolment, at=NOW):
    with transaction():
        return inviting.withdraw_invitation(enrolment.id, by=coordinator_of(cast), at=at)


def test_sent_again_the_old_code_is_dead(in_app, cast):
    send(cast, row(1))
    (enrolment,) = newcomers()
    old = codes.code_of(db.session.query(Invitation).one())
    renew(cast, enrolment, NOW + DAY)
    with pytest.raises(InvitationExpired):
        codes.look_at_code(old, at=NOW + DAY)
    assert lines(cast, NOW + DAY)[0].until == NOW + 15 * DAY
    assert messages() == [(enrolment.person_id, "invitation")] * 2


def test_a_first_invitation_is_not_sent_by_one_person(in_app, cast):
    take_over(cast, row(1))
    with pytest.raises(NotReleased):
        renew(cast, newcomers()[0])
    assert messages() == []


def test_who_signs_in_already_gets_no_code_by_sending_again(in_app, cast):
    """Otherwise one coordinator alone could take an account over."""
    send(cast, row(1))
    (hers,) = newcomers()
    with transaction():
        codes.use_invitation(
            codes.code_of(db.session.query(Invitation).one()), credentials.make_credentials("river", LONG), at=NOW
        )
    renew(cast, hers)
    assert open_invitations([hers.person_id], at=NOW) == {}
    assert messages()[-1] == (hers.person_id, "something_new")


def test_taken_back_it_opens_nothing_and_sending_it_again_takes_two(in_app, cast):
    send(cast, row(1))
    (enrolment,) = newcomers()
    code = codes.code_of(db.session.query(Invitation).one())
    for _ in range(2):
        withdraw(cast, enrolment)
    with pytest.raises(InvitationExpired):
        codes.look_at_code(code, at=NOW)
    assert standings(cast) == [InvitationStanding.NOT_SENT] and enrolment.state is EnrolmentState.ACTIVE
    with pytest.raises(NotReleased):
        renew(cast, enrolment)
    acts = [entry.act for entry in db.session.query(Entry) if entry.act == "cohorts.invitation.withdrawn"]
    assert len(acts) == 1
    answer(cast, ask(cast), cast.facilitator)
    assert standings(cast) == [InvitationStanding.OPEN]


def test_taken_back_while_it_waits_it_does_not_go_out(in_app, cast):
    appoint(cast.stranger, Role.SAFETY)
    take_over(cast, row(1), row(2))
    sending = ask(cast)
    withdraw(cast, newcomers()[0])
    answer(cast, sending, cast.stranger)
    assert [one.released_at for one in newcomers()] == [None, NOW]


def test_who_has_come_or_left_has_no_invitation_any_more(in_app, cast):
    send(cast, row(1), row(2))
    come, left = newcomers()
    with transaction():
        come.agreed_at, left.state = NOW, EnrolmentState.DEFERRED
    for act in (renew, withdraw):
        with pytest.raises(HasCome):
            act(cast, come)
        with pytest.raises(MoveNotAllowed):
            act(cast, left)
    assert lines(cast) == []


def test_a_code_is_of_no_use_to_who_holds_seed_or_key_alone(in_app, cast):
    """The seed stands in the database; the key does not (docs/decisions/0017)."""
    send(cast, row(1))
    invitation = db.session.query(Invitation).one()
    code = codes.code_of(invitation)
    assert code.encode() not in invitation.seed and invitation.seed not in code.encode()
    before = in_app.extensions["settings"]
    in_app.extensions["settings"] = replace(before, login_pepper="another")
    try:
        assert codes.code_of(invitation) != code
        with pytest.raises(InvitationUnknown):
            codes.look_at_code(codes.code_of(invitation), at=NOW)
    finally:
        in_app.extensions["settings"] = before


# Sheets


def sheets(cast, **more):
    with transaction():
        return inviting.print_sheets(cohort_of(cast), by=coordinator_of(cast), at=NOW, **more)


def test_sheets_are_for_those_whose_invitation_went_out_and_each_is_noted(in_app, cast):
    send(cast, row(1), paper(2))
    take_over(cast, row(4))
    printed = sheets(cast)
    assert sorted(sheet.alias for sheet in printed) == sorted(one.alias for one in newcomers()[:2])
    noted = [entry for entry in db.session.query(Entry) if entry.act == "cohorts.invitation.printed"]
    assert {entry.on_id for entry in noted} == {one.id for one in newcomers()[:2]}
    assert {entry.by_id for entry in noted} == {cast.coordinator.id}
    assert sheets(cast) == printed, "the same sheet again"


def test_a_sheet_opens_the_account_of_its_person(in_app, cast):
    send(cast, paper(1), paper(2))
    for sheet in sheets(cast):
        with transaction():
            person = codes.use_invitation(
                sheet.code, credentials.make_credentials(f"login {sheet.alias}", LONG), at=NOW
            )
        enrolment = next(one for one in newcomers() if one.alias == sheet.alias)
        assert person.id == enrolment.person_id
    assert sheets(cast) == []


# Pages


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def as_second(app, cast):
    with app.app_context():
        appoint(cast.stranger, Role.ADMIN)
    return Visitor(app).signed_in(cast.stranger)


def prepare(app, act, *arguments):
    with app.app_context():
        return act(*arguments)


def asked(app, cast, *rows):
    """A question that waits, by its addresses."""
    prepare(app, take_over, cast, *rows)
    with app.app_context():
        return {"cohort_id": cast.cohort_id, "sending_id": ask(cast).public_id}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_shows_aliases_and_states_in_every_language(app, as_coordinator, cast, lang):
    prepare(app, send, cast, row(1), paper(2))
    prepare(app, take_over, cast, row(3))
    page = as_coordinator.get(PAGE, cohort_id=cast.cohort_id, lang=lang)
    assert CANARY not in page.text and "kanaria.example" not in page.text
    with app.app_context():
        assert all(one.alias in page.words() for one in newcomers())
    if lang == "en":
        words = page.words()
        assert "3 people have still to come." in words and "Ask to send 1 invitation" in words
        assert words.count("Code open until Tuesday 27 April 2027") == 2 and "Not sent" in words


def test_from_asking_to_confirmed_over_the_pages(app, as_coordinator, as_second, cast):
    prepare(app, take_over, cast, row(1), row(2))
    page = as_coordinator.get(PAGE, cohort_id=cast.cohort_id)
    answer_ = as_coordinator.post("invitations.ask", cohort_id=cast.cohort_id, data={"seen": page.fields["seen"]})
    words = as_coordinator.get(answer_.location).words()
    assert "2 invitations wait for a second person." in words and "Withdraw the request" in words
    assert "Asked by Coordinator Lapses on Wednesday 14 April 2027, 12:00" in words
    today = as_second.get("home.today")
    assert "A second person is needed" in today.words() and "2 invitations are to be sent." in today.words()
    assert "Confirm or refuse before Wednesday 14 April 2027, 12:00" in today.words()
    address = next(part for part in today.text.split('"') if "/sending/" in part)
    page = as_second.get(address)
    assert "Send 2 invitations?" in page.words() and "Asked by Coordinator" in page.words()
    with app.app_context():
        assert not any(one.alias in page.text for one in newcomers()), "who confirms sees numbers alone"
    done = as_second.get(as_second.post(f"{address}/confirm").location).words()
    assert "Confirmed. 2 of 2 have gone out." in done
    assert "A second person is needed" not in as_second.get("home.today").words()
    assert "Every invitation has gone out." in as_coordinator.get(PAGE, cohort_id=cast.cohort_id).words()


def test_who_asked_sees_no_button_to_confirm_and_is_told_when_she_tries(app, as_coordinator, as_second, cast):
    at = asked(app, cast, row(1))
    assert "Confirm and send" not in as_coordinator.get(SENDING, **at).words()
    page = as_coordinator.post("invitations.confirm", expect=409, **at)
    assert "You asked for this yourself, so somebody else confirms it. Nothing was sent." in page.words()
    as_coordinator.post("invitations.refuse", **at)
    assert "Refused or taken back. Nothing was sent." in as_second.get(SENDING, **at).words()
    page = as_second.post("invitations.confirm", expect=409, **at)
    assert "This was answered already" in page.words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_with_one_holder_the_page_says_so_instead_of_offering_to_ask(app, as_coordinator, cast, lang):
    prepare(app, take_over, cast, row(1))
    page = as_coordinator.get(PAGE, cohort_id=cast.cohort_id, lang=lang)
    assert "/invitations/ask" not in page.text
    refused = as_coordinator.post("invitations.ask", cohort_id=cast.cohort_id, data={"seen": "1"}, expect=409)
    if lang == "en":
        told = (
            "Nobody else can confirm yet. A second coordinator of this cohort can confirm one week after she was added."
        )
        assert told in page.words() and "ask the operator to appoint a coordinator for the whole site." in page.words()
        assert "Nothing was sent." not in page.words() and "Ask to send" not in page.words()
        assert "for the whole site. Nothing was sent." in refused.words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_was_added_this_week_is_told_before_she_asks(app, as_second, cast, lang):
    prepare(app, take_over, cast, row(1))
    with app.app_context(), transaction():
        newcomer = db.session.get_one(Person, cast.facilitator.id)
        persons.grant_role(newcomer, Role.COORDINATOR, cohort_id=cast.cohort_key, by=None, at=NOW - 6 * DAY)
    page = Visitor(app).signed_in(cast.facilitator).get(PAGE, cohort_id=cast.cohort_id, lang=lang)
    assert "/invitations/ask" not in page.text
    if lang == "en":
        assert "You have had your role in this cohort for less than a week." in page.words()


def test_with_nobody_to_invite_nobody_is_said_to_be_missing(as_coordinator, cast):
    words = as_coordinator.get(PAGE, cohort_id=cast.cohort_id).words()
    assert "Nobody else can confirm yet." not in words and "Every invitation has gone out." in words


@pytest.mark.parametrize("seen", ["", "x", "2", "9" * 30])
def test_another_number_asks_to_look_again(app, as_coordinator, as_second, cast, seen):
    prepare(app, take_over, cast, row(1))
    page = as_coordinator.post("invitations.ask", cohort_id=cast.cohort_id, data={"seen": seen}, expect=409)
    assert "The number of people changed while your page was open." in page.words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_state_of_a_question_is_drawn(app, as_second, cast, clock, lang):
    at = asked(app, cast, row(1))
    as_second.get(SENDING, lang=lang, **at)
    clock.at = NOW + LASTS
    page = as_second.signed_in(cast.stranger).get(SENDING, lang=lang, **at)
    assert lang != "en" or "Nobody answered within 24 hours, so nothing was sent." in page.words()
    clock.at = NOW
    as_second.post("invitations.confirm", **at)
    page = as_second.get(SENDING, lang=lang, **at)
    assert "Refresh" not in page.headers


def test_a_long_sending_tells_how_far_it_is(app, as_coordinator, as_second, cast):
    prepare(app, make_room, cast, 200)
    with app.app_context():
        take_over(cast, *(row(number) for number in range(AT_ONCE)))
        take_over(cast, *(row(1_000 + number) for number in range(5)))
        at = {"cohort_id": cast.cohort_id, "sending_id": ask(cast).public_id}
    as_second.post("invitations.confirm", **at)
    page = as_second.get(SENDING, **at)
    assert "Confirmed. 0 of 55 have gone out." in page.words() and page.headers["Refresh"] == "5"
    with app.app_context():
        jobs.send({"sending": db.session.query(Sending).one().id}, NOW)
    page = as_second.get(SENDING, **at)
    assert "Confirmed. 55 of 55 have gone out." in page.words() and "Refresh" not in page.headers


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger", "other_cohort"])
def test_nobody_else_sees_or_does_any_of_it(app, cast, name):
    with app.app_context():
        appoint(cast.paused, Role.SAFETY)
        take_over(cast, row(1))
        at = {"cohort_id": cast.cohort_id, "sending_id": ask(cast).public_id}
        hers = {"cohort_id": cast.cohort_id, "enrolment_id": newcomers()[0].public_id}
    visitor = Visitor(app).signed_in(getattr(cast, name))
    visitor.get(PAGE, cohort_id=cast.cohort_id, expect=404)
    visitor.get(SENDING, expect=404, **at)
    for endpoint in ("invitations.ask", "invitations.sheets"):
        visitor.post(endpoint, cohort_id=cast.cohort_id, expect=404)
    for endpoint in ("invitations.confirm", "invitations.refuse"):
        visitor.post(endpoint, expect=404, **at)
    for endpoint in ("invitations.renew", "invitations.withdraw", "invitations.sheet"):
        visitor.post(endpoint, expect=404, **hers)


def test_a_second_person_who_is_no_coordinator_sees_the_question_alone(app, as_second, cast):
    at = asked(app, cast, row(1))
    as_second.get(SENDING, **at)
    as_second.get(PAGE, cohort_id=cast.cohort_id, expect=404)
    as_second.get(SENDING, expect=404, **{**at, "sending_id": uuid4()})
    as_second.get(SENDING, expect=404, **{**at, "cohort_id": cast.other_cohort_id})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheets_are_in_the_language_of_whoever_is_given_them(app, as_coordinator, cast, lang):
    prepare(app, send, cast, *(paper(n, interface_language=code) for n, code in enumerate(LANGUAGES)))
    page = as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, expect=200, lang=lang)
    assert page.text.count('class="card leaf"') == 3
    for code, direction in (("en", "ltr"), ("fr", "ltr"), ("ar", "rtl")):
        assert f'lang="{code}" dir="{direction}"' in page.text and f"/{code}/enrol" in page.text
    assert CANARY not in page.text and "Women and ceasefires" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with app.app_context():
        for invitation in db.session.query(Invitation):
            assert f'<span class="code ltr">{codes.code_of(invitation)}</span>' in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sheet_of_a_course_with_names_calls_her_nothing(app, as_coordinator, cast, lang):
    prepare(app, send, cast, paper(1))
    with app.app_context(), transaction():
        alias = newcomers()[0].alias
    at = {"cohort_id": cast.cohort_id, "expect": 200, "lang": lang}
    leaf = re.compile(r'<section class="card leaf".*?</section>', re.S)
    assert alias in leaf.search(as_coordinator.post("invitations.sheets", **at).text)[0]
    with app.app_context(), transaction():
        cohort_of(cast).naming = Naming.NAMED
    assert alias not in leaf.search(as_coordinator.post("invitations.sheets", **at).text)[0]


STRIP = "For the coordinator: cut off before handing over Your own code for her:"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sheet_has_a_strip_with_the_coordinators_own_code(app, as_coordinator, cast, lang):
    given = {"setting_code": "KA-7", "organisation": "Kanaria House", "remark": "Mornings"}
    prepare(app, send, cast, paper(1, interface_language="ar", **given), paper(2))
    page = as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, expect=200, lang=lang)
    direction = "rtl" if lang == "ar" else "ltr"
    assert page.text.count(f'<p class="cutoff" lang="{lang}" dir="{direction}">') == 1
    assert page.text.count("KA-7") == 1 and "Kanaria House" not in page.text and "Mornings" not in page.text
    assert lang != "en" or f"{STRIP} KA-7" in page.words()
    with app.app_context():
        hers = {"cohort_id": cast.cohort_id, "enrolment_id": newcomers()[0].public_id}
    assert as_coordinator.post("invitations.sheet", expect=200, **hers).text.count("KA-7") == 1


def test_the_own_code_stands_in_no_list_and_on_nobody_elses_page(app, as_coordinator, as_second, cast):
    with app.app_context():
        send(cast, paper(1, setting_code="KA-7"))
        code = codes.code_of(db.session.query(Invitation).one())
        take_over(cast, paper(2, setting_code="KA-8"))
        at = {"cohort_id": cast.cohort_id, "sending_id": ask(cast).public_id}
        hers = {"cohort_id": cast.cohort_id, "enrolment_id": newcomers()[0].public_id}
    pages = [
        as_coordinator.get(PAGE, cohort_id=cast.cohort_id),
        as_coordinator.get("desk.participants", cohort_id=cast.cohort_id),
        as_coordinator.get("uploads.upload", cohort_id=cast.cohort_id),
        as_second.get(SENDING, **at),
        as_second.get("home.today"),
        Visitor(app).post("accounts.enrol_code", data={"code": code}, expect=200),
    ]
    assert not any(word in page.text for page in pages for word in ("KA-7", "KA-8"))
    as_second.post("invitations.sheet", expect=404, **hers)


def test_the_statements_of_sheets_do_not_grow_with_their_people(app, as_coordinator, cast, statements):
    prepare(app, make_room, cast, 100)
    counted = []
    for start, many in ((0, 2), (1_000, 18)):
        prepare(app, send, cast, *(paper(start + number, setting_code=f"K{number}") for number in range(many)))
        with statements() as seen:
            as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, expect=200)
        counted.append(len([statement for statement in seen if not statement.startswith("INSERT")]))
    assert counted[0] == counted[1]


def test_a_page_with_codes_is_not_compressed(app, as_coordinator, cast):
    prepare(app, send, cast, paper(1))
    sent = {"csrf_token": as_coordinator.token()}
    answer_ = as_coordinator.client.post(
        f"/en/cohort/{cast.cohort_id}/invitations/sheets", data=sent, headers={"Accept-Encoding": "br"}
    )
    assert answer_.status_code == 200 and "Content-Encoding" not in answer_.headers


def test_sheets_come_some_at_a_time(app, as_coordinator, cast):
    prepare(app, make_room, cast, 60)
    prepare(app, send, cast, *(paper(number) for number in range(30)))
    first = as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, expect=200)
    assert first.text.count('class="card leaf"') == 25 and "Show the next sheets" in first.words()
    rest = as_coordinator.post(
        "invitations.sheets", cohort_id=cast.cohort_id, data={"after": first.fields["after"]}, expect=200
    )
    assert rest.text.count('class="card leaf"') == 5 and "Show the next sheets" not in rest.words()
    as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, data={"after": "\0"}, expect=200)


def test_without_open_codes_there_are_no_sheets(app, as_coordinator, cast):
    prepare(app, take_over, cast, row(1))
    page = as_coordinator.post("invitations.sheets", cohort_id=cast.cohort_id, expect=200)
    assert "There is nobody with an open code." in page.words()


def test_one_invitation_is_sent_again_printed_and_taken_back_from_the_list(app, as_coordinator, cast):
    with app.app_context():
        send(cast, row(1))
        hers = {"cohort_id": cast.cohort_id, "enrolment_id": newcomers()[0].public_id}
    answer_ = as_coordinator.post("invitations.renew", data={"list": "1"}, **hers)
    assert "A new code was made. The one before opens nothing any more." in as_coordinator.get(answer_.location).words()
    page = as_coordinator.post("invitations.sheet", expect=200, **hers)
    assert page.text.count('class="card leaf"') == 1
    answer_ = as_coordinator.post("invitations.withdraw", data={"list": "1"}, **hers)
    assert "The invitation was taken back. Her place stays." in as_coordinator.get(answer_.location).words()
    page = as_coordinator.post("invitations.renew", data={"list": "1"}, expect=409, **hers)
    assert "This invitation was not sent before." in page.words()


def test_the_list_comes_twenty_five_to_a_page(app, as_coordinator, cast):
    prepare(app, make_room, cast, 60)
    prepare(app, take_over, cast, *(paper(number) for number in range(30)))
    page = as_coordinator.get(PAGE, cohort_id=cast.cohort_id)
    assert page.text.count("<tr>") == 26
    with app.app_context():
        last = sorted(one.alias for one in newcomers())[24]
    page = as_coordinator.get(PAGE, cohort_id=cast.cohort_id, after=last)
    assert page.text.count("<tr>") == 6 and "First page" in page.words()
    as_coordinator.get(PAGE, cohort_id=cast.cohort_id, after="\0")


def test_the_pages_stay_within_their_statements(app, as_coordinator, as_second, cast, statements):
    prepare(app, make_room, cast, 100)
    at = asked(app, cast, *(row(number) for number in range(40)))
    for visitor, endpoint, arguments, most in (
        (as_coordinator, PAGE, {"cohort_id": cast.cohort_id}, 7),
        (as_second, SENDING, at, 2),
    ):
        visitor.get(endpoint, **arguments)
        with statements() as seen:
            visitor.get(endpoint, **arguments)
        assert len(seen) <= most, f"{endpoint}: {len(seen)} statements"


def test_confirming_fifty_asks_no_more_often_than_confirming_ten(app, as_second, cast, statements):
    prepare(app, make_room, cast, 100)
    counted = []
    for start, many in ((0, 10), (1_000, 50)):
        at = asked(app, cast, *(row(start + number) for number in range(many)))
        with statements() as seen:
            as_second.post("invitations.confirm", **at)
        counted.append(len([statement for statement in seen if not statement.startswith("INSERT")]))
    assert counted[1] == counted[0], "only the rows that are written grow in number"


@pytest.mark.parametrize("days", [0, 6])
def test_who_got_her_role_in_the_cohort_this_week_is_none_of_the_two(in_app, cast, days):
    """Whoever took one account over could make herself a second one."""
    take_over(cast, row(1))
    with transaction():
        persons.grant_role(
            person_of(cast.facilitator), Role.COORDINATOR, cohort_id=cast.cohort_key, by=None, at=NOW - days * DAY
        )
    with pytest.raises(SecondPersonNeeded):
        ask(cast)
    with pytest.raises(RoleTooNew):
        ask(cast, by=person_of(cast.facilitator))
    appoint(cast.stranger, Role.SAFETY)
    sending = ask(cast)
    with pytest.raises(RoleTooNew):
        answer(cast, sending, cast.facilitator)
    assert messages() == []
    answer(cast, sending, cast.facilitator, Answer.REFUSED)
