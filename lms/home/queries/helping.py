"""Who of a facilitator's people may need help: found in the database, judged by `cohorts.rules.silence`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, exists, false, func, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.assessments.models import Attempt, Conflict
from lms.assessments.queries.allowances import Allowances, allowances_by
from lms.assessments.queries.catalogue import MOST_KEPT, Catalogue, Task, catalogue
from lms.assessments.queries.queue import own_conflict
from lms.assessments.rules import quizzes
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.policy import as_reader, facilitated_by, number_of
from lms.cohorts.rules.silence import (
    FAILED_TIMES,
    UNTOUCHED_DAYS,
    Draft,
    Overdue,
    Trail,
    Tried,
    Worry,
    days_before,
    worries,
)
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db, turn_to

from .activity import (
    begin_of,
    first_opened,
    is_expected,
    is_late,
    is_not_since,
    is_silent,
    last_step_of_attempt,
    latest,
    quiet_before,
)
from .overview import frame_of, overdue_nodes

ROWS_A_PAGE = 25

STATEMENTS_KEPT = 2 * MOST_KEPT
"""For each catalogue that is kept, before and after somebody can be silent."""


@dataclass(frozen=True, kw_only=True)
class Flock:
    """A cohort as one of its facilitators looks after it."""

    cohort: Cohort

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)


def flocks_of(who: Person) -> Sequence[Flock]:
    """The cohorts that she facilitates and that are not closed, newest first: one statement."""
    numbers = {grant.cohort_id for grant in who.roles if grant.role is Role.FACILITATOR} - {None}
    return [Flock(cohort=cohort) for cohort in db.session.scalars(_cohorts(), {"cohorts": list(numbers)})]


@cache
def _cohorts() -> Select[Cohort]:
    return (
        select(Cohort)
        .join(Cohort.version)
        .where(Cohort.id.in_(bindparam("cohorts", expanding=True)), Cohort.closed_at.is_(None))
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.starts_on.desc(), Cohort.id)
    )


def first_in_need(who: Person, flocks: Sequence[Flock], *, at: datetime) -> Flock | None:
    """The newest of her cohorts in which somebody may need help, else the newest: two statements for each looked at."""
    looked_at = (flock for flock in flocks if len(flocks) == 1 or _counts(_Scope(who, flock.cohort, at)).total)
    return next(looked_at, flocks[0] if flocks else None)


@dataclass(frozen=True, kw_only=True)
class Concern:
    """Somebody on the list, and every reason why."""

    id: UUID
    alias: str
    worries: Sequence[Worry]


@dataclass(frozen=True, kw_only=True)
class HelpPage:
    """One page of the list. number: from 1. people: how many she looks after."""

    rows: Sequence[Concern]
    number: int
    pages: int
    total: int
    people: int


def page_of(who: Person, flock: Flock, *, number: int, at: datetime) -> HelpPage:
    """Those of her people who may need help, by alias: five statements at any size."""
    scope = _Scope(who, flock.cohort, at)
    counts = _counts(scope)
    number, pages = turn_to(number, total=counts.total, rows=ROWS_A_PAGE)
    rows = db.session.execute(_in_need(scope.need), {**scope.bound, "passed": (number - 1) * ROWS_A_PAGE}).all()
    work = _Work([row.id for row in rows])
    found = [
        Concern(
            id=row.public_id,
            alias=row.alias,
            worries=worries(scope.trail(row, work), at=at, zone=flock.cohort.zone),
        )
        for row in rows
    ]
    return HelpPage(rows=found, number=number, pages=pages, total=counts.total, people=counts.people)


def _counts(scope: "_Scope") -> Any:
    """How many people she looks after, and how many of them may need help."""
    return db.session.execute(_how_many(scope.need), scope.bound).one()


@dataclass(frozen=True, kw_only=True)
class _Need:
    """For what somebody of a cohort may need help now. graded: node id and pass mark in per cent of each quiz."""

    can_be_silent: bool
    graded: tuple[tuple[str, int], ...]


@lru_cache(maxsize=STATEMENTS_KEPT)
def _how_many(need: _Need) -> Select[*tuple[Any, ...]]:
    numbers: Select[*tuple[Any, ...]] = (
        select(func.count().label("people"), func.count(case((_may_need_help(need), 1))).label("total"))
        .select_from(Enrolment)
        .where(_is_hers())
    )
    return numbers


@lru_cache(maxsize=STATEMENTS_KEPT)
def _in_need(need: _Need) -> Select[*tuple[Any, ...]]:
    of_page = (
        select(Enrolment.id)
        .where(_is_hers(), _may_need_help(need))
        .order_by(Enrolment.alias, Enrolment.id)
        .offset(bindparam("passed", type_=Integer))
        .limit(ROWS_A_PAGE)
    )
    people: Select[*tuple[Any, ...]] = (
        select(
            Enrolment.id,
            Enrolment.public_id,
            Enrolment.alias,
            Enrolment.quiet_from,
        )
        .where(Enrolment.id.in_(select(of_page.subquery())))
        .order_by(Enrolment.alias, Enrolment.id)
    )
    return people


def _is_hers() -> ColumnElement[bool]:
    """Those whom she facilitates; never herself or those she has a conflict with."""
    conflict = exists().where(own_conflict(), Conflict.id.is_not(None)).correlate(Enrolment)
    return and_(
        Enrolment.cohort_id == bindparam("cohort_id"),
        Enrolment.person_id != number_of(None),
        is_expected(),
        facilitated_by(),
        ~conflict,
    )


def _may_need_help(need: _Need) -> ColumnElement[bool]:
    """Silent, stuck, with a draft that lies, or late."""
    return or_(is_silent(can_be=need.can_be_silent), is_late(), _is_stuck(need.graded), _has_old_draft())


def _is_stuck(graded: Sequence[tuple[str, int]]) -> ColumnElement[bool]:
    """Twice under the pass mark of one quiz, and never over it."""
    if not graded:
        return false()
    needed = case(dict(graded), value=Attempt.node_id)
    is_under = Attempt.points * 100 < needed * Attempt.points_of
    times = func.sum(case((is_under, 1), else_=0))
    return (
        select(Attempt.node_id)
        .where(
            Attempt.enrolment_id == Enrolment.id,
            Attempt.node_id.in_([node_id for node_id, _pass_percent in graded]),
            Attempt.points.is_not(None),
        )
        .group_by(Attempt.node_id)
        .having(and_(times >= FAILED_TIMES, times == func.count()))
        .correlate(Enrolment)
        .exists()
    )


def _has_old_draft() -> ColumnElement[bool]:
    """Something begun, not handed in and not saved for seven whole days."""
    moment: Any = bindparam("untouched_since")
    return (
        exists()
        .where(
            Attempt.enrolment_id == Enrolment.id,
            Attempt.kind != TaskKind.CHECKPOINT,
            Attempt.state == AttemptState.OPEN,
            Attempt.opened_at < moment,
            is_not_since(last_step_of_attempt(), moment),
        )
        .correlate(Enrolment)
    )


class _Scope:
    """The people of one facilitator in a cohort, and for what one of them may need help."""

    def __init__(self, who: Person, cohort: Cohort, at: datetime) -> None:
        self._who, self._cohort, self._at = who, cohort, at
        self._entries: Mapping[str, CalendarEntry] = frame_of(cohort).entries
        self._opened = first_opened(cohort, self._entries, at)
        self._overdue = overdue_nodes(cohort, self._entries, at)
        self._asked: Catalogue = catalogue(cohort.version)
        self._graded = [task for task in self._asked.tasks.values() if task.graded and task.kind is TaskKind.QUIZ]
        self._quiet_before = quiet_before(cohort, self._opened, at)

    @property
    def need(self) -> _Need:
        """For what they may need help."""
        return _Need(
            can_be_silent=self._quiet_before is not None,
            graded=tuple((task.node_id, task.quiz.pass_percent) for task in self._graded),
        )

    @property
    def bound(self) -> dict[str, Any]:
        """What the conditions ask for."""
        return {
            **as_reader(self._who),
            "quiet_before": self._quiet_before,
            "at": self._at,
            "cohort_id": self._cohort.id,
            "untouched_since": days_before(UNTOUCHED_DAYS, at=self._at, zone=self._cohort.zone),
        }

    def trail(self, row: Any, work: "_Work") -> Trail:
        """What one of them left behind, for the rule."""
        opened = self._opened
        attempts, given = work.attempts[row.id], work.given[row.id]
        return Trail(
            quiet_since=None if opened is None else latest(begin_of(row.quiet_from, self._cohort), opened),
            tried=[_tried(task, attempts, given) for task in self._graded],
            drafts=[
                Draft(node_id=attempt.node_id, saved_at=saved_at or attempt.opened_at)
                for attempt, saved_at in attempts
                if attempt.state is AttemptState.OPEN
            ],
            overdue=[one for node_id in self._overdue if (one := self._late(node_id, attempts, given)) is not None],
        )

    def _late(self, node_id: str, attempts: "_Attempts", given: Allowances) -> Overdue | None:
        if any(one.node_id == node_id and one.state is not AttemptState.OPEN for one, _saved_at in attempts):
            return None
        due_at = given.last_moment(node_id, self._entries[node_id].due_at)
        return None if due_at is None else Overdue(node_id=node_id, due_at=due_at)


_Attempts = Sequence[tuple[Attempt, datetime | None]]
"""Attempts with the moment at which she last saved something in each."""


class _Work:
    """Attempts and allowances of some participants, by number of the enrolment: two statements."""

    def __init__(self, enrolments: Collection[int]) -> None:
        self.attempts: dict[int, list[tuple[Attempt, datetime | None]]] = defaultdict(list)
        self.given = allowances_by(Enrolment.id.in_(enrolments))
        for attempt, saved in db.session.execute(_attempts(), {"enrolments": enrolments}):
            self.attempts[attempt.enrolment_id].append((attempt, saved))


@cache
def _attempts() -> Select[Attempt, datetime | None]:
    return (
        select(Attempt, last_step_of_attempt())
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Attempt.enrolment_id.in_(bindparam("enrolments", expanding=True)),
            Attempt.kind != TaskKind.CHECKPOINT,
        )
        .order_by(Attempt.node_id, Attempt.number)
    )


def _tried(task: Task, attempts: _Attempts, given: Allowances) -> Tried:
    taken = [attempt.taken() for attempt, _saved_at in attempts if attempt.node_id == task.node_id]
    own = quizzes.apply_allowance(task.quiz, given.of(task.node_id))
    counting = quizzes.counting(taken, task.quiz)
    scores = [one.score for one in taken if one.score is not None]
    return Tried(
        node_id=task.node_id,
        failed=sum(not quizzes.has_passed(score, task.quiz) for score in scores),
        has_passed=counting is not None
        and counting.score is not None
        and quizzes.has_passed(counting.score, task.quiz),
        left=quizzes.attempts_left(own, taken),
    )
