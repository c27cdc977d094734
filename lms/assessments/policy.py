"""Who may answer, mark, release and look at results."""

from collections.abc import Collection
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, true
from sqlalchemy.orm import aliased

from lms.accounts.models import Person
from lms.accounts.policy import has_role
from lms.accounts.rules.roles import MARKING_ROLES, Role
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import as_reader, is_open, looked_after_by, looks_after, number_of, takes_part
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.courses.models import Version
from lms.kernel.policy import Permission, both, declare

from .models import Attempt, StepRow
from .rules.attempts import OF_MARKING

ANSWERED = (EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED, EnrolmentState.WITHDRAWN)
"""Enrolments after which nobody is asked any more: who took part once may look at the questions as a facilitator."""


class AssessmentPermission(Permission):
    """What concerns tasks, attempts and marks.

    In a closed cohort what only reads is still allowed, and what changes something is not. A route that is posted to
    asks for the reading one, so that whoever acts a moment too late is told why, with what she typed; the service
    refuses. What shows a button asks for the other.
    """

    TAKE = "assessments:task:take"
    ANSWER = "assessments:task:answer"
    QUEUE = "assessments:marking:queue"
    READ_WORK = "assessments:attempt:read"
    MARK = "assessments:attempt:mark"
    SEE_MARKS = "assessments:cohort:marks"
    RELEASE = "assessments:cohort:release"
    RESCORE = "assessments:cohort:rescore"
    ALLOW = "assessments:enrolment:allow"
    SEE_REQUESTS = "assessments:request:list"
    DECIDE = "assessments:request:decide"
    RECEIPT = "assessments:receipt:look-up"
    PREVIEW = "assessments:item:preview"


class OfParticipant(Protocol):
    """Something of one participant that staff look at. in_conflict: the reader declared a conflict of interest.

    enrolment: with its group. is_allotted: it is one piece of work, and hers to mark, or she began to mark it.
    """

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> Enrolment: ...

    @property
    def is_allotted(self) -> bool: ...

    @property
    def in_conflict(self) -> bool: ...


class OfProgramme(Protocol):
    """Something that a programme asks. takes_part: the reader is a participant who may still be asked it."""

    @property
    def takes_part(self) -> bool: ...


class OfCohort(Protocol):
    """Something of a whole cohort."""

    @property
    def cohort(self) -> Cohort: ...


def marks_somewhere(who: Person | None, target: Any) -> bool:
    """Facilitators and coordinators of any cohort."""
    return who is not None and any(grant.role in MARKING_ROLES for grant in who.roles)


def coordinates_somewhere(who: Person | None, target: Any) -> bool:
    """Coordinators of any cohort."""
    return who is not None and any(grant.role is Role.COORDINATOR for grant in who.roles)


def marks_here(who: Person | None, target: OfCohort) -> bool:
    """Facilitators and coordinators of this cohort."""
    return any(has_role(who, role, target.cohort.id) for role in MARKING_ROLES)


def coordinates_here(who: Person | None, target: OfCohort) -> bool:
    """Coordinators of this cohort."""
    return has_role(who, Role.COORDINATOR, target.cohort.id)


def marks_without_conflict(who: Person | None, target: OfParticipant) -> bool:
    """A marker who looks after this participant, without conflict of interest, and not herself.

    One piece of work may also be given to a marker of another group: few groups have somebody for every language.
    """
    return (
        who is not None
        and marks_here(who, target)
        and (target.is_allotted or looks_after(who, target))
        and not target.in_conflict
        and target.enrolment.person_id != who.id
    )


def marks_in(who: Person | None) -> Any:
    """The cohorts in which she marks, by number, or where those of `as_marker` are bound."""
    return bindparam("marks_in", expanding=True) if who is None else cohorts_of(who)


def cohorts_of(who: Person, roles: Collection[Role] = MARKING_ROLES) -> list[int]:
    """The cohorts for which she works in one of these roles, by number."""
    return sorted({grant.cohort_id for grant in who.roles if grant.role in roles and grant.cohort_id is not None})


def as_marker(who: Person) -> dict[str, Any]:
    """What row filters that are built without a reader ask of a marker: bound when their statement is executed."""
    return {**as_reader(who), "marks_in": marks_in(who)}


def is_to_be_read_by(
    who: Person | None = None, attempt: type[Attempt] = Attempt, enrolment: type[Enrolment] = Enrolment
) -> ColumnElement[bool]:
    """The same as a row filter over Attempt with its Enrolment, conflicts of interest and her own work aside.

    who: None where it is built once, and `as_marker` is bound.
    """
    is_hers_here = and_(enrolment.cohort_id.in_(marks_in(who)), is_allotted_to(who, attempt))
    return or_(looked_after_by(who, enrolment), is_hers_here)


def is_allotted_to(who: Person | None = None, attempt: type[Attempt] = Attempt) -> ColumnElement[bool]:
    """Whether an attempt is hers to mark, or she began to: whoever takes it over leaves her what she typed.

    who: None where it is built once, and `as_reader` is bound.
    """
    step, me = aliased(StepRow), number_of(who)
    began = exists().where(step.attempt_id == attempt.id, step.by_id == me, step.kind.in_(OF_MARKING))
    return or_(attempt.marker_id == me, began.correlate_except(step))


def edits(who: Person | None, target: Any) -> bool:
    """Editors and translators of content."""
    return has_role(who, Role.EDITOR) or has_role(who, Role.TRANSLATOR)


def marks_what_she_does_not_take(who: Person | None, target: OfProgramme | None) -> bool:
    """Facilitators and coordinators of any cohort, without what they still have to answer themselves."""
    return marks_somewhere(who, target) and (target is None or not target.takes_part)


def previews(*, is_editor: bool) -> ColumnElement[bool]:
    """The same two predicates as a row filter over Version; its reader is bound as `me`."""
    return true() if is_editor else ~takes_programme()


def takes_programme() -> ColumnElement[bool]:
    """Whether a reader has still to answer what a version of this programme asks, as a condition over Version.

    She is bound as `me`.
    """
    of_cohort = aliased(Version)
    return (
        exists()
        .where(Enrolment.person_id == number_of(None), Enrolment.state.not_in(ANSWERED))
        .where(Cohort.id == Enrolment.cohort_id, of_cohort.id == Cohort.version_id)
        .where(of_cohort.programme_id == Version.programme_id)
    )


declare(
    {
        AssessmentPermission.TAKE: [takes_part],
        AssessmentPermission.ANSWER: [both(takes_part, is_open)],
        AssessmentPermission.QUEUE: [marks_somewhere],
        AssessmentPermission.READ_WORK: [marks_without_conflict],
        AssessmentPermission.MARK: [both(marks_without_conflict, is_open)],
        AssessmentPermission.SEE_MARKS: [marks_here],
        AssessmentPermission.RELEASE: [both(marks_here, is_open)],
        AssessmentPermission.RESCORE: [both(marks_here, is_open)],
        AssessmentPermission.ALLOW: [both(marks_without_conflict, is_open)],
        AssessmentPermission.SEE_REQUESTS: [coordinates_here],
        AssessmentPermission.DECIDE: [both(coordinates_here, marks_without_conflict)],
        AssessmentPermission.RECEIPT: [coordinates_somewhere],
        AssessmentPermission.PREVIEW: [edits, marks_what_she_does_not_take],
    }
)
