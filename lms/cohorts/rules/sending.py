"""Two people decide that invitations are sent: one asks, somebody else confirms or refuses.

Rule: docs/decisions/0017, docs/security/threat-model.md H2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..errors import (
    NobodyToInvite,
    OwnSending,
    RoleTooNew,
    SecondPersonNeeded,
    SeenOtherwise,
    SendingOver,
    SendingWaits,
)

LASTS = timedelta(hours=24)
"""How long it waits for the second person."""

SETTLED_AFTER = timedelta(days=7)
"""How long somebody holds a role of the cohort before she is one of the two.

Whoever took one coordinator's account over could make herself a second one; for a week the others see it on the page of
the staff. Roles of the whole site are given by the operator, and count at once.
"""


class Answer(StrEnum):
    """What the second person said."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


class SendingState(StrEnum):
    """Where it stands. LAPSED: nobody answered in time."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True)
class Asking:
    """That somebody asked. by: her number, None when she is gone."""

    by: int | None
    at: datetime
    answer: Answer | None


def state_of(asking: Asking, *, at: datetime) -> SendingState:
    """Where it stands at a moment."""
    if asking.answer is not None:
        return SendingState(asking.answer.value)
    return SendingState.WAITING if at < asking.at + LASTS else SendingState.LAPSED


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What decides whether somebody may ask.

    people: how many invitations could go out. seen: the same as her page showed it. is_settled: whether she may be one
    of the two. others: how many people besides her could confirm. is_waiting: whether another question of this cohort
    waits for its answer.
    """

    is_settled: bool
    people: int
    seen: int
    others: int
    is_waiting: bool


def check_can_ask(now: Circumstances) -> None:
    """Refuse what nobody could confirm, or what differs from what she saw.

    Raises RoleTooNew, SecondPersonNeeded, SendingWaits, NobodyToInvite, SeenOtherwise.
    """
    if not now.is_settled:
        raise RoleTooNew
    if now.others < 1:
        raise SecondPersonNeeded
    if now.is_waiting:
        raise SendingWaits
    if now.people < 1:
        raise NobodyToInvite
    if now.people != now.seen:
        raise SeenOtherwise


def check_can_answer(asking: Asking, answer: Answer, *, by: int, is_settled: bool, at: datetime) -> None:
    """Refuse an answer that comes second or late, her own yes, and that of a new role. Whoever asked may take it back.

    Raises SendingOver, OwnSending, RoleTooNew.
    """
    if state_of(asking, at=at) is not SendingState.WAITING:
        raise SendingOver
    if answer is Answer.CONFIRMED and by == asking.by:
        raise OwnSending
    if answer is Answer.CONFIRMED and not is_settled:
        raise RoleTooNew
