"""One guard against forged requests: a token, masked anew in every response (docs/decisions/0006).

The token is an HMAC over what binds it to one browser: the session's cookie, or for a visitor a random cookie of its
own. Each response carries it XORed with a fresh random pad, so that compressed pages do not leak it byte by byte.
"""

import base64
import hmac
import secrets
from typing import cast

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from lms.kernel.ids import new_token
from lms.settings import current_settings

from . import cookies
from .cookies import Cookie
from .http import who

FIELD = "csrf_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TOKEN_BYTES = 32


class ForgedOrStale(BadRequest):
    """The form was not made for this browser, or its session has ended since."""


def init_csrf(app: Flask) -> None:
    """Check every unsafe request before its view, and give visitors a cookie to bind their forms to."""
    app.before_request(_check)
    app.after_request(_keep_visitor)
    app.add_template_global(csrf_field)


def csrf_field() -> Markup:
    """The hidden field of a form; the same in all forms of one page, since chance does not compress."""
    if "masked_token" not in g:
        g.masked_token = masked_token()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, g.masked_token)


def masked_token() -> str:
    """This browser's token under a fresh pad."""
    pad = secrets.token_bytes(TOKEN_BYTES)
    return base64.urlsafe_b64encode(pad + _xor(pad, _token())).decode()


def is_right(masked: str) -> bool:
    """Whether a sent token is this browser's."""
    try:
        raw = base64.urlsafe_b64decode(masked.encode())
    except ValueError:
        return False
    if len(raw) != 2 * TOKEN_BYTES:
        return False
    return hmac.compare_digest(_xor(raw[:TOKEN_BYTES], raw[TOKEN_BYTES:]), _token())


def carries_work() -> bool:
    """Whether the form holds more than its token: something that a person typed and would miss."""
    return bool(set(request.form) - {FIELD})


def _check() -> ResponseReturnValue | None:
    if request.method in SAFE_METHODS or request.endpoint is None:
        return None
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForgedOrStale
    # Our pages send no referrer, so browsers write `null` for the origin of our own forms; the token then decides.
    if request.headers.get("Origin", "null") not in ("null", *_own_origins()):
        raise ForgedOrStale
    if not is_right(request.form.get(FIELD, "")):
        if who() is None and not carries_work():
            return cast(ResponseReturnValue, current_app.extensions["unauthorized"]())
        raise ForgedOrStale
    return None


def _own_origins() -> tuple[str, str]:
    """The address people use, and the one this request came to (localhost and 127.0.0.1 in a demo)."""
    return current_settings().public_url, request.host_url.rstrip("/")


def browser() -> str:
    """What binds a form to one browser: the token of its session, or for a visitor that of a cookie of its own."""
    bound_to = cookies.read(Cookie.SESSION) or cookies.read(Cookie.VISITOR)
    if not bound_to:
        if "visitor" not in g:
            g.visitor = new_token()
        bound_to = g.visitor
    return str(bound_to)


def _token() -> bytes:
    return hmac.digest(current_settings().secret_key.encode(), f"csrf:{browser()}".encode(), "sha256")


def _keep_visitor(response: Response) -> Response:
    if "visitor" in g and request.method in SAFE_METHODS:
        cookies.give(response, Cookie.VISITOR, g.visitor)
    return response


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
