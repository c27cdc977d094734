"""Sending invitations: one person asks, another confirms; then they go out, and are printed, renewed or taken back.

Rule: docs/decisions/0017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from lms.accounts.models import Invitation, Person
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.services import codes
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.messaging import services as messaging

from ..errors import HasCome, MoveNotAllowed, NotReleased
from ..models import Cohort, Enrolment, Sending
from ..queries import desk, sendings
from ..queries.closing import closed_at_of
from ..rules.enrolment import UNDER_WAY
from ..rules.opening import check_not_closed
from ..rules.sending import Answer, Circumstances, check_can_answer, check_can_ask
from ..rules.uploads import AT_ONCE
from ..sealing import open_background

SENDING_ASKED = audit.act("cohorts.sending.asked", "people")
SENDING_ANSWERED = audit.act("cohorts.sending.answered", "answer")
INVITATION_RELEASED = audit.act("cohorts.invitation.released")
INVITATION_RENEWED = audit.act("cohorts.invitation.renewed")
INVITATION_WITHDRAWN = audit.act("cohorts.invitation.withdrawn")
SHEET_PRINTED = audit.act("cohorts.invitation.printed")
SEND = "cohorts.send"
"""The kind of job that sends many invitations."""

INVITATION = "invitation"
SOMETHING_NEW = "something_new"
SHEETS_AT_ONCE = 25
"""How many sheets one page holds."""


def ask_to_send(cohort: Cohort, *, seen: int, by: Person, at: datetime) -> Sending:
    """Ask that the invitations of all who were not invited yet are sent; whom it is about is settled with it.

    seen: how many there were on her page. Raises CohortClosed, RoleTooNew, SecondPersonNeeded, SendingWaits,
    NobodyToInvite, SeenOtherwise.
    """
    cohort = desk.cohort_for_update(cohort.id)
    check_not_closed(cohort.closed_at)
    enrolments = sendings.to_send_for_update(cohort.id, at=at)
    may_send = sendings.who_may_send(cohort.id, at=at)
    now = Circumstances(
        people=len(enrolments),
        seen=seen,
        is_settled=by.id in may_send,
        others=len(may_send - {by.id}),
        is_waiting=sendings.waiting_in(cohort, at=at) is not None,
    )
    check_can_ask(now)
    sending = Sending(public_id=new_id(), cohort_id=cohort.id, people=now.people, asked_by_id=by.id, asked_at=at)
    db.session.add(sending)
    db.session.flush()  # the places name it
    db.session.execute(
        update(Enrolment).where(Enrolment.id.in_(enrolments)).values(sending_id=sending.id),
        execution_options={"synchronize_session": False},
    )
    audit.record(SENDING_ASKED, by=by.id, on=cohort.id, at=at, people=(None, now.people))
    return sending


def answer_sending(cohort: Cohort, sending_id: int, answer: Answer, *, by: Person, at: datetime) -> Sending:
    """Confirm or refuse what somebody asked for. A few invitations go out at once, many by the worker.

    Raises SendingOver, OwnSending, RoleTooNew, CohortClosed.
    """
    cohort = desk.cohort_for_update(cohort.id)
    sending = sendings.sending_for_update(sending_id)
    is_settled = by.id in sendings.who_may_send(cohort.id, at=at)
    check_can_answer(sending.asking(), answer, by=by.id, is_settled=is_settled, at=at)
    check_not_closed(cohort.closed_at)
    sending.answer, sending.answered_by_id, sending.answered_at = answer, by.id, at
    audit.record(SENDING_ANSWERED, by=by.id, on=cohort.id, at=at, answer=(None, answer.value))
    if answer is Answer.CONFIRMED:
        if sending.people > AT_ONCE:
            messaging.enqueue(SEND, at=at, sending=sending.id)
        else:
            _release_next(sending, at=at)
    return sending


def send_next(sending_id: int, *, at: datetime) -> bool:
    """Send the next invitations of what was confirmed; whether more remain. Doing it again sends nothing twice.

    Nobody is invited into a cohort that was closed meanwhile.
    """
    cohort_id = sendings.cohort_of(sending_id)
    if cohort_id is None or desk.cohort_for_update(cohort_id).closed_at is not None:
        return False
    sending = sendings.sending_for_update(sending_id)
    return sending.answer is Answer.CONFIRMED and _release_next(sending, at=at)


def _release_next(sending: Sending, *, at: datetime) -> bool:
    enrolments = sendings.next_to_release(sending, AT_ONCE)
    newcomers = [enrolment.person for enrolment in enrolments if enrolment.person.login_index is None]
    by = db.session.get(Person, sending.answered_by_id) if sending.answered_by_id is not None else None
    codes.renew_invitations(newcomers, by=by, at=at)
    assert sending.answered_at is not None
    for enrolment in enrolments:
        enrolment.released_at = max(at, sending.answered_at)  # a worker whose clock is behind would begin anew
        _tell(enrolment, at=at)
        audit.record(INVITATION_RELEASED, by=sending.answered_by_id, on=enrolment.id, at=at)
    return len(enrolments) == AT_ONCE


def renew_invitation(enrolment_id: int, *, by: Person, at: datetime) -> Enrolment:
    """Give one person a new code and send it: the one before opens nothing any more.

    Who signs in already is told once more. Raises HasCome, MoveNotAllowed, CohortClosed, NotReleased: a first
    invitation takes two people.
    """
    enrolment = _invited(enrolment_id)
    if enrolment.released_at is None:
        raise NotReleased
    codes.withdraw_invitations(enrolment.person_id, at=at)  # waits for her, should she be using it just now
    db.session.refresh(enrolment.person, ["login_index"])
    if enrolment.person.login_index is None:
        codes.invite(enrolment.person, by=by, at=at)
    _tell(enrolment, at=at)
    audit.record(INVITATION_RENEWED, by=by.id, on=enrolment.id, at=at)
    return enrolment


def withdraw_invitation(enrolment_id: int, *, by: Person, at: datetime) -> Enrolment:
    """Take an invitation back: her code opens nothing, and sending one again takes two people. Her place stays.

    Doing it again changes nothing. Raises HasCome, MoveNotAllowed, CohortClosed.
    """
    enrolment = _invited(enrolment_id)
    codes.withdraw_invitations(enrolment.person_id, at=at)
    if enrolment.released_at is not None or enrolment.sending_id is not None:
        enrolment.released_at = enrolment.sending_id = None
        audit.record(INVITATION_WITHDRAWN, by=by.id, on=enrolment.id, at=at)
    return enrolment


@dataclass(frozen=True, kw_only=True)
class InvitationSheet:
    """What is printed for one person and handed to her. Holds her code: it lives no longer than the page.

    language, zone: hers. until: until when the code is open. own_code: the coordinator's own for her, from the list, by
    which alone she knows to whom the sheet belongs.
    """

    alias: str
    own_code: str | None
    code: str
    language: str
    zone: str
    until: datetime


def print_sheets(
    cohort: Cohort, *, by: Person, at: datetime, after: str = "", only: int | None = None
) -> Sequence[InvitationSheet]:
    """The sheets of those whose invitation was sent and who have not come yet, by alias; each is noted in the audit.

    after: the alias behind which to go on. only: the number of one enrolment. Raises CohortClosed, CannotOpen.
    """
    check_not_closed(closed_at_of(cohort.id))
    found = sendings.released_with_codes(cohort.id, at=at, after=after, most=SHEETS_AT_ONCE, only=only)
    for enrolment, _ in found:
        audit.record(SHEET_PRINTED, by=by.id, on=enrolment.id, at=at)
    return [_sheet(enrolment, invitation) for enrolment, invitation in found]


def _sheet(enrolment: Enrolment, invitation: Invitation) -> InvitationSheet:
    code = codes.code_of(invitation)
    assert code is not None
    person = enrolment.person
    background = open_background(person, enrolment.background)
    return InvitationSheet(
        alias=enrolment.alias,
        own_code=background.setting if background else None,
        code=code,
        language=person.interface_language,
        zone=person.time_zone,
        until=invitation.expires_at,
    )


def _tell(enrolment: Enrolment, *, at: datetime) -> None:
    """Write to her, if she left an address: the code, or that there is something new where she signs in already."""
    if enrolment.person.contact_kind is ContactKind.EMAIL:
        template = INVITATION if enrolment.person.login_index is None else SOMETHING_NEW
        messaging.write_to(enrolment.person_id, template, at=at, cohort_id=enrolment.cohort_id)


def _invited(enrolment_id: int) -> Enrolment:
    """A place, locked, of somebody who has still to come. Raises HasCome, MoveNotAllowed, CohortClosed."""
    cohort = desk.cohort_of_for_update(enrolment_id)
    enrolment = desk.enrolment_for_update(enrolment_id)
    check_not_closed(cohort.closed_at)
    if enrolment.agreed_at is not None:
        raise HasCome
    if enrolment.state not in UNDER_WAY:
        raise MoveNotAllowed
    return enrolment
