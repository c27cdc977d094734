"""Finished marks that wait for their release."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, Subquery, and_, exists, func, select
from sqlalchemy.orm import aliased, contains_eager, defer

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.enrolment import MAY_READ
from lms.courses.models import Version
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db

from ..models import Attempt, Conflict, StepRow
from ..policy import cohorts_of, is_to_be_read_by
from ..rules.attempts import OF_MARKING, AttemptState
from ..rules.marking import Verdict
from .queue import newest_step, own_conflict, title_of

MOST_ROWS = 25


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A finished mark before its release. version: of its marks, so that only what was seen is released.

    total, verdict, marker: None for a reader with a conflict of interest. is_own: the reader marked it herself.
    """

    id: UUID
    version: int
    alias: str
    number: int
    total: int | None
    verdict: Verdict | None
    marker: str | None
    is_own: bool
    in_conflict: bool


@dataclass(frozen=True, kw_only=True)
class Release:
    """The finished marks of one assignment in one cohort.

    ready: one page of them. finished: how many there are in all. waiting: handed in and not finished.
    """

    entry: CalendarEntry
    cohort: Cohort
    course: Told
    title: Told
    ready: Sequence[Ready]
    finished: int
    waiting: int


def releases_of(who: Person, language: str) -> list[Release]:
    """What can be released in her open cohorts, each list by alias and at most one page of it: one statement."""
    open_ones = Cohort.id.in_(cohorts_of(who)), Cohort.closed_at.is_(None)
    rows = db.session.execute(_of_releases(who).where(*open_ones)).all()
    by_entry: dict[int, list[Any]] = {}
    for row in rows:
        by_entry.setdefault(row.CalendarEntry.id, []).append(row)
    return [_release(of_one, language) for of_one in by_entry.values()]


def find_release(who: Person, task_id: UUID | None, language: str) -> Release | None:
    """The same for one task; None where none of its marks is finished or was ever released."""
    if task_id is None:
        return None
    rows = db.session.execute(_of_releases(who).where(CalendarEntry.public_id == task_id)).all()
    if rows:
        return _release(rows, language)
    return _nothing_left(who, task_id, language)


def _nothing_left(who: Person, task_id: UUID, language: str) -> Release | None:
    """A task of which everything was released meanwhile: sending the list again is told so."""
    found = db.session.execute(
        select(CalendarEntry, Cohort)
        .join(Cohort, Cohort.id == CalendarEntry.cohort_id)
        .join(Cohort.version)
        .where(
            CalendarEntry.public_id == task_id,
            exists()
            .where(Attempt.enrolment_id == Enrolment.id, Enrolment.cohort_id == Cohort.id)
            .where(Attempt.node_id == CalendarEntry.node_id, Attempt.kind == TaskKind.ASSIGNMENT)
            .where(is_to_be_read_by(who)),
        )
        .options(contains_eager(Cohort.version))
    ).one_or_none()
    if found is None:
        return None
    entry, cohort = found
    return Release(
        entry=entry,
        cohort=cohort,
        course=tell(cohort.title, language, cohort.version.required_languages),
        title=title_of(cohort.version, entry.node_id, language),
        ready=[],
        finished=0,
        waiting=0,
    )


def _of_releases(who: Person) -> Select[Any]:
    """The first finished marks of each task, with how many there are and how many texts wait for theirs."""
    latest, marker, reads = aliased(StepRow), aliased(Person), aliased(Version)
    first = _first_of_each(who)
    return (
        select(
            CalendarEntry,
            Cohort,
            Attempt,
            Enrolment.alias,
            Conflict.id.label("conflict_id"),
            latest.data.label("mark_data"),
            latest.sequence.label("mark_sequence"),
            marker.shown_name.label("marker_name"),
            (latest.by_id == who.id).label("is_own"),
            first.c.finished,
            _waiting(who).label("waiting"),
        )
        .select_from(Attempt)
        .join(first, and_(first.c.id == Attempt.id, first.c.place <= MOST_ROWS))
        .join(Attempt.enrolment)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .join(reads, reads.id == Attempt.version_id)
        .join(
            CalendarEntry,
            and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == Attempt.node_id),
        )
        .outerjoin(Conflict, own_conflict(who))
        .outerjoin(latest, latest.number == newest_step(StepRow.kind.in_(OF_MARKING)))
        .outerjoin(marker, marker.id == latest.by_id)
        .options(
            contains_eager(Cohort.version),
            contains_eager(Attempt.version.of_type(reads)),
        )
        .order_by(Cohort.starts_on.desc(), CalendarEntry.id, Enrolment.alias, Attempt.id)
    )


def _first_of_each(who: Person) -> Subquery:
    """Every finished mark with its place in the list of its task, and how many that list has."""
    of_task = (Enrolment.cohort_id, Attempt.node_id)
    return (
        select(
            Attempt.id,
            func.row_number().over(partition_by=of_task, order_by=(Enrolment.alias, Attempt.id)).label("place"),
            func.count().over(partition_by=of_task).label("finished"),
        )
        .join(Attempt.enrolment)
        .where(
            Attempt.kind == TaskKind.ASSIGNMENT,
            Attempt.state == AttemptState.MARKED,
            Enrolment.person_id != who.id,
            Enrolment.state.in_(MAY_READ),
            is_to_be_read_by(who),
        )
        .subquery()
    )


def _waiting(who: Person) -> ScalarSelect[int]:
    """How many texts of the same task that she may read are handed in and not finished."""
    other, theirs = aliased(Attempt), aliased(Enrolment)
    return (
        select(func.count())
        .select_from(other)
        .join(theirs, theirs.id == other.enrolment_id)
        .where(
            theirs.cohort_id == Enrolment.cohort_id,
            other.node_id == Attempt.node_id,
            other.state == AttemptState.HANDED_IN,
            is_to_be_read_by(who, other, theirs),
        )
        .correlate(Enrolment, Attempt)
        .scalar_subquery()
    )


def _release(rows: Sequence[Any], language: str) -> Release:
    first = rows[0]
    cohort = first.Cohort
    return Release(
        entry=first.CalendarEntry,
        cohort=cohort,
        course=tell(cohort.title, language, cohort.version.required_languages),
        title=title_of(first.Attempt.version, first.CalendarEntry.node_id, language),
        ready=[_ready(row) for row in rows],
        finished=first.finished,
        waiting=first.waiting,
    )


def _ready(row: Any) -> Ready:
    in_conflict, data = row.conflict_id is not None, row.mark_data or {}
    return Ready(
        id=row.Attempt.public_id,
        version=row.mark_sequence,
        alias=row.alias,
        number=row.Attempt.number,
        total=None if in_conflict else data.get("total"),
        verdict=None if in_conflict or "verdict" not in data else Verdict(data["verdict"]),
        marker=None if in_conflict else row.marker_name,
        is_own=bool(row.is_own),
        in_conflict=in_conflict,
    )


@dataclass(frozen=True, kw_only=True)
class Released:
    """What was released last of one task: so many marks at one moment."""

    title: Told
    count: int
    at: datetime


def last_release(who: Person, task_id: UUID | None, language: str) -> Released | None:
    """The last release of a task in her cohorts; None where there was none: one statement, none without a task."""
    if task_id is None:
        return None
    row = db.session.execute(
        select(CalendarEntry, Cohort, Attempt.released_at, func.count().label("marks"))
        .join(Cohort, Cohort.id == CalendarEntry.cohort_id)
        .join(Cohort.version)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .join(Attempt, and_(Attempt.enrolment_id == Enrolment.id, Attempt.node_id == CalendarEntry.node_id))
        .where(
            CalendarEntry.public_id == task_id,
            Cohort.id.in_(cohorts_of(who)),
            Attempt.kind == TaskKind.ASSIGNMENT,
            Attempt.released_at.is_not(None),
            is_to_be_read_by(who),
        )
        .options(contains_eager(Cohort.version))
        .group_by(CalendarEntry.id, Cohort.id, Version.id, Attempt.released_at)
        .order_by(Attempt.released_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    title = title_of(row.Cohort.version, row.CalendarEntry.node_id, language)
    return Released(title=title, count=row.marks, at=row.released_at)


def marked_for_update(release: Release, who: Person, wanted: Mapping[UUID, int]) -> list[tuple[Attempt, StepRow]]:
    """Of these the ones whose marks are finished and still the version that was seen, locked; hers left out."""
    locked = db.session.scalars(
        select(Attempt)
        .join(Attempt.enrolment)
        .where(
            Attempt.public_id.in_(wanted),
            Enrolment.cohort_id == release.cohort.id,
            Attempt.node_id == release.entry.node_id,
            Enrolment.person_id != who.id,
            Enrolment.state.in_(MAY_READ),
            is_to_be_read_by(who),
            Attempt.state == AttemptState.MARKED,
        )
        .options(contains_eager(Attempt.enrolment))
        .order_by(Attempt.id)
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    ).all()
    by_number = {attempt.id: attempt for attempt in locked}
    newest = (
        select(func.max(StepRow.number))
        .where(StepRow.attempt_id.in_(by_number), StepRow.kind.in_(OF_MARKING))
        .group_by(StepRow.attempt_id)
    )
    marks = db.session.scalars(
        select(StepRow)
        .where(StepRow.number.in_(newest))
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    )
    pairs = [(by_number[row.attempt_id], row) for row in marks]
    return [(attempt, row) for attempt, row in pairs if wanted[attempt.public_id] == row.sequence]


def finished_of(release: Release, who: Person) -> int:
    """How many finished marks of the same list are there now, on whatever page of it."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Attempt)
            .join(Attempt.enrolment)
            .where(
                Enrolment.cohort_id == release.cohort.id,
                Attempt.node_id == release.entry.node_id,
                Attempt.kind == TaskKind.ASSIGNMENT,
                Attempt.state == AttemptState.MARKED,
                Enrolment.person_id != who.id,
                is_to_be_read_by(who),
            )
        )
        or 0
    )


def released_by(operations: Collection[UUID]) -> int:
    """How many of these acts were done before."""
    return db.session.scalar(select(func.count()).where(StepRow.operation_id.in_(operations))) or 0
