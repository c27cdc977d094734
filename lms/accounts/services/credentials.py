"""Sign-in name and passphrase: made, set, checked, hashed anew."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from lms.accounts import passphrases, queries
from lms.accounts.errors import LoginUnfit, WrongCredentials
from lms.accounts.hashes import blind_index, login_index
from lms.accounts.models import KnownDevice, Person, Session, number_of
from lms.accounts.rules.credentials import (
    PASSPHRASE_LEAST_ALONE,
    check_login,
    check_passphrase,
    fold_passphrase,
    is_hashable,
)
from lms.accounts.rules.travel import is_away
from lms.audit import services as audit
from lms.kernel.db import db
from lms.messaging import services as messaging

PASSPHRASE_SET = audit.act("accounts.passphrase.set")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A login and a passphrase as they are stored."""

    login_index: bytes
    passphrase_hash: str
    stands_alone: bool


def make_credentials(login: str, passphrase: str, *, has_factor: bool = False) -> Credentials:
    """What is stored of them. It takes its time, so it is made before the transaction that needs it.

    has_factor: whether a second one stands beside it, so that a shorter passphrase will do. Raises LoginUnfit and the
    passphrase refusals of `rules`.
    """
    check_login(login)
    check_passphrase(passphrase, login=login, has_factor=has_factor)
    folded = fold_passphrase(passphrase)
    return Credentials(
        login_index=login_index(login),
        passphrase_hash=passphrases.hash_passphrase(folded),
        stands_alone=len(folded) >= PASSPHRASE_LEAST_ALONE,
    )


def set_credentials(person: Person, chosen: Credentials, *, by: Person | None, at: datetime) -> None:
    """Give a person her login and passphrase; whoever is signed in as her is signed out. Raises LoginUnfit."""
    person.login_index, person.passphrase_hash = chosen.login_index, chosen.passphrase_hash
    person.stands_alone = chosen.stands_alone
    try:
        db.session.flush()  # the database knows whether somebody else has this login
    except IntegrityError:
        raise LoginUnfit from None
    _sign_out(person)
    audit.record(PASSPHRASE_SET, by=number_of(by), on=person.id, at=at)


def choose_anew(person: Person, chosen: Credentials, *, at: datetime) -> None:
    """She chose another sign-in name or passphrase herself, and is told. Raises LoginUnfit."""
    set_credentials(person, chosen, by=person, at=at)
    messaging.write_to(person.id, "sign_in_changed", at=at)


def drop_credentials(person: Person, *, at: datetime) -> None:
    """No passphrase lets her in any more; whoever is signed in as her is signed out.

    Her login becomes one that nobody can type: that there is one says everywhere that she has come.
    """
    person.login_index, person.passphrase_hash = blind_index("no login", person.public_id.hex), None
    person.stands_alone = True
    _sign_out(person)
    audit.record(PASSPHRASE_SET, by=person.id, on=person.id, at=at)


def _sign_out(person: Person) -> None:
    db.session.execute(delete(Session).where(Session.person_id == person.id))
    db.session.execute(delete(KnownDevice).where(KnownDevice.person_id == person.id))


def share_credentials(person: Person, login: str, like: Person, *, by: Person | None, at: datetime) -> None:
    """Let a person of a demo sign in with another's passphrase: hashing each would take most of the time."""
    person.login_index, person.passphrase_hash = login_index(login), like.passphrase_hash
    audit.record(PASSPHRASE_SET, by=number_of(by), on=person.id, at=at)


def check_credentials(login: str, passphrase: str, *, at: datetime) -> Person:
    """The person these credentials belong to. Takes the same time for an unknown login and for one who travels.

    Raises WrongCredentials.
    """
    person = queries.find_by_login(login_index(login))
    hashable = fold_passphrase(passphrase) if is_hashable(passphrase) else ""
    is_right = passphrases.is_right(hashable, person.passphrase_hash if person else None)
    if not is_right or person is None or is_closed(person, at=at):
        raise WrongCredentials
    return person


def is_closed(person: Person, *, at: datetime) -> bool:
    """Whether she travels: her account opens to nobody until the day that she chose, by her own clock."""
    return is_away(person.closed_until, today=at.astimezone(ZoneInfo(person.time_zone)).date())


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
