"""Who may answer, mark, release and look at results."""

from typing import Any, Protocol

from lms.accounts.models import Person
from lms.accounts.policy import has_role
from lms.accounts.rules import Role
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import InCohort, takes_part
from lms.kernel.policy import Permission, declare

MARKING_ROLES = (Role.FACILITATOR, Role.COORDINATOR)


class AssessmentPermission(Permission):
    """What concerns tasks, attempts and marks."""

    TAKE = "assessments:task:take"
    RESULTS = "assessments:own:results"
    QUEUE = "assessments:marking:queue"
    MARK = "assessments:attempt:mark"
    SEE_MARKS = "assessments:cohort:marks"
    RELEASE = "assessments:cohort:release"
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
    """A marker of the cohort who has no conflict of interest with this participant, and is not herself."""
    return (
        who is not None and marks_here(who, target) and not target.in_conflict and target.enrolment.person_id != who.id
    )


def edits(who: Person | None, target: Any) -> bool:
    """Editors and translators of content."""
    return has_role(who, Role.EDITOR) or has_role(who, Role.TRANSLATOR)


def has_taken_part(who: Person | None, target: InCohort) -> bool:
    """Her own results, as long as she may read the course."""
    return takes_part(who, target)


declare(
    {
        AssessmentPermission.TAKE: [takes_part],
        AssessmentPermission.RESULTS: [has_taken_part],
        AssessmentPermission.QUEUE: [marks_somewhere],
        AssessmentPermission.MARK: [marks_without_conflict],
        AssessmentPermission.SEE_MARKS: [marks_here],
        AssessmentPermission.RELEASE: [marks_here],
        AssessmentPermission.ALLOW: [marks_without_conflict],
        AssessmentPermission.RECEIPT: [coordinates_somewhere],
        AssessmentPermission.PREVIEW: [edits, marks_somewhere],
    }
)
