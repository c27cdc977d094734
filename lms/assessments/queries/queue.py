"""What waits to be marked, for one person: oldest first, what is in her languages before the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased, contains_eager

from lms.accounts.models import Person, RoleGrant
from lms.accounts.queries import is_held
from lms.accounts.rules.roles import MARKING_ROLES
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.policy import number_of, run_by
from lms.cohorts.rules.enrolment import MAY_READ
from lms.courses.models import Version
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db, turn_to

from ..models import Attempt, Conflict, MarkerLanguages, StepRow
from ..policy import as_marker, cohorts_of, is_to_be_read_by, marks_in
from ..rules import marking
from ..rules.attempts import OF_MARKING, AttemptState, StepKind
from ..rules.deadlines import DECISIONS, Timeliness
from ..rules.marking import QueueState
from .catalogue import catalogue

ROWS = 25
WAITS = (AttemptState.HANDED_IN, AttemptState.MARKED)
"""Handed in and not yet released or returned."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """A cohort she works for, with its title."""

    cohort: Cohort
    title: Told


@dataclass(frozen=True, kw_only=True)
class TaskCount:
    """An assignment of a cohort that has work waiting. id: the task's public id there."""

    id: UUID
    cohort_id: int
    title: Told
    listed: int
    listed_mine: int
    waiting_mine: int
    marked: int
    oldest_mine: datetime | None


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One piece of work in the queue. marker: whose it is now; None while it is nobody's.

    language, words, handed_in_at: None for a reader with a conflict of interest.
    """

    id: UUID
    alias: str
    title: Told
    number: int
    language: str | None
    words: int | None
    handed_in_at: datetime | None
    state: QueueState
    late: Timeliness | None
    marker: str | None


@dataclass(frozen=True, kw_only=True)
class Queue:
    """The queue of one person, one page of it. task: the one she narrowed it to."""

    courses: Sequence[Course]
    languages: Sequence[str]
    tasks: Sequence[TaskCount]
    rows: Sequence[QueueRow]
    show: "Show"
    page: int
    pages: int
    total: int

    @property
    def waiting(self) -> int:
        """How many wait for her."""
        return sum(task.waiting_mine for task in self.tasks)

    @property
    def marked(self) -> int:
        """How many are marked and not released, in all her cohorts."""
        return sum(task.marked for task in self.tasks)

    @property
    def oldest_at(self) -> datetime | None:
        """Since when the oldest has waited for her."""
        return min((task.oldest_mine for task in self.tasks if task.oldest_mine), default=None)

    @property
    def first(self) -> QueueRow | None:
        """The first that she can mark, on the first page."""
        open_states = (QueueState.NEW, QueueState.STARTED)
        return next((row for row in self.rows if row.state in open_states and self.page == 1), None)


@dataclass(frozen=True, kw_only=True)
class Show:
    """Which part of the queue: hers, all of her cohorts, or one task of theirs."""

    everything: bool = False
    task: UUID | None = None


def queue_of(who: Person, show: Show, *, page: int, language: str, at: datetime) -> Queue:
    """What waits for her, oldest first, what is in her languages before the rest: three statements."""
    courses, languages = _courses_of(who, language)
    counts = _task_counts(who, courses, language, at)
    wanted = [one for one in counts if show.task in (None, one.id)]
    is_mine = not show.everything and show.task is None
    total = sum(one.listed_mine if is_mine else one.listed for one in wanted)
    page, pages = turn_to(page, total=total, rows=ROWS)
    return Queue(
        courses=courses,
        languages=languages,
        tasks=counts,
        rows=_rows(who, show, languages, page=page, language=language, at=at),
        show=show,
        page=page,
        pages=pages,
        total=total,
    )


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """How much waits to be marked by one person, since when, and how much is marked and not released."""

    waiting: int
    oldest_at: datetime | None
    marked: int


def at_hand(who: Person, *, at: datetime) -> AtHand:
    """The figures of the queue without its rows: one statement, and none for who marks nowhere."""
    if not cohorts_of(who):
        return AtHand(waiting=0, oldest_at=None, marked=0)
    row = db.session.execute(_at_hand(), {**as_marker(who), "at": at}).one()
    return AtHand(waiting=row.waiting, oldest_at=row.oldest_at, marked=row.marked)


@cache
def _at_hand() -> Select[*tuple[Any, ...]]:
    waiting = and_(_is_hers(), Conflict.id.is_(None), Attempt.state == AttemptState.HANDED_IN)
    figures: Select[*tuple[Any, ...]] = (
        select(
            func.count().filter(waiting).label("waiting"),
            func.min(case((waiting, Attempt.handed_in_at))).label("oldest_at"),
            func.count().filter(Attempt.state == AttemptState.MARKED).label("marked"),
        )
        .select_from(Attempt)
        .join(Attempt.enrolment)
        .outerjoin(Conflict, own_conflict())
        .where(is_listed())
    )
    return figures


def _courses_of(who: Person, language: str) -> tuple[list[Course], list[str]]:
    rows = db.session.execute(_courses(), as_marker(who)).all()
    courses = [
        Course(cohort=cohort, title=tell(cohort.title, language, cohort.version.required_languages))
        for cohort, _ in rows
    ]
    return courses, (rows[0].languages if rows else None) or [who.interface_language]


@cache
def _courses() -> Select[Cohort, Sequence[str]]:
    return (
        select(Cohort, MarkerLanguages.languages)
        .join(Cohort.version)
        .outerjoin(MarkerLanguages, MarkerLanguages.person_id == number_of(None))
        .where(Cohort.id.in_(marks_in(None)), Cohort.closed_at.is_(None))
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.starts_on.desc(), Cohort.id)
    )


def is_listed() -> ColumnElement[bool]:
    """What a queue may list at all, conflicts of interest included: of her groups, of no cohort that is closed.

    What `as_marker` gives is bound.
    """
    still_open = select(Cohort.id).where(Cohort.id.in_(marks_in(None)), Cohort.closed_at.is_(None))
    return and_(
        Attempt.kind == TaskKind.ASSIGNMENT,
        Attempt.state.in_(WAITS),
        Attempt.cohort_id.in_(still_open),
        is_to_be_read_by(),
        Enrolment.person_id != number_of(None),
        Enrolment.state.in_(MAY_READ),  # the work of whoever left is nobody's to read
    )


def _is_hers() -> ColumnElement[bool]:
    """For her to mark; and what she passed on is still told."""
    return or_(_is_for_her(), Conflict.id.is_not(None))


def _is_for_her() -> ColumnElement[bool]:
    """Allotted to her; what is nobody's is the coordinators'.

    What `as_marker` gives is bound, and the moment as `at`.
    """
    nobodys = and_(run_by(Enrolment.cohort_id), ~_has_marker())  # first what is known without a look
    return or_(Attempt.marker_id == number_of(None), nobodys)


def _has_marker() -> ColumnElement[bool]:
    """Whether work is allotted to somebody who can mark it: who left, is in conflict or wrote it herself cannot."""
    of_marker = aliased(Conflict)
    return and_(
        Attempt.marker_id.is_not(None),
        Attempt.marker_id != Enrolment.person_id,
        exists()
        .where(RoleGrant.person_id == Attempt.marker_id, RoleGrant.cohort_id == Enrolment.cohort_id)
        .where(RoleGrant.role.in_(MARKING_ROLES), *is_held(bindparam("at")))
        .where(Person.id == RoleGrant.person_id, Person.disabled_at.is_(None))
        .correlate(Attempt, Enrolment),
        ~exists()
        .where(of_marker.person_id == Attempt.marker_id, of_marker.enrolment_id == Enrolment.id)
        .correlate(Attempt, Enrolment),
    )


def own_conflict(who: Person | None = None) -> ColumnElement[bool]:
    """The join that adds her own conflict of interest with a participant, and nobody else's.

    who: None where it is built once, and her number is bound as `me`.
    """
    return and_(Conflict.person_id == number_of(who), Conflict.enrolment_id == Enrolment.id)


def _task_counts(who: Person, courses: Sequence[Course], language: str, at: datetime) -> list[TaskCount]:
    """The tasks that have work waiting, in the order of the calendar."""
    alike: dict[Any, list[Any]] = {}
    for row in db.session.execute(_counts(), {**as_marker(who), "at": at}):
        alike.setdefault((row.id, row.public_id, row.node_id, row.cohort_id), []).append(row)
    versions = {course.cohort.id: course.cohort.version for course in courses}
    return [
        TaskCount(
            id=public_id,
            cohort_id=cohort_id,
            title=title_of(versions[cohort_id], node_id, language),
            listed=sum(row.pieces for row in rows),
            listed_mine=sum(row.pieces for row in rows if row.is_mine),
            waiting_mine=sum(row.pieces for row in rows if _waits_for_her(row)),
            marked=sum(row.pieces for row in rows if row.state is AttemptState.MARKED),
            oldest_mine=min((row.oldest for row in rows if _waits_for_her(row)), default=None),
        )
        for (_, public_id, node_id, cohort_id), rows in sorted(alike.items(), key=lambda pair: pair[0][0])
    ]


def _waits_for_her(row: Any) -> bool:
    return bool(row.is_mine and not row.in_conflict and row.state is AttemptState.HANDED_IN)


@cache
def _counts() -> Select[*tuple[Any, ...]]:
    """How many pieces of work are alike: each looked at once, whatever they are counted for."""
    is_mine, in_conflict = case((_is_hers(), 1), else_=0), case((Conflict.id.is_not(None), 1), else_=0)
    pieces = (
        select(
            Attempt.cohort_id,
            Attempt.node_id,
            Attempt.state,
            is_mine.label("is_mine"),
            in_conflict.label("in_conflict"),
            func.count().label("pieces"),
            func.min(Attempt.handed_in_at).label("oldest"),
        )
        .join(Attempt.enrolment)
        .outerjoin(Conflict, own_conflict())
        .where(is_listed())
        .group_by(
            Attempt.cohort_id, Attempt.node_id, Attempt.state, literal_column("is_mine"), literal_column("in_conflict")
        )
        .subquery()
    )
    counts: Select[*tuple[Any, ...]] = select(CalendarEntry.id, CalendarEntry.public_id, pieces).join(
        pieces, and_(CalendarEntry.cohort_id == pieces.c.cohort_id, CalendarEntry.node_id == pieces.c.node_id)
    )
    return counts


def _is_dated() -> ColumnElement[bool]:
    """The join that adds to an attempt with its enrolment the task's place in the calendar."""
    return and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == Attempt.node_id)


def title_of(version: Version, node_id: str, language: str) -> Told:
    """The title of a task; its id where the version has it no more."""
    kept = catalogue(version)
    task = kept.tasks.get(node_id)
    return kept.title(task, language) if task is not None else Told(node_id, "")


def _rows(
    who: Person, show: Show, languages: Sequence[str], *, page: int, language: str, at: datetime
) -> list[QueueRow]:
    bound = {**as_marker(who), "reads": languages, "passed": (page - 1) * ROWS, "at": at, "task": show.task}
    query = _listed(only_task=show.task is not None, only_hers=show.task is None and not show.everything)
    return [_row(row, language) for row in db.session.execute(query, bound)]


@cache
def _listed(*, only_task: bool, only_hers: bool) -> Select[*tuple[Any, ...]]:
    # What a row tells is looked up for the rows of this page alone, not for all that are put in order.
    of_page = _of_page(only_task=only_task, only_hers=only_hers).subquery()
    latest, hand_in, marker = aliased(StepRow), aliased(StepRow), aliased(Person)
    query: Select[*tuple[Any, ...]] = (
        select(
            Attempt,
            Enrolment.alias,
            Version,
            of_page.c.conflict_id,
            latest.by_id.label("last_by_id"),
            hand_in.data.label("hand_in_data"),
            hand_in.number.label("hand_in_number"),
            newest_step(StepRow.kind.in_(DECISIONS)).label("decided_number"),
            newest_step(StepRow.kind == StepKind.ANSWER, StepRow.state != AttemptState.OPEN).label("aside_number"),
            marker.shown_name.label("marker_name"),
        )
        .join(of_page, of_page.c.id == Attempt.id)
        .join(Attempt.enrolment)
        .join(Attempt.version)
        .outerjoin(latest, latest.number == newest_step(StepRow.kind.in_(OF_MARKING)))
        .outerjoin(hand_in, hand_in.number == newest_step(StepRow.kind == StepKind.HAND_IN))
        .outerjoin(marker, marker.id == Attempt.marker_id)
        .order_by(*_in_order(of_page.c.conflict_id))
    )
    return query


def _of_page(*, only_task: bool, only_hers: bool) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(Attempt.id, Conflict.id.label("conflict_id"))
        .join(Attempt.enrolment)
        .outerjoin(Conflict, own_conflict())
        .where(is_listed())
        .order_by(*_in_order(Conflict.id))
        .limit(ROWS)
        .offset(bindparam("passed", type_=Integer))
    )
    if only_task:
        query = query.join(CalendarEntry, _is_dated()).where(CalendarEntry.public_id == bindparam("task"))
    return query.where(_is_hers()) if only_hers else query


def _in_order(conflict_id: Any) -> Sequence[Any]:
    """What she can mark first, then what is marked; what is in her languages before the rest, oldest first."""
    return (
        conflict_id.is_not(None),
        Attempt.state == AttemptState.MARKED,
        Attempt.language.not_in(bindparam("reads", expanding=True)),
        Attempt.handed_in_at,
        Attempt.id,
    )


def newest_step(*which: ColumnElement[bool]) -> Any:
    """The number of the newest such step of an attempt."""
    return (
        select(func.max(StepRow.number))
        .where(StepRow.attempt_id == Attempt.id, *which)
        .correlate(Attempt)
        .scalar_subquery()
    )


def _row(row: Any, language: str) -> QueueRow:
    attempt, in_conflict = row.Attempt, row.conflict_id is not None
    return QueueRow(
        id=attempt.public_id,
        alias=row.alias,
        title=title_of(row.Version, attempt.node_id, language),
        number=attempt.number,
        language=None if in_conflict else attempt.language,
        words=None if in_conflict else attempt.words,
        handed_in_at=None if in_conflict else attempt.handed_in_at,
        state=marking.queue_state(attempt.state, is_started=row.last_by_id is not None, in_conflict=in_conflict),
        late=None if in_conflict else _late(row),
        marker=row.marker_name,
    )


def _late(row: Any) -> Timeliness | None:
    decided = row.decided_number or 0
    if (row.aside_number or 0) > decided:
        return Timeliness.LATE
    found = Timeliness((row.hand_in_data or {}).get("timeliness", Timeliness.ON_TIME))
    return None if found is Timeliness.ON_TIME or (row.hand_in_number or 0) < decided else found


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """What stands around one piece of work among what waits for somebody. place: from 1; None where it does not wait.

    After the last comes the first again, as long as that is another; work that is not in the queue leads to its first.
    """

    before: UUID | None
    after: UUID | None
    place: int | None
    waiting: int


def neighbours_of(one: UUID, who: Person, reads: Sequence[str], *, at: datetime) -> Neighbours:
    """Where a piece of work stands in her queue. reads: the languages in which she marks. One statement, four rows."""
    rows = db.session.execute(_around(), {**as_marker(who), "one": one, "reads": reads, "at": at}).all()
    return _neighbours({row.place: row.public_id for row in rows}, rows[0].here, rows[0].waiting) if rows else ALONE


@cache
def _around() -> Select[*tuple[Any, ...]]:
    reads: BindParameter[str] = bindparam("reads", expanding=True)
    # Not an outer join and what it did not find: PostgreSQL takes that for next to nothing, and then looks at the whole
    # queue once for each person.
    has_conflict = exists().where(own_conflict()).correlate(Enrolment)
    ranked = (
        select(
            Attempt.public_id,
            func.row_number()
            .over(order_by=(Attempt.language.not_in(reads), Attempt.handed_in_at, Attempt.id))
            .label("place"),
            func.count().over().label("waiting"),
        )
        .join(Attempt.enrolment)
        .where(is_listed(), _is_for_her(), ~has_conflict, Attempt.state == AttemptState.HANDED_IN)
        .cte("ranked")
    )
    here = select(ranked.c.place).where(ranked.c.public_id == bindparam("one")).scalar_subquery()
    around: Select[*tuple[Any, ...]] = (
        select(ranked.c.public_id, ranked.c.place, ranked.c.waiting, here.label("here"))
        .where(or_(ranked.c.place == 1, ranked.c.place.between(here - 1, here + 1)))
        .order_by(ranked.c.place)
    )
    return around


ALONE = Neighbours(before=None, after=None, place=None, waiting=0)


def _neighbours(by_place: Mapping[int, UUID], here: int | None, waiting: int) -> Neighbours:
    before, after = marking.around(here, waiting)
    return Neighbours(
        before=by_place[before] if before else None,
        after=by_place[after] if after else None,
        place=here,
        waiting=waiting,
    )


def languages_row(who: Person) -> MarkerLanguages | None:
    """The languages in which she chose to mark."""
    return db.session.get(MarkerLanguages, who.id)
