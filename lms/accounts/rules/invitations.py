"""When a code opens an account."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts.errors import InvitationExpired, InvitationUsed

INVITATION_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class InvitationState:
    """What decides whether a code still opens an account."""

    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None


def check_invitation(state: InvitationState, *, at: datetime) -> None:
    """Refuse a code that was used, withdrawn or is too old. Raises InvitationUsed, InvitationExpired."""
    if state.used_at is not None:
        raise InvitationUsed
    if state.withdrawn_at is not None or at >= state.expires_at:
        raise InvitationExpired
