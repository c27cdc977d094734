"""Reading the people of a cohort for those who run it: aliases and states, never names or contacts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from lms.accounts.models import Person
from lms.accounts.queries import NOT_FOR_PAGES
from lms.kernel.db import db

from ..models import Cohort, Enrolment, FactRow, Group, MoveRow
from ..rules.enrolment import MAY_READ, UNDER_WAY, EnrolmentState
from ..rules.facts import FactKind
from .desk import Desk


@dataclass(frozen=True, kw_only=True)
class PersonPlace(Desk):
    """One participant with her cohort, for those who run it and for the policy."""

    participant: Enrolment


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many there are: with a place, come, paused; and by language of those with a place."""

    under_way: int
    come: int
    paused: int
    by_language: dict[str, int]


def counts_of(cohort: Cohort) -> Counts:
    """The numbers of a cohort: one statement."""
    rows = db.session.execute(_counted(), {"cohort_id": cohort.id}).all()
    languages: dict[str, int] = {}
    for language, _, _, number in rows:
        languages[language] = languages.get(language, 0) + number
    return Counts(
        under_way=sum(languages.values()),
        come=sum(number for _, _, has_come, number in rows if has_come),
        paused=sum(number for _, state, _, number in rows if state is EnrolmentState.PAUSED),
        by_language=dict(sorted(languages.items())),
    )


@cache
def _counted() -> Select[str, EnrolmentState, bool, int]:
    has_come = Enrolment.agreed_at.is_not(None)
    return (
        select(Enrolment.course_language, Enrolment.state, has_come, func.count())
        .where(Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(UNDER_WAY))
        .group_by(Enrolment.course_language, Enrolment.state, has_come)
    )


def find_person(who: Person, cohort_id: UUID, enrolment_id: UUID) -> PersonPlace | None:
    """The participant of an address with her key, so that what was typed about her can be read."""
    row = db.session.execute(place_of_address(), {"cohort_id": cohort_id, "enrolment_id": enrolment_id}).one_or_none()
    return None if row is None else PersonPlace(participant=row[0], cohort=row[1])


@cache
def place_of_address() -> Select[*tuple[Any, ...]]:
    """The place of an address, both bound by their names in it: the beginning of a statement that is built once."""
    return places_of(bindparam("cohort_id")).where(Enrolment.public_id == bindparam("enrolment_id"))


def places_of(cohort_id: UUID | BindParameter[UUID]) -> Select[*tuple[Any, ...]]:
    """The places of a cohort with everything that pages about one participant need: the beginning of a statement.

    With each come its cohort and version, its group, and the person with her key. What no page needs is not loaded.
    """
    query: Select[*tuple[Any, ...]] = (
        select(Enrolment, Cohort)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .join(Enrolment.person)
        .where(Cohort.public_id == cohort_id)
        .options(
            contains_eager(Enrolment.person).options(
                joinedload(Person.key), *(defer(column, raiseload=True) for column in NOT_FOR_PAGES)
            ),
            contains_eager(Enrolment.cohort).contains_eager(Cohort.version),
            joinedload(Enrolment.group),
        )
    )
    return query


def facts_of(enrolment_id: int) -> Sequence[FactRow]:
    """What was entered for her by hand and counts, in the order of sessions."""
    return db.session.scalars(_facts(), {"enrolment_id": enrolment_id}).all()


@cache
def _facts() -> Select[FactRow]:
    return (
        select(FactRow)
        .where(FactRow.enrolment_id == bindparam("enrolment_id"), FactRow.withdrawn_at.is_(None))
        .order_by(FactRow.kind, FactRow.session, FactRow.id)
    )


def find_fact(place: PersonPlace, fact_id: UUID) -> FactRow | None:
    """One of them, by its public id."""
    return db.session.scalars(
        select(FactRow).where(FactRow.enrolment_id == place.participant.id, FactRow.public_id == fact_id)
    ).one_or_none()


def fact_for_update(fact_id: int) -> FactRow:
    """One of them, locked."""
    return db.session.get_one(FactRow, fact_id, with_for_update=True, populate_existing=True)


def attended(cohort: Cohort, session: int) -> dict[int, FactRow]:
    """What was entered of one live session and counts, by number of the enrolment, locked."""
    rows = db.session.scalars(
        select(FactRow)
        .join(Enrolment, Enrolment.id == FactRow.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort.id,
            FactRow.kind == FactKind.ATTENDED,
            FactRow.session == session,
            FactRow.withdrawn_at.is_(None),
        )
        .order_by(FactRow.id)
        .with_for_update(of=FactRow)
        .execution_options(populate_existing=True)
    )
    return {row.enrolment_id: row for row in rows}


def places_by_id(cohort: Cohort, public_ids: Collection[UUID], *, besides: Person) -> dict[UUID, int]:
    """The numbers of these places of a cohort, by public id; what is no place of it, or her own, is not there."""
    rows = db.session.execute(
        select(Enrolment.public_id, Enrolment.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.public_id.in_(public_ids), Enrolment.state.in_(MAY_READ))
        .where(Enrolment.person_id != besides.id)
        .order_by(Enrolment.id)
    )
    return {row.public_id: row.id for row in rows}


def moves_of(enrolment_id: int) -> Sequence[MoveRow]:
    """What became of her place so far, newest first."""
    return db.session.scalars(_moves(), {"enrolment_id": enrolment_id}).all()


@cache
def _moves() -> Select[MoveRow]:
    return select(MoveRow).where(MoveRow.enrolment_id == bindparam("enrolment_id")).order_by(MoveRow.id.desc())


def numbers_in(group: Group) -> Sequence[int]:
    """Who is in a group, by number."""
    return db.session.scalars(select(Enrolment.person_id).where(Enrolment.group_id == group.id)).all()


def for_groups(cohort: Cohort, going: Collection[Group]) -> Sequence[Enrolment]:
    """Everybody with a place, by language and alias, and after them who else is in a group that goes; all locked."""
    has_place, loses_hers = Enrolment.state.in_(UNDER_WAY), Enrolment.group_id.in_([group.id for group in going])
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, or_(has_place, loses_hers))
        .order_by(has_place.desc(), Enrolment.course_language, Enrolment.alias)
        .with_for_update()
    ).all()
