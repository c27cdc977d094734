"""What a participant works on: one task of her cohort, her latest attempt at it, and what she answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload

from lms.accounts.models import Person
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.policy import InCohort
from lms.cohorts.queries.closing import held
from lms.cohorts.queries.seats import own_enrolment
from lms.cohorts.rules.opening import Opening
from lms.courses.models import Module, Version
from lms.courses.models import Task as TaskRow
from lms.courses.queries import FOR_READING
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db

from ..models import Attempt, StepRow
from ..rules.attempts import OF_MARKING, AttemptState, Step, StepKind, heads
from ..rules.items import Item
from ..sealing import read_steps
from .catalogue import Catalogue, Task, catalogue

NOBODY = 0


@dataclass(frozen=True, kw_only=True)
class TaskPlace:
    """A task of a cohort, for one person with her own enrolment there, or with None for staff."""

    entry: CalendarEntry
    cohort: Cohort
    enrolment: Enrolment | None
    module: Module
    opening: Opening

    @property
    def catalogue(self) -> Catalogue:
        """What the cohort's version asks."""
        return catalogue(self.cohort.version)

    @property
    def task(self) -> Task:
        """The task."""
        return self.catalogue.tasks[self.entry.node_id]

    def title(self, language: str) -> Told:
        """The task's title for a page in this language."""
        return self.catalogue.title(self.task, language)

    def module_title(self, language: str) -> Told:
        """Its module's title for a page in this language."""
        return tell(self.module.title, language, self.cohort.version.required_languages)


@dataclass(frozen=True, kw_only=True)
class Sitting(TaskPlace):
    """The same with her latest attempt and the steps of it that a page needs: those that stand, and their rivals."""

    attempt: Attempt | None
    rows: Sequence[StepRow]
    owner: Person

    @cached_property
    def steps(self) -> list[Step]:
        """The steps, opened."""
        return read_steps(self.owner, self.rows)

    @cached_property
    def standing(self) -> Mapping[str, Step]:
        """What stands for each question; late answers included."""
        return heads(self.steps)

    @property
    def attempt_catalogue(self) -> Catalogue:
        """What the version asks on which the attempt was opened."""
        assert self.attempt is not None
        return catalogue(self.attempt.version)

    @property
    def drawn(self) -> list[Item]:
        """The questions of the attempt, in its order."""
        assert self.attempt is not None
        return [self.attempt_catalogue.items[name] for name in self.attempt.drawn]

    @property
    def is_open(self) -> bool:
        """Whether there is an attempt that can be answered."""
        return self.attempt is not None and self.attempt.state is AttemptState.OPEN

    def at(self, attempt: Attempt) -> "Sitting":
        """The same with an attempt that was just opened."""
        return replace(self, attempt=attempt, rows=())


def awaited_until(attempt: Attempt, cohort: Cohort) -> datetime | None:
    """Until when answers may still come to an attempt and count; to a closed cohort none come."""
    return attempt.awaits_until if cohort.closed_at is None else None


def find_task_place(who: Person, task_id: UUID) -> TaskPlace | None:
    """The task of an address, with its cohort and this person's own enrolment."""
    row = db.session.execute(_task_place(), {"me": who.id, "task_id": task_id}).one_or_none()
    return TaskPlace(**_place(row)) if row is not None else None


def find_sitting(who: Person, task_id: UUID) -> Sitting | None:
    """The same with her latest attempt and what stands in it: one statement."""
    rows = db.session.execute(_sitting(), {"me": who.id, "task_id": task_id}).all()
    return Sitting(**_place(rows[0]), **_work(rows), owner=who) if rows else None


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The question inside a lesson, with what she answered; attempt: None before her first answer."""

    entry: CalendarEntry
    task: Task
    asked: Catalogue
    attempt: Attempt | None
    rows: Sequence[StepRow]
    owner: Person

    @cached_property
    def steps(self) -> list[Step]:
        """What stands, opened."""
        return read_steps(self.owner, self.rows)


def find_checkpoint(who: Person, seat: InCohort, lesson: str) -> Checkpoint | None:
    """The question of a lesson, if it has one, with what this person answered: one statement, none without."""
    asked = catalogue(seat.cohort.version)
    task = asked.by_lesson.get(lesson)
    if task is None:
        return None
    enrolment_id = seat.enrolment.id if seat.enrolment else NOBODY
    bound = {"enrolment_id": enrolment_id, "cohort_id": seat.cohort.id, "node_id": task.node_id}
    rows = db.session.execute(_checkpoint(), bound).all()
    if not rows:
        return None
    return Checkpoint(entry=rows[0].CalendarEntry, task=task, asked=asked, **_work(rows), owner=who)


@cache
def _checkpoint() -> Select[*tuple[Any, ...]]:
    place: Select[*tuple[Any, ...]] = (
        select(CalendarEntry)
        .select_from(CalendarEntry)
        .outerjoin(Enrolment, Enrolment.id == bindparam("enrolment_id"))
        .where(CalendarEntry.cohort_id == bindparam("cohort_id"), CalendarEntry.node_id == bindparam("node_id"))
    )
    return _with_attempt(place)


@cache
def _sitting() -> Select[*tuple[Any, ...]]:
    return _with_attempt(_task_place())


def _with_attempt(place: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Add the latest attempt of an enrolment at the task of an entry, and the steps of it that she may see."""
    own_version, latest = aliased(Version), aliased(Attempt)
    newest = (
        select(func.max(latest.number))
        .where(latest.enrolment_id == Enrolment.id, latest.node_id == CalendarEntry.node_id)
        .scalar_subquery()
    )
    of_task = and_(Attempt.enrolment_id == Enrolment.id, Attempt.node_id == CalendarEntry.node_id)
    return (
        place.add_columns(Attempt, StepRow)
        .outerjoin(Attempt, and_(of_task, Attempt.number == newest))
        .outerjoin(own_version, own_version.id == Attempt.version_id)
        .outerjoin(StepRow, and_(StepRow.attempt_id == Attempt.id, stands(), hers()))
        .options(
            contains_eager(Attempt.version.of_type(own_version)).load_only(
                own_version.public_id, own_version.required_languages
            )
        )
    )


def _work(rows: Sequence[Any]) -> dict[str, Any]:
    steps = sorted((row.StepRow for row in rows if row.StepRow is not None), key=lambda step: step.number)
    return {"attempt": rows[0].Attempt, "rows": steps}


def stands() -> ColumnElement[bool]:
    """Of the answers only those that no page of hers has overtaken; of other steps all."""
    later = aliased(StepRow)
    # Only answers have a question: not asking for the kind as well lets the index give the highest at once.
    highest = (
        select(func.max(later.sequence))
        .where(later.attempt_id == StepRow.attempt_id, later.question == StepRow.question)
        .scalar_subquery()
    )
    return or_(StepRow.kind != StepKind.ANSWER, StepRow.sequence == highest)


def hers() -> ColumnElement[bool]:
    """The steps that the participant herself may see: no marks before their release, but every return."""
    return or_(
        StepRow.kind.not_in(OF_MARKING),
        StepRow.kind == StepKind.RETURN,
        and_(StepRow.kind == StepKind.MARK, Attempt.state == AttemptState.RELEASED),
    )


@cache
def _task_place() -> Select[*tuple[Any, ...]]:
    of_module = aliased(CalendarEntry)
    query: Select[*tuple[Any, ...]] = (
        select(CalendarEntry, Cohort, Enrolment, Module, of_module.opens_at.label("module_opens_at"))
        .join(Cohort, Cohort.id == CalendarEntry.cohort_id)
        .join(Cohort.version)
        .join(TaskRow, and_(TaskRow.version_id == Cohort.version_id, TaskRow.node_id == CalendarEntry.node_id))
        .join(TaskRow.module)
        .join(of_module, and_(of_module.cohort_id == Cohort.id, of_module.node_id == Module.node_id))
        .outerjoin(Enrolment, own_enrolment())
        .where(CalendarEntry.public_id == bindparam("task_id"))
        .options(
            contains_eager(Cohort.version).load_only(*FOR_READING),
            *map(defer, (Cohort.languages, Cohort.completion, Module.summary, Module.objectives)),
        )
    )
    return query


def _place(row: Any) -> dict[str, Any]:
    return {
        "entry": row.CalendarEntry,
        "cohort": row.Cohort,
        "enrolment": row.Enrolment,
        "module": row.Module,
        "opening": Opening(opens_at=row.module_opens_at),
    }


def attempts_at(place: TaskPlace) -> list[Attempt]:
    """Her attempts at a task, first to last."""
    assert place.enrolment is not None
    bound = {"enrolment_id": place.enrolment.id, "node_id": place.entry.node_id}
    return list(db.session.scalars(_attempts(), bound))


@cache
def _attempts() -> Select[Attempt]:
    return (
        select(Attempt)
        .join(Attempt.version)
        .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.node_id == bindparam("node_id"))
        .options(contains_eager(Attempt.version))
        .order_by(Attempt.number)
    )


def place_of_for_update(attempt_id: int) -> Enrolment:
    """The place of whose attempt it is, locked."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id == select(Attempt.enrolment_id).where(Attempt.id == attempt_id).scalar_subquery())
        .with_for_update(of=Enrolment, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def attempt_for_update(attempt_id: int) -> Attempt:
    """An attempt, locked until the end of the transaction and read anew."""
    return db.session.scalars(
        select(Attempt)
        .join(Attempt.version)
        .where(Attempt.id == attempt_id)
        .options(contains_eager(Attempt.version))
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    ).one()


def attempt_to_change(attempt_id: int) -> tuple[Attempt, datetime | None]:
    """The same for an act that a closed cohort refuses, with when it was closed: one statement."""
    row = select(Attempt.enrolment_id).where(Attempt.id == attempt_id).scalar_subquery()
    cohort = held(Enrolment.id == row)
    attempt, closed_at = db.session.execute(
        select(Attempt, cohort.c.closed_at)
        .join(Attempt.version)
        .join(cohort, true())
        .where(Attempt.id == attempt_id)
        .options(contains_eager(Attempt.version))
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    ).one()
    return attempt, closed_at


def named_attempt(sitting: Sitting, attempt_id: UUID) -> Attempt | None:
    """The attempt at this task that a page was made for; None where it is not one of hers."""
    if sitting.attempt is not None and sitting.attempt.public_id == attempt_id:
        return sitting.attempt
    assert sitting.enrolment is not None
    return db.session.scalar(
        select(Attempt)
        .join(Attempt.version)
        .where(
            Attempt.public_id == attempt_id,
            Attempt.enrolment_id == sitting.enrolment.id,
            Attempt.node_id == sitting.entry.node_id,
        )
        .options(contains_eager(Attempt.version))
    )


def earlier_answers(sitting: Sitting, *, most: int) -> list[Step]:
    """The texts of the open or latest attempt that were saved, newest first."""
    assert sitting.attempt is not None
    rows = db.session.scalars(
        select(StepRow)
        .where(StepRow.attempt_id == sitting.attempt.id, StepRow.kind == StepKind.ANSWER)
        .order_by(StepRow.number.desc())
        .limit(most)
    )
    return read_steps(sitting.owner, rows)


def lesson_of(place: TaskPlace) -> UUID:
    """The address of the lesson in which a checkpoint stands."""
    return db.session.scalars(
        select(CalendarEntry.public_id).where(
            CalendarEntry.cohort_id == place.cohort.id, CalendarEntry.node_id == place.task.lesson
        )
    ).one()


@dataclass(frozen=True, kw_only=True)
class Handed:
    """One attempt of hers that is handed in, to look at. place: its task. attempts: all of hers there."""

    place: TaskPlace
    attempts: Sequence[Attempt]
    attempt: Attempt
    steps: Sequence[Step]

    @property
    def asked(self) -> Catalogue:
        """What the version asks on which it was opened."""
        return catalogue(self.attempt.version)


def find_handed(who: Person, place: TaskPlace, number: int | None = None) -> Handed | None:
    """An attempt that is handed in, by its number; without one the latest. Two statements."""
    attempts = attempts_at(place)
    done = [attempt for attempt in attempts if attempt.state is not AttemptState.OPEN]
    wanted = [attempt for attempt in done if number is None or attempt.number == number]
    if not wanted:
        return None
    rows = db.session.scalars(_seen(only_text_in_time=wanted[-1].kind is TaskKind.ASSIGNMENT), {"id": wanted[-1].id})
    return Handed(place=place, attempts=attempts, attempt=wanted[-1], steps=read_steps(who, rows))


@cache
def _seen(*, only_text_in_time: bool) -> Select[StepRow]:
    """The steps of an attempt that she may see."""
    of_attempt = StepRow.attempt_id == bindparam("id")
    query = select(StepRow).join(Attempt, Attempt.id == StepRow.attempt_id).where(of_attempt, hers())
    return query.where(_text_in_time() if only_text_in_time else true()).order_by(StepRow.number)


def _text_in_time() -> ColumnElement[bool]:
    """Of hundreds of drafts the last that was saved while the attempt was open; of other steps all."""
    other = aliased(StepRow)
    highest = (
        select(func.max(other.sequence))
        .where(
            other.attempt_id == StepRow.attempt_id,
            other.question == StepRow.question,
            other.state == AttemptState.OPEN,
        )
        .scalar_subquery()
    )
    in_time = and_(StepRow.state == AttemptState.OPEN, StepRow.sequence == highest)
    return or_(StepRow.kind != StepKind.ANSWER, in_time)


def rows_of(attempt: Attempt) -> list[StepRow]:
    """Every step of an attempt in the order received, marks included: for rules, never for a page of hers."""
    return list(db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number)))


def last_rows_of(attempt: Attempt) -> list[StepRow]:
    """The same without drafts that were overtaken: the last that was saved in time, what came aside, all acts."""
    return list(
        db.session.scalars(
            select(StepRow)
            .where(StepRow.attempt_id == attempt.id, or_(_text_in_time(), StepRow.state != AttemptState.OPEN))
            .order_by(StepRow.number)
        )
    )


def step_of_operation(operation: UUID) -> StepRow | None:
    """The step that an act left, if it was received before."""
    return db.session.scalar(select(StepRow).where(StepRow.operation_id == operation))


def due_to_close(*, at: datetime, after: int, most: int) -> list[int]:
    """Open attempts whose time is over, by number, those after this one."""
    return list(
        db.session.scalars(
            select(Attempt.id)
            .where(Attempt.state == AttemptState.OPEN, Attempt.closes_at <= at, Attempt.id > after)
            .order_by(Attempt.id)
            .limit(most)
        )
    )


def owner_of(attempt: Attempt) -> Person:
    """The participant of an attempt, with her key and without what nobody needs here."""
    return db.session.scalars(
        select(Person)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.id == attempt.enrolment_id)
        .options(joinedload(Person.key), *(defer(column, raiseload=True) for column in NOT_FOR_PAGES))
    ).one()
