"""Who decides about completion, who holds a certificate, who withdraws it. Checking one is open to everybody."""

from typing import Protocol

from lms.accounts.models import Person
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import coordinates
from lms.kernel.policy import Permission, declare


class CertificatePermission(Permission):
    """What concerns completion and certificates."""

    HOLD = "certificates:own:hold"
    LIST = "certificates:cohort:list"
    DECIDE = "certificates:enrolment:decide"


class Held(Protocol):
    """What somebody may have a certificate of."""

    @property
    def holder_id(self) -> int: ...


class OfParticipant(Protocol):
    """A participant's case before a coordinator. in_conflict: the reader declared a conflict of interest."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> None: ...

    @property
    def participant(self) -> Enrolment: ...

    @property
    def in_conflict(self) -> bool: ...


def holds(who: Person | None, target: Held) -> bool:
    """It is her own."""
    return who is not None and target.holder_id == who.id


def decides_without_conflict(who: Person | None, target: OfParticipant) -> bool:
    """A coordinator of the cohort without a conflict of interest, and not about herself."""
    return (
        who is not None
        and coordinates(who, target)
        and not target.in_conflict
        and target.participant.person_id != who.id
    )


declare(
    {
        CertificatePermission.HOLD: [holds],
        CertificatePermission.LIST: [coordinates],
        CertificatePermission.DECIDE: [decides_without_conflict],
    }
)
