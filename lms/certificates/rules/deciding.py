"""What a coordinator decides about completion beside the rule, and when."""

from collections.abc import Mapping

from lms.cohorts.rules.enrolment import EnrolmentState, Move, is_allowed

from ..errors import BadDecision, CertificateIsValid
from .facts import Level

MOST_REASON = 2_000

DECISIONS = (Move.COMPLETE, Move.PARTICIPATE, Move.REOPEN)
"""What she may do. Each wants a reason; the rule itself does the first of them without one."""

LEVELS: Mapping[Move, Level] = {Move.COMPLETE: Level.COMPLETED, Move.PARTICIPATE: Level.PARTICIPATED}
"""What each decision leads to; taking it up again leads to nothing."""

IN_FORCE = frozenset({EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED})
"""States of a place in which its completion holds. A place that was deleted since stays as it ended."""


def decisions_from(state: EnrolmentState, *, has_valid: bool) -> tuple[Move, ...]:
    """What may be decided now. has_valid: a certificate of hers is valid, which is withdrawn first."""
    return () if has_valid else tuple(move for move in DECISIONS if is_allowed(move, state))


def check_decision(move: Move, *, has_valid: bool) -> None:
    """Refuse other moves, and to change what a valid certificate rests on. Raises BadDecision, CertificateIsValid.

    Whether the move is possible from where the place stands is the rule of `cohorts`.
    """
    if move not in DECISIONS:
        raise BadDecision
    if has_valid:
        raise CertificateIsValid


def is_in_force(state: EnrolmentState | None) -> bool:
    """Whether a completion holds. state: of the place; None where it was deleted."""
    return state is None or state in IN_FORCE
