"""Sign-in names, contacts and passphrases: how they are compared, and what is refused."""

import unicodedata
from enum import StrEnum

from lms.accounts.errors import (
    LoginUnfit,
    PassphraseCommon,
    PassphraseTellsLogin,
    PassphraseTooLong,
    PassphraseTooShort,
)

from .common import is_common

PASSPHRASE_LEAST_ALONE = 15
PASSPHRASE_LEAST_WITH_FACTOR = 8
PASSPHRASE_MOST = 128
LOGIN_LEAST, LOGIN_MOST = 3, 64
TYPED_MOST = 512
"""More characters than this are not even normalised: on some texts that takes time in the square of their length."""


class ContactKind(StrEnum):
    """What the sealed contact is. Only e-mail can be written to by the product."""

    EMAIL = "email"
    PHONE = "phone"
    OTHER = "other"


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
    """Refuse a passphrase that is too short, too long, the login itself or a common one; any script is welcome.

    has_factor: whether a second factor stands beside it. Rule: docs/security/threat-model.md E3.
    Raises PassphraseTooShort, PassphraseTooLong, PassphraseTellsLogin, PassphraseCommon.
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
    if is_common(passphrase):
        raise PassphraseCommon


def is_hashable(typed: str) -> bool:
    """Whether a typed passphrase is worth hashing: what is longer was never accepted."""
    return len(typed) <= TYPED_MOST and len(fold_passphrase(typed)) <= PASSPHRASE_MOST
