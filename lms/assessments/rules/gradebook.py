"""What a cohort's list of results says of one participant: shares, means, and what is missing so far.

Rule: docs/domain.md 1.4 for what counts towards completion. Nothing here decides completion: that is another package.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from lms.courses.rules import TaskKind

from .attempts import AttemptState
from .items import Score
from .marking import Verdict
from .quizzes import QuizSettings, Taken, counting, has_passed


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A quiz or assignment of the course. is_open: the calendar has come to its module. due_at: None for no date."""

    node_id: str
    kind: TaskKind
    graded: bool
    quiz: QuizSettings
    is_open: bool
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Done:
    """One attempt at a task. verdict: only of released marks."""

    node_id: str
    number: int
    state: AttemptState
    score: Score | None
    verdict: Verdict | None

    def taken(self) -> Taken:
        """The value that counting takes."""
        return Taken(number=self.number, state=self.state, score=self.score)


class Lack(StrEnum):
    """What may be missing. An assignment that is being read lacks nothing of hers."""

    ACTIVITIES = "activities"
    NOT_HANDED_IN = "not handed in"
    NOT_PASSED = "not passed"
    NEW_VERSION = "new version"
    NOT_MET = "not met"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that is missing. node_id: the task; None for activities as a whole."""

    what: Lack
    node_id: str | None


@dataclass(frozen=True, kw_only=True)
class Read:
    """Lessons that are open, and how many of them she has read."""

    read: int
    open: int


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """What is open and not done: lessons to read, quizzes to take or to pass, assignments to write.

    with_marker: assignments that a marker has.
    """

    lessons: int
    quizzes: int
    assignments: int
    with_marker: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the programme asks for. None: it does not ask for that."""

    activities_percent: int | None = None
    assignments: int | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One participant in the list. percents: None where there is nothing to count yet.

    Of the graded assignments: how many meet the standard, are being marked, are marked but not released, and wait for
    a new version of hers. needed: how many the rule asks for; None where it asks for none.
    to_do: of everything that is open, how much is still hers to do; graded or not.
    """

    activities_percent: int | None
    quizzes_percent: int | None
    assignments: int
    meets: int
    being_marked: int
    marked: int
    returned: int
    missing: Sequence[Missing]
    needed: int | None
    to_do: ToDo

    @property
    def overdue(self) -> int:
        """How many graded tasks are past their day and not handed in."""
        return sum(one.what is Lack.NOT_HANDED_IN for one in self.missing)


WITH_MARKER = frozenset({AttemptState.HANDED_IN, AttemptState.MARKED})
WITH_HER = frozenset({AttemptState.OPEN, AttemptState.RETURNED})


def compute_standing(
    asked: Sequence[Asked], done: Collection[Done], lessons: Read, *, rule: Rule, at: datetime
) -> Standing:
    """Where somebody stands now. Only what is open counts: nobody is behind on what she cannot open."""
    assignments = [task for task in asked if task.kind is TaskKind.ASSIGNMENT and task.graded]
    last = {task.node_id: latest(done, task.node_id) for task in assignments}
    share = compute_activities(asked, done, lessons)
    behind = [Missing(what=Lack.ACTIVITIES, node_id=None)] if _is_below(share, rule.activities_percent) else []
    return Standing(
        activities_percent=share,
        quizzes_percent=compute_mean(
            result.score
            for task in asked
            if task.kind is TaskKind.QUIZ and task.graded
            if (result := counting_of(done, task)) is not None and result.score is not None
        ),
        assignments=len(assignments),
        meets=sum(meets(done, task.node_id) for task in assignments),
        being_marked=_count(last.values(), AttemptState.HANDED_IN),
        marked=_count(last.values(), AttemptState.MARKED),
        returned=_count(last.values(), AttemptState.RETURNED),
        missing=[*behind, *_missing(asked, done, at)],
        needed=rule.assignments,
        to_do=compute_to_do(asked, done, lessons),
    )


def compute_to_do(asked: Sequence[Asked], done: Collection[Done], lessons: Read) -> ToDo:
    """What somebody has still to do of what is open."""
    tasks = [task for task in asked if task.is_open]
    written = [latest(done, task.node_id) for task in tasks if task.kind is TaskKind.ASSIGNMENT]
    return ToDo(
        lessons=max(lessons.open - lessons.read, 0),
        quizzes=sum(task.kind is TaskKind.QUIZ and not _is_taken(task, done) for task in tasks),
        assignments=sum(last is None or last.state in WITH_HER for last in written),
        with_marker=sum(last is not None and last.state in WITH_MARKER for last in written),
    )


def _is_taken(task: Asked, done: Collection[Done]) -> bool:
    """Whether a quiz is handed in and, where it is graded, passed."""
    result = counting_of(done, task)
    if result is None or result.score is None:
        return False
    return not task.graded or has_passed(result.score, task.quiz)


def _is_below(share: int | None, wanted: int | None) -> bool:
    return share is not None and wanted is not None and share < wanted


def _count(last: Iterable[Done | None], state: AttemptState) -> int:
    return sum(attempt is not None and attempt.state is state for attempt in last)


def _missing(asked: Sequence[Asked], done: Collection[Done], at: datetime) -> list[Missing]:
    found = ((task, compute_lack(task, done, at=at)) for task in asked if task.graded and task.is_open)
    return [Missing(what=lack, node_id=task.node_id) for task, lack in found if lack is not None]


def compute_lack(task: Asked, done: Collection[Done], *, at: datetime) -> Lack | None:
    """What a graded task still lacks. Before its day nothing is missing; what a marker has is not hers to do."""
    last = latest(done, task.node_id)
    result = counting_of(done, task)
    if task.kind is TaskKind.QUIZ and result is not None and result.score is not None:
        return None if has_passed(result.score, task.quiz) else Lack.NOT_PASSED
    if task.kind is TaskKind.ASSIGNMENT and (
        last is not None and last.state in WITH_MARKER or meets(done, task.node_id)
    ):
        return None
    if task.kind is TaskKind.ASSIGNMENT and last is not None and last.state is AttemptState.RELEASED:
        return Lack.NOT_MET
    if task.kind is TaskKind.ASSIGNMENT and any(one.state is AttemptState.RETURNED for one in _at(done, task.node_id)):
        return Lack.NEW_VERSION
    return Lack.NOT_HANDED_IN if task.due_at is not None and task.due_at <= at else None


def compute_activities(asked: Sequence[Asked], done: Collection[Done], lessons: Read) -> int | None:
    """Per cent of what is open: lessons read, quizzes and assignments handed in. Rounded down once and here."""
    tasks = [task for task in asked if task.is_open]
    handed_in = sum(any(one.state is not AttemptState.OPEN for one in _at(done, task.node_id)) for task in tasks)
    total = lessons.open + len(tasks)
    return (lessons.read + handed_in) * 100 // total if total else None


def compute_mean(scores: Iterable[Score]) -> int | None:
    """The mean of results, each by its share, in whole per cent. Exact until it is rounded down once and here."""
    shares = [Fraction(score.points, score.of) if score.of else Fraction(0) for score in scores]
    return int(sum(shares, Fraction(0)) / len(shares) * 100) if shares else None


def counting_of(done: Iterable[Done], task: Asked) -> Taken | None:
    """The attempt at a quiz that counts."""
    return counting((one.taken() for one in _at(done, task.node_id)), task.quiz)


def latest(done: Iterable[Done], node_id: str) -> Done | None:
    """The last attempt at a task, whatever its state."""
    return max(_at(done, node_id), key=lambda one: one.number, default=None)


def meets(done: Iterable[Done], node_id: str) -> bool:
    """Whether a released version of an assignment meets the standard."""
    return any(one.verdict is Verdict.MEETS and one.state is AttemptState.RELEASED for one in _at(done, node_id))


def _at(done: Iterable[Done], node_id: str) -> list[Done]:
    return [one for one in done if one.node_id == node_id]
