"""One-time codes of an app (RFC 6238), by the library: thirty seconds, six digits, SHA-1, as all apps know them."""

from datetime import datetime
from urllib.parse import quote

import pyotp

from .rules.factors import CODE_DIGITS, CODE_SECONDS, near_steps


def new_secret() -> str:
    """A secret of 160 bits, in the letters that apps take."""
    return pyotp.random_base32()


def near_codes(secret: str, *, at: datetime) -> list[tuple[int, str]]:
    """The steps whose codes are taken at a moment, each with its code."""
    totp = pyotp.TOTP(secret, digits=CODE_DIGITS, interval=CODE_SECONDS)
    return [(step, totp.at(step * CODE_SECONDS)) for step in near_steps(at)]


def address_of(secret: str, site: str) -> str:
    """What the picture says: the secret and the name of the site, nothing about her or a course."""
    return f"otpauth://totp/{quote(site)}?secret={secret}&issuer={quote(site)}"


def in_groups(secret: str) -> str:
    """The secret as it is typed where no camera can see the picture."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
