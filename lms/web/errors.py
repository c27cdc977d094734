"""What a person sees when something did not work: what happened, what was kept, what to do."""

import gc
import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ResourceClosedError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from lms.kernel.db import is_read_only
from lms.kernel.ids import new_code

from .csrf import ForgedOrStale
from .http import wants_json, who
from .languages import direction_of, page_language

log = logging.getLogger("lms.errors")


def init_errors(app: Flask) -> None:
    """Answer every error with one page in the reader's language."""
    app.register_error_handler(HTTPException, _http_error)
    for gone in (OperationalError, InterfaceError, ResourceClosedError, PoolTimeout):
        app.register_error_handler(gone, _database_gone)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _our_fault)
    app.teardown_request(_close_what_is_read_only)


def _close_what_is_read_only(_error: BaseException | None) -> None:
    """Let go of the connection whose statement a traceback holds: open, it lends what is read-only to each new one."""
    if g.pop("is_read_only", False):
        gc.collect()


def _page(status: int, heading: str, sentences: list[str], code: str | None = None) -> Response:
    try:
        who()
    except SQLAlchemyError:
        g.no_reader = True  # the page is drawn as for a stranger
    try:
        page = render_template(
            "errors/error.html", heading=heading, sentences=sentences, code=code, back_href=f"/{page_language()}/"
        )
    except Exception as error:  # noqa: BLE001 - whatever a page needs is what broke: she is told without it
        log.error("an error page could not be drawn, code %s: %s at %s", code, type(error).__name__, _place(error))
        page = _plain(heading, sentences, code)
    return make_response(page, status)


def _plain(heading: str, sentences: list[str], code: str | None) -> Markup:
    paragraphs = Markup().join(Markup("<p>{}</p>").format(text) for text in [*sentences, code] if text)
    language = page_language()
    return Markup(
        '<!doctype html><html lang="{}" dir="{}"><meta charset="utf-8"><title>{}</title><h1>{}</h1>{}'
    ).format(language, direction_of(language), heading, heading, paragraphs)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):  # there is no page for a host that is not ours
        return Response("This address is not served here.\n", 400, mimetype="text/plain")
    if isinstance(error, ForgedOrStale):
        return _page(400, _("This form is out of date"), _stale())
    known = {
        404: (
            _("This page is not here"),
            [
                _("The address is wrong, or the page is not open to you."),
                _("Nothing that you saved is lost."),
            ],
        ),
        405: (_("This cannot be done here"), [_("Go back and use the buttons of the page.")]),
        413: (
            _("That was too much at once"),
            [_("Nothing was changed. Go back: what you typed is still there.")],
        ),
    }
    heading, sentences = known.get(
        error.code, (_("This did not work"), [_("Nothing was changed. Go back and try again.")])
    )
    response = _page(error.code, heading, sentences)
    for name in ("Allow", "Retry-After"):
        value = error.get_response().headers.get(name)
        if value:
            response.headers[name] = value
    return response


def _stale() -> list[str]:
    return [
        _("You were signed out since you opened it, or it came from another place. Nothing was changed."),
        _("Go back: what you typed is still there. Copy it, reload the page, and send it again."),
    ]


def _database_error(error: DBAPIError) -> ResponseReturnValue:
    # A server that goes down in the middle of an answer is told in several ways; the broken line is common to all.
    is_gone = error.connection_invalidated or is_read_only(error.orig)
    return _database_gone(error) if is_gone else _our_fault(error)


def _database_gone(error: Exception) -> ResponseReturnValue:
    """The database is away, busy, full or read-only: nothing of this request was saved, and she is told so in time."""
    code = new_code(8)
    log.error("database not able to work, code %s: %s", code, type(error).__name__)
    g.no_reader = True
    g.is_read_only = isinstance(error, DBAPIError) and is_read_only(error.orig)
    g.pop("session_seen", None)  # noting that she was here would wait for the same database again
    if wants_json():
        response = jsonify(
            text=_("Not saved: the site is not able to save right now. Keep this page open; it will be sent again.")
        )
        response.status_code = 503
    else:
        response = _page(
            503, _("The site is not able to work right now"), [_kept(), _("Try again in a few minutes.")], code
        )
    response.headers["Retry-After"] = "120"
    return response


def _kept() -> str:
    if request.method in ("GET", "HEAD"):
        return _("Everything that the site said was saved is still saved.")
    return _(
        "What you just sent was not saved. Go back: it is still in the page. Keep the page open and send it again."
    )


def _our_fault(error: Exception) -> ResponseReturnValue:
    code = new_code(8)
    # The traceback names places in the code; the error's text could hold what a person typed, so it stays out.
    log.error("unexpected error, code %s: %s at %s", code, type(error).__name__, _place(error))
    g.no_reader = True
    return _page(
        500,
        _("Something broke on our side"),
        [
            _("What you sent before is still saved. The last thing you sent may not be: go back, it is still there."),
            _("If it happens again, tell your coordinator the code below."),
        ],
        code,
    )


def _place(error: BaseException) -> str:
    trace, places = error.__traceback__, []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    own = [place for place in places[:-1] if place.startswith("lms.")]
    return " < ".join(reversed([*own[-4:], *places[-1:]]))
