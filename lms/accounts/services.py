"""Acts on people: making, inviting, signing in and out, choosing settings."""

import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from lms.audit import services as audit
from lms.kernel.db import db, lock_name
from lms.kernel.ids import code_from, hash_token, new_id, new_token
from lms.messaging import services as messaging
from lms.settings import current_settings

from . import passphrases, queries, rules, vault
from .errors import InvitationUnknown, InvitationUsed, LoginUnfit, TooManyAttempts, WrongCredentials
from .models import Invitation, KnownDevice, Person, RoleGrant, Session, SignInAttempt
from .rules import ContactKind, Digits, Role, Theme

log = logging.getLogger("lms.accounts")

PERSON_MADE = audit.act("accounts.person.made")
PERSON_INVITED = audit.act("accounts.person.invited")
INVITATION_USED = audit.act("accounts.invitation.used")
ROLE_GRANTED = audit.act("accounts.role.granted", "role")
ROLE_ENDED = audit.act("accounts.role.ended", "role")
PASSPHRASE_SET = audit.act("accounts.passphrase.set")


def keyed_hash(purpose: str, text: str) -> bytes:
    """A hash that only this installation can compute: finds a value again without storing it."""
    secret = current_settings().secret_key
    return hmac.digest(secret.encode(), f"{purpose}:{text}".encode(), "sha256")


def blind_index(purpose: str, text: str) -> bytes:
    """How a value is found that the database does not hold. Its key never changes; a signing key may."""
    pepper = current_settings().login_pepper
    return hmac.digest(pepper.encode(), f"{purpose}:{text}".encode(), "sha256")


def login_index(login: str) -> bytes:
    """How a login is stored and found."""
    return blind_index("login", rules.fold_login(login))


def contact_index(contact: str, kind: ContactKind) -> bytes:
    """How somebody is found by her contact."""
    return blind_index("contact", f"{kind}:{rules.fold_contact(contact, kind)}")


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is known of a person before she has been here. public_id: one that nobody bears; drawn where not given."""

    shown_name: str
    interface_language: str
    time_zone: str
    legal_name: str | None = None
    contact: str | None = None
    contact_kind: ContactKind | None = None
    public_id: UUID | None = None


def make_person(new: NewPerson, *, by: Person | None, at: datetime) -> Person:
    """Make a person with a key of her own; what is secret is sealed before it is stored."""
    return make_people([new], by=by, at=at)[0]


def make_people(new: Sequence[NewPerson], *, by: Person | None, at: datetime) -> list[Person]:
    """Make many people at once, each with a key of her own; in the order given."""
    people = [_new_person(one, at=at) for one in new]
    db.session.add_all(people)
    db.session.flush()  # the audit entries need their numbers
    for person in people:
        audit.record(PERSON_MADE, by=_number(by), on=person.id, at=at)
    return people


def _new_person(new: NewPerson, *, at: datetime) -> Person:
    public_id = new.public_id or new_id()
    key = vault.make_key(public_id)
    return Person(
        public_id=public_id,
        shown_name=new.shown_name,
        legal_name=vault.seal(key, new.legal_name, place=vault.LEGAL_NAME),
        contact=vault.seal(key, new.contact, place=vault.CONTACT),
        contact_kind=new.contact_kind,
        contact_index=contact_index(new.contact, new.contact_kind) if new.contact and new.contact_kind else None,
        interface_language=new.interface_language,
        time_zone=new.time_zone,
        theme=Theme.DEVICE,
        digits=Digits.LATIN,
        leave_to="search",
        exit_keys=False,
        created_at=at,
    )


def grant_role(person: Person, role: Role, *, cohort_id: int | None, by: Person | None, at: datetime) -> RoleGrant:
    """Give a role from now on."""
    grant = RoleGrant(person_id=person.id, role=role, cohort_id=cohort_id, from_at=at)
    db.session.add(grant)
    audit.record(ROLE_GRANTED, by=_number(by), on=person.id, at=at, role=(None, role.value))
    return grant


def end_role(grant: RoleGrant, *, by: Person | None, at: datetime) -> None:
    """End a role from now on; one that has ended before keeps its end."""
    if grant.until_at is None or grant.until_at > at:
        grant.until_at = at
        audit.record(ROLE_ENDED, by=_number(by), on=grant.person_id, at=at, role=(grant.role.value, None))


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
        audit.record(PERSON_INVITED, by=_number(by), on=person.id, at=at)
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


def _withdraw_all(people: Sequence[int], *, at: datetime) -> None:
    unused = Invitation.person_id.in_(people), Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    db.session.execute(update(Invitation).where(*unused).values(withdrawn_at=at))


def _open_until(at: datetime) -> datetime:
    return at + timedelta(days=rules.INVITATION_DAYS)


def _code_from(seed: bytes) -> str:
    return code_from(blind_index("invitation", seed.hex()))


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A login and a passphrase as they are stored."""

    login_index: bytes
    passphrase_hash: str


def make_credentials(login: str, passphrase: str) -> Credentials:
    """What is stored of them. It takes its time, so it is made before the transaction that needs it.

    Raises LoginUnfit and the passphrase refusals of `rules`.
    """
    rules.check_login(login)
    rules.check_passphrase(passphrase, login=login, has_factor=False)
    hashed = passphrases.hash_passphrase(rules.fold_passphrase(passphrase))
    return Credentials(login_index=login_index(login), passphrase_hash=hashed)


def set_credentials(person: Person, chosen: Credentials, *, by: Person | None, at: datetime) -> None:
    """Give a person her login and passphrase; whoever is signed in as her is signed out. Raises LoginUnfit."""
    person.login_index, person.passphrase_hash = chosen.login_index, chosen.passphrase_hash
    try:
        db.session.flush()  # the database knows whether somebody else has this login
    except IntegrityError:
        raise LoginUnfit from None
    db.session.execute(delete(Session).where(Session.person_id == person.id))
    db.session.execute(delete(KnownDevice).where(KnownDevice.person_id == person.id))
    audit.record(PASSPHRASE_SET, by=_number(by), on=person.id, at=at)


def share_credentials(person: Person, login: str, like: Person, *, by: Person | None, at: datetime) -> None:
    """Let a person of a demo sign in with another's passphrase: hashing each would take most of the time."""
    person.login_index, person.passphrase_hash = login_index(login), like.passphrase_hash
    audit.record(PASSPHRASE_SET, by=_number(by), on=person.id, at=at)


def use_invitation(code: str, chosen: Credentials, *, at: datetime) -> Person:
    """Let the invited person choose how she signs in; the code is used up with it.

    Raises InvitationUnknown, InvitationUsed, InvitationExpired, LoginUnfit.
    """
    invitation = queries.find_invitation(code, for_update=True)
    if invitation is None:
        raise InvitationUnknown
    rules.check_invitation(invitation.state(), at=at)
    person = invitation.person
    set_credentials(person, chosen, by=person, at=at)
    invitation.used_at = at
    messaging.write_to(person.id, "account_opened", at=at)
    audit.record(INVITATION_USED, by=person.id, on=person.id, at=at)
    return person


def check_who_used(code: str, login: str, passphrase: str) -> Person:
    """The person who used this code and chose just these credentials by it. Raises InvitationUsed for all others."""
    invitation = queries.find_invitation(code)
    try:
        person = check_credentials(login, passphrase)
    except WrongCredentials:
        raise InvitationUsed from None
    if invitation is None or invitation.person_id != person.id:
        raise InvitationUsed
    return person


def look_at_code(code: str, *, at: datetime) -> Invitation:
    """The open invitation of a typed code. Raises InvitationUnknown, InvitationUsed, InvitationExpired."""
    invitation = queries.find_invitation(code)
    if invitation is None:
        raise InvitationUnknown
    rules.check_invitation(invitation.state(), at=at)
    return invitation


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a try comes from. address: never stored. device: what the browser keeps from an earlier sign-in."""

    address: str
    device: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trying:
    """Whose limit a try counts against. account, origin: as they are stored. most: how many of theirs are looked at.

    is_known: the device was here with this login before; it has a limit of its own and is not refused on account of
    others' failures. whose: with whom she shares places at the hash (lms.accounts.places).
    """

    account: bytes
    origin: bytes
    whose: bytes
    is_known: bool
    most: rules.AllowedFailures


def limit_of(name: str, source: Source) -> Trying:
    """Whose limit a try would count against. name: the login or the code that is tried."""
    limits, login = current_settings().limits, login_index(name)
    if source.device is not None and queries.is_known_device(source.device, login):
        device = keyed_hash("device", source.device)
        most = rules.AllowedFailures(
            of_pair=limits.per_device, of_account=limits.per_device, of_source=limits.per_device
        )
        return Trying(account=device, origin=device, whose=login, is_known=True, most=most)
    account = keyed_hash("account", rules.fold_login(name))
    origin = keyed_hash("source", rules.source_of(source.address))
    most = rules.AllowedFailures(of_pair=limits.per_pair, of_account=limits.per_account, of_source=limits.per_source)
    return Trying(account=account, origin=origin, whose=origin, is_known=False, most=most)


def check_limit(trying: Trying, *, at: datetime) -> None:
    """Refuse, without writing, a try that `begin_attempt` would refuse: it then keeps nobody from writing.

    Parallel tries may all pass here; the count that decides is the written one. Raises TooManyAttempts.
    """
    if not rules.may_try(_failures(trying, at=at).and_one(), trying.most):
        raise TooManyAttempts(minutes=current_settings().limits.window_minutes)


def begin_attempt(trying: Trying, *, at: datetime) -> SignInAttempt:
    """Count one try before anything is looked at, so that parallel tries cannot outrun the limit.

    Needs a transaction of its own, committed before anything is checked. Raises TooManyAttempts; a refused try is not
    counted, so that nobody can be kept out for longer than the window.
    """
    limits = current_settings().limits
    lock_name(trying.account)
    attempt = SignInAttempt(account_key=trying.account, source_key=trying.origin, at=at)
    db.session.add(attempt)
    db.session.flush()  # the count below includes this try
    counted = _failures(trying, at=at)
    if counted.everywhere == limits.alarm:
        log.error("%s failed sign-ins in %s minutes", limits.alarm, limits.window_minutes)
    if not rules.may_try(counted, trying.most):
        raise TooManyAttempts(minutes=limits.window_minutes)
    return attempt


def _failures(trying: Trying, *, at: datetime) -> rules.Failures:
    window = timedelta(minutes=current_settings().limits.window_minutes)
    return queries.failures(trying.account, trying.origin, at=at, window=window)


def check_use(purpose: str, address: str, *, most: int, at: datetime) -> None:
    """Refuse, without writing, a use that `count_use` would refuse. Raises TooManyAttempts."""
    _check_uses(_user(purpose, address), most=most - 1, at=at)


def count_use(purpose: str, address: str, *, most: int, at: datetime) -> None:
    """Count one use of something that is open to everybody, by its source alone. Raises TooManyAttempts.

    Like a try to sign in it needs a transaction of its own, and one that is refused is not counted. It never counts
    against signing in from the same source, nor the other way round. most: inside the usual window.
    """
    source = _user(purpose, address)
    lock_name(source)
    db.session.add(SignInAttempt(account_key=source, source_key=source, at=at))
    db.session.flush()  # the count below includes this use
    _check_uses(source, most=most, at=at)


def _user(purpose: str, address: str) -> bytes:
    return keyed_hash(purpose, rules.source_of(address))


def _check_uses(source: bytes, *, most: int, at: datetime) -> None:
    minutes = current_settings().limits.window_minutes
    if queries.uses_of_source(source, at=at, window=timedelta(minutes=minutes)) > most:
        raise TooManyAttempts(minutes=minutes)


def remember_device(person: Person, *, at: datetime) -> str:
    """A random token by which a browser is known at the next sign-in; stored as its hash only."""
    token = new_token()
    db.session.add(KnownDevice(person_id=person.id, token_hash=hash_token(token), created_at=at))
    return token


def forget_device(token: str) -> None:
    """This browser is not known any more."""
    db.session.execute(delete(KnownDevice).where(KnownDevice.token_hash == hash_token(token)))


def forgive(attempt: SignInAttempt) -> None:
    """The try was right: neither it nor the failures before it count any more."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == attempt.account_key))


def take_back(attempt: SignInAttempt) -> None:
    """Nothing was looked at after all: this one try does not count; those before it do."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt.id))


def check_credentials(login: str, passphrase: str) -> Person:
    """The person these credentials belong to. Takes the same time for an unknown login. Raises WrongCredentials."""
    person = queries.find_by_login(login_index(login))
    hashable = rules.fold_passphrase(passphrase) if rules.is_hashable(passphrase) else ""
    if not passphrases.is_right(hashable, person.passphrase_hash if person else None) or person is None:
        raise WrongCredentials
    return person


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The hash of a passphrase with today's parameters, in place of an older one."""

    before: str
    after: str


def renew_hash(person: Person, passphrase: str) -> Renewal | None:
    """Hash her passphrase, which was right, anew if that is due. It takes its time: before the transaction."""
    before = person.passphrase_hash
    if before is None or not passphrases.is_outdated(before):
        return None
    return Renewal(before=before, after=passphrases.hash_passphrase(rules.fold_passphrase(passphrase)))


def keep_renewed(person: Person, renewal: Renewal) -> None:
    """Store the new hash, unless she was given another passphrase meanwhile. Not an audited act: nothing changes."""
    is_still_so = Person.id == person.id, Person.passphrase_hash == renewal.before
    db.session.execute(update(Person).where(*is_still_so).values(passphrase_hash=renewal.after))


def start_session(person: Person, *, shared: bool, at: datetime) -> str:
    """Sign a person in: a new session, whose token is returned for the cookie and stored as its hash only.

    Not an audited act: nobody needs to know when she was here.
    """
    token = new_token()
    db.session.add(Session(token_hash=hash_token(token), person_id=person.id, started_at=at, used_at=at, shared=shared))
    return token


def end_session(token: str) -> None:
    """Sign one browser out. The cookie is dead from here on; a token that is not known is no error.

    Not an audited act, like signing in: nobody needs to know when she was here.
    """
    db.session.execute(delete(Session).where(Session.token_hash == hash_token(token)))


def note_use(session_id: int, *, at: datetime) -> None:
    """Remember that the session is in use, for its idle limit. Not an audited act."""
    db.session.execute(update(Session).where(Session.id == session_id).values(used_at=at))


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a person may set for herself."""

    interface_language: str
    time_zone: str
    theme: Theme
    digits: Digits
    leave_to: str
    exit_keys: bool
    marking_keys: bool = True


def save_preferences(person: Person, wanted: Preferences) -> None:
    """Keep her choices. Not an audited act: it concerns nobody else."""
    person.interface_language = wanted.interface_language
    person.time_zone = wanted.time_zone
    person.theme = wanted.theme
    person.digits = wanted.digits
    person.leave_to = wanted.leave_to
    person.exit_keys = wanted.exit_keys
    person.marking_keys = wanted.marking_keys


def sweep(*, at: datetime) -> None:
    """Delete what is over: dead sessions, tries older than a day, invitations older than their 14 days."""
    db.session.execute(delete(Session).where(Session.started_at <= at - rules.SESSION_LONGEST))
    db.session.execute(delete(Session).where(Session.used_at <= at - rules.SESSION_IDLE_OWN))
    db.session.execute(
        delete(Session).where(Session.shared.is_(True), Session.used_at <= at - rules.SESSION_IDLE_SHARED)
    )
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= at - timedelta(days=1)))
    is_use = SignInAttempt.account_key == SignInAttempt.source_key
    window = timedelta(minutes=current_settings().limits.window_minutes)
    db.session.execute(delete(SignInAttempt).where(is_use, SignInAttempt.at <= at - window))
    db.session.execute(delete(KnownDevice).where(KnownDevice.created_at <= at - rules.DEVICE_KNOWN))
    db.session.execute(delete(Invitation).where(Invitation.expires_at <= at))


def _number(person: Person | None) -> int | None:
    return person.id if person is not None else None
