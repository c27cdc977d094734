"""States of a certificate and the moves between them."""

from collections.abc import Mapping
from enum import StrEnum

from ..errors import NoLongerValid


class CertificateState(StrEnum):
    """VALID until it is replaced by a new edition or withdrawn with a reason; neither is undone."""

    VALID = "valid"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[CertificateState, frozenset[CertificateState]] = {
    CertificateState.VALID: frozenset({CertificateState.REPLACED, CertificateState.WITHDRAWN}),
    CertificateState.REPLACED: frozenset(),
    CertificateState.WITHDRAWN: frozenset(),
}


def check_move(old: CertificateState, new: CertificateState) -> None:
    """Refuse what is not possible any more. Raises NoLongerValid."""
    if new not in MOVES[old]:
        raise NoLongerValid
