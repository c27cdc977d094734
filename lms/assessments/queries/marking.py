"""What markers read: their queue, one piece of work with its marks, and what waits to be released."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.accounts.rules import Role
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.courses.models import Version
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db

from ..models import Attempt, Conflict, MarkerLanguages, StepRow
from ..policy import MARKING_ROLES
from ..rules import marking
from ..rules.attempts import OF_MARKING, AttemptState, Step, StepKind
from ..rules.deadlines import DECISIONS, Timeliness
from ..rules.items import Open
from ..rules.marking import Holding, Marks, QueueState, Rubric, Verdict
from ..sealing import read_step
from .catalogue import Task, catalogue

ROWS = 25
WAITS = (AttemptState.HANDED_IN, AttemptState.MARKED)
"""Handed in and not yet released or returned."""


# The queue


@dataclass(frozen=True, kw_only=True)
class Course:
    """A cohort she works for, with its title."""

    cohort: Cohort
    title: Told


@dataclass(frozen=True, kw_only=True)
class TaskCount:
    """An assignment of a cohort that has work waiting. id: the task's public id there."""

    id: UUID
    cohort_id: int
    title: Told
    listed: int
    listed_mine: int
    waiting_mine: int
    marked: int
    oldest_mine: datetime | None


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One piece of work in the queue. marker: whose it is now; None while it is nobody's."""

    id: UUID
    alias: str
    title: Told
    number: int
    language: str
    words: int | None
    handed_in_at: datetime
    state: QueueState
    late: Timeliness | None
    marker: str | None


@dataclass(frozen=True, kw_only=True)
class Queue:
    """The queue of one person, one page of it. task: the one she narrowed it to."""

    courses: Sequence[Course]
    languages: Sequence[str]
    tasks: Sequence[TaskCount]
    rows: Sequence[QueueRow]
    show: "Show"
    page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // ROWS))

    @property
    def waiting(self) -> int:
        """How many wait for her."""
        return sum(task.waiting_mine for task in self.tasks)

    @property
    def marked(self) -> int:
        """How many are marked and not released, in all her cohorts."""
        return sum(task.marked for task in self.tasks)

    @property
    def oldest_at(self) -> datetime | None:
        """Since when the oldest has waited for her."""
        return min((task.oldest_mine for task in self.tasks if task.oldest_mine), default=None)

    @property
    def first(self) -> QueueRow | None:
        """The first that she can mark, on the first page."""
        open_states = (QueueState.NEW, QueueState.STARTED)
        return next((row for row in self.rows if row.state in open_states and self.page == 1), None)


@dataclass(frozen=True, kw_only=True)
class Show:
    """Which part of the queue: hers, all of her cohorts, or one task of theirs."""

    everything: bool = False
    task: UUID | None = None


def queue_of(who: Person, show: Show, *, page: int, language: str) -> Queue:
    """What waits for her, oldest first, what is in her languages before the rest: three statements."""
    courses, languages = _courses_of(who, language)
    counts = _task_counts(who, courses, language)
    wanted = [one for one in counts if show.task in (None, one.id)]
    is_mine = not show.everything and show.task is None
    total = sum(one.listed_mine if is_mine else one.listed for one in wanted)
    page = min(max(page, 1), max(1, -(-total // ROWS)))
    return Queue(
        courses=courses,
        languages=languages,
        tasks=counts,
        rows=_rows(who, show, languages, page=page, language=language),
        show=show,
        page=page,
        total=total,
    )


def _courses_of(who: Person, language: str) -> tuple[list[Course], list[str]]:
    rows = db.session.execute(
        select(Cohort, MarkerLanguages.languages)
        .join(Cohort.version)
        .outerjoin(MarkerLanguages, MarkerLanguages.person_id == who.id)
        .where(Cohort.id.in_(_cohorts(who)))
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.starts_on.desc(), Cohort.id)
    ).all()
    courses = [
        Course(cohort=cohort, title=tell(cohort.title, language, cohort.version.required_languages))
        for cohort, _ in rows
    ]
    return courses, (rows[0].languages if rows else None) or [who.interface_language]


def _cohorts(who: Person, roles: Collection[Role] = MARKING_ROLES) -> list[int]:
    """The cohorts for which she works in one of these roles, by number."""
    return sorted({grant.cohort_id for grant in who.roles if grant.role in roles and grant.cohort_id is not None})


def _listed(who: Person) -> ColumnElement[bool]:
    """What a queue may list at all, conflicts of interest included."""
    return and_(
        Attempt.kind == TaskKind.ASSIGNMENT,
        Attempt.state.in_(WAITS),
        Enrolment.cohort_id.in_(_cohorts(who)),
        Enrolment.person_id != who.id,
    )


def _mine(who: Person) -> ColumnElement[bool]:
    """Allotted to her; what is nobody's is the coordinators'; what she passed on is still told."""
    nobodys = and_(Attempt.marker_id.is_(None), Enrolment.cohort_id.in_(_cohorts(who, (Role.COORDINATOR,))))
    return or_(Attempt.marker_id == who.id, nobodys, Conflict.id.is_not(None))


def _own_conflict(who: Person) -> ColumnElement[bool]:
    return and_(Conflict.person_id == who.id, Conflict.enrolment_id == Enrolment.id)


def _task_counts(who: Person, courses: Sequence[Course], language: str) -> list[TaskCount]:
    mine, free = _mine(who), Conflict.id.is_(None)
    waiting = and_(mine, free, Attempt.state == AttemptState.HANDED_IN)
    rows = db.session.execute(
        select(
            CalendarEntry.public_id,
            CalendarEntry.node_id,
            CalendarEntry.cohort_id,
            func.count().label("listed"),
            func.count().filter(mine).label("listed_mine"),
            func.count().filter(waiting).label("waiting_mine"),
            func.count().filter(Attempt.state == AttemptState.MARKED).label("marked"),
            func.min(case((waiting, Attempt.handed_in_at))).label("oldest_mine"),
        )
        .select_from(Attempt)
        .join(Attempt.enrolment)
        .join(
            CalendarEntry,
            and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == Attempt.node_id),
        )
        .outerjoin(Conflict, _own_conflict(who))
        .where(_listed(who))
        .group_by(CalendarEntry.id, CalendarEntry.public_id, CalendarEntry.node_id, CalendarEntry.cohort_id)
        .order_by(CalendarEntry.id)
    )
    versions = {course.cohort.id: course.cohort.version for course in courses}
    return [
        TaskCount(
            id=row.public_id,
            cohort_id=row.cohort_id,
            title=_title(versions[row.cohort_id], row.node_id, language),
            listed=row.listed,
            listed_mine=row.listed_mine,
            waiting_mine=row.waiting_mine,
            marked=row.marked,
            oldest_mine=row.oldest_mine,
        )
        for row in rows
    ]


def _title(version: Version, node_id: str, language: str) -> Told:
    """The title of a task; its id where the version has it no more."""
    kept = catalogue(version)
    task = kept.tasks.get(node_id)
    return kept.title(task, language) if task is not None else Told(node_id, "")


def _rows(who: Person, show: Show, languages: Sequence[str], *, page: int, language: str) -> list[QueueRow]:
    latest, hand_in, marker = aliased(StepRow), aliased(StepRow), aliased(Person)
    query = (
        select(
            Attempt,
            Enrolment.alias,
            Version,
            Conflict.id.label("conflict_id"),
            latest.by_id.label("last_by_id"),
            hand_in.data.label("hand_in_data"),
            hand_in.number.label("hand_in_number"),
            _newest(StepRow.kind.in_(DECISIONS)).label("decided_number"),
            _newest(StepRow.kind == StepKind.ANSWER, StepRow.state != AttemptState.OPEN).label("aside_number"),
            marker.shown_name.label("marker_name"),
        )
        .join(Attempt.enrolment)
        .join(Attempt.version)
        .join(
            CalendarEntry,
            and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == Attempt.node_id),
        )
        .outerjoin(Conflict, _own_conflict(who))
        .outerjoin(latest, latest.number == _newest(StepRow.kind.in_(OF_MARKING)))
        .outerjoin(hand_in, hand_in.number == _newest(StepRow.kind == StepKind.HAND_IN))
        .outerjoin(marker, marker.id == Attempt.marker_id)
        .where(_listed(who))
        .order_by(
            Conflict.id.is_not(None),
            Attempt.state == AttemptState.MARKED,
            Attempt.language.not_in(languages),
            Attempt.handed_in_at,
            Attempt.id,
        )
        .limit(ROWS)
        .offset((page - 1) * ROWS)
    )
    if show.task is not None:
        query = query.where(CalendarEntry.public_id == show.task)
    elif not show.everything:
        query = query.where(_mine(who))
    return [_row(row, language) for row in db.session.execute(query)]


def _newest(*which: ColumnElement[bool]) -> Any:
    """The number of the newest such step of an attempt."""
    return (
        select(func.max(StepRow.number))
        .where(StepRow.attempt_id == Attempt.id, *which)
        .correlate(Attempt)
        .scalar_subquery()
    )


def _row(row: Any, language: str) -> QueueRow:
    attempt, in_conflict = row.Attempt, row.conflict_id is not None
    return QueueRow(
        id=attempt.public_id,
        alias=row.alias,
        title=_title(row.Version, attempt.node_id, language),
        number=attempt.number,
        language=attempt.language,
        words=attempt.words,
        handed_in_at=attempt.handed_in_at,
        state=marking.queue_state(attempt.state, is_started=row.last_by_id is not None, in_conflict=in_conflict),
        late=None if in_conflict else _late(row),
        marker=row.marker_name,
    )


def _late(row: Any) -> Timeliness | None:
    decided = row.decided_number or 0
    if (row.aside_number or 0) > decided:
        return Timeliness.LATE
    found = Timeliness((row.hand_in_data or {}).get("timeliness", Timeliness.ON_TIME))
    return None if found is Timeliness.ON_TIME or (row.hand_in_number or 0) < decided else found


# One piece of work


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A version of an assignment that was handed in, for one reader: what the guard begins with.

    owner: the participant, with her key and without anything else that is sealed.
    """

    attempt: Attempt
    enrolment: Enrolment
    cohort: Cohort
    owner: Person
    in_conflict: bool

    @property
    def task(self) -> Task:
        """The assignment."""
        return catalogue(self.attempt.version).tasks[self.attempt.node_id]

    @property
    def item(self) -> Open:
        """What was asked."""
        item = catalogue(self.attempt.version).items[self.attempt.drawn[0]]
        assert isinstance(item, Open)
        return item

    @property
    def rubric(self) -> Rubric:
        """How it is marked."""
        return catalogue(self.attempt.version).rubrics[self.item.rubric]

    @property
    def meets_percent(self) -> int:
        """From how many per cent it meets the standard."""
        return catalogue(self.attempt.version).meets_percent

    def title(self, language: str) -> Told:
        """The title of the assignment for a page in this language."""
        return catalogue(self.attempt.version).title(self.task, language)

    def tell(self, text: Mapping[str, str], language: str) -> Told:
        """A text of the course for a page in this language."""
        return tell(text, language, self.attempt.version.required_languages)


def find_submission(who: Person, submission_id: UUID) -> Submission | None:
    """A piece of work that was handed in, whoever may see it; never what is still being written: one statement."""
    row = db.session.execute(
        select(Attempt, Enrolment, Cohort, Person, Conflict.id)
        .join(Attempt.enrolment)
        .join(Attempt.version)
        .join(Enrolment.cohort)
        .join(Enrolment.person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, _own_conflict(who))
        .where(
            Attempt.public_id == submission_id,
            Attempt.kind == TaskKind.ASSIGNMENT,
            Attempt.state != AttemptState.OPEN,
        )
        .options(
            contains_eager(Attempt.version),
            contains_eager(Person.key),
            # What no page needs is not there to leak.
            *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
        )
    ).one_or_none()
    if row is None:
        return None
    attempt, enrolment, cohort, owner, conflict_id = row
    return Submission(
        attempt=attempt, enrolment=enrolment, cohort=cohort, owner=owner, in_conflict=conflict_id is not None
    )


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Marks as they stand. version: what a form that shows them sends along."""

    version: int
    marks: Marks
    kind: StepKind | None
    by: str | None
    by_id: int | None
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What was said of the version before this one."""

    number: int
    marks: Marks
    verdict: Verdict | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All that stands on the page of one piece of work.

    text: what is marked; None where there is none. later: texts that came after the hand-in. holder: the name of
    whoever else is marking it, since `held_since`. before, after: neighbours in the reader's queue; place: from 1.
    """

    text: Step | None
    later: Sequence[Step]
    late: Timeliness | None
    saved: Saved
    holder: str | None
    held_since: datetime | None
    earlier: Earlier | None
    waiting: Sequence[UUID]
    before: UUID | None
    after: UUID | None
    place: int | None

    @cached_property
    def paragraphs(self) -> list[str]:
        """The text in paragraphs."""
        return marking.paragraphs(str(((self.text and self.text.data) or {}).get("text", "")))


def read_submission(submission: Submission, who: Person, *, at: datetime) -> Reading:
    """The work, its marks as they stand, and what comes next: three statements."""
    rows = _steps_at(submission)
    own = [(row, name) for row, number, name in rows if number == submission.attempt.number]
    steps = [_unopened(row) for row, _ in own]
    marks = [(row, name) for row, name in own if row.kind in OF_MARKING]
    before = [row for row, number, _ in rows if number < submission.attempt.number and row.kind in OF_MARKING]
    text = marking.text_step(steps, submission.attempt.terms())
    later = marking.undecided_texts(steps)
    chosen = [step.number for step in (text, *later) if step is not None]
    opened = _open(submission, [*chosen, *(row.number for row, _ in marks[-1:]), *(row.number for row in before[-1:])])
    holdings = [_holding(row) for row, _ in marks]
    holder = marking.holder(holdings[-1] if holdings else None, reader=who.id, at=at)
    waiting = waiting_for(who)
    previous, following = marking.neighbours(waiting, submission.attempt.public_id)
    return Reading(
        text=opened[text.number] if text is not None else None,
        later=[opened[step.number] for step in later],
        late=marking.lateness(steps),
        saved=_saved(marks, opened),
        holder=marks[-1][1] if holder is not None else None,
        held_since=marking.marking_since(holdings) if holder is not None else None,
        earlier=_earlier(submission, before, opened),
        waiting=waiting,
        before=previous,
        after=following,
        place=waiting.index(submission.attempt.public_id) + 1 if submission.attempt.public_id in waiting else None,
    )


def _steps_at(submission: Submission) -> list[tuple[StepRow, int, str | None]]:
    """The steps of this version and the one before, unopened, with the number of the version and who did it."""
    attempt = submission.attempt
    rows = db.session.execute(
        select(StepRow, Attempt.number, Person.shown_name)
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .outerjoin(Person, Person.id == StepRow.by_id)
        .where(
            Attempt.enrolment_id == attempt.enrolment_id,
            Attempt.node_id == attempt.node_id,
            Attempt.number.in_((attempt.number, attempt.number - 1)),
        )
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    )
    return [(row, number, name) for row, number, name in rows]


def _unopened(row: StepRow) -> Step:
    """A step as rules see it, without what was typed."""
    return Step(
        number=row.number,
        operation=row.operation_id,
        kind=row.kind,
        question=row.question,
        sequence=row.sequence,
        written_at=row.written_at,
        received_at=row.received_at,
        language=row.language,
        data=row.data,
        flagged=row.flagged,
        state=row.state,
    )


def _open(submission: Submission, numbers: Sequence[int]) -> dict[int, Step]:
    """These steps with what was typed in them, by number."""
    rows = db.session.scalars(
        select(StepRow).where(StepRow.number.in_(numbers)).execution_options(populate_existing=True)
    )
    return {row.number: read_step(submission.owner, row) for row in rows}


def _holding(row: StepRow) -> Holding:
    return Holding(by=row.by_id, at=row.received_at, is_final=row.kind is not StepKind.MARK_DRAFT)


def _saved(marks: Sequence[tuple[StepRow, str | None]], opened: Mapping[int, Step]) -> Saved:
    if not marks:
        return Saved(version=0, marks=marking.NO_MARKS, kind=None, by=None, by_id=None, at=None)
    row, name = marks[-1]
    return Saved(
        version=row.sequence,
        marks=marking.read_marks(opened[row.number].data),
        kind=row.kind,
        by=name,
        by_id=row.by_id,
        at=row.received_at,
    )


def _earlier(submission: Submission, before: Sequence[StepRow], opened: Mapping[int, Step]) -> Earlier | None:
    if not before or before[-1].kind is StepKind.MARK_DRAFT:
        return None
    data = opened[before[-1].number].data or {}
    verdict = Verdict(data["verdict"]) if "verdict" in data else None
    return Earlier(number=submission.attempt.number - 1, marks=marking.read_marks(data), verdict=verdict)


def waiting_for(who: Person) -> list[UUID]:
    """What waits for her to be marked, by public id, in the order of her queue: one statement."""
    rows = db.session.execute(
        select(Attempt.public_id, Attempt.language, Attempt.handed_in_at, Attempt.id, MarkerLanguages.languages)
        .join(Attempt.enrolment)
        .outerjoin(Conflict, _own_conflict(who))
        .outerjoin(MarkerLanguages, MarkerLanguages.person_id == who.id)
        .where(_listed(who), _mine(who), Conflict.id.is_(None), Attempt.state == AttemptState.HANDED_IN)
    ).all()
    reads = (rows[0].languages if rows else None) or [who.interface_language]
    in_order = sorted(rows, key=lambda row: (row.language not in reads, row.handed_in_at, row.id))
    return [row.public_id for row in in_order]


def last_marking(attempt: Attempt) -> StepRow | None:
    """The last step of marking, what was typed in it left closed. attempt: locked, so it is the last."""
    return db.session.scalars(
        select(StepRow)
        .where(StepRow.attempt_id == attempt.id, StepRow.kind.in_(OF_MARKING))
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number.desc())
        .limit(1)
    ).one_or_none()


def holding_of(row: StepRow | None) -> Holding | None:
    """The same as rules see it."""
    return _holding(row) if row is not None else None


def held_by(attempt: Attempt) -> tuple[str, datetime]:
    """Who saved marks last, and since when without a longer pause. attempt: has marks by somebody."""
    rows = db.session.execute(
        select(StepRow, Person.shown_name)
        .join(Person, Person.id == StepRow.by_id)
        .where(StepRow.attempt_id == attempt.id, StepRow.kind.in_(OF_MARKING))
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    ).all()
    return rows[-1].shown_name, marking.marking_since([_holding(row.StepRow) for row in rows])


def unreleased_of(enrolment: Enrolment, marker: Person) -> list[Attempt]:
    """What of this participant is allotted to a marker and neither returned nor released, locked."""
    return list(
        db.session.scalars(
            select(Attempt)
            .where(
                Attempt.enrolment_id == enrolment.id,
                Attempt.kind == TaskKind.ASSIGNMENT,
                Attempt.marker_id == marker.id,
                Attempt.state.in_(WAITS),
            )
            .order_by(Attempt.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def marked_by(enrolment: Enrolment, marker: Person) -> list[Attempt]:
    """The same where marks of hers stand, whoever it is allotted to."""
    latest = aliased(StepRow)
    return list(
        db.session.scalars(
            select(Attempt)
            .join(latest, latest.number == _newest(StepRow.kind.in_(OF_MARKING)))
            .where(
                Attempt.enrolment_id == enrolment.id,
                Attempt.kind == TaskKind.ASSIGNMENT,
                Attempt.state.in_(WAITS),
                latest.by_id == marker.id,
            )
            .order_by(Attempt.id)
        )
    )


def find_conflict(enrolment: Enrolment, who: Person) -> Conflict | None:
    """What she declared, if she did."""
    return db.session.scalars(
        select(Conflict).where(Conflict.enrolment_id == enrolment.id, Conflict.person_id == who.id)
    ).one_or_none()


def languages_row(who: Person) -> MarkerLanguages | None:
    """The languages in which she chose to mark."""
    return db.session.get(MarkerLanguages, who.id)


# What waits to be released


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A finished mark before its release. version: of its marks, so that only what was seen is released.

    total, verdict, marker: None for a reader with a conflict of interest.
    """

    id: UUID
    version: int
    alias: str
    number: int
    total: int | None
    verdict: Verdict | None
    marker: str | None
    in_conflict: bool


@dataclass(frozen=True, kw_only=True)
class Release:
    """The finished marks of one assignment in one cohort. waiting: handed in and not finished."""

    entry: CalendarEntry
    cohort: Cohort
    course: Told
    title: Told
    ready: Sequence[Ready]
    waiting: int


def releases_of(who: Person, language: str) -> list[Release]:
    """What can be released in her cohorts, each list by alias: one statement."""
    rows = db.session.execute(_of_releases(who).where(Cohort.id.in_(_cohorts(who)))).all()
    by_entry: dict[int, list[Any]] = {}
    for row in rows:
        by_entry.setdefault(row.CalendarEntry.id, []).append(row)
    releases = [_release(of_one, language) for of_one in by_entry.values()]
    return [release for release in releases if release.ready]


def find_release(who: Person, task_id: UUID | None, language: str) -> Release | None:
    """The same for one task, whether anything is finished or not; None where nothing was ever handed in."""
    rows = db.session.execute(_of_releases(who).where(CalendarEntry.public_id == task_id)).all() if task_id else []
    return _release(rows, language) if rows else None


def _of_releases(who: Person) -> Select[Any]:
    latest, marker, reads = aliased(StepRow), aliased(Person), aliased(Version)
    return (
        select(
            CalendarEntry,
            Cohort,
            Attempt,
            Enrolment.alias,
            Conflict.id.label("conflict_id"),
            latest.data.label("mark_data"),
            latest.sequence.label("mark_sequence"),
            marker.shown_name.label("marker_name"),
        )
        .select_from(Attempt)
        .join(Attempt.enrolment)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .join(reads, reads.id == Attempt.version_id)
        .join(
            CalendarEntry,
            and_(CalendarEntry.cohort_id == Enrolment.cohort_id, CalendarEntry.node_id == Attempt.node_id),
        )
        .outerjoin(Conflict, _own_conflict(who))
        .outerjoin(
            latest,
            and_(
                Attempt.state == AttemptState.MARKED,
                latest.number == _newest(StepRow.kind.in_(OF_MARKING)),
            ),
        )
        .outerjoin(marker, marker.id == latest.by_id)
        .where(
            Attempt.kind == TaskKind.ASSIGNMENT,
            Attempt.state.in_((*WAITS, AttemptState.RELEASED)),
            Enrolment.person_id != who.id,
        )
        .options(
            contains_eager(Cohort.version),
            contains_eager(Attempt.version.of_type(reads)),
        )
        .order_by(Cohort.starts_on.desc(), CalendarEntry.id, Enrolment.alias, Attempt.id)
    )


def _release(rows: Sequence[Any], language: str) -> Release:
    first = rows[0]
    cohort = first.Cohort
    return Release(
        entry=first.CalendarEntry,
        cohort=cohort,
        course=tell(cohort.title, language, cohort.version.required_languages),
        title=_title(first.Attempt.version, first.CalendarEntry.node_id, language),
        ready=[_ready(row) for row in rows if row.Attempt.state is AttemptState.MARKED],
        waiting=sum(row.Attempt.state is AttemptState.HANDED_IN for row in rows),
    )


def _ready(row: Any) -> Ready:
    in_conflict, data = row.conflict_id is not None, row.mark_data or {}
    return Ready(
        id=row.Attempt.public_id,
        version=row.mark_sequence,
        alias=row.alias,
        number=row.Attempt.number,
        total=None if in_conflict else data.get("total"),
        verdict=None if in_conflict or "verdict" not in data else Verdict(data["verdict"]),
        marker=None if in_conflict else row.marker_name,
        in_conflict=in_conflict,
    )


def marked_for_update(release: Release, who: Person, wanted: Mapping[UUID, int]) -> list[tuple[Attempt, StepRow]]:
    """Of these the ones whose marks are finished and still the version that was seen, locked; hers left out."""
    locked = db.session.scalars(
        select(Attempt)
        .join(Attempt.enrolment)
        .where(
            Attempt.public_id.in_(wanted),
            Enrolment.cohort_id == release.cohort.id,
            Attempt.node_id == release.entry.node_id,
            Enrolment.person_id != who.id,
            Attempt.state == AttemptState.MARKED if wanted else false(),
        )
        .order_by(Attempt.id)
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    ).all()
    by_number = {attempt.id: attempt for attempt in locked}
    newest = (
        select(func.max(StepRow.number))
        .where(StepRow.attempt_id.in_(by_number), StepRow.kind.in_(OF_MARKING))
        .group_by(StepRow.attempt_id)
    )
    marks = db.session.scalars(
        select(StepRow)
        .where(StepRow.number.in_(newest))
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    )
    pairs = [(by_number[row.attempt_id], row) for row in marks]
    return [(attempt, row) for attempt, row in pairs if wanted[attempt.public_id] == row.sequence]


def released_by(operations: Collection[UUID]) -> int:
    """How many of these acts were done before."""
    return db.session.scalar(select(func.count()).where(StepRow.operation_id.in_(operations))) or 0
