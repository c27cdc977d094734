"""Codes that open an account: made, looked at, used, withdrawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from lms.accounts import queries
from lms.accounts.errors import InvitationUnknown, InvitationUsed, WrongCredentials
from lms.accounts.hashes import blind_index
from lms.accounts.models import Invitation, Person, number_of
from lms.accounts.passkeys import NewKey, Question
from lms.accounts.rules.invitations import INVITATION_DAYS, check_invitation
from lms.accounts.services.credentials import Credentials, check_credentials, drop_credentials, set_credentials
from lms.accounts.services.factors import add_passkey
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import code_from, hash_token, new_token
from lms.messaging import services as messaging

PERSON_INVITED = audit.act("accounts.person.invited")
INVITATION_USED = audit.act("accounts.invitation.used")


def invite(person: Person, *, by: Person | None, at: datetime) -> str:
    """Make a one-use code for a person and return it.

    Codes that she was given before and did not use open nothing any more.
    """
    return invite_all([person], by=by, at=at)[0]


def invite_all(people: Sequence[Person], *, by: Person | None, at: datetime) -> list[str]:
    """The same for many people, in the order given."""
    _withdraw_all([person.id for person in people], at=at)
    codes = []
    for person in people:
        seed = new_token().encode()
        codes.append(_code_from(seed))
        db.session.add(
            Invitation(
                person_id=person.id,
                code_hash=hash_token(codes[-1]),
                seed=seed,
                created_at=at,
                expires_at=_open_until(at),
            )
        )
        audit.record(PERSON_INVITED, by=number_of(by), on=person.id, at=at)
    return codes


def ensure_invited(people: Sequence[Person], *, by: Person | None, at: datetime) -> None:
    """See to it that each of these people has an open code; one that she was given already stays as it is."""
    has_code = queries.open_invitations([person.id for person in people], at=at)
    without = [person for person in people if person.id not in has_code]
    if without:
        invite_all(without, by=by, at=at)


def renew_invitations(people: Sequence[Person], *, by: Person | None, at: datetime) -> None:
    """See to it that each of these people has a code that is open for its full 14 days from now on.

    Used when codes go out: one that nobody was given yet has been growing old meanwhile.
    """
    ensure_invited(people, by=by, at=at)
    of_them = Invitation.person_id.in_([person.id for person in people])
    db.session.execute(
        update(Invitation).where(of_them, *queries.is_open_code(at)).values(expires_at=_open_until(at)),
        execution_options={"synchronize_session": False},
    )


def code_of(invitation: Invitation) -> str | None:
    """The code of an invitation, for a sheet or a letter; None when it cannot be made again.

    It comes from a seed in the database and a key that is not there: who holds only one of both cannot make it.
    """
    return None if invitation.seed is None else _code_from(invitation.seed)


def withdraw_invitations(person_id: int, *, at: datetime) -> None:
    """Let the open codes of a person open nothing any more."""
    _withdraw_all([person_id], at=at)


def look_at_code(code: str, *, at: datetime) -> Invitation:
    """The open invitation of a typed code. Raises InvitationUnknown, InvitationUsed, InvitationExpired."""
    invitation = queries.find_invitation(code)
    if invitation is None:
        raise InvitationUnknown
    check_invitation(invitation.state(), at=at)
    return invitation


def use_invitation(code: str, chosen: Credentials, *, at: datetime) -> Person:
    """Let the invited person choose how she signs in; the code is used up with it.

    Raises InvitationUnknown, InvitationUsed, InvitationExpired, LoginUnfit.
    """
    person = _use(code, at=at)
    set_credentials(person, chosen, by=person, at=at)
    return person


def use_invitation_by_passkey(code: str, key: NewKey, question: Question, *, at: datetime) -> Person:
    """Let the invited person sign in by the passkey that her browser just made, and by no passphrase.

    Raises InvitationUnknown, InvitationUsed, InvitationExpired, PasskeyRefused, PasskeysMany.
    """
    person = _use(code, at=at)
    drop_credentials(person, at=at)
    db.session.flush()  # before the passkey: its sessions and devices of before are gone
    add_passkey(person, key, question, name="", at=at)
    return person


def _use(code: str, *, at: datetime) -> Person:
    invitation = queries.find_invitation(code, for_update=True)
    if invitation is None:
        raise InvitationUnknown
    check_invitation(invitation.state(), at=at)
    invitation.used_at = at
    person = invitation.person
    messaging.write_to(person.id, "account_opened", at=at)
    audit.record(INVITATION_USED, by=person.id, on=person.id, at=at)
    return person


def check_who_used(code: str, login: str, passphrase: str, *, at: datetime) -> Person:
    """The person who used this code and chose just these credentials by it. Raises InvitationUsed for all others."""
    invitation = queries.find_invitation(code)
    try:
        person = check_credentials(login, passphrase, at=at)
    except WrongCredentials:
        raise InvitationUsed from None
    if invitation is None or invitation.person_id != person.id:
        raise InvitationUsed
    return person


def _withdraw_all(people: Sequence[int], *, at: datetime) -> None:
    unused = Invitation.person_id.in_(people), Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    db.session.execute(update(Invitation).where(*unused).values(withdrawn_at=at))


def _open_until(at: datetime) -> datetime:
    return at + timedelta(days=INVITATION_DAYS)


def _code_from(seed: bytes) -> str:
    return code_from(blind_index("invitation", seed.hex()))
