"""What one participant did, for the staff of her cohort who may see it: each attempt and its history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, select
from sqlalchemy.orm import contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.courses.rules import TaskKind
from lms.kernel.db import db

from ..models import AllowanceRow, Attempt, Conflict, StepRow
from ..rules.attempts import AttemptState, Step, StepKind
from ..rules.deadlines import undecided
from ..rules.gradebook import Asked, Done, Read, Standing, compute_standing
from ..sealing import open_reason
from .book import Calendar, CohortBook, calendar_of, read_of

WITH_DATA = (StepKind.HAND_IN, StepKind.TIME_UP, StepKind.RESCORE)
"""Steps whose data staff read here; answers and marks are not even loaded."""


@dataclass(frozen=True, kw_only=True)
class ParticipantBook(CohortBook):
    """A participant of a cohort, for one member of its staff. owner: the participant, with her key."""

    enrolment: Enrolment
    owner: Person
    in_conflict: bool


def find_participant(who: Person, cohort_id: UUID, enrolment_id: UUID) -> ParticipantBook | None:
    """The participant of an address."""
    row = db.session.execute(
        select(Enrolment, Cohort, Person, Conflict.id)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .join(Enrolment.person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, and_(Conflict.enrolment_id == Enrolment.id, Conflict.person_id == who.id))
        .where(Enrolment.public_id == enrolment_id, Cohort.public_id == cohort_id)
        .options(
            contains_eager(Enrolment.cohort).contains_eager(Cohort.version),
            contains_eager(Person.key),
            *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
        )
    ).one_or_none()
    if row is None:
        return None
    enrolment, cohort, owner, conflict = row
    return ParticipantBook(cohort=cohort, enrolment=enrolment, owner=owner, in_conflict=conflict is not None)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a history: so many steps of one kind in a row, the last of them at this time.

    by: shown name of staff; None for the participant herself, for the clock, and for staff who are gone.
    """

    kind: StepKind
    times: int
    at: datetime
    is_hers: bool
    by: str | None


@dataclass(frozen=True, kw_only=True)
class AttemptRecord:
    """One attempt with its history. late: late answers nobody has decided about; seen: number of the last of them."""

    attempt: Attempt
    receipt: str | None
    timeliness: str | None
    events: Sequence[Event]
    late: int
    seen: int


@dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """A task with her attempts at it, first to last."""

    asked: Asked
    entry_id: UUID | None
    attempts: Sequence[AttemptRecord]


@dataclass(frozen=True, kw_only=True)
class Given:
    """An allowance as staff read it."""

    row: AllowanceRow
    reason: str
    by: str | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything on the page of one participant."""

    standing: Standing
    tasks: Sequence[TaskRecord]
    given: Sequence[Given]


def record_of(book: ParticipantBook, *, at: datetime) -> Record:
    """What she did and was given: six statements."""
    calendar = calendar_of(book.cohort, at=at)
    attempts = attempts_of(book.enrolment)
    steps = _steps(book.enrolment)
    rows = allowances_of(book.enrolment)
    ids = {step.by_id for of_one in steps.values() for step in of_one} | {row.by_id for row in rows}
    names = _names(ids - {None, book.owner.id})
    records = [_attempt_record(attempt, steps[attempt.id], names, book.owner.id) for attempt in attempts]
    return Record(
        standing=_standing(book, calendar, attempts, at),
        tasks=[_task_record(asked, calendar, records) for asked in calendar.asked],
        given=[
            Given(
                row=row,
                reason=open_reason(book.owner, row.reason) if row.reason is not None else "",
                by=names.get(row.by_id or 0),
            )
            for row in rows
        ],
    )


def _task_record(asked: Asked, calendar: Calendar, records: Sequence[AttemptRecord]) -> TaskRecord:
    entry = calendar.entries.get(asked.node_id)
    return TaskRecord(
        asked=asked,
        entry_id=entry.public_id if entry is not None else None,
        attempts=[record for record in records if record.attempt.node_id == asked.node_id],
    )


def _standing(book: ParticipantBook, calendar: Calendar, attempts: Sequence[Attempt], at: datetime) -> Standing:
    read = db.session.scalars(select(read_of(calendar.lessons)).where(Enrolment.id == book.enrolment.id)).one()
    done = [
        Done(node_id=one.node_id, number=one.number, state=one.state, score=one.score(), verdict=one.verdict)
        for one in attempts
    ]
    wanted = book.cohort.version.completion.get("activities_percent")
    lessons = Read(read=read, open=len(calendar.lessons))
    return compute_standing(calendar.asked, done, lessons, activities_percent=wanted, at=at)


def attempts_of(enrolment: Enrolment) -> list[Attempt]:
    """Her attempts at quizzes and assignments, first to last."""
    return list(
        db.session.scalars(
            select(Attempt)
            .join(Attempt.version)
            .where(Attempt.enrolment_id == enrolment.id, Attempt.kind != TaskKind.CHECKPOINT)
            .options(contains_eager(Attempt.version))
            .order_by(Attempt.node_id, Attempt.number)
        )
    )


def open_attempts_for_update(enrolment: Enrolment, node_id: str | None) -> list[Attempt]:
    """Her attempts that are not handed in, at one task or at any, locked and read anew."""
    query = (
        select(Attempt)
        .join(Attempt.version)
        .where(Attempt.enrolment_id == enrolment.id, Attempt.state == AttemptState.OPEN)
        .options(contains_eager(Attempt.version))
        .order_by(Attempt.id)
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query if node_id is None else query.where(Attempt.node_id == node_id)))


def find_attempt(book: ParticipantBook, attempt_id: UUID) -> Attempt | None:
    """One attempt of hers at a quiz, by its public id."""
    return db.session.scalar(
        select(Attempt).where(
            Attempt.public_id == attempt_id,
            Attempt.enrolment_id == book.enrolment.id,
            Attempt.kind == TaskKind.QUIZ,
        )
    )


def allowances_of(enrolment: Enrolment) -> list[AllowanceRow]:
    """All she was given, first to last."""
    return list(
        db.session.scalars(
            select(AllowanceRow).where(AllowanceRow.enrolment_id == enrolment.id).order_by(AllowanceRow.id)
        )
    )


def _steps(enrolment: Enrolment) -> Mapping[int, list[Any]]:
    """Steps by attempt in the order received; nothing that was typed, chosen or marked is loaded."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = db.session.execute(
        select(
            StepRow.attempt_id,
            StepRow.number,
            StepRow.operation_id,
            StepRow.kind,
            StepRow.question,
            StepRow.sequence,
            StepRow.by_id,
            StepRow.written_at,
            StepRow.received_at,
            StepRow.language,
            StepRow.state,
            StepRow.receipt,
            case((StepRow.kind.in_(WITH_DATA), StepRow.data), else_=None).label("data"),
        )
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .where(Attempt.enrolment_id == enrolment.id, Attempt.kind != TaskKind.CHECKPOINT)
        .order_by(StepRow.number)
    )
    for row in rows:
        found[row.attempt_id].append(row)
    return found


def _names(ids: set[Any]) -> Mapping[int, str]:
    rows = db.session.execute(select(Person.id, Person.shown_name).where(Person.id.in_(ids)))
    return {row.id: row.shown_name for row in rows}


def _attempt_record(attempt: Attempt, rows: Sequence[Any], names: Mapping[int, str], owner: int) -> AttemptRecord:
    received = next((row for row in reversed(rows) if row.receipt is not None), None)
    late = undecided([_bare(row) for row in rows], attempt.terms()) if attempt.kind is TaskKind.QUIZ else []
    return AttemptRecord(
        attempt=attempt,
        receipt=received.receipt if received is not None else None,
        timeliness=(received.data or {}).get("timeliness") if received is not None else None,
        events=_events(rows, names, owner),
        late=len(late),
        seen=max((step.number for step in late), default=0),
    )


def _events(rows: Sequence[Any], names: Mapping[int, str], owner: int) -> list[Event]:
    found = []
    for (kind, by_id), group in groupby(rows, key=lambda row: (row.kind, row.by_id)):
        steps = list(group)
        found.append(
            Event(
                kind=kind,
                times=len(steps),
                at=steps[-1].received_at,
                is_hers=by_id == owner,
                by=names.get(by_id) if by_id is not None else None,
            )
        )
    return found


def _bare(row: Any) -> Step:
    """A step as far as times are judged: without what it says."""
    return Step(
        number=row.number,
        operation=row.operation_id,
        kind=row.kind,
        question=row.question,
        sequence=row.sequence,
        written_at=row.written_at,
        received_at=row.received_at,
        language=row.language,
        data=None,
        flagged=False,
        state=row.state,
    )


def dues_of(cohort: Cohort, nodes: Sequence[str]) -> Mapping[str, CalendarEntry]:
    """The calendar's entries of some tasks."""
    entries = db.session.scalars(
        select(CalendarEntry).where(CalendarEntry.cohort_id == cohort.id, CalendarEntry.node_id.in_(nodes))
    )
    return {entry.node_id: entry for entry in entries}
