"""What `lms doctor` looks at. Shows settings and counts, never a secret, a name or an address of a person."""

import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import text

from lms.accounts import queries as accounts
from lms.accounts import vault
from lms.certificates.keys import current_keys
from lms.certificates.queries import checking
from lms.kernel import migrations
from lms.kernel.db import db
from lms.kernel.durability import weaknesses
from lms.kernel.sealed import CannotOpen
from lms.messaging import queries as outbox
from lms.messaging.rules import LATE
from lms.settings import Environment, Settings

SQLITE_LEAST = (3, 35)
SQLITE_WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@dataclass(frozen=True)
class Finding:
    """One line of the report. is_warning: nothing to mend, but to be known."""

    is_fault: bool
    text: str
    is_warning: bool = False


def findings(settings: Settings, *, at: datetime) -> Iterator[Finding]:
    """Everything looked at, in order; a fault has to be mended."""
    yield Finding(False, f"Python {sys.version.split()[0]}, LMS_ENV={settings.environment}, {settings.public_url}")
    yield from _database(settings)
    yield from _keys(settings)
    yield from _mail(settings)
    yield from _outbox(at)
    limits = settings.limits
    yield Finding(
        False,
        f"sign-in limits in {limits.window_minutes} minutes: {limits.per_pair} failures per account and source,"
        f" {limits.per_account} per account, {limits.per_source} per source, {limits.per_device} per known device;"
        f" alarm at {limits.alarm}; {limits.checks_per_source} checks of certificates per source",
    )
    yield Finding(False, f"{settings.workers} server processes, {settings.proxy_hops} trusted proxies")
    if settings.environment is Environment.PRODUCTION and not settings.proxy_hops:
        # Slow connections would hold our threads; a proxy takes requests in whole first.
        yield Finding(True, "LMS_PROXY_HOPS is 0: put a proxy that buffers requests and speaks TLS in front")


def _database(settings: Settings) -> Iterator[Finding]:
    connection = db.session.connection()
    name = connection.dialect.name
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    yield Finding(False, f"database: {name} {version}")
    if name == "sqlite":
        yield Finding(sqlite3.sqlite_version_info < SQLITE_LEAST, f"SQLite library {sqlite3.sqlite_version}")
        for pragma, wanted in SQLITE_WANTED.items():
            found = connection.execute(text(f"PRAGMA {pragma}")).scalar()
            yield Finding(found != wanted, f"SQLite {pragma} is {found}")
    for weakness in weaknesses(connection):  # a demo or a test may forget
        yield Finding(settings.environment is Environment.PRODUCTION, f"{weakness}: a power cut loses saved work")
    at_head = migrations.is_at_head()
    yield Finding(not at_head, "migrations at head" if at_head else "migrations are missing; run: lms db upgrade")


def _keys(settings: Settings) -> Iterator[Finding]:
    mode = stat.S_IMODE(settings.keys_dir.stat().st_mode)
    yield Finding(bool(mode & 0o077), f"LMS_KEYS_DIR {settings.keys_dir} has mode {mode:o}")
    yield from _readable_keys(settings)
    same_volume = settings.keys_dir.stat().st_dev == settings.data_dir.stat().st_dev
    if settings.environment is Environment.PRODUCTION:
        where = "the same volume as" if same_volume else "another volume than"
        # On a server with one disk there is no other: known, not a fault (docs/security/threat-model.md I7).
        yield Finding(False, f"keys lie on {where} the data", is_warning=same_volume)
    if not migrations.is_at_head():
        return
    fits = _ring_fits()
    opens = "opens" if fits else "does not open"
    yield Finding(not fits, f"the key ring {opens} this database's sealed values")
    without = accounts.people_without_key()
    yield Finding(without > 0, f"people without a key: {without}")
    if fits:
        found = checking.uncheckable_documents(current_keys().public.keys())
        lost, unreadable = found.of_unknown_keys, found.unreadable
        yield Finding(lost > 0, f"certificates whose key is not in {settings.certificate_keys_dir}: {lost}")
        yield Finding(unreadable > 0, f"certificates that cannot be read: {unreadable}")


def _readable_keys(settings: Settings) -> Iterator[Finding]:
    """Every file among the keys that others on this machine can read; public halves are for everybody."""
    for path in sorted(settings.keys_dir.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and path.suffix != ".pub" and mode & 0o077:
            yield Finding(True, f"others can read {path} (mode {mode:o}); run: chmod 600 {path}")


def _mail(settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.mail_url)
    if settings.environment is Environment.PRODUCTION and address.scheme == "file":
        text = f"LMS_MAIL_URL names no mail server: messages reach nobody, they go to the folder {address.path}"
        yield Finding(False, text, is_warning=True)


def _outbox(at: datetime) -> Iterator[Finding]:
    """Work that waits too long: its worker does not run, or the mail server does not answer."""
    if not migrations.is_at_head():
        return
    since, given_up = outbox.waiting_since(), outbox.given_up()
    waits = timedelta(0) if since is None else max(at - since, timedelta(0))
    told = f"the oldest work waits since {waits // timedelta(minutes=1)} minutes"
    is_late = waits > LATE
    yield Finding(is_late, f"{told}: does `lms worker` run, does the mail server answer?" if is_late else told)
    yield Finding(False, f"messages given up in the last 30 days: {given_up}")


def _ring_fits() -> bool:
    person = accounts.some_sealed_person()
    try:
        return person is None or vault.can_open(person)
    except CannotOpen:
        return False
