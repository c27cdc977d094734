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
from ..rules.attempts import AttemptState
from .catalogue import catalogue
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
        select(CalendarEntry.node_id, CalendarEntry.public_id, CalendarEntry.due_at, Attempt.state)
        .outerjoin(Attempt, mine)
        .where(CalendarEntry.cohort_id == seat.cohort.id, CalendarEntry.node_id.in_(tasks))
        .order_by(Attempt.number)
    )
    states: dict[str, list[AttemptState]] = defaultdict(list)
    places = {}
    for node_id, public_id, due_at, state in rows:
        places[node_id] = public_id, due_at
        states[node_id] += [state] if state is not None else []
    return [
        Activity(
            id=places[name][0],
            module=task.module,
            kind=task.kind,
            title=asked.title(task, language),
            counts=task.graded,
            state=_state(task.kind, states[name]),
            due_at=places[name][1],
        )
        for name, task in tasks.items()
        if name in places
    ]


def _state(kind: TaskKind, attempts: Sequence[AttemptState]) -> ActivityState:
    """A quiz is done once it was handed in; an assignment stands where its latest version stands."""
    if not attempts:
        return ActivityState.NOT_STARTED
    if kind is TaskKind.QUIZ:
        return ActivityState.DONE if AttemptState.HANDED_IN in attempts else ActivityState.IN_PROGRESS
    return STATES[attempts[-1]]
