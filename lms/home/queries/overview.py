"""What a coordinator sees first of her cohort: ten statements at any size, the session's included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, exists, func, or_, select

from lms.accounts.models import Invitation, Person
from lms.accounts.queries import is_open_code
from lms.assessments.models import Attempt, TimeRequest
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.queries.completion import modules_of
from lms.assessments.queries.requests import is_waiting
from lms.assessments.rules.attempts import AttemptState
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, Sending, Upload
from lms.cohorts.queries import staff
from lms.cohorts.queries.tallies import Counts, counts_of
from lms.cohorts.rules.enrolment import MAY_READ, UNDER_WAY, EnrolmentState
from lms.cohorts.rules.sending import LASTS, Answer
from lms.cohorts.rules.silence import days_before, whole_days
from lms.cohorts.rules.uploads import UploadState
from lms.cohorts.rules.wallclock import day_of
from lms.courses.models import Module
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db
from lms.messaging.queries import LateMessages, late_messages

from ..rules.weeks import Chart, Weeks, begins_of, draw, weeks_of
from .activity import begin_of, first_opened, has_come, is_late, is_silent, latest, quiet_before

SILENT_SHOWN = 5
UNANSWERED_DAYS = 10
SOON = timedelta(days=7)
MARKED_WITHIN_DAYS = 5
"""Rule: docs/domain.md 1.4 (10 days to accept, feedback within 5 days)."""

LEFT = frozenset(EnrolmentState) - MAY_READ


@dataclass(frozen=True, kw_only=True)
class ModuleFigure:
    """One module of the course. finished: how many read everything in it and handed in every task."""

    number: int
    title: Told
    opens_at: datetime | None
    lessons: int
    finished: int


@dataclass(frozen=True, kw_only=True)
class Silent:
    """Somebody of whom nothing was seen for so many whole days. since: the last day on which something was."""

    id: UUID
    alias: str
    days: int
    since: date


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits for somebody to act.

    to_mark: pieces of work; oldest: since when the oldest waits. sending: the question of another coordinator whether
    invitations are sent, by its public id. unanswered: invitations. to_invite: people of whom nobody has asked yet
    whether their invitation is sent. facilitators: who works as one here now.
    """

    to_mark: int
    oldest: datetime | None
    requests: int
    unanswered: int
    lists: int
    sending: UUID | None
    to_invite: int
    facilitators: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A cohort at a glance. listed: every place, whatever became of it. took_part: everybody who came and takes or
    took part.

    by_language: of all who have a place or took part. chart: None before the first week. expected: who came, has the
    course before her and takes no pause; of these late and silent ones, each person once.
    """

    weeks: Weeks
    listed: int
    enrolled: int
    took_part: int
    paused: int
    by_language: Mapping[str, int]
    chart: Chart | None
    expected: int
    late: int
    silent: int
    silent_people: Sequence[Silent]
    waiting: Waiting
    oldest_days: int | None
    messages: LateMessages
    modules: Sequence[ModuleFigure]
    soon_empty: Sequence[ModuleFigure]

    @property
    def active_now(self) -> int:
        """How many were active in this week of the course."""
        return self.chart.values[-1] if self.chart is not None and self.weeks.now <= self.weeks.total else 0

    @property
    def on_time(self) -> int:
        """Of those who are expected, neither late nor silent."""
        return self.expected - self.late - self.silent

    @property
    def is_over(self) -> bool:
        """Whether its last week has passed."""
        return self.weeks.now > self.weeks.total

    @property
    def is_marking_slow(self) -> bool:
        """Whether the oldest work waits for longer than the course promises."""
        return self.oldest_days is not None and self.oldest_days > MARKED_WITHIN_DAYS


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The calendar with the modules of the version, in order."""

    entries: Mapping[str, CalendarEntry]
    modules: Sequence[Module]
    lessons: Mapping[str, int]


def frame_of(cohort: Cohort) -> Frame:
    """One statement, one more the first time a version is asked about in a process."""
    rows = db.session.execute(_frame(), {"cohort_id": cohort.id, "version_id": cohort.version_id}).all()
    return Frame(
        entries={entry.node_id: entry for entry, _ in rows},
        modules=sorted((module for _, module in rows if module is not None), key=lambda module: module.position),
        lessons={node_id: len(lessons) for node_id, lessons in modules_of(cohort.version)},
    )


@cache
def _frame() -> Select[CalendarEntry, Module]:
    is_module = and_(Module.version_id == bindparam("version_id"), Module.node_id == CalendarEntry.node_id)
    return (
        select(CalendarEntry, Module)
        .outerjoin(Module, is_module)
        .where(CalendarEntry.cohort_id == bindparam("cohort_id"))
        .order_by(Module.position, CalendarEntry.id)
    )


def overview_of(who: Person, cohort: Cohort, *, language: str, at: datetime) -> Overview:
    """Everything on the page: six statements."""
    frame = frame_of(cohort)
    counts = counts_of(cohort)
    weeks = weeks_of(cohort.starts_on, cohort.ends_on, today=day_of(at, cohort.zone))
    begins = begins_of(cohort.starts_on, weeks)
    took_part = counts.of(MAY_READ, has_come=True)
    modules = _modules(cohort, frame, counts, language)
    waiting = _waiting(who, cohort, at)
    opened = first_opened(cohort, frame.entries, at)
    quiet = quiet_before(cohort, opened, at)
    silent, silent_people = _silent(cohort, quiet, opened, at)
    expected = counts.of({EnrolmentState.ACTIVE}, has_come=True)
    return Overview(
        weeks=weeks,
        listed=counts.of(EnrolmentState),
        enrolled=counts.of(MAY_READ),
        took_part=took_part,
        paused=counts.of({EnrolmentState.PAUSED}),
        by_language=counts.by_language(),
        chart=draw([counts.active.get(day, 0) for day in begins], most=took_part) if begins else None,
        expected=expected,
        late=_late(cohort, quiet, at),
        silent=silent,
        silent_people=silent_people,
        waiting=waiting,
        oldest_days=None if waiting.oldest is None else whole_days(waiting.oldest, at=at, zone=cohort.zone),
        messages=late_messages(cohort.id, at=at),
        modules=modules,
        soon_empty=[
            module
            for module in modules
            if not module.lessons and module.opens_at is not None and module.opens_at <= at + SOON
        ],
    )


def _silent(cohort: Cohort, quiet: date | None, opened: datetime | None, at: datetime) -> tuple[int, list[Silent]]:
    """How many are silent, and those whose silence is the longest. quiet: before which day their last sign lies."""
    if quiet is None:
        return 0, []
    rows = db.session.execute(_silent_people(), {"cohort_id": cohort.id, "quiet_before": quiet}).all()
    found = []
    for row in rows:
        since = latest(begin_of(row.quiet_from, cohort), opened)
        assert since is not None
        days = whole_days(since, at=at, zone=cohort.zone)
        found.append(Silent(id=row.public_id, alias=row.alias, days=days, since=day_of(since, cohort.zone)))
    return (rows[0].people if rows else 0), found


@cache
def _silent_people() -> Select[*tuple[Any, ...]]:
    people: Select[*tuple[Any, ...]] = (
        select(Enrolment.public_id, Enrolment.alias, Enrolment.quiet_from, func.count().over().label("people"))
        .where(Enrolment.cohort_id == bindparam("cohort_id"), is_silent(can_be=True))
        .order_by(Enrolment.quiet_from, Enrolment.alias)
        .limit(SILENT_SHOWN)
    )
    return people


def overdue_nodes(cohort: Cohort, entries: Mapping[str, CalendarEntry], at: datetime) -> list[str]:
    """The graded tasks of open modules whose date in the calendar is over."""
    return [
        task.node_id
        for task in catalogue(cohort.version).tasks.values()
        if task.graded
        and task.kind is not TaskKind.CHECKPOINT
        and (module := entries.get(task.module)) is not None
        and module.opens_at is not None
        and module.opens_at <= at
        and (entry := entries.get(task.node_id)) is not None
        and entry.due_at is not None
        and entry.due_at <= at
    ]


def _late(cohort: Cohort, quiet: date | None, at: datetime) -> int:
    """How many are late with something and not silent."""
    bound = {"cohort_id": cohort.id, "quiet_before": quiet, "at": at}
    return db.session.scalars(_late_people(can_be_silent=quiet is not None), bound).one()


@cache
def _late_people(*, can_be_silent: bool) -> Select[int]:
    # Not `not silent`: whoever has not come yet is neither silent nor late.
    is_heard = Enrolment.quiet_from >= bindparam("quiet_before", type_=Date) if can_be_silent else has_come()
    is_here = Enrolment.cohort_id == bindparam("cohort_id")
    return select(func.count()).select_from(Enrolment).where(is_here, is_late(), is_heard)


def _waiting(who: Person, cohort: Cohort, at: datetime) -> Waiting:
    """Counts of what has nothing to do with each other, in one statement."""
    bound = {
        "me": who.id,
        "cohort_id": cohort.id,
        "at": at,
        "asked_since": at - LASTS,
        "answered_before": days_before(UNANSWERED_DAYS + 1, at=at, zone=cohort.zone),
    }
    return Waiting(**db.session.execute(_waits(), bound).one()._mapping)


@cache
def _waits() -> Select[*tuple[Any, ...]]:
    here: Any = bindparam("cohort_id")
    requests = (
        select(func.count(TimeRequest.id))
        .join(Enrolment, Enrolment.id == TimeRequest.enrolment_id)
        .where(is_waiting(here))
    )
    unanswered = (
        select(func.count(Enrolment.id))
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.cohort_id == here, _is_unanswered())
    )
    to_invite = select(func.count(Enrolment.id)).where(Enrolment.cohort_id == here, _is_to_invite())
    lists = select(func.count(Upload.id)).where(Upload.cohort_id == here, Upload.state == UploadState.CHECKED)
    waits: Select[*tuple[Any, ...]] = select(
        _to_mark(here).label("to_mark"),
        _oldest_to_mark(here).label("oldest"),
        requests.scalar_subquery().label("requests"),
        unanswered.scalar_subquery().label("unanswered"),
        lists.scalar_subquery().label("lists"),
        _last_question(here).label("sending"),
        to_invite.scalar_subquery().label("to_invite"),
        staff.facilitators().scalar_subquery().label("facilitators"),
    )
    return waits


def _to_mark(here: Any) -> ColumnElement[int]:
    """The work of whoever left is nobody's to read. Few leave: they are taken off, not everybody else looked up."""
    of_some = select(func.count(Attempt.id)).join(Attempt.enrolment).where(*_is_to_mark(here))
    of_those_who_left = of_some.where(Enrolment.cohort_id == here, Enrolment.state.in_(LEFT))
    of_all = select(func.count(Attempt.id)).where(*_is_to_mark(here))
    return of_all.scalar_subquery() - of_those_who_left.scalar_subquery()


def _oldest_to_mark(here: Any) -> Any:
    return (
        select(Attempt.handed_in_at)
        .join(Attempt.enrolment)
        .where(*_is_to_mark(here), Enrolment.state.in_(MAY_READ))
        .order_by(Attempt.handed_in_at)
        .limit(1)
        .scalar_subquery()
    )


def _is_to_mark(here: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        Attempt.cohort_id == here,
        Attempt.kind == TaskKind.ASSIGNMENT,
        Attempt.state == AttemptState.HANDED_IN,
    )


def _last_question(here: Any) -> Any:
    """The last sending that somebody else asked her or any other to confirm."""
    is_anothers = or_(Sending.asked_by_id.is_(None), Sending.asked_by_id != bindparam("me"))
    last = select(func.max(Sending.id)).where(Sending.cohort_id == here, *_is_asked(), is_anothers)
    return select(Sending.public_id).where(Sending.id == last.scalar_subquery()).scalar_subquery()


def _is_unanswered() -> ColumnElement[bool]:
    """Her invitation went out and she has not come: for more than ten days, or it opens nothing any more."""
    at: Any = bindparam("at")
    is_old = Enrolment.released_at < bindparam("answered_before")
    has_code = exists().where(Invitation.person_id == Enrolment.person_id, *is_open_code(at)).correlate(Enrolment)
    is_dead = and_(Person.login_index.is_(None), ~has_code)
    return and_(_is_awaited(), Enrolment.released_at.is_not(None), or_(is_old, is_dead))


def _is_awaited() -> ColumnElement[bool]:
    """She has a place and has not come yet; asked for by the column that is first in an index."""
    return and_(Enrolment.quiet_from.is_(None), Enrolment.state.in_(UNDER_WAY))


def _is_asked() -> tuple[ColumnElement[bool], ...]:
    """A question that waits for its answer."""
    return Sending.answer.is_(None), Sending.asked_at > bindparam("asked_since")


def _is_to_invite() -> ColumnElement[bool]:
    """Nobody has sent her invitation, nor asked a second person whether it is sent."""
    is_waiting_or_sent = or_(
        Sending.answer == Answer.CONFIRMED,  # many are sent bit by bit
        and_(*_is_asked()),
    )
    is_asked = exists().where(Sending.id == Enrolment.sending_id, is_waiting_or_sent).correlate(Enrolment)
    return and_(_is_awaited(), Enrolment.released_at.is_(None), ~is_asked)


def _modules(cohort: Cohort, frame: Frame, counts: Counts, language: str) -> list[ModuleFigure]:
    """Each module with how many have finished it."""
    required = cohort.version.required_languages
    return [
        ModuleFigure(
            number=module.position,
            title=tell(module.title, language, required),
            opens_at=frame.entries[module.node_id].opens_at,
            lessons=frame.lessons[module.node_id],
            finished=counts.finished.get(module.node_id, 0),
        )
        for module in frame.modules
    ]
