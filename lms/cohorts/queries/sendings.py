"""Reading invitations that are to go out, and who may decide about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Invitation, Person, RoleGrant
from lms.accounts.queries import is_held, is_open_code
from lms.accounts.rules.credentials import ContactKind
from lms.kernel.db import db
from lms.messaging.models import Job
from lms.messaging.queries import MESSAGE
from lms.messaging.rules import MessageState, state_of

from ..models import Cohort, Enrolment, Sending
from ..policy import SECOND_ROLES
from ..rules.enrolment import UNDER_WAY
from ..rules.sending import LASTS, SETTLED_AFTER
from .desk import Desk

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class SendingPlace(Desk):
    """A question whether invitations are sent, with its cohort, for those who may answer. asker: her name for staff."""

    sending: Sending
    asker: str | None

    @property
    def lapses_at(self) -> datetime:
        """Until when it waits for an answer."""
        return self.sending.asked_at + LASTS


def find_sending(who: Person, cohort_id: UUID, sending_id: UUID) -> SendingPlace | None:
    """The question of an address; the policy decides who may answer it."""
    found = _read(_of_address(), {"cohort_id": cohort_id, "sending_id": sending_id})
    return found[0] if found else None


def waiting_in(cohort: Cohort, *, at: datetime) -> SendingPlace | None:
    """The question of a cohort that waits for its answer."""
    found = _read(_waiting_in(), {"cohort_id": cohort.id, "asked_since": at - LASTS})
    return found[0] if found else None


def waiting_for_second(who: Person, *, at: datetime) -> Sequence[SendingPlace]:
    """The questions of others that she may answer, oldest first: one statement, and none for who has no such role."""
    held = [grant for grant in who.roles if grant.role in SECOND_ROLES]
    if not held:
        return []
    cohorts = {grant.cohort_id for grant in held}
    bound = {"me": who.id, "cohorts": [number for number in cohorts if number is not None], "asked_since": at - LASTS}
    return _read(_of_others(of_any_cohort=None in cohorts), bound)


def _read(query: Select[*tuple[Any, ...]], bound: dict[str, Any]) -> list[SendingPlace]:
    rows = db.session.execute(query, bound)
    return [SendingPlace(sending=sending, cohort=cohort, asker=name) for sending, cohort, name in rows]


@cache
def _of_address() -> Select[*tuple[Any, ...]]:
    return _places(Cohort.public_id == bindparam("cohort_id"), Sending.public_id == bindparam("sending_id"))


@cache
def _waiting_in() -> Select[*tuple[Any, ...]]:
    return _places(Cohort.id == bindparam("cohort_id"), *_waits())


@cache
def _of_others(*, of_any_cohort: bool) -> Select[*tuple[Any, ...]]:
    is_others = or_(Sending.asked_by_id.is_(None), Sending.asked_by_id != bindparam("me"))
    waiting = _places(is_others, Cohort.closed_at.is_(None), *_waits())
    return waiting if of_any_cohort else waiting.where(Cohort.id.in_(bindparam("cohorts", expanding=True)))


def _waits() -> tuple[ColumnElement[bool], ...]:
    """`rules.sending.state_of` as a row filter; from when on it was asked is bound as `asked_since`."""
    return Sending.answer.is_(None), Sending.asked_at > bindparam("asked_since")


def _places(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    places: Select[*tuple[Any, ...]] = (
        select(Sending, Cohort, Person.shown_name)
        .join(Cohort, Cohort.id == Sending.cohort_id)
        .join(Cohort.version)
        .outerjoin(Person, Person.id == Sending.asked_by_id)
        .where(*conditions)
        .options(contains_eager(Cohort.version))
        .order_by(Sending.id)
    )
    return places


def sending_for_update(sending_id: int) -> Sending:
    """A question, locked: of two answers one comes first."""
    return db.session.get_one(Sending, sending_id, with_for_update=True, populate_existing=True)


def cohort_of(sending_id: int) -> int | None:
    """The number of its cohort; None if that was deleted."""
    return db.session.scalar(select(Sending.cohort_id).where(Sending.id == sending_id))


def who_may_send(cohort_id: int, *, at: datetime) -> frozenset[int]:
    """The numbers of those who may be one of the two people of this cohort now."""
    bound = {"cohort_id": cohort_id, "at": at, "settled_at": at - SETTLED_AFTER}
    return frozenset(db.session.scalars(_who_may_send(), bound))


@cache
def _who_may_send() -> Select[int]:
    is_old = and_(RoleGrant.cohort_id == bindparam("cohort_id"), RoleGrant.from_at <= bindparam("settled_at"))
    return (
        select(RoleGrant.person_id)
        .join(RoleGrant.person)
        .where(
            RoleGrant.role.in_(SECOND_ROLES),
            or_(is_old, RoleGrant.cohort_id.is_(None)),
            *is_held(bindparam("at")),
            Person.disabled_at.is_(None),
            Person.login_index.is_not(None),
        )
    )


def _has_open_code(at: Any) -> ColumnElement[bool]:
    return exists().where(Invitation.person_id == Enrolment.person_id, *is_open_code(at))


def _has_still_to_come() -> ColumnElement[bool]:
    return and_(Enrolment.agreed_at.is_(None), Enrolment.state.in_(UNDER_WAY))


def _may_be_sent(at: Any) -> ColumnElement[bool]:
    """Her invitation has not gone out, or what went out opens nothing any more."""
    is_dead = and_(Person.login_index.is_(None), ~_has_open_code(at))
    return and_(_has_still_to_come(), or_(Enrolment.released_at.is_(None), is_dead))


@dataclass(frozen=True, kw_only=True)
class InvitationCounts:
    """How many have still to come, and of how many the invitation could be sent now."""

    to_come: int
    to_send: int


def counts_of(cohort: Cohort, *, at: datetime) -> InvitationCounts:
    """The numbers of a cohort: one statement."""
    row = db.session.execute(_counts(), {"cohort_id": cohort.id, "at": at}).one()
    return InvitationCounts(to_come=row[0], to_send=row[1])


@cache
def _counts() -> Select[int, int]:
    return (
        select(func.count(), func.count(case((_may_be_sent(bindparam("at")), 1))))
        .select_from(Enrolment)
        .join(Enrolment.person)
        .where(Enrolment.cohort_id == bindparam("cohort_id"), _has_still_to_come())
    )


def to_send_for_update(cohort_id: int, *, at: datetime) -> Sequence[int]:
    """The numbers of the enrolments whose invitation could be sent now, locked."""
    return db.session.scalars(
        select(Enrolment.id)
        .join(Enrolment.person)
        .where(Enrolment.cohort_id == cohort_id, _may_be_sent(at))
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment)
    ).all()


def next_to_release(sending: Sending, most: int) -> Sequence[Enrolment]:
    """The next places of a confirmed question whose invitation has not gone out by it, with their people, locked."""
    is_left = or_(Enrolment.released_at.is_(None), Enrolment.released_at < sending.answered_at)
    return db.session.scalars(
        select(Enrolment)
        .join(Enrolment.person)
        .where(Enrolment.sending_id == sending.id, _has_still_to_come(), is_left)
        .options(contains_eager(Enrolment.person))
        .order_by(Enrolment.id)
        .limit(most)
        .with_for_update(of=Enrolment)
        .execution_options(populate_existing=True)
    ).all()


def released_of(sending: Sending) -> int:
    """How many invitations have gone out by it so far."""
    return db.session.scalars(
        select(func.count()).where(Enrolment.sending_id == sending.id, Enrolment.released_at >= sending.answered_at)
    ).one()


class InvitationStanding(StrEnum):
    """Where one invitation stands, as coordinators see it. TOLD: she signs in already and was told of it there."""

    NOT_SENT = "not sent"
    ASKED = "asked"
    OPEN = "open"
    TOLD = "told"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class InvitationLine:
    """One line of the page of invitations: an alias and a state, nothing by which anybody is known.

    until: until when the code is open. message: what became of the e-mail; None where none was written.
    """

    id: UUID
    alias: str
    language: str
    has_email: bool
    standing: InvitationStanding
    until: datetime | None
    message: MessageState | None


def lines_of(
    cohort: Cohort, waiting: Sending | None, *, at: datetime, after: str = "", only: int | None = None
) -> list[InvitationLine]:
    """Everybody who has still to come, by alias, one more than a page shows: two statements.

    waiting: the question that waits for its answer, if there is one. only: the number of one enrolment.
    """
    bound = {"cohort_id": cohort.id, "at": at, "after": after, "only": only}
    rows = db.session.execute(_lines(only_one=only is not None), bound).all()
    messages = _messages_to(cohort, [enrolment.person_id for enrolment, *_ in rows])
    return [
        InvitationLine(
            id=enrolment.public_id,
            alias=enrolment.alias,
            language=enrolment.course_language,
            has_email=kind is ContactKind.EMAIL,
            standing=_standing(enrolment, waiting, has_account=has_account, has_code=until is not None),
            until=until if enrolment.released_at is not None and not has_account else None,
            message=messages.get(enrolment.person_id) if enrolment.released_at is not None else None,
        )
        for enrolment, has_account, kind, until in rows
    ]


@cache
def _lines(*, only_one: bool) -> Select[*tuple[Any, ...]]:
    is_after = Enrolment.alias > bindparam("after")
    lines: Select[*tuple[Any, ...]] = (
        select(Enrolment, Person.login_index.is_not(None), Person.contact_kind, _open_until(bindparam("at")))
        .join(Enrolment.person)
        .where(Enrolment.cohort_id == bindparam("cohort_id"), _has_still_to_come(), is_after)
        .order_by(Enrolment.alias)
        .limit(ROWS_A_PAGE + 1)
    )
    return lines.where(Enrolment.id == bindparam("only")) if only_one else lines


def line_of(enrolment: Enrolment, cohort: Cohort, *, at: datetime) -> InvitationLine | None:
    """The invitation of one person, for her page; None when she has come or left."""
    waiting = waiting_in(cohort, at=at)
    found = lines_of(cohort, waiting.sending if waiting else None, at=at, only=enrolment.id)
    return found[0] if found else None


def _open_until(at: Any) -> ScalarSelect[datetime]:
    return (
        select(func.max(Invitation.expires_at))
        .where(Invitation.person_id == Enrolment.person_id, *is_open_code(at))
        .correlate(Enrolment)
        .scalar_subquery()
    )


def _standing(
    enrolment: Enrolment, waiting: Sending | None, *, has_account: bool, has_code: bool
) -> InvitationStanding:
    if waiting is not None and enrolment.sending_id == waiting.id:
        return InvitationStanding.ASKED
    if enrolment.released_at is None:
        return InvitationStanding.NOT_SENT
    if has_account:
        return InvitationStanding.TOLD
    return InvitationStanding.OPEN if has_code else InvitationStanding.EXPIRED


def _messages_to(cohort: Cohort, people: Collection[int]) -> dict[int, MessageState]:
    """What became of the last message of this cohort to each of these people."""
    rows = db.session.execute(_messages(), {"cohort_id": cohort.id, "people": people})
    return {
        person: state_of(is_over=done_at is not None, fault=fault, tries=tries)
        for person, done_at, fault, tries in rows
        if person is not None
    }


@cache
def _messages() -> Select[int | None, datetime | None, str | None, int]:
    is_hers = Job.person_id.in_(bindparam("people", expanding=True))
    return (
        select(Job.person_id, Job.done_at, Job.fault, Job.tries)
        .where(Job.kind == MESSAGE, Job.cohort_id == bindparam("cohort_id"), is_hers)
        .order_by(Job.id)
    )


def released_with_codes(
    cohort_id: int, *, at: datetime, after: str, most: int, only: int | None = None
) -> Sequence[tuple[Enrolment, Invitation]]:
    """Everybody who was released and has an open code, by alias, with her person and her key: for sheets."""
    query = (
        select(Enrolment, Invitation)
        .join(Enrolment.person)
        .join(Invitation, and_(Invitation.person_id == Enrolment.person_id, *is_open_code(at)))
        .where(
            Enrolment.cohort_id == cohort_id,
            _has_still_to_come(),
            Enrolment.released_at.is_not(None),
            Person.login_index.is_(None),
            Invitation.seed.is_not(None),
            Enrolment.alias > after,
        )
        .options(contains_eager(Enrolment.person).joinedload(Person.key))
        .order_by(Enrolment.alias)
        .limit(most)
    )
    rows = db.session.execute(query if only is None else query.where(Enrolment.id == only))
    return [(enrolment, invitation) for enrolment, invitation in rows]
