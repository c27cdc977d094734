"""Keyed hashes: how a value is found again that is not stored."""

import hmac

from lms.accounts.rules.credentials import (
    ContactKind,
    fold_contact,
    fold_login,
)
from lms.settings import current_settings


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
    return blind_index("login", fold_login(login))


def contact_index(contact: str, kind: ContactKind) -> bytes:
    """How somebody is found by her contact."""
    return blind_index("contact", f"{kind}:{fold_contact(contact, kind)}")
