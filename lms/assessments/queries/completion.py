"""What participants have done, as far as completion asks for it: a few statements for one or for everybody."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from lms.cohorts.models import Cohort, Enrolment, FactRow
from lms.cohorts.queries.seats import Seat
from lms.cohorts.rules import completion
from lms.cohorts.rules.completion import Record
from lms.cohorts.rules.enrolment import MAY_READ
from lms.cohorts.rules.facts import Fact, has_simulation, sessions_counted
from lms.courses.models import Lesson, Module, Version
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.modules.models import Progress

from ..models import Attempt
from ..rules import quizzes
from ..rules.attempts import AttemptState
from ..rules.gradebook import Done, meets
from ..rules.items import Score
from .catalogue import Task, catalogue

MOST_KEPT = 32

Modules = Sequence[tuple[str, Sequence[str]]]
"""The modules of a version in order, each with the node ids of its lessons."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a cohort's version asks of everybody: the lessons and tasks of modules that have lessons.

    Whether a module is open already makes no difference: at the end of the year all of it was to be done.
    lessons: how many there are. closing: the last module of the course, published or not.
    """

    lessons: int
    tasks: Sequence[Task]
    closing: str | None
    has_readiness: bool

    @property
    def activities(self) -> int:
        """How many lessons and tasks there are."""
        return self.lessons + len(self.tasks)

    @cached_property
    def readiness(self) -> str | None:
        """The check that closes a pre-work: the last graded quiz of its last module. None while there is none."""
        graded = [task.node_id for task in self.quizzes if task.module == self.closing]
        return graded[-1] if graded and self.has_readiness else None

    @cached_property
    def nodes(self) -> frozenset[str]:
        """Its tasks, by node id."""
        return frozenset(task.node_id for task in self.tasks)

    @property
    def quizzes(self) -> Sequence[Task]:
        """The quizzes that count."""
        return [task for task in self.tasks if task.graded and task.kind is TaskKind.QUIZ]

    @property
    def assignments(self) -> Sequence[Task]:
        """The assignments that count."""
        return [task for task in self.tasks if task.graded and task.kind is TaskKind.ASSIGNMENT]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Whose work is asked for: places of these cohorts, or without them everybody who takes or took part; by number."""

    cohorts: Sequence[int]
    places: Sequence[int] | None

    @property
    def is_all(self) -> bool:
        """Whether it is everybody."""
        return self.places is None

    @property
    def bound(self) -> dict[str, Sequence[int]]:
        """What a statement over them binds."""
        return {"cohorts": self.cohorts} if self.places is None else {"cohorts": self.cohorts, "places": self.places}


def records_of(cohort: Cohort, enrolment_ids: Sequence[int] | None = None) -> dict[int, Record]:
    """The record of these places of a cohort, or of everybody who takes or took part, by number of the enrolment.

    Three statements at any size, one more the first time a version is asked about in a process. The cohort comes with
    its version. Rule: docs/decisions/0018 (a record holds counts, `rules.completion.judge` compares).
    """
    return _records({cohort.id: asked_of(cohort)}, Chosen(cohorts=[cohort.id], places=enrolment_ids))


def own_records(seats: Sequence[Seat]) -> dict[int, Record]:
    """The record of one person in each of her courses, by number of the enrolment: three statements for all."""
    enrolments = [seat.enrolment.id for seat in seats if seat.enrolment is not None]
    asked = {seat.cohort.id: asked_of(seat.cohort) for seat in seats if seat.enrolment is not None}
    return _records(asked, Chosen(cohorts=list(asked), places=enrolments)) if enrolments else {}


def record_from(asked: Asked, *, read: int, done: Collection[Done], facts: Sequence[Fact]) -> Record:
    """The record of one place from what was loaded for a list. read: lessons of the version that she has read."""
    by_task: dict[str, list[Done]] = defaultdict(list)
    for one in done:
        by_task[one.node_id].append(one)
    handed_in = sum(any(one.state is not AttemptState.OPEN for one in by_task[node_id]) for node_id in asked.nodes)
    return Record(
        activities_done=read + handed_in,
        activities_of=asked.activities,
        quizzes=[_quiz(task, by_task[task.node_id], asked) for task in asked.quizzes],
        assignments=[_assignment(task, by_task[task.node_id]) for task in asked.assignments],
        live_sessions=sessions_counted(facts),
        has_simulation=has_simulation(facts),
    )


def lessons_of(version: Version) -> list[str]:
    """The lessons of a version, by node id."""
    return [lesson for _, lessons in modules_of(version) for lesson in lessons]


def asked_of(cohort: Cohort) -> Asked:
    """What its version asks of everybody. The cohort comes with its version."""
    modules = modules_of(cohort.version)
    published = {module for module, lessons in modules if lessons}
    return Asked(
        lessons=sum(len(lessons) for _, lessons in modules),
        tasks=[
            task
            for task in catalogue(cohort.version).tasks.values()
            if task.kind is not TaskKind.CHECKPOINT and task.module in published
        ],
        closing=modules[-1][0] if modules else None,
        has_readiness=cohort.rule().readiness_check_percent is not None,
    )


def modules_of(version: Version) -> Modules:
    """The modules of a version with their lessons: read once per process, since a version never changes."""
    kept: dict[UUID, Modules] = current_app.extensions.setdefault("modules_of_versions", {})
    found = kept.get(version.public_id)
    if found is None:
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        found = kept[version.public_id] = _read_modules(version)
    return found


def _read_modules(version: Version) -> Modules:
    rows = db.session.execute(
        select(Module.node_id, Lesson.node_id)
        .outerjoin(Lesson, Lesson.module_id == Module.id)
        .where(Module.version_id == version.id)
        .order_by(Module.position, Lesson.position)
    )
    found: dict[str, list[str]] = {}
    for module, lesson in rows:
        found.setdefault(module, []).extend([] if lesson is None else [lesson])
    return list(found.items())


def _records(asked: Mapping[int, Asked], chosen: Chosen) -> dict[int, Record]:
    """asked: by number of the cohort."""
    rows = db.session.execute(_read(of_all=chosen.is_all), chosen.bound).all()
    done, facts = done_by(chosen), facts_of(chosen)
    return {
        row.id: record_from(asked[row.cohort_id], read=row.read, done=done[row.id], facts=facts[row.id]) for row in rows
    }


@cache
def _read(*, of_all: bool) -> Select[int, int, int]:
    """How many lessons of the course each of them has read, those who read none included."""
    lesson = and_(Lesson.version_id == Cohort.version_id, Lesson.node_id == Progress.node_id)
    return (
        select(Enrolment.id, Enrolment.cohort_id, func.count(Lesson.id).label("read"))
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Progress, Progress.enrolment_id == Enrolment.id)
        .outerjoin(Lesson, lesson)
        .where(_is_chosen(of_all=of_all))
        .group_by(Enrolment.id, Enrolment.cohort_id)
    )


def done_by(chosen: Chosen) -> Mapping[int, list[Done]]:
    """Attempts by number of the enrolment, those at one task first to last: one statement."""
    found: dict[int, list[Done]] = defaultdict(list)
    for row in db.session.execute(_done(of_all=chosen.is_all), chosen.bound):
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


@cache
def _done(*, of_all: bool) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(
            Attempt.enrolment_id,
            Attempt.node_id,
            Attempt.number,
            Attempt.state,
            Attempt.points,
            Attempt.points_of,
            Attempt.verdict,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(_is_chosen(of_all=of_all), Attempt.kind != TaskKind.CHECKPOINT)
        .order_by(Attempt.enrolment_id, Attempt.node_id, Attempt.number)
    )
    return query


def facts_of(chosen: Chosen) -> Mapping[int, list[Fact]]:
    """What was entered for them by hand and counts, by number of the enrolment: one statement."""
    found: dict[int, list[Fact]] = defaultdict(list)
    for row in db.session.scalars(_facts(of_all=chosen.is_all), chosen.bound):
        found[row.enrolment_id].append(row.fact())
    return found


@cache
def _facts(*, of_all: bool) -> Select[FactRow]:
    return (
        select(FactRow)
        .join(Enrolment, Enrolment.id == FactRow.enrolment_id)
        .where(_is_chosen(of_all=of_all), FactRow.withdrawn_at.is_(None))
        .order_by(FactRow.id)
    )


def _is_chosen(*, of_all: bool) -> ColumnElement[bool]:
    """`Chosen` as a row filter over Enrolment, which binds what `Chosen.bound` gives."""
    wanted = Enrolment.state.in_(MAY_READ) if of_all else Enrolment.id.in_(bindparam("places", expanding=True))
    return and_(Enrolment.cohort_id.in_(bindparam("cohorts", expanding=True)), wanted)


def _quiz(task: Task, attempts: Sequence[Done], asked: Asked) -> completion.Quiz:
    """The result that counts, which is the best one unless the quiz says otherwise."""
    counting = quizzes.counting((attempt.taken() for attempt in attempts), task.quiz)
    score = counting.score if counting is not None else None
    return completion.Quiz(
        node_id=task.node_id,
        best_percent=None if score is None else quizzes.percent(score),
        is_readiness=task.node_id == asked.readiness,
    )


def _assignment(task: Task, attempts: Sequence[Done]) -> completion.Assignment:
    """Whether a released version meets the standard; None while none is released."""
    has_mark = any(attempt.verdict is not None for attempt in attempts)
    return completion.Assignment(node_id=task.node_id, meets=meets(attempts, task.node_id) if has_mark else None)
