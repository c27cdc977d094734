"""Who of a cohort is ready: the participants with what they have done, as far as completion asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, bindparam, func, select

from lms.accounts.models import Person
from lms.assessments.models import Conflict
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.queries.completion import asked_of, records_of
from lms.assessments.queries.queue import own_conflict
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import number_of
from lms.cohorts.rules.completion import Record
from lms.cohorts.rules.enrolment import MAY_READ, UNDER_WAY
from lms.courses.rules import Told
from lms.kernel.db import db, turn_to

from .activity import has_come

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class ReadyLine:
    """One participant. record: None where the reader has a conflict of interest with her, or is herself."""

    id: UUID
    alias: str
    language: str
    has_come: bool
    record: Record | None


@dataclass(frozen=True, kw_only=True)
class ReadyPage:
    """One page of the list. number: from 1. total: of those who came. to_come: how many have still to come."""

    rows: Sequence[ReadyLine]
    number: int
    pages: int
    total: int
    to_come: int


def page_of(who: Person, cohort: Cohort, *, number: int) -> ReadyPage:
    """A page of those who came and take or took part, by alias: five statements at any size."""
    total, to_come = db.session.execute(_counts(), {"cohort_id": cohort.id}).one()
    number, pages = turn_to(number, total=total, rows=ROWS_A_PAGE)
    bound = {"me": who.id, "cohort_id": cohort.id, "passed": (number - 1) * ROWS_A_PAGE}
    rows = _lines(cohort, db.session.execute(_came(), bound).all())
    return ReadyPage(rows=rows, number=number, pages=pages, total=total, to_come=to_come)


def table_of(who: Person, cohort: Cohort) -> Sequence[ReadyLine]:
    """Everybody who takes or took part, those who have still to come included, for a table that is taken along."""
    is_expected = has_come() | Enrolment.state.in_(UNDER_WAY)
    rows = db.session.execute(_listed().where(is_expected), {"me": who.id, "cohort_id": cohort.id}).all()
    return _lines(cohort, rows, records_of(cohort))


@cache
def _counts() -> Select[int, int]:
    still_to_come = and_(~has_come(), Enrolment.state.in_(UNDER_WAY))
    return (
        select(func.count().filter(has_come()), func.count().filter(still_to_come))
        .select_from(Enrolment)
        .where(Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(MAY_READ))
    )


@cache
def _came() -> Select[*tuple[Any, ...]]:
    return _listed().where(has_come()).offset(bindparam("passed", type_=Integer)).limit(ROWS_A_PAGE)


@cache
def _listed() -> Select[*tuple[Any, ...]]:
    """Whose course this is or was, by alias."""
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == number_of(None))).label("is_hidden")
    listed: Select[*tuple[Any, ...]] = (
        select(
            Enrolment.id, Enrolment.public_id, Enrolment.alias, Enrolment.course_language, Enrolment.agreed_at, hidden
        )
        .outerjoin(Conflict, own_conflict())
        .where(Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(MAY_READ))
        .order_by(Enrolment.alias, Enrolment.id)
    )
    return listed


def _lines(cohort: Cohort, rows: Sequence[Any], records: Mapping[int, Record] | None = None) -> list[ReadyLine]:
    """records: of everybody, where they were read already."""
    if records is None:
        records = records_of(cohort, [row.id for row in rows if not row.is_hidden])
    return [
        ReadyLine(
            id=row.public_id,
            alias=row.alias,
            language=row.course_language,
            has_come=row.agreed_at is not None,
            record=None if row.is_hidden or row.agreed_at is None else records.get(row.id),
        )
        for row in rows
    ]


def lacks_check(cohort: Cohort) -> bool:
    """Whether the rule asks for a readiness check that the cohort's version does not have, so that nobody is ready."""
    asked = asked_of(cohort)
    return asked.has_readiness and asked.readiness is None


def titles_of(cohort: Cohort, language: str) -> Mapping[str, Told]:
    """The titles of what a cohort's version asks, by node id."""
    asked = catalogue(cohort.version)
    return {task.node_id: asked.title(task, language) for task in asked.tasks.values() if task.title is not None}
