"""Tries to sign in, counted before anything is looked at; browsers that are known."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from lms.accounts import queries
from lms.accounts.errors import TooManyAttempts
from lms.accounts.hashes import keyed_hash, login_index
from lms.accounts.models import KnownDevice, Person, SignInAttempt
from lms.accounts.rules.credentials import fold_login
from lms.accounts.rules.limits import AllowedFailures, Failures, may_try, source_of
from lms.kernel.db import db, lock_name
from lms.kernel.ids import hash_token, new_token
from lms.settings import current_settings

log = logging.getLogger("lms.accounts")


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
    most: AllowedFailures


def limit_of(name: str, source: Source) -> Trying:
    """Whose limit a try would count against. name: the login or the code that is tried."""
    limits, login = current_settings().limits, login_index(name)
    if source.device is not None and queries.is_known_device(source.device, login):
        device = keyed_hash("device", source.device)
        most = AllowedFailures(of_pair=limits.per_device, of_account=limits.per_device, of_source=limits.per_device)
        return Trying(account=device, origin=device, whose=login, is_known=True, most=most)
    account = keyed_hash("account", fold_login(name))
    origin = keyed_hash("source", source_of(source.address))
    most = AllowedFailures(of_pair=limits.per_pair, of_account=limits.per_account, of_source=limits.per_source)
    return Trying(account=account, origin=origin, whose=origin, is_known=False, most=most)


def check_limit(trying: Trying, *, at: datetime) -> None:
    """Refuse, without writing, a try that `begin_attempt` would refuse: it then keeps nobody from writing.

    Parallel tries may all pass here; the count that decides is the written one. Raises TooManyAttempts.
    """
    if not may_try(_failures(trying, at=at).and_one(), trying.most):
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
    if not may_try(counted, trying.most):
        raise TooManyAttempts(minutes=limits.window_minutes)
    return attempt


def _failures(trying: Trying, *, at: datetime) -> Failures:
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
    return keyed_hash(purpose, source_of(address))


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
