"""The tasks of a course as its outline shows them to one person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select

from lms.cohorts.models import CalendarEntry, Enrolment
from lms.cohorts.queries.seats import Seat
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.modules.rules import Activity, ActivityState, MoreTime

from ..models import Attempt, TimeRequest
from ..rules import quizzes
from ..rules.asking import RequestState
from ..rules.attempts import AttemptState
from ..rules.quizzes import FeedbackAt, later_date
from .allowances import LAST_MOMENT, given
from .catalogue import Task, catalogue
from .sitting import NOBODY

STATES = {
    AttemptState.OPEN: ActivityState.IN_PROGRESS,
    AttemptState.HANDED_IN: ActivityState.HANDED_IN,
    AttemptState.MARKED: ActivityState.HANDED_IN,  # that it is marked is not told before the release
    AttemptState.RETURNED: ActivityState.RETURNED,
    AttemptState.RELEASED: ActivityState.DONE,
}

MORE_TIME = {
    RequestState.OPEN: MoreTime.WAITING,
    RequestState.GRANTED: MoreTime.GRANTED,
    RequestState.REFUSED: MoreTime.REFUSED,
}


def find_activities(seat: Seat, language: str) -> Sequence[Activity]:
    """The quizzes and assignments of a cohort in the order of the course, with her own state in each: one statement."""
    asked = catalogue(seat.cohort.version)
    tasks = {task.node_id: task for task in asked.tasks.values() if task.kind is not TaskKind.CHECKPOINT}
    if not tasks:
        return []
    bound = {"cohort_id": seat.cohort.id, "nodes": list(tasks), "enrolment_id": NOBODY, "me": NOBODY}
    if seat.enrolment is not None:
        bound |= {"enrolment_id": seat.enrolment.id, "me": seat.enrolment.person_id}
    rows = db.session.execute(_entries(), bound)
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    places = {}
    for row in rows:
        places[row.CalendarEntry.node_id] = row
        attempts[row.CalendarEntry.node_id] += [row.Attempt] if row.Attempt is not None else []
    return [
        Activity(
            id=places[name].CalendarEntry.public_id,
            module=task.module,
            kind=task.kind,
            title=asked.title(task, language),
            counts=task.graded,
            state=_state(task, attempts[name]),
            due_at=later_date(places[name].CalendarEntry.due_at, places[name].allowed_until),
            more_time=MORE_TIME.get(places[name].asked),
        )
        for name, task in tasks.items()
        if name in places
    ]


@cache
def _entries() -> Select[*tuple[Any, ...]]:
    enrolment_id: BindParameter[int] = bindparam("enrolment_id")
    allowed_until = given(LAST_MOMENT, enrolment_id, CalendarEntry.node_id).label("allowed_until")
    query: Select[*tuple[Any, ...]] = (
        select(CalendarEntry, Attempt, allowed_until, _asked().label("asked"))
        .outerjoin(Attempt, and_(Attempt.node_id == CalendarEntry.node_id, Attempt.enrolment_id == enrolment_id))
        .where(
            CalendarEntry.cohort_id == bindparam("cohort_id"),
            CalendarEntry.node_id.in_(bindparam("nodes", expanding=True)),
        )
        .order_by(Attempt.number)
    )
    return query


def _asked() -> Any:
    """How her last request for more time stands, as a column; what she gave herself at once needs no telling."""
    return (
        select(TimeRequest.state)
        .where(
            TimeRequest.enrolment_id == bindparam("enrolment_id"),
            TimeRequest.node_id == CalendarEntry.node_id,
            or_(TimeRequest.by_id.is_(None), TimeRequest.by_id != bindparam("me")),
        )
        .order_by(TimeRequest.id.desc())
        .limit(1)
        .correlate(CalendarEntry)
        .scalar_subquery()
    )


def _state(task: Task, attempts: Sequence[Attempt]) -> ActivityState:
    """A quiz is done once handed in and, where it counts, passed; an assignment stands where its last version is."""
    if not attempts:
        return ActivityState.NOT_STARTED
    if task.kind is TaskKind.ASSIGNMENT or attempts[-1].state is AttemptState.OPEN:
        return STATES[attempts[-1].state]
    return ActivityState.AGAIN if _may_pass_yet(task, attempts) else ActivityState.DONE


def _may_pass_yet(task: Task, attempts: Sequence[Attempt]) -> bool:
    """Whether a further attempt would help, as far as she may know her result."""
    quiz, taken = task.quiz, [attempt.taken() for attempt in attempts]
    counting = quizzes.counting(taken, quiz)
    if not quiz.graded or quiz.feedback is FeedbackAt.CLOSE or counting is None or counting.score is None:
        return False
    return not quizzes.has_passed(counting.score, quiz) and quizzes.attempts_left(quiz, taken) != 0


def people_who_tried(cohort_id: int, nodes: Collection[str]) -> Mapping[str, int]:
    """How many people of a cohort, by its number, opened each of these tasks; those that nobody opened are absent."""
    rows = db.session.execute(
        select(Attempt.node_id, func.count(Attempt.enrolment_id.distinct()).label("people"))
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, Attempt.node_id.in_(nodes))
        .group_by(Attempt.node_id)
    )
    return {row.node_id: row.people for row in rows}
