"""Deciding about answers that came too late: a person counts them or leaves them out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.accounts.models import Person
from lms.cohorts.rules.opening import check_not_closed

from ..errors import LateMeanwhile, NothingLate
from ..models import Attempt
from ..queries import sitting as sittings
from ..queries.record import ParticipantBook
from ..rules.attempts import StepKind, identify
from ..rules.deadlines import undecided
from ..sealing import read_steps
from . import taking
from .steps import NewStep, append


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the form says. seen: number of the last late answer that its page knew."""

    counts: bool
    seen: int
    operation: UUID
    language: str

    @property
    def kind(self) -> StepKind:
        """The step that it becomes."""
        return StepKind.COUNT_LATE if self.counts else StepKind.LEAVE_LATE


def decide(book: ParticipantBook, attempt_id: int, decision: Decision, *, by: Person, at: datetime) -> Attempt:
    """Count the late answers of an attempt at a quiz, or leave them out. The same form twice is one act.

    Raises NothingLate, LateMeanwhile, NotNow, CohortClosed.
    """
    attempt, closed_at = sittings.attempt_to_change(attempt_id)
    check_not_closed(closed_at)
    operation = identify(decision.operation, attempt.public_id, None, decision.kind)
    if sittings.step_of_operation(operation) is not None:
        return attempt
    late = undecided(read_steps(book.owner, sittings.rows_of(attempt)), attempt.terms())
    if not late:
        raise NothingLate
    if max(step.number for step in late) > decision.seen:
        raise LateMeanwhile
    step = NewStep(operation=operation, kind=decision.kind, by=by.id, at=at, language=decision.language)
    append(attempt, step)
    taking.rescore(attempt, owner=book.owner)
    return attempt
