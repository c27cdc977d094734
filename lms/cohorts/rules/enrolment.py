"""States of a place in a cohort, the moves between them, and what they allow."""

from collections.abc import Mapping
from enum import StrEnum

from ..errors import MoveNotAllowed, TakesPartNoMore


class EnrolmentState(StrEnum):
    """States of an enrolment (docs/domain.md 1.3). Pause and deferral are ordinary, not failure."""

    ACTIVE = "active"
    PAUSED = "paused"
    DEFERRED = "deferred"
    COMPLETED = "completed"
    PARTICIPATED = "participated"
    WITHDRAWN = "withdrawn"


MAY_READ = frozenset(
    {EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED}
)
"""Who takes a pause may go on reading; who is deferred or has left may not."""

UNDER_WAY = frozenset({EnrolmentState.ACTIVE, EnrolmentState.PAUSED})
"""Who still has the course before her: she holds a place and is reminded of what waits."""

ENDED = frozenset({EnrolmentState.COMPLETED, EnrolmentState.PARTICIPATED})
"""Who has the course behind her and keeps reading it."""


class Move(StrEnum):
    """What a coordinator does with a place. Nobody loses work by any of them."""

    PAUSE = "pause"
    RESUME = "resume"
    DEFER = "defer"
    WITHDRAW = "withdraw"
    READMIT = "readmit"
    COMPLETE = "complete"
    PARTICIPATE = "participate"
    REOPEN = "reopen"


_LEFT = frozenset({EnrolmentState.DEFERRED, EnrolmentState.WITHDRAWN})

MOVES: Mapping[Move, tuple[frozenset[EnrolmentState], EnrolmentState]] = {
    Move.PAUSE: (frozenset({EnrolmentState.ACTIVE}), EnrolmentState.PAUSED),
    Move.RESUME: (frozenset({EnrolmentState.PAUSED}), EnrolmentState.ACTIVE),
    Move.DEFER: (UNDER_WAY, EnrolmentState.DEFERRED),
    Move.WITHDRAW: (UNDER_WAY, EnrolmentState.WITHDRAWN),
    Move.READMIT: (_LEFT, EnrolmentState.ACTIVE),
    Move.COMPLETE: (UNDER_WAY | {EnrolmentState.PARTICIPATED}, EnrolmentState.COMPLETED),
    Move.PARTICIPATE: (UNDER_WAY, EnrolmentState.PARTICIPATED),
    Move.REOPEN: (ENDED, EnrolmentState.ACTIVE),
}
"""Each move with the states it may start from and the one it leads to. Rule: docs/domain.md 1.3."""

BY_HAND = (Move.PAUSE, Move.RESUME, Move.DEFER, Move.WITHDRAW, Move.READMIT)
"""The moves of a person's page; completion follows from its rule and is confirmed with the certificate."""


def is_allowed(move: Move, state: EnrolmentState) -> bool:
    """Whether the move may start from this state."""
    return state in MOVES[move][0]


def next_state(move: Move, state: EnrolmentState) -> EnrolmentState:
    """Where the move leads from this state. Raises MoveNotAllowed."""
    if not is_allowed(move, state):
        raise MoveNotAllowed
    return MOVES[move][1]


def moves_from(state: EnrolmentState) -> tuple[Move, ...]:
    """What a coordinator may do by hand with a place in this state."""
    return tuple(move for move in BY_HAND if is_allowed(move, state))


def check_takes_part(state: EnrolmentState) -> None:
    """Refuse who was deferred or has left meanwhile. Raises TakesPartNoMore."""
    if state not in MAY_READ:
        raise TakesPartNoMore
