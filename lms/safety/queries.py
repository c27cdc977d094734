"""Reading plans, openings, reports and who is kept apart."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from lms.accounts.models import RoleGrant
from lms.accounts.queries import is_held
from lms.accounts.rules.roles import Role
from lms.kernel.db import db
from lms.kernel.ids import hash_token, read_code

from .models import ApartMember, ApartRule, Opening, Plan, Recovery, Report
from .rules import OPENED, Apart, RecoveryState, ReportState, kept_apart, recovery_state

HOUR = timedelta(hours=1)


def plan_of(person_id: int) -> Plan | None:
    """How she wants to be kept safe."""
    return db.session.get(Plan, person_id)


def openings_of(person_id: int) -> Sequence[Opening]:
    """Who opened her record, the newest first, each with whoever did."""
    query = select(Opening).where(Opening.person_id == person_id).options(joinedload(Opening.by))
    return db.session.scalars(query.order_by(Opening.at.desc(), Opening.id.desc())).all()


def opened_by(person_id: int, *, at: datetime) -> int:
    """How many records somebody has opened in the last hour."""
    lately = Opening.by_id == person_id, Opening.at > at - HOUR, Opening.field.in_(OPENED)
    return db.session.scalars(select(func.count()).select_from(Opening).where(*lately)).one()


def recovery_of(person_id: int, *, at: datetime, for_update: bool = False) -> Recovery | None:
    """That somebody is let in without her factor, where it is asked for, waits or is ready."""
    newest = select(Recovery).where(Recovery.person_id == person_id, Recovery.ended_at.is_(None))
    newest = newest.order_by(Recovery.id.desc()).limit(1).execution_options(populate_existing=True)
    found = db.session.scalars(newest.with_for_update(of=Recovery) if for_update else newest).one_or_none()
    return found if found is not None and recovery_state(found.times(), at=at) is not RecoveryState.OVER else None


def has_another(roles: Collection[Role], *, besides: Collection[int], at: datetime) -> bool:
    """Whether anybody but these people holds one of these roles now."""
    held = select(RoleGrant.id).where(RoleGrant.role.in_(roles), RoleGrant.person_id.not_in(besides), *is_held(at))
    return db.session.scalar(held.limit(1)) is not None


def holds_one_of(person_id: int, roles: Collection[Role], *, at: datetime) -> bool:
    """Whether somebody holds one of these roles now."""
    held = select(RoleGrant.id).where(RoleGrant.role.in_(roles), RoleGrant.person_id == person_id, *is_held(at))
    return db.session.scalar(held.limit(1)) is not None


def reports(cohorts: Collection[int] | None) -> Sequence[Report]:
    """Reports of these cohorts, or all for None: what waits first, the oldest of it first."""
    query = select(Report).order_by(Report.closed_on.is_not(None), Report.day, Report.id)
    return db.session.scalars(query if cohorts is None else query.where(Report.cohort_id.in_(cohorts))).all()


def find_report(public_id: UUID, *, for_update: bool = False) -> Report | None:
    """One report, with whoever gave her name."""
    query = select(Report).where(Report.public_id == public_id).options(joinedload(Report.person))
    query = query.execution_options(populate_existing=True)
    return db.session.scalars(query.with_for_update(of=Report) if for_update else query).one_or_none()


def find_report_by_code(code: str) -> Report | None:
    """The report whose code was typed."""
    return db.session.scalars(select(Report).where(Report.code_hash == hash_token(read_code(code)))).one_or_none()


def waiting_reports(*, at: datetime) -> int:
    """How many reports nobody has read."""
    return db.session.scalars(select(func.count()).select_from(Report).where(Report.state == ReportState.NEW)).one()


def rules_of(cohort_id: int) -> Sequence[ApartRule]:
    """Who is kept apart in a cohort, rule by rule, the oldest first."""
    query = select(ApartRule).where(ApartRule.cohort_id == cohort_id).options(selectinload(ApartRule.members))
    return db.session.scalars(query.order_by(ApartRule.id)).all()


def must_not_meet(cohort_id: Any, person_id: Any, other_id: Any) -> ColumnElement[bool]:
    """Whether two people, by number or as columns, are kept apart in a cohort: a condition, for allocations."""
    one, other = aliased(ApartMember), aliased(ApartMember)
    meet = exists().where(
        one.rule_id == ApartRule.id,
        other.rule_id == ApartRule.id,
        one.side != other.side,
        ApartRule.cohort_id == cohort_id,
        one.person_id == person_id,
        other.person_id == other_id,
    )
    return meet.correlate_except(one, other, ApartRule)


def apart_in(cohort_id: int) -> Mapping[int, Collection[int]]:
    """Whom each person of a cohort is kept apart from, by number: one statement. For allocations, never for a page."""
    rows = db.session.execute(
        select(ApartMember.rule_id, ApartMember.person_id, ApartMember.side)
        .join(ApartRule, ApartRule.id == ApartMember.rule_id)
        .where(ApartRule.cohort_id == cohort_id)
    )
    sides: dict[int, tuple[set[int], set[int]]] = {}
    for rule_id, person_id, side in rows:
        sides.setdefault(rule_id, (set(), set()))[side].add(person_id)
    return kept_apart(Apart(one=frozenset(one), other=frozenset(other)) for one, other in sides.values())
