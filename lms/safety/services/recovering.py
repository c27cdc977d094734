"""Letting somebody in without the factor that she lost: two people, a day, and she is told (decisions 2 and 8)."""

from datetime import datetime

from lms.accounts.models import Person, Session, number_of
from lms.accounts.rules.roles import Role
from lms.accounts.services import closing, codes, factors
from lms.audit import services as audit
from lms.kernel.db import db
from lms.messaging import services as messaging
from lms.safety import queries
from lms.safety.errors import RecoveryAlone, RecoveryBySame, RecoveryNotYet, RecoveryOpen, RecoveryOver
from lms.safety.models import Recovery
from lms.safety.rules import Field, RecoveryState, recovery_state

from .opening import checked_reason, enter

ASKED = audit.act("safety.recovery.asked")
CONFIRMED = audit.act("safety.recovery.confirmed")
STOPPED = audit.act("safety.recovery.stopped")
DONE = audit.act("safety.recovery.done")

SECOND_ROLES = (Role.COORDINATOR, Role.SAFETY, Role.ADMIN)
"""Whose holders may be the second person."""


def ask_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> None:
    """Ask that she be let in without her factor; she is told at once.

    Raises ReasonTooShort, FactorNotFresh, RecoveryOpen, RecoveryAlone.
    """
    kept = checked_reason(reason, session, at=at)
    if queries.recovery_of(person.id, at=at) is not None:
        raise RecoveryOpen
    if not queries.has_another(SECOND_ROLES, besides=(person.id, by.id), at=at):
        raise RecoveryAlone
    enter(person, Field.RECOVERY, kept, by=by, at=at)
    _begin(person, by=by, at=at)


def confirm_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> None:
    """A second person confirms; from now on she has a day to stop it.

    Raises ReasonTooShort, FactorNotFresh, RecoveryOver, RecoveryBySame.
    """
    kept = checked_reason(reason, session, at=at)
    recovery = _open(person, RecoveryState.ASKED, at=at)
    if recovery.asked_by_id == by.id:
        raise RecoveryBySame
    enter(person, Field.RECOVERY, kept, by=by, at=at)
    recovery.confirmed_by_id, recovery.confirmed_at = by.id, at
    _tell(person, CONFIRMED, by=by, at=at)


def finish_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> str | None:
    """Her second factors and paper codes count no more, and whoever is signed in is signed out.

    The code with which she chooses how she signs in, where she has no passphrase; else None: her passphrase lets her
    in. Raises ReasonTooShort, FactorNotFresh, RecoveryOver, RecoveryNotYet.
    """
    kept = checked_reason(reason, session, at=at)
    found = queries.recovery_of(person.id, at=at)
    if found is not None and recovery_state(found.times(), at=at) is not RecoveryState.READY:
        raise RecoveryNotYet
    recovery = _open(person, RecoveryState.READY, at=at)
    enter(person, Field.RECOVERY, kept, by=by, at=at)
    return _finish(person, recovery, by=by, at=at)


def stop(person: Person, *, by: Person, at: datetime) -> None:
    """She did not ask for it, or it is not needed any more. Raises RecoveryOver."""
    recovery = queries.recovery_of(person.id, at=at, for_update=True)
    if recovery is None:
        raise RecoveryOver
    recovery.ended_at = at
    _tell(person, STOPPED, by=by, at=at)


def reset_by_operator(person: Person, *, second: Person | None, at: datetime) -> datetime | None:
    """The same at the server, where nobody is signed in: at once with a second person, else a day after it was asked.

    From when it can be done; None when it is done. Raises RecoveryBySame for a second who is she, or holds no role of
    those who may confirm.
    """
    recovery = queries.recovery_of(person.id, at=at, for_update=True) or _begin(person, by=None, at=at)
    if second is not None:
        if second.id == person.id or not queries.holds_one_of(second.id, SECOND_ROLES, at=at):
            raise RecoveryBySame
        recovery.confirmed_by_id = second.id
    elif recovery.confirmed_at is None:
        recovery.confirmed_at = at  # the operator alone: she has her day
    if second is None and recovery_state(recovery.times(), at=at) is not RecoveryState.READY:
        return recovery.times().ready_at
    _finish(person, recovery, by=None, at=at)
    return None


def _begin(person: Person, *, by: Person | None, at: datetime) -> Recovery:
    recovery = Recovery(person_id=person.id, asked_by_id=number_of(by), asked_at=at)
    db.session.add(recovery)
    _tell(person, ASKED, by=by, at=at)
    return recovery


def _open(person: Person, state: RecoveryState, *, at: datetime) -> Recovery:
    """Hers, in this state, for the transaction. Raises RecoveryOver."""
    recovery = queries.recovery_of(person.id, at=at, for_update=True)
    if recovery is None or recovery_state(recovery.times(), at=at) is not state:
        raise RecoveryOver
    return recovery


def _finish(person: Person, recovery: Recovery, *, by: Person | None, at: datetime) -> str | None:
    recovery.ended_at = at
    has_passphrase = factors.drop_all(person)
    closing.unlock(person, by=by, at=at)
    _tell(person, DONE, by=by, at=at)
    return None if has_passphrase else codes.invite(person, by=by, at=at)


def _tell(person: Person, act: audit.Act, *, by: Person | None, at: datetime) -> None:
    audit.record(act, by=number_of(by), on=person.id, at=at)
    messaging.write_to(person.id, factors.CHANGED, at=at)
