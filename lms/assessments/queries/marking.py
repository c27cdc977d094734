"""One piece of work with its marks, for whoever marks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import number_of
from lms.cohorts.rules.enrolment import MAY_READ
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db

from ..errors import NotNow
from ..models import Attempt, Conflict, MarkerLanguages, StepRow
from ..policy import is_allotted_to
from ..rules import marking
from ..rules.attempts import OF_MARKING, AttemptState, Step, StepKind
from ..rules.deadlines import DECISIONS, Timeliness
from ..rules.items import Open
from ..rules.marking import Holding, Marks, Rubric, Verdict
from ..sealing import read_steps
from .catalogue import Task, catalogue
from .queue import WAITS, Neighbours, neighbours_of, newest_step, own_conflict


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A version of an assignment that was handed in, for one reader: what the guard begins with.

    owner: the participant, with her key and without anything else that is sealed. is_allotted: the reader is to mark
    it, or began to. reads: the languages in which she marks.
    """

    attempt: Attempt
    enrolment: Enrolment
    cohort: Cohort
    owner: Person
    in_conflict: bool
    is_allotted: bool = False
    reads: Sequence[str] = ()

    @property
    def task(self) -> Task:
        """The assignment."""
        return catalogue(self.attempt.version).tasks[self.attempt.node_id]

    @property
    def item(self) -> Open:
        """What was asked."""
        return cast(Open, catalogue(self.attempt.version).items[self.attempt.drawn[0]])

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
    return _find(who, submission_id, was_handed_in=False)


def find_sent(who: Person, submission_id: UUID) -> Submission | None:
    """The same for what a page sends: its writer may have taken the work back since, and then nothing of it is read."""
    return _find(who, submission_id, was_handed_in=True)


def _find(who: Person, submission_id: UUID, *, was_handed_in: bool) -> Submission | None:
    query = _submission(was_handed_in=was_handed_in)
    row = db.session.execute(query, {"me": who.id, "submission_id": submission_id}).one_or_none()
    if row is None:
        return None
    attempt, enrolment, cohort, owner, conflict_id, is_allotted, languages = row
    return Submission(
        attempt=attempt,
        enrolment=enrolment,
        cohort=cohort,
        owner=owner,
        in_conflict=conflict_id is not None,
        is_allotted=bool(is_allotted),
        reads=languages or [who.interface_language],
    )


@cache
def _submission(*, was_handed_in: bool) -> Select[*tuple[Any, ...]]:
    """was_handed_in: also what is not handed in any more."""
    is_handed_in = Attempt.state != AttemptState.OPEN
    was_taken_back = exists().where(StepRow.attempt_id == Attempt.id, StepRow.kind == StepKind.TAKE_BACK)
    found: Select[*tuple[Any, ...]] = (
        select(Attempt, Enrolment, Cohort, Person, Conflict.id, is_allotted_to(), MarkerLanguages.languages)
        .join(Attempt.enrolment)
        .join(Attempt.version)
        .join(Enrolment.cohort)
        .join(Enrolment.person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, own_conflict())
        .outerjoin(MarkerLanguages, MarkerLanguages.person_id == number_of(None))
        .where(
            Attempt.public_id == bindparam("submission_id"),
            Attempt.kind == TaskKind.ASSIGNMENT,
            Enrolment.state.in_(MAY_READ),
            or_(is_handed_in, was_taken_back) if was_handed_in else is_handed_in,
        )
        .options(
            contains_eager(Attempt.version),
            contains_eager(Attempt.enrolment).joinedload(Enrolment.group),
            contains_eager(Person.key),
            # What no page needs is not there to leak.
            *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
        )
    )
    return found


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

    text: what is marked; None where there is none. later: texts that came after the hand-in. seen: number of the last
    step that a decision about late work rests on. holder: the name of whoever else is marking it, since `held_since`.
    """

    text: Step | None
    later: Sequence[Step]
    late: Timeliness | None
    seen: int
    saved: Saved
    holder: str | None
    held_since: datetime | None
    earlier: Earlier | None
    queue: Neighbours

    @cached_property
    def paragraphs(self) -> list[str]:
        """The text in paragraphs."""
        return marking.paragraphs(str(((self.text and self.text.data) or {}).get("text", "")))


def read_submission(submission: Submission, who: Person, *, at: datetime) -> Reading:
    """The work, its marks as they stand, and what comes next: three statements.

    Raises NotNow where its writer has taken it back: what she writes now is nobody's to read.
    """
    rows = _steps_at(submission)
    own = [(row, name) for row, number, name in rows if number == submission.attempt.number]
    steps = [_unopened(row) for row, _ in own]
    marks = [(row, name) for row, name in own if row.kind in OF_MARKING]
    before = [row for row, number, _ in rows if number < submission.attempt.number]
    text = marking.text_step(steps, submission.attempt.terms())
    later = marking.undecided_texts(steps)
    chosen = [step.number for step in (text, *later) if step is not None]
    opened = _open(submission, [*chosen, *(row.number for row, _ in marks[-1:]), *(row.number for row in before[-1:])])
    holdings = [_holding(row) for row, _ in marks]
    holder = marking.holder(holdings[-1] if holdings else None, reader=who.id, at=at)
    return Reading(
        text=opened[text.number] if text is not None else None,
        later=[opened[step.number] for step in later],
        late=marking.lateness(steps),
        seen=marking.late_number(steps),
        saved=_saved(marks, opened),
        holder=marks[-1][1] if holder is not None else None,
        held_since=marking.marking_since(holdings) if holder is not None else None,
        earlier=_earlier(submission, before, opened),
        queue=neighbours_of(submission.attempt.public_id, who, submission.reads, at=at),
    )


def _steps_at(submission: Submission) -> list[tuple[StepRow, int, str | None]]:
    """What its page needs of this version, and the marks of the one before; unopened, with the version and who did it.

    State and steps come with one statement: what was written after it was taken back is not among them. Raises NotNow.
    """
    attempt = submission.attempt
    bound = {
        "attempt_id": attempt.id,
        "enrolment_id": attempt.enrolment_id,
        "node_id": attempt.node_id,
        "number": attempt.number,
        "number_before": attempt.number - 1,
    }
    rows = db.session.execute(_steps(), bound).all()
    if any(state is AttemptState.OPEN for _, _, _, state in rows):
        raise NotNow
    return [(row, number, name) for row, number, name, _ in rows]


@cache
def _steps() -> Select[StepRow, int, str | None, AttemptState]:
    return (
        select(StepRow, Attempt.number, Person.shown_name, Attempt.state)
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .outerjoin(Person, Person.id == StepRow.by_id)
        .where(
            Attempt.enrolment_id == bindparam("enrolment_id"),
            Attempt.node_id == bindparam("node_id"),
            or_(
                and_(Attempt.number == bindparam("number"), _may_count()),
                and_(Attempt.number == bindparam("number_before"), StepRow.kind.in_(OF_MARKING)),
            ),
        )
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    )


def _may_count() -> ColumnElement[bool]:
    """Every step but the drafts that hers have overtaken; those too once somebody decided about late work.

    Which of them counts then is a matter of times. The attempt is bound as `attempt_id`.
    """
    draft = aliased(StepRow)
    of_attempt = draft.attempt_id == bindparam("attempt_id")
    newest = (
        select(func.max(draft.sequence))
        .where(of_attempt, draft.kind == StepKind.ANSWER, draft.state == AttemptState.OPEN)
        .scalar_subquery()
    )
    decided = exists().where(of_attempt, draft.kind.in_(DECISIONS))
    return or_(StepRow.kind != StepKind.ANSWER, StepRow.state != AttemptState.OPEN, StepRow.sequence == newest, decided)


def steps_to_decide(attempt: Attempt) -> list[Step]:
    """The same steps of one attempt, what was typed in them left closed. attempt: locked, so they are all."""
    return [_unopened(row) for row in db.session.scalars(_steps_that_may_count(), {"attempt_id": attempt.id})]


@cache
def _steps_that_may_count() -> Select[StepRow]:
    return (
        select(StepRow)
        .where(StepRow.attempt_id == bindparam("attempt_id"), _may_count())
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number)
    )


def text_that_counts(submission: Submission, attempt: Attempt) -> str:
    """The text that is marked as things stand now. attempt: locked."""
    step = marking.text_step(steps_to_decide(attempt), attempt.terms())
    opened = _open(submission, [step.number])[step.number] if step is not None else None
    return str(((opened and opened.data) or {}).get("text", ""))


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
    rows = db.session.scalars(_steps_by_number(), {"numbers": numbers})
    return {step.number: step for step in read_steps(submission.owner, rows)}


@cache
def _steps_by_number() -> Select[StepRow]:
    wanted = StepRow.number.in_(bindparam("numbers", expanding=True))
    return select(StepRow).where(wanted).execution_options(populate_existing=True)


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


def last_marking(attempt: Attempt) -> StepRow | None:
    """The last step of marking, what was typed in it left closed. attempt: locked, so it is the last."""
    return db.session.scalars(_last_marking(), {"attempt_id": attempt.id}).one_or_none()


@cache
def _last_marking() -> Select[StepRow]:
    return (
        select(StepRow)
        .where(StepRow.attempt_id == bindparam("attempt_id"), StepRow.kind.in_(OF_MARKING))
        .options(defer(StepRow.sealed, raiseload=True))
        .order_by(StepRow.number.desc())
        .limit(1)
    )


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
            .join(latest, latest.number == newest_step(StepRow.kind.in_(OF_MARKING)))
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
