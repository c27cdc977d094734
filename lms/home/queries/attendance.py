"""Who was in one live session of a cohort, for whoever enters it by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.accounts.models import Person
from lms.assessments.models import Conflict
from lms.assessments.queries.queue import own_conflict
from lms.cohorts.models import Cohort, Enrolment, FactRow
from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState
from lms.cohorts.rules.facts import FactKind
from lms.kernel.db import db, turn_to

from .activity import has_come

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Attendant:
    """One participant. has_substitute: she wrote about it instead. is_own: the reader herself, whom others enter.

    in_conflict: the reader declared a conflict of interest with her; neither attendance nor substitute is told then.
    """

    id: UUID
    alias: str
    is_paused: bool
    was_there: bool
    has_substitute: bool
    is_own: bool
    in_conflict: bool


@dataclass(frozen=True, kw_only=True)
class SessionPage:
    """One page of the list of one live session.

    on: the latest day that is entered on this page, or else on any; None before the first is entered. there: how many
    were in it, on all pages. number: from 1.
    """

    rows: Sequence[Attendant]
    on: date | None
    there: int
    number: int
    pages: int
    total: int


def page_of(who: Person, cohort: Cohort, *, session: int, number: int) -> SessionPage:
    """A page of those who came and take or took part, by alias: two statements at any size."""
    bound = {"me": who.id, "cohort_id": cohort.id, "session": session}
    counts = db.session.execute(_totals(), bound).one()
    number, pages = turn_to(number, total=counts.total, rows=ROWS_A_PAGE)
    rows = db.session.execute(_attendants(), {**bound, "passed": (number - 1) * ROWS_A_PAGE}).all()
    return SessionPage(
        rows=[
            Attendant(
                id=enrolment.public_id,
                alias=enrolment.alias,
                is_paused=enrolment.state is EnrolmentState.PAUSED,
                was_there=entered_on is not None and not in_conflict,
                has_substitute=has_substitute and not in_conflict,
                is_own=enrolment.person_id == who.id,
                in_conflict=in_conflict,
            )
            for enrolment, entered_on, has_substitute, in_conflict in rows
        ],
        on=max((row.on for row in rows if row.on is not None), default=counts[2]),
        there=counts.there,
        number=number,
        pages=pages,
        total=counts.total,
    )


@cache
def _totals() -> Select[*tuple[Any, ...]]:
    attended = aliased(FactRow)
    totals: Select[*tuple[Any, ...]] = (
        select(func.count(Enrolment.id).label("total"), func.count(attended.id).label("there"), func.max(attended.on))
        .outerjoin(attended, _counts(attended, FactKind.ATTENDED))
        .where(_is_listed())
    )
    return totals


@cache
def _attendants() -> Select[*tuple[Any, ...]]:
    attended, written = aliased(FactRow), aliased(FactRow)
    attendants: Select[*tuple[Any, ...]] = (
        select(Enrolment, attended.on, written.id.is_not(None), Conflict.id.is_not(None))
        .outerjoin(attended, _counts(attended, FactKind.ATTENDED))
        .outerjoin(written, _counts(written, FactKind.SUBSTITUTE))
        .outerjoin(Conflict, own_conflict())
        .where(_is_listed())
        .order_by(Enrolment.alias, Enrolment.id)
        .offset(bindparam("passed", type_=Integer))
        .limit(ROWS_A_PAGE)
    )
    return attendants


def _is_listed() -> ColumnElement[bool]:
    return and_(Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(MAY_READ), has_come())


def in_conflict_with(who: Person, cohort: Cohort) -> frozenset[UUID]:
    """The places of a cohort with which somebody declared a conflict of interest, by public id."""
    rows = select(Enrolment.public_id).join(Conflict, own_conflict(who)).where(Enrolment.cohort_id == cohort.id)
    return frozenset(db.session.scalars(rows))


def _counts(fact: type[FactRow], kind: FactKind) -> ColumnElement[bool]:
    is_of_session = fact.session == bindparam("session")
    return and_(fact.enrolment_id == Enrolment.id, fact.kind == kind, is_of_session, fact.withdrawn_at.is_(None))
