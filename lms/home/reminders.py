"""What participants are told without anybody asking: a date is near, a module opened, the calendar changed.

A job looks at what stands now and at what each person was told (docs/decisions/0020). Nobody has to remember to send
anything, and nothing is sent twice, however often it looks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.assessments.models import Attempt
from lms.assessments.queries.allowances import Allowances, allowances_by
from lms.assessments.queries.catalogue import catalogue
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, TellingRow
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.rules.enrolment import UNDER_WAY, EnrolmentState
from lms.cohorts.rules.telling import CALENDAR, Calendar, Reader, Task, digest_of, has_to_learn, news_for
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.services.telling import ToTell, tell
from lms.courses.models import Lesson, Module
from lms.courses.rules import TaskKind
from lms.kernel.db import db, transaction

REMIND = "home.remind"
EVERY = timedelta(minutes=10)
AT_ONCE = 50
"""So many people are told in one transaction: whoever saves meanwhile waits for these only."""

REMEMBERED = timedelta(days=7)
"""What was told longer ago is about dates that are over."""


def remind(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: tell everybody in every cohort what is new."""
    for cohort in _cohorts_under_way(at):
        to = list(_to_tell(cohort, at))
        for start in range(0, len(to), AT_ONCE):
            with transaction():
                tell(cohort.id, to[start : start + AT_ONCE], by=None, at=at)


def _cohorts_under_way(at: datetime) -> Sequence[Cohort]:
    """Cohorts that are not closed and have not ended; a day of any zone is not over before the next one by UTC."""
    yesterday = at.date() - timedelta(days=1)
    return db.session.scalars(
        select(Cohort)
        .join(Cohort.version)
        .where(Cohort.closed_at.is_(None), Cohort.ends_on >= yesterday)
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.id)
    ).all()


def _to_tell(cohort: Cohort, at: datetime) -> Iterator[ToTell]:
    entries = {entry.node_id: entry for entry in calendar_of(cohort)}
    calendar = _calendar(cohort, entries)
    told, work = _told(cohort, at), _work(cohort, entries)
    for enrolment, zone in _people(cohort):
        assert enrolment.agreed_at is not None
        marks = told[enrolment.id]
        reader = Reader(
            since=enrolment.agreed_at,
            knows=marks,
            told_calendar=marks.get(CALENDAR),
            today=day_of(at, zone),
            is_paused=enrolment.state is EnrolmentState.PAUSED,
        )
        tellings = news_for(reader, calendar, work.tasks_of(enrolment), at=at)
        learns = has_to_learn(reader, calendar)
        if tellings or learns:
            yield ToTell(enrolment=enrolment, tellings=tellings, calendar=calendar.digest if learns else None)


def _calendar(cohort: Cohort, entries: Mapping[str, CalendarEntry]) -> Calendar:
    has_lessons = exists().where(Lesson.module_id == Module.id)
    readable = db.session.scalars(select(Module.node_id).where(Module.version_id == cohort.version_id, has_lessons))
    opens = {node_id: entries[node_id].opens_at for node_id in readable if node_id in entries}
    return Calendar(
        modules={node_id: opens_at for node_id, opens_at in opens.items() if opens_at is not None},
        digest=digest_of({node_id: (entry.opens_at, entry.due_at) for node_id, entry in entries.items()}),
    )


def _people(cohort: Cohort) -> Sequence[tuple[Enrolment, str]]:
    """Who has a place and has come, by alias, with the zone of each."""
    rows = db.session.execute(
        select(Enrolment, Person.time_zone)
        .join(Enrolment.person)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.state.in_(UNDER_WAY), Enrolment.agreed_at.is_not(None))
        .order_by(Enrolment.alias)
    )
    return [(enrolment, zone) for enrolment, zone in rows]


def _told(cohort: Cohort, at: datetime) -> Mapping[int, Mapping[str, str | None]]:
    """The marks of what each was told, by enrolment; under CALENDAR the dates that she knows."""
    found: dict[int, dict[str, str | None]] = defaultdict(dict)
    rows = db.session.execute(
        select(TellingRow.enrolment_id, TellingRow.mark, TellingRow.said)
        .join(Enrolment, Enrolment.id == TellingRow.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort.id,
            or_(TellingRow.at >= at - REMEMBERED, TellingRow.mark == CALENDAR),
        )
    )
    for enrolment_id, mark, said in rows:
        found[enrolment_id][mark] = said
    return found


@dataclass(frozen=True, kw_only=True)
class _Work:
    """The tasks of a cohort, and what differs from one person to the next.

    given: what each was given, by enrolment. handed_in: enrolments and tasks.
    """

    tasks: Sequence[Task]
    given: Mapping[int, Allowances]
    handed_in: frozenset[tuple[int, str]]

    def tasks_of(self, enrolment: Enrolment) -> list[Task]:
        """The tasks as they stand for one person."""
        given = self.given[enrolment.id]
        return [
            Task(
                node_id=task.node_id,
                opens_at=task.opens_at,
                due_at=given.last_moment(task.node_id, task.due_at),
                is_handed_in=(enrolment.id, task.node_id) in self.handed_in,
            )
            for task in self.tasks
        ]


def _work(cohort: Cohort, entries: Mapping[str, CalendarEntry]) -> _Work:
    tasks = [
        Task(
            node_id=task.node_id,
            opens_at=entries[task.module].opens_at if task.module in entries else None,
            due_at=entries[task.node_id].due_at,
            is_handed_in=False,
        )
        for task in catalogue(cohort.version).tasks.values()
        if task.kind is not TaskKind.CHECKPOINT and task.node_id in entries
    ]
    given = allowances_by(Enrolment.cohort_id == cohort.id)
    return _Work(tasks=tasks, given=given, handed_in=_handed_in(cohort))


def _handed_in(cohort: Cohort) -> frozenset[tuple[int, str]]:
    rows = db.session.execute(
        select(Attempt.enrolment_id, Attempt.node_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.cohort_id == cohort.id, Attempt.handed_in_at.is_not(None), Attempt.kind != TaskKind.CHECKPOINT)
        .distinct()
    )
    return frozenset((enrolment_id, node_id) for enrolment_id, node_id in rows)
