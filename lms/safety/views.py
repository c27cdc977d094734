"""Leave now: the one documented change by GET (docs/design/design.md 9)."""

import logging

from flask import Blueprint, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.accounts import services as accounts
from lms.kernel import clock
from lms.kernel.db import transaction
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
            with transaction():
                accounts.end_session(token, at=clock.now())
    except SQLAlchemyError as fault:
        log.error("leave now without a database: %s", type(fault).__name__)
    response = make_response(redirect(target.address, 303))
    cookies.take_back(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
