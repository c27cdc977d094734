"""Finding the hand-in that a receipt was given for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.accounts.rules.roles import Role
from lms.cohorts.models import Cohort, Enrolment
from lms.kernel.db import db
from lms.kernel.ids import read_code

from ..models import Attempt, Conflict, StepRow
from ..policy import cohorts_of
from ..rules.attempts import Step, StepKind
from ..rules.receipts import Received
from ..sealing import read_steps
from .book import CohortBook
from .queue import own_conflict


@dataclass(frozen=True, kw_only=True)
class HandedIn(CohortBook):
    """What a receipt was given for: no answers, no marks. owner: the participant, with her key."""

    step: int
    attempt: Attempt
    owner: Person
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
        select(
            StepRow.number, StepRow.receipt, StepRow.received_at, StepRow.data, Attempt, Person, Enrolment.alias, Cohort
        )
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .join(Enrolment.person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, own_conflict(who))
        .where(
            StepRow.receipt == read_code(typed),
            Cohort.id.in_(cohorts_of(who, (Role.COORDINATOR,))),
            Conflict.id.is_(None),
        )
        .options(
            contains_eager(Cohort.version),
            contains_eager(Person.key),
            *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
        )
    ).one_or_none()
    return None if row is None else _handed_in(row)


def _handed_in(row: Any) -> HandedIn:
    told = str((row.data or {}).get("fingerprint", ""))
    received = Received(attempt=row.Attempt.public_id, received_at=row.received_at, fingerprint=told)
    return HandedIn(
        cohort=row.Cohort,
        step=row.number,
        attempt=row.Attempt,
        owner=row.Person,
        code=row.receipt,
        alias=row.alias,
        node_id=row.Attempt.node_id,
        received=received,
    )


def answers_of(handed_in: HandedIn) -> list[Step]:
    """The answers that may have stood at the hand-in, opened: of each question those that no page had overtaken.

    Raises CannotOpen.
    """
    later = aliased(StepRow)
    before = (
        StepRow.attempt_id == handed_in.attempt.id,
        StepRow.number < handed_in.step,
        StepRow.kind == StepKind.ANSWER,
    )
    highest = (
        select(func.max(later.sequence))
        .where(
            later.attempt_id == StepRow.attempt_id,
            later.question == StepRow.question,
            later.kind == StepKind.ANSWER,
            later.number < handed_in.step,
        )
        .scalar_subquery()
    )
    rows = db.session.scalars(select(StepRow).where(*before, StepRow.sequence == highest).order_by(StepRow.number))
    return read_steps(handed_in.owner, rows)
