"""Everybody who is signed in has a Today; coordinators look at participants, facilitators at who may need help."""

from typing import Any, Protocol

from lms.accounts.models import Person
from lms.accounts.policy import is_known
from lms.accounts.rules import Role
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import coordinates, is_open
from lms.kernel.policy import Permission, both, declare


class HomePermission(Permission):
    """What concerns composed pages."""

    TODAY = "home:today:see"
    PERSON = "home:participant:see"
    MOVE = "home:participant:move"
    ATTEST = "home:participant:attest"
    HELP = "home:help:see"


class OfParticipant(Protocol):
    """A participant as one member of staff gets her. in_conflict: the reader declared a conflict of interest."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> None: ...

    @property
    def participant(self) -> Enrolment: ...

    @property
    def in_conflict(self) -> bool: ...


def is_another(who: Person | None, target: OfParticipant) -> bool:
    """Nobody decides about her own place."""
    return who is not None and target.participant.person_id != who.id


def has_no_conflict(who: Person | None, target: OfParticipant) -> bool:
    """Whoever declared a conflict of interest neither moves her place nor enters what counts for completion."""
    return not target.in_conflict


def facilitates_somewhere(who: Person | None, target: Any) -> bool:
    """Facilitators of any cohort; whom they see, the query says."""
    return who is not None and any(grant.role is Role.FACILITATOR and grant.cohort_id for grant in who.roles)


runs_it_for_another = both(both(both(coordinates, is_open), is_another), has_no_conflict)

declare(
    {
        HomePermission.TODAY: [is_known],
        HomePermission.PERSON: [coordinates],
        HomePermission.MOVE: [runs_it_for_another],
        HomePermission.ATTEST: [runs_it_for_another],
        HomePermission.HELP: [facilitates_somewhere],
    }
)
