"""The signed-in person of this request."""

from typing import cast

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from lms.kernel import clock
from lms.kernel.db import transaction
from lms.web import cookies
from lms.web.cookies import Cookie
from lms.web.http import who

from . import queries, rules, services
from .models import Person, Session


def me() -> Person:
    """The person who is signed in; only for views behind `allow`."""
    return cast(Person, current_user._get_current_object())


def init_sessions(app: Flask) -> None:
    """Find the person of each request by her session's cookie; nothing is kept in Flask's own session."""
    login = LoginManager()
    app.config["SESSION_PROTECTION"] = None  # it would look into Flask's own session
    login.init_app(app)
    login.request_loader(lambda _request: load_person())
    app.extensions["unauthorized"] = to_sign_in
    app.before_request(_note_use)


def load_person() -> Person | None:
    """The person of the cookie's session, if it is still alive."""
    token = cookies.read(Cookie.SESSION)
    if token is None or g.get("no_reader"):
        return None
    at = clock.now()
    session = queries.find_session(token, at=at)
    if session is None or not rules.is_alive(session.times(), at=at):
        return None
    g.session_row = session
    g.time_zone, g.digits = session.person.time_zone, session.person.digits.value
    return session.person


def _note_use() -> None:
    """Write the last-used minute, at most once in five; the only write that a reading page ever causes."""
    if request.endpoint is None or who() is None:
        return
    session: Session = g.session_row
    at = clock.now()
    if rules.should_note_use(session.times(), at=at):
        with transaction():
            services.note_use(session, at=at)


def to_sign_in() -> ResponseReturnValue:
    """Send a stranger to sign-in, and back to where she wanted to go."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=wanted))
