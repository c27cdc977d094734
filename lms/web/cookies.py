"""The few cookies there are (docs/contract.md). None holds anything about a person.

*session*: random token of a signed-in browser. *visitor*: random, binds a visitor's forms. *seen*: the style sheet was
sent before. *known*: random token of a browser in which somebody signed in before, so that wrong tries of others do not
keep her out. *left*: set by our script when Leave now was pressed, so that she is signed out even if the line was cut.
*step*: random token of a browser that showed a passphrase and not yet its second factor.
"""

from enum import StrEnum

from flask import Response, request

from lms.settings import current_settings

KNOWN_SECONDS = 180 * 24 * 3600
SEEN_SECONDS = 30 * 24 * 3600


class Cookie(StrEnum):
    """Names over plain http, which only demo and test may use; over https each gets the prefix `__Host-`."""

    SESSION = "sid"
    VISITOR = "visitor"
    SEEN = "seen"
    KNOWN = "known"
    LEFT = "left"
    STEP = "step"


def read(cookie: Cookie) -> str | None:
    """What the browser sent."""
    return request.cookies.get(_name(cookie)) or None


def give(response: Response, cookie: Cookie, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie; without `seconds` it ends with the browser."""
    response.set_cookie(
        _name(cookie),
        value,
        max_age=seconds,
        path="/",
        secure=current_settings().is_https,
        httponly=True,
        samesite="Lax",
    )


def take_back(response: Response, cookie: Cookie) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(_name(cookie), path="/", secure=current_settings().is_https, httponly=True, samesite="Lax")


def _name(cookie: Cookie) -> str:
    return f"__Host-{cookie}" if current_settings().is_https else cookie.value
