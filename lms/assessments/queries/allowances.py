"""What participants may have beyond the settings of a task: rows for the task and rows for all tasks, added up."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from lms.cohorts.models import Enrolment
from lms.kernel.db import db

from ..models import AllowanceRow
from ..rules.quizzes import Allowance, later_date

ATTEMPTS = func.coalesce(func.sum(AllowanceRow.extra_attempts), 0)
MINUTES = func.coalesce(func.sum(AllowanceRow.extra_minutes), 0)
LAST_MOMENT = func.max(AllowanceRow.due_at)


def allowance_of(enrolment: Enrolment, node_id: str) -> Allowance:
    """What she may have beyond the settings of one task: one statement."""
    row = db.session.execute(_sums(), {"enrolment_id": enrolment.id, "node_id": node_id}).one()
    return Allowance(extra_attempts=int(row[0]), extra_minutes=int(row[1]), due_at=row[2])


@cache
def _sums() -> Select[*tuple[Any, ...]]:
    is_hers = AllowanceRow.enrolment_id == bindparam("enrolment_id")
    return select(ATTEMPTS, MINUTES, LAST_MOMENT).where(is_hers, _is_for(bindparam("node_id")))


def given(what: ColumnElement[Any], enrolment_id: Any, node_id: Any) -> Any:
    """One of the sums above, for an enrolment and a task of the statement around it, as a column.

    A moment is null where none was given, later than the calendar's or not: see `later_date`.
    """
    return (
        select(what)
        .where(AllowanceRow.enrolment_id == enrolment_id, _is_for(node_id))
        .correlate_except(AllowanceRow)
        .scalar_subquery()
    )


def _is_for(node_id: Any) -> ColumnElement[bool]:
    return or_(AllowanceRow.node_id == node_id, AllowanceRow.node_id.is_(None))


@dataclass(frozen=True, kw_only=True)
class Allowances:
    """What one person was given. by_node: under None for all tasks of the course."""

    by_node: dict[str | None, Allowance] = field(default_factory=dict)

    def of(self, node_id: str) -> Allowance:
        """What she may have beyond the settings of a task."""
        counting = [self.by_node[one] for one in (node_id, None) if one in self.by_node]
        return Allowance(
            extra_attempts=sum(one.extra_attempts for one in counting),
            extra_minutes=sum(one.extra_minutes for one in counting),
            due_at=max((one.due_at for one in counting if one.due_at is not None), default=None),
        )

    def last_moment(self, node_id: str, due_at: datetime | None) -> datetime | None:
        """Until when she hands in a task. due_at: by the calendar; without one there is none."""
        return later_date(due_at, self.of(node_id).due_at)


def allowances_by(chosen: ColumnElement[bool]) -> Mapping[int, Allowances]:
    """What was given to these people, by number of the enrolment, those without included: one statement.

    chosen: a condition over Enrolment.
    """
    found: dict[int, Allowances] = defaultdict(Allowances)
    rows = db.session.execute(
        select(AllowanceRow.enrolment_id, AllowanceRow.node_id, ATTEMPTS, MINUTES, LAST_MOMENT)
        .join(Enrolment, Enrolment.id == AllowanceRow.enrolment_id)
        .where(chosen)
        .group_by(AllowanceRow.enrolment_id, AllowanceRow.node_id)
    )
    for enrolment_id, node_id, attempts, minutes, due_at in rows:
        found[enrolment_id].by_node[node_id] = Allowance(
            extra_attempts=int(attempts), extra_minutes=int(minutes), due_at=due_at
        )
    return found
