"""Who decides about completion, who holds a certificate, who withdraws it. Checking one is open to everybody."""

from typing import Protocol

from lms.accounts.models import Person
from lms.cohorts.policy import coordinates, coordinates_another
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


def holds(who: Person | None, target: Held) -> bool:
    """It is her own."""
    return who is not None and target.holder_id == who.id


declare(
    {
        CertificatePermission.HOLD: [holds],
        CertificatePermission.LIST: [coordinates],
        CertificatePermission.DECIDE: [coordinates_another],
    }
)
