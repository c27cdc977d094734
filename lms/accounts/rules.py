"""Sign-in, passphrases, sessions, invitations, roles: what holds, without a database."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from .errors import (
    InvitationExpired,
    InvitationUsed,
    LoginUnfit,
    PassphraseTellsLogin,
    PassphraseTooLong,
    PassphraseTooShort,
)

PASSPHRASE_LEAST_ALONE = 15
PASSPHRASE_LEAST_WITH_FACTOR = 8
PASSPHRASE_MOST = 128
LOGIN_LEAST, LOGIN_MOST = 3, 64
TYPED_MOST = 512
"""More characters than this are not even normalised: on some texts that takes time in the square of their length."""

INVITATION_DAYS = 14

SESSION_IDLE_SHARED = timedelta(minutes=15)
SESSION_IDLE_OWN = timedelta(days=7)
SESSION_LONGEST = timedelta(days=30)
DEVICE_KNOWN = timedelta(days=180)
SESSION_WRITTEN_EVERY = timedelta(minutes=5)


class Role(StrEnum):
    """Role ids, as in docs/domain.md 1.3."""

    PARTICIPANT = "participant"
    APPLICANT = "applicant"
    FACILITATOR = "facilitator"
    MARKER = "marker"
    COORDINATOR = "coordinator"
    PANEL = "panel"
    PARTNER = "partner"
    LOGISTICS = "logistics"
    SAFETY = "safety"
    EDITOR = "editor"
    TRANSLATOR = "translator"
    AUDITOR = "auditor"
    OBSERVER = "observer"
    ADMIN = "admin"


MARKING_ROLES = (Role.FACILITATOR, Role.COORDINATOR)
"""Roles in a cohort that mark its work."""


class Theme(StrEnum):
    """Colours of the interface; DEVICE follows what the device asks for."""

    DEVICE = ""
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Digits(StrEnum):
    """Which digits numbers and dates are written in; the second only changes Arabic pages."""

    LATIN = "latn"
    ARABIC = "arab"


class ContactKind(StrEnum):
    """What the sealed contact is. Only e-mail can be written to by the product."""

    EMAIL = "email"
    PHONE = "phone"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Tries without success inside the window, the try itself included. of_pair: of this account from this source."""

    of_pair: int
    of_account: int
    of_source: int
    everywhere: int

    def and_one(self) -> "Failures":
        """With one more try, which is not among them yet."""
        return Failures(
            of_pair=self.of_pair + 1,
            of_account=self.of_account + 1,
            of_source=self.of_source + 1,
            everywhere=self.everywhere + 1,
        )


@dataclass(frozen=True, kw_only=True)
class AllowedFailures:
    """How many tries are still looked at."""

    of_pair: int
    of_account: int
    of_source: int


def may_try(failures: Failures, allowed: AllowedFailures) -> bool:
    """Whether one more try is looked at.

    There is no limit over everybody: whoever could reach it would lock everybody out; it raises an alarm instead.
    Rule: docs/security/threat-model.md E2.
    """
    return (
        failures.of_pair <= allowed.of_pair
        and failures.of_account <= allowed.of_account
        and failures.of_source <= allowed.of_source
    )


def source_of(address: str) -> str:
    """What counts as one source: an address, or the /64 of an IPv6 address, which one person can fill alone."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


def fold_login(typed: str) -> str:
    """The login as it is compared: without blanks around it, compatibility forms and case."""
    return unicodedata.normalize("NFKC", typed.strip()).casefold()


def fold_contact(contact: str, kind: ContactKind) -> str:
    """How a contact is compared: case and compatibility forms folded; of a telephone number, the digits alone."""
    folded = unicodedata.normalize("NFKC", contact).strip().casefold()
    if kind is ContactKind.PHONE:
        digits = "".join(str(unicodedata.digit(sign)) for sign in folded if sign.isdigit())
        return digits.removeprefix("00")
    return folded


def fold_passphrase(typed: str) -> str:
    """The passphrase as it is hashed: NFC, so that a composed and a decomposed é are the same."""
    return unicodedata.normalize("NFC", typed)


def check_login(typed: str) -> None:
    """Refuse a login that is too short or too long. Raises LoginUnfit."""
    if len(typed) > TYPED_MOST or not LOGIN_LEAST <= len(fold_login(typed)) <= LOGIN_MOST:
        raise LoginUnfit


def check_passphrase(typed: str, *, login: str, has_factor: bool) -> None:
    """Refuse a passphrase that is too short, too long or the login itself; any script is welcome.

    has_factor: whether a second factor stands beside it. Rule: docs/security/threat-model.md E3.
    Raises PassphraseTooShort, PassphraseTooLong, PassphraseTellsLogin.
    """
    if len(typed) > TYPED_MOST:
        raise PassphraseTooLong(most=PASSPHRASE_MOST)
    passphrase = fold_passphrase(typed)
    least = PASSPHRASE_LEAST_WITH_FACTOR if has_factor else PASSPHRASE_LEAST_ALONE
    if len(passphrase) < least:
        raise PassphraseTooShort(least=least)
    if len(passphrase) > PASSPHRASE_MOST:
        raise PassphraseTooLong(most=PASSPHRASE_MOST)
    if fold_login(passphrase) == fold_login(login):
        raise PassphraseTellsLogin


def is_hashable(typed: str) -> bool:
    """Whether a typed passphrase is worth hashing: what is longer was never accepted."""
    return len(typed) <= TYPED_MOST and len(fold_passphrase(typed)) <= PASSPHRASE_MOST


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """When a session began, was last seen, and whether the device is shared."""

    started_at: datetime
    used_at: datetime
    shared: bool


def is_alive(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the session still counts: not idle too long, not older than the longest."""
    idle = SESSION_IDLE_SHARED if times.shared else SESSION_IDLE_OWN
    return at - times.used_at < idle and at - times.started_at < SESSION_LONGEST


def should_note_use(times: SessionTimes, *, at: datetime) -> bool:
    """Whether the last-used minute is due to be written: at most once in five minutes."""
    return at - times.used_at >= SESSION_WRITTEN_EVERY


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
