"""Sign-in name and passphrase: made, set, checked, hashed anew."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from lms.accounts import passphrases, queries
from lms.accounts.errors import LoginUnfit, WrongCredentials
from lms.accounts.hashes import login_index
from lms.accounts.models import KnownDevice, Person, Session, number_of
from lms.accounts.rules.credentials import check_login, check_passphrase, fold_passphrase, is_hashable
from lms.audit import services as audit
from lms.kernel.db import db

PASSPHRASE_SET = audit.act("accounts.passphrase.set")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A login and a passphrase as they are stored."""

    login_index: bytes
    passphrase_hash: str


def make_credentials(login: str, passphrase: str) -> Credentials:
    """What is stored of them. It takes its time, so it is made before the transaction that needs it.

    Raises LoginUnfit and the passphrase refusals of `rules`.
    """
    check_login(login)
    check_passphrase(passphrase, login=login, has_factor=False)
    hashed = passphrases.hash_passphrase(fold_passphrase(passphrase))
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
    audit.record(PASSPHRASE_SET, by=number_of(by), on=person.id, at=at)


def share_credentials(person: Person, login: str, like: Person, *, by: Person | None, at: datetime) -> None:
    """Let a person of a demo sign in with another's passphrase: hashing each would take most of the time."""
    person.login_index, person.passphrase_hash = login_index(login), like.passphrase_hash
    audit.record(PASSPHRASE_SET, by=number_of(by), on=person.id, at=at)


def check_credentials(login: str, passphrase: str) -> Person:
    """The person these credentials belong to. Takes the same time for an unknown login. Raises WrongCredentials."""
    person = queries.find_by_login(login_index(login))
    hashable = fold_passphrase(passphrase) if is_hashable(passphrase) else ""
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
    return Renewal(before=before, after=passphrases.hash_passphrase(fold_passphrase(passphrase)))


def keep_renewed(person: Person, renewal: Renewal) -> None:
    """Store the new hash, unless she was given another passphrase meanwhile. Not an audited act: nothing changes."""
    is_still_so = Person.id == person.id, Person.passphrase_hash == renewal.before
    db.session.execute(update(Person).where(*is_still_so).values(passphrase_hash=renewal.after))
