"""Leave now: the one documented change by GET (docs/design/design.md 9)."""

import logging
from datetime import timedelta

from flask import Blueprint, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.accounts import services as accounts
from lms.kernel.db import transaction
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
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(404)
    target = EXITS[DEFAULT_EXIT]
    token = cookies.read(Cookie.SESSION)
    try:
        person = who()
        target = EXITS.get(person.leave_to, target) if person is not None else target
        if token is not None:
            with transaction(patience=PATIENCE):
                accounts.end_session(token)
    except SQLAlchemyError as fault:
        log.error("leave now without a database: %s", type(fault).__name__)
    response = make_response(redirect(target.address, 303))
    cookies.take_back(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = (
        '"cookies", "storage"'  # "cache" would keep her waiting, and pages are not kept
    )
    return response
