"""The tasks of a course as its outline shows them to one person."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, select

from lms.cohorts.models import CalendarEntry
from lms.cohorts.queries import Seat
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.modules.rules import Activity, ActivityState

from ..models import Attempt
from ..rules import quizzes
from ..rules.attempts import AttemptState
from ..rules.quizzes import FeedbackAt
from .catalogue import Task, catalogue
from .sitting import NOBODY

STATES = {
    AttemptState.OPEN: ActivityState.IN_PROGRESS,
    AttemptState.HANDED_IN: ActivityState.HANDED_IN,
    AttemptState.MARKED: ActivityState.HANDED_IN,  # that it is marked is not told before the release
    AttemptState.RETURNED: ActivityState.RETURNED,
    AttemptState.RELEASED: ActivityState.DONE,
}


def find_activities(seat: Seat, language: str) -> Sequence[Activity]:
    """The quizzes and assignments of a cohort in the order of the course, with her own state in each: one statement."""
    asked = catalogue(seat.cohort.version)
    tasks = {task.node_id: task for task in asked.tasks.values() if task.kind is not TaskKind.CHECKPOINT}
    if not tasks:
        return []
    mine = and_(
        Attempt.node_id == CalendarEntry.node_id,
        Attempt.enrolment_id == (seat.enrolment.id if seat.enrolment else NOBODY),
    )
    rows = db.session.execute(
        select(CalendarEntry, Attempt)
        .outerjoin(Attempt, mine)
        .where(CalendarEntry.cohort_id == seat.cohort.id, CalendarEntry.node_id.in_(tasks))
        .order_by(Attempt.number)
    )
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    places = {}
    for entry, attempt in rows:
        places[entry.node_id] = entry
        attempts[entry.node_id] += [attempt] if attempt is not None else []
    return [
        Activity(
            id=places[name].public_id,
            module=task.module,
            kind=task.kind,
            title=asked.title(task, language),
            counts=task.graded,
            state=_state(task, attempts[name]),
            due_at=places[name].due_at,
        )
        for name, task in tasks.items()
        if name in places
    ]


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
    if not quiz.graded or quiz.feedback is not FeedbackAt.HAND_IN or counting is None or counting.score is None:
        return False
    return not quizzes.has_passed(counting.score, quiz) and quizzes.attempts_left(quiz, taken) != 0
