"""The signed-in person of this request."""

import logging
from typing import cast

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from sqlalchemy.exc import SQLAlchemyError

from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.waiting import SHORT_PATIENCE
from lms.settings import current_settings
from lms.web import cookies
from lms.web.cookies import Cookie
from lms.web.csrf import ForgedOrStale, carries_work
from lms.web.languages import page_of

from . import queries
from .models import Person, Session
from .rules.factors import is_fresh
from .rules.sessions import is_alive, should_note_use
from .services import sessions

log = logging.getLogger("lms.accounts")


def me() -> Person:
    """The person who is signed in; only for views behind `allow`."""
    return cast(Person, current_user._get_current_object())


def this_session() -> Session:
    """The session of this request; only for views behind `allow`."""
    return cast(Session, g.session)


def is_proven_now() -> bool:
    """Whether a factor was shown in this session just now."""
    return is_fresh(this_session().proven_at, at=clock.now())


def init_sessions(app: Flask) -> None:
    """Find the person of each request by her session's cookie; nothing is kept in Flask's own session."""
    login = LoginManager()
    app.config["SESSION_PROTECTION"] = None  # it would look into Flask's own session
    login.init_app(app)
    login.request_loader(lambda _request: load_person())
    app.extensions["unauthorized"] = to_sign_in
    app.after_request(_note_use)
    app.after_request(_finish_leaving)


def load_person() -> Person | None:
    """The person of the cookie's session, if it is still alive."""
    token = cookies.read(Cookie.SESSION)
    if token is None or g.get("no_reader") or cookies.read(Cookie.LEFT):
        return None
    at = clock.now()
    session = queries.find_session(token, any_proof=not current_settings().needs_factor, at=at)
    if session is None or not is_alive(session.times(), at=at):
        return None
    g.session, g.session_seen = session, (session.id, session.times())
    g.time_zone, g.digits = session.person.time_zone, session.person.digits.value
    return session.person


def _note_use(response: Response) -> Response:
    """Write the last-used minute, at most once in five: the only write that a reading page ever causes.

    A database that is away or busy now does not take the page from her that is already made.
    """
    if "session_seen" not in g:
        return response
    session_id, times = g.session_seen
    at = clock.now()
    if should_note_use(times, at=at):
        try:
            with transaction(patience=SHORT_PATIENCE):
                sessions.note_use(session_id, at=at)
        except SQLAlchemyError as fault:
            log.warning("the use of a session was not noted: %s", type(fault).__name__)
    return response


def _finish_leaving(response: Response) -> Response:
    """She pressed Leave now while the line was cut: her session ends with the first request that gets through.

    It waits like a save; if that is in vain, the cookies stay and the next request tries again.
    """
    token = cookies.read(Cookie.SESSION)
    if cookies.read(Cookie.LEFT) and token is not None and not g.get("signed_in_now"):
        try:
            with transaction():
                sessions.end_session(token)
        except SQLAlchemyError as fault:
            log.warning("a session was not ended: %s", type(fault).__name__)
        else:
            cookies.take_back(response, Cookie.SESSION)
            cookies.take_back(response, Cookie.LEFT)
    return response


def to_sign_in() -> ResponseReturnValue:
    """Send a stranger to sign-in, and back to where she wanted to go.

    Who sent a form with something typed in it is told to go back instead, where it still is.
    """
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    if carries_work():
        raise ForgedOrStale
    return redirect(url_for("accounts.sign_in", next=page_of(request.path), signed_out=1))
