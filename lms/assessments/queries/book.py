"""The list of results of a cohort, for its staff: few statements at any size."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, MoveRow
from lms.cohorts.policy import looked_after_by
from lms.cohorts.rules.completion import Requirement, is_complete, judge
from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState
from lms.cohorts.rules.facts import FactKind, simulation_of
from lms.courses.models import Lesson, Module
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db, turn_to
from lms.modules.models import Progress

from ..models import Attempt, Conflict
from ..rules.gradebook import Asked, Read, Rule, Standing, compute_standing
from .catalogue import Catalogue, catalogue
from .completion import asked_of, done_by, facts_of, lessons_of, record_from
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
    cohort = db.session.scalar(
        select(Cohort).join(Cohort.version).where(Cohort.public_id == cohort_id).options(contains_eager(Cohort.version))
    )
    return None if cohort is None else CohortBook(cohort=cohort)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a cohort's calendar says of its activities. lessons: node ids of those that are open."""

    asked: Sequence[Asked]
    lessons: Sequence[str]
    entries: Mapping[str, CalendarEntry]


def calendar_of(cohort: Cohort, *, at: datetime) -> Calendar:
    """Tasks with their dates, and open lessons: one statement."""
    rows = db.session.execute(
        select(CalendarEntry, Module.node_id)
        .outerjoin(Lesson, and_(Lesson.version_id == cohort.version_id, Lesson.node_id == CalendarEntry.node_id))
        .outerjoin(Module, Module.id == Lesson.module_id)
        .where(CalendarEntry.cohort_id == cohort.id)
        .order_by(CalendarEntry.id)
    ).all()
    entries = {entry.node_id: entry for entry, _ in rows}
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
        lessons=[entry.node_id for entry, module in rows if module in is_open],
        entries=entries,
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
    """A page of the participants whom she looks after in a cohort, by alias: five statements at any size."""
    total = db.session.scalars(select(func.count()).select_from(Enrolment).where(*_listed(who, book.cohort))).one()
    number, pages = turn_to(number, total=total, rows=PAGE)
    calendar = calendar_of(book.cohort, at=at)
    rows = db.session.execute(_rows(who, book.cohort, calendar).offset((number - 1) * PAGE).limit(PAGE)).all()
    return BookPage(rows=_told(book, calendar, rows, at=at), number=number, pages=pages, total=total)


def table_of(who: Person, book: CohortBook, *, at: datetime) -> Iterator[BookRow]:
    """The same people all at once, some at a time, so that a large cohort needs no more memory than a small one."""
    calendar = calendar_of(book.cohort, at=at)
    query, after = _rows(who, book.cohort, calendar).limit(AT_ONCE), ("", 0)
    while rows := db.session.execute(query.where(tuple_(Enrolment.alias, Enrolment.id) > tuple_(*after))).all():
        yield from _told(book, calendar, rows, at=at)
        after = (rows[-1].alias, rows[-1].id)


def _told(book: CohortBook, calendar: Calendar, rows: Sequence[Any], *, at: datetime) -> list[BookRow]:
    """What a reader is told of these participants: two statements."""
    shown = [row.id for row in rows if not row.is_hidden]
    done = done_by(Attempt.enrolment_id.in_(shown), Attempt.kind != TaskKind.CHECKPOINT)
    facts, asked = facts_of(shown), asked_of(book.cohort)
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
                standing=compute_standing(calendar.asked, done[row.id], lessons, rule=book.rule, at=at),
                requirements=judge(book.cohort.rule(), record),
                live_sessions=record.live_sessions,
                simulation=simulation_of(facts[row.id]),
                by_rule=row.decided_by is None,
            )
        )
    return found


def _listed(who: Person, cohort: Cohort) -> tuple[Any, ...]:
    return Enrolment.cohort_id == cohort.id, Enrolment.state.in_(MAY_READ), looked_after_by(who)


def _rows(who: Person, cohort: Cohort, calendar: Calendar) -> Select[Any]:
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == who.id)).label("is_hidden")
    last_move = select(func.max(MoveRow.id)).where(MoveRow.enrolment_id == Enrolment.id).correlate(Enrolment)
    return (
        select(
            Enrolment.id,
            Enrolment.public_id,
            Enrolment.alias,
            Enrolment.state,
            read_of(calendar.lessons).label("read"),
            read_of(lessons_of(cohort.version)).label("read_in_all"),
            MoveRow.by_id.label("decided_by"),
            hidden,
        )
        .outerjoin(Conflict, own_conflict(who))
        .outerjoin(MoveRow, MoveRow.id == last_move.scalar_subquery())
        .where(*_listed(who, cohort))
        .order_by(Enrolment.alias, Enrolment.id)
    )


def read_of(lessons: Collection[str]) -> Any:
    """How many of these lessons the participant of an enrolment has read, as a column."""
    return (
        select(func.count())
        .select_from(Progress)
        .where(Progress.enrolment_id == Enrolment.id, Progress.node_id.in_(lessons))
        .correlate(Enrolment)
        .scalar_subquery()
    )
