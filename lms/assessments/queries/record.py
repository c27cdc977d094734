"""What one participant did, for the staff of her cohort who may see it: each attempt and its history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.accounts.queries import shown_names_of
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.queries.people import place_of_address
from lms.courses.rules import TaskKind
from lms.kernel.db import db

from ..models import AllowanceRow, Attempt, Conflict, StepRow
from ..rules.attempts import AttemptState, Step, StepKind
from ..rules.deadlines import Timeliness, judge, undecided
from ..rules.gradebook import Asked, Done, Read, Standing, compute_standing
from ..rules.marking import whole_percent
from ..rules.quizzes import percent
from ..sealing import open_reasons
from .book import Calendar, CohortBook, calendar_of, read_of
from .queue import own_conflict

WITH_DATA = (StepKind.HAND_IN, StepKind.TIME_UP, StepKind.RESCORE)
"""Steps whose data staff read here; answers and marks are not even loaded."""


@dataclass(frozen=True, kw_only=True)
class ParticipantBook(CohortBook):
    """A participant of a cohort, for one member of its staff. owner: the participant, with her key."""

    enrolment: Enrolment
    owner: Person
    in_conflict: bool

    @property
    def is_allotted(self) -> bool:
        """Only single pieces of work are."""
        return False


def find_participant(who: Person, cohort_id: UUID, enrolment_id: UUID) -> ParticipantBook | None:
    """The participant of an address."""
    bound = {"me": who.id, "cohort_id": cohort_id, "enrolment_id": enrolment_id}
    row = db.session.execute(_participant(), bound).one_or_none()
    if row is None:
        return None
    enrolment, cohort, conflict = row
    return ParticipantBook(cohort=cohort, enrolment=enrolment, owner=enrolment.person, in_conflict=conflict is not None)


@cache
def _participant() -> Select[*tuple[Any, ...]]:
    return place_of_address().outerjoin(Conflict, own_conflict()).add_columns(Conflict.id)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a history: so many steps of one kind in a row, the first and the last of them at these times.

    by: shown name of staff; None for the participant herself, for the clock, and for staff who are gone.
    """

    kind: StepKind
    times: int
    began_at: datetime
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

    @property
    def percent(self) -> int | None:
        """Per cent of a quiz, or of a released mark; None where there is none."""
        if self.attempt.total is not None:
            return whole_percent(self.attempt.total)
        score = self.attempt.score()
        return None if score is None else percent(score)


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
    """What she did and was given: six statements, one more where an answer may be late."""
    calendar = calendar_of(book.cohort, at=at)
    attempts = attempts_of(book.enrolment)
    runs = _runs(book.enrolment)
    rows = allowances_of(book.enrolment)
    ids = {run.by_id for of_one in runs.values() for run in of_one} | {row.by_id for row in rows}
    names = shown_names_of(ids - {book.owner.id})
    late = _late([attempt for attempt in attempts if _may_be_late(attempt, runs[attempt.id])])
    records = [
        _attempt_record(attempt, runs[attempt.id], late.get(attempt.id, []), names, book.owner.id)
        for attempt in attempts
    ]
    reasons = open_reasons(book.owner, [row.reason for row in rows])
    return Record(
        standing=_standing(book, calendar, attempts, at),
        tasks=[_task_record(asked, calendar, records) for asked in calendar.asked],
        given=[
            Given(row=row, reason=reason, by=names.get(row.by_id or 0))
            for row, reason in zip(rows, reasons, strict=True)
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
    read = db.session.scalars(_read(), {"enrolment_id": book.enrolment.id, "lessons": calendar.lessons}).one()
    done = [
        Done(node_id=one.node_id, number=one.number, state=one.state, score=one.score(), verdict=one.verdict)
        for one in attempts
    ]
    lessons = Read(read=read, open=len(calendar.lessons))
    return compute_standing(calendar.asked, done, lessons, rule=book.rule, at=at)


@cache
def _read() -> Select[int]:
    return select(read_of("lessons")).where(Enrolment.id == bindparam("enrolment_id"))


def attempts_of(enrolment: Enrolment) -> list[Attempt]:
    """Her attempts at quizzes and assignments, first to last."""
    return list(db.session.scalars(_attempts(), {"enrolment_id": enrolment.id}))


@cache
def _attempts() -> Select[Attempt]:
    return (
        select(Attempt)
        .join(Attempt.version)
        .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.kind != TaskKind.CHECKPOINT)
        .options(contains_eager(Attempt.version))
        .order_by(Attempt.node_id, Attempt.number)
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
    return list(db.session.scalars(_allowances(), {"enrolment_id": enrolment.id}))


@cache
def _allowances() -> Select[AllowanceRow]:
    hers = AllowanceRow.enrolment_id == bindparam("enrolment_id")
    return select(AllowanceRow).where(hers).order_by(AllowanceRow.id)


def _runs(enrolment: Enrolment) -> Mapping[int, list[Any]]:
    """What was done, by attempt in the order received: steps of one kind in a row by one person are one run.

    Of a run come its count, its first moment and its last step; nothing that was typed, chosen or marked is loaded.
    """
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(_last_of_runs(), {"enrolment_id": enrolment.id}):
        found[row.attempt_id].append(row)
    return found


@cache
def _last_of_runs() -> Select[*tuple[Any, ...]]:
    of_one_kind = (StepRow.attempt_id, StepRow.kind, StepRow.by_id)
    numbered = (
        select(
            *of_one_kind,
            StepRow.number,
            StepRow.received_at,
            # Both count on within a run, so that their difference stands still; it is another in the next.
            (
                func.row_number().over(partition_by=StepRow.attempt_id, order_by=StepRow.number)
                - func.row_number().over(partition_by=of_one_kind, order_by=StepRow.number)
            ).label("run"),
        )
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.kind != TaskKind.CHECKPOINT)
        .subquery()
    )
    runs = (
        select(
            func.count().label("times"),
            func.min(numbered.c.received_at).label("began_at"),
            func.max(numbered.c.number).label("last"),
        )
        .group_by(numbered.c.attempt_id, numbered.c.kind, numbered.c.by_id, numbered.c.run)
        .subquery()
    )
    last: Select[*tuple[Any, ...]] = (
        select(
            *of_one_kind,
            StepRow.received_at,
            StepRow.state,
            StepRow.receipt,
            case((StepRow.kind.in_(WITH_DATA), StepRow.data), else_=None).label("data"),
            runs.c.times,
            runs.c.began_at,
        )
        .join(runs, runs.c.last == StepRow.number)
        .order_by(StepRow.number)
    )
    return last


def _may_be_late(attempt: Attempt, runs: Sequence[Any]) -> bool:
    """Whether an answer at a quiz came after its hand-in or its end, so that somebody may have to decide about it."""
    if attempt.kind is not TaskKind.QUIZ:
        return False
    terms, zero = attempt.terms(), timedelta(0)
    return any(
        run.state is not AttemptState.OPEN
        or judge(terms, received_at=run.received_at, written_at=run.received_at, outage=zero) is not Timeliness.ON_TIME
        for run in runs
        if run.kind is StepKind.ANSWER
    )


def _late(attempts: Sequence[Attempt]) -> Mapping[int, list[Step]]:
    """The answers of these attempts about which nobody has decided, by attempt: one statement, none for no attempt.

    Times depend on all answers, so all come, without what they say.
    """
    if not attempts:
        return {}
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in db.session.execute(_bare_steps(), {"attempts": [attempt.id for attempt in attempts]}):
        steps[row.attempt_id].append(_bare(row))
    return {attempt.id: undecided(steps[attempt.id], attempt.terms()) for attempt in attempts}


@cache
def _bare_steps() -> Select[*tuple[Any, ...]]:
    steps: Select[*tuple[Any, ...]] = (
        select(
            StepRow.attempt_id,
            StepRow.number,
            StepRow.operation_id,
            StepRow.kind,
            StepRow.question,
            StepRow.sequence,
            StepRow.written_at,
            StepRow.received_at,
            StepRow.language,
            StepRow.state,
        )
        .where(StepRow.attempt_id.in_(bindparam("attempts", expanding=True)))
        .order_by(StepRow.number)
    )
    return steps


def _attempt_record(
    attempt: Attempt, runs: Sequence[Any], late: Sequence[Step], names: Mapping[int, str], owner: int
) -> AttemptRecord:
    received = next((run for run in reversed(runs) if run.receipt is not None), None)
    return AttemptRecord(
        attempt=attempt,
        receipt=received.receipt if received is not None else None,
        timeliness=(received.data or {}).get("timeliness") if received is not None else None,
        events=[
            Event(
                kind=run.kind,
                times=run.times,
                began_at=run.began_at,
                at=run.received_at,
                is_hers=run.by_id == owner,
                by=names.get(run.by_id) if run.by_id is not None else None,
            )
            for run in runs
        ],
        late=len(late),
        seen=max((step.number for step in late), default=0),
    )


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


def node_of(book: CohortBook, task_id: UUID) -> str | None:
    """The node of a task's address in a cohort."""
    of_cohort = CalendarEntry.cohort_id == book.cohort.id, CalendarEntry.public_id == task_id
    return db.session.scalars(select(CalendarEntry.node_id).where(*of_cohort)).one_or_none()


def dues_of(cohort: Cohort, nodes: Sequence[str]) -> Mapping[str, CalendarEntry]:
    """The calendar's entries of some tasks."""
    entries = db.session.scalars(
        select(CalendarEntry).where(CalendarEntry.cohort_id == cohort.id, CalendarEntry.node_id.in_(nodes))
    )
    return {entry.node_id: entry for entry in entries}
