"""Giving one participant more than the settings do: further attempts, further minutes, a later date."""

from datetime import datetime, timedelta

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.opening import check_not_closed
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.modules.queries import enrolment_for_update

from ..errors import AllowedMeanwhile, BadAllowance
from ..models import AllowanceRow, Attempt
from ..queries import record
from ..queries.allowances import allowance_of
from ..queries.catalogue import catalogue
from ..queries.record import ParticipantBook
from ..rules import quizzes
from ..rules.allowing import NewAllowance, check_allowance
from ..rules.deadlines import closes_at
from ..sealing import seal_reason
from . import ledger

ALLOWED = audit.act("assessments.allowance.given", "attempts", "minutes", "has_date", "open_attempts")


def give_allowance(book: ParticipantBook, new: NewAllowance, *, by: Person, at: datetime) -> AllowanceRow:
    """Give it, and let it hold at once for what she has open. Raises BadAllowance, AllowedMeanwhile, CohortClosed.

    The number of allowances that the form knew makes a double click one act: allowances add up.
    """
    check_allowance(new, at=at)
    tasks = catalogue(book.cohort.version).tasks
    if new.node_id is not None and (new.node_id not in tasks or tasks[new.node_id].kind is TaskKind.CHECKPOINT):
        raise BadAllowance
    enrolment, closed_at = enrolment_for_update(book.enrolment.id)
    check_not_closed(closed_at)
    if len(record.allowances_of(enrolment)) != new.known:
        raise AllowedMeanwhile
    row = AllowanceRow(
        enrolment_id=enrolment.id,
        node_id=new.node_id,
        extra_attempts=new.extra_attempts,
        extra_minutes=new.extra_minutes,
        due_at=new.due_at,
        reason=seal_reason(book.owner, new.reason.strip()),
        by_id=by.id,
        given_at=at,
    )
    add_allowance(row, enrolment, book.cohort, by=by, at=at)
    return row


def add_allowance(row: AllowanceRow, enrolment: Enrolment, cohort: Cohort, *, by: Person, at: datetime) -> None:
    """Keep an allowance of a place that is locked, and let it hold at once for what she has open."""
    db.session.add(row)
    db.session.flush()  # what she may have is added up in the database
    attempts = record.open_attempts_for_update(enrolment, row.node_id)
    dues = record.dues_of(cohort, [attempt.node_id for attempt in attempts])
    for attempt in attempts:
        _renew(enrolment, attempt, dues.get(attempt.node_id))
    ledger.renew(enrolment)
    audit.record(
        ALLOWED,
        by=by.id,
        on=enrolment.id,
        at=at,
        attempts=(None, row.extra_attempts),
        minutes=(None, row.extra_minutes),
        has_date=(None, row.due_at is not None),
        open_attempts=(None, len(attempts)),
    )


def _renew(enrolment: Enrolment, attempt: Attempt, entry: CalendarEntry | None) -> None:
    """The times of an open attempt as they hold with everything that she was given."""
    task = catalogue(attempt.version).tasks[attempt.node_id]
    terms = quizzes.terms_of(
        task.quiz,
        allowance_of(enrolment, attempt.node_id),
        opened_at=attempt.opened_at,
        due_at=entry.due_at if entry is not None else None,
        grace=timedelta(days=attempt.grace_days),
    )
    attempt.due_at = terms.deadline
    attempt.allowed_minutes = None if terms.allowed is None else terms.allowed // timedelta(minutes=1)
    # As when it was opened: what had no end gets none.
    attempt.closes_at = closes_at(terms) if attempt.closes_at is not None else None
