"""Whether a cohort has ended, asked by an act that must not slip in behind the closing.

Whoever closes a cohort locks its row against everybody; an act in it holds the row weakly, together with any number of
other acts, also while a coordinator changes something else of the cohort. So the closing waits for what has begun, and
what comes after it sees that the cohort is closed.
"""

from datetime import datetime

from sqlalchemy import CTE, ColumnElement, select

from lms.kernel.db import db

from ..models import Cohort, Enrolment


def held(place: ColumnElement[bool]) -> CTE:
    """The cohort of a place, held until the transaction ends: for a statement that locks or writes something of it.

    One row with `closed_at`. place: a condition over Enrolment that only one place fulfils.
    """
    return (
        select(Cohort.closed_at)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .where(place)
        .with_for_update(read=True, key_share=True, of=Cohort)
        .cte("held")
    )


def closed_at_of(cohort_id: int) -> datetime | None:
    """When a cohort was closed, held until the transaction ends; None while it is open."""
    wanted = select(Cohort.closed_at).where(Cohort.id == cohort_id)
    return db.session.scalars(wanted.with_for_update(read=True, key_share=True)).one()
