"""Who may answer, mark, release and look at results."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, exists, true
from sqlalchemy.orm import aliased

from lms.accounts.models import Person
from lms.accounts.policy import has_role
from lms.accounts.rules import MARKING_ROLES, Role
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import takes_part
from lms.cohorts.rules import EnrolmentState
from lms.courses.models import Version
from lms.kernel.policy import Permission, declare

ANSWERED = (EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED, EnrolmentState.WITHDRAWN)
"""Enrolments after which nobody is asked any more: who took part once may look at the questions as a facilitator."""


class AssessmentPermission(Permission):
    """What concerns tasks, attempts and marks."""

    TAKE = "assessments:task:take"
    QUEUE = "assessments:marking:queue"
    MARK = "assessments:attempt:mark"
    SEE_MARKS = "assessments:cohort:marks"
    RELEASE = "assessments:cohort:release"
    RESCORE = "assessments:cohort:rescore"
    ALLOW = "assessments:enrolment:allow"
    RECEIPT = "assessments:receipt:look-up"
    PREVIEW = "assessments:item:preview"


class OfParticipant(Protocol):
    """Something of one participant that staff look at. in_conflict: the reader declared a conflict of interest."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> Enrolment: ...

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


def marks_without_conflict(who: Person | None, target: OfParticipant) -> bool:
    """A marker of the cohort who has no conflict of interest with this participant, and is not herself."""
    return (
        who is not None and marks_here(who, target) and not target.in_conflict and target.enrolment.person_id != who.id
    )


def edits(who: Person | None, target: Any) -> bool:
    """Editors and translators of content."""
    return has_role(who, Role.EDITOR) or has_role(who, Role.TRANSLATOR)


def marks_what_she_does_not_take(who: Person | None, target: OfProgramme | None) -> bool:
    """Facilitators and coordinators of any cohort, without what they still have to answer themselves."""
    return marks_somewhere(who, target) and (target is None or not target.takes_part)


def previews(who: Person) -> ColumnElement[bool]:
    """The same two predicates as a row filter over Version."""
    return true() if edits(who, None) else ~takes_programme(who)


def takes_programme(who: Person) -> ColumnElement[bool]:
    """Whether somebody has still to answer what a version of this programme asks, as a condition over Version."""
    of_cohort = aliased(Version)
    return (
        exists()
        .where(Enrolment.person_id == who.id, Enrolment.state.not_in(ANSWERED))
        .where(Cohort.id == Enrolment.cohort_id, of_cohort.id == Cohort.version_id)
        .where(of_cohort.programme_id == Version.programme_id)
    )


declare(
    {
        AssessmentPermission.TAKE: [takes_part],
        AssessmentPermission.QUEUE: [marks_somewhere],
        AssessmentPermission.MARK: [marks_without_conflict],
        AssessmentPermission.SEE_MARKS: [marks_here],
        AssessmentPermission.RELEASE: [marks_here],
        AssessmentPermission.RESCORE: [marks_here],
        AssessmentPermission.ALLOW: [marks_without_conflict],
        AssessmentPermission.RECEIPT: [coordinates_somewhere],
        AssessmentPermission.PREVIEW: [edits, marks_what_she_does_not_take],
    }
)
