"""The list of results of a cohort, for its staff: few statements at any size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, bindparam, func, select, tuple_
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, MoveRow
from lms.cohorts.policy import as_reader, looked_after_by, number_of
from lms.cohorts.rules.completion import Requirement, is_complete, judge
from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState
from lms.cohorts.rules.facts import FactKind, simulation_of
from lms.courses.models import Lesson, Module
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db, turn_to
from lms.modules.models import Progress

from ..models import Conflict
from ..rules.gradebook import Asked, Read, Rule, Standing, compute_standing
from .catalogue import Catalogue, catalogue
from .completion import Chosen, asked_of, done_by, facts_of, lessons_of, record_from
from .queue import own_conflict

PAGE = 25
AT_ONCE = 500
"""So many participants are read at a time for a table of all of them."""


@dataclass(frozen=True, kw_only=True)
class CohortBook:
    """A cohort as its staff see its results."""

    cohort: Cohort

    @property
    def catalogue(self) -> Catalogue:
        """What the cohort's version asks."""
        return catalogue(self.cohort.version)

    @property
    def rule(self) -> Rule:
        """What the cohort asks for."""
        asked = self.cohort.rule()
        return Rule(activities_percent=asked.activities_percent, assignments=asked.assignments)

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)

    def task_title(self, node_id: str, language: str) -> Told:
        """The title of a task; its id where this version does not have it any more, or for a question in a lesson."""
        task = self.catalogue.tasks.get(node_id)
        return Told(node_id, "") if task is None or task.title is None else self.catalogue.title(task, language)


def find_cohort(who: Person, cohort_id: UUID) -> CohortBook | None:
    """The cohort of an address."""
    cohort = db.session.scalar(_cohort(), {"cohort_id": cohort_id})
    return None if cohort is None else CohortBook(cohort=cohort)


@cache
def _cohort() -> Select[Cohort]:
    of_address = select(Cohort).join(Cohort.version).where(Cohort.public_id == bindparam("cohort_id"))
    return of_address.options(contains_eager(Cohort.version))


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a cohort's calendar says of its activities. lessons: node ids of those that are open."""

    asked: Sequence[Asked]
    lessons: Sequence[str]
    entries: Mapping[str, CalendarEntry]


def calendar_of(cohort: Cohort, *, at: datetime) -> Calendar:
    """Tasks with their dates, and open lessons: one statement."""
    return _calendar(cohort, db.session.execute(_entries(), _of(cohort)).all(), at=at)


def _calendar(cohort: Cohort, rows: Sequence[Any], *, at: datetime) -> Calendar:
    entries = {row.CalendarEntry.node_id: row.CalendarEntry for row in rows}
    is_open = {node_id for node_id, entry in entries.items() if entry.opens_at is not None and entry.opens_at <= at}
    return Calendar(
        asked=[
            Asked(
                node_id=task.node_id,
                kind=task.kind,
                graded=task.graded,
                quiz=task.quiz,
                is_open=task.module in is_open,
                due_at=entries[task.node_id].due_at if task.node_id in entries else None,
            )
            for task in catalogue(cohort.version).tasks.values()
            if task.kind is not TaskKind.CHECKPOINT
        ],
        lessons=[row.CalendarEntry.node_id for row in rows if row.module in is_open],
        entries=entries,
    )


def _of(cohort: Cohort) -> dict[str, Any]:
    return {"cohort_id": cohort.id, "version_id": cohort.version_id}


@cache
def _entries() -> Select[*tuple[Any, ...]]:
    is_lesson = and_(Lesson.version_id == bindparam("version_id"), Lesson.node_id == CalendarEntry.node_id)
    return (
        select(CalendarEntry, Module.node_id.label("module"))
        .outerjoin(Lesson, is_lesson)
        .outerjoin(Module, Module.id == Lesson.module_id)
        .where(CalendarEntry.cohort_id == bindparam("cohort_id"))
        .order_by(CalendarEntry.id)
    )


@dataclass(frozen=True, kw_only=True)
class BookRow:
    """One participant in the list. standing: None where this reader has a conflict of interest with her.

    requirements: the parts of the cohort's rule as they stand now. live_sessions: attended or substituted. simulation:
    how she took part in it, None while she has not. by_rule: no person decided about her completion.
    """

    id: UUID
    alias: str
    state: EnrolmentState
    standing: Standing | None
    requirements: Sequence[Requirement] = ()
    live_sessions: int = 0
    simulation: FactKind | None = None
    by_rule: bool = True

    @property
    def is_paused(self) -> bool:
        """Whether her course is paused."""
        return self.state is EnrolmentState.PAUSED

    @property
    def is_met(self) -> bool:
        """Whether everything is there that the rule asks for."""
        return is_complete(self.requirements)


@dataclass(frozen=True, kw_only=True)
class BookPage:
    """One page of the list. number: from 1."""

    rows: Sequence[BookRow]
    number: int
    pages: int
    total: int


def page_of(who: Person, book: CohortBook, *, number: int, at: datetime) -> BookPage:
    """A page of the participants whom she looks after in a cohort, by alias: four statements at any size."""
    entries = db.session.execute(_entries_counted(), {**as_reader(who), **_of(book.cohort)}).all()
    total, calendar = entries[0].total, _calendar(book.cohort, entries, at=at)  # no version is without a module
    number, pages = turn_to(number, total=total, rows=PAGE)
    bound = {**_bound(who, book.cohort, calendar), "passed": (number - 1) * PAGE}
    rows = db.session.execute(_rows_of_page(), bound).all()
    return BookPage(rows=_told(book, calendar, rows, at=at), number=number, pages=pages, total=total)


def table_of(who: Person, book: CohortBook, *, at: datetime) -> Iterator[BookRow]:
    """The same people all at once, some at a time, so that a large cohort needs no more memory than a small one."""
    calendar = calendar_of(book.cohort, at=at)
    bound, after = _bound(who, book.cohort, calendar), ("", 0)
    place = tuple_(Enrolment.alias, Enrolment.id)
    while rows := db.session.execute(_rows().where(place > tuple_(*after)).limit(AT_ONCE), bound).all():
        yield from _told(book, calendar, rows, at=at)
        after = (rows[-1].alias, rows[-1].id)


def _told(book: CohortBook, calendar: Calendar, rows: Sequence[Any], *, at: datetime) -> list[BookRow]:
    """What a reader is told of these participants: two statements."""
    shown = [row.id for row in rows if not row.is_hidden]
    chosen, asked = Chosen(cohorts=[book.cohort.id], places=shown), asked_of(book.cohort)
    done, facts = done_by(chosen), facts_of(chosen)
    rule, required = book.rule, book.cohort.rule()
    found = []
    for row in rows:
        if row.is_hidden:
            found.append(BookRow(id=row.public_id, alias=row.alias, state=row.state, standing=None))
            continue
        lessons = Read(read=row.read, open=len(calendar.lessons))
        record = record_from(asked, read=row.read_in_all, done=done[row.id], facts=facts[row.id])
        found.append(
            BookRow(
                id=row.public_id,
                alias=row.alias,
                state=row.state,
                standing=compute_standing(calendar.asked, done[row.id], lessons, rule=rule, at=at),
                requirements=judge(required, record),
                live_sessions=record.live_sessions,
                simulation=simulation_of(facts[row.id]),
                by_rule=row.decided_by is None,
            )
        )
    return found


def _listed() -> tuple[Any, ...]:
    return Enrolment.cohort_id == bindparam("cohort_id"), Enrolment.state.in_(MAY_READ), looked_after_by()


@cache
def _entries_counted() -> Select[*tuple[Any, ...]]:
    """The calendar with how many participants are listed: beside their rows PostgreSQL plans both badly."""
    total = select(func.count()).select_from(Enrolment).where(*_listed()).correlate(None).scalar_subquery()
    return _entries().add_columns(total.label("total"))


def _bound(who: Person, cohort: Cohort, calendar: Calendar) -> dict[str, Any]:
    """What `_rows` asks for."""
    all_lessons = lessons_of(cohort.version)
    return {**as_reader(who), "cohort_id": cohort.id, "lessons": calendar.lessons, "all_lessons": all_lessons}


@cache
def _rows_of_page() -> Select[*tuple[Any, ...]]:
    return _rows().offset(bindparam("passed", type_=Integer)).limit(PAGE)


@cache
def _rows() -> Select[*tuple[Any, ...]]:
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == number_of(None))).label("is_hidden")
    last_move = select(func.max(MoveRow.id)).where(MoveRow.enrolment_id == Enrolment.id).correlate(Enrolment)
    rows: Select[*tuple[Any, ...]] = (
        select(
            Enrolment.id,
            Enrolment.public_id,
            Enrolment.alias,
            Enrolment.state,
            read_of("lessons").label("read"),
            read_of("all_lessons").label("read_in_all"),
            MoveRow.by_id.label("decided_by"),
            hidden,
        )
        .outerjoin(Conflict, own_conflict())
        .outerjoin(MoveRow, MoveRow.id == last_move.scalar_subquery())
        .where(*_listed())
        .order_by(Enrolment.alias, Enrolment.id)
    )
    return rows


def read_of(lessons: str) -> Any:
    """How many of some lessons the participant of an enrolment has read, as a column. They are bound by this name."""
    return (
        select(func.count())
        .select_from(Progress)
        .where(Progress.enrolment_id == Enrolment.id, Progress.node_id.in_(bindparam(lessons, expanding=True)))
        .correlate(Enrolment)
        .scalar_subquery()
    )
