"""Who takes part in a cohort or works for it, for whoever keeps people apart there: aliases and shown names only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts.models import Person
from lms.courses.rules import tell
from lms.kernel import clock
from lms.kernel.db import db
from lms.safety.models import ApartRule
from lms.web.languages import page_language

from ..models import Cohort, Enrolment, Group
from ..rules.enrolment import UNDER_WAY
from . import staff


@dataclass(frozen=True, kw_only=True)
class Someone:
    """Somebody of a cohort. public_id: of her place, or of herself if she works there; number: of the person."""

    public_id: UUID
    number: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """A cohort and everybody in it."""

    cohort: Cohort
    people: Sequence[Someone]


@dataclass(frozen=True, kw_only=True)
class RuleOfRoom:
    """One rule of a cohort."""

    cohort: Cohort
    rule: ApartRule


def cohorts_by(numbers: Sequence[int] | None) -> list[tuple[UUID, str]]:
    """The cohorts with these numbers, or all for None, that are not closed: id and title, the newest first."""
    query = select(Cohort).where(Cohort.closed_at.is_(None)).options(joinedload(Cohort.version, innerjoin=True))
    query = query if numbers is None else query.where(Cohort.id.in_(numbers))
    language = page_language()
    return [
        (one.public_id, tell(one.title, language, one.version.required_languages).text)
        for one in db.session.scalars(query.order_by(Cohort.starts_on.desc(), Cohort.id))
    ]


def find_room(who: Person, cohort_id: UUID) -> Room | None:
    """The cohort of an address, with participants by alias and staff by the name that is shown."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.public_id == cohort_id)).one_or_none()
    if cohort is None:
        return None
    places = db.session.execute(
        select(Enrolment.public_id, Enrolment.person_id, Enrolment.alias)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.state.in_(UNDER_WAY))
        .order_by(Enrolment.alias)
    )
    people = [Someone(public_id=row.public_id, number=row.person_id, name=row.alias) for row in places]
    working = {one.key: one for one in staff.staff_of(cohort, at=clock.now())}
    people += [Someone(public_id=one.id, number=one.key, name=one.shown_name) for one in working.values()]
    return Room(cohort=cohort, people=people)


def find_rule(who: Person, cohort_id: UUID, rule_id: UUID) -> RuleOfRoom | None:
    """One rule of the cohort of an address."""
    row = db.session.execute(
        select(Cohort, ApartRule)
        .join(ApartRule, ApartRule.cohort_id == Cohort.id)
        .where(Cohort.public_id == cohort_id, ApartRule.public_id == rule_id)
        .options(selectinload(ApartRule.members))
    ).one_or_none()
    return None if row is None else RuleOfRoom(cohort=row[0], rule=row[1])


def sides_of(rule: ApartRule, names: Mapping[int, str]) -> tuple[list[str], list[str]]:
    """Who stands on which side, by name. Whoever has left the cohort has none any more."""
    sides: tuple[list[str], list[str]] = ([], [])
    for member in rule.members:
        if member.person_id in names:
            sides[member.side].append(names[member.person_id])
    return sorted(sides[0]), sorted(sides[1])


def who_meet(cohort: Cohort, apart: Mapping[int, Collection[int]], names: Mapping[int, str]) -> list[tuple[str, str]]:
    """Pairs who are kept apart and are in one group all the same, or under one another, each once."""
    rows = db.session.execute(
        select(Enrolment.person_id, Enrolment.group_id, Group.facilitator_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.person_id.in_(apart))
    )
    groups = {person: group for person, group, _ in rows if group is not None}
    found = {
        (min(person, other), max(person, other))
        for person, group in groups.items()
        for other in apart[person]
        if groups.get(other) == group
    }
    return sorted((names.get(one, ""), names.get(other, "")) for one, other in found)
