"""The list of results of a cohort, for its staff: few statements at any size."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules import MAY_READ, EnrolmentState
from lms.courses.models import Lesson, Module
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db
from lms.modules.models import Progress

from ..models import Attempt, Conflict
from ..rules.gradebook import Asked, Done, Read, Rule, Standing, compute_standing
from ..rules.items import Score
from .catalogue import Catalogue, catalogue
from .queue import own_conflict

PAGE = 25


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
        """What its programme asks for."""
        asked = self.cohort.version.completion
        return Rule(activities_percent=asked.get("activities_percent"), assignments=asked.get("assignments"))

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
    """One participant in the list. standing: None where this reader has a conflict of interest with her."""

    id: UUID
    alias: str
    is_paused: bool
    standing: Standing | None


@dataclass(frozen=True, kw_only=True)
class BookPage:
    """One page of the list. number: from 1."""

    rows: Sequence[BookRow]
    number: int
    pages: int
    total: int


def page_of(who: Person, book: CohortBook, *, number: int, at: datetime) -> BookPage:
    """A page of the participants of a cohort by alias: four statements at any size."""
    total = db.session.scalars(select(func.count()).select_from(Enrolment).where(*_listed(book.cohort))).one()
    pages = max(-(-total // PAGE), 1)
    number = min(max(number, 1), pages)
    calendar = calendar_of(book.cohort, at=at)
    rows = _rows(who, book.cohort, calendar.lessons, start=(number - 1) * PAGE)
    done = done_by({row.id for row in rows if not row.is_hidden})
    rule = book.rule
    listed = [
        BookRow(
            id=row.public_id,
            alias=row.alias,
            is_paused=row.state is EnrolmentState.PAUSED,
            standing=None
            if row.is_hidden
            else compute_standing(
                calendar.asked,
                done[row.id],
                Read(read=row.read, open=len(calendar.lessons)),
                rule=rule,
                at=at,
            ),
        )
        for row in rows
    ]
    return BookPage(rows=listed, number=number, pages=pages, total=total)


def _listed(cohort: Cohort) -> tuple[Any, ...]:
    return Enrolment.cohort_id == cohort.id, Enrolment.state.in_(MAY_READ)


def _rows(who: Person, cohort: Cohort, lessons: Collection[str], *, start: int) -> Sequence[Any]:
    hidden = (Conflict.id.is_not(None) | (Enrolment.person_id == who.id)).label("is_hidden")
    return db.session.execute(
        select(
            Enrolment.id, Enrolment.public_id, Enrolment.alias, Enrolment.state, read_of(lessons).label("read"), hidden
        )
        .outerjoin(Conflict, own_conflict(who))
        .where(*_listed(cohort))
        .order_by(Enrolment.alias, Enrolment.id)
        .offset(start)
        .limit(PAGE)
    ).all()


def read_of(lessons: Collection[str]) -> Any:
    """How many of these lessons the participant of an enrolment has read, as a column."""
    return (
        select(func.count())
        .select_from(Progress)
        .where(Progress.enrolment_id == Enrolment.id, Progress.node_id.in_(lessons))
        .correlate(Enrolment)
        .scalar_subquery()
    )


def done_by(enrolments: Collection[int]) -> Mapping[int, list[Done]]:
    """Attempts at quizzes and assignments by number of the enrolment: one statement."""
    found: dict[int, list[Done]] = defaultdict(list)
    rows = db.session.execute(
        select(
            Attempt.enrolment_id,
            Attempt.node_id,
            Attempt.number,
            Attempt.state,
            Attempt.points,
            Attempt.points_of,
            Attempt.verdict,
        )
        .where(Attempt.enrolment_id.in_(enrolments), Attempt.kind != TaskKind.CHECKPOINT)
        .order_by(Attempt.enrolment_id, Attempt.node_id, Attempt.number)
    )
    for row in rows:
        found[row.enrolment_id].append(
            Done(
                node_id=row.node_id,
                number=row.number,
                state=row.state,
                score=None if row.points is None else Score(points=row.points, of=row.points_of),
                verdict=row.verdict,
            )
        )
    return found
