"""Requests for more time: what one participant asked for, and what waits for the coordinators of a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, func, select
from sqlalchemy.orm import contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.queries.people import places_of
from lms.cohorts.rules.enrolment import UNDER_WAY
from lms.cohorts.rules.wallclock import day_of
from lms.courses.rules import Told
from lms.kernel.db import db, turn_to

from ..models import Conflict, TimeRequest
from ..rules.asking import RequestState
from ..rules.quizzes import later_date
from ..sealing import open_request_reason
from .allowances import LAST_MOMENT, allowance_of, given
from .book import CohortBook
from .queue import own_conflict
from .record import ParticipantBook
from .sitting import TaskPlace

PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Due:
    """Until when she may hand in a task. first_at: by the calendar; at: with what she was given. None for no date."""

    first_at: datetime | None
    at: datetime | None


def due_of(enrolment: Enrolment, node_id: str) -> Due:
    """Her last moment for a task as it stands now: two statements."""
    entry = CalendarEntry.cohort_id == enrolment.cohort_id, CalendarEntry.node_id == node_id
    first_at = db.session.scalars(select(CalendarEntry.due_at).where(*entry)).one_or_none()
    return Due(first_at=first_at, at=later_date(first_at, allowance_of(enrolment, node_id).due_at))


def latest_of(place: TaskPlace) -> TimeRequest | None:
    """What she asked for last for this task."""
    assert place.enrolment is not None
    of_task = TimeRequest.enrolment_id == place.enrolment.id, TimeRequest.node_id == place.entry.node_id
    return db.session.scalars(select(TimeRequest).where(*of_task).order_by(TimeRequest.id.desc()).limit(1)).first()


def latest_for_update(enrolment: Enrolment, node_id: str) -> TimeRequest | None:
    """The same, locked and read anew."""
    return db.session.scalars(
        select(TimeRequest)
        .where(TimeRequest.enrolment_id == enrolment.id, TimeRequest.node_id == node_id)
        .order_by(TimeRequest.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def request_for_update(request_id: int) -> TimeRequest:
    """One request, locked and read anew."""
    return db.session.get_one(TimeRequest, request_id, with_for_update=True, populate_existing=True)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A request that waits for a decision. Days are those of the cohort's zone.

    first_due_on: by the calendar; due_on: with what she was given since. reason: hers, empty where she gave none.
    is_hidden: the reader has a conflict of interest with her, or is herself: somebody else decides, nothing is shown.
    """

    id: UUID
    enrolment_id: UUID
    alias: str
    title: Told
    asked_at: datetime
    wanted_on: date
    first_due_on: date
    due_on: date
    reason: str
    is_hidden: bool

    @property
    def days_more(self) -> int:
        """How many days beyond what she has."""
        return (self.wanted_on - self.due_on).days


@dataclass(frozen=True, kw_only=True)
class WaitingPage:
    """One page of the requests of a cohort. number: from 1."""

    rows: Sequence[Waiting]
    number: int
    pages: int
    total: int


def is_waiting(cohort_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """The requests that coordinators of a cohort still decide, joined with their enrolments."""
    return and_(
        TimeRequest.state == RequestState.OPEN, Enrolment.cohort_id == cohort_id, Enrolment.state.in_(UNDER_WAY)
    )


def waiting_of(who: Person, cohort: Cohort, *, number: int, language: str) -> WaitingPage:
    """The requests that wait, the oldest first: two statements."""
    of_cohort = (
        select(TimeRequest).join(Enrolment, Enrolment.id == TimeRequest.enrolment_id).where(is_waiting(cohort.id))
    )
    total = db.session.scalars(select(func.count()).select_from(of_cohort.subquery())).one()
    number, pages = turn_to(number, total=total, rows=PAGE)
    rows = db.session.execute(
        select(
            TimeRequest,
            Enrolment,
            Person,
            CalendarEntry.due_at,
            Conflict.id,
            given(LAST_MOMENT, TimeRequest.enrolment_id, TimeRequest.node_id),
        )
        .join(Enrolment, Enrolment.id == TimeRequest.enrolment_id)
        .join(Enrolment.person)
        .join(CalendarEntry, _entry_of_request())
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, own_conflict(who))
        .where(is_waiting(cohort.id))
        .options(contains_eager(Person.key), *(defer(column, raiseload=True) for column in NOT_FOR_PAGES))
        .order_by(TimeRequest.id)
        .offset((number - 1) * PAGE)
        .limit(PAGE)
    )
    listed = [_waiting(who, cohort, row, language) for row in rows]
    return WaitingPage(rows=listed, number=number, pages=pages, total=total)


def _waiting(who: Person, cohort: Cohort, row: Any, language: str) -> Waiting:
    request, enrolment, owner, first_at, conflict, allowed = row
    is_hidden = conflict is not None or owner.id == who.id
    due_at = later_date(first_at, allowed) or request.asked_at  # whose date was taken away meanwhile has all the time
    return Waiting(
        id=request.public_id,
        enrolment_id=enrolment.public_id,
        alias=enrolment.alias,
        title=_title(cohort, request.node_id, language),
        asked_at=request.asked_at,
        wanted_on=request.wanted_on,
        first_due_on=day_of(first_at or request.asked_at, cohort.zone),
        due_on=day_of(due_at, cohort.zone),
        reason="" if is_hidden else open_request_reason(owner, request.reason),
        is_hidden=is_hidden,
    )


@dataclass(frozen=True, kw_only=True)
class AskedTime(ParticipantBook):
    """One request with its participant, for somebody who may decide it."""

    request: TimeRequest


def find_request(who: Person, cohort_id: UUID, request_id: UUID) -> AskedTime | None:
    """The request of an address."""
    row = db.session.execute(
        places_of(cohort_id)
        .join(TimeRequest, TimeRequest.enrolment_id == Enrolment.id)
        .outerjoin(Conflict, own_conflict(who))
        .where(TimeRequest.public_id == request_id)
        .add_columns(TimeRequest, Conflict.id)
    ).one_or_none()
    if row is None:
        return None
    enrolment, cohort, request, conflict = row
    return AskedTime(
        request=request,
        cohort=cohort,
        enrolment=enrolment,
        owner=enrolment.person,
        in_conflict=conflict is not None,
    )


def _entry_of_request() -> ColumnElement[bool]:
    return and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == TimeRequest.node_id)


def _title(cohort: Cohort, node_id: str, language: str) -> Told:
    return CohortBook(cohort=cohort).task_title(node_id, language)
