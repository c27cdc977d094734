"""Leave now: the one documented change by GET (docs/design/design.md 9)."""

import logging
from datetime import timedelta

from flask import Blueprint, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.accounts import services as accounts
from lms.kernel.db import transaction
from lms.settings import LANGUAGES
from lms.web import cookies
from lms.web.cookies import Cookie
from lms.web.exits import DEFAULT_EXIT, EXITS
from lms.web.http import public, who

bp = Blueprint("safety", __name__)
log = logging.getLogger("lms.safety")
PATIENCE = timedelta(milliseconds=300)
"""Leaving does not wait: if the session cannot be ended now, her cookie is gone all the same."""


@bp.get("/leave")
@public
def leave() -> ResponseReturnValue:
    """End the caller's session, clear what the browser keeps for us, and go.

    A link on another site cannot sign her out. If the database is away she still leaves; her cookie is gone with her.
    """
    if request.method != "GET" or request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(404)
    language, exit_name = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0], DEFAULT_EXIT
    token, known = cookies.read(Cookie.SESSION), cookies.read(Cookie.KNOWN)
    try:
        person = who()
        if person is not None:
            language, exit_name = person.interface_language, person.leave_to
        with transaction(patience=PATIENCE):
            if token is not None:
                accounts.end_session(token)
            if known is not None:
                accounts.forget_device(known)
    except SQLAlchemyError as fault:
        log.error("leave now without a database: %s", type(fault).__name__)
    target = EXITS.get(exit_name, EXITS[DEFAULT_EXIT])
    response = make_response(redirect(target.addresses[language], 303))
    for cookie in (Cookie.SESSION, Cookie.KNOWN, Cookie.LEFT):
        cookies.take_back(response, cookie)
    # Not the cache: clearing it can take seconds, and no page of ours is in it.
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return response
