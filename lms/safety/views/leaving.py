"""Leave now: the one documented change by GET (docs/design/design.md 9)."""

import logging

from flask import Blueprint, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.accounts.services import limiting, sessions
from lms.kernel.db import transaction
from lms.kernel.waiting import REQUEST_PATIENCE
from lms.settings import LANGUAGES
from lms.web import cookies
from lms.web.cookies import Cookie
from lms.web.exits import DEFAULT_EXIT, EXITS
from lms.web.http import public, who

bp = Blueprint("safety", __name__)
log = logging.getLogger("lms.safety")


@bp.get("/leave")
@public
def leave() -> ResponseReturnValue:
    """End the caller's session, clear what the browser keeps for us, and go.

    A link on another site cannot sign her out. Ending her session waits as long as a save does, also when the database
    was silent to somebody else a moment ago: a session that is left alive is worse than a second. If the database is
    away she still leaves; her cookie is gone with her. Who has nothing to end writes nothing.
    """
    if request.method != "GET" or request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(404)
    language, exit_name = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0], DEFAULT_EXIT
    token, known = cookies.read(Cookie.SESSION), cookies.read(Cookie.KNOWN)
    try:
        person = who()
        if person is not None:
            language, exit_name = person.interface_language, person.leave_to
        if token is not None or known is not None:
            _forget(token, known)
    except SQLAlchemyError as fault:
        log.error("leave now without a database: %s", type(fault).__name__)
    target = EXITS.get(exit_name, EXITS[DEFAULT_EXIT])
    response = make_response(redirect(target.addresses[language], 303))
    for cookie in (Cookie.SESSION, Cookie.KNOWN, Cookie.LEFT):
        cookies.take_back(response, cookie)
    # Not the cache: clearing it can take seconds, and no page of ours is in it.
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return response


def _forget(token: str | None, known: str | None) -> None:
    with transaction(patience=REQUEST_PATIENCE):
        if token is not None:
            sessions.end_session(token)
        if known is not None:
            limiting.forget_device(known)
