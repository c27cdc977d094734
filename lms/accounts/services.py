"""Acts on people: making, inviting, signing in and out, choosing settings."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import current_app
from sqlalchemy import delete

from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import hash_token, new_code, new_id, new_token
from lms.messaging import services as messaging
from lms.settings import Settings

from . import passphrases, queries, rules, vault
from .errors import InvitationUnknown, LoginUnfit, TooManyAttempts, WrongCredentials
from .models import Invitation, Person, RoleGrant, Session, SignInAttempt
from .rules import ContactKind, Digits, Role, Theme

PERSON_MADE = audit.act("accounts.person.made")
PERSON_INVITED = audit.act("accounts.person.invited")
INVITATION_USED = audit.act("accounts.invitation.used")
ROLE_GRANTED = audit.act("accounts.role.granted", "role")
SESSION_STARTED = audit.act("accounts.session.started")
SESSION_ENDED = audit.act("accounts.session.ended")


def keyed_hash(purpose: str, text: str) -> bytes:
    """A hash that only this installation can compute: finds a value again without storing it."""
    secret = cast(Settings, current_app.extensions["settings"]).secret_key
    return hmac.digest(secret.encode(), f"{purpose}:{text}".encode(), "sha256")


def login_index(login: str) -> bytes:
    """How a login is stored and found."""
    return keyed_hash("login", rules.fold_login(login))


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is known of a person before she has been here."""

    shown_name: str
    interface_language: str
    time_zone: str
    legal_name: str | None = None
    contact: str | None = None
    contact_kind: ContactKind | None = None


def make_person(new: NewPerson, *, by: Person | None, at: datetime) -> Person:
    """Make a person with a key of her own; what is secret is sealed before it is stored."""
    public_id = new_id()
    key = vault.make_key(public_id)
    person = Person(
        public_id=public_id,
        shown_name=new.shown_name,
        legal_name=vault.seal(key, new.legal_name, place=vault.LEGAL_NAME),
        contact=vault.seal(key, new.contact, place=vault.CONTACT),
        contact_kind=new.contact_kind,
        interface_language=new.interface_language,
        time_zone=new.time_zone,
        theme=Theme.DEVICE,
        digits=Digits.LATIN,
        leave_to="weather",
        exit_keys=False,
        created_at=at,
    )
    db.session.add(person)
    db.session.flush()  # the audit entry needs her number
    audit.record(PERSON_MADE, by=_number(by), on=person.id, at=at)
    return person


def grant_role(person: Person, role: Role, *, cohort_id: int | None, by: Person | None, at: datetime) -> RoleGrant:
    """Give a role from now on."""
    grant = RoleGrant(person_id=person.id, role=role, cohort_id=cohort_id, from_at=at)
    db.session.add(grant)
    audit.record(ROLE_GRANTED, by=_number(by), on=person.id, at=at, role=(None, role.value))
    return grant


def invite(person: Person, *, by: Person | None, at: datetime) -> str:
    """Make a one-use code for a person and return it: this is the only time it is readable."""
    code = new_code()
    db.session.add(
        Invitation(
            person_id=person.id,
            code_hash=hash_token(code),
            created_at=at,
            expires_at=at + timedelta(days=rules.INVITATION_DAYS),
        )
    )
    audit.record(PERSON_INVITED, by=_number(by), on=person.id, at=at)
    return code


def set_credentials(person: Person, login: str, passphrase: str) -> None:
    """Give a person her login and passphrase. Raises LoginUnfit and the passphrase refusals of `rules`."""
    rules.check_login(login)
    rules.check_passphrase(passphrase, login=login, has_factor=False)
    index = login_index(login)
    holder = queries.find_by_login(index)
    if holder is not None and holder.id != person.id:
        raise LoginUnfit
    person.login_index = index
    person.passphrase_hash = passphrases.hash_passphrase(rules.fold_passphrase(passphrase))


def use_invitation(code: str, login: str, passphrase: str, *, at: datetime) -> Person:
    """Let the invited person choose how she signs in; the code is used up with it.

    Raises InvitationUnknown, InvitationUsed, InvitationExpired and what `set_credentials` raises.
    """
    invitation = queries.find_invitation(code, for_update=True)
    if invitation is None:
        raise InvitationUnknown
    rules.check_invitation(invitation.state(), at=at)
    person = invitation.person
    set_credentials(person, login, passphrase)
    invitation.used_at = at
    messaging.write_to(person.id, "account_opened", at=at)
    audit.record(INVITATION_USED, by=person.id, on=person.id, at=at)
    return person


def look_at_code(code: str, source: str, *, at: datetime) -> Invitation:
    """The open invitation of a typed code; tries count towards the limits, right or wrong.

    Raises TooManyAttempts, InvitationUnknown, InvitationUsed, InvitationExpired.
    """
    begin_attempt(f"invitation {hash_token(code).hex()}", source, device_is_known=False, at=at)
    invitation = queries.find_invitation(code)
    if invitation is None:
        raise InvitationUnknown
    rules.check_invitation(invitation.state(), at=at)
    return invitation


def begin_attempt(login: str, source: str, *, device_is_known: bool, at: datetime) -> SignInAttempt:
    """Count one try before anything is looked at, so that parallel tries cannot outrun the limit.

    source: the caller's network address, never stored. A device on which this login signed in before is not refused
    on account of others' failures. Needs a transaction of its own, committed before the credentials are checked.
    Raises TooManyAttempts; a refused try is not counted, so that nobody can be kept out for longer than the window.
    """
    limits = cast(Settings, current_app.extensions["settings"]).limits
    attempt = SignInAttempt(
        account_key=keyed_hash("account", rules.fold_login(login)),
        source_key=keyed_hash("source", source),
        at=at,
    )
    db.session.add(attempt)
    db.session.flush()  # the count below includes this try
    window = timedelta(minutes=limits.window_minutes)
    counted = queries.failures(attempt.account_key, attempt.source_key, at=at, window=window)
    allowed = rules.AllowedFailures(
        of_account=limits.per_account, of_source=limits.per_source, everywhere=limits.everywhere
    )
    if not device_is_known and not rules.may_try(counted, allowed):
        raise TooManyAttempts(minutes=limits.window_minutes)
    return attempt


def check_credentials(login: str, passphrase: str) -> Person:
    """The person these credentials belong to. Takes the same time for an unknown login. Raises WrongCredentials."""
    person = queries.find_by_login(login_index(login))
    hashable = rules.fold_passphrase(passphrase) if rules.is_hashable(passphrase) else ""
    if not passphrases.is_right(hashable, person.passphrase_hash if person else None) or person is None:
        raise WrongCredentials
    return person


def start_session(person: Person, passphrase: str, attempt: SignInAttempt | None, *, shared: bool, at: datetime) -> str:
    """Sign a person in: a new session, whose token is returned for the cookie and stored as its hash only."""
    if attempt is not None:
        db.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == attempt.account_key))
    if person.passphrase_hash and passphrases.is_outdated(person.passphrase_hash):
        person.passphrase_hash = passphrases.hash_passphrase(rules.fold_passphrase(passphrase))
    token = new_token()
    db.session.add(Session(token_hash=hash_token(token), person_id=person.id, started_at=at, used_at=at, shared=shared))
    audit.record(SESSION_STARTED, by=person.id, on=person.id, at=at)
    return token


def end_session(token: str, *, at: datetime) -> None:
    """Sign one browser out. The cookie is dead from here on; a token that is not known is no error."""
    session = queries.find_session(token, at=at)
    if session is not None:
        db.session.delete(session)
        audit.record(SESSION_ENDED, by=session.person_id, on=session.person_id, at=at)


def note_use(session: Session, *, at: datetime) -> None:
    """Remember that the session is in use, for its idle limit."""
    session.used_at = at


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a person may set for herself."""

    interface_language: str
    time_zone: str
    theme: Theme
    digits: Digits
    leave_to: str
    exit_keys: bool


def save_preferences(person: Person, wanted: Preferences) -> None:
    """Keep her choices. Not an audited act: it concerns nobody else."""
    person.interface_language = wanted.interface_language
    person.time_zone = wanted.time_zone
    person.theme = wanted.theme
    person.digits = wanted.digits
    person.leave_to = wanted.leave_to
    person.exit_keys = wanted.exit_keys


def sweep(*, at: datetime) -> None:
    """Delete what is over: dead sessions, tries older than a day, invitations long ended."""
    db.session.execute(delete(Session).where(Session.started_at <= at - rules.SESSION_LONGEST))
    db.session.execute(delete(Session).where(Session.used_at <= at - rules.SESSION_IDLE_OWN))
    db.session.execute(
        delete(Session).where(Session.shared.is_(True), Session.used_at <= at - rules.SESSION_IDLE_SHARED)
    )
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= at - timedelta(days=1)))
    ended = timedelta(days=rules.INVITATION_DAYS)
    db.session.execute(delete(Invitation).where(Invitation.expires_at <= at - ended))


def _number(person: Person | None) -> int | None:
    return person.id if person is not None else None
