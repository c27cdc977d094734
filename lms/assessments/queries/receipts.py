"""Finding the hand-in that a receipt was given for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.accounts.rules import Role
from lms.cohorts.models import Cohort, Enrolment
from lms.kernel.db import db
from lms.kernel.ids import read_code

from ..models import Attempt, Conflict, StepRow
from ..rules.receipts import Received
from .book import CohortBook


@dataclass(frozen=True, kw_only=True)
class HandedIn(CohortBook):
    """What a receipt was given for: no answers, no marks."""

    step: int
    code: str
    alias: str
    node_id: str
    received: Received

    @property
    def received_at(self) -> datetime:
        """When it was received, by our clock."""
        return self.received.received_at


def find_receipt(who: Person, typed: str) -> HandedIn | None:
    """The hand-in of a typed code, in the cohorts that this person coordinates and without conflict of interest."""
    row = db.session.execute(
        select(StepRow.number, StepRow.receipt, StepRow.received_at, StepRow.data, Attempt, Enrolment.alias, Cohort)
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .outerjoin(Conflict, and_(Conflict.enrolment_id == Enrolment.id, Conflict.person_id == who.id))
        .where(
            StepRow.receipt == read_code(typed),
            Cohort.id.in_(_coordinated(who)),
            Conflict.id.is_(None),
        )
        .options(contains_eager(Cohort.version))
    ).one_or_none()
    return None if row is None else _handed_in(row)


def _coordinated(who: Person) -> Collection[int]:
    return {grant.cohort_id for grant in who.roles if grant.role is Role.COORDINATOR and grant.cohort_id is not None}


def _handed_in(row: Any) -> HandedIn:
    told = str((row.data or {}).get("fingerprint", ""))
    received = Received(attempt=row.Attempt.public_id, received_at=row.received_at, fingerprint=told)
    return HandedIn(
        cohort=row.Cohort,
        step=row.number,
        code=row.receipt,
        alias=row.alias,
        node_id=row.Attempt.node_id,
        received=received,
    )
