"""Adding steps to attempts: the only writing to the table of steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Insert, Table, bindparam, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite

from lms.cohorts.models import Enrolment
from lms.cohorts.queries.closing import held
from lms.kernel.db import db
from lms.kernel.sealed import Sealed

from ..models import Attempt, StepRow
from ..rules.attempts import AttemptState, StepKind, next_state
from ..rules.deadlines import written_at


@dataclass(frozen=True, kw_only=True)
class NewStep:
    """A step to be added, with its state left out: that follows from the attempt."""

    operation: UUID
    kind: StepKind
    by: int | None
    at: datetime
    language: str
    question: str | None = None
    sequence: int = 0
    held: timedelta = timedelta(0)
    data: Mapping[str, Any] | None = None
    sealed: Sealed | None = None
    flagged: bool = False
    receipt: str | None = None

    def values(self, attempt: int, state: AttemptState, *, opened_at: datetime) -> dict[str, Any]:
        """The row, without what is NULL: a database cannot tell the type of a bare NULL that it is to select.

        opened_at: of the attempt; nothing in it was written before it was there.
        """
        row = {
            "attempt_id": attempt,
            "operation_id": self.operation,
            "kind": self.kind,
            "question": self.question,
            "sequence": self.sequence,
            "by_id": self.by,
            "written_at": max(written_at(self.at, held=self.held), min(opened_at, self.at)),
            "received_at": self.at,
            "language": self.language,
            "data": None if self.data is None else dict(self.data),
            "sealed": self.sealed,
            "flagged": self.flagged,
            "state": state,
            "receipt": self.receipt,
        }
        return {name: value for name, value in row.items() if value is not None}


def append_if_open(attempt: Attempt, step: NewStep) -> bool:
    """Add an answer if the attempt and its cohort are still open; whether it was added.

    One statement: lock, check and insert. Not added is also what was received before: the act has the id of a row that
    is there. Selecting the attempt's row with a lock makes a hand-in at the same moment come before or after it, never
    beside it; the step takes its number after the lock is held, so numbers grow in the order in which the steps of an
    attempt are committed.
    """
    values = step.values(attempt.id, AttemptState.OPEN, opened_at=attempt.opened_at)
    statement = _insert_if_open(_dialect(), tuple(values))
    bound = {f"new_{name}": value for name, value in values.items()}
    bound |= {"attempt": attempt.id, "place": attempt.enrolment_id, "at": step.at}
    return db.session.execute(statement, bound).first() is not None


@cache
def _insert_if_open(dialect: str, names: tuple[str, ...]) -> Insert:
    """names: the columns that are not NULL; what comes into each is bound as `new_` and its name."""
    columns, cohort = StepRow.__table__.columns, held(Enrolment.id == bindparam("place"))
    source = (
        select(*(bindparam(f"new_{name}", type_=columns[name].type).label(name) for name in names))
        .select_from(Attempt)
        .join(cohort, true())
        .where(
            cohort.c.closed_at.is_(None),
            Attempt.id == bindparam("attempt"),
            Attempt.state == AttemptState.OPEN,
            or_(Attempt.closes_at.is_(None), Attempt.closes_at > bindparam("at")),
        )
        .with_for_update(of=Attempt)
    )
    return _once(_insert(dialect).from_select(names, source))


def append(attempt: Attempt, step: NewStep) -> bool:
    """Add a step to an attempt that is locked, and move the attempt; whether it was new. Raises NotNow."""
    state = next_state(attempt.state, step.kind)
    statement = _once(_insert(_dialect()).values(**step.values(attempt.id, state, opened_at=attempt.opened_at)))
    is_new = db.session.execute(statement).first() is not None
    if is_new:
        attempt.state = state
    return is_new


def append_aside(attempt: Attempt, step: NewStep) -> None:
    """Keep an answer beside an attempt that is locked and that nothing moves any more, open or not."""
    state = AttemptState.HANDED_IN if attempt.state is AttemptState.OPEN else attempt.state
    db.session.execute(_once(_insert(_dialect()).values(**step.values(attempt.id, state, opened_at=attempt.opened_at))))


def _insert(dialect: str) -> Any:
    """An insert that can be told what to do about a row that is there; both databases spell it alike."""
    table = cast(Table, StepRow.__table__)  # not the class: the unit of work has no part in it
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _dialect() -> str:
    return db.session.get_bind().dialect.name


def _once(statement: Any) -> Insert:
    once: Insert = statement.on_conflict_do_nothing(index_elements=["operation_id"]).returning(StepRow.number)
    return once
